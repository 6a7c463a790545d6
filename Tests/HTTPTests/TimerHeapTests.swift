import Testing

// The heap is no part of the module's interface, and needs no clock.
@testable import HTTP

@Suite("A heap of deadlines")
struct TimerHeapTests {
    @Test("Work comes out by deadline, and in order of arrival for one deadline")
    func order() {
        var heap = TimerHeap<Int>()
        for (number, deadline) in [5, 3, 5, 1, 3, 3, 9].enumerated() {
            _ = heap.add(number, deadline: Int64(deadline))
        }
        var seen: [Int] = []
        while let work = heap.popDue(5) { seen.append(work) }
        #expect(seen == [3, 1, 4, 5, 0, 2])
        #expect(heap.nextDeadline == 9)
        #expect(heap.popDue(8) == nil)
        #expect(heap.popDue(9) == 6)
        #expect(heap.nextDeadline == nil)
    }

    @Test("A cancelled entry is gone, and its token is of no further use")
    func cancelling() {
        var heap = TimerHeap<String>()
        let first = heap.add("first", deadline: 1)
        let second = heap.add("second", deadline: 2)
        #expect(heap.remove(first) == "first")
        #expect(heap.remove(first) == nil)
        let third = heap.add("third", deadline: 0)
        #expect(heap.remove(first) == nil)
        #expect(heap.popDue(9) == "third")
        #expect(heap.remove(third) == nil)
        #expect(heap.popDue(9) == "second")
        #expect(heap.remove(second) == nil)
        #expect(heap.count == 0)
    }

    @Test("Random additions, removals and pops agree with a sorted list", arguments: 0..<20 as Range<UInt64>)
    func model(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var heap = TimerHeap<Int>()
        var model: [(deadline: Int64, number: Int, token: TimerToken)] = []
        for number in 0..<600 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                let deadline = Int64.random(in: 0..<50, using: &random)
                let token = heap.add(number, deadline: deadline)
                let place = model.firstIndex { $0.deadline > deadline } ?? model.count
                model.insert((deadline, number, token), at: place)
            case 2:
                guard let place = model.indices.randomElement(using: &random) else { continue }
                let entry = model.remove(at: place)
                #expect(heap.remove(entry.token) == entry.number)
            default:
                let now = Int64.random(in: 0..<50, using: &random)
                let expected = model.first.flatMap { $0.deadline <= now ? $0.number : nil }
                if expected != nil { model.removeFirst() }
                #expect(heap.popDue(now) == expected)
            }
            #expect(heap.nextDeadline == model.first?.deadline)
            #expect(heap.count == model.count)
        }
    }
}
