import AWSWire
import EventModel
import EventStore

extension LambdaService {
    /// Tags belong to functions as a whole.
    static func taggable(_ reference: FunctionReference) throws(AWSError) -> FunctionKey {
        guard reference.qualifier == nil else {
            throw .invalidValue(
                "Tags on function aliases and versions are not supported. Please specify a function ARN.")
        }
        return reference.key
    }

    func functionTags(_ reference: FunctionReference) throws(AWSError) -> [String: String] {
        try Self.family(Self.taggable(reference), in: store.catalog.snapshot).tags
    }

    func changeFunctionTags(
        _ call: ServiceCall, _ reference: FunctionReference,
        _ change: @escaping @Sendable (inout [String: String]) -> Void
    ) throws(AWSError) {
        let key = try Self.taggable(reference)
        write(call, status: 204) { writer throws(StoreError) in
            guard let family = writer.catalog.family(key) else {
                return .failure(.functionNotFound(key.arn))
            }
            var tags = family.tags
            change(&tags)
            guard tags.count <= FunctionLimits.tags else {
                return .failure(
                    .invalidValue("A resource has at most \(FunctionLimits.tags) tags."))
            }
            try writer.putFunctionTags(tags, of: key)
            return .success([])
        }
    }
}
