/// How a queue mapping finds out how many batches it may have in flight (esm-sqs.md §6).
package enum PollerScaling: Equatable, Sendable {
    /// Starts with 5 batches and ramps up to 1,250 while there is a backlog.
    case automatic
    /// `ScalingConfig.MaximumConcurrency`, 2...1,000: the same, up to this many.
    case limited(maximumConcurrency: Int)
    /// `ProvisionedPollerConfig`: pollers of 10 invocations each, whose pace is bounded.
    case provisioned(minimumPollers: Int, maximumPollers: Int)
}

extension PollerScaling {
    package enum Limits {
        /// Batches in flight at the start, and again after a quiet time (Lambda guide, "Scaling and concurrency").
        package static let start = 5
        /// Batches in flight of one mapping without provisioned pollers (Lambda guide, same place).
        package static let ceiling = 1_250
        /// 300 more invocations a minute, one by one (Lambda guide, same place).
        static let ramp = Ramp(step: 1, every: .milliseconds(200))
        /// What an idle mapping shrinks to (Lambda guide: "as low as 2 pollers").
        package static let idle = 2
        /// Invocations in flight of one provisioned poller (Lambda guide, "Provisioned mode").
        package static let invocationsPerPoller = 10
        /// Batches in flight of one mapping with provisioned pollers (Lambda guide, "Provisioned mode").
        package static let provisionedCeiling = 20_000
        /// 1,000 more invocations a minute, a poller at a time (Lambda guide, "Provisioned mode").
        static let provisionedRamp = Ramp(step: invocationsPerPoller, every: .milliseconds(600))
        /// Between two polls of one provisioned poller: 10 a second (Lambda guide, "Provisioned mode").
        package static let pollInterval = Duration.milliseconds(100)
        /// Bytes a second of one provisioned poller (Lambda guide, "Provisioned mode": 1 MB).
        package static let bytesPerSecond = 1_048_576
        /// Messages that one poll of a provisioned poller brings (SQS API reference, `ReceiveMessage`).
        package static let messagesPerPoll = 10
        /// How long a reduction lasts before the first step back (our choice).
        static let recovery = Duration.seconds(1)
        /// How long concurrency that nobody used is kept (our choice).
        static let review = Duration.seconds(60)
        /// How long there was nothing at all before a mapping shrinks to its least (our choice).
        static let idleAfter = Duration.seconds(300)
    }

    struct Ramp: Equatable, Sendable {
        let step: Int
        let every: Duration
    }

    /// Batches that may be in flight in the beginning, at least 1.
    package var start: Int {
        switch self {
        case .automatic: Limits.start
        case .limited(let maximum): max(1, min(Limits.start, maximum))
        case .provisioned(let minimum, _): min(ceiling, max(1, minimum) * Limits.invocationsPerPoller)
        }
    }

    /// Batches that are never exceeded.
    package var ceiling: Int {
        switch self {
        case .automatic: Limits.ceiling
        case .limited(let maximum): max(1, min(Limits.ceiling, maximum))
        case .provisioned(_, let maximum):
            max(1, min(Limits.provisionedCeiling, maximum * Limits.invocationsPerPoller))
        }
    }

    /// What is left of it when there is nothing to do for long.
    var idle: Int {
        if case .automatic = self { Limits.idle } else { start }
    }

    var ramp: Ramp {
        if case .provisioned = self { Limits.provisionedRamp } else { Limits.ramp }
    }

    /// The pollers at work when so many batches may be in flight; `nil` when their pace is not bounded.
    package func pollers(at level: Int) -> Int? {
        guard case .provisioned(let minimum, _) = self else { return nil }
        let needed = (level + Limits.invocationsPerPoller - 1) / Limits.invocationsPerPoller
        return max(1, minimum, needed)
    }
}
