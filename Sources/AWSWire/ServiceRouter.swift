import Digest
import EventModel
package import HTTP

/// Finds the service that a request is meant for, checks its signature and hands it over.
///
/// Register everything first, then give `handle` to the server: a router is a value, so what is registered later
/// is seen by later copies only.
package struct ServiceRouter: Sendable {
    package typealias Handler = @Sendable (ServiceCall) -> Void
    package typealias PageHandler = @Sendable (HTTPRequest, HTTPResponder) -> Void

    /// Whether a request is meant for S3: by its mark alone, or, once nothing else is served at its path, by a bucket
    /// that it names.
    package typealias StorageClaim = @Sendable (HTTPRequest, _ isLastResort: Bool) -> Bool

    struct Target: Sendable {
        let service: WireService
        /// Set if the service also speaks `application/x-amz-cbor-1.1`, or else RPC v2.
        var cborMembers: CBORMembers?
        /// Set if the service's resources have paths at which it is called without a `Version`.
        var isResource: (@Sendable (_ path: String) -> Bool)?
        let handler: Handler
    }

    struct RESTRoute: Sendable {
        let method: String
        let pattern: RoutePattern
        let operation: String
        let target: Target
    }

    struct Page: Sendable {
        let methods: [String]
        let path: String
        let handler: PageHandler
    }

    /// The service whose paths are names of users.
    struct Storage: Sendable {
        let target: Target
        let claims: StorageClaim
    }

    /// By the part of `X-Amz-Target` before the dot.
    var targets: [String: Target] = [:]
    /// By the service's name in the path of RPC v2.
    var rpcServices: [String: Target] = [:]
    /// By the `Version` of the Query protocol.
    var queryVersions: [String: Target] = [:]
    var routes: [RESTRoute] = []
    var pages: [Page] = []
    var storage: Storage?
    let verifier: SignatureVerifier?
    let sessions: SessionAccounts?
    let account: String
    let makeRequestID: @Sendable () -> String

    /// - Parameters:
    ///   - verifier: Checks signatures; `nil` accepts every request, signed or not.
    ///   - sessions: Knows the accounts of temporary credentials.
    ///   - account: The account of callers whose credentials name none, 12 digits.
    ///   - makeRequestID: Names each request; a UUID when not given.
    package init(
        verifier: SignatureVerifier? = nil, sessions: SessionKeys? = nil,
        account: String = Limits.defaultAccount, makeRequestID: (@Sendable () -> String)? = nil
    ) {
        self.verifier = verifier
        self.sessions = sessions.map { SessionAccounts($0) }
        self.account = account
        let identifiers = IdentifierSource()
        self.makeRequestID = makeRequestID ?? { identifiers.next() }
    }
}

// MARK: - Registration

extension ServiceRouter {
    /// Serves a JSON service: `X-Amz-Target: <prefix>.<Operation>`, any method path. The handler sees every operation
    /// and calls `failUnknownOperation()` for those that it does not have.
    ///
    /// - Parameter cbor: set if clients may send `application/x-amz-cbor-1.1` instead; the handler gets JSON all the same.
    package mutating func register(
        jsonTarget prefix: String, of service: WireService, cbor: CBORMembers? = nil,
        _ handler: @escaping Handler
    ) {
        precondition(targets[prefix] == nil, "\(prefix) is registered twice")
        targets[prefix] = Target(service: service, cborMembers: cbor, handler: handler)
    }

    /// Serves a service in Smithy RPC v2 CBOR: `POST /service/<name>/operation/<Operation>`. The handler gets JSON and answers
    /// JSON, so it is the one of `register(jsonTarget:)`, and `service` the one whose errors are JSON.
    ///
    /// - Parameters:
    ///   - name: The service's shape, which AWS's services name as in `X-Amz-Target`.
    ///   - members: Which members are blobs and timestamps.
    package mutating func register(
        rpcV2CBOR name: String, of service: WireService, members: CBORMembers, _ handler: @escaping Handler
    ) {
        precondition(rpcServices[name] == nil, "\(name) is registered twice")
        rpcServices[name] = Target(service: service, cborMembers: members, handler: handler)
    }

    /// Serves the Query protocol of one API version: `Action=…&Version=<version>` as form or query string. Without a
    /// version the service is known by the signature, by the path of one of its resources, or by the host.
    ///
    /// - Parameter isResource: Whether a path is that of a resource; such a path without an action is an unknown operation.
    package mutating func register(
        queryVersion version: String, of service: WireService,
        isResource: (@Sendable (_ path: String) -> Bool)? = nil, _ handler: @escaping Handler
    ) {
        precondition(queryVersions[version] == nil, "\(version) is registered twice")
        queryVersions[version] = Target(service: service, isResource: isResource, handler: handler)
    }

    /// Serves one operation of a REST-JSON service.
    ///
    /// - Parameter path: As in `RoutePattern`. The first registered route that matches wins.
    package mutating func register(
        rest method: String, _ path: String, operation: String, of service: WireService,
        _ handler: @escaping Handler
    ) {
        routes.append(
            RESTRoute(
                method: method, pattern: RoutePattern(path), operation: operation,
                target: Target(service: service, handler: handler)))
    }

    /// Serves a page outside of AWS's APIs (`/healthz`, `/_millrace/…`), unsigned.
    ///
    /// - Parameter path: The exact raw path, or with a `*` at the end every path that starts so.
    package mutating func register(
        path: String, methods: [String] = ["GET", "HEAD"], _ handler: @escaping PageHandler
    ) {
        pages.append(Page(methods: methods, path: path, handler: handler))
    }

    /// Serves S3, whose paths may look like any other's: `claims` is asked before pages and routes whether a request
    /// bears the mark of S3, and after them whether it names a bucket.
    package mutating func register(
        storage service: WireService, claims: @escaping StorageClaim, _ handler: @escaping Handler
    ) {
        precondition(storage == nil, "there is one S3")
        storage = Storage(target: Target(service: service, handler: handler), claims: claims)
    }
}
