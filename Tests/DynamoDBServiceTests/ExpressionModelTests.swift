import AWSWire
import Simulation
import Testing

@testable import DynamoDBService

/// Random expressions next to evaluators that are obviously right, because they know nothing of the grammar.
@Suite("Random expressions")
struct ExpressionModelTests {
    @Test("A condition holds exactly when its model does", arguments: 0..<40)
    func conditions(seed: Int) throws {
        var model = ConditionModel(random: SeededRandom(seed: UInt64(seed)))
        for _ in 0..<50 {
            let (text, holds) = model.either(depth: 2)
            #expect(
                try condition(text, model.values).holds(for: item(model.item)) == holds,
                "\(text) for \(model.item)")
            model.draw()
        }
    }

    @Test("An update gives the item that its model gives", arguments: 0..<40)
    func updates(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        var model = UpdateModel()
        for _ in 0..<50 {
            let before = try item(model.json)
            let (text, values) = model.step(using: &random)
            guard !text.isEmpty else { continue }
            let after = try update(text, values).applied(to: before)
            #expect(after == (try item(model.json)), "\(text) of \(before)")
        }
    }
}

/// An item of small numbers; text and truth of a condition are made together.
private struct ConditionModel {
    var random: SeededRandom
    var numbers: [String: Int] = [:]

    init(random: SeededRandom) {
        self.random = random
        draw()
    }

    mutating func draw() {
        numbers = [:]
        for name in ["a", "b", "c", "d"] where Bool.random(using: &random) {
            numbers[name] = Int.random(in: 0...3, using: &random)
        }
    }

    var item: String {
        "{" + numbers.sorted { $0.key < $1.key }.map { #""\#($0)": {"N": "\#($1)"}"# }.joined(separator: ",")
            + "}"
    }

    var values: String {
        "{" + (0...3).map { #""v\#($0)": {"N": "\#($0)"}"# }.joined(separator: ",") + "}"
    }

    mutating func either(depth: Int) -> (String, Bool) {
        join("OR", count: Int.random(in: 1...3, using: &random), depth) { $0 || $1 }
    }

    private mutating func join(
        _ word: String, count: Int, _ depth: Int, _ combine: (Bool, Bool) -> Bool
    ) -> (String, Bool) {
        var (text, truth) = term(word, depth)
        for _ in 1..<max(count, 1) {
            let (next, holds) = term(word, depth)
            text += " \(word) \(next)"
            truth = combine(truth, holds)
        }
        return (text, truth)
    }

    private mutating func term(_ word: String, _ depth: Int) -> (String, Bool) {
        guard word == "AND" else {
            return join("AND", count: Int.random(in: 1...3, using: &random), depth) { $0 && $1 }
        }
        let isNegated = Int.random(in: 0..<4, using: &random) == 0
        let (text, truth) = inner(depth)
        return (isNegated ? "NOT \(text)" : text, truth != isNegated)
    }

    private mutating func inner(_ depth: Int) -> (String, Bool) {
        guard depth > 0, Int.random(in: 0..<3, using: &random) == 0 else { return leaf() }
        // At least two terms, since parentheses around parentheses are refused.
        let (left, leftHolds) = leaf()
        let (right, rightHolds) = either(depth: depth - 1)
        return ("(\(left) OR \(right))", leftHolds || rightHolds)
    }

    private mutating func leaf() -> (String, Bool) {
        let name = ["a", "b", "c", "d"][Int.random(in: 0..<4, using: &random)]
        let wanted = Int.random(in: 0...3, using: &random)
        let other = Int.random(in: wanted...3, using: &random)
        let number = numbers[name]
        switch Int.random(in: 0..<9, using: &random) {
        case 0: return ("\(name) = :v\(wanted)", number == wanted)
        case 1: return ("\(name) <> :v\(wanted)", number != wanted)
        case 2: return ("\(name) < :v\(wanted)", number.map { $0 < wanted } ?? false)
        case 3: return (":v\(wanted) < \(name)", number.map { $0 > wanted } ?? false)
        case 4: return ("\(name) >= :v\(wanted)", number.map { $0 >= wanted } ?? false)
        case 5: return ("attribute_exists(\(name))", number != nil)
        case 6: return ("attribute_not_exists(\(name))", number == nil)
        case 7:
            let text = "\(name) BETWEEN :v\(wanted) AND :v\(other)"
            return (text, number.map { (wanted...other).contains($0) } ?? false)
        default:
            return ("\(name) IN (:v\(wanted), :v\(other))", number == wanted || number == other)
        }
    }
}

/// Counters in attributes and in a map, and a list of numbers.
private struct UpdateModel {
    private var counters: [String: Int] = [:]
    private var inMap: [String: Int] = [:]
    private var list: [Int] = []
    private var next = 100

    var json: String {
        var members = counters.map { #""\#($0)": {"N": "\#($1)"}"# }
        members.append(
            #""m": {"M": {"# + inMap.map { #""\#($0)": {"N": "\#($1)"}"# }.joined(separator: ",") + "}}")
        members.append(#""l": {"L": ["# + list.map { #"{"N": "\#($0)"}"# }.joined(separator: ",") + "]}")
        return "{" + members.joined(separator: ",") + "}"
    }

    /// Draws an update, applies it here, and returns its text and values.
    mutating func step(using random: inout SeededRandom) -> (String, String) {
        var sections: [String: [String]] = [:]
        var values: [String] = []
        func value(_ number: Int) -> String {
            values.append(#""v\#(values.count)": {"N": "\#(number)"}"#)
            return ":v\(values.count - 1)"
        }
        let old = counters
        for name in ["a", "b", "c"] {
            let amount = Int.random(in: 1...9, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0:
                sections["SET", default: []].append("\(name) = \(value(amount))")
                counters[name] = amount
            case 1:
                sections["REMOVE", default: []].append(name)
                counters[name] = nil
            case 2:
                sections["ADD", default: []].append("\(name) \(value(-amount))")
                counters[name] = (old[name] ?? 0) - amount
            case 3:
                let other = ["a", "b", "c"][Int.random(in: 0..<3, using: &random)]
                sections["SET", default: []].append(
                    "\(name) = if_not_exists(\(other), \(value(0))) - \(value(amount))")
                counters[name] = (old[other] ?? 0) - amount
            default: break
            }
        }
        for name in ["x", "y"] {
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                next += 1
                sections["SET", default: []].append("m.\(name) = \(value(next))")
                inMap[name] = next
            case 1:
                sections["REMOVE", default: []].append("m.\(name)")
                inMap[name] = nil
            default: break
            }
        }
        stepList(&sections, value, &random)
        let text = sections.shuffled(using: &random).map { section, actions in
            "\(section) " + actions.shuffled(using: &random).joined(separator: ", ")
        }
        return (text.joined(separator: " "), "{" + values.joined(separator: ",") + "}")
    }

    /// Elements keep their slots until all is done; then the empty ones close.
    private mutating func stepList(
        _ sections: inout [String: [String]], _ value: (Int) -> String, _ random: inout SeededRandom
    ) {
        var slots: [Int?] = list
        for index in 0..<7 {
            switch Int.random(in: 0..<6, using: &random) {
            case 0:
                next += 1
                sections["SET", default: []].append("l[\(index)] = \(value(next))")
                if index < list.count { slots[index] = next } else { slots.append(next) }
            case 1, 2:
                sections["REMOVE", default: []].append("l[\(index)]")
                if index < list.count { slots[index] = nil }
            default: break
            }
        }
        list = slots.compactMap(\.self)
    }
}
