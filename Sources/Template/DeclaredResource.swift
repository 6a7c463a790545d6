/// A member of `Resources` before its properties are looked at.
struct DeclaredResource {
    enum Kind: String, CaseIterable {
        case queue = "AWS::SQS::Queue"
        case stream = "AWS::Kinesis::Stream"
        case table = "AWS::DynamoDB::Table"
        case serverlessFunction = "AWS::Serverless::Function"
        case function = "AWS::Lambda::Function"
        case mapping = "AWS::Lambda::EventSourceMapping"

        var nameProperty: String? {
            switch self {
            case .queue: "QueueName"
            case .stream: "Name"
            case .table: "TableName"
            case .serverlessFunction, .function: "FunctionName"
            case .mapping: nil
            }
        }

        /// What AWS's API reference of `CreateQueue`, `CreateStream`, `CreateTable`, `CreateFunction` allows.
        var nameRule: String {
            switch self {
            case .queue: "1 to 80 letters, digits, hyphens and underscores"
            case .stream: "1 to 128 letters, digits, hyphens, underscores and dots"
            case .table: "3 to 255 letters, digits, hyphens, underscores and dots"
            case .serverlessFunction, .function: "1 to 64 letters, digits, hyphens and underscores"
            case .mapping: "any"
            }
        }

        func accepts(name: String) -> Bool {
            switch self {
            // A FIFO queue's name gets its own refusal, with `FifoQueue`.
            case .queue:
                Self.isMade(of: "-_", in: 1...80, name.hasSuffix(".fifo") ? name.dropLast(5) : name[...])
            case .stream: Self.isMade(of: "-_.", in: 1...128, name[...])
            case .table: Self.isMade(of: "-_.", in: 3...255, name[...])
            case .serverlessFunction, .function: Self.isMade(of: "-_", in: 1...64, name[...])
            case .mapping: true
            }
        }

        private static func isMade(of extra: String, in lengths: ClosedRange<Int>, _ name: Substring) -> Bool
        {
            lengths.contains(name.count)
                && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || extra.contains($0)) }
        }
    }

    let logicalID: String
    let place: DocumentNode.Place
    /// As written.
    let type: String
    /// `nil` for a type that is not supported; that is reported.
    let kind: Kind?
    let properties: DocumentNode?
    let metadata: DocumentNode?
}
