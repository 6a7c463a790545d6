import AWSWire
import EventModel
import EventStore

/// The errors of IAM, in its words.
extension AWSError {
    static func noSuchEntity(_ message: String) -> AWSError { AWSError("NoSuchEntity", message, status: 404) }
    static func alreadyExists(_ message: String) -> AWSError {
        AWSError("EntityAlreadyExists", message, status: 409)
    }
    static func deleteConflict(_ message: String) -> AWSError {
        AWSError("DeleteConflict", message, status: 409)
    }
    static func limitExceeded(_ message: String) -> AWSError {
        AWSError("LimitExceeded", message, status: 409)
    }
    static func quota(_ name: String, _ limit: Int) -> AWSError {
        limitExceeded("Cannot exceed quota for \(name): \(limit)")
    }
    static func invalidInput(_ message: String) -> AWSError { AWSError("InvalidInput", message) }
    static func validation(_ message: String) -> AWSError { AWSError("ValidationError", message) }
    static func malformedPolicy(_ message: String) -> AWSError {
        AWSError("MalformedPolicyDocument", message)
    }

    static func noRole(_ name: String) -> AWSError {
        noSuchEntity("The role with name \(name) cannot be found.")
    }
    static func noPolicy(_ arn: String) -> AWSError { noSuchEntity("Policy \(arn) was not found.") }
    static func notAttachable(_ arn: String) -> AWSError {
        noSuchEntity("Policy \(arn) does not exist or is not attachable.")
    }
    static func noProfile(_ name: String) -> AWSError {
        noSuchEntity("Instance Profile \(name) cannot be found.")
    }
    static func noVersion(_ id: String, of arn: String) -> AWSError {
        noSuchEntity("Policy \(arn) version \(id) does not exist or is not attachable.")
    }
}

extension StoreError {
    /// What a caller is told when the store could not do its part.
    var iamError: AWSError {
        switch self {
        case .full, .readOnly, .io, .closed: AWSError("ServiceFailure", description, status: 503)
        case .notFound, .corrupt, .newerFile, .locked, .sqlite, .conflict, .limit:
            AWSError("ServiceFailure", description, status: 500)
        }
    }
}

extension CatalogSnapshot {
    func existingRole(_ name: String, _ account: String) throws(AWSError) -> RoleDefinition {
        guard let role = role(named: name, account: account) else { throw .noRole(name) }
        return role
    }

    /// - Throws: For a policy of AWS that Millrace does not keep those: they can be attached, not read.
    func existingPolicy(_ arn: String) throws(AWSError) -> ManagedPolicyDefinition {
        if PolicyARN.isOfAWS(arn) {
            throw .notSupported(
                "Millrace keeps no managed policies of AWS: \(arn) can be attached to roles, and cannot be read or changed."
            )
        }
        guard let policy = managedPolicy(arn: arn) else { throw .noPolicy(arn) }
        return policy
    }

    func existingProfile(_ name: String, _ account: String) throws(AWSError) -> InstanceProfileDefinition {
        guard let profile = instanceProfile(named: name, account: account) else { throw .noProfile(name) }
        return profile
    }
}
