import ByteCoding

extension LaneCrashRun {
    /// How much happened, so that a run in which nothing did is seen as such.
    var summary: String {
        let promised = promises.all
        return
            "\(lives.count) lives; acknowledged: \(promised.records.count) records, \(promised.items.count) items, "
            + "\(promised.messages.count) messages, \(promised.reshards) reshards; delivered: "
            + "\(world.ledger.entries.count); checkpoints seen: \(promised.watched.sightings)"
    }

    /// One delivery of a record with its key and its place among the records of that key.
    private struct Delivery {
        let entry: Ledger.Entry
        let key: String
        let place: SequenceOrder
        /// Of its shard, to be held against checkpoints.
        let shard: String
    }

    private func deliveries(of function: String, tableShard: String) -> [Delivery] {
        world.ledger.handled(by: function).map { entry in
            let words = entry.text.split(separator: " ").map(String.init)
            guard entry.shard == "table" else {
                // Over split and merge the places of a key rise with what was written, round and call.
                let numbers = (words.last ?? "").split(separator: "-").compactMap { Int($0) }
                let place = numbers.count == 2 ? "\(numbers[0] * 1_000 + numbers[1])" : ""
                return Delivery(
                    entry: entry, key: words[0], place: SequenceOrder(text: place), shard: entry.shard)
            }
            return Delivery(
                entry: entry, key: words.last ?? "", place: SequenceOrder(text: entry.id), shard: tableShard)
        }
    }

    /// What was promised and not kept, in words.
    func violations(tableShard: String) -> [String] {
        var found = promises.all.watched.violations
        found += world.ledger.repeatedIDs.map { "the ID \($0) was given twice" }
        for function in ["click-worker", "item-worker"] {
            let all = deliveries(of: function, tableShard: tableShard)
            for (number, life) in lives.enumerated() {
                var last: [String: SequenceOrder] = [:]
                for delivery in all where delivery.entry.daemon == life.daemon {
                    let entry = delivery.entry
                    if let before = last[delivery.key], delivery.place <= before {
                        found.append("life \(number): \(entry.text) (\(entry.id)) came after \(before.text)")
                    }
                    last[delivery.key] = delivery.place
                    if let settled = life.checkpointsBefore[delivery.shard],
                        SequenceOrder(text: entry.id) <= settled
                    {
                        found.append("life \(number): \(entry.text) came though it had been settled")
                    }
                }
            }
        }
        return found
    }

    /// How often each single record was reported as given up, by sequence number.
    func reportCounts(_ caller: AWSCaller) throws -> [String: Int] {
        var counts: [String: Int] = [:]
        while case let messages = try caller.receive(from: Self.reports), !messages.isEmpty {
            for message in messages {
                let report = try JSONValue(parsing: Array((message["Body"]?.stringValue ?? "").utf8))
                let info = report["KinesisBatchInfo"] ?? report["DDBStreamBatchInfo"]
                guard info?["batchSize"]?.intValue == 1, let id = info?["startSequenceNumber"]?.stringValue
                else { throw HarnessError("not the report of one record: \(report.text)") }
                counts[id, default: 0] += 1
            }
        }
        return counts
    }

    /// Bodies of all messages of a queue, each seen once.
    func bodies(_ caller: AWSCaller, of queue: String) throws -> [String] {
        var found: [String] = []
        while case let messages = try caller.receive(from: queue), !messages.isEmpty {
            found += messages.compactMap { $0["Body"]?.stringValue }
        }
        return found
    }

    /// The table's only shard, and the sequence numbers of its poison.
    func tableStream(_ caller: AWSCaller) throws -> (shard: String, poison: [String]) {
        let table = try caller.call(
            "DynamoDB_20120810.DescribeTable", ["TableName": .string(Self.table)])["Table"]
        let stream = table?["LatestStreamArn"] ?? .null
        let description = try caller.call("DynamoDBStreams_20120810.DescribeStream", ["StreamArn": stream])
        let shards = description["StreamDescription"]?["Shards"]?.arrayValue ?? []
        guard shards.count == 1, let shard = shards[0]["ShardId"]?.stringValue else {
            throw HarnessError("not one shard: \(description.text)")
        }
        var iterator = try caller.call(
            "DynamoDBStreams_20120810.GetShardIterator",
            ["StreamArn": stream, "ShardId": .string(shard), "ShardIteratorType": "TRIM_HORIZON"]
        )["ShardIterator"]
        var poison: [String] = []
        while let position = iterator, !position.isNull {
            let answer = try caller.call("DynamoDBStreams_20120810.GetRecords", ["ShardIterator": position])
            let page = answer["Records"]?.arrayValue ?? []
            guard !page.isEmpty else { break }
            for record in page {
                let change = record["dynamodb"]
                guard change?["Keys"]?["id"]?["S"]?.stringValue?.contains("poison") == true else { continue }
                poison += [change?["SequenceNumber"]?.stringValue ?? ""]
            }
            iterator = answer["NextShardIterator"]
        }
        return (shard, poison)
    }
}
