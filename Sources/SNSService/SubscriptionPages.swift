import AWSWire
import EventModel
import EventStore
import HTTP

/// The pages that notifications name: confirming and ending a subscription by a visit, and the certificate.
///
/// They take no signature, as on AWS: who got the message may act on it.
extension SNSService {
    func registerPages(on router: inout ServiceRouter) {
        router.register(path: "\(PublicAddress.pages)*") { [self] request, responder in
            precondition(loop.isCurrent, "SNS is confined to its loop")
            let name = request.path.dropFirst(PublicAddress.pages.count)
            guard name.isEmpty else { return certificate(String(name), responder) }
            visit(request, responder)
        }
    }

    private func visit(_ request: HTTPRequest, _ responder: HTTPResponder) {
        let parameters = WireParameters(formEncoded: (request.query ?? "").utf8) ?? WireParameters()
        let operation = parameters["Action"] ?? ""
        // The ARN says to whom the call belongs.
        let arn = (parameters["TopicArn"] ?? parameters["SubscriptionArn"]).flatMap { ARN($0) }
        let call = ServiceCall(
            service: .sns, operation: operation, request: request,
            location: Location(
                account: arn?.account ?? Limits.defaultAccount, region: arn?.region ?? Limits.defaultRegion),
            requestID: identifiers.next(), responder: responder, parameters: parameters)
        do throws(AWSError) {
            switch operation {
            case "ConfirmSubscription": try confirmSubscription(call, isSigned: false)
            case "Unsubscribe": try unsubscribe(call, isSigned: false)
            default: throw .invalid("Action Reason: this page confirms and ends subscriptions")
            }
        } catch {
            call.fail(error)
        }
    }

    private func certificate(_ name: String, _ responder: HTTPResponder) {
        do throws(StoreError) {
            guard let certificate = try reader.signingCertificate(), certificate.name == name else {
                return responder.respond(Self.page(404, "text/plain", "There is no such certificate.\n"))
            }
            responder.respond(Self.page(200, "application/x-pem-file", certificate.text))
        } catch {
            responder.respond(Self.page(500, "text/plain", "\(error)\n"))
        }
    }

    private static func page(_ status: Int, _ type: String, _ text: String) -> HTTPResponse {
        HTTPResponse(status: status, headers: [("Content-Type", type)], body: .bytes(Array(text.utf8)))
    }
}
