/// Lays out the live table of the demo.
struct DemoView {
    let sources: [DemoSource]
    let lag: LagReport
    let status: StatusReport

    func lines(elapsed: Duration, isFeeding: Bool) -> [String] {
        let phase = isFeeding ? "feeding" : "waiting for the rest"
        return ["", "After \(Text.seconds(elapsed.inSeconds)), \(phase):"] + counts.lines.map { "  " + $0 }
            + [""]
            + shards.lines.map { "  " + $0 }
    }

    private var counts: TextTable {
        var table = TextTable([
            .left("SOURCE"), .right("IN"), .right("POISON"), .right("OUT"), .right("BATCHES"),
            .right("RETRIES"),
            .right("BISECTS"), .right("DEAD"),
        ])
        for source in sources {
            guard let mapping = source.mapping(in: lag.mappings) else { continue }
            let fed = source.feeder.snapshot
            table.add([
                "\(source.kind) \(source.name)", Text.number(fed.accepted), Text.number(fed.poison),
                // Records given up are settled too; messages never are, they move on.
                Text.number(mapping.records - (source.kind == "queue" ? 0 : mapping.discarded)),
                Text.number(mapping.batches), Text.number(mapping.retries), Text.number(mapping.bisects),
                Text.number(source.dead(in: status)),
            ])
        }
        return table
    }

    private var shards: TextTable {
        var table = TextTable([
            .left("ITERATOR AGE"), .right("NOW"), .right("P99"), .right("MAX"), .right("BEHIND"),
            .right("DRAIN/S"),
            .left(""),
        ])
        for source in sources {
            guard let mapping = source.mapping(in: lag.mappings) else { continue }
            for shard in mapping.shards {
                let name = shard.shard.isEmpty ? "" : " " + LagView.shortShard(shard.shard).cut(to: 20)
                table.add([
                    source.name + name, Text.milliseconds(shard.ageAtInvoke.nowMs),
                    Text.milliseconds(shard.ageAtInvoke.p99Ms), Text.milliseconds(shard.ageAtInvoke.maxMs),
                    Text.number(shard.recordsBehind), Text.number(Int(shard.drainPerSecond.rounded())),
                    Text.sparkline(shard.history, width: 24),
                ])
            }
        }
        return table
    }
}
