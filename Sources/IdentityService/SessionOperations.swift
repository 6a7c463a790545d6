import AWSWire
import EventModel

extension IdentityService {
    /// Everybody may assume every role that is there: trust policies are kept and not evaluated.
    func assumeRole(_ call: ServiceCall) throws(AWSError) {
        let constraint = QueryConstraint(call.parameters)
        let arn = try constraint.required("RoleArn", 20...2_048)
        let name = try constraint.required("RoleSessionName", 2...64)
        try IdentityText.check(name, at: "roleSessionName")
        let range = IdentityLimits.shortestSessionSeconds...IdentityLimits.longestRoleSessionSeconds
        let seconds = try constraint.integer("DurationSeconds", in: range)
        if let external = try constraint.optional("ExternalId", 2...1_224) {
            try IdentityText.check(external, at: "externalId", beside: "+=,.@:/-")
        }
        let source = try constraint.optional("SourceIdentity", 2...64)
        if let source { try IdentityText.check(source, at: "sourceIdentity") }
        try refuseDevices(call)
        if !constraint.structures("ProvidedContexts").isEmpty {
            throw .notSupported(parameter: "ProvidedContexts", operation: "AssumeRole")
        }
        let policy = try SessionPolicy(call, isKnown: isManagedPolicy)
        guard ARN(arn) != nil else {
            throw AWSError("ValidationError", "\(arn) is invalid")
        }
        guard let role = role(arn: arn) else {
            throw AWSError(
                "AccessDenied",
                "User: \(callerARN(call)) is not authorized to perform: sts:AssumeRole on resource: \(arn)",
                status: 403)
        }
        let length = try sessionSeconds(seconds, role, isChained: session(call)?.isRole == true)
        let session = begin(
            arn: "arn:aws:sts::\(role.account):assumed-role/\(role.name)/\(name)",
            userID: "\(role.id):\(name)", seconds: length)
        call.succeed { xml in
            write(session, &xml)
            xml.element("AssumedRoleUser") { xml in
                xml.element("AssumedRoleId", session.userID)
                xml.element("Arn", session.arn)
            }
            xml.element("PackedPolicySize", optional: policy.packedPercent.map { String($0) })
            xml.element("SourceIdentity", optional: source)
        }
    }

    private func sessionSeconds(
        _ given: Int?, _ role: RoleDefinition, isChained: Bool
    ) throws(AWSError) -> Int {
        guard let given else { return IdentityLimits.shortestMaxSessionSeconds }
        guard !isChained || given <= IdentityLimits.longestRootSessionSeconds else {
            throw AWSError(
                "ValidationError",
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
            )
        }
        guard given <= role.maxSessionSeconds else {
            throw AWSError(
                "ValidationError",
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
        }
        return given
    }

    /// The root user's credentials for an hour at most, as AWS limits them for the root user.
    func getSessionToken(_ call: ServiceCall) throws(AWSError) {
        let seconds = try tokenSeconds(call)
        try refuseDevices(call)
        try refuseSessions(call)
        let account = call.location.account
        let session = begin(arn: "arn:aws:iam::\(account):root", userID: account, seconds: seconds)
        call.succeed { write(session, &$0) }
    }

    func getFederationToken(_ call: ServiceCall) throws(AWSError) {
        let name = try QueryConstraint(call.parameters).required("Name", 2...32)
        try IdentityText.check(name, at: "name")
        let seconds = try tokenSeconds(call)
        let policy = try SessionPolicy(call, isKnown: isManagedPolicy)
        try refuseSessions(call)
        let account = call.location.account
        let session = begin(
            arn: "arn:aws:sts::\(account):federated-user/\(name)", userID: "\(account):\(name)",
            seconds: seconds)
        call.succeed { xml in
            write(session, &xml)
            xml.element("FederatedUser") { xml in
                xml.element("FederatedUserId", session.userID)
                xml.element("Arn", session.arn)
            }
            xml.element("PackedPolicySize", optional: policy.packedPercent.map { String($0) })
        }
    }

    private func tokenSeconds(_ call: ServiceCall) throws(AWSError) -> Int {
        let range = IdentityLimits.shortestSessionSeconds...IdentityLimits.longestTokenSeconds
        let given = try QueryConstraint(call.parameters).integer("DurationSeconds", in: range)
        return min(
            given ?? IdentityLimits.longestRootSessionSeconds, IdentityLimits.longestRootSessionSeconds)
    }

    private func refuseSessions(_ call: ServiceCall) throws(AWSError) {
        guard session(call) == nil else {
            throw AWSError(
                "AccessDenied", "Cannot call \(call.operation) with session credentials", status: 403)
        }
    }
}
