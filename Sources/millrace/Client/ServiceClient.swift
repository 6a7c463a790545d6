import ByteCoding
import HTTPClient

/// Speaks to a daemon, or to AWS's APIs of any other endpoint, over one connection. One a thread.
final class ServiceClient {
    static let defaultEndpoint = "http://127.0.0.1:4566"

    /// Without a slash at the end.
    let endpoint: String
    private let http: HTTPClient
    private let signer: RequestSigner
    private let host: String

    /// What an API call came to.
    enum Answer {
        case success(JSONValue)
        /// The short name of AWS's error and its message.
        case failure(code: String, message: String)
    }

    init(endpoint: String, environment: [String: String]) throws(CommandFailure) {
        guard let scheme = endpoint.firstRange(of: "://"), endpoint.hasPrefix("http") else {
            throw CommandFailure("The endpoint '\(endpoint)' has to start with http:// or https://.")
        }
        self.endpoint = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        host = String(endpoint[scheme.upperBound...].prefix { $0 != "/" })
        signer = RequestSigner(environment: environment)
        do { http = try HTTPClient() } catch { throw CommandFailure(error.description) }
    }

    /// Calls an operation of a service that speaks AWS's JSON protocol.
    ///
    /// - Parameter target: `Kinesis_20131202.PutRecords`.
    func call(_ target: String, service: String, version: String, body: [UInt8]) throws(CommandFailure)
        -> Answer
    {
        let headers = [("Content-Type", "application/x-amz-json-\(version)"), ("X-Amz-Target", target)]
        let signed = signer.signed(
            headers, method: "POST", host: host, path: "/", service: service, body: body, at: RealClock.now()
        )
        let response = try send("POST", "/", signed, body)
        let json = Self.json(response.body)
        if response.status == 200, let json { return .success(json) }
        let type = json?["__type"]?.stringValue ?? response["x-amzn-errortype"] ?? "HTTP \(response.status)"
        let code = type.split(separator: "#").last.map { String($0.prefix { $0 != ":" }) } ?? type
        let message = json?["message"]?.stringValue ?? json?["Message"]?.stringValue ?? ""
        return .failure(code: code, message: message)
    }

    /// Reads one of the daemon's own reports.
    func report<Shape: StatusShape>(_ path: String, as type: Shape.Type) throws(CommandFailure) -> Shape {
        // Signed, because a daemon that checks signatures shows its records to nobody else.
        let parts = path.split(separator: "?", maxSplits: 1).map(String.init)
        let query = parts.count == 2 ? parts[1].split(separator: "&").sorted().joined(separator: "&") : ""
        let signed = signer.signed(
            [], method: "GET", host: host, path: parts[0], query: query, service: "millrace", body: [],
            at: RealClock.now())
        let response = try send("GET", path, signed, [])
        let json = Self.json(response.body)
        guard response.status == 200, let json else {
            let message = json?["message"]?.stringValue ?? "HTTP status \(response.status)"
            throw CommandFailure("\(endpoint) does not answer \(path): \(message)")
        }
        do { return try Shape(json) } catch { throw CommandFailure(error.description) }
    }

    /// Whether the daemon says that it can serve.
    func isReady() throws(CommandFailure) -> Bool { try send("GET", "/readyz", [], []).status == 200 }

    private func send(
        _ method: String, _ path: String, _ headers: [(String, String)], _ body: [UInt8]
    ) throws(CommandFailure) -> HTTPClient.Response {
        do {
            return try http.send(method, endpoint + path, headers: headers, body: body)
        } catch {
            switch error {
            case .cannotConnect:
                throw CommandFailure(
                    """
                    Nothing listens at \(endpoint). Start a daemon with: millrace serve
                    or name another endpoint with --endpoint or AWS_ENDPOINT_URL.
                    """)
            case .timedOut, .failed: throw CommandFailure(error.description)
            }
        }
    }

    private static func json(_ body: [UInt8]) -> JSONValue? {
        do { return try JSONValue(parsing: body) } catch { return nil }
    }
}

/// The flag and variable by which every verb finds its daemon.
enum Endpoint {
    static let option = Option(
        "endpoint", "URL",
        "Where the daemon is (default AWS_ENDPOINT_URL, else \(ServiceClient.defaultEndpoint)).")

    static func chosen(_ arguments: Arguments, _ environment: [String: String]) -> String {
        if let flag = arguments["endpoint"] { return flag.text }
        let variable = environment["AWS_ENDPOINT_URL"] ?? ""
        return variable.isEmpty ? ServiceClient.defaultEndpoint : variable
    }
}
