/// What tells one function from another: its account, its region and its name.
package struct FunctionKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let location: Location
    package let name: String

    package init(location: Location, name: String) {
        self.location = location
        self.name = name
    }

    /// Without qualifier.
    package var arn: ARN { location.arn("lambda", "function:\(name)") }

    package func arn(qualifier: String?) -> ARN {
        location.arn("lambda", "function:\(name)" + (qualifier.map { ":\($0)" } ?? ""))
    }

    /// The name alone where that says it all, the ARN elsewhere; for people.
    package var description: String { location == Location() ? name : arn.description }

    package static func < (left: FunctionKey, right: FunctionKey) -> Bool {
        (left.name, left.location.account, left.location.region)
            < (right.name, right.location.account, right.location.region)
    }
}

/// Which code and settings of a function: those that still change, or a published version.
package enum FunctionVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    case latest
    /// 1 for the first that was published; never given again.
    case number(Int)

    /// Reads `$LATEST` or a number; `nil` for anything else, such as an alias.
    package init?(_ text: String) {
        if text == "$LATEST" {
            self = .latest
            return
        }
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = Int(text), number > 0
        else { return nil }
        self = .number(number)
    }

    package var description: String {
        switch self {
        case .latest: "$LATEST"
        case .number(let number): String(number)
        }
    }

    package static func < (left: FunctionVersion, right: FunctionVersion) -> Bool {
        switch (left, right) {
        case (_, .latest): false
        case (.latest, .number): true
        case (.number(let one), .number(let other)): one < other
        }
    }
}
