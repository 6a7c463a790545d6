import AWSWire
import ByteCoding
import EventModel
import EventStore
import HTTP
import LambdaService

// MARK: - Destinations of mappings

/// `GET`, `PUT` and `DELETE /_millrace/mappings/{uuid}/on-success`, and `…/on-failure` for those of queues: what AWS's API
/// has no words for.
///
/// The body is `{"Destination": ARN}`, to and fro; `null` for none. A change takes effect as an update of the mapping
/// does, and the mapping refuses it while another one is under way.
struct DestinationPage: Sendable {
    static let path = "/_millrace/mappings/*"
    static let methods: [String] = ["GET", "HEAD", "PUT", "DELETE"]

    let store: EventStore
    let now: @Sendable () -> Timestamp

    func answer(_ request: HTTPRequest, _ responder: HTTPResponder) {
        let parts = request.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard parts.count == 4, let place = parts.last, let occasion = Occasion(rawValue: String(place))
        else {
            return fail(404, "Nothing is served at \(request.path).", responder)
        }
        let id = String(parts[parts.startIndex + 2])
        switch request.method {
        case "GET", "HEAD":
            guard let mapping = store.catalog.mapping(id) else { return failMissing(id, responder) }
            responder.respond(Self.response(occasion.destination(in: mapping.settings)))
        case "PUT":
            guard let destination = Self.destination(in: request.body) else {
                return fail(400, "The body has to be {\"Destination\": ARN}.", responder)
            }
            change(id, occasion, to: destination, responder)
        case "DELETE": change(id, occasion, to: "", responder)
        default: fail(405, "\(request.path) does not take \(request.method).", responder)
        }
    }

    private static func destination(in body: [UInt8]) -> String? {
        // Whatever is wrong with the body, the answer is the same.
        guard let text = (try? JSONValue(parsing: body))?["Destination"]?.stringValue, !text.isEmpty else {
            return nil
        }
        return text
    }

    /// What is reported, as the last part of the path names it.
    private enum Occasion: String, Sendable {
        case success = "on-success"
        case failure = "on-failure"

        func destination(in settings: MappingSettings) -> ARN? {
            switch self {
            case .success: settings.onSuccessDestination
            case .failure: settings.onFailureDestination
            }
        }

        func ask(for destination: String, in request: inout MappingRequest) {
            switch self {
            case .success: request.successReportDestination = destination
            case .failure: request.failureReportDestination = destination
            }
        }
    }

    private enum Outcome: Sendable {
        case changed(ARN?)
        case refused(Int, String)
        case missing
    }

    private func change(
        _ id: String, _ occasion: Occasion, to destination: String, _ responder: HTTPResponder
    ) {
        let now = now()
        store.submit { writer throws(StoreError) -> Outcome in
            guard var mapping = writer.catalog.mapping(id) else { return .missing }
            guard mapping.state.isSettled else {
                return .refused(409, "Cannot update the event source mapping because it is in use.")
            }
            var request = MappingRequest()
            occasion.ask(for: destination, in: &request)
            let facts = MappingFacts(
                writer.catalog, request, source: mapping.source, location: mapping.location, now: now)
            do throws(ConfigurationError) {
                mapping.settings = try request.merged(into: mapping, with: facts).settings
            } catch {
                return .refused(AWSError(error).status, error.message)
            }
            mapping.state = .updating
            mapping.modifiedAt = now
            try writer.updateMapping(mapping)
            return .changed(occasion.destination(in: mapping.settings))
        } completion: { result in
            switch result {
            case .success(.changed(let destination)): responder.respond(Self.response(destination))
            case .success(.refused(let status, let message)): fail(status, message, responder)
            case .success(.missing): failMissing(id, responder)
            case .failure(let error): fail(500, "\(error)", responder)
            }
        }
    }

    private static func response(_ destination: ARN?) -> HTTPResponse {
        json(["Destination": destination.map { .string($0.description) } ?? .null])
    }

    private func failMissing(_ id: String, _ responder: HTTPResponder) {
        fail(404, "There is no mapping \(id); `millrace status` lists them.", responder)
    }

    private func fail(_ status: Int, _ message: String, _ responder: HTTPResponder) {
        var response = Self.json(["message": .string(message)])
        response.status = status
        responder.respond(response)
    }

    private static func json(_ value: JSONValue) -> HTTPResponse {
        HTTPResponse(status: 200, headers: [("Content-Type", "application/json")], body: .bytes(value.bytes))
    }
}
