import AWSWire
import ByteCoding
import HTTP
import WireTesting

/// A long poll of the queue `orders`.
struct HTTPWait {
    private let world: EventsWorld
    init(_ world: EventsWorld) { self.world = world }

    /// How many messages it brings, 20 s at most.
    func message() throws -> Int {
        let body: JSONValue = [
            "QueueUrl": "http://localhost:4566/000000000000/orders", "WaitTimeSeconds": 20,
        ]
        let headers = HeaderFields([("Host", "localhost:4566"), ("X-Amz-Target", "AmazonSQS.ReceiveMessage")])
        let request = HTTPRequest(method: "POST", target: "/", headers: headers, body: body.bytes)
        return try JSONValue(parsing: world.wire.send(request).bodyBytes)["Messages"]?.arrayValue?.count ?? 0
    }
}
