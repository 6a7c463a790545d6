import AWSWire
import ByteCoding
import EventModel

// MARK: - EnableEnhancedMonitoring, DisableEnhancedMonitoring

extension KinesisService {
    private static let shardLevelMetrics: [String] = [
        "IncomingBytes", "IncomingRecords", "OutgoingBytes", "OutgoingRecords",
        "WriteProvisionedThroughputExceeded", "ReadProvisionedThroughputExceeded", "IteratorAgeMilliseconds",
    ]

    func enableEnhancedMonitoring(_ call: ServiceCall) throws(AWSError) {
        try changeMonitoring(call) { current, named in current.union(named) }
    }

    func disableEnhancedMonitoring(_ call: ServiceCall) throws(AWSError) {
        try changeMonitoring(call) { current, named in current.subtracting(named) }
    }

    private func changeMonitoring(
        _ call: ServiceCall, _ desired: @escaping @Sendable (Set<String>, Set<String>) -> Set<String>
    ) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let names = try arguments.strings("ShardLevelMetrics")
        var constraints = Constraints()
        constraints.required(names != nil, "shardLevelMetrics")
        let all = Self.shardLevelMetrics
        if let names {
            let shown = "[\(names.joined(separator: ", "))]"
            if names.isEmpty {
                constraints.note(
                    shown, at: "shardLevelMetrics", "Member must have length greater than or equal to 1")
            }
            if names.count > all.count {
                constraints.note(
                    shown, at: "shardLevelMetrics",
                    "Member must have length less than or equal to \(all.count)")
            }
            if names.contains(where: { !all.contains($0) && $0 != "ALL" }) {
                constraints.note(
                    shown, at: "shardLevelMetrics",
                    "Member must satisfy constraint: [Member must satisfy enum value set: "
                        + "[\((all + ["ALL"]).joined(separator: ", "))]]")
            }
        }
        try constraints.check()
        let named = Set(names ?? [])
        change(try stream(of: arguments, call), call) {
            stream, _ throws(AWSError) -> MonitoringChange in
            let current = stream.settings.shardLevelMetrics
            let wanted = desired(Set(current), named.contains("ALL") ? Set(all) : named)
            stream.settings.shardLevelMetrics = all.filter { wanted.contains($0) }
            return MonitoringChange(
                stream: stream, before: current, after: stream.settings.shardLevelMetrics)
        } then: { change in
            call.succeed(json: change.json)
        }
    }
}

private struct MonitoringChange: Sendable {
    let stream: StreamDefinition
    let before: [String]
    let after: [String]

    var json: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("StreamName")
        json.value(stream.name)
        json.texts("CurrentShardLevelMetrics", before)
        json.texts("DesiredShardLevelMetrics", after)
        json.key("StreamARN")
        json.value(stream.arn.description)
        json.endObject()
        return json.bytes
    }
}
