/// One of the demo's three sources: what is fed to it, and what its mapping makes of that.
struct DemoSource {
    let kind: String
    let name: String
    let generator: RecordGenerator
    let feeder: Feeder
    /// Where a message or invocation record ends that could not be handled.
    let deadLetterQueue: String

    init(
        kind: String, name: String, rate: Double, seed: UInt64, length: Duration, deadLetterQueue: String,
        client: ServiceClient
    ) throws {
        self.kind = kind
        self.name = name
        self.deadLetterQueue = deadLetterQueue
        let template = try RecordTemplate(parsing: RecordTemplate.standard)
        generator = RecordGenerator(
            template: template, seed: seed, size: 200, poison: 0.01, keyCount: 50, skew: 0)
        let target = try FeedTarget.open(kind, name, client)
        feeder = Feeder(
            RecordSource(generator, from: 0, count: nil), to: target, endpoint: client.endpoint,
            environment: [:],
            pace: Pace(rate: rate), length: length, connections: 1)
    }

    /// The numbers of the poison records fed so far. One connection feeds in order, so these are the first ones.
    var poison: [Int] {
        (0..<feeder.snapshot.accepted).filter { generator.record($0, nowMilliseconds: 0).isPoison }
    }

    func mapping(in mappings: [MappingStatus]) -> MappingStatus? {
        mappings.first { $0.sourceName == name && $0.sourceKind == kind }
    }

    /// Records given up, or messages that the dead-letter queue holds.
    func dead(in status: StatusReport) -> Int64 {
        guard kind == "queue" else { return mapping(in: status.mappings)?.discarded ?? 0 }
        return status.queues.first { $0.name == deadLetterQueue }.map { $0.visible + $0.inFlight } ?? 0
    }
}
