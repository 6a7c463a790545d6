import ByteCoding
import EventModel
import MappingCore
import Simulation
import Testing

/// Makes patterns and events of few names and values, so that they have something to do with each other.
private struct FilterDice {
    var random: SeededRandom

    mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[Int.random(in: 0..<choices.count, using: &random)]
    }

    private static let names = ["a", "b", "c", "a.b", "b.c", "a.b.c", ""]
    private static let texts = ["", "x", "X", "xy", "Yx", "xyx", "1", "a*b", "é", "É\n\"", "null"]
    private static let numbers = ["0", "1", "1.0", "10e-1", "-1", "2", "2.5", "25E-1", "1e2", "100", "-0.0"]

    mutating func scalar() -> JSONValue {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<5: .string(pick(Self.texts))
        case 5..<8: .number(pick(Self.numbers))
        case 8: .bool(pick([true, false]))
        default: .null
        }
    }

    mutating func event(depth: Int) -> JSONValue {
        var object = JSONObject()
        for _ in 0..<Int.random(in: 0...4, using: &random) { object[pick(Self.names)] = value(depth: depth) }
        return .object(object)
    }

    private mutating func value(depth: Int) -> JSONValue {
        let kind = Int.random(in: 0..<10, using: &random)
        if depth > 0, kind < 4 { return event(depth: depth - 1) }
        if depth > 0, kind < 6 {
            let count = Int.random(in: 0...3, using: &random)
            return .array((0..<count).map { _ in value(depth: depth - 1) })
        }
        return scalar()
    }

    mutating func pattern(depth: Int) -> JSONValue {
        var object = JSONObject()
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            if depth > 0, random.chance(15) {
                let count = Int.random(in: 1...2, using: &random)
                object["$or"] = .array((0..<count).map { _ in pattern(depth: depth - 1) })
            } else if depth > 0, random.chance(45) {
                object[pick(Self.names)] = pattern(depth: depth - 1)
            } else {
                let count = Int.random(in: 1...2, using: &random)
                object[pick(Self.names)] = .array((0..<count).map { _ in test() })
            }
        }
        return .object(object)
    }

    private mutating func test() -> JSONValue {
        let text = JSONValue.string(pick(Self.texts))
        switch Int.random(in: 0..<14, using: &random) {
        case 0..<3: return scalar()
        case 3: return ["exists": .bool(pick([true, false]))]
        case 4: return ["prefix": text]
        case 5: return ["suffix": text]
        case 6: return [pick(["prefix", "suffix"]): ["equals-ignore-case": text]]
        case 7: return ["equals-ignore-case": text]
        case 8: return ["wildcard": .string(pick(["*", "x*", "*x", "*y*", "x*x", "a\\*b", "", "*x*y*"]))]
        case 9: return ["numeric": numeric()]
        case 10: return ["anything-but": .array([text, .string(pick(Self.texts))])]
        case 11: return ["anything-but": .array([.number(pick(Self.numbers)), .number(pick(Self.numbers))])]
        case 12: return ["anything-but": [pick(["equals-ignore-case", "wildcard"]): .array(["x", "1"])]]
        default: return ["anything-but": [pick(["prefix", "suffix"]): .string(pick(["x", "y", "xy"]))]]
        }
    }

    private mutating func numeric() -> JSONValue {
        let bound = JSONValue.number(pick(Self.numbers))
        if random.chance(70) { return .array([.string(pick(["=", "<", "<=", ">", ">="])), bound]) }
        return .array([
            .string(pick([">", ">="])), .number(pick(["-1", "0", "1.0"])), .string(pick(["<", "<="])),
            .number(pick(["2", "25e-1", "100"])),
        ])
    }

    /// Replaces, removes or repeats a byte, or cuts the text off.
    mutating func damage(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[place] = pick(Array(#"{}[],:"\ .-+eE019tfnux"#.utf8))
        case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 2: bytes.remove(at: place)
        case 3: bytes.insert(bytes[place], at: place)
        default: bytes.removeSubrange(place...)
        }
    }

    /// White space between the pieces and escapes in the texts, which change nothing.
    mutating func spelled(_ value: JSONValue) -> String {
        let space = pick(["", " ", "\n\t"])
        switch value {
        case .object(let object):
            let members = object.members.map { "\(spelled(.string($0.key)))\(space):\(spelled($0.value))" }
            return "{" + space + members.joined(separator: space + ",") + space + "}"
        case .array(let elements):
            return "[" + space + elements.map { spelled($0) }.joined(separator: "," + space) + space + "]"
        case .string(let text) where random.chance(20) && text.utf16.count > 0:
            let escaped = text.utf16.map { unit in
                let digits = String(unit, radix: 16)
                return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
            return "\"" + escaped.joined() + "\""
        case .string, .number, .bool, .null: return value.text
        }
    }
}

@Suite("The matcher beside the slow model")
struct FilterModelTests {
    @Test("Whatever the patterns and events, both say the same", arguments: 1...20 as ClosedRange<UInt64>)
    func agreement(seed: UInt64) throws {
        var dice = FilterDice(random: SeededRandom(seed: seed))
        var matched = 0
        let rounds = 400
        for _ in 0..<rounds {
            let trees = (0..<dice.pick([1, 1, 2, 5])).map { _ in dice.pattern(depth: 2) }
            let patterns = try trees.map { try FilterPattern(dice.spelled($0)) }
            var matcher = FilterMatcher(RecordFilter(patterns))
            for _ in 0..<8 {
                let event = dice.event(depth: 3)
                let text = dice.spelled(event)
                let verdict = matcher.verdict(on: text)
                let expected = trees.contains { FilterModel.matches($0, event) }
                #expect(
                    verdict == expected,
                    "seed \(seed): \(trees.map(\.text)) over \(text) should be \(expected)")
                if expected { matched += 1 }
            }
        }
        // Neither answer is rare, or the comparison would say little.
        #expect((rounds * 8 / 20...rounds * 8 / 2).contains(matched), "\(matched) matched")
    }

    @Test("Every small pattern over every small event")
    func exhaustive() throws {
        let tests: [JSONValue] = [
            "x", 1, nil, true, ["exists": true], ["exists": false], ["prefix": "x"], ["anything-but": "x"],
            ["anything-but": 1], ["numeric": [">", 0]], ["anything-but": ["prefix": "x"]], ["wildcard": "*"],
        ]
        let values: [JSONValue] = [
            "x", "y", 1, nil, true, [], ["x"], [[], ["y"]], [:], ["b": "x"], ["b": []], [["b": 1], "x"],
            ["b": ["c": "x"]], ["b.c": 1],
        ]
        var events: [JSONValue] = [[:]]
        for value in values {
            for name in ["a", "b", "a.b"] { events.append(.object(JSONObject([(name, value)]))) }
        }
        for test in tests {
            let leaf = JSONValue.array([test])
            let patterns: [JSONValue] = [
                ["a": leaf], ["a": ["b": leaf]], ["a.b": leaf], ["a": ["b": ["c": leaf]]],
                ["a.b": ["c": leaf]],
                ["a": ["b.c": leaf]], ["$or": [["a": leaf], ["b": leaf]]],
            ]
            for pattern in patterns {
                var matcher = FilterMatcher(RecordFilter([try FilterPattern(pattern.text)]))
                for event in events {
                    let verdict = matcher.verdict(on: event.text)
                    #expect(
                        verdict == FilterModel.matches(pattern, event),
                        "\(pattern.text) over \(event.text)")
                }
            }
        }
    }

    @Test(
        "Bytes changed at random are JSON for both or for neither", arguments: 1...10 as ClosedRange<UInt64>)
    func damage(seed: UInt64) throws {
        var dice = FilterDice(random: SeededRandom(seed: seed))
        var accepted = 0
        for _ in 0..<300 {
            let tree = dice.pattern(depth: 2)
            var matcher = FilterMatcher(RecordFilter([try FilterPattern(tree.text)]))
            for _ in 0..<5 {
                var bytes = Array(dice.spelled(dice.event(depth: 3)).utf8)
                for _ in 0..<Int.random(in: 1...2, using: &dice.random) { dice.damage(&bytes) }
                matcher.begin()
                let isObject = matcher.add(json: bytes.span, below: .root)
                // What cannot be parsed is one of the two outcomes here.
                let event = try? JSONValue(parsing: bytes)
                let text = String(decoding: bytes, as: UTF8.self)
                #expect(isObject == (event?.objectValue != nil), "seed \(seed): \(text)")
                guard isObject, let event else { continue }
                accepted += 1
                #expect(
                    matcher.matches == FilterModel.matches(tree, event),
                    "seed \(seed): \(tree.text) over \(text)")
            }
        }
        #expect((100...1_400).contains(accepted), "\(accepted) accepted")
    }
}
