import ByteCoding
import EventModel
import EventStore
import HTTP
import LogsService
import WireTesting

/// CloudWatch Logs alone. Its clock shows 2024-07-03 09:46:40.123 at first.
struct LogsWorld {
    static let target = "Logs_20140328"

    let wire: WireWorld

    init() throws {
        wire = try WireWorld { router, parts in
            LogsService(store: parts.store, reader: parts.reader, loop: parts.loop, now: parts.now)
                .register(on: &router)
        }
    }

    @discardableResult
    func call(_ operation: String, _ body: JSONValue) throws -> JSONValue {
        let response = try wire.send(.json(Self.target, operation, body.text))
        return response.bodyBytes.isEmpty ? .null : try JSONValue(parsing: response.bodyBytes)
    }

    /// Walks the laps of the background removal until one finds nothing.
    func sweep(groupBytes: Int64 = StoreWriter.logGroupBytes) throws {
        var place: Int64 = 0
        repeat {
            let after = place
            place = try wire.store.perform { writer throws(StoreError) in
                try writer.sweepLogs(after: after, groupBytes: groupBytes)
            }
        } while place != 0
    }
}
