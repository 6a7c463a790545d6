import EventModel
import Metering
import Testing

@Suite("Recording metrics")
struct MetricRecorderTests {
    private static func at(_ seconds: Double) -> Timestamp {
        Timestamp(millisecondsSinceEpoch: Int64(seconds * 1_000))
    }

    private static func identity(_ name: String) -> MetricIdentity {
        MetricIdentity(location: Location(), namespace: "Test", name: name)
    }

    private func drain(_ recorder: MetricRecorder) -> [MetricPoint] {
        var points: [MetricPoint] = []
        while let batch = recorder.nextBatch {
            points += batch.points
            recorder.stored(batch.number)
        }
        return points
    }

    @Test("Only minutes that are over are closed")
    func closing() {
        let recorder = MetricRecorder()
        let handle = recorder.handle([Self.identity("a")], unit: .count)
        handle.record(1, at: Self.at(59))
        handle.record(2, at: Self.at(61))
        recorder.close(before: Self.at(119))
        #expect(drain(recorder).map(\.slot) == [0])
        recorder.close(before: Self.at(120))
        #expect(drain(recorder).map(\.slot) == [60])
        recorder.close(before: nil)
        #expect(recorder.nextBatch == nil)
    }

    @Test("One handle gives its values to each of its metrics")
    func spreading() {
        let recorder = MetricRecorder()
        let names = ["a", "b", "c"]
        let handle = recorder.handle(names.map { Self.identity($0) }, unit: .count)
        handle.record(3, at: Self.at(1))
        handle.record(4, at: Self.at(2))
        recorder.close(before: nil)
        let points = drain(recorder)
        #expect(Set(points.map(\.series.identity.name)) == Set(names))
        #expect(points.allSatisfy { $0.statistics.sum == 7 })
    }

    @Test("Handles of one metric are added up, as those of two functions are for the account")
    func adding() {
        let recorder = MetricRecorder()
        for value in [1.0, 10, 100] {
            recorder.handle([Self.identity("all")], unit: .count).record(value, at: Self.at(5))
        }
        recorder.close(before: nil)
        let points = drain(recorder)
        #expect(points.count == 1)
        #expect(points.first?.statistics.sum == 111)
    }

    @Test("Points go in numbered batches of a bounded size")
    func batches() throws {
        let recorder = MetricRecorder()
        recorder.continueNumbers(after: 41)
        let count = 2 * MetricRecorder.batchPoints + 1
        for index in 0..<count {
            recorder.handle([Self.identity("m\(index)")], unit: .count).record(1, at: Self.at(0))
        }
        recorder.close(before: nil)
        var sizes: [Int64: Int] = [:]
        while let batch = recorder.nextBatch {
            sizes[batch.number] = batch.points.count
            recorder.stored(batch.number)
        }
        #expect(sizes == [42: MetricRecorder.batchPoints, 43: MetricRecorder.batchPoints, 44: 1])
    }

    @Test("What a store does not take is bounded, and what is given up is told")
    func bounded() {
        let recorder = MetricRecorder()
        let handles = (0..<2_000).map { recorder.handle([Self.identity("m\($0)")], unit: .count) }
        let minutes = MetricRecorder.waitingPoints / handles.count + 10
        for minute in 0..<minutes {
            for handle in handles { handle.record(1, at: Self.at(Double(minute) * 60)) }
            recorder.close(before: nil)
        }
        let kept = drain(recorder)
        #expect(kept.count <= MetricRecorder.waitingPoints)
        #expect(kept.count + recorder.takeDroppedPoints() == minutes * handles.count)
        // The first batch may be in the middle of its commit; the newest are what people look at.
        #expect(kept.last?.slot == Int64(minutes - 1) * 60)
    }

    @Test("A query sees every value once, whatever is on its way into the store", arguments: 1...50)
    func once(seed: UInt64) throws {
        var dice = SeededRandom(seed: seed)
        let recorder = MetricRecorder()
        let wanted = Self.identity("wanted")
        let handles = [
            recorder.handle([wanted], unit: .count),
            recorder.handle([Self.identity("x"), wanted], unit: .count),
        ]
        var recorded = 0.0
        var storedSum = 0.0
        var storedNumber: Int64 = 0
        var committed: Int64?
        var time = 0.0
        for _ in 0..<400 {
            let look = recorder.snapshot { $0 == wanted }
            // Between a look at memory and one at the store anything may happen.
            for _ in 0..<Int.random(in: 0...2, using: &dice) {
                switch Int.random(in: 0..<4, using: &dice) {
                case 0:
                    time += 25
                    recorder.close(before: Self.at(time))
                case 1 where committed == nil:
                    guard let batch = recorder.nextBatch else { break }
                    storedNumber = batch.number
                    committed = batch.number
                    for point in batch.points where point.series.identity == wanted {
                        storedSum += point.statistics.sum
                    }
                case 2:
                    if let number = committed { recorder.stored(number) }
                    committed = nil
                default: break
                }
            }
            if let missing = look.points(notIn: storedNumber) {
                let sum = missing.reduce(storedSum) { $0 + $1.statistics.sum }
                #expect(sum == recorded)
            }
            let value = Double(Int.random(in: 1...9, using: &dice))
            handles[Int.random(in: 0..<2, using: &dice)].record(value, at: Self.at(time))
            recorded += value
        }
    }

    @Test("Threads that record while minutes are closed lose no value and count none twice")
    func threads() async {
        let recorder = MetricRecorder()
        let handles = (0..<20).map { recorder.handle([Self.identity("m\($0 % 7)")], unit: .count) }
        let threads = 4
        let rounds = 3_000
        await withTaskGroup(of: Void.self) { group in
            for thread in 0..<threads {
                group.addTask {
                    for round in 0..<rounds {
                        handles[(round + thread) % handles.count].record(
                            1, at: Self.at(Double(round / 100) * 60))
                    }
                }
            }
            group.addTask {
                for minute in 0..<100 { recorder.close(before: Self.at(Double(minute % 30) * 60)) }
            }
        }
        recorder.close(before: nil)
        let total = drain(recorder).reduce(0) { $0 + $1.statistics.sampleCount }
        #expect(total == Double(threads * rounds))
        #expect(recorder.snapshot { _ in true }.open.isEmpty)
    }
}
