package import ByteCoding
import HTTP

/// How the bodies of a call look on the wire. Handlers see JSON whatever the client speaks.
package struct BodyCodec: Sendable {
    private enum Form: Sendable {
        /// As the service has it: JSON, XML.
        case native
        case cbor(CBORDialect, CBORMembers)
        /// Parameters come, XML goes. Boxed: what is rare must not make each call larger.
        indirect case query(JSONToQuery)
    }

    private let form: Form

    package static let native = BodyCodec(form: .native)

    package static func cbor(_ dialect: CBORDialect, _ members: CBORMembers) -> BodyCodec {
        BodyCodec(form: .cbor(dialect, members))
    }

    /// Answers in XML; the request has been made JSON by `QueryToJSON`.
    package static func query(_ answers: JSONToQuery) -> BodyCodec {
        BodyCodec(form: .query(answers))
    }

    var isNative: Bool {
        if case .native = form { true } else { false }
    }

    /// What stands in front of each piece of an event stream: its `:content-type`.
    package var eventContentType: String {
        switch form {
        case .native, .query: "application/json"
        case .cbor: "application/cbor"
        }
    }

    /// The JSON that a request's body stands for.
    ///
    /// - Throws: `SerializationException` for a body that is not what it should be.
    func decoded(_ body: [UInt8]) throws(AWSError) -> [UInt8] {
        guard case .cbor(let dialect, let members) = form else { return body }
        // Operations without input send nothing.
        if body.isEmpty { return Array("{}".utf8) }
        do {
            return try CBORToJSON.convert(body, members, dialect)
        } catch {
            throw .serialization(error.description)
        }
    }

    /// What stands for JSON of ours on the wire: bodies, and payloads of event streams.
    ///
    /// - Throws: for JSON that is wrong, which would be a bug of the handler.
    package func encoded(_ json: [UInt8]) throws(JSONError) -> [UInt8] {
        guard case .cbor(let dialect, let members) = form else { return json }
        return try JSONToCBOR.convert(json, members, dialect)
    }

    /// An answer in JSON as it goes to the client.
    func encoded(_ response: HTTPResponse) -> HTTPResponse {
        switch form {
        case .native: return response
        case .query(let answers): return Self.encoded(response, answers)
        case .cbor(let dialect, _): return encoded(response, dialect)
        }
    }

    /// An error in JSON as it goes to the client. `WireService` writes those of the Query protocol in XML by itself.
    func encoded(error response: HTTPResponse) -> HTTPResponse {
        if case .query = form { return response }
        return encoded(response)
    }

    private static func encoded(_ response: HTTPResponse, _ answers: JSONToQuery) -> HTTPResponse {
        var response = response
        do {
            response.body = .bytes(try answers.document(response.body.joined))
        } catch {
            // A handler made JSON that is none: an error of ours.
            response.status = 500
            response.body = .bytes(Array("<Error>The answer cannot be written as XML: \(error)</Error>".utf8))
        }
        return response
    }

    private func encoded(_ response: HTTPResponse, _ dialect: CBORDialect) -> HTTPResponse {
        var response = response
        response.headers.removeAll { $0.0.utf8.count == 12 && $0.0.lowercased() == "content-type" }
        switch dialect {
        case .amazon: response.headers.append(("Content-Type", "application/x-amz-cbor-1.1"))
        case .rpcV2:
            response.headers.append(("Content-Type", "application/cbor"))
            response.headers.append(("smithy-protocol", "rpc-v2-cbor"))
        }
        let json = response.body.joined
        if json.isEmpty {
            // RPC v2 has a map for every output, be it empty.
            if dialect == .rpcV2 { response.body = .bytes(JSONToCBOR.emptyMap) }
            return response
        }
        do {
            response.body = .bytes(try encoded(json))
        } catch {
            // A handler made JSON that is none, or a blob that is none: an error of ours, said in CBOR.
            response.status = 500
            response.body = .bytes(
                JSONToCBOR.map([
                    ("__type", "InternalFailure"),
                    ("message", "The answer cannot be written as CBOR: \(error)"),
                ]))
        }
        return response
    }
}
