import AWSWire
import ByteCoding
import EventModel
import EventStore
import HTTP

// MARK: - Deleting and purging

extension SQSService {
    func deleteQueue(_ call: ServiceCall) throws(AWSError) {
        let queue = try queue(of: try CallArguments(parsing: call.body), call)
        submit(call) { writer throws(StoreError) in
            try writer.deleteQueue(queue.key)
        } then: {
            call.succeed()
        }
    }

    func purgeQueue(_ call: ServiceCall) throws(AWSError) {
        let queue = try queue(of: try CallArguments(parsing: call.body), call)
        submit(call) { writer throws(StoreError) -> AWSError? in
            // Asked where purges are made, so that of two at once one is refused.
            if let last = writer.catalog.lastPurge(of: queue.key),
                writer.now - last < .seconds(SQSLimits.restSeconds)
            {
                return .purgeInProgress(queue.name)
            }
            try writer.purgeQueue(queue.key)
            return nil
        } then: { refusal in
            if let refusal { call.fail(refusal) } else { call.succeed() }
        }
    }

    func queue(of arguments: CallArguments, _ call: ServiceCall) throws(AWSError) -> QueueDefinition {
        guard let url = try arguments.string("QueueUrl") else { throw .missing("QueueUrl") }
        return try queue(url, call)
    }
}

// MARK: - Finding

extension SQSService {
    func getQueueURL(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        guard let name = try arguments.string("QueueName") else { throw .missing("QueueName") }
        let account = try arguments.string("QueueOwnerAWSAccountId") ?? call.location.account
        let location = Location(account: account, region: call.location.region)
        guard let queue = store.catalog.queue(named: name, in: location) else { throw .queueDoesNotExist }
        call.succeed(queueURL: queue)
    }

    func listQueues(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let prefix = try arguments.string("QueueNamePrefix") ?? ""
        let queues = store.catalog.snapshot.queues(in: call.location, prefix: prefix)
        try list(queues, under: "QueueUrls", arguments, call)
    }

    func listDeadLetterSourceQueues(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let target = try queue(of: arguments, call)
        let sources = store.catalog.snapshot.queues(in: target.location)
            .filter { $0.attributes.redrive?.deadLetterTarget == target.arn }
        // Required by AWS's model, unlike the list of `ListQueues`.
        try list(sources, under: "queueUrls", isAlwaysThere: true, arguments, call)
    }

    /// Answers with the URLs of one page of queues, which are sorted by name; a token is the last name of a page.
    private func list(
        _ queues: [QueueDefinition], under member: StaticString, isAlwaysThere: Bool = false,
        _ arguments: CallArguments, _ call: ServiceCall
    ) throws(AWSError) {
        let maximum = try arguments.int("MaxResults")
        if let maximum, !(1...SQSLimits.listResults).contains(maximum) {
            throw .parameter("\(maximum)", "MaxResults", "Must be between 1 and 1000, if provided.")
        }
        var rest = queues[...]
        if let token = try arguments.string("NextToken") {
            guard let name = Base64.decode(token).flatMap({ String(validating: $0, as: UTF8.self) }) else {
                throw .invalidParameter("Invalid or expired next token.")
            }
            rest = rest.drop { $0.name <= name }
        }
        let page = rest.prefix(maximum ?? SQSLimits.listResults)
        var json = JSONWriter()
        json.beginObject()
        if isAlwaysThere || !page.isEmpty {
            json.key(member)
            json.beginArray()
            for queue in page { json.value(QueueURL.text(of: queue, for: call.request)) }
            json.endArray()
        }
        // AWS pages only for those who asked for pages.
        if maximum != nil, page.count < rest.count, let last = page.last {
            json.key("NextToken")
            json.value(Base64.encode(Array(last.name.utf8)))
        }
        json.endObject()
        call.succeed(json: json.bytes)
    }
}

// MARK: - Attributes

extension SQSService {
    func getQueueAttributes(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let queue = try queue(of: arguments, call)
        let names = try arguments.strings("AttributeNames") ?? []
        let counters = store.leases.counters(of: queue.key, now: now())
        let counts: [(name: String, value: String)] = zip(
            QueueAttributeText.counters, [counters.visible, counters.inFlight, counters.delayed]
        ).map { ($0, String($1)) }
        let shown = counts + QueueAttributeText.shown(of: queue)
        for name in names where name != "All" && !QueueAttributeText.isKnown(name) {
            throw .unknownAttribute(name)
        }
        let wanted = names.contains("All") ? shown : shown.filter { names.contains($0.name) }
        var json = JSONWriter()
        json.beginObject()
        if !wanted.isEmpty {
            json.key("Attributes")
            json.beginObject()
            for attribute in wanted {
                json.key(escaping: attribute.name)
                json.value(attribute.value)
            }
            json.endObject()
        }
        json.endObject()
        call.succeed(json: json.bytes)
    }

    func setQueueAttributes(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let key = try queue(of: arguments, call).key
        guard let given = try arguments.stringMap("Attributes") else { throw .missing("Attributes") }
        submit(call) { writer throws(StoreError) -> Result<Void, AWSError> in
            guard let queue = writer.catalog.queue(key) else { return .failure(.queueDoesNotExist) }
            var attributes = queue.attributes
            do throws(AWSError) {
                try QueueAttributeText.apply(given, to: &attributes, isNew: false)
                try FIFOAttributeText.check(attributes.fifo)
                if given.contains(where: { $0.key == "RedrivePolicy" }) {
                    try RedriveRules.check(
                        attributes.redrive, given, of: queue.arn, isFIFO: queue.isFIFO, in: writer.catalog)
                }
            } catch {
                return .failure(error)
            }
            _ = try writer.updateQueue(key, attributes: attributes, tags: queue.tags)
            return .success(())
        } then: { result in
            switch result {
            case .success: call.succeed()
            case .failure(let error): call.fail(error)
            }
        }
    }
}
