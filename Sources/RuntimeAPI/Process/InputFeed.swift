import Glibc
import HTTP

/// Writes an event into a child's input without ever waiting for the child. Confined to the engine loop.
final class InputFeed {
    private let descriptor: Int32
    private let loop: EventLoop
    private var rest: ArraySlice<ArraySlice<UInt8>>
    private var isOpen = true

    /// - Parameter descriptor: Non-blocking; owned, and closed after the last byte or if this throws.
    init(_ descriptor: Int32, _ slices: [ArraySlice<UInt8>], loop: EventLoop) throws(HTTPError) {
        self.descriptor = descriptor
        self.loop = loop
        rest = slices[...]
        do {
            try loop.watch(descriptor, .writable) { [weak self] _ in self?.write() }
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        write()
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        rest = []
        loop.unwatch(descriptor)
        Glibc.close(descriptor)
    }

    private func write() {
        while isOpen, let slice = rest.first {
            guard !slice.isEmpty else {
                rest = rest.dropFirst()
                continue
            }
            let written = slice.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written >= 0 {
                rest[rest.startIndex] = slice.dropFirst(written)
            } else if errno == EAGAIN {
                return
            } else if errno != EINTR {
                // A command need not read its event; that alone is no error.
                break
            }
        }
        close()
    }
}
