import ByteCoding
import Foundation
package import HTTP

/// Golden wire pairs: one file an exchange, `<folder>/<action>/<name>.http`, with the request as it was sent and the
/// response as it has to be, byte for byte.
///
/// `SNAPSHOT_UPDATE=1` in the environment writes the files instead; the difference is reviewed.
package struct Golden {
    private let folder: URL

    /// - Parameter file: The calling test's file; its `Golden` folder stands beside it.
    package init(beside file: String) {
        folder = URL(filePath: file).deletingLastPathComponent().appending(path: "Golden")
    }

    private static var isUpdating: Bool {
        ProcessInfo.processInfo.environment["SNAPSHOT_UPDATE"] == "1"
    }

    /// Compares an exchange with its file.
    ///
    /// - Returns: `nil` when they agree, else what to show: the file that is missing or the two texts.
    package func difference(
        _ action: String, _ name: String, _ request: HTTPRequest, _ response: HTTPResponse
    ) throws -> String? {
        let actual = Self.text(request, response)
        let file = folder.appending(path: action).appending(path: "\(name).http")
        if Self.isUpdating {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(actual.utf8).write(to: file)
            return nil
        }
        guard FileManager.default.fileExists(atPath: file.path) else {
            return "\(action)/\(name).http is missing. The exchange was:\n\(actual)"
        }
        let expected = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        guard Array(expected.utf8) != Array(actual.utf8) else { return nil }
        return "\(action)/\(name).http differs.\n--- expected\n\(expected)\n--- actual\n\(actual)"
    }

    private static func text(_ request: HTTPRequest, _ response: HTTPResponse) -> String {
        var lines = ["\(request.method) \(request.target)"]
        for (name, value) in request.headers.pairs { lines.append("\(name): \(value)") }
        lines += ["", shown(request.body, request.headers["content-type"]), "", "\(response.status)"]
        for (name, value) in response.headers { lines.append("\(name): \(value)") }
        let type = response.headers.first { $0.0.lowercased() == "content-type" }?.1
        lines += ["", shown(response.bodyBytes, type), ""]
        return lines.joined(separator: "\n")
    }

    /// Text as it is; CBOR in hexadecimal digits, 40 bytes a line.
    private static func shown(_ body: [UInt8], _ type: String?) -> String {
        guard type?.contains("cbor") == true else { return String(decoding: body, as: UTF8.self) }
        return stride(from: 0, to: body.count, by: 40).map { start in
            Hex.encode(Array(body[start..<min(start + 40, body.count)]))
        }.joined(separator: "\n")
    }
}

extension HTTPResponse {
    /// The body in one piece.
    package var bodyBytes: [UInt8] {
        switch body {
        case .bytes(let bytes): bytes
        case .slices(let slices): slices.flatMap { $0 }
        }
    }

    package var bodyText: String { String(decoding: bodyBytes, as: UTF8.self) }
}

extension HTTPRequest {
    /// A call of a JSON service: `X-Amz-Target: <target>.<operation>`.
    package static func json(_ target: String, _ operation: String, _ body: String) -> HTTPRequest {
        HTTPRequest(
            method: "POST", target: "/",
            headers: HeaderFields([("x-amz-target", "\(target).\(operation)")]), body: Array(body.utf8))
    }
}
