/// Unpredictable bytes from the kernel.
package enum RandomBytes {
    package static func make(count: Int) -> [UInt8] { fatalError("pending") }

    /// A random UUID (version 4) in lower case.
    package static func uuid() -> String { fatalError("pending") }
}
