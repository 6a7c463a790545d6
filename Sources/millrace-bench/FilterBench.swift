import ByteCoding

/// Waiting records of a stream through a mapping with a pattern of three fields, beside the same without filters.
enum FilterBench {
    static let filtered = "millrace_mapping_records_filtered_total"
    private static let pattern =
        #"{\"data\":{\"kind\":[\"click\",\"buy\"],\"user\":{\"tier\":[\"gold\"]},"#
        + #"\"size\":[{\"numeric\":[\">\",100]}]}}"#

    static func run(_ run: BenchRun, _ report: inout Report) throws(BenchError) {
        let records = run.scaled(200_000, quick: 2_000)
        let plain = try drain(run, "none", records: records, passing: 100, isFiltered: false)
        for passing in [100, 1] {
            let rate = try drain(
                run, "\(passing)", records: records, passing: passing, isFiltered: true)
            report.add(
                Figure(
                    name: "filter of 3 fields, \(passing) % pass", value: rate, unit: "rec/s",
                    baseline: plain,
                    baselineName: "no filter", targetRatio: passing == 100 ? 0.8 : 1))
        }
    }

    /// Records per second from the creation of the mapping until every record is settled or filtered out.
    private static func drain(
        _ run: BenchRun, _ name: String, records: Int, passing: Int, isFiltered: Bool
    ) throws(BenchError) -> Double {
        let folder = try run.folder("filter-\(name)")
        let template = try run.template(in: folder)
        let daemon = try BenchDaemon(
            program: run.program, directory: folder, durability: "normal", template: template)
        defer { daemon.stop() }
        try daemon.createStream("filter", shards: 4)
        let request = putRecords(bytes: run.recordBytes, passing: passing)
        _ = try WireLoad(port: daemon.port, connections: 4).run(calls: records / 500, request: request)
        let criteria = isFiltered ? #","FilterCriteria":{"Filters":[{"Pattern":"\#(pattern)"}]}"# : ""
        let start = Monotonic.nanoseconds()
        try daemon.createMapping(
            #"{"FunctionName":"sink","EventSourceArn":"arn:aws:kinesis:us-east-1:000000000000:stream/filter","#
                + #""BatchSize":100,"StartingPosition":"TRIM_HORIZON"\#(criteria)}"#)
        let settled = Double(records * passing / 100)
        if isFiltered {
            _ = try daemon.wait(for: filtered, toReach: Double(records) - settled, within: 120)
        }
        _ = try daemon.wait(for: DrainBench.settled, toReach: settled, within: 120)
        return Double(records) / Monotonic.seconds(since: start)
    }

    /// `PutRecords` of 500 JSON objects of `bytes` bytes, of which `passing` in 100 match the pattern.
    private static func putRecords(bytes: Int, passing: Int) -> [UInt8] {
        var records: [String] = []
        for index in 0..<500 {
            let tier = index % 100 < passing ? "gold" : "free"
            let start = #"{"id":\#(index),"kind":"click","user":{"name":"u-\#(index)","tier":"\#(tier)"},"#
            let fields = start + #""size":150,"text":""#
            let text = String(repeating: "x", count: max(0, bytes - fields.utf8.count - 2))
            let data = Base64.encode(Array((fields + text + "\"}").utf8))
            records.append(#"{"Data":"\#(data)","PartitionKey":"key-\#(index)"}"#)
        }
        let body = #"{"StreamName":"filter","Records":[\#(records.joined(separator: ","))]}"#
        return WireRequest.json(target: "Kinesis_20131202.PutRecords", version: "1.1", body: Array(body.utf8))
    }
}
