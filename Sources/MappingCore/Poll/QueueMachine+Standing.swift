package import EventModel

extension QueueMachine {
    /// What bounds the batches in flight, and what waits, for people.
    package struct Standing: Equatable, Sendable {
        /// Batches that may be in flight.
        package let limit: Int
        /// Provisioned pollers at work; `nil` when pollers are not provisioned.
        package let pollers: Int?
        package let reason: Reason
        /// Batches that wait for a permit, their back-off or another batch of their message group.
        package let heldBatches: Int
        /// Message groups that are being worked on.
        package let groupsAtWork: Int
    }

    package enum Reason: Equatable, Sendable {
        /// Lowered after an error, and on its way back.
        case recovering
        /// As far up as the settings let it.
        case atCeiling
        /// On its way up, because there is a backlog.
        case ramping
        /// Nothing asks for more.
        case enough
    }

    package func standing(now: Timestamp) -> Standing {
        var scale = scale
        if phase != .notStarted { scale.advance(to: now) }
        let reason: Reason =
            if scale.isRecovering {
                .recovering
            } else if scale.level >= scale.scaling.ceiling {
                .atCeiling
            } else {
                scale.isRamping ? .ramping : .enough
            }
        let held = slots.count { slot in
            switch slot.stage {
            case .holding, .ready, .behind, .asking(.send): true
            case .free, .asking(.gather), .parked, .receiving, .gathering, .invoking: false
            }
        }
        return Standing(
            limit: scale.level, pollers: scale.scaling.pollers(at: scale.level), reason: reason,
            heldBatches: held, groupsAtWork: groupsAtWork.count)
    }
}
