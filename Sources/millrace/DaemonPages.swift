import AWSWire
import ByteCoding
import EventModel
import EventStore
import HTTP
import MappingEngine
import Telemetry

// MARK: - Pages outside of AWS's APIs

extension Daemon {
    func registerPages(on router: inout ServiceRouter, verifier: SignatureVerifier?) {
        registerReports(on: &router, verifier)
        router.register(path: "/_localstack/health") { [self] _, responder in
            responder.respond(Self.json(healthReport()))
        }
        router.register(path: "/healthz") { _, responder in
            responder.respond(Self.text(200, "ok\n"))
        }
        router.register(path: "/readyz") { [self] _, responder in
            responder.respond(isReady ? Self.text(200, "ready\n") : Self.text(503, "draining\n"))
        }
        router.register(path: "/metrics") { [self] _, responder in
            responder.respond(
                HTTPResponse(
                    status: 200, headers: [("Content-Type", "text/plain; version=0.0.4; charset=utf-8")],
                    body: .bytes(metrics.renderPrometheus())))
        }
    }

    /// What shows records and their errors. Where requests have to be signed, these have to be too.
    private func registerReports(on router: inout ServiceRouter, _ verifier: SignatureVerifier?) {
        let signed = { (page: @escaping Page) in Self.signed(page, by: verifier) }
        let destinations = DestinationPage(store: store, now: RealClock.now)
        router.register(
            path: DestinationPage.path, methods: DestinationPage.methods,
            signed { request, responder in destinations.answer(request, responder) })
        router.register(
            path: "/_millrace/status",
            signed { [self] _, responder in
                onEngine {
                    $0.answer(responder) { (daemon) throws(StoreError) in
                        try daemon.statusReport().json.bytes
                    }
                }
            })
        router.register(
            path: "/_millrace/lag",
            signed { [self] request, responder in
                let id = Self.parameter("mapping", of: request)
                guard knows(mapping: id, responder) else { return }
                onEngine { responder.respond(Self.bytes($0.lagReport(mapping: id).json.bytes)) }
            })
        router.register(
            path: "/_millrace/decisions",
            signed { [self] request, responder in
                let id = Self.parameter("mapping", of: request)
                guard knows(mapping: id, responder) else { return }
                let limit = Self.limit(of: request)
                onEngine {
                    $0.answer(responder) { (daemon) throws(StoreError) in
                        try daemon.decisionReport(mapping: id, limit: limit).json.bytes
                    }
                }
            })
        router.register(
            path: "/_millrace/dead-letters",
            signed { [self] request, responder in
                let id = Self.parameter("mapping", of: request)
                guard knows(mapping: id, responder) else { return }
                let limit = Self.limit(of: request)
                onEngine {
                    $0.answer(responder) { (daemon) throws(StoreError) in
                        try daemon.deadLetterReport(mapping: id, limit: limit).json.bytes
                    }
                }
            })
        router.register(
            path: "/_millrace/discards",
            signed { [self] request, responder in
                let id = Self.parameter("mapping", of: request)
                guard knows(mapping: id, responder) else { return }
                let limit = Self.limit(of: request)
                onEngine {
                    $0.answer(responder) { (daemon) throws(StoreError) in
                        try daemon.discardReport(mapping: id, limit: limit).json.bytes
                    }
                }
            })
    }

    private static func signed(_ page: @escaping Page, by verifier: SignatureVerifier?) -> Page {
        guard let verifier else { return page }
        return { request, responder in
            do throws(AWSError) {
                _ = try verifier.verify(request, for: reports)
            } catch {
                return responder.respond(message(403, error.message))
            }
            page(request, responder)
        }
    }

    private typealias Page = @Sendable (HTTPRequest, HTTPResponder) -> Void

    /// The reports as a service of their own: the name in the signatures that `millrace lag` and its kin make.
    private static let reports = WireService(
        signingName: "millrace", displayName: "Millrace", contentType: "application/json", errorForm: .rest)

    /// Runs on the engine's loop, where pollers and their reader live.
    private func onEngine(_ work: @escaping @Sendable (Daemon) -> Void) {
        engineLoop.execute { [self] in work(self) }
    }

    private func answer(
        _ responder: HTTPResponder, _ make: (Daemon) throws(StoreError) -> [UInt8]
    ) {
        do throws(StoreError) {
            responder.respond(Self.bytes(try make(self)))
        } catch {
            responder.respond(Self.message(500, "\(error)"))
        }
    }

    private func knows(mapping id: String?, _ responder: HTTPResponder) -> Bool {
        guard let id, store.catalog.mapping(id) == nil else { return true }
        responder.respond(Self.message(404, "There is no mapping \(id); `millrace status` lists them."))
        return false
    }

    private func healthReport() -> JSONValue {
        var services: [(String, JSONValue)] = []
        for name in [
            "cloudwatch", "dynamodb", "dynamodbstreams", "kinesis", "lambda", "s3", "sns", "sqs", "sts",
        ] {
            services.append((name, .string("running")))
        }
        return .object(
            JSONObject([
                ("services", .object(JSONObject(services))), ("edition", .string("millrace")),
                ("version", .string(Version.text)),
            ]))
    }

    private static func json(_ tree: JSONValue) -> HTTPResponse { bytes(tree.bytes) }

    private static func bytes(_ json: [UInt8]) -> HTTPResponse {
        HTTPResponse(status: 200, headers: [("Content-Type", "application/json")], body: .bytes(json))
    }

    private static func text(_ status: Int, _ text: String) -> HTTPResponse {
        HTTPResponse(
            status: status, headers: [("Content-Type", "text/plain")], body: .bytes(Array(text.utf8)))
    }

    private static func message(_ status: Int, _ text: String) -> HTTPResponse {
        var answer = json(.object(JSONObject([("message", .string(text))])))
        answer.status = status
        return answer
    }

    /// A query parameter whose value needs no decoding (mapping IDs, numbers).
    private static func parameter(_ name: String, of request: HTTPRequest) -> String? {
        for pair in request.query?.split(separator: "&") ?? [] {
            let parts = pair.split(separator: "=", maxSplits: 1)
            if parts.count == 2, parts[0] == name { return String(parts[1]) }
        }
        return nil
    }

    /// 100 unless the query says otherwise, 1,000 at most.
    private static func limit(of request: HTTPRequest) -> Int {
        min(1_000, max(1, parameter("limit", of: request).flatMap { Int($0) } ?? 100))
    }
}
