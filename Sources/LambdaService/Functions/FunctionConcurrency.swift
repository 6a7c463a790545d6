import AWSWire
import ByteCoding
import EventModel
import EventStore

/// Reserved concurrency, which the function host enforces once it is committed.
extension LambdaService {
    func putFunctionConcurrency(_ call: ServiceCall) throws(AWSError) {
        let key = try unqualifiedKey(call)
        let arguments = try CallArguments(parsing: call.body)
        guard let count = try arguments.int("ReservedConcurrentExecutions") else {
            throw .constraint(nil, "reservedConcurrentExecutions", "Member must not be null")
        }
        guard count >= 0 else {
            throw .constraint(
                String(count), "reservedConcurrentExecutions",
                "Member must have value greater than or equal to 0")
        }
        let limit = concurrencyLimit
        write(call, status: 200) { writer throws(StoreError) in
            let catalog = writer.catalog
            guard catalog.family(key) != nil else { return .failure(.functionNotFound(key.arn)) }
            let others = catalog.families(in: key.location).reduce(0) { sum, family in
                family.key == key ? sum : sum + (family.reservedConcurrency ?? 0)
            }
            let minimum = ReservedConcurrency.unreservedMinimum(ofLimit: limit)
            // Nothing is reserved by a count of zero, so it can always be.
            guard count == 0 || limit - others - count >= minimum else {
                return .failure(
                    .invalidValue(
                        "Specified ReservedConcurrentExecutions for function decreases account's "
                            + "UnreservedConcurrentExecution below its minimum value of [\(minimum)]."))
            }
            try writer.putReservedConcurrency(count, of: key)
            return .success(Self.encoded(count))
        }
    }

    func getFunctionConcurrency(_ call: ServiceCall) throws(AWSError) {
        let key = try functionKey(call)
        let family = try Self.family(key, in: store.catalog.snapshot)
        call.succeed(json: family.reservedConcurrency.map(Self.encoded) ?? Array("{}".utf8))
    }

    func deleteFunctionConcurrency(_ call: ServiceCall) throws(AWSError) {
        let key = try unqualifiedKey(call)
        write(call, status: 204) { writer throws(StoreError) in
            guard let family = writer.catalog.family(key) else {
                return .failure(.functionNotFound(key.arn))
            }
            if family.reservedConcurrency != nil { try writer.putReservedConcurrency(nil, of: key) }
            return .success([])
        }
    }

    private static func encoded(_ count: Int) -> [UInt8] {
        Array(#"{"ReservedConcurrentExecutions":\#(count)}"#.utf8)
    }

    private func unqualifiedKey(_ call: ServiceCall) throws(AWSError) -> FunctionKey {
        let reference = try reference(call)
        guard reference.qualifier == nil else {
            throw .invalidValue(
                "This operation is permitted on Lambda functions only. Aliases and versions do not support this "
                    + "operation. Please specify either a function name or an unqualified function ARN.")
        }
        return reference.key
    }
}
