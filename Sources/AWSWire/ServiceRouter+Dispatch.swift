import ByteCoding
import EventModel
package import HTTP

// MARK: - Dispatch

extension ServiceRouter {
    /// Answers a request, at once or later through its responder. Runs on the server's loop.
    package func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        if let name = request.headers["x-amz-target"] {
            handle(target: name, request, responder)
        } else if let name = request.headers["smithy-protocol"] {
            handle(protocol: name, request, responder)
        } else if let storage, storage.claims(request, false) {
            handle(storage, request, responder)
        } else if let page = page(for: request) {
            guard page.methods.contains(request.method) else {
                return answer(responder, status: 405, "\(request.path) does not take \(request.method).")
            }
            page.handler(request, responder)
        } else if let parameters = queryParameters(of: request) {
            handle(query: parameters, request, responder)
        } else {
            handleREST(request, responder)
        }
    }

    private func handle(target name: String, _ request: HTTPRequest, _ responder: HTTPResponder) {
        guard let dot = name.utf8.firstIndex(of: UInt8(ascii: ".")),
            let target = targets[String(name[..<dot])]
        else {
            let unknown = AWSError.notSupported("Millrace has no service for the target \(name) yet.")
            return responder.respond(Self.generic.response(to: unknown, requestID: makeRequestID()))
        }
        let operation = String(name[name.utf8.index(after: dot)...])
        let speaksCBOR = request.headers["content-type"]?.hasPrefix("application/x-amz-cbor") == true
        let codec =
            speaksCBOR ? target.cborMembers.map { BodyCodec.cbor(.amazon, $0) } ?? .native : .native
        start(target, operation, request, responder, codec: codec, mayBeCompressed: true) { call in
            guard call.request.method == "POST" else {
                return call.fail(
                    AWSError("UnknownOperationException", "\(call.operation) is a POST request."))
            }
            if speaksCBOR, target.cborMembers == nil {
                return call.fail(
                    .notSupported(
                        "Millrace does not support the CBOR protocol of \(target.service.displayName) yet."))
            }
            target.handler(call)
        }
    }

    /// Smithy RPC v2: `/service/<name>/operation/<Operation>`, perhaps behind a prefix.
    private func handle(protocol name: String, _ request: HTTPRequest, _ responder: HTTPResponder) {
        let parts = request.path.split(separator: "/", omittingEmptySubsequences: false).suffix(4)
        guard name == "rpc-v2-cbor", request.method == "POST", parts.count == 4,
            parts[parts.startIndex] == "service", parts[parts.startIndex + 2] == "operation",
            let target = rpcServices[String(parts[parts.startIndex + 1])],
            let members = target.cborMembers
        else {
            let unknown = AWSError(
                "UnknownOperationException",
                "Nothing is served at \(request.method) \(request.path) with the protocol \(name).",
                status: 404)
            let response = Self.generic.response(to: unknown, requestID: makeRequestID())
            return responder.respond(BodyCodec.cbor(.rpcV2, Self.noMembers).encoded(response))
        }
        start(
            target, String(parts[parts.startIndex + 3]), request, responder, codec: .cbor(.rpcV2, members),
            mayBeCompressed: true, target.handler)
    }

    private func handle(query: WireParameters, _ request: HTTPRequest, _ responder: HTTPResponder) {
        let action = query["Action"] ?? ""
        guard let target = target(of: query, request) else {
            let version = query["Version"] ?? "none"
            let unknown = AWSError.notSupported(
                "Millrace does not support the Query protocol with Version \(version) (action \(action)) yet."
            )
            return responder.respond(Self.genericQuery.response(to: unknown, requestID: makeRequestID()))
        }
        start(target, action, request, responder, parameters: query, target.handler)
    }

    private func target(of query: WireParameters, _ request: HTTPRequest) -> Target? {
        if let version = query["Version"] { return queryVersions[version] }
        if let service = CredentialScope.service(of: request)
            ?? resource(at: request.path)?.service.signingName
        {
            return queryVersions.values.first { $0.service.signingName == service }
        }
        // `sqs.eu-west-1.…`
        let label = request.headers["host"]?.prefix { $0 != "." }
        return queryVersions.values.first { $0.service.signingName == label ?? "" }
    }

    private func resource(at path: String) -> Target? {
        queryVersions.values.first { $0.isResource?(path) ?? false }
    }

    private func handleREST(_ request: HTTPRequest, _ responder: HTTPResponder) {
        for route in routes where route.method == request.method {
            guard let found = route.pattern.match(request.path) else { continue }
            guard let query = WireParameters(formEncoded: (request.query ?? "").utf8) else {
                return answer(responder, status: 400, "The query string is not percent-encoded UTF-8.")
            }
            return start(
                route.target, route.operation, request, responder, pathParameters: found, parameters: query,
                route.target.handler)
        }
        if let storage, storage.claims(request, true) { return handle(storage, request, responder) }
        guard !routes.contains(where: { $0.pattern.match(request.path) != nil }) else {
            return answer(responder, status: 405, "\(request.path) does not take \(request.method).")
        }
        if let resource = resource(at: request.path) {
            // Recorded on AWS for a queue's URL: a bare element, whatever the method.
            return responder.respond(
                HTTPResponse(
                    status: 404,
                    headers: [
                        ("x-amzn-RequestId", makeRequestID()), ("Content-Type", resource.service.contentType),
                    ],
                    body: .bytes(Array("<UnknownOperationException/>".utf8))))
        }
        // AWS's own answer to such a request has no words; ours says what was asked for.
        answer(responder, status: 404, "Nothing is served at \(request.method) \(request.path).")
    }

    private func handle(_ storage: Storage, _ request: HTTPRequest, _ responder: HTTPResponder) {
        // Its own words for a query that is none: the service looks at it again.
        let query = WireParameters(formEncoded: (request.query ?? "").utf8) ?? WireParameters()
        start(storage.target, "", request, responder, parameters: query, storage.target.handler)
    }

    /// - Parameter mayBeCompressed: Not where a body is an object that is stored as it comes.
    private func start(
        _ target: Target, _ operation: String, _ request: HTTPRequest, _ responder: HTTPResponder,
        pathParameters: [String: String] = [:], parameters: WireParameters = WireParameters(),
        codec: BodyCodec = .native, mayBeCompressed: Bool = false, _ handler: (ServiceCall) -> Void
    ) {
        let requestID = makeRequestID()
        do throws(AWSError) {
            // Signatures are of the bytes as they came.
            let location = try location(of: request, for: target.service)
            let plain = mayBeCompressed ? try GzipBody.plain(request) : request
            handler(
                ServiceCall(
                    service: target.service, operation: operation,
                    request: codec.isNative ? plain : plain.with(body: try codec.decoded(plain.body)),
                    location: location, requestID: requestID, responder: responder,
                    pathParameters: pathParameters, parameters: parameters,
                    codec: codec))
        } catch {
            responder.respond(
                codec.encoded(error: target.service.response(to: error, requestID: requestID)))
        }
    }

    /// The caller's account and region, after the signature was checked if signatures are checked at all.
    private func location(of request: HTTPRequest, for service: WireService) throws(AWSError) -> Location {
        let verifiedRegion = try verifier?.verify(request, for: service)
        let caller = Caller(request)
        return Location(
            account: (caller.isTemporary ? sessions?.account(of: request) : caller.account) ?? account,
            region: verifiedRegion ?? caller.region
                ?? request.headers["host"].flatMap { ServiceHost.region(in: $0) } ?? Limits.defaultRegion)
    }
}

// MARK: - What a request looks like

extension ServiceRouter {
    private func page(for request: HTTPRequest) -> Page? {
        pages.first { page in
            page.path.hasSuffix("*")
                ? request.path.hasPrefix(page.path.dropLast()) : request.path == page.path
        }
    }

    /// The parameters when the request speaks the Query protocol: it has an `Action`, in a form body or in the URL. What
    /// the other of the two says counts where the one with the action says nothing.
    private func queryParameters(of request: HTTPRequest) -> WireParameters? {
        let inURL = request.query.flatMap { WireParameters(formEncoded: $0.utf8) } ?? WireParameters()
        if let type = request.headers["content-type"], type.hasPrefix("application/x-www-form-urlencoded"),
            // One that cannot be read has no action, and is told so.
            let body = try? GzipBody.plain(request).body,
            let form = WireParameters(formEncoded: body, limit: Self.formPairs)
        {
            if form["Action"] != nil { return form.followed(by: inURL) }
            if inURL["Action"] != nil { return inURL.followed(by: form) }
        }
        return inURL["Action"] == nil ? nil : inURL
    }

    private func answer(_ responder: HTTPResponder, status: Int, _ message: String) {
        let error = AWSError("UnknownOperationException", message, status: status)
        responder.respond(Self.generic.response(to: error, requestID: makeRequestID()))
    }

    /// A thousand metrics with twenty members each, and then some (our own).
    private static let formPairs = 100_000
    private static let noMembers = CBORMembers(blobs: [], timestamps: [])
    /// Speaks when no service could be found.
    private static let generic = WireService(
        signingName: "", displayName: "Millrace", contentType: "application/x-amz-json-1.1",
        errorForm: .json(namespace: "", isQueryCompatible: false))
    private static let genericQuery = WireService(
        signingName: "", displayName: "Millrace", contentType: "text/xml",
        errorForm: .query(namespace: "http://webservices.amazon.com/AWSFault/2005-15-09"))
}
