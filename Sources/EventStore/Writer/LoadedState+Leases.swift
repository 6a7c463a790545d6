import EventModel
import SQLite

extension LoadedState {
    /// Reads the lease log into the logs and ledgers of the queues.
    mutating func loadLeases(_ connection: Connection, _ now: Int64) throws(SQLiteError) {
        var known: [QueueKey: [Position: LeaseNote]] = [:]
        let rows = try connection.prepare("SELECT id, notes FROM lease ORDER BY id")
        while try rows.step() {
            let queue = QueueKey(rawValue: RowKey.owner(rows.int(0)))
            let number = RowKey.position(rows.int(0))
            // Rows of a deleted queue are on their way out.
            guard let tally = queues[queue] else { continue }
            let bytes = rows.bytes(1)
            leaseLogs[queue, default: LeaseLog(first: number, floor: tally.floor)].add(
                bytes.span, in: number)
            LeaseNotes.read(bytes.span) { note in
                guard note.position > tally.floor, note.position <= tally.tip else { return }
                known[queue, default: [:]][note.position] = note.receiveCount > 0 ? note : nil
            }
        }
        for (queue, notes) in known { try adopt(notes, of: queue, connection, now) }
    }

    /// Rows of the log go some time after their messages, so each message is looked for.
    private mutating func adopt(
        _ notes: [Position: LeaseNote], of queue: QueueKey, _ connection: Connection, _ now: Int64
    ) throws(SQLiteError) {
        let exists = try connection.prepare("SELECT group_id FROM message WHERE id = ?1")
        var gone: [Position] = []
        for note in notes.values.sorted(by: { $0.position < $1.position }) {
            exists.bind(1, RowKey.make(queue.rawValue, note.position))
            if try exists.step() {
                let group = exists.bytes(0)
                ledgers[queue]?.adopt(note, group: GroupMark(group.span), now: now)
                groupLedgers[queue]?.adopt(note, now: now)
            } else {
                gone.append(note.position)
            }
            exists.reset()
        }
        leaseLogs[queue]?.remove(gone)
    }
}
