import AWSWire
import Digest
import EventModel
import Foundation
import HTTP
import S3Service
import WireTesting

/// A world with S3 alone.
struct S3World {
    let wire: WireWorld

    init(buckets: [String] = ["things"]) throws {
        wire = try WireWorld { router, parts in
            S3Service(
                store: parts.store, reader: parts.reader, loop: parts.loop, now: parts.now,
                identifiers: parts.identifiers
            ).register(on: &router)
            router.register(rest: "GET", "/2015-03-31/functions", operation: "ListFunctions", of: .lambda) {
                $0.succeed(json: Array("{}".utf8))
            }
        }
        for bucket in buckets { _ = try send("PUT", "/\(bucket)") }
    }

    /// A request signed for S3 in form only: no keys are configured.
    static func request(
        _ method: String, _ target: String, _ headers: [(String, String)] = [], body: [UInt8] = []
    ) -> HTTPRequest {
        let signature = "AWS4-HMAC-SHA256 Credential=test/20240703/us-east-1/s3/aws4_request"
        return HTTPRequest(
            method: method, target: target,
            headers: HeaderFields([("host", "localhost:4566"), ("authorization", signature)] + headers),
            body: body)
    }

    func send(
        _ method: String, _ target: String, _ headers: [(String, String)] = [], body: String = ""
    ) throws -> HTTPResponse {
        try wire.send(Self.request(method, target, headers, body: Array(body.utf8)))
    }

    func send(_ method: String, _ target: String, bytes: [UInt8]) throws -> HTTPResponse {
        try wire.send(Self.request(method, target, body: bytes))
    }

    func put(_ keys: [String], in bucket: String = "things") throws {
        for key in keys { _ = try send("PUT", "/\(bucket)/\(key)", body: key) }
    }

    /// Files of bodies on the disk.
    var files: [String] {
        let folder = wire.directory.appending(path: "objects")
        let all = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.isRegularFileKey])
        return (all?.allObjects ?? []).compactMap { $0 as? URL }.filter { !$0.hasDirectoryPath }.map(
            \.lastPathComponent)
    }
}

extension HTTPResponse {
    func header(_ name: String) -> String? {
        headers.first { $0.0.lowercased() == name.lowercased() }?.1
    }

    /// The text of the first element of that name.
    func element(_ name: String) -> String? {
        guard let start = bodyText.firstRange(of: "<\(name)>")?.upperBound,
            let end = bodyText[start...].firstRange(of: "</\(name)>")?.lowerBound
        else { return nil }
        return String(bodyText[start..<end])
    }

    /// The texts of all elements of that name.
    func elements(_ name: String) -> [String] {
        bodyText.split(separator: "<\(name)>").dropFirst().compactMap {
            $0.split(separator: "</\(name)>").first
        }
        .map(String.init)
    }
}
