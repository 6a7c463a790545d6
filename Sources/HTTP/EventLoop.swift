import CShim
import Glibc
import Synchronization

/// One thread that waits for descriptors, timers and work from other threads, and runs what they call for.
///
/// `@unchecked Sendable`: what threads share is `inbox` and `thread`, each safe by itself; all the rest is confined
/// to the loop's thread, and every entry point to it has `precondition(isCurrent)`.
package final class EventLoop: @unchecked Sendable {
    /// How much one read takes from a socket at most.
    static let scratchByteCount = 256 * 1024
    private static let eventCapacity = 256
    private static let wakeToken = UInt64.max

    private struct Inbox {
        var work: [@Sendable () -> Void] = []
        /// Whether only the eventfd can wake the thread.
        var mayBeAsleep = false
        var isStopping = false
        var handle: pthread_t?
    }

    private struct Watch {
        let generation: UInt32
        var events: PollEvents
        let handler: (PollEvents) -> Void
    }

    private let label: String
    private let epoll: Int32
    /// Events that the present round of the thread found.
    private var eventsInRound = 0
    private let wake: Int32
    private let inbox = Mutex(Inbox())
    /// The running thread's identity; 0 when none runs.
    private let thread = Atomic<UInt>(0)

    // Confined to the thread from here on.
    /// Memory for one read; of no meaning once the handler that filled it returned.
    let scratch: UnsafeMutableRawBufferPointer
    private var timers = TimerHeap<() -> Void>()
    private var deferred: [() -> Void] = []
    /// By descriptor.
    private var watches: [Watch?] = []
    private var nextGeneration: UInt32 = 0
    /// Monotonic nanoseconds when the thread last woke; cheap, and exact enough for time-outs.
    private(set) var wakeTime: Int64 = 0

    /// - Parameter label: the thread's name; the kernel shows its first 15 bytes.
    package init(label: String) throws(HTTPError) {
        self.label = label
        let epoll = millrace_epoll_create()
        guard epoll >= 0 else { throw .system(call: "epoll_create1", code: -epoll) }
        let wake = millrace_eventfd()
        guard wake >= 0 else {
            Glibc.close(epoll)
            throw .system(call: "eventfd", code: -wake)
        }
        // Edge-triggered: each write wakes once, and nobody needs to read the counter.
        let bits = EPOLLIN.rawValue | EPOLLET.rawValue
        let added = millrace_epoll_control(epoll, EPOLL_CTL_ADD, wake, bits, Self.wakeToken)
        guard added >= 0 else {
            Glibc.close(epoll)
            Glibc.close(wake)
            throw .system(call: "epoll_ctl", code: -added)
        }
        self.epoll = epoll
        self.wake = wake
        scratch = .allocate(byteCount: Self.scratchByteCount, alignment: 64)
    }

    deinit {
        Glibc.close(epoll)
        Glibc.close(wake)
        scratch.deallocate()
    }
}

// MARK: - From any thread

extension EventLoop {
    /// Whether the caller runs on this loop's thread.
    package var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Starts the thread. Once.
    package func start() {
        inbox.withLock { inbox in
            precondition(inbox.handle == nil && !inbox.isStopping, "a loop starts once")
            var handle = pthread_t()
            let code = pthread_create(
                &handle, nil,
                { context in
                    guard let context else { return nil }
                    Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue().run()
                    return nil
                }, Unmanaged.passRetained(self).toOpaque())
            precondition(code == 0, "the system refuses a thread: error \(code)")
            inbox.handle = handle
        }
    }

    /// Ends the thread after the work posted so far and waits for it. Not from the loop itself; idempotent.
    package func stop() {
        precondition(!isCurrent, "a loop cannot wait for itself")
        let (handle, mustWake) = inbox.withLock { inbox in
            inbox.isStopping = true
            let handle = inbox.handle
            inbox.handle = nil
            return (handle, handle != nil)
        }
        if mustWake { writeWake() }
        if let handle { pthread_join(handle, nil) }
    }

    /// Runs the work on the loop soon, in the order of the calls. From any thread, also before `start`.
    ///
    /// Work that comes once `stop` has been called is let go.
    package func execute(_ work: @escaping @Sendable () -> Void) {
        let mustWake = inbox.withLock { inbox in
            if inbox.isStopping { return false }
            inbox.work.append(work)
            let mustWake = inbox.mayBeAsleep
            // One write is enough for everything that is posted until the thread has woken.
            inbox.mayBeAsleep = false
            return mustWake
        }
        if mustWake { writeWake() }
    }

    private func writeWake() {
        var one: UInt64 = 1
        // Fails only if the counter is full, and then the thread is awake.
        _ = Glibc.write(wake, &one, 8)
    }
}

// MARK: - Load

extension EventLoop {
    /// Whether the event being handled came alone, so that waiting in its handler delays nobody known yet.
    package var isQuiet: Bool {
        precondition(isCurrent, "a loop's load is known on the loop")
        return eventsInRound <= 1
    }
}

// MARK: - The thread

extension EventLoop {
    private func run() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        millrace_name_thread(String(decoding: label.utf8.prefix(15), as: UTF8.self))
        var events = [millrace_event](repeating: millrace_event(), count: Self.eventCapacity)
        wakeTime = millrace_monotonic_nanoseconds()
        while !runPosted() {
            runDeferred()
            runDueTimers()
            let timeout = timeToSleep()
            let count = millrace_epoll_wait(epoll, &events, Int32(Self.eventCapacity), timeout)
            inbox.withLock { $0.mayBeAsleep = false }
            wakeTime = millrace_monotonic_nanoseconds()
            precondition(count >= 0 || count == -EINTR, "epoll_wait failed with error \(-count)")
            eventsInRound = Int(max(count, 0))
            for index in 0..<Int(max(count, 0)) { dispatch(events[index]) }
        }
        // Handlers hold servers and connections, which hold the loop.
        watches = []
        timers = TimerHeap()
        deferred = []
        thread.store(0, ordering: .relaxed)
    }

    /// Runs what other threads posted; returns whether to stop.
    private func runPosted() -> Bool {
        let (work, isStopping) = inbox.withLock { inbox in
            var work: [@Sendable () -> Void] = []
            swap(&work, &inbox.work)
            return (work, inbox.isStopping)
        }
        for action in work { action() }
        return isStopping
    }

    private func runDeferred() {
        var actions: [() -> Void] = []
        swap(&actions, &deferred)
        for action in actions { action() }
    }

    private func runDueTimers() {
        guard let first = timers.nextDeadline else { return }
        // Taken once, so that work which schedules itself again cannot hold the loop.
        let now = millrace_monotonic_nanoseconds()
        if first > now { return }
        while let work = timers.popDue(now) { work() }
    }

    /// Nanoseconds; below 0 for no limit.
    private func timeToSleep() -> Int64 {
        if !deferred.isEmpty { return 0 }
        let hasWork = inbox.withLock { inbox in
            inbox.mayBeAsleep = inbox.work.isEmpty && !inbox.isStopping
            return !inbox.mayBeAsleep
        }
        if hasWork { return 0 }
        guard let deadline = timers.nextDeadline else { return -1 }
        return max(0, deadline - millrace_monotonic_nanoseconds())
    }

    private func dispatch(_ event: millrace_event) {
        if event.token == Self.wakeToken { return }
        let descriptor = Int(event.token & 0xFFFF_FFFF)
        // A handler earlier in this round may have closed this descriptor, and its number may be in use again.
        guard let watch = watches[descriptor], watch.generation == UInt32(event.token >> 32) else { return }
        watch.handler(PollEvents(kernelBits: event.events, interest: watch.events))
    }
}

// MARK: - On the loop's thread only

extension EventLoop {
    /// Runs the work once after `delay`, never before; equal deadlines run in the order of the calls.
    @discardableResult
    package func schedule(after delay: Duration, _ work: @escaping () -> Void) -> TimerToken {
        precondition(isCurrent, "timers belong to the loop's thread")
        return timers.add(work, deadline: millrace_monotonic_nanoseconds() + delay.nanosecondsFromZero)
    }

    /// Forgets scheduled work. Does nothing if it ran already.
    package func cancel(_ token: TimerToken) {
        precondition(isCurrent, "timers belong to the loop's thread")
        timers.remove(token)
    }

    /// Runs the work in the loop's next round, so that the caller's stack does not grow.
    func executeLater(_ work: @escaping () -> Void) {
        precondition(isCurrent, "this queue belongs to the loop's thread")
        deferred.append(work)
    }

    /// Calls the handler whenever (level-triggered) one of the events holds. The loop never closes the descriptor.
    ///
    /// - Throws: `.system` for a regular file, which cannot be waited for, and for want of memory.
    package func watch(
        _ descriptor: Int32, _ events: PollEvents, _ handler: @escaping (PollEvents) -> Void
    ) throws(HTTPError) {
        precondition(isCurrent, "descriptors are watched by the loop's thread")
        let index = Int(descriptor)
        while watches.count <= index { watches.append(nil) }
        precondition(watches[index] == nil, "descriptor \(descriptor) is watched already")
        nextGeneration = nextGeneration &+ 1 & 0x7FFF_FFFF
        let watch = Watch(generation: nextGeneration, events: events, handler: handler)
        let code = control(EPOLL_CTL_ADD, descriptor, watch)
        guard code >= 0 else { throw .system(call: "epoll_ctl", code: -code) }
        watches[index] = watch
    }

    /// Changes what a watched descriptor is watched for; empty leaves `.closed` only.
    package func change(_ descriptor: Int32, _ events: PollEvents) {
        precondition(isCurrent, "descriptors are watched by the loop's thread")
        guard var watch = watches[Int(descriptor)] else {
            preconditionFailure("descriptor \(descriptor) is not watched")
        }
        if watch.events == events { return }
        watch.events = events
        let code = control(EPOLL_CTL_MOD, descriptor, watch)
        precondition(code >= 0, "a watched descriptor was closed: error \(-code)")
        watches[Int(descriptor)] = watch
    }

    /// Stops watching; must come before the descriptor is closed. No handler runs after it.
    package func unwatch(_ descriptor: Int32) {
        precondition(isCurrent, "descriptors are watched by the loop's thread")
        let index = Int(descriptor)
        // After the thread's end nothing is watched any more.
        guard index < watches.count, watches[index] != nil else { return }
        watches[index] = nil
        let code = millrace_epoll_control(epoll, EPOLL_CTL_DEL, descriptor, 0, 0)
        precondition(code >= 0, "a watched descriptor was closed: error \(-code)")
    }

    private func control(_ operation: Int32, _ descriptor: Int32, _ watch: Watch) -> Int32 {
        let token = UInt64(watch.generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
        return millrace_epoll_control(epoll, operation, descriptor, watch.events.kernelBits, token)
    }
}

extension Duration {
    /// Whole nanoseconds, rounded up, between 0 and a hundred years.
    var nanosecondsFromZero: Int64 {
        let (seconds, attoseconds) = components
        if seconds < 0 { return 0 }
        if seconds >= 3_155_760_000 { return 3_155_760_000_000_000_000 }
        return max(0, seconds * 1_000_000_000 + (attoseconds + 999_999_999) / 1_000_000_000)
    }
}
