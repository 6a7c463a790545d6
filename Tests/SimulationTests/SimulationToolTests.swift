import EventModel
import Simulation
import Testing

@Suite("The tools of the simulation")
struct SimulationToolTests {
    @Test("Every sequence of choices is walked once, also where later questions depend on earlier answers")
    func exhaustive() {
        var seen: [[Int]] = []
        let runs = Exhaustive.walk(limit: 100) { choices in
            let first = choices.choose(3)
            seen.append([first] + (0..<first).map { _ in choices.choose(2) })
        }
        #expect(runs == 1 + 2 + 4)
        #expect(Set(seen).count == 7)
        #expect(seen.first == [0] && seen.last == [2, 1, 1])
    }

    @Test("A body that asks nothing runs once")
    func noChoice() {
        #expect(Exhaustive.walk(limit: 1) { _ in } == 1)
    }

    @Test("More sequences than expected stop the process")
    func limit() async {
        await #expect(processExitsWith: .failure) {
            Exhaustive.walk(limit: 3) { choices in _ = choices.choose(4) }
        }
    }

    @Test("Seeded numbers are those of SplitMix64")
    func random() {
        var random = SeededRandom(seed: 1_234_567)
        let numbers: [UInt64] = (0..<3).map { _ in random.next() }
        #expect(numbers == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
    }

    @Test("What is due at the same time happens in the order of planning")
    func agenda() {
        var agenda = Agenda<String>()
        let noon = Timestamp(millisecondsSinceEpoch: 12)
        agenda.plan("second", at: noon)
        agenda.plan("third", at: noon)
        agenda.plan("first", at: noon - .milliseconds(1))
        let told = (0..<3).compactMap { _ in agenda.next()?.event }
        #expect(told == ["first", "second", "third"])
        #expect(agenda.isEmpty)
    }
}
