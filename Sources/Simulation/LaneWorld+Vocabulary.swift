package import EventModel
package import MappingCore

extension LaneWorld {
    package typealias Handler = (Call) -> InvocationOutcome

    /// One invocation as the handler saw it.
    package struct Call: Equatable, Sendable {
        package let time: Timestamp
        /// Which machine made it, from 1; a crash or restart begins another.
        package let life: Int
        package let lane: Int
        package let plan: InvocationPlan
        package let positions: [Position]
    }

    /// What outlives a crash, but for windows.
    package struct Durable: Hashable, Sendable {
        package let checkpoint: Position
        package let settledAhead: [Position]
        package let discards: [[Position]]

        package init(checkpoint: Position = 0, settledAhead: [Position] = [], discards: [[Position]] = []) {
            self.checkpoint = checkpoint
            self.settledAhead = settledAhead
            self.discards = discards
        }
    }

    /// What one commit holds.
    struct Commit {
        var checkpoint: Position
        var discards: [[Position]] = []
        /// `nil` when it stays as it is.
        var settled: [Position]?
        var window: KeptWindow?
        var closed: [ClosedWindow] = []

        var isEmpty: Bool { discards.isEmpty && settled == nil && window == nil && closed.isEmpty }
    }

    /// An open window with its state: the records that were counted into it.
    struct KeptWindow {
        var window: TumblingWindow?
        var state: [Position] = []
    }

    /// A window whose end the handler was told, or that was given up.
    package struct ClosedWindow: Equatable, Sendable {
        package let window: TumblingWindow
        package let isEarly: Bool
        package let isLost: Bool
        package let state: [Position]
    }
}
