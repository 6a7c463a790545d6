import CShim
import Dispatch
import Glibc
import HTTP
import Synchronization
import Testing

@Suite("An event loop")
struct EventLoopTests {
    /// Collects what loops say, and lets a test wait for the end.
    final class Notes: Sendable {
        private let lines = Mutex<[String]>([])
        private let done = DispatchSemaphore(value: 0)

        func add(_ line: String) { lines.withLock { $0.append(line) } }
        func finish() { done.signal() }

        /// What was noted, once `finish` was called.
        func waited() -> [String] {
            #expect(done.wait(timeout: .now() + 20) == .success)
            return lines.withLock { $0 }
        }
    }

    @Test("Work from other threads runs in order, on the loop's thread, also if it came before the start")
    func posting() throws {
        let loop = try EventLoop(label: "test")
        let notes = Notes()
        #expect(!loop.isCurrent)
        loop.execute { notes.add("early \(loop.isCurrent)") }
        loop.start()
        for number in 0..<100 { loop.execute { notes.add("\(number)") } }
        loop.execute { loop.execute { notes.finish() } }
        #expect(notes.waited() == ["early true"] + (0..<100).map(String.init))
        loop.stop()
        loop.stop()
    }

    @Test("Nothing that many threads post is lost")
    func postingFromManyThreads() throws {
        let loop = try EventLoop(label: "test")
        loop.start()
        let count = Atomic(0)
        let done = DispatchSemaphore(value: 0)
        let threads = 4
        let each = 5000
        for _ in 0..<threads {
            DispatchQueue.global().async { [each] in
                for _ in 0..<each {
                    loop.execute {
                        if count.add(1, ordering: .relaxed).newValue == threads * each { done.signal() }
                    }
                }
            }
        }
        #expect(done.wait(timeout: .now() + 20) == .success)
        loop.stop()
    }

    @Test("What was posted before the stop still runs; later work does not")
    func stopping() throws {
        let loop = try EventLoop(label: "test")
        let notes = Notes()
        loop.start()
        for number in 0..<10 { loop.execute { notes.add("\(number)") } }
        loop.stop()
        loop.execute { notes.add("late") }
        notes.finish()
        #expect(notes.waited() == (0..<10).map(String.init))
    }

    @Test("Timers run by deadline, never early, and not once they are cancelled")
    func timers() throws {
        let loop = try EventLoop(label: "test")
        let notes = Notes()
        loop.execute {
            let start = ContinuousClock.now
            loop.schedule(after: .milliseconds(30)) {
                notes.add(ContinuousClock.now - start >= .milliseconds(30) ? "third" : "early")
                notes.finish()
            }
            loop.schedule(after: .milliseconds(10)) { notes.add("second") }
            let cancelled = loop.schedule(after: .milliseconds(5)) { notes.add("cancelled") }
            loop.schedule(after: .zero) { notes.add("first") }
            loop.cancel(cancelled)
            loop.cancel(cancelled)
            loop.schedule(after: .seconds(3600)) { notes.add("much later") }
        }
        loop.start()
        #expect(notes.waited() == ["first", "second", "third"])
        loop.stop()
    }

    @Test("A timer finer than a millisecond is not rounded to one")
    func fineTimers() throws {
        let loop = try EventLoop(label: "test")
        let notes = Notes()
        let start = ContinuousClock.now
        let rounds = Atomic(0)
        @Sendable func again() {
            if rounds.add(1, ordering: .relaxed).newValue == 100 {
                notes.finish()
            } else {
                loop.schedule(after: .microseconds(100)) { again() }
            }
        }
        loop.execute { again() }
        loop.start()
        _ = notes.waited()
        let elapsed = ContinuousClock.now - start
        #expect(elapsed >= .microseconds(9900))
        loop.stop()
    }

    @Test("A watched pipe reports bytes, takes changes of interest, and reports its end to who only reads")
    func watching() throws {
        let loop = try EventLoop(label: "test")
        let notes = Notes()
        var ends: [Int32] = [0, 0]
        try #require(millrace_pipe(&ends) == 0)
        let (reading, writing) = (ends[0], ends[1])
        loop.execute {
            do {
                try loop.watch(reading, .readable) { events in
                    var bytes = [UInt8](repeating: 0, count: 16)
                    let count = read(reading, &bytes, bytes.count)
                    notes.add("\(count) \(events.contains(.closed))")
                    if count == 0 {
                        loop.unwatch(reading)
                        close(reading)
                        notes.finish()
                        return
                    }
                    // Deaf for a moment: what comes now waits.
                    loop.change(reading, [])
                    write(writing, "cd", 2)
                    loop.schedule(after: .milliseconds(1)) {
                        notes.add("listening")
                        loop.change(reading, .readable)
                        close(writing)
                    }
                }
            } catch {
                notes.add("\(error)")
            }
        }
        loop.start()
        write(writing, "ab", 2)
        let lines = notes.waited()
        #expect(lines.first == "2 false")
        #expect(lines.dropFirst().first == "listening")
        #expect(lines.last == "0 true")
        loop.stop()
    }

    @Test("A handler that is unwatched by another in the same round is not called")
    func unwatchingInARound() throws {
        let loop = try EventLoop(label: "test")
        let notes = Notes()
        var pairs: [(reading: Int32, writing: Int32)] = []
        for _ in 0..<2 {
            var ends: [Int32] = [0, 0]
            try #require(millrace_pipe(&ends) == 0)
            pairs.append((ends[0], ends[1]))
            write(ends[1], "x", 1)
        }
        let watched = pairs
        loop.execute {
            for pair in watched {
                do {
                    try loop.watch(pair.reading, .readable) { _ in
                        notes.add("called")
                        for other in watched { loop.unwatch(other.reading) }
                        loop.schedule(after: .zero) { notes.finish() }
                    }
                } catch {
                    notes.add("\(error)")
                }
            }
        }
        loop.start()
        #expect(notes.waited() == ["called"])
        loop.stop()
        for pair in pairs { _ = (close(pair.reading), close(pair.writing)) }
    }

    @Test("A file, which is always ready, is refused with the kernel's reason")
    func files() throws {
        let loop = try EventLoop(label: "test")
        let notes = Notes()
        let descriptor = open("/etc/passwd", O_RDONLY)
        loop.execute {
            do throws(HTTPError) {
                try loop.watch(descriptor, .readable) { _ in }
            } catch {
                notes.add(error == .system(call: "epoll_ctl", code: EPERM) ? "refused" : "\(error)")
            }
            notes.finish()
        }
        loop.start()
        #expect(notes.waited() == ["refused"])
        loop.stop()
        close(descriptor)
    }
}
