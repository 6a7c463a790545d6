import Digest
package import EventModel
package import EventStore
package import HTTP
package import Metering
package import RuntimeAPI
package import Telemetry

/// What every part of the engine works with. Confined to `loop`, but for what is `Sendable` in itself.
package struct EngineContext {
    package let loop: EventLoop
    package let store: EventStore
    package let reader: StoreReader
    package let host: FunctionHost
    package let metrics: Metrics
    package let recorder: MetricRecorder
    package let logger: Logger
    package let now: @Sendable () -> Timestamp

    package init(
        loop: EventLoop, store: EventStore, reader: StoreReader, host: FunctionHost, metrics: Metrics,
        recorder: MetricRecorder, logger: Logger, now: @escaping @Sendable () -> Timestamp
    ) {
        self.loop = loop
        self.store = store
        self.reader = reader
        self.host = host
        self.metrics = metrics
        self.recorder = recorder
        self.logger = logger
        self.now = now
    }

    /// A fresh request ID.
    func makeRequestID() -> String { RandomBytes.uuid() }
}

enum EngineLimits {
    /// Wait before a read or write that failed is tried again (our own).
    static let storeRetryDelay = Duration.seconds(1)
    /// How long a mapping's last result may wait for those of others (our own).
    static let resultDelay = Duration.milliseconds(50)
    /// Samples of the age history, one a second (`StatusShapes`: the last five minutes).
    static let historySamples = 300
    /// Bytes of a function's answer above which a report that has to be short leaves it out (our own).
    static let shortReportAnswer = 65_536
    /// Records that one read of a filtered shard looks at, so that other shards get their turn (our own).
    static let filterScanRecords = 1_000
    /// Stored bytes that one such read looks at (our own).
    static let filterScanBytes = 1_048_576
    /// Least time between two decisions about filtered records of one poller; they are samples (our own).
    static let filterSampleInterval = Duration.seconds(10)
    /// Bytes of a filtered record that its sample shows (our own).
    static let filterSampleBytes = 120
    /// Characters of a handler's error shown in status and decisions (our own).
    static let errorCharacters = 300
}
