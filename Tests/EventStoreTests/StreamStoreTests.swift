import EventModel
import EventStore
import Testing

@Suite("Streams in the store")
struct StreamStoreTests {
    @Test("Records are read in the order in which they came, with key, payload and arrival")
    func read() throws {
        let test = try TestStore()
        let stream = try test.makeStream(shards: 2)
        let first = try test.append(["a", "b"], to: stream)
        test.clock.advance(.seconds(1))
        try test.append(["c"], to: stream)
        try test.append(["x"], to: stream, shard: 1)
        let records = try test.records(stream.shards[0].key)
        #expect(records.map(\.payload) == ["a", "b", "c"])
        #expect(records.map(\.position) == [1, 2, 3])
        #expect(records.map(\.partitionKey) == ["k", "k", "k"])
        #expect(records.map(\.arrival) == [test.now - .seconds(1), test.now - .seconds(1), test.now])
        #expect(first.map(\.position) == [1, 2])
        #expect(try test.records(stream.shards[1].key).map(\.payload) == ["x"])
        #expect(test.reader.tip(of: stream.shards[0].key) == ShardTip(position: 3, arrival: test.now))
    }

    @Test("A read stops at its limit, before its bytes are exceeded, and when it is told to")
    func bounds() throws {
        let test = try TestStore()
        let stream = try test.makeStream()
        let shard = stream.shards[0].key
        try test.append((0..<10).map { "payload \($0)" }, to: stream)
        #expect(try test.records(shard, limit: 3).map(\.position) == [1, 2, 3])
        #expect(try test.records(shard, after: 8).map(\.position) == [9, 10])
        #expect(try test.records(shard, maxBytes: 20).map(\.position) == [1, 2])
        #expect(try test.records(shard, maxBytes: 1).map(\.position) == [1])
        var visited: [Position] = []
        let last = try test.reader.records(in: shard, after: 0, limit: 10, maxBytes: .max) {
            position, _, _, _ in
            visited.append(position)
            return position < 4
        }
        #expect(visited == [1, 2, 3, 4])
        #expect(last == 4)
        #expect(try test.records(shard, after: 10).isEmpty)
    }

    @Test("Arrivals never fall, even when the clock does")
    func clockBack() throws {
        let test = try TestStore()
        let stream = try test.makeStream()
        let before = try test.append(["a"], to: stream)
        test.clock.advance(.seconds(-100))
        let after = try test.append(["b"], to: stream)
        #expect(after[0].arrival >= before[0].arrival)
    }

    @Test("The first record at or after a moment is found")
    func atTimestamp() throws {
        let test = try TestStore()
        let stream = try test.makeStream()
        let shard = stream.shards[0].key
        let start = test.now
        for number in 0..<50 {
            try test.append(["\(number)", "\(number)"], to: stream)
            test.clock.advance(.seconds(10))
        }
        for number in 0..<50 {
            let moment = start + .seconds(10 * number)
            #expect(try test.reader.firstPosition(at: moment, in: shard) == Position(2 * number + 1))
            #expect(
                try test.reader.firstPosition(at: moment - .seconds(9), in: shard) == Position(2 * number + 1)
            )
        }
        #expect(try test.reader.firstPosition(at: test.now, in: shard) == nil)
        #expect(try test.reader.arrival(of: 3, in: shard) == start + .seconds(10))
        #expect(try test.reader.arrival(of: 101, in: shard) == nil)
    }

    @Test("Records past retention are passed over, then removed, and positions go on")
    func retention() throws {
        let test = try TestStore()
        let stream = try test.makeStream()
        let shard = stream.shards[0].key
        try test.append(["a", "b"], to: stream)
        test.clock.advance(.seconds(43_200))
        try test.append(["c"], to: stream)
        test.clock.advance(.seconds(43_200))
        #expect(try test.records(shard).map(\.payload) == ["c"])
        #expect(try test.reader.firstPosition(in: shard) == 3)
        try test.store.sweep()
        #expect(try test.records(shard).map(\.position) == [3])
        #expect(try test.reader.arrival(of: 2, in: shard) == nil)
        test.clock.advance(.seconds(43_200))
        try test.store.sweep()
        #expect(try test.reader.firstPosition(in: shard) == nil)
        try test.reopen()
        #expect(test.store.tips[shard].position == 3)
        #expect(try test.append(["d"], to: stream).map(\.position) == [4])
        #expect(try test.records(shard).map(\.payload) == ["d"])
    }

    @Test("A batch with a record for a foreign shard stores nothing")
    func foreignShard() throws {
        let test = try TestStore()
        let stream = try test.makeStream("s")
        let other = try test.makeStream("o")
        var batch = RecordBatch()
        batch.append(shard: stream.shards[0].key, partitionKey: [1], payload: [1])
        batch.append(shard: other.shards[0].key, partitionKey: [1], payload: [1])
        let ready = batch
        #expect(throws: StoreError.notFound("The shard")) {
            try test.store.perform { writer throws(StoreError) in try writer.append(ready, to: stream.key) }
        }
        #expect(try test.records(stream.shards[0].key).isEmpty)
        #expect(try test.append(["a"], to: stream).map(\.position) == [1])
    }

    @Test("A deleted stream is gone, and its space returns")
    func deleted() throws {
        let test = try TestStore()
        let stream = try test.makeStream()
        try test.append((0..<2_000).map { "\($0)" }, to: stream)
        try test.store.perform { writer throws(StoreError) in try writer.deleteStream(stream.key) }
        #expect(test.store.catalog.stream(stream.arn) == nil)
        #expect(try test.records(stream.shards[0].key).isEmpty)
        try test.store.sweep()
        let again = try test.makeStream()
        #expect(again.shards[0].key != stream.shards[0].key)
        #expect(try test.records(again.shards[0].key).isEmpty)
    }

    @Test("Shards are named and cut as Kinesis does")
    func shards() throws {
        let test = try TestStore()
        let stream = try test.makeStream(shards: 3)
        #expect(
            stream.shards.map(\.id) == [
                "shardId-000000000000", "shardId-000000000001", "shardId-000000000002",
            ])
        #expect(stream.shards.map(\.hashKeys) == HashKeyRange.even(count: 3))
        try test.reopen()
        #expect(test.store.catalog.stream(stream.arn) == stream)
        #expect(test.store.catalog.stream(of: stream.shards[2].key) == stream)
    }

    @Test("Random appends and reads over restarts and crashes do what arrays do", arguments: 1...6)
    func model(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        var test = try TestStore()
        let stream = try test.makeStream(shards: 4)
        var model = [[String]](repeating: [], count: 4)
        for number in 0..<200 {
            let shard = Int.random(in: 0..<4, using: &random)
            switch Int.random(in: 0..<20, using: &random) {
            case 0: try test.reopen()
            case 1: test = try test.copyAfterCrash()
            case 2...11:
                let payloads = (0..<Int.random(in: 1...9, using: &random)).map { "\(number) \($0)" }
                try test.append(payloads, to: stream, shard: shard)
                model[shard] += payloads
            default:
                let after = Int.random(in: 0...model[shard].count, using: &random)
                let limit = Int.random(in: 1...10, using: &random)
                let records = try test.records(stream.shards[shard].key, after: Position(after), limit: limit)
                #expect(records.map(\.payload) == Array(model[shard].dropFirst(after).prefix(limit)))
            }
        }
    }
}
