import ByteCoding
import EventModel

extension EventSourceMapping {
    /// The `EventSourceMappingConfiguration` of the wire, with the members that its source has (esm-api.md §4).
    func encode(to json: inout JSONWriter) {
        json.beginObject()
        json.key("UUID")
        json.value(id)
        if let stream = settings.stream { Self.encode(stream.startingPosition, to: &json) }
        json.key("BatchSize")
        json.value(settings.batchSize)
        json.key("MaximumBatchingWindowInSeconds")
        json.value(settings.batchingWindowSeconds)
        if let stream = settings.stream {
            json.key("ParallelizationFactor")
            json.value(stream.parallelizationFactor)
        }
        json.key("EventSourceArn")
        json.value(source.description)
        json.key("FunctionArn")
        json.value(functionARN.description)
        json.key("LastModified")
        json.value(thousandths: modifiedAt.millisecondsSinceEpoch)
        if let lastProcessingResult {
            json.key("LastProcessingResult")
            json.value(lastProcessingResult)
        }
        json.key("State")
        json.value(state.rawValue)
        json.key("StateTransitionReason")
        json.value(stateTransitionReason)
        if let stream = settings.stream { Self.encode(stream, to: &json) }
        Self.encode(settings.queue, to: &json)
        encodeFilters(to: &json)
        encodeMetrics(to: &json)
        json.key("FunctionResponseTypes")
        json.beginArray()
        if settings.reportsBatchItemFailures { json.value("ReportBatchItemFailures") }
        json.endArray()
        json.key("EventSourceMappingArn")
        json.value(arn.description)
        json.endObject()
    }

    /// Shown only as far as it is set.
    private static func encode(_ queue: QueueMappingSettings, to json: inout JSONWriter) {
        if let maximum = queue.maximumConcurrency {
            json.key("ScalingConfig")
            json.beginObject()
            json.key("MaximumConcurrency")
            json.value(maximum)
            json.endObject()
        }
        if let pollers = queue.provisionedPollers {
            json.key("ProvisionedPollerConfig")
            json.beginObject()
            json.key("MinimumPollers")
            json.value(pollers.minimum)
            json.key("MaximumPollers")
            json.value(pollers.maximum)
            json.endObject()
        }
    }

    /// Shown only when some are wanted.
    private func encodeMetrics(to json: inout JSONWriter) {
        guard !settings.metrics.isEmpty else { return }
        json.key("MetricsConfig")
        json.beginObject()
        json.key("Metrics")
        json.beginArray()
        for group in MetricGroup.allCases where settings.metrics.contains(group) {
            json.value(group.rawValue)
        }
        json.endArray()
        json.endObject()
    }

    /// Shown only when there are some, each text as it was given.
    private func encodeFilters(to json: inout JSONWriter) {
        guard !settings.filters.isEmpty else { return }
        json.key("FilterCriteria")
        json.beginObject()
        json.key("Filters")
        json.beginArray()
        for filter in settings.filters {
            json.beginObject()
            json.key("Pattern")
            json.value(filter.text)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    /// The configuration as a whole answer.
    var configuration: [UInt8] {
        var json = JSONWriter(capacity: 1_024)
        encode(to: &json)
        return json.bytes
    }

    private static func encode(_ position: StartingPosition, to json: inout JSONWriter) {
        json.key("StartingPosition")
        switch position {
        case .trimHorizon: json.value("TRIM_HORIZON")
        case .latest: json.value("LATEST")
        case .atTimestamp(let moment):
            json.value("AT_TIMESTAMP")
            json.key("StartingPositionTimestamp")
            json.value(thousandths: moment.millisecondsSinceEpoch)
        }
    }

    private static func encode(_ stream: StreamMappingSettings, to json: inout JSONWriter) {
        json.key("DestinationConfig")
        json.beginObject()
        json.key("OnFailure")
        json.beginObject()
        if let destination = stream.onFailureDestination {
            json.key("Destination")
            json.value(destination.description)
        }
        json.endObject()
        json.endObject()
        json.key("MaximumRecordAgeInSeconds")
        json.value(stream.maximumRecordAgeSeconds ?? -1)
        json.key("BisectBatchOnFunctionError")
        json.value(stream.bisectsOnError)
        json.key("MaximumRetryAttempts")
        json.value(stream.maximumRetryAttempts ?? -1)
        json.key("TumblingWindowInSeconds")
        json.value(stream.tumblingWindowSeconds)
    }
}
