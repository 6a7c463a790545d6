import ByteCoding
import Testing

extension EndToEnd {
    @Suite("Metrics of mappings")
    struct MetricTests {
        private static let stream = """
            Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}
            Clicks: {Type: AWS::Kinesis::Stream, Properties: {Name: clicks, ShardCount: 1}}
            Worker:
              Type: AWS::Serverless::Function
              Properties:
                FunctionName: worker
                Events:
                  In:
                    Type: Kinesis
                    Properties:
                      Stream: !GetAtt Clicks.Arn
                      StartingPosition: TRIM_HORIZON
                      BisectBatchOnFunctionError: true
                      MaximumRetryAttempts: 1
                      FilterCriteria: {Filters: [{Pattern: '{"data":{"kind":["wanted"]}}'}]}
                      DestinationConfig: {OnFailure: {Destination: !GetAtt Dead.Arn}}
                      MetricsConfig: {Metrics: [EventCount]}
            """

        private static func wanted(_ text: String) -> String { #"{"kind":"wanted","text":"\#(text)"}"# }
        private static let other = #"{"kind":"other"}"#

        @Test("Of a stream all counts are exact: filtered, retried, halved, reported and dropped events")
        func stream() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.stream)
            let daemon = try world.start()
            let caller = try daemon.caller()
            let id = try caller.mappingID(of: "worker")
            let meter = Meter(caller: caller, mapping: id, function: "worker")
            try caller.putRecords(
                [
                    Self.wanted("1"), Self.wanted("2"), Self.other, Self.wanted("3"), Self.wanted("poison"),
                    Self.other, Self.wanted("4"), Self.wanted("5"),
                ], to: "clicks")
            try world.awaitHandled(5, by: "worker", log: daemon.log)
            var expected = Self.expected(world, polled: 8, filtered: 2)
            expected["OnFailureDestinationDeliveredEventCount"] = 1
            try meter.awaitEvents(expected)
            #expect(try caller.counts(of: "dead") == [1, 0, 0])

            // A destination that is gone: the events are dropped, which is a failed delivery, once.
            try caller.call("AmazonSQS.DeleteQueue", ["QueueUrl": caller.queueURL("dead")])
            try caller.putRecords([Self.wanted("poison")], to: "clicks")
            try caller.putRecords([Self.wanted("6")], to: "clicks")
            try world.awaitHandled(6, by: "worker", log: daemon.log)
            expected = Self.expected(world, polled: 10, filtered: 2)
            expected["OnFailureDestinationDeliveredEventCount"] = 1
            expected["DroppedEventCount"] = 1
            try meter.awaitEvents(expected)

            // Without a destination nobody is to be told.
            try Self.update(caller, id, ["DestinationConfig": ["OnFailure": ["Destination": ""]]])
            try caller.putRecords([Self.wanted("poison")], to: "clicks")
            try caller.putRecords([Self.wanted("7")], to: "clicks")
            try world.awaitHandled(7, by: "worker", log: daemon.log)
            expected = Self.expected(world, polled: 12, filtered: 2)
            expected["OnFailureDestinationDeliveredEventCount"] = 1
            expected["DroppedEventCount"] = 2
            try meter.awaitEvents(expected)

            try Self.checkFunction(world, meter)
            try Self.checkPrometheus(caller, id, invoked: expected["InvokedEventCount"] ?? 0)
            try daemon.expectGracefulEnd()
            try Self.restart(world, id, expected)
        }

        /// What the handler saw is the account to compare with.
        private static func expected(_ world: TestWorld, polled: Double, filtered: Double) -> [String: Double]
        {
            let attempts = world.ledger.attempts(of: "worker")
            let failed = attempts.filter { $0.outcome == "failed" }
            return [
                "PolledEventCount": polled, "FilteredOutEventCount": filtered,
                "InvokedEventCount": Double(attempts.reduce(0) { $0 + $1.texts.count }),
                "FailedInvokeEventCount": Double(failed.reduce(0) { $0 + $1.texts.count }),
            ]
        }

        private static func update(_ caller: AWSCaller, _ id: String, _ settings: JSONValue) throws {
            let answer = try caller.rest("PUT", "\(AWSCaller.mappingsPath)/\(id)", settings)
            #expect(answer.status == 202)
            try caller.awaitState("Enabled", of: id)
        }

        private static func checkFunction(_ world: TestWorld, _ meter: Meter) throws {
            let attempts = world.ledger.attempts(of: "worker")
            let count = Double(attempts.count)
            for dimensions in meter.functionDimensions {
                #expect(try meter.sum("Invocations", dimensions) == count)
                let failed = attempts.filter { $0.outcome == "failed" }.count
                #expect(try meter.sum("Errors", dimensions) == Double(failed))
                #expect(try meter.sum("Throttles", dimensions) == 0)
                #expect(try meter.sum("Duration", dimensions, "SampleCount") == count)
                #expect(try meter.sum("IteratorAge", dimensions, "SampleCount") == count)
                #expect(try meter.sum("DestinationDeliveryFailures", dimensions) == 1)
            }
            #expect(
                try meter.values("ConcurrentExecutions", meter.functionDimensions[0], "Maximum").max() == 1)
        }

        private static func checkPrometheus(_ caller: AWSCaller, _ id: String, invoked: Double) throws {
            let name = "millrace_mapping_records_invoked_total{mapping=\"\(id)\""
            let lines = try caller.text("/metrics").text.split(separator: "\n")
            #expect(lines.contains { $0.hasPrefix(name) && $0.hasSuffix(" \(Int(invoked))") })
        }

        /// A stop stores the open minute; a mapping that no longer wants metrics has none, and a deleted one no series.
        private static func restart(_ world: TestWorld, _ id: String, _ expected: [String: Double]) throws {
            let daemon = try world.start(template: false)
            let caller = try daemon.caller()
            let meter = Meter(caller: caller, mapping: id, function: "worker")
            try caller.awaitState("Enabled", of: id)
            try meter.awaitEvents(expected)
            try update(caller, id, ["MetricsConfig": ["Metrics": []]])
            // The next start found nothing to read, and so does the one after the update.
            try caller.putRecords([wanted("8")], to: "clicks")
            try world.awaitHandled(8, by: "worker", log: daemon.log)
            try Waiting.until("the settled record") { try caller.text("/metrics").text.contains("_total") }
            try meter.awaitEvents(expected)
            _ = try caller.rest("DELETE", "\(AWSCaller.mappingsPath)/\(id)")
            try Waiting.until("the series of the mapping to go") {
                try !caller.text("/metrics").text.contains("mapping=\"\(id)\"")
            }
            try daemon.expectGracefulEnd()
        }

        @Test("What was put and answered is there after a kill, and the minutes go on")
        func kill() throws {
            let world = try TestWorld()
            try world.writeTemplate(Self.stream)
            let daemon = try world.start()
            let put: JSONValue = [
                "Namespace": "Shop", "MetricData": [["MetricName": "Orders", "Value": 7, "Unit": "Count"]],
            ]
            try daemon.caller().call("GraniteServiceVersion20100801.PutMetricData", put)
            try daemon.kill()
            let next = try world.start()
            let caller = try next.caller()
            try caller.call("GraniteServiceVersion20100801.PutMetricData", put)
            let meter = Meter(caller: caller, mapping: "", function: "", namespace: "Shop")
            #expect(try meter.sum("Orders", []) == 14)
            try next.expectGracefulEnd()
        }

        @Test("Of a queue all counts are exact: filtered, named as failed, received again, deleted")
        func queue() throws {
            let world = try TestWorld()
            try world.writeTemplate(
                """
                Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}
                Orders:
                  Type: AWS::SQS::Queue
                  Properties:
                    QueueName: orders
                    VisibilityTimeout: 3
                    RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 2}
                Worker:
                  Type: AWS::Serverless::Function
                  Properties:
                    FunctionName: worker
                    Environment: {Variables: {REPORTS: '1'}}
                    Events:
                      In:
                        Type: SQS
                        Properties:
                          Queue: !GetAtt Orders.Arn
                          FunctionResponseTypes: [ReportBatchItemFailures]
                          FilterCriteria: {Filters: [{Pattern: '{"body":{"kind":["wanted"]}}'}]}
                          MetricsConfig: {Metrics: [EventCount]}
                """)
            let daemon = try world.start()
            let caller = try daemon.caller()
            let id = try caller.mappingID(of: "worker")
            let meter = Meter(caller: caller, mapping: id, function: "worker")
            try caller.sendMessages(
                [
                    Self.wanted("1"), Self.other, Self.wanted("poison"), Self.wanted("2"), Self.other,
                    Self.wanted("3"),
                ], to: "orders")
            try world.awaitHandled(3, by: "worker", log: daemon.log)
            try Waiting.until("the poison to be a dead letter") {
                try caller.counts(of: "dead") == [1, 0, 0]
            }
            try meter.awaitEvents([
                "PolledEventCount": 7, "FilteredOutEventCount": 2, "InvokedEventCount": 5,
                "FailedInvokeEventCount": 2, "DeletedEventCount": 5,
            ])
            // The failures are named in answers that are no errors.
            #expect(try meter.sum("Errors", meter.functionDimensions[0]) == 0)
            try daemon.expectGracefulEnd()
        }
    }
}

/// Reads metrics as an SDK would.
private struct Meter {
    static let events = [
        "PolledEventCount", "FilteredOutEventCount", "InvokedEventCount", "FailedInvokeEventCount",
        "DroppedEventCount", "OnFailureDestinationDeliveredEventCount", "DeletedEventCount",
    ]

    let caller: AWSCaller
    let mapping: String
    let function: String
    var namespace = "AWS/Lambda"

    /// By name, by name and resource, of the account.
    var functionDimensions: [JSONValue] {
        let name: JSONValue = ["Name": "FunctionName", "Value": .string(function)]
        let resource: JSONValue = ["Name": "Resource", "Value": .string(function)]
        return [.array([name]), .array([name, resource]), .array([])]
    }

    func values(_ metric: String, _ dimensions: JSONValue, _ statistic: String) throws -> [Double] {
        let now = Waiting.milliseconds / 1_000
        let answer = try caller.call(
            "GraniteServiceVersion20100801.GetMetricStatistics",
            [
                "Namespace": .string(namespace), "MetricName": .string(metric), "Dimensions": dimensions,
                "StartTime": .number("\(now - 3_600)"), "EndTime": .number("\(now + 60)"), "Period": 60,
                "Statistics": [.string(statistic)],
            ])
        return (answer["Datapoints"]?.arrayValue ?? []).compactMap { $0[statistic]?.doubleValue }
    }

    func sum(_ metric: String, _ dimensions: JSONValue, _ statistic: String = "Sum") throws -> Double {
        try values(metric, dimensions, statistic).reduce(0, +)
    }

    /// Waits for the counts, where those that are not named have to be missing, and looks a second time.
    func awaitEvents(_ expected: [String: Double]) throws {
        let dimensions: JSONValue = [["Name": "EventSourceMappingUUID", "Value": .string(mapping)]]
        func counts() throws -> [String: Double] {
            var counts: [String: Double] = [:]
            for metric in Self.events {
                let values = try values(metric, dimensions, "Sum")
                if !values.isEmpty { counts[metric] = values.reduce(0, +) }
            }
            return counts
        }
        var seen: [String: Double] = [:]
        try Waiting.until(
            "the counts", within: .seconds(20), detail: { "There are \(seen), expected \(expected)." }
        ) {
            seen = try counts()
            return seen == expected
        }
        #expect(try counts() == expected)
    }
}
