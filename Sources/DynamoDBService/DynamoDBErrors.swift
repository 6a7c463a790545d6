import AWSWire

/// DynamoDB's errors in its own words: recorded in sources-api.md §D, else as its users quote them.
extension AWSError {
    /// Validation answers come from the framework around DynamoDB, so their type has its namespace.
    static func validation(_ message: String) -> AWSError {
        AWSError("ValidationException", message, namespace: "com.amazon.coral.validate#")
    }

    /// A rule about values, with the opening that most of these sentences have.
    static func invalid(_ reason: String) -> AWSError {
        validation("One or more parameter values were invalid: \(reason)")
    }

    static func malformed(_ reason: String) -> AWSError {
        AWSError("SerializationException", reason, namespace: "com.amazon.coral.service#")
    }

    static var emptyValue: AWSError {
        validation(
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
    }

    static var keyMismatch: AWSError { validation("The provided key element does not match the schema") }

    /// Of the operations on items.
    static var tableNotFound: AWSError {
        AWSError("ResourceNotFoundException", "Requested resource not found")
    }

    /// Of the operations on tables.
    static func tableNotFound(_ name: String) -> AWSError {
        AWSError("ResourceNotFoundException", "Requested resource not found: Table: \(name) not found")
    }

    static func streamNotFound(_ arn: String) -> AWSError {
        AWSError("ResourceNotFoundException", "Requested resource not found: Stream: \(arn) not found")
    }
}
