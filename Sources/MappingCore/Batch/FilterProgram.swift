import EventModel

/// A `RecordFilter` laid out flat: numbers in arrays instead of trees of arrays, so that asking about a record neither
/// copies nor counts references (the tree cost a third of what a filtered mapping did).
struct FilterProgram: Sendable {
    /// What a place has, as ranges of the arrays below.
    struct Place: Sendable {
        let branches: Range<Int>
        let fields: Range<Int>
    }

    /// A name below a place, as a range of `names`, and the place that it leads to.
    struct Branch: Sendable {
        let name: Range<Int>
        let node: RecordFilter.Node
        let hasDots: Bool
    }

    struct Field: Sendable {
        let tests: Range<Int>
        let acceptsAbsence: Bool
    }

    /// A test of a leaf; what does not fit one of the simple forms is looked up in `others`.
    enum Test: Sendable {
        /// The text is this range of `names`.
        case text(Range<Int>)
        /// A number from `lower` to `upper`; one that is not written as a plain integer goes to `others`.
        case integer(lower: Int, upper: Int, other: Int)
        case other(Int)
    }

    enum Rule: Sendable {
        case field(Int)
        /// Ranges of `rules`.
        case all(Range<Int>)
        case any(Range<Int>)
    }

    private(set) var places: [Place] = []
    private(set) var branches: [Branch] = []
    private(set) var placeFields: [Int] = []
    private(set) var names: [UInt8] = []
    private(set) var fields: [Field] = []
    private(set) var tests: [Test] = []
    private(set) var others: [FilterTest] = []
    /// The first one is that of the whole filter.
    private(set) var rules: [Rule] = []

    init() {}

    init(_ filter: RecordFilter) {
        for place in filter.places {
            let firstBranch = branches.count
            for branch in place.branches {
                branches.append(
                    Branch(name: keep(branch.name), node: branch.node, hasDots: branch.hasDots))
            }
            let firstField = placeFields.count
            placeFields += place.fields
            places.append(
                Place(
                    branches: firstBranch..<branches.count, fields: firstField..<placeFields.count))
        }
        for field in filter.fields {
            let first = tests.count
            for test in field.tests { add(test) }
            fields.append(Field(tests: first..<tests.count, acceptsAbsence: field.acceptsAbsence))
        }
        rules = [.all(0..<0)]
        rules[0] = add(filter.rule)
    }

    private mutating func keep(_ bytes: [UInt8]) -> Range<Int> {
        names += bytes
        return names.count - bytes.count..<names.count
    }

    private mutating func add(_ test: FilterTest) {
        switch test {
        case .equals(.text(let wanted)): return tests.append(.text(keep(wanted)))
        case .equals(.number(let number)):
            if let integer = number.integer { return tests.append(inside(integer...integer, test)) }
        case .numeric(let lower, let upper):
            if let range = Self.range(lower, upper) { return tests.append(inside(range, test)) }
        case .equals(.flag), .equals(.null), .exists, .prefix, .suffix, .equalsIgnoringCase, .wildcard,
            .addressBlock, .anythingBut:
            break
        }
        others.append(test)
        tests.append(.other(others.count - 1))
    }

    private mutating func inside(_ range: ClosedRange<Int>, _ test: FilterTest) -> Test {
        others.append(test)
        return .integer(lower: range.lowerBound, upper: range.upperBound, other: others.count - 1)
    }

    /// The integers between two bounds; `nil` when there are none or a bound is no integer itself.
    private static func range(_ lower: FilterBound?, _ upper: FilterBound?) -> ClosedRange<Int>? {
        var first = Int.min
        var last = Int.max
        if let lower {
            guard let integer = lower.value.integer else { return nil }
            first = lower.isIncluded ? integer : integer + 1
        }
        if let upper {
            guard let integer = upper.value.integer else { return nil }
            last = upper.isIncluded ? integer : integer - 1
        }
        return first <= last ? first...last : nil
    }

    /// The rules that one rule is made of stand side by side, behind all that was added before.
    private mutating func add(_ rule: RecordFilter.Rule) -> Rule {
        switch rule {
        case .field(let index): return .field(index)
        case .all(let parts): return .all(add(parts))
        case .any(let parts): return .any(add(parts))
        }
    }

    private mutating func add(_ parts: [RecordFilter.Rule]) -> Range<Int> {
        let first = rules.count
        rules += Array(repeating: Rule.all(0..<0), count: parts.count)
        for (index, part) in parts.enumerated() { rules[first + index] = add(part) }
        return first..<first + parts.count
    }
}

// MARK: - Asking

extension FilterProgram {
    /// Whether one of a field's tests is true of a leaf.
    func holds(_ field: Int, of leaf: FilterLeaf) -> Bool {
        for index in fields[field].tests where holds(tests[index], of: leaf) { return true }
        return false
    }

    private func holds(_ test: Test, of leaf: FilterLeaf) -> Bool {
        switch test {
        case .text(let name):
            guard case .text(let text) = leaf, text.count == name.count else { return false }
            return begins(text, with: name)
        case .integer(let lower, let upper, let other):
            guard case .number(let digits) = leaf else { return false }
            guard let number = PlainInteger.value(of: digits) else { return others[other].holds(of: leaf) }
            return lower <= number && number <= upper
        case .other(let index): return others[index].holds(of: leaf)
        }
    }

    /// Whether a text begins with a range of `names`; ends at the first difference.
    @inline(__always)
    func begins(_ text: UnsafeBufferPointer<UInt8>, with name: Range<Int>) -> Bool {
        guard text.count >= name.count else { return false }
        for offset in 0..<name.count where text[offset] != names[name.lowerBound + offset] { return false }
        return true
    }
}

enum PlainInteger {
    /// Digits that always fit.
    private static let digitsMax = 18

    /// The value of an optional minus and up to 18 digits; `nil` for any other number.
    @inline(__always)
    static func value(of text: UnsafeBufferPointer<UInt8>) -> Int? {
        let isNegative = text.first == UInt8(ascii: "-")
        let start = isNegative ? 1 : 0
        guard text.count > start, text.count - start <= digitsMax else { return nil }
        var value = 0
        for index in start..<text.count {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            value = value * 10 + Int(digit)
        }
        return isNegative ? -value : value
    }
}

extension DecimalValue {
    /// The value when it is an integer of up to 18 digits.
    fileprivate var integer: Int? {
        guard exponent >= digits.count, exponent <= 18 else { return nil }
        var value = 0
        for index in 0..<exponent { value = value * 10 + (index < digits.count ? Int(digits[index]) : 0) }
        return isNegative ? -value : value
    }
}
