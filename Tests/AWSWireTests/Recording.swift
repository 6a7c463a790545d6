import AWSWire
import ByteCoding
import HTTP
import Synchronization

/// Keeps the answer of one call.
final class AnswerBox: Sendable {
    private let answer = Mutex<HTTPResponse?>(nil)
    var response: HTTPResponse? { answer.withLock { $0 } }

    var responder: HTTPResponder {
        HTTPResponder(recording: { response in self.answer.withLock { $0 = response } })
    }
}

/// Sends one request through a router whose handlers answer at once.
func answer(of router: ServiceRouter, to request: HTTPRequest) -> HTTPResponse? {
    let box = AnswerBox()
    router.handle(request, box.responder)
    return box.response
}

extension HTTPResponse {
    var text: String {
        switch body {
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .slices(let slices): String(decoding: Array(slices.joined()), as: UTF8.self)
        }
    }

    func header(_ name: String) -> String? {
        headers.first { $0.0.lowercased() == name.lowercased() }?.1
    }
}
