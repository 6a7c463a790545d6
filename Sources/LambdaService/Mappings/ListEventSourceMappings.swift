import AWSWire
import ByteCoding
import EventModel
import EventStore

extension LambdaService {
    /// Most mappings in one answer, whatever `MaxItems` says (esm-api.md §8).
    private static let pageMax = 100

    func getEventSourceMapping(_ call: ServiceCall) throws(AWSError) {
        let catalog = store.catalog.snapshot
        guard let mapping = catalog.mapping(call.pathParameters["UUID"], in: call.location) else {
            throw .mappingNotFound
        }
        call.succeed(json: mapping.configuration)
    }

    func listEventSourceMappings(_ call: ServiceCall) throws(AWSError) {
        let limit = try Self.pageSize(call, most: 10_000, page: Self.pageMax)
        var mappings = store.catalog.snapshot.mappings(in: call.location)
        if let source = call.parameters["EventSourceArn"], !source.isEmpty {
            mappings = mappings.filter { $0.source.description == source }
        }
        if let name = call.parameters["FunctionName"], !name.isEmpty {
            let function = FunctionReference(parsing: name, in: call.location)?.arn
            mappings = mappings.filter { $0.functionARN == function }
        }
        if let marker = call.parameters["Marker"], !marker.isEmpty {
            // A marker is the ID before the page; one that was never given out ends the list.
            let last = Base64.decode(marker).map { String(decoding: $0, as: UTF8.self) }
            mappings = mappings.filter { mapping in last.map { $0.count == 36 && $0 < mapping.id } ?? false }
        }
        var json = JSONWriter(capacity: 1_024)
        json.beginObject()
        json.key("EventSourceMappings")
        json.beginArray()
        for mapping in mappings.prefix(limit) { mapping.encode(to: &json) }
        json.endArray()
        if mappings.count > limit {
            json.key("NextMarker")
            json.value(Base64.encode(Array(mappings[limit - 1].id.utf8)))
        }
        json.endObject()
        call.succeed(json: json.bytes)
    }

    /// `MaxItems`, which may be up to `most` but never makes a page longer than `page`.
    static func pageSize(_ call: ServiceCall, most: Int, page: Int) throws(AWSError) -> Int {
        guard let text = call.parameters["MaxItems"], !text.isEmpty else { return page }
        guard let value = Int(text) else {
            throw .serialization("MaxItems is no whole number: \(text)")
        }
        guard (1...most).contains(value) else {
            let bound = value < 1 ? "greater than or equal to 1" : "less than or equal to \(most)"
            throw AWSError(
                "ValidationException",
                "1 validation error detected: Value '\(value)' at 'maxItems' failed to satisfy constraint: "
                    + "Member must have value \(bound)")
        }
        return min(value, page)
    }
}
