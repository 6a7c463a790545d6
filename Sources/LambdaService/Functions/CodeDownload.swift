import AWSWire
import ByteCoding
import CodeArchive
import Digest
import EventModel
import EventStore
import HTTP

/// URLs that code can be fetched from without a signature of the caller's own, as AWS's presigned ones.
extension LambdaService {
    static let downloadPath = "/_millrace/lambda/code"
    /// As long as AWS's are good.
    private static let validity = Duration.seconds(600)

    /// Where the code of one version is. What was uploaded is named by its content, a template's folder by its function.
    func location(of function: FunctionDefinition, _ call: ServiceCall) -> String {
        if let code = function.code { return location(of: code, call) }
        return location("function", function.qualifiedARN.description, call)
    }

    func location(of code: CodePackage, _ call: ServiceCall) -> String {
        location("package", "\(code.digest)-\(code.size)", call)
    }

    private func location(_ kind: String, _ what: String, _ call: ServiceCall) -> String {
        let expires = (now() + Self.validity).millisecondsSinceEpoch / 1_000
        // The client comes back the way it came: it knows this address.
        let address = call.request.headers["Host"].map { "http://\($0)" } ?? store.publicAddress.value
        let encoded = what.replacing(":", with: "%3A").replacing("$", with: "%24")
        let proof = signature(kind, what, expires)
        return "\(address)\(Self.downloadPath)?\(kind)=\(encoded)&expires=\(expires)&signature=\(proof)"
    }

    private func signature(_ kind: String, _ what: String, _ expires: Int64) -> String {
        let message = Array("code\n\(kind)\n\(what)\n\(expires)".utf8)
        return Hex.encode(HMACSHA256.authenticate(key: store.credentialKey, message: message))
    }

    /// Answers a download; the zip file is read, or made from a folder, on the worker.
    func download(_ request: HTTPRequest, _ responder: HTTPResponder) {
        guard let parameters = WireParameters(formEncoded: (request.query ?? "").utf8),
            let kind = ["package", "function"].first(where: { parameters[$0] != nil }),
            let what = parameters[kind], let expires = parameters["expires"].flatMap({ Int64($0) }),
            parameters["signature"] == signature(kind, what, expires)
        else { return Self.refuse(responder, 403, "The address is none that Millrace has given out.") }
        guard now().millisecondsSinceEpoch <= expires * 1_000 else {
            return Self.refuse(responder, 403, "The address was good for ten minutes; ask for a new one.")
        }
        let isTaken = store.workWithCode(bytes: 0) { [self] in
            do {
                let bytes = try kind == "package" ? packageBytes(what) : functionBytes(what)
                responder.respond(
                    HTTPResponse(
                        status: 200, headers: [("Content-Type", "application/zip")], body: .bytes(bytes)))
            } catch {
                Self.refuse(responder, 404, "The code cannot be read: \(error)")
            }
        }
        if !isTaken { Self.refuse(responder, 503, "Too much is waiting; try again.") }
    }

    private func packageBytes(_ what: String) throws -> [UInt8] {
        let parts = what.split(separator: "-")
        guard parts.count == 2, CodeFiles.isDigest(String(parts[0])), let size = Int(parts[1]) else {
            throw StoreError.notFound("The package")
        }
        return try store.codeFiles.archive(of: CodePackage(digest: String(parts[0]), size: size))
    }

    private func functionBytes(_ what: String) throws -> [UInt8] {
        guard let arn = ARN(what),
            let reference = FunctionReference(
                parsing: what, in: Location(account: arn.account, region: arn.region)),
            let function = store.catalog.snapshot.function(reference)
        else { throw StoreError.notFound("The function") }
        if let code = function.code { return try store.codeFiles.archive(of: code) }
        return try ZipWriter.pack(
            folder: function.codePath,
            limits: ArchiveLimits(
                bytes: FunctionLimits.unzippedBytes, entries: FunctionLimits.packageEntries))
    }

    private static func refuse(_ responder: HTTPResponder, _ status: Int, _ text: String) {
        responder.respond(
            HTTPResponse(
                status: status, headers: [("Content-Type", "text/plain")],
                body: .bytes(Array("\(text)\n".utf8))))
    }
}
