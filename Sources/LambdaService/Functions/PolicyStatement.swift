import AWSWire
import ByteCoding
import EventModel

/// A statement of a resource policy as `AddPermission` describes it.
struct PolicyStatement {
    let id: String
    /// The whole statement as JSON.
    let text: String
    let revision: String?

    /// What a function's statement may allow.
    static let functionActions = "(lambda:[*]|lambda:[a-zA-Z]+|[*])"
    static let layerActions = "lambda:GetLayerVersion"

    /// - Parameter resource: What the statement is about.
    init(_ arguments: CallArguments, resource: ARN) throws(AWSError) {
        let action = try Self.text(arguments, "Action", "action")
        let principal = try Self.text(arguments, "Principal", "principal")
        id = try Self.text(arguments, "StatementId", "statementId")
        try Self.checkID(id)
        guard Self.isFunctionAction(action) else {
            throw .constraint(
                action, "action",
                "Member must satisfy regular expression pattern: \(Self.functionActions)")
        }
        revision = try arguments.string("RevisionId")
        let conditions = try Self.conditions(arguments)
        text = Self.encode(id, try Self.principal(principal), action, resource, conditions)
    }

    /// Of a layer's version: shared with one account, everybody, or everybody of an organization.
    init(layer arguments: CallArguments, resource: ARN, revision: String?) throws(AWSError) {
        let action = try Self.text(arguments, "Action", "action")
        let principal = try Self.text(arguments, "Principal", "principal")
        id = try Self.text(arguments, "StatementId", "statementId")
        try Self.checkID(id)
        guard action == Self.layerActions else {
            throw .constraint(
                action, "action", "Member must satisfy regular expression pattern: \(Self.layerActions)")
        }
        self.revision = revision
        var conditions: [(String, String, String)] = []
        if let organization = try arguments.string("OrganizationId") {
            guard principal == "*" else {
                throw .invalidValue("The principal has to be * when an organization is given.")
            }
            conditions.append(("StringEquals", "aws:PrincipalOrgID", organization))
        }
        text = Self.encode(id, try Self.principal(principal), action, resource, conditions)
    }

    private static func checkID(_ id: String) throws(AWSError) {
        guard LambdaService.isName(id), id.utf8.count <= 100 else {
            throw .constraint(
                id, "statementId", "Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)")
        }
    }

    private static func text(
        _ arguments: CallArguments, _ name: String, _ member: String
    ) throws(AWSError) -> String {
        guard let text = try arguments.string(name) else {
            throw .constraint(nil, member, "Member must not be null")
        }
        return text
    }

    private static func isFunctionAction(_ action: String) -> Bool {
        if action == "*" || action == "lambda:*" { return true }
        guard action.hasPrefix("lambda:") else { return false }
        let name = action.dropFirst("lambda:".count)
        return !name.isEmpty
            && name.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) }
    }

    /// A service, an account by its number, an identity by its ARN, or everybody.
    private static func principal(_ text: String) throws(AWSError) -> JSONValue {
        if text == "*" { return "*" }
        if text.utf8.count == 12, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return ["AWS": .string("arn:aws:iam::\(text):root")]
        }
        if text.hasPrefix("arn:aws"), let arn = ARN(text), arn.service == "iam" || arn.service == "sts" {
            return ["AWS": .string(text)]
        }
        guard text.hasSuffix(".amazonaws.com"), text.split(separator: ".").count == 3 else {
            throw .invalidValue(
                "The provided principal was invalid. Please check the principal and try again.")
        }
        return ["Service": .string(text)]
    }

    private static func conditions(
        _ arguments: CallArguments
    ) throws(AWSError) -> [(String, String, String)] {
        var conditions: [(String, String, String)] = []
        if let type = try arguments.string("FunctionUrlAuthType") {
            guard type == "NONE" || type == "AWS_IAM" else {
                throw .constraint(
                    type, "functionUrlAuthType", "Member must satisfy enum value set: [NONE, AWS_IAM]")
            }
            conditions.append(("StringEquals", "lambda:FunctionUrlAuthType", type))
        }
        if try arguments.bool("InvokedViaFunctionUrl") ?? false {
            conditions.append(("Bool", "lambda:InvokedViaFunctionUrl", "true"))
        }
        if let organization = try arguments.string("PrincipalOrgID") {
            conditions.append(("StringEquals", "aws:PrincipalOrgID", organization))
        }
        if let account = try arguments.string("SourceAccount") {
            guard account.utf8.count == 12, account.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw .constraint(
                    account, "sourceAccount", #"Member must satisfy regular expression pattern: \d{12}"#)
            }
            conditions.append(("StringEquals", "AWS:SourceAccount", account))
        }
        if let token = try arguments.string("EventSourceToken") {
            conditions.append(("StringEquals", "lambda:EventSourceToken", token))
        }
        if let source = try arguments.string("SourceArn") {
            guard ARN(source) != nil else {
                throw .constraint(
                    source, "sourceArn",
                    #"Member must satisfy regular expression pattern: arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:"#
                        + #"([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*)"#)
            }
            conditions.append(("ArnLike", "AWS:SourceArn", source))
        }
        return conditions
    }

    private static func encode(
        _ id: String, _ principal: JSONValue, _ action: String, _ resource: ARN,
        _ conditions: [(String, String, String)]
    ) -> String {
        var members: [(String, JSONValue)] = [
            ("Sid", .string(id)), ("Effect", "Allow"), ("Principal", principal),
            ("Action", .string(action)), ("Resource", .string(resource.description)),
        ]
        var condition = JSONObject()
        for (test, key, value) in conditions {
            var tests = condition[test]?.objectValue ?? JSONObject()
            tests[key] = .string(value)
            condition[test] = .object(tests)
        }
        if !conditions.isEmpty { members.append(("Condition", .object(condition))) }
        return JSONValue.object(JSONObject(members)).text
    }
}

extension ResourcePolicy {
    /// Adds a statement, or says why not.
    mutating func add(_ statement: PolicyStatement, newRevision: String) -> AWSError? {
        guard !statements.contains(where: { $0.id == statement.id }) else {
            return .conflict(
                "The statement id (\(statement.id)) provided already exists. Please provide a new statement id, or "
                    + "remove the existing statement.")
        }
        statements.append(Statement(id: statement.id, text: statement.text))
        revisionID = newRevision
        guard document.utf8.count <= FunctionLimits.policyBytes else {
            return AWSError(
                "PolicyLengthExceededException",
                "The final policy size (\(document.utf8.count)) is bigger than the limit "
                    + "(\(FunctionLimits.policyBytes)).")
        }
        return nil
    }

    /// Takes a statement away, or says why not.
    mutating func remove(_ id: String, newRevision: String) -> AWSError? {
        guard statements.contains(where: { $0.id == id }) else {
            return .missing("Statement \(id) is not found in resource policy.")
        }
        statements.removeAll { $0.id == id }
        revisionID = newRevision
        return nil
    }

    /// As `GetPolicy` answers.
    var encoded: [UInt8] {
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        json.member("Policy", document)
        json.member("RevisionId", revisionID)
        json.endObject()
        return json.bytes
    }
}
