import ByteCoding
import CloudWatchService
import EventModel
import EventStore
import HTTP
import Metering
import Testing
import WireTesting

@Suite("Queries over recorded and stored minutes")
struct MetricQueryTests {
    private func sums(
        _ world: CloudWatchWorld, _ metric: String, from: String = "1719990000", to: String = "1720070000",
        period: Int = 60
    ) throws -> [Int: Double] {
        let answer = try world.call(
            "GetMetricStatistics",
            """
            {"Namespace":"AWS/Lambda","MetricName":"\(metric)",
            "Dimensions":[{"Name":"FunctionName","Value":"fn"}],"StartTime":\(from),"EndTime":\(to),
            "Period":\(period),"Statistics":["Sum"]}
            """)
        var sums: [Int: Double] = [:]
        for point in try #require(answer["Datapoints"]?.arrayValue) {
            sums[Int(point["Timestamp"]?.doubleValue ?? 0)] = point["Sum"]?.doubleValue
        }
        return sums
    }

    @Test("A minute is shown while it is open, when it is stored, and both together as one")
    func open() throws {
        let world = try CloudWatchWorld()
        let start = world.wire.clock.now
        let handle = world.recorder.handle([CloudWatchWorld.lambda("Invocations")], unit: .count)
        handle.record(2, at: start)
        let minute = Int(CloudWatchWorld.minute)
        #expect(try sums(world, "Invocations") == [minute: 2])
        world.wire.clock.advance(by: .seconds(60))
        try world.endMinute()
        #expect(try sums(world, "Invocations") == [minute: 2])
        // Errors and durations come at the end of an invocation and count in the minute of its start.
        handle.record(3, at: start)
        handle.record(5, at: world.wire.clock.now)
        #expect(try sums(world, "Invocations") == [minute: 5, minute + 60: 5])
        world.wire.clock.advance(by: .seconds(60))
        try world.endMinute()
        #expect(try sums(world, "Invocations") == [minute: 5, minute + 60: 5])
        #expect(try sums(world, "Invocations", period: 86_400) == [1_719_990_000 - 1_719_990_000 % 60: 10])
    }

    @Test("The end stores the open minute, and another recorder goes on with it")
    func restart() throws {
        let world = try CloudWatchWorld()
        let identity = CloudWatchWorld.lambda("Invocations")
        world.recorder.handle([identity], unit: .count).record(2, at: world.wire.clock.now)
        let finished = PendingFlag()
        world.keeper.finish { finished.set() }
        finished.wait()
        let reader = try world.wire.store.makeReader()
        let last = try reader.lastMetricBatch()
        #expect(last == 1)
        let next = MetricRecorder()
        next.continueNumbers(after: last)
        next.handle([identity], unit: .count).record(3, at: world.wire.clock.now)
        next.close(before: nil)
        let batch = try #require(next.nextBatch)
        #expect(batch.number == 2)
        try world.wire.store.perform { writer throws(StoreError) in
            try writer.record(batch.points, batch: batch.number)
        }
        let minute = CloudWatchWorld.minute
        let stored = try reader.points(
            of: identity, resolutionSeconds: 60, in: minute..<minute + 60)
        #expect(stored.points.map(\.statistics.sum) == [5])
        #expect(stored.batch == 2)
    }

    @Test("What is older than 15 days is gone, swept or not")
    func retention() throws {
        let world = try CloudWatchWorld()
        let handle = world.recorder.handle([CloudWatchWorld.lambda("Errors")], unit: .count)
        handle.record(1, at: world.wire.clock.now)
        world.wire.clock.advance(by: .seconds(16 * 86_400))
        #expect(try sums(world, "Errors", to: "1721400000", period: 86_400) == [:])
    }

    @Test("High resolution is kept by the second for three hours, and by the minute")
    func highResolution() throws {
        let world = try CloudWatchWorld()
        for second in [0, 7, 8] {
            try world.call(
                "PutMetricData",
                """
                {"Namespace":"Shop","MetricData":[{"MetricName":"Fast","Value":1,"StorageResolution":1,
                "Timestamp":\(1_719_999_960 + second)}]}
                """)
        }
        func counts(_ period: Int) throws -> [Double] {
            let answer = try world.call(
                "GetMetricStatistics",
                """
                {"Namespace":"Shop","MetricName":"Fast","StartTime":1719999960,"EndTime":1720000020,
                "Period":\(period),"Statistics":["SampleCount"]}
                """)
            return try #require(answer["Datapoints"]?.arrayValue).compactMap {
                $0["SampleCount"]?.doubleValue
            }
        }
        #expect(try counts(1) == [1, 1, 1])
        #expect(try counts(5) == [1, 2])
        #expect(try counts(60) == [3])
        world.wire.clock.advance(by: .seconds(4 * 3_600))
        #expect(try counts(5) == [])
        #expect(try counts(60) == [3])
    }

    @Test("A list comes in pages of 500, memory and store together, each metric once")
    func pages() throws {
        let world = try CloudWatchWorld()
        for index in 0..<700 {
            let handle = world.recorder.handle([CloudWatchWorld.lambda("m\(index)")], unit: .count)
            handle.record(1, at: world.wire.clock.now)
            if index == 399 {
                world.wire.clock.advance(by: .seconds(60))
                try world.endMinute()
            }
            // Some are in both.
            if index > 300 && index < 400 { handle.record(1, at: world.wire.clock.now) }
        }
        let first = try world.call("ListMetrics", "{}")
        let second = try world.call(
            "ListMetrics", #"{"NextToken":\#(try #require(first["NextToken"]).text)}"#)
        #expect(second["NextToken"] == nil)
        let names = [first, second].map { page in
            (page["Metrics"]?.arrayValue ?? []).compactMap { $0["MetricName"]?.stringValue }
        }
        #expect(names.map(\.count) == [500, 200])
        #expect(Set(names[0] + names[1]).count == 700)
    }

    @Test("Data comes in pages of so many points, whichever way time goes", arguments: [true, false])
    func dataPages(isDescending: Bool) throws {
        let world = try CloudWatchWorld()
        for name in ["a", "b"] {
            let handle = world.recorder.handle([CloudWatchWorld.lambda(name)], unit: .count)
            for minute in 0..<5 {
                handle.record(
                    Double(minute),
                    at: Timestamp(millisecondsSinceEpoch: 1_719_999_000_000 + Int64(minute) * 60_000))
            }
        }
        let order = isDescending ? "TimestampDescending" : "TimestampAscending"
        var values: [String: [Double]] = [:]
        var sizes: [Int] = []
        var token = ""
        repeat {
            let answer = try world.call(
                "GetMetricData",
                """
                {"StartTime":1719990000,"EndTime":1720000000,"MaxDatapoints":3,"ScanBy":"\(order)"\(token),
                "MetricDataQueries":[\(["a", "b"].map { """
                    {"Id":"\($0)","MetricStat":{"Period":60,"Stat":"Sum","Metric":{"Namespace":"AWS/Lambda",
                    "MetricName":"\($0)","Dimensions":[{"Name":"FunctionName","Value":"fn"}]}}}
                    """ }.joined(separator: ","))]}
                """)
            var count = 0
            for result in try #require(answer["MetricDataResults"]?.arrayValue) {
                let some = (result["Values"]?.arrayValue ?? []).compactMap(\.doubleValue)
                #expect(result["Timestamps"]?.arrayValue?.count == some.count)
                values[result["Id"]?.stringValue ?? "", default: []] += some
                count += some.count
            }
            sizes.append(count)
            token = answer["NextToken"].map { ",\"NextToken\":\($0.text)" } ?? ""
        } while !token.isEmpty && sizes.count < 10
        let expected: [Double] = isDescending ? [4, 3, 2, 1, 0] : [0, 1, 2, 3, 4]
        #expect(values == ["a": expected, "b": expected])
        #expect(sizes == [3, 3, 3, 1])
    }
}
