import AWSWire
import Testing

@testable import DynamoDBService

/// Placeholders that the expressions of these tests may use.
private let names: [String: [UInt8]] = ["#n": Array("name".utf8), "#d": Array("a.b".utf8)]
private let values: [String: AttributeValue] = [
    ":s": .string(Array("text".utf8)), ":n": .number(DecimalNumber(5)), ":m": .number(DecimalNumber(3)),
    ":b": .bool(true), ":l": .list([]), ":ss": .stringSet([Array("x".utf8)]), ":t": .string(Array("S".utf8)),
]

private func complaint(_ text: String, _ kind: ExpressionParser.Kind) -> String? {
    do throws(AWSError) {
        var parser = try ExpressionParser(text, kind, Placeholders(names: names, values: values))
        switch kind {
        case .condition, .filter, .keyCondition: _ = try parser.condition()
        case .update: _ = try parser.update()
        case .projection: _ = try parser.projection()
        }
        return nil
    } catch { return error.message }
}

@Suite("An expression's grammar")
struct ExpressionTests {
    @Test(
        "Conditions that DynamoDB takes",
        arguments: [
            "a = :s", "a=:s", "#n <> :n", "a.#d[3].c >= :n", "attribute_exists(a)",
            "attribute_not_exists (#n.b)",
            "begins_with(a, :s)", "contains(a, :n)", "attribute_type(a, :t)", "size(a) > :n",
            ":n < size(a[0])",
            "a BETWEEN :m AND :n", "a between :m and :n AND b = :s", "a IN (:s, :n, b)", "NOT a = :s",
            "NOT NOT a = :s", "(a = :s)", "(a = :s) AND (b = :s OR NOT (c = :n))", "((a = :s) OR (b = :s))",
            "a = :s\n\tAND b = b2", "a IN (:s)",
        ])
    func conditions(text: String) {
        #expect(complaint(text, .condition) == nil)
    }

    @Test(
        "Conditions that it refuses, in its words",
        arguments: [
            ("", "The expression can not be empty;"),
            ("a", #"Syntax error; token: "<EOF>", near: "a""#),
            ("a = ", #"Syntax error; token: "<EOF>", near: "=""#),
            ("a == :s", #"Syntax error; token: "=", near: "== :s""#),
            ("a = :s AND", #"Syntax error; token: "<EOF>", near: "AND""#),
            ("a = :s)", #"Syntax error; token: ")", near: ":s)""#),
            ("my-name = :s", #"Syntax error; token: "-", near: "my-name""#),
            ("_id = :s", #"Syntax error; token: "_", near: "_id""#),
            ("a[x] = :s", #"Syntax error; token: "x", near: "[x]""#),
            ("a é :s", #"Syntax error; token: "é", near: "a é :s""#),
            ("(a = :s", #"Syntax error; token: "<EOF>", near: ":s""#),
            ("((a = :s))", "The expression has redundant parentheses;"),
            ("name = :s", "Attribute name is a reserved keyword; reserved keyword: name"),
            (
                "#x = :s",
                "An expression attribute name used in the document path is not defined; attribute name: #x"
            ),
            (
                "a = :x",
                "An expression attribute value used in expression is not defined; attribute value: :x"
            ),
            ("exists(a)", "Invalid function name; function: exists"),
            (
                "a = contains(a, :s)",
                "The function is not allowed to be used this way in an expression; function: contains"
            ),
            (
                "attribute_exists(a, b)",
                "Incorrect number of operands for operator or function; operator or function: attribute_exists, "
                    + "number of operands: 2"
            ),
            (
                "attribute_exists(:s)",
                "Operator or function requires a document path; operator or function: attribute_exists"
            ),
            (
                "begins_with(a, :n)",
                "Incorrect operand type for operator or function; operator or function: begins_with, "
                    + "operand type: N"
            ),
            (
                "a < :b",
                "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"
            ),
            (
                "size(:n) = :n",
                "Incorrect operand type for operator or function; operator or function: size, operand type: N"
            ),
            (
                "attribute_type(a, :s)",
                "Invalid attribute type name found; type: text, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"
            ),
            (
                "a BETWEEN :n AND :m",
                "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
                    + "lower bound operand: AttributeValue: {N:5}, upper bound operand: AttributeValue: {N:3}"
            ),
            (
                "a.b = a.b",
                "The first operand must be distinct from the remaining operands for this operator or function; "
                    + "operator: =, first operand: [a, b]"
            ),
        ])
    func refusedConditions(text: String, message: String) {
        #expect(complaint(text, .condition) == "Invalid ConditionExpression: \(message)")
    }

    @Test(
        "Updates that DynamoDB takes",
        arguments: [
            "SET a = :s", "set a = b + :n, c.d[2] = if_not_exists(c, :n) - :m REMOVE e, f[0]",
            "SET a = list_append(if_not_exists(a, :l), :l)", "ADD a :n, b :ss DELETE c :ss SET d = e",
            "REMOVE #n.#d", "SET a = (b + :n)",
        ])
    func updates(text: String) {
        #expect(complaint(text, .update) == nil)
    }

    @Test(
        "Updates that it refuses, in its words",
        arguments: [
            ("a = :s", #"Syntax error; token: "a", near: "a =""#),
            ("SET a = :s,", #"Syntax error; token: "<EOF>", near: ",""#),
            ("SET a :s", #"Syntax error; token: ":s", near: "a :s""#),
            ("ADD a b", #"Syntax error; token: "b", near: "a b""#),
            (
                "SET a = :s SET b = :s",
                #"The "SET" section can only be used once in an update expression;"#
            ),
            (
                "SET a = :s REMOVE a",
                "Two document paths overlap with each other; must remove or rewrite one of these paths; "
                    + "path one: [a], path two: [a]"
            ),
            (
                "SET a.b[1] = :s, z = :s, a.b = :s",
                "Two document paths overlap with each other; must remove or rewrite one of these paths; "
                    + "path one: [a, b, [1]], path two: [a, b]"
            ),
            (
                "SET a[0] = :s, a.b = :s",
                "Two document paths conflict with each other; must remove or rewrite one of these paths; "
                    + "path one: [a, [0]], path two: [a, b]"
            ),
            (
                "ADD a :s",
                "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, "
                    + "typeSet: ALLOWED_FOR_ADD_OPERAND"
            ),
            (
                "DELETE a :n",
                "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, "
                    + "typeSet: ALLOWED_FOR_DELETE_OPERAND"
            ),
            (
                "SET a = b + :s",
                "Incorrect operand type for operator or function; operator or function: +, operand type: S"
            ),
            (
                "SET a = list_append(b, :n)",
                "Incorrect operand type for operator or function; operator or function: list_append, "
                    + "operand type: N"
            ),
            (
                "SET a = if_not_exists(:n, :n)",
                "Operator or function requires a document path; operator or function: if_not_exists"
            ),
            ("SET a = size(b)", "The function is not allowed in an update expression; function: size"),
            ("SET a = now(b)", "Invalid function name; function: now"),
        ])
    func refusedUpdates(text: String, message: String) {
        #expect(complaint(text, .update) == "Invalid UpdateExpression: \(message)")
    }

    @Test("Nesting without end is refused, not followed")
    func deep() {
        let parens = String(repeating: "(", count: 4_000)
        #expect(complaint(parens, .condition)?.hasPrefix("Invalid ConditionExpression: ") == true)
        let functions = String(repeating: "if_not_exists(a,", count: 250)
        #expect(complaint("SET a = " + functions, .update)?.contains("Syntax error") == true)
        let long = "a = :s" + String(repeating: " ", count: 4_096)
        #expect(complaint(long, .condition)?.hasSuffix("exceeded the maximum allowed size;") == true)
        let many = Array(repeating: "a = :s", count: 302).joined(separator: " OR ")
        #expect(complaint(many, .condition)?.contains("too many operators") == true)
    }

    @Test("All 573 reserved words are known, in any case")
    func reservedWords() {
        #expect(ReservedWords.all.count == 573)
        #expect(ReservedWords.contains("Status"))
        #expect(!ReservedWords.contains("artist"))
    }

    @Test("What is given and not used is named")
    func unused() {
        var placeholders = Placeholders(names: names, values: values)
        _ = placeholders.name("#n")
        #expect {
            try placeholders.checkAllUsed()
        } throws: { error in
            (error as? AWSError)?.message
                == "Value provided in ExpressionAttributeNames unused in expressions: keys: {#d}"
        }
    }

    @Test("A projection keeps what is around the places")
    func projection() throws {
        var parser = try ExpressionParser("m.x, l[2], l[0].y, gone.z, t", .projection, Placeholders())
        let projection = Projection(paths: try parser.projection())
        let whole = try item(
            #"{"m":{"M":{"x":{"N":"1"},"w":{"N":"2"}}},"l":{"L":[{"M":{"y":{"S":"a"}}},{"S":"b"},{"S":"c"}]},"#
                + #""t":{"BOOL":true},"u":{"NULL":true}}"#)
        let part = try item(
            #"{"m":{"M":{"x":{"N":"1"}}},"l":{"L":[{"M":{"y":{"S":"a"}}},{"S":"c"}]},"t":{"BOOL":true}}"#)
        #expect(projection.applied(to: whole) == part)
    }
}
