import ByteCoding
import Foundation
import HTTP
import IAMService
import Synchronization
import WireTesting

/// A world with IAM alone, and the golden pairs of its calls.
struct IAMWorld {
    let wire: WireWorld
    private let golden = Golden(beside: #filePath)

    init() throws {
        wire = try WireWorld { router, parts in
            let count = Atomic<UInt8>(0)
            IAMService(
                store: parts.store, loop: parts.loop,
                randomBytes: { length in
                    let number = count.wrappingAdd(1, ordering: .relaxed).newValue
                    return (0..<length).map { UInt8(truncatingIfNeeded: $0) &* 37 &+ number }
                }
            ).register(on: &router)
        }
    }

    func request(_ operation: String, _ parameters: some Sequence<(key: String, value: String)>)
        -> HTTPRequest
    {
        var form = "Action=\(operation)&Version=2010-05-08"
        for (name, value) in parameters { form += "&\(name)=\(Self.escaped(value))" }
        return HTTPRequest(
            method: "POST", target: "/",
            headers: HeaderFields([("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")]),
            body: Array(form.utf8))
    }

    private static func escaped(_ text: String) -> String {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~")
        return text.addingPercentEncoding(withAllowedCharacters: allowed) ?? text
    }

    /// Sends a call that prepares something; its answer.
    @discardableResult
    func send(_ operation: String, _ parameters: KeyValuePairs<String, String> = [:]) throws -> HTTPResponse {
        try wire.send(request(operation, parameters))
    }

    /// Sends a call and compares it with `Golden/<operation>/<name>.http`; what differs.
    func pair(
        _ operation: String, _ name: String, _ parameters: KeyValuePairs<String, String> = [:]
    ) throws -> String? {
        let request = request(operation, parameters)
        return try golden.difference(operation, name, request, try wire.send(request))
    }

    static let account = "000000000000"
    static let trust =
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"#
        + #""Action":"sts:AssumeRole"}]}"#
    static let permissions =
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:ReceiveMessage"],"Resource":"*"}]}"#
    static let basicExecution = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"

    static func policyARN(_ name: String) -> String { "arn:aws:iam::\(account):policy/\(name)" }

    func makeRole(_ name: String = "worker") throws {
        try send("CreateRole", ["RoleName": name, "AssumeRolePolicyDocument": Self.trust])
    }

    func makePolicy(_ name: String = "reading") throws {
        try send("CreatePolicy", ["PolicyName": name, "PolicyDocument": Self.permissions])
    }
}
