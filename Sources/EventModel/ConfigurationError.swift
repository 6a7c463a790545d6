/// Why settings cannot be taken: AWS's own refusal, or that Millrace does not have the setting yet.
///
/// Services turn it into an error of their wire form, the template reader into a line of its report.
package struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Kind: Equatable, Sendable {
        /// A value breaks a rule of the API model: enumeration, pattern, range (`ValidationException`).
        case constraint
        /// A value makes no sense here (`InvalidParameterValueException`).
        case invalidParameterValue
        /// AWS would take it, Millrace does not enforce it yet and so refuses it.
        case notSupported(setting: String)
    }

    package let kind: Kind
    /// A full sentence; AWS's exact text where one is recorded.
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    package var description: String { message }

    static func invalid(_ message: String) -> ConfigurationError {
        ConfigurationError(.invalidParameterValue, message)
    }

    /// The refusal of something that AWS has and Millrace does not have yet.
    static func notSupported(_ setting: String) -> ConfigurationError {
        ConfigurationError(
            .notSupported(setting: setting), "Millrace does not support \(setting) yet.")
    }
}
