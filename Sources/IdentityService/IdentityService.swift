package import AWSWire
import EventModel
import HTTP

/// As much of STS as clients ask to find out who they are.
package enum IdentityService {
    package static func register(on router: inout ServiceRouter) {
        router.register(queryVersion: "2011-06-15", of: .sts) { call in
            switch call.operation {
            case "GetCallerIdentity": getCallerIdentity(call)
            case "": call.fail(AWSError("MissingAction", "The request must contain the parameter Action."))
            default: call.failUnknownOperation()
            }
        }
    }

    /// Everybody is the root user of the account.
    private static func getCallerIdentity(_ call: ServiceCall) {
        let account = call.location.account
        let text = """
            <GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\
            <GetCallerIdentityResult><Arn>arn:aws:iam::\(account):root</Arn><UserId>\(account)</UserId>\
            <Account>\(account)</Account></GetCallerIdentityResult>\
            <ResponseMetadata><RequestId>\(call.requestID)</RequestId></ResponseMetadata>\
            </GetCallerIdentityResponse>
            """
        call.succeed(body: .bytes(Array(text.utf8)))
    }
}
