/// A JSON text with places for ARNs that are not known yet.
package struct LateText: Equatable, Sendable {
    package enum Piece: Equatable, Sendable {
        case text(String)
        case arn(TemplatePlan.LateARN)
    }

    package private(set) var pieces: [Piece] = []

    package init() {}

    package init(_ text: String) { pieces = [.text(text)] }

    package mutating func append(_ text: String) {
        if case .text(let before)? = pieces.last {
            pieces[pieces.count - 1] = .text(before + text)
        } else {
            pieces.append(.text(text))
        }
    }

    package mutating func append(_ arn: TemplatePlan.LateARN) { pieces.append(.arn(arn)) }

    /// The whole text with what `resolve` knows.
    package func text(_ resolve: (TemplatePlan.LateARN) -> String) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .arn(let arn): resolve(arn)
            }
        }.joined()
    }
}

extension TemplatePlan {
    /// A managed policy of IAM.
    package struct ManagedPolicy: Equatable, Sendable {
        package var name: String
        /// Begins and ends with a slash.
        package var path: String
        package var document: LateText
        package var description: String?
        /// Names of roles that it is attached to, of this plan or already there.
        package var roles: [String]
        package var origin: String

        package func arn(account: String) -> String { "arn:aws:iam::\(account):policy\(path)\(name)" }
    }

    /// A role of IAM.
    package struct Role: Equatable, Sendable {
        package var name: String
        /// Begins and ends with a slash.
        package var path: String
        package var trustPolicy: LateText
        package var description: String?
        /// 3,600...43,200 s.
        package var maxSessionSeconds: Int
        package var permissionsBoundary: String?
        /// ARNs of managed policies.
        package var attachedPolicies: [String]
        /// By name.
        package var inlinePolicies: [String: LateText]
        package var tags: [String: String]
        package var origin: String
    }

    /// An `AWS::IAM::Policy`: one inline policy for several roles.
    package struct RolePolicy: Equatable, Sendable {
        package var name: String
        package var document: LateText
        /// Names of roles, of this plan or already there.
        package var roles: [String]
        package var origin: String
    }

    /// Who may use a queue, as bookkeeping.
    package struct QueuePolicy: Equatable, Sendable {
        package var queueName: String
        package var document: LateText
        package var origin: String
    }
}
