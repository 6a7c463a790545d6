import CShim
import Glibc
import HTTP

/// The read side of a child's output. Confined to the engine loop.
///
/// Reads a bounded amount a turn, so that a flood delays others by microseconds, and never waits for the writers to
/// close: a grandchild may keep the other side open for ever.
final class OutputPipe {
    /// One buffer for all pipes of a host: its content never outlives a read.
    final class Scratch {
        fileprivate var bytes = [UInt8](repeating: 0, count: 65_536)
    }

    private let descriptor: Int32
    private let loop: EventLoop
    private let scratch: Scratch
    private let onOutput: (ArraySlice<UInt8>) -> Void
    private var isOpen = true

    /// - Parameters:
    ///   - descriptor: Non-blocking; owned and closed by the pipe, also if this throws.
    ///   - onOutput: The slice is valid during the call.
    init(
        _ descriptor: Int32, loop: EventLoop, scratch: Scratch,
        onOutput: @escaping (ArraySlice<UInt8>) -> Void
    ) throws(HTTPError) {
        self.descriptor = descriptor
        self.loop = loop
        self.scratch = scratch
        self.onOutput = onOutput
        do {
            try loop.watch(descriptor, .readable) { [weak self] _ in
                self?.read(limit: RuntimeLimits.pipeBytesPerTurn)
            }
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// Takes what is there now: at the end of an invocation its output must come before its END line.
    func drain() { read(limit: 4 * RuntimeLimits.pipeBytesPerTurn) }

    func close() {
        guard isOpen else { return }
        isOpen = false
        loop.unwatch(descriptor)
        Glibc.close(descriptor)
    }

    private func read(limit: Int) {
        var left = limit
        while isOpen && left > 0 {
            let count = scratch.bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress, $0.count)
            }
            if count > 0 {
                left -= count
                onOutput(scratch.bytes[..<count])
                // A short read has emptied the pipe; asking again would only cost a call.
                if count < scratch.bytes.count { return }
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                close()
                return
            } else if errno == EAGAIN {
                return
            }
        }
    }
}
