import AWSWire
import EventModel

/// A table as a call names it: by name or by ARN.
struct TableName: Equatable, Sendable {
    let name: String
    let location: Location

    /// The characters and the length of a name (DynamoDB developer guide, naming rules).
    private static let pattern = "[a-zA-Z0-9_.-]+"
    private static let lengths = 3...255

    /// - Throws: DynamoDB's validation errors for what is missing or no name.
    init(_ text: String?, of call: ServiceCall) throws(AWSError) {
        guard let text else {
            throw .validation(
                "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: "
                    + "Member must not be null")
        }
        if text.hasPrefix("arn:") {
            guard let arn = ARN(text), arn.service == "dynamodb", arn.resource.hasPrefix("table/") else {
                throw .invalid("Invalid TableArn: \(text)")
            }
            self.init(
                name: String(arn.resource.dropFirst("table/".count)),
                location: Location(account: arn.account, region: arn.region))
        } else {
            self.init(name: text, location: call.location)
        }
        guard !name.isEmpty, name.utf8.allSatisfy(Self.isAllowed) else {
            throw .validation(
                "1 validation error detected: Value '\(name)' at 'tableName' failed to satisfy constraint: "
                    + "Member must satisfy regular expression pattern: \(Self.pattern)")
        }
        guard Self.lengths.contains(name.utf8.count) else {
            throw .validation("TableName must be at least 3 characters long and at most 255 characters long")
        }
    }

    private init(name: String, location: Location) {
        self.name = name
        self.location = location
    }

    static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
