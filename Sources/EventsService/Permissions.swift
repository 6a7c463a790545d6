import AWSWire
import ByteCoding
import EventModel

/// Policies of buses; kept and shown, never asked.
extension EventsService {
    func putPermission(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let id = try arguments.bus("EventBusName", call)
        if let text = try arguments.string("Policy") {
            guard let policy = Self.object(text), policy["Statement"] != nil else {
                throw .parameter("Policy", "The policy is not a valid JSON document.")
            }
            return change(id, call) { bus throws(AWSError) in bus.policy = text }
        }
        let statement = try Self.statement(arguments, id)
        change(id, call) { bus throws(AWSError) in
            var statements = Self.statements(of: bus)
            statements.removeAll { $0["Sid"] == statement["Sid"] }
            statements.append(statement)
            bus.policy = Self.policy(statements)
        }
    }

    func removePermission(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let id = try arguments.bus("EventBusName", call)
        let removesAll = try arguments.bool("RemoveAllPermissions") ?? false
        let name = try arguments.string("StatementId")
        guard removesAll || name != nil else {
            throw .validation("Parameter(s) StatementId or RemoveAllPermissions must be specified.")
        }
        change(id, call) { bus throws(AWSError) in
            guard !removesAll else { return bus.policy = nil }
            guard bus.policy != nil else {
                throw AWSError("ResourceNotFoundException", "EventBus does not have a policy.")
            }
            let statements = Self.statements(of: bus)
            let left = statements.filter { $0["Sid"]?.stringValue != name }
            guard left.count < statements.count else {
                throw AWSError(
                    "ResourceNotFoundException", "Statement with the provided id does not exist.")
            }
            bus.policy = left.isEmpty ? nil : Self.policy(left)
        }
    }

    private static func statement(
        _ arguments: CallArguments, _ bus: EventBusID
    ) throws(AWSError) -> JSONValue {
        guard let name = try arguments.string("StatementId"), !name.isEmpty, RuleTarget.isName(name),
            let action = try arguments.string("Action"), let principal = try arguments.string("Principal")
        else {
            throw .validation(
                "Parameter(s) Action, Principal and StatementId, or Policy must be specified.")
        }
        guard action == "events:PutEvents" else {
            throw .validation("Provided value in parameter 'action' is not supported.")
        }
        let isAccount = principal.count == 12 && principal.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard isAccount || principal == "*" else {
            throw .validation("Provided value in parameter 'principal' is not valid.")
        }
        var condition: JSONValue?
        if let given = try arguments.object("Condition") {
            guard let type = try given.string("Type"), let key = try given.string("Key"),
                let value = try given.string("Value")
            else { throw .validation("Condition needs Type, Key and Value.") }
            condition = .object(JSONObject([(type, .object(JSONObject([(key, .string(value))])))]))
        }
        let who: JSONValue =
            isAccount ? .object(JSONObject([("AWS", .string("arn:aws:iam::\(principal):root"))])) : "*"
        return .object(having: [
            ("Sid", .string(name)), ("Effect", "Allow"), ("Principal", who), ("Action", .string(action)),
            ("Resource", .string(bus.arn.description)), ("Condition", condition),
        ])
    }

    private static func object(_ text: String) -> JSONValue? {
        do throws(JSONError) {
            let value = try JSONValue(parsing: Array(text.utf8))
            return value.objectValue == nil ? nil : value
        } catch {
            return nil
        }
    }

    private static func statements(of bus: EventBusDefinition) -> [JSONValue] {
        guard let found = bus.policy.flatMap({ object($0) })?["Statement"] else { return [] }
        return found.arrayValue ?? [found]
    }

    private static func policy(_ statements: [JSONValue]) -> String {
        JSONValue.object(having: [("Version", "2012-10-17"), ("Statement", .array(statements))]).text
    }
}
