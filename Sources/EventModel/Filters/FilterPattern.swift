/// One filter of a mapping: the text as it was given, and what it says (spec of AWS's event patterns).
///
/// A value of this type has passed the grammar; whether it suits a source is another question (`suits`).
package struct FilterPattern: Equatable, Sendable {
    /// As given, byte for byte; what the API shows again.
    package let text: String
    package let condition: FilterCondition

    /// - Throws: `InvalidParameterValueException` with AWS's one text for everything that can be wrong.
    package init(_ text: String) throws(ConfigurationError) {
        do throws(FilterProblem) {
            condition = try FilterParser.condition(of: text)
        } catch {
            throw .invalid("Invalid filter pattern definition.")
        }
        self.text = text
    }

    /// What is wrong with a text that is to be a pattern; `nil` when nothing is.
    package static func problem(in text: String) -> FilterProblem? {
        do throws(FilterProblem) {
            _ = try FilterParser.condition(of: text)
            return nil
        } catch {
            return error
        }
    }

    /// Patterns are equal when their texts are.
    package static func == (left: FilterPattern, right: FilterPattern) -> Bool { left.text == right.text }

    /// Whether every field can be looked at in records of such a source: what a stream delivers is never a plain text,
    /// so tests right under its data key are refused at create and update.
    package func suits(_ source: MappingSource) -> Bool {
        guard source.isStream else { return true }
        let dataKey = if case .tableStream = source { "dynamodb" } else { "data" }
        return !condition.fields.contains { $0.path == [dataKey] }
    }
}

/// What has to hold for a pattern to match.
package indirect enum FilterCondition: Equatable, Sendable {
    case field(FilterField)
    /// Every one; nothing holds of an empty list that would not hold of anything.
    case all([FilterCondition])
    /// At least one.
    case any([FilterCondition])

    package var fields: [FilterField] {
        switch self {
        case .field(let field): [field]
        case .all(let conditions), .any(let conditions): conditions.flatMap(\.fields)
        }
    }
}

/// Tests of the leaves at one path; one test that holds of one leaf is enough.
package struct FilterField: Equatable, Sendable {
    /// Names from the top. A dotted name right above the tests is split, so that it means the same as nested objects;
    /// a dotted name with another level below it stays whole.
    package let path: [String]
    package let tests: [FilterTest]

    package init(path: [String], tests: [FilterTest]) {
        self.path = path
        self.tests = tests
    }
}

/// A question about one leaf. Texts are UTF-8.
package enum FilterTest: Equatable, Sendable {
    case equals(FilterScalar)
    /// True when any leaf is there, `null` included; false when none is.
    case exists(Bool)
    case prefix(FilterText)
    case suffix(FilterText)
    case equalsIgnoringCase(FilterText)
    /// Within both bounds, each of them optional. Numbers only.
    case numeric(lower: FilterBound?, upper: FilterBound?)
    case wildcard(FilterWildcard)
    case addressBlock(FilterAddressBlock)
    /// A leaf of which none of these holds.
    case anythingBut([FilterTest])
}

package enum FilterScalar: Equatable, Sendable {
    case text([UInt8])
    case number(DecimalValue)
    case flag(Bool)
    case null
}

/// A text to compare with, exactly or without regard to case.
package struct FilterText: Equatable, Sendable {
    /// In lower case when case does not matter.
    package let utf8: [UInt8]
    package let ignoresCase: Bool

    package init(_ text: String, ignoresCase: Bool = false) {
        utf8 = ignoresCase ? CaseFolding.folded(Array(text.utf8)) : Array(text.utf8)
        self.ignoresCase = ignoresCase
    }
}

package struct FilterBound: Equatable, Sendable {
    package let value: DecimalValue
    package let isIncluded: Bool

    package init(_ value: DecimalValue, isIncluded: Bool) {
        self.value = value
        self.isIncluded = isIncluded
    }
}

/// A text with `*` for any run of characters, cut at its stars: `a*b` is `a` and `b`.
package struct FilterWildcard: Equatable, Sendable {
    /// At least one; without a star exactly one.
    package let parts: [[UInt8]]
    package init(parts: [[UInt8]]) { self.parts = parts }
}

/// What is wrong with a pattern, in a few words. AWS tells callers less.
package struct FilterProblem: Error, Equatable, Sendable {
    package let reason: String
    package init(_ reason: String) { self.reason = reason }
}
