import EventModel
import SQLite

// MARK: - Reports on their way

/// Where a report goes, decided and prepared before anything of its settlement is written.
enum ReportRoute {
    case queue(QueueKey, body: [UInt8], md5: UInt128)
    case topic(body: [UInt8])
    case object(StoredObject, BucketDefinition)
    case nowhere(reason: String)
}

extension StoreWriter {
    /// Finds the destinations of reports; for buckets the body is already in its file when this returns.
    ///
    /// - Throws: What keeps a file from being written (a full disk); nothing is in the store then, so that the whole
    ///   settlement can be tried again.
    func routes(of reports: [DestinationReport]) throws(StoreError) -> [ReportRoute] {
        var routes: [ReportRoute] = []
        for report in reports { routes.append(try route(of: report)) }
        return routes
    }

    private func route(of report: DestinationReport) throws(StoreError) -> ReportRoute {
        let destination = report.destination
        switch destination.service {
        case "sqs":
            guard let queue = catalog.queue(destination) else {
                return .nowhere(reason: "the queue \(destination.resource) does not exist")
            }
            guard !queue.isFIFO else {
                return .nowhere(reason: "\(queue.name) is a FIFO queue, and reports have no message group")
            }
            let limit = queue.attributes.maximumMessageBytes
            guard let (body, md5) = report.body(fitting: limit) else {
                return .nowhere(reason: "the queue \(queue.name) takes \(limit) bytes at most")
            }
            return .queue(queue.key, body: body, md5: md5)
        case "sns":
            guard catalog.topic(destination) != nil else {
                return .nowhere(reason: "the topic \(destination.resource) does not exist")
            }
            guard let (body, _) = report.body(fitting: SubscriptionLimits.messageBytes) else {
                return .nowhere(reason: "a topic takes \(SubscriptionLimits.messageBytes) bytes at most")
            }
            return .topic(body: body)
        case "s3":
            guard let bucket = catalog.bucket(destination) else {
                return .nowhere(reason: "the bucket \(destination.resource) does not exist")
            }
            let file = try objectFiles.write(report.body)
            effects.writtenFiles.append(file)
            let object = StoredObject(
                key: report.objectKey, etag: String.hexadecimal(report.bodyMD5), modifiedAt: now,
                facts: ObjectFacts(headers: ["content-type": "application/octet-stream"]), files: [file])
            return .object(object, bucket)
        default: return .nowhere(reason: "\(destination) is no queue, topic or bucket")
        }
    }

    /// Delivers a report; says why when it is lost.
    func deliver(_ report: DestinationReport, by route: ReportRoute) throws(StoreError) -> String? {
        switch route {
        case .queue(let key, let body, let md5):
            var batch = MessageBatch()
            batch.append(body: body, md5: md5)
            _ = try send(batch, to: key)
            return nil
        case .topic(let body):
            let publication = TopicPublication(topic: report.destination, message: body)
            switch try publish(publication) {
            case .published: return nil
            case .noSuchTopic: return "the topic \(report.destination.resource) does not exist"
            case .backlogIsFull: return "too many deliveries of topics wait already"
            }
        case .object(let object, let bucket):
            try putObject(object, in: bucket)
            return nil
        case .nowhere(let reason): return reason
        }
    }

    /// What the decision log says of a report that is lost.
    func decision(
        on report: DestinationReport, lost reason: String, of mapping: String, in shard: ShardKey?
    ) -> Decision {
        let what = report.occasion == .failure ? "failure" : "success"
        return Decision(
            mappingID: mapping, at: now, shard: shard, kind: "destinationFailed",
            first: report.first, last: report.last, recordCount: report.recordCount,
            requestID: report.requestID,
            detail: "the on-\(what) report to \(report.destination) is lost: \(reason)")
    }
}

extension DestinationReport {
    /// The whole report, or the short one when that is too large.
    fileprivate func body(fitting limit: Int) -> (body: [UInt8], md5: UInt128)? {
        if body.count <= limit { return (body, bodyMD5) }
        guard let short, short.body.count <= limit else { return nil }
        return (short.body, short.bodyMD5)
    }
}

extension String {
    /// 32 lower-case digits.
    fileprivate static func hexadecimal(_ number: UInt128) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }
}
