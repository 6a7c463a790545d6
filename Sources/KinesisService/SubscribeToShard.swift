import AWSWire
import EventModel
import EventStore
import HTTP
import Synchronization

extension KinesisService {
    /// Answers with an event stream that lasts up to five minutes.
    func subscribeToShard(_ call: ServiceCall) throws(AWSError) {
        let arguments = try CallArguments(parsing: call.body)
        let arn = try arguments.string("ConsumerARN")
        let shardID = try arguments.string("ShardId")
        let place = try arguments.object("StartingPosition")
        var constraints = Constraints()
        constraints.required(arn != nil, "consumerARN")
        constraints.required(shardID != nil, "shardId")
        constraints.name(shardID, at: "shardId")
        constraints.required(place != nil, "startingPosition")
        if place == nil { try constraints.check() }
        let start = try StartingPoint(
            type: place?.string("Type"), at: "startingPosition.type",
            sequenceNumber: place?.string("SequenceNumber"), seconds: place?.double("Timestamp"),
            operation: call.operation, &constraints)
        let (stream, consumer) = try consumer(arn: arn)
        guard let shard = shardID.flatMap({ stream.shard(id: $0) }) else {
            throw .shardNotFound(shardID ?? "", stream)
        }
        let now = now()
        let after = try start.position(in: shard, of: stream, reader, now: now)
        if try arguments.bool("DryRun") ?? false { throw .dryRun }
        guard let reference = ConsumerReference(consumer.arn(in: stream)) else {
            preconditionFailure("a consumer's ARN is one")
        }
        let key = ShardSubscriptions.Key(
            streamARN: stream.arn, consumer: consumer.name, creationSecond: consumer.creationSecond,
            shard: shard.key)
        guard !subscriptions.isTooSoon(key) else {
            throw .otherSubscription(shard.key, reference, store.catalog.snapshot)
        }
        let writer = call.responder.beginStream(
            status: 200,
            headers: [
                ("x-amzn-RequestId", call.requestID), ("Content-Type", EventStreamFrame.contentType),
            ])
        let subscription = ShardSubscription(
            reference, stream, shard, after: after, writer, call.codec, reader, now: now)
        subscriptions.start(subscription, as: key, writer)
    }

    /// Subscriptions under way; from any thread.
    package var subscriptionCount: Int { subscriptions.count.load(ordering: .acquiring) }

    /// Ends all subscriptions in order; on the loop, before the server is closed.
    package func finishSubscriptions() {
        precondition(loop.isCurrent, "Kinesis is confined to its loop")
        subscriptions.finishAll()
    }
}
