import AWSWire
import ByteCoding
import EventModel

/// The parts that `CreateTable` and `UpdateTable` share, read and checked.
enum TableRequest {
    /// `StreamSpecification`: switched on with a view, switched off, or not mentioned.
    enum Stream: Equatable {
        case on(StreamView)
        case off
    }

    static func stream(_ arguments: CallArguments) throws(AWSError) -> Stream? {
        guard let specification = try arguments.object("StreamSpecification") else { return nil }
        let viewName = try specification.string("StreamViewType")
        guard let isEnabled = try specification.bool("StreamEnabled") else {
            throw .nullMember("streamSpecification.streamEnabled")
        }
        var view: StreamView?
        if let viewName {
            view = StreamView(rawValue: viewName)
            guard view != nil else {
                throw .constraint(
                    viewName, "streamSpecification.streamViewType",
                    "Member must satisfy enum value set: [NEW_AND_OLD_IMAGES, OLD_IMAGE, NEW_IMAGE, KEYS_ONLY]"
                )
            }
        }
        guard isEnabled else {
            guard view == nil else {
                throw .invalid("StreamViewType can only be specified when StreamEnabled is true")
            }
            return .off
        }
        guard let view else {
            throw .invalid("StreamViewType must be specified when StreamEnabled is true")
        }
        return .on(view)
    }

    /// `ProvisionedThroughput`.
    static func throughput(
        _ arguments: CallArguments
    ) throws(AWSError) -> (read: Int, write: Int)? {
        guard let given = try arguments.object("ProvisionedThroughput") else { return nil }
        guard let read = try given.int("ReadCapacityUnits") else {
            throw .nullMember("provisionedThroughput.readCapacityUnits")
        }
        guard let write = try given.int("WriteCapacityUnits") else {
            throw .nullMember("provisionedThroughput.writeCapacityUnits")
        }
        for (value, member) in [(read, "readCapacityUnits"), (write, "writeCapacityUnits")] where value < 1 {
            throw .constraint(
                "\(value)", "provisionedThroughput.\(member)",
                "Member must have value greater than or equal to 1")
        }
        return (read, write)
    }

    /// `BillingMode`; true for on demand.
    static func isOnDemand(_ arguments: CallArguments) throws(AWSError) -> Bool? {
        switch try arguments.string("BillingMode") {
        case nil: return nil
        case "PAY_PER_REQUEST": return true
        case "PROVISIONED": return false
        case .some(let other):
            throw .constraint(
                other, "billingMode", "Member must satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]")
        }
    }

    /// Refuses settings that would have no effect here.
    static func refuse(_ members: [String], _ arguments: CallArguments, _ call: ServiceCall) throws(AWSError)
    {
        for member in members {
            guard let value = arguments[member] else { continue }
            if let list = value.arrayValue, list.isEmpty { continue }
            throw .notSupported(parameter: member, operation: call.operation)
        }
        if let encryption = try arguments.object("SSESpecification"), try encryption.bool("Enabled") ?? false
        {
            throw .notSupported(parameter: "SSESpecification", operation: call.operation)
        }
        if let tableClass = try arguments.string("TableClass"), tableClass != "STANDARD" {
            throw .notSupported(parameter: "TableClass", operation: call.operation)
        }
    }

    /// `Tags`: a list of `Key` and `Value`.
    static func tags(_ arguments: CallArguments) throws(AWSError) -> [String: String] {
        var tags: [String: String] = [:]
        for element in try arguments.array("Tags") ?? [] {
            guard let key = element["Key"]?.stringValue else { throw .nullMember("tags.1.member.key") }
            tags[key] = element["Value"]?.stringValue ?? ""
        }
        return tags
    }
}

extension AWSError {
    /// One broken rule of the API model.
    static func constraint(_ value: String, _ member: String, _ rule: String) -> AWSError {
        validation(
            "1 validation error detected: Value '\(value)' at '\(member)' failed to satisfy constraint: \(rule)"
        )
    }

    static func nullMember(_ member: String) -> AWSError {
        validation(
            "1 validation error detected: Value null at '\(member)' failed to satisfy constraint: "
                + "Member must not be null")
    }
}
