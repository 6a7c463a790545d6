package import AWSWire
package import EventModel
package import EventStore
package import HTTP
package import Metering

/// As much of CloudWatch as metrics need: what the engine recorded and what callers put, by the minute.
///
/// Confined to `loop`; every entry point preconditions it. That, and nothing else, makes it safe to share.
package final class CloudWatchService: @unchecked Sendable {
    let store: EventStore
    let reader: StoreReader
    let recorder: MetricRecorder
    let loop: EventLoop
    let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - reader: For this service alone, or for services of the same loop.
    ///   - recorder: Holds the minutes that are not stored yet.
    package init(
        store: EventStore, reader: StoreReader, recorder: MetricRecorder, loop: EventLoop,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.reader = reader
        self.recorder = recorder
        self.loop = loop
        self.now = now
    }

    /// Serves three protocols: Query, JSON, and Smithy RPC v2 with CBOR.
    package func register(on router: inout ServiceRouter) {
        router.register(queryVersion: "2010-08-01", of: .cloudWatchQuery) { [self] call in
            handle(call, isQuery: true)
        }
        router.register(jsonTarget: Self.shape, of: .cloudWatch) { [self] call in
            handle(call, isQuery: false)
        }
        router.register(rpcV2CBOR: Self.shape, of: .cloudWatch, members: .cloudWatch) { [self] call in
            handle(call, isQuery: false)
        }
    }

    private static let shape = "GraniteServiceVersion20100801"

    private func handle(_ call: ServiceCall, isQuery: Bool) {
        precondition(loop.isCurrent, "CloudWatch is confined to its loop")
        let reply: Reply = { [self] answer in succeed(call, answer, isQuery: isQuery) }
        do throws(AWSError) {
            let arguments = try Arguments(call, isQuery: isQuery)
            switch call.operation {
            case "PutMetricData": try putMetricData(call, arguments, reply)
            case "GetMetricStatistics": reply(try getMetricStatistics(call, arguments))
            case "GetMetricData": reply(try getMetricData(call, arguments))
            case "ListMetrics": reply(try listMetrics(call, arguments))
            default: call.failUnknownOperation()
            }
        } catch {
            call.fail(error)
        }
    }

    typealias Reply = @Sendable (Answer) -> Void

    private func succeed(_ call: ServiceCall, _ answer: Answer, isQuery: Bool) {
        guard isQuery else { return call.succeed(json: answer.json) }
        let xml = answer.xml(
            of: call.operation, namespace: WireService.cloudWatchNamespace, requestID: call.requestID)
        call.succeed(body: .bytes(xml))
    }
}

extension WireService {
    static let cloudWatchNamespace = "http://monitoring.amazonaws.com/doc/2010-08-01/"
    /// JSON and RPC v2. The header with the code of the Query protocol is what SDKs show as the error's code.
    static let cloudWatch = WireService(
        signingName: "monitoring", displayName: "CloudWatch", contentType: "application/x-amz-json-1.0",
        errorForm: .json(namespace: "com.amazonaws.cloudwatch#", isQueryCompatible: true))
    static let cloudWatchQuery = WireService(
        signingName: "monitoring", displayName: "CloudWatch", contentType: "text/xml",
        errorForm: .query(namespace: cloudWatchNamespace))
}

extension CBORMembers {
    /// CloudWatch (API reference 2010-08-01).
    static let cloudWatch = CBORMembers(
        blobs: [], timestamps: ["StartTime", "EndTime", "Timestamp", "Timestamps"],
        freeMaps: ["ExtendedStatistics"])
}

// MARK: - What operations share

extension CloudWatchService {
    /// Everything there is of a metric in a stretch of time: stored points and those still in memory.
    ///
    /// - Parameter slots: In seconds since 1970.
    func points(
        of identity: MetricIdentity, resolutionSeconds: Int64, in slots: Range<Int64>
    ) throws(AWSError) -> [MetricPoint] {
        // What is past retention is gone, whether it has been removed yet or not.
        let kept = resolutionSeconds < 60 ? MetricRetention.seconds : MetricRetention.minutes
        let oldest = (now() - kept).millisecondsSinceEpoch.flooredQuotient(1_000)
        let start = max(slots.lowerBound, oldest)
        guard start < slots.upperBound else { return [] }
        let wanted = start..<slots.upperBound
        for _ in 0..<Self.looks {
            // Memory first: what is stored in between is told by the batch's number.
            let memory = recorder.snapshot { $0 == identity }
            let stored: (points: [MetricPoint], batch: Int64)
            do throws(StoreError) {
                stored = try reader.points(of: identity, resolutionSeconds: resolutionSeconds, in: wanted)
            } catch {
                throw error.wireError
            }
            guard let missing = memory.points(notIn: stored.batch) else { continue }
            return stored.points
                + missing.filter {
                    $0.series.resolutionSeconds == resolutionSeconds && wanted.contains($0.slot)
                }
        }
        throw .internalFailure("The minutes were stored faster than they could be read.")
    }

    /// How often memory and store are looked at; once is enough unless a minute ends in between (our own).
    private static let looks = 100

    /// The dimensions of a metric.
    func dimensions(_ arguments: Arguments) throws(AWSError) -> [MetricDimension] {
        let given = try arguments.objects("Dimensions") ?? []
        guard given.count <= CloudWatchLimits.dimensions else {
            throw .tooMany("\(arguments.path)Dimensions", CloudWatchLimits.dimensions)
        }
        var dimensions: [MetricDimension] = []
        for dimension in given {
            let name = try dimension.required("Name")
            let value = try dimension.required("Value")
            try checkName(name, dimension.path + "Name")
            guard (1...CloudWatchLimits.dimensionValueCharacters).contains(value.unicodeScalars.count) else {
                throw .invalid(value, dimension.path + "Value")
            }
            // The second of a name replaces nothing: CloudWatch refuses it.
            guard !dimensions.contains(where: { $0.name == name }) else {
                throw .invalid(
                    "The dimension name \(name) is given more than once in \(arguments.path)Dimensions.")
            }
            dimensions.append(MetricDimension(name, value))
        }
        return dimensions
    }

    /// A namespace, or the name of a metric or dimension.
    func checkName(_ name: String, _ parameter: String) throws(AWSError) {
        guard (1...CloudWatchLimits.nameCharacters).contains(name.unicodeScalars.count), !name.hasPrefix(":")
        else { throw .invalid(name, parameter) }
    }

    func unit(_ arguments: Arguments) throws(AWSError) -> MetricUnit? {
        guard let text = try arguments.string("Unit") else { return nil }
        guard let unit = MetricUnit(rawValue: text) else {
            let known = MetricUnit.allCases.map(\.rawValue).joined(separator: ", ")
            throw .validation(
                "1 validation error detected: Value '\(text)' at 'unit' failed to satisfy constraint: "
                    + "Member must satisfy enum value set: [\(known)]")
        }
        return unit
    }

    /// 1, 5, 10, 20 and 30 seconds, or whole minutes (CloudWatch API reference).
    func checkPeriod(_ period: Int, _ parameter: String) -> String? {
        if [1, 5, 10, 20, 30].contains(period) || (period > 0 && period <= 86_400 * 365 && period % 60 == 0) {
            return nil
        }
        return "The value \(period) for parameter \(parameter) is invalid: it must be 1, 5, 10, 20, 30 or a "
            + "multiple of 60."
    }
}

/// Where periods begin (CloudWatch API reference, `GetMetricStatistics`): with `StartTime`, rounded down to the minute, or
/// to the period if that is shorter.
enum PeriodGrid {
    static func start(_ moment: Timestamp, period: Int64) -> Int64 {
        let grain = min(60, period)
        return moment.millisecondsSinceEpoch.flooredQuotient(1_000).flooredQuotient(grain) * grain
    }

    /// The first second that is not asked for.
    static func end(_ moment: Timestamp) -> Int64 {
        (moment.millisecondsSinceEpoch + 999).flooredQuotient(1_000)
    }

    static func resolution(ofPeriod period: Int64) -> Int64 { period < 60 ? 1 : 60 }
}
