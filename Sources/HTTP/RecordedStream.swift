import Synchronization

/// A streamed answer of a recording responder: tests read what was written, and play a client that is slow or leaves.
package final class RecordedStream: Sendable {
    package struct Head: Sendable {
        package let status: Int
        package let headers: [(String, String)]
    }

    private struct State {
        var written: [[UInt8]] = []
        var pendingBytes = 0
        var isStalled = false
        var wantsDrain = false
        var isFinished = false
        var isConnected = true
        var actions = Actions()
    }

    private struct Actions {
        var drain: (@Sendable () -> Void)?
        var disconnect: (@Sendable () -> Void)?
    }

    package let head: Head
    private let state: Mutex<State>

    init(_ head: Head) {
        self.head = head
        state = Mutex(State())
    }

    /// Takes what was written since the last call, one element for each `write`.
    package func takeWritten() -> [[UInt8]] {
        state.withLock { state in
            defer { state.written = [] }
            return state.written
        }
    }

    package var isFinished: Bool { state.withLock { $0.isFinished } }
    package var isConnected: Bool { state.withLock { $0.isConnected } }
    package var pendingBytes: Int { state.withLock { $0.pendingBytes } }

    /// Lets the client read nothing more, until `drain`.
    package func stall() { state.withLock { $0.isStalled = true } }

    /// Lets the client read everything.
    package func drain() {
        let action = state.withLock { state in
            state.isStalled = false
            state.pendingBytes = 0
            defer { state.wantsDrain = false }
            return state.wantsDrain ? state.actions.drain : nil
        }
        action?()
    }

    /// Lets the client leave.
    package func disconnect() {
        let action = state.withLock { state in
            let action = state.isConnected && !state.isFinished ? state.actions.disconnect : nil
            state.isConnected = false
            state.pendingBytes = 0
            state.actions = Actions()
            return action
        }
        action?()
    }
}

// MARK: - For the writer

extension RecordedStream {
    func write(_ bytes: ArraySlice<UInt8>) -> Bool {
        state.withLock { state in
            guard state.isConnected else { return false }
            state.written.append(Array(bytes))
            if state.isStalled { state.pendingBytes += bytes.count }
            let goesOn = state.pendingBytes < HTTPStreamWriter.highWaterBytes
            if !goesOn { state.wantsDrain = true }
            return goesOn
        }
    }

    func finish() {
        state.withLock { state in
            state.isFinished = state.isConnected
            state.actions = Actions()
        }
    }

    func setDrainAction(_ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.actions.drain = action }
    }

    func setDisconnectAction(_ action: @escaping @Sendable () -> Void) {
        let isGone = state.withLock { state in
            if state.isConnected { state.actions.disconnect = action }
            return !state.isConnected
        }
        if isGone { action() }
    }
}
