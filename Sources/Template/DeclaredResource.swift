import EventModel

/// A member of `Resources` before its properties are looked at.
struct DeclaredResource {
    enum Kind: String, CaseIterable {
        case queue = "AWS::SQS::Queue"
        case queuePolicy = "AWS::SQS::QueuePolicy"
        case stream = "AWS::Kinesis::Stream"
        case consumer = "AWS::Kinesis::StreamConsumer"
        case table = "AWS::DynamoDB::Table"
        case topic = "AWS::SNS::Topic"
        case subscription = "AWS::SNS::Subscription"
        case topicPolicy = "AWS::SNS::TopicPolicy"
        case bucket = "AWS::S3::Bucket"
        case role = "AWS::IAM::Role"
        case rolePolicy = "AWS::IAM::Policy"
        case managedPolicy = "AWS::IAM::ManagedPolicy"
        case serverlessFunction = "AWS::Serverless::Function"
        case function = "AWS::Lambda::Function"
        case mapping = "AWS::Lambda::EventSourceMapping"

        /// `nil` for what has no name of its own, or one that others of its kind may have too.
        var nameRule: NameRule? {
            switch self {
            case .queue: NameRule("QueueName", 1...80, beside: "-_")
            case .stream: NameRule("Name", 1...128, beside: "-_.")
            case .consumer: NameRule("ConsumerName", 1...128, beside: "-_.")
            case .table: NameRule("TableName", 3...255, beside: "-_.")
            case .topic: NameRule("TopicName", 1...256, beside: "-_")
            case .bucket: NameRule("BucketName", 3...63, beside: "-.")
            case .role: NameRule("RoleName", 1...64, beside: "+=,.@_-")
            case .managedPolicy: NameRule("ManagedPolicyName", 1...128, beside: "+=,.@_-")
            case .serverlessFunction, .function: NameRule("FunctionName", 1...64, beside: "-_")
            case .mapping, .queuePolicy, .subscription, .topicPolicy, .rolePolicy: nil
            }
        }

        /// The name of a resource that is given none; buckets know neither capitals nor underscores.
        func freeName(_ name: String) -> String {
            self == .bucket ? name.lowercased().replacing("_", with: "-") : name
        }

        /// A FIFO queue's or topic's name gets its own refusal, with the property that says the same.
        func accepts(name: String) -> Bool {
            guard self != .bucket else { return BucketName.isValid(name) }
            let isFIFO = (self == .queue || self == .topic) && name.hasSuffix(".fifo")
            return nameRule?.accepts(isFIFO ? String(name.dropLast(5)) : name) ?? true
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

/// How a resource may be called, as AWS's API reference of its creation allows.
struct NameRule: CustomStringConvertible {
    /// The property that holds the name.
    let key: String
    private let lengths: ClosedRange<Int>
    /// What may be in it besides letters and digits.
    private let extra: String

    init(_ key: String, _ lengths: ClosedRange<Int>, beside extra: String) {
        self.key = key
        self.lengths = lengths
        self.extra = extra
    }

    func accepts(_ name: String) -> Bool {
        lengths.contains(name.count)
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || extra.contains($0)) }
    }

    var description: String {
        let characters =
            switch extra {
            case "-_": "letters, digits, hyphens and underscores"
            case "-_.": "letters, digits, hyphens, underscores and dots"
            case "-.": "lower-case letters, digits, hyphens and dots"
            default: "letters, digits and any of \(extra)"
            }
        return "\(lengths.lowerBound) to \(lengths.upperBound) \(characters)"
    }
}
