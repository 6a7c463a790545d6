package import EventModel

/// What a template asks for, in the order in which it can be created: queues (dead-letter queues first), streams,
/// tables, topics with their subscriptions, policies, roles, functions, mappings.
///
/// A plan is complete and valid in itself; applying it means creating what is missing and changing what differs.
package struct TemplatePlan: Equatable, Sendable {
    package struct Queue: Equatable, Sendable {
        package var name: String
        package var attributes: QueueAttributes
        package var tags: [String: String]
    }

    package struct Stream: Equatable, Sendable {
        package var name: String
        /// 4 for an on-demand stream, as AWS starts one.
        package var shardCount: Int
        package var isOnDemand: Bool
        /// 24...8,760 h.
        package var retentionHours: Int
        /// 1,024...10,240.
        package var maxRecordKiB: Int
        package var tags: [String: String]
    }

    /// A registered consumer of a Kinesis stream.
    package struct Consumer: Equatable, Sendable {
        package var name: String
        /// Of this plan or already there.
        package var stream: ARN
        package var tags: [String: String]
        package var origin: String
    }

    package struct Table: Equatable, Sendable {
        package var name: String
        package var hashKey: TableDefinition.KeyAttribute
        package var rangeKey: TableDefinition.KeyAttribute?
        package var isOnDemand: Bool
        package var readCapacityUnits: Int
        package var writeCapacityUnits: Int
        package var isDeletionProtected: Bool
        /// `nil` for a table without a stream.
        package var streamView: StreamView?
        /// Local ones first.
        package var indexes: [SecondaryIndex]
        /// `nil` when items do not expire.
        package var timeToLiveAttribute: String?
        package var tags: [String: String]
    }

    /// An ARN that is not known before what it names is there, of this plan or already made.
    package enum LateARN: Hashable, Sendable {
        /// The newest stream of the table.
        case tableStream(tableName: String)
        /// A registered consumer of a Kinesis stream.
        case consumer(stream: ARN, name: String)
    }

    /// Where a mapping reads.
    package enum Source: Hashable, Sendable {
        /// A queue or a Kinesis stream, of this plan or already there.
        case resource(ARN)
        case late(LateARN)
    }

    package struct Mapping: Equatable, Sendable {
        package var source: Source
        /// Unqualified, of this plan or already there.
        package var functionARN: ARN
        package var settings: MappingSettings
        package var isEnabled: Bool
        /// Where it stands in the template, for messages: `template.yaml:12:7`.
        package var origin: String
    }

    package var queues: [Queue]
    package var streams: [Stream]
    package var consumers: [Consumer] = []
    package var tables: [Table]
    /// Names.
    package var buckets: [String] = []
    package var topics: [Topic] = []
    package var subscriptions: [Subscription] = []
    package var managedPolicies: [ManagedPolicy] = []
    package var roles: [Role] = []
    package var rolePolicies: [RolePolicy] = []
    package var queuePolicies: [QueuePolicy] = []
    package var topicPolicies: [TopicPolicy] = []
    /// `codePath` and `workingDirectory` are absolute, relative ones were taken from the template's folder.
    package var functions: [FunctionDefinition]
    package var mappings: [Mapping]

    package init(
        queues: [Queue] = [], streams: [Stream] = [], tables: [Table] = [],
        functions: [FunctionDefinition] = [],
        mappings: [Mapping] = []
    ) {
        self.queues = queues
        self.streams = streams
        self.tables = tables
        self.functions = functions
        self.mappings = mappings
    }
}
