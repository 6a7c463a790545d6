import CShim
import Glibc

/// What a descriptor is watched for, and what happened to it.
package struct PollEvents: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let readable = PollEvents(rawValue: 1)
    package static let writable = PollEvents(rawValue: 2)
    /// The peer will send nothing more. Reported only if asked for.
    package static let readClosed = PollEvents(rawValue: 4)
    /// Hung up or in error. Always reported, together with whatever was asked for.
    package static let closed = PollEvents(rawValue: 8)
}

extension PollEvents {
    /// The kernel's bits to ask for.
    var kernelBits: UInt32 {
        var bits: UInt32 = 0
        if contains(.readable) { bits |= EPOLLIN.rawValue }
        if contains(.writable) { bits |= EPOLLOUT.rawValue }
        if contains(.readClosed) { bits |= EPOLLRDHUP.rawValue }
        return bits
    }

    /// What the kernel reports about a descriptor that is watched for `interest`.
    init(kernelBits bits: UInt32, interest: PollEvents) {
        var events: PollEvents = []
        if bits & EPOLLIN.rawValue != 0 { events.insert(.readable) }
        if bits & EPOLLOUT.rawValue != 0 { events.insert(.writable) }
        if bits & EPOLLRDHUP.rawValue != 0 { events.insert(.readClosed) }
        // Whoever waits to read or write must try, and so learn of the end; nobody may spin on an event it ignores.
        if bits & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { events.formUnion([.closed, interest]) }
        self = events
    }
}
