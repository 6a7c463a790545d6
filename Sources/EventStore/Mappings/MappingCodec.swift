import ByteCoding
package import EventModel

/// A mapping as the file keeps it.
package enum MappingCodec {
    package static func text(_ mapping: EventSourceMapping) -> String {
        JSONValue(members: [
            ("id", .string(mapping.id)),
            ("account", .string(mapping.location.account)),
            ("region", .string(mapping.location.region)),
            ("source", JSONValue(mapping.source)),
            ("functionARN", JSONValue(mapping.functionARN)),
            ("state", .string(mapping.state.rawValue)),
            ("isEnabled", .bool(mapping.isEnabled)),
            ("stateTransitionReason", .string(mapping.stateTransitionReason)),
            ("lastProcessingResult", mapping.lastProcessingResult.map { .string($0) } ?? .null),
            ("modifiedAt", JSONValue(mapping.modifiedAt)),
            ("batchSize", JSONValue(mapping.settings.batchSize)),
            ("batchingWindowSeconds", JSONValue(mapping.settings.batchingWindowSeconds)),
            ("reportsBatchItemFailures", .bool(mapping.settings.reportsBatchItemFailures)),
            ("filters", .array(mapping.settings.filters.map { .string($0.text) })),
            ("stream", mapping.settings.stream.map(stream) ?? .null),
            ("queue", mapping.settings.stream == nil ? queue(mapping.settings.queue) : .null),
            ("metrics", .array(mapping.settings.metrics.map(\.rawValue).sorted().map { .string($0) })),
            ("tags", JSONValue(mapping.settings.tags)),
        ]).text
    }

    package static func mapping(_ text: String) throws(StoreError) -> EventSourceMapping {
        let json = try StoredJSON(text: text, of: "a mapping")
        guard let id = json.string("id"), let source = json.string("source").flatMap({ ARN($0) }),
            let functionARN = json.string("functionARN").flatMap({ ARN($0) }),
            let state = EventSourceMapping.State(rawValue: json.string("state", or: "Enabled")),
            let batchSize = json.int("batchSize")
        else { throw .corrupt("a mapping lacks its ID, source, function, state or batch size") }
        return EventSourceMapping(
            id: id,
            location: Location(
                account: json.string("account", or: Limits.defaultAccount),
                region: json.string("region", or: Limits.defaultRegion)),
            source: source, functionARN: functionARN,
            settings: MappingSettings(
                batchSize: batchSize, batchingWindowSeconds: json.int("batchingWindowSeconds", or: 0),
                reportsBatchItemFailures: json.bool("reportsBatchItemFailures", or: false),
                filters: try filters(json), stream: try json.member("stream").map(streamSettings),
                queue: json.member("queue").map(queueSettings) ?? QueueMappingSettings(),
                metrics: metrics(json), tags: json.strings("tags")),
            state: state, isEnabled: json.bool("isEnabled", or: true),
            stateTransitionReason: json.string("stateTransitionReason", or: ""),
            lastProcessingResult: json.string("lastProcessingResult"),
            modifiedAt: json.timestamp("modifiedAt") ?? Timestamp(millisecondsSinceEpoch: 0))
    }

    /// Older files have none, and a newer Millrace may have more.
    private static func metrics(_ json: StoredJSON) -> Set<MetricGroup> {
        let names = (json.value["metrics"]?.arrayValue ?? []).compactMap(\.stringValue)
        return Set(names.compactMap { MetricGroup(rawValue: $0) })
    }

    /// Older files have none.
    private static func filters(_ json: StoredJSON) throws(StoreError) -> [FilterPattern] {
        var filters: [FilterPattern] = []
        for text in json.value["filters"]?.arrayValue ?? [] {
            do throws(ConfigurationError) {
                filters.append(try FilterPattern(text.stringValue ?? ""))
            } catch {
                throw .corrupt("a mapping has a filter that is none: \(error)")
            }
        }
        return filters
    }

    private static func queue(_ settings: QueueMappingSettings) -> JSONValue {
        JSONValue(members: [
            ("maximumConcurrency", JSONValue(optional: settings.maximumConcurrency)),
            ("minimumPollers", JSONValue(optional: settings.provisionedPollers?.minimum)),
            ("maximumPollers", JSONValue(optional: settings.provisionedPollers?.maximum)),
            ("onFailureDestination", JSONValue(settings.onFailureDestination)),
            ("onSuccessDestination", JSONValue(settings.onSuccessDestination)),
        ])
    }

    /// Older files have none.
    private static func queueSettings(_ json: StoredJSON) -> QueueMappingSettings {
        var settings = QueueMappingSettings(
            maximumConcurrency: json.int("maximumConcurrency"),
            onFailureDestination: json.string("onFailureDestination").flatMap { ARN($0) },
            onSuccessDestination: json.string("onSuccessDestination").flatMap { ARN($0) })
        if let minimum = json.int("minimumPollers"), let maximum = json.int("maximumPollers") {
            settings.provisionedPollers = .init(minimum: minimum, maximum: maximum)
        }
        return settings
    }

    private static func stream(_ settings: StreamMappingSettings) -> JSONValue {
        var position: JSONValue
        switch settings.startingPosition {
        case .trimHorizon: position = .string("TRIM_HORIZON")
        case .latest: position = .string("LATEST")
        case .atTimestamp(let moment): position = JSONValue(moment)
        }
        return JSONValue(members: [
            ("startingPosition", position),
            ("maximumRetryAttempts", JSONValue(optional: settings.maximumRetryAttempts)),
            ("maximumRecordAgeSeconds", JSONValue(optional: settings.maximumRecordAgeSeconds)),
            ("bisectsOnError", .bool(settings.bisectsOnError)),
            ("parallelizationFactor", JSONValue(optional: settings.parallelizationFactor)),
            ("tumblingWindowSeconds", JSONValue(optional: settings.tumblingWindowSeconds)),
            ("onFailureDestination", JSONValue(settings.onFailureDestination)),
            ("onSuccessDestination", JSONValue(settings.onSuccessDestination)),
        ])
    }

    private static func streamSettings(_ json: StoredJSON) throws(StoreError) -> StreamMappingSettings {
        var position = StartingPosition.trimHorizon
        if let moment = json.timestamp("startingPosition") {
            position = .atTimestamp(moment)
        } else if json.string("startingPosition") == "LATEST" {
            position = .latest
        }
        return StreamMappingSettings(
            startingPosition: position, maximumRetryAttempts: json.int("maximumRetryAttempts"),
            maximumRecordAgeSeconds: json.int("maximumRecordAgeSeconds"),
            bisectsOnError: json.bool("bisectsOnError", or: false),
            parallelizationFactor: json.int("parallelizationFactor") ?? 1,
            tumblingWindowSeconds: json.int("tumblingWindowSeconds") ?? 0,
            onFailureDestination: json.string("onFailureDestination").flatMap { ARN($0) },
            onSuccessDestination: json.string("onSuccessDestination").flatMap { ARN($0) })
    }
}
