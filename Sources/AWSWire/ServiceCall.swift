package import EventModel
package import HTTP

/// One call of one operation, from its request to its only answer.
///
/// Answers may come later and from any thread; the first one counts.
package struct ServiceCall: Sendable {
    package let service: WireService
    package let operation: String
    package let request: HTTPRequest
    /// Account and region of the caller: what new resources belong to and what bare names mean.
    package let location: Location
    package let requestID: String
    package let responder: HTTPResponder
    /// The parts of the path that stand in braces in the route, percent-decoded; empty without a REST route.
    package let pathParameters: [String: String]
    /// Parameters of the query string (REST) or of the form (Query protocol), decoded, in order of the wire.
    package let parameters: WireParameters
    /// What bodies look like on the wire; `body` and the bodies of answers are JSON (or XML) all the same.
    package let codec: BodyCodec

    package init(
        service: WireService, operation: String, request: HTTPRequest, location: Location,
        requestID: String, responder: HTTPResponder, pathParameters: [String: String] = [:],
        parameters: WireParameters = WireParameters(), codec: BodyCodec = .native
    ) {
        self.service = service
        self.operation = operation
        self.request = request
        self.location = location
        self.requestID = requestID
        self.responder = responder
        self.pathParameters = pathParameters
        self.parameters = parameters
        self.codec = codec
    }

    package var body: [UInt8] { request.body }
}

// MARK: - The Query protocol

extension ServiceCall {
    /// The same call as if it had come in JSON; what answers it in JSON goes out as XML.
    ///
    /// - Parameter extra: Members of the body that the parameters need not have.
    package func inJSON(
        _ operation: QueryOperation, extra: [(json: String, value: String)] = []
    ) throws(QueryProblem) -> ServiceCall {
        guard case .query(let namespace, _) = service.errorForm else {
            preconditionFailure("\(service.displayName) does not speak the Query protocol")
        }
        let body = try QueryToJSON.convert(parameters, to: operation.input, extra: extra)
        return ServiceCall(
            service: service, operation: operation.name, request: request.with(body: body),
            location: location, requestID: requestID, responder: responder,
            codec: .query(JSONToQuery(operation, namespace: namespace, requestID: requestID)))
    }
}

// MARK: - Answers

extension ServiceCall {
    /// Answers with a JSON body in the service's content type.
    package func succeed(json body: [UInt8], status: Int = 200) {
        succeed(body: .bytes(body), status: status)
    }

    /// Answers with a body in the service's content type.
    package func succeed(body: HTTPBody, status: Int = 200) {
        responder.respond(
            codec.encoded(
                HTTPResponse(
                    status: status,
                    headers: [("x-amzn-RequestId", requestID), ("Content-Type", service.contentType)],
                    body: body)))
    }

    /// Answers with no body; operations without a result do so (`DeleteStream`, 204 of Lambda's tags).
    package func succeed(status: Int = 200) {
        succeed(body: .bytes([]), status: status)
    }

    package func fail(_ error: AWSError) {
        responder.respond(codec.encoded(error: service.response(to: error, requestID: requestID)))
    }

    /// The answer to an operation that the service does not have.
    package func failUnknownOperation() {
        fail(.notSupported(operation: operation, service: service.displayName))
    }
}
