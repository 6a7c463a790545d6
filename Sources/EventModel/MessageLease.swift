/// One receive of one message: what a receipt handle stands for inside its queue.
package struct MessageLease: Hashable, Sendable {
    package let position: Position
    /// The message's receive count at that receive, as in `ReceiptHandle`.
    package let serial: UInt32

    package init(position: Position, serial: UInt32) {
        self.position = position
        self.serial = serial
    }
}

extension ReceiptHandle {
    package var lease: MessageLease { MessageLease(position: position, serial: serial) }
}
