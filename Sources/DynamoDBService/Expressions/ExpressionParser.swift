import AWSWire

/// Reads one expression; its extensions know the grammars.
///
/// Errors are DynamoDB's sentences, as far as its users quote them.
struct ExpressionParser {
    enum Kind: String {
        case condition = "ConditionExpression"
        case filter = "FilterExpression"
        case keyCondition = "KeyConditionExpression"
        case projection = "ProjectionExpression"
        case update = "UpdateExpression"
    }

    /// Bytes of one expression (DynamoDB developer guide, limits).
    private static let bytesMax = 4_096
    /// Operators and functions in one update (DynamoDB developer guide, limits), and how deep conditions may nest.
    static let operatorsMax = 300

    let kind: Kind
    private let source: String
    private let tokens: [ExpressionToken]
    private var position = 0
    private(set) var operatorCount = 0
    var placeholders: Placeholders

    init(_ source: String, _ kind: Kind, _ placeholders: Placeholders) throws(AWSError) {
        self.kind = kind
        self.source = source
        self.placeholders = placeholders
        tokens = ExpressionLexer.tokens(of: source)
        guard tokens.count > 1 else { throw invalid("The expression can not be empty;") }
        guard source.utf8.count <= Self.bytesMax else {
            throw invalid("Expression size has exceeded the maximum allowed size;")
        }
    }

    func invalid(_ reason: String) -> AWSError { .validation("Invalid \(kind.rawValue): \(reason)") }

    // MARK: - Words

    var current: ExpressionToken { tokens[position] }
    /// The word behind the current one; the end again at the end.
    var following: ExpressionToken { tokens[min(position + 1, tokens.count - 1)] }

    /// Takes the current word; the end is never passed.
    @discardableResult
    mutating func take() -> ExpressionToken {
        let token = current
        position = min(position + 1, tokens.count - 1)
        return token
    }

    mutating func take(sign: String) -> Bool {
        guard current.isSign(sign) else { return false }
        take()
        return true
    }

    mutating func take(keyword: String) -> Bool {
        guard current.isKeyword(keyword) else { return false }
        take()
        return true
    }

    mutating func require(sign: String) throws(AWSError) {
        guard take(sign: sign) else { throw syntaxError }
    }

    /// Whether what begins here is a parenthesis whose partner stands directly before another closing one.
    var wholeIsInParentheses: Bool {
        guard current.isSign("(") else { return false }
        var depth = 0
        for index in position..<(tokens.count - 1) {
            if tokens[index].isSign("(") { depth += 1 }
            if tokens[index].isSign(")") { depth -= 1 }
            if depth == 0 { return tokens[index + 1].isSign(")") }
        }
        return false
    }

    func requireEnd() throws(AWSError) {
        guard current.kind == .end else { throw syntaxError }
    }

    /// About the current word, shown with its neighbours.
    var syntaxError: AWSError {
        let before = tokens[max(position - 1, 0)]
        let behind = following.kind == .end ? current : following
        let near = Array(source.utf8)[before.range.lowerBound..<behind.range.upperBound]
        let shown = String(decoding: near, as: UTF8.self).trimmingSpaces
        return invalid("Syntax error; token: \"\(current.text)\", near: \"\(shown)\"")
    }

    mutating func countOperator() throws(AWSError) {
        operatorCount += 1
        guard operatorCount <= Self.operatorsMax else {
            throw invalid(
                "The expression contains too many operators; maximum number of operators: "
                    + "\(Self.operatorsMax)")
        }
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        let spaces: Set<Character> = [" ", "\n", "\t", "\r"]
        return String(drop { spaces.contains($0) }.reversed().drop { spaces.contains($0) }.reversed())
    }
}

// MARK: - Paths, values, functions

extension ExpressionParser {
    /// `name.name[0]…`, each name in letters or as a placeholder.
    mutating func path() throws(AWSError) -> DocumentPath {
        var elements: [DocumentPath.Element] = [.name(try name())]
        while current.isSign(".") || current.isSign("[") {
            if take(sign: ".") {
                elements.append(.name(try name()))
            } else {
                take()
                guard current.kind == .integer else { throw syntaxError }
                guard let index = Int(current.text), index <= Int(Int32.max) else {
                    throw invalid("List index is not within the allowable range; index: [\(current.text)]")
                }
                take()
                try require(sign: "]")
                elements.append(.index(index))
            }
        }
        return DocumentPath(elements: elements)
    }

    private mutating func name() throws(AWSError) -> [UInt8] {
        switch current.kind {
        case .word:
            guard !ReservedWords.contains(current.text) else {
                throw invalid(
                    "Attribute name is a reserved keyword; reserved keyword: \(current.text)")
            }
            return Array(take().text.utf8)
        case .nameReference:
            guard let name = placeholders.name(current.text) else {
                throw invalid(
                    "An expression attribute name used in the document path is not defined; attribute name: "
                        + current.text)
            }
            take()
            return name
        case .valueReference, .integer, .sign, .end: throw syntaxError
        }
    }

    /// `:value`
    mutating func value() throws(AWSError) -> AttributeValue {
        guard current.kind == .valueReference else { throw syntaxError }
        guard let value = placeholders.value(current.text) else {
            throw invalid(
                "An expression attribute value used in expression is not defined; attribute value: "
                    + current.text)
        }
        take()
        return value
    }

    /// Whether a function's name and its parenthesis come next.
    var isAtFunction: Bool { current.kind == .word && following.isSign("(") }

    func wrongCount(_ name: String, _ count: Int) -> AWSError {
        invalid(
            "Incorrect number of operands for operator or function; operator or function: \(name), "
                + "number of operands: \(count)")
    }

    func wrongType(_ name: String, _ value: AttributeValue) -> AWSError {
        invalid(
            "Incorrect operand type for operator or function; operator or function: \(name), "
                + "operand type: \(value.typeName)")
    }

    func needsPath(_ name: String) -> AWSError {
        invalid("Operator or function requires a document path; operator or function: \(name)")
    }
}

// MARK: - Projections

extension ExpressionParser {
    /// Paths with commas between them, of which none clashes with another.
    mutating func projection() throws(AWSError) -> [DocumentPath] {
        var paths: [DocumentPath] = [try path()]
        while take(sign: ",") { paths.append(try path()) }
        try requireEnd()
        try checkClashes(paths)
        return paths
    }

    func checkClashes(_ paths: [DocumentPath]) throws(AWSError) {
        guard let (clash, first, second) = DocumentPath.clash(in: paths) else { return }
        let verb = clash == .overlap ? "overlap" : "conflict"
        throw invalid(
            "Two document paths \(verb) with each other; must remove or rewrite one of these paths; "
                + "path one: \(first), path two: \(second)")
    }
}
