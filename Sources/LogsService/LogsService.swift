package import AWSWire
package import EventModel
package import EventStore
package import HTTP

/// CloudWatch Logs: groups, streams and events, with what functions print among them.
///
/// Confined to `loop`; every entry point preconditions it. That, and nothing else, makes it safe to share.
package final class LogsService: @unchecked Sendable {
    let store: EventStore
    let reader: StoreReader
    let loop: EventLoop
    let now: @Sendable () -> Timestamp

    /// - Parameter reader: For this service alone, or for services of the same loop.
    package init(
        store: EventStore, reader: StoreReader, loop: EventLoop, now: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.reader = reader
        self.loop = loop
        self.now = now
    }

    package func register(on router: inout ServiceRouter) {
        router.register(jsonTarget: "Logs_20140328", of: .logs) { [self] call in handle(call) }
        router.register(rpcV2CBOR: "Logs_20140328", of: .logs, members: .logs) { [self] call in handle(call) }
    }

    private func handle(_ call: ServiceCall) {
        precondition(loop.isCurrent, "CloudWatch Logs is confined to its loop")
        do throws(AWSError) {
            let arguments = try CallArguments(parsing: call.body)
            switch call.operation {
            case "CreateLogGroup": try createLogGroup(call, arguments)
            case "DeleteLogGroup": try deleteLogGroup(call, arguments)
            case "DescribeLogGroups": try describeLogGroups(call, arguments)
            case "PutRetentionPolicy": try putRetentionPolicy(call, arguments)
            case "DeleteRetentionPolicy": try deleteRetentionPolicy(call, arguments)
            case "CreateLogStream": try createLogStream(call, arguments)
            case "DeleteLogStream": try deleteLogStream(call, arguments)
            case "DescribeLogStreams": try describeLogStreams(call, arguments)
            case "PutLogEvents": try putLogEvents(call, arguments)
            case "GetLogEvents": try getLogEvents(call, arguments)
            case "FilterLogEvents": try filterLogEvents(call, arguments)
            case "TagResource": try tagResource(call, arguments)
            case "UntagResource": try untagResource(call, arguments)
            case "ListTagsForResource": try listTagsForResource(call, arguments)
            case "TagLogGroup": try tagLogGroup(call, arguments)
            case "UntagLogGroup": try untagLogGroup(call, arguments)
            case "ListTagsLogGroup": try listTagsLogGroup(call, arguments)
            default: call.failUnknownOperation()
            }
        } catch {
            call.fail(error)
        }
    }
}

extension WireService {
    static let logs = WireService(
        signingName: "logs", displayName: "CloudWatch Logs", contentType: "application/x-amz-json-1.1",
        errorForm: .json(namespace: "", isQueryCompatible: false))
}

extension CBORMembers {
    /// Moments of CloudWatch Logs are plain numbers (API reference 2014-03-28).
    static let logs = CBORMembers(blobs: [], timestamps: [], freeMaps: ["tags"])
}

// MARK: - What operations share

extension LogsService {
    /// Runs an operation on the writer thread, or here when nobody else has work, and answers without a body.
    func change(
        _ call: ServiceCall, _ operation: @escaping @Sendable (StoreWriter) throws(StoreError) -> Void
    ) {
        store.submit(mayRunHere: loop.isQuiet, operation) { [loop] result in
            loop.execute {
                switch result {
                case .success: call.succeed()
                case .failure(let error): call.fail(error.wireError)
                }
            }
        }
    }

    /// Runs a read of the store.
    func read<T>(_ body: (StoreReader) throws(StoreError) -> T) throws(AWSError) -> T {
        do throws(StoreError) {
            return try body(reader)
        } catch {
            throw error.wireError
        }
    }

    /// The name in `logGroupName`, which has to be there.
    func groupName(_ arguments: CallArguments) throws(AWSError) -> String {
        let name = try arguments.string("logGroupName")
        var constraints = Constraints()
        constraints.required(name != nil, "logGroupName")
        constraints.groupName(name, at: "logGroupName")
        try constraints.check()
        return name ?? ""
    }

    func streamName(_ arguments: CallArguments) throws(AWSError) -> String {
        let name = try arguments.string("logStreamName")
        var constraints = Constraints()
        constraints.required(name != nil, "logStreamName")
        constraints.streamName(name, at: "logStreamName")
        try constraints.check()
        return name ?? ""
    }

    /// The group that `logGroupName`, or `logGroupIdentifier` with a name or an ARN, names.
    func group(_ call: ServiceCall, _ arguments: CallArguments) throws(AWSError) -> LogGroup {
        let name = try arguments.string("logGroupName")
        let identifier = try arguments.string("logGroupIdentifier")
        if name != nil, identifier != nil {
            throw .invalid("LogGroup name and LogGroup ARN are mutually exclusive parameters.")
        }
        guard let identifier else {
            let name = try groupName(arguments)
            return try existing(name, in: call.location)
        }
        if let arn = LogGroupARN(identifier) { return try existing(arn.name, in: arn.location) }
        var constraints = Constraints()
        constraints.groupName(identifier, at: "logGroupIdentifier")
        try constraints.check()
        return try existing(identifier, in: call.location)
    }

    func existing(_ name: String, in location: Location) throws(AWSError) -> LogGroup {
        let found = try read { reader throws(StoreError) in try reader.logGroup(named: name, in: location) }
        guard let found else { throw .groupNotFound }
        return found
    }

    func existing(stream name: String, in group: LogGroup) throws(AWSError) -> LogStream {
        let found = try read { reader throws(StoreError) in try reader.logStream(named: name, in: group) }
        guard let found else { throw .streamNotFound }
        return found
    }
}

/// `arn:aws:logs:region:account:log-group:NAME`, with or without `:*`.
struct LogGroupARN {
    let location: Location
    let name: String

    init?(_ text: String) {
        guard let arn = ARN(text), arn.service == "logs", arn.resource.hasPrefix("log-group:") else {
            return nil
        }
        let rest = arn.resource.dropFirst(10)
        name = String(rest.hasSuffix(":*") ? rest.dropLast(2) : rest)
        guard !name.isEmpty, !name.contains(":") else { return nil }
        location = Location(account: arn.account, region: arn.region)
    }
}
