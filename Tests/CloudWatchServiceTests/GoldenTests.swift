import HTTP
import Metering
import Testing
import WireTesting

@Suite("CloudWatch on the wire")
struct GoldenTests {
    @Test("A golden conversation goes as recorded", arguments: Conversation.all())
    func golden(path: String) throws {
        var conversation = try Conversation(path)
        let world = try CloudWatchWorld()
        let handle = world.recorder.handle([CloudWatchWorld.lambda("Duration")], unit: .milliseconds)
        for value in [10.0, 20, 40] { handle.record(value, at: world.wire.clock.now) }
        let differences = try conversation.play(CloudWatchWorld.target, in: world.wire)
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    }

    @Test("There are golden conversations")
    func isThere() {
        #expect(Conversation.all().count >= 5)
    }

    /// Requests of the Query protocol, in their order.
    private static let queries: [(action: String, name: String, parameters: String)] = [
        (
            "PutMetricData", "query-values",
            "Action=PutMetricData&Namespace=Shop&MetricData.member.1.MetricName=Orders"
                + "&MetricData.member.1.Dimensions.member.1.Name=Town&MetricData.member.1.Dimensions.member.1.Value=Ulm"
                + "&MetricData.member.1.Timestamp=2024-07-03T09%3A46%3A10Z&MetricData.member.1.Unit=Count"
                + "&MetricData.member.1.Values.member.1=1&MetricData.member.1.Values.member.2=5.5"
                + "&MetricData.member.1.Counts.member.1=3&MetricData.member.1.Counts.member.2=1"
        ),
        (
            "PutMetricData", "query-missing-name",
            "Action=PutMetricData&Namespace=Shop&MetricData.member.1.Value=1"
        ),
        (
            "PutMetricData", "query-not-a-number",
            "Action=PutMetricData&Namespace=Shop&MetricData.member.1.MetricName=a&MetricData.member.1.Value=NaN"
        ),
        (
            "GetMetricStatistics", "query-statistics",
            "Action=GetMetricStatistics&Namespace=Shop&MetricName=Orders&Dimensions.member.1.Name=Town"
                + "&Dimensions.member.1.Value=Ulm&StartTime=2024-07-03T09%3A00%3A00Z&EndTime=2024-07-03T10%3A00%3A00Z"
                + "&Period=60&Statistics.member.1=Sum&Statistics.member.2=SampleCount"
        ),
        (
            "GetMetricStatistics", "query-percentiles",
            "Action=GetMetricStatistics&Namespace=Shop&MetricName=Orders&Dimensions.member.1.Name=Town"
                + "&Dimensions.member.1.Value=Ulm&StartTime=2024-07-03T09%3A00%3A00Z&EndTime=2024-07-03T10%3A00%3A00Z"
                + "&Period=3600&ExtendedStatistics.member.1=p100"
        ),
        (
            "GetMetricStatistics", "query-bad-time",
            "Action=GetMetricStatistics&Namespace=Shop&MetricName=Orders&StartTime=yesterday"
                + "&EndTime=2024-07-03T10%3A00%3A00Z&Period=60&Statistics.member.1=Sum"
        ),
        (
            "GetMetricData", "query-stat",
            "Action=GetMetricData&StartTime=2024-07-03T09%3A00%3A00%2B00%3A00&EndTime=2024-07-03T10%3A00%3A00Z"
                + "&MetricDataQueries.member.1.Id=q1&MetricDataQueries.member.1.MetricStat.Period=60"
                + "&MetricDataQueries.member.1.MetricStat.Stat=Maximum"
                + "&MetricDataQueries.member.1.MetricStat.Metric.Namespace=Shop"
                + "&MetricDataQueries.member.1.MetricStat.Metric.MetricName=Orders"
                + "&MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Name=Town"
                + "&MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Value=Ulm"
                + "&MetricDataQueries.member.1.ReturnData=true"
        ),
        ("ListMetrics", "query-all", "Action=ListMetrics&Namespace=Shop"),
        ("DescribeAlarms", "query-not-there", "Action=DescribeAlarms"),
    ]

    @Test("The Query protocol goes as recorded")
    func query() throws {
        let world = try CloudWatchWorld()
        let golden = Golden(beside: #filePath)
        for step in Self.queries {
            let request = world.queryRequest(step.parameters)
            let response = try world.wire.send(request)
            let difference = try golden.difference(step.action, step.name, request, response)
            #expect(difference == nil, "\(difference ?? "")")
        }
    }
}
