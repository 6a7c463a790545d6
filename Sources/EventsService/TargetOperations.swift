import AWSWire
import ByteCoding
import EventModel
import EventStore

extension EventsService {
    func putTargets(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let id = try arguments.rule("Rule", call)
        guard let list = try arguments.array("Targets"), !list.isEmpty else {
            throw .constraint("[]", at: "targets", "have length greater than or equal to 1")
        }
        guard list.count <= EventLimits.targetsPerCall else {
            throw .constraint("[…]", at: "targets", "have length less than or equal to 100")
        }
        var targets: [RuleTarget] = []
        for value in list {
            let target: RuleTarget
            do throws(TargetProblem) {
                target = try RuleTarget(parsing: value.objectValue ?? JSONObject())
            } catch {
                throw AWSError(error)
            }
            if target.arn.service == "lambda", !store.functionEvents.isThere {
                throw .notSupported("Millrace does not support functions as targets of rules yet.")
            }
            targets.append(target)
        }
        let given = targets
        change(id, call) { rule throws(AWSError) in
            for target in given {
                if let place = rule.targets.firstIndex(where: { $0.id == target.id }) {
                    rule.targets[place] = target
                } else {
                    rule.targets.append(target)
                }
            }
            guard rule.targets.count <= EventLimits.targetsPerRule else { throw .tooMany }
            return Self.answer([])
        }
    }

    func removeTargets(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let id = try arguments.rule("Rule", call)
        guard let ids = try arguments.strings("Ids"), !ids.isEmpty else {
            throw .constraint("[]", at: "ids", "have length greater than or equal to 1")
        }
        change(id, call) { rule throws(AWSError) in
            let missing = ids.filter { id in !rule.targets.contains { $0.id == id } }
            rule.targets.removeAll { ids.contains($0.id) }
            let name = rule.id.name
            return Self.answer(
                missing.map { target in
                    .object(having: [
                        ("TargetId", .string(target)), ("ErrorCode", "ResourceNotFoundException"),
                        (
                            "ErrorMessage",
                            .string("Rule \(name) does not have a target with the Id \(target).")
                        ),
                    ])
                })
        }
    }

    private static func answer(_ failed: [JSONValue]) -> JSONValue {
        .object(having: [
            ("FailedEntryCount", .number(String(failed.count))), ("FailedEntries", .array(failed)),
        ])
    }

    func listTargetsByRule(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) {
        let rule = try rule("Rule", call, arguments)
        let sorted = rule.targets.sorted { $0.id < $1.id }
        let (targets, next) = try arguments.page(sorted) { $0.id }
        call.succeed(
            json: JSONValue.object(having: [
                ("Targets", .array(targets.map { .object($0.wire) })),
                ("NextToken", JSONValue(optional: next)),
            ]).bytes)
    }
}
