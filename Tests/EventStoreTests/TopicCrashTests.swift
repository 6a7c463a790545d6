import EventModel
import EventStore
import Foundation
import Testing

@Suite("A process killed while it publishes")
struct TopicCrashTests {
    private static let queues = ["a", "b", "c"]

    /// Publishes numbers and notes each one that was acknowledged; dies after some of them.
    private static func work(_ directory: String, _ killAfter: Int) throws {
        let store = try EventStore.open(
            directory: directory, durability: .full,
            now: { Timestamp(millisecondsSinceEpoch: 1_763_600_000_000) })
        let answered = try #require(FileHandle(forWritingAtPath: directory + "/answered"))
        try answered.seekToEnd()
        let topic = Location().arn("sns", "news")
        for round in 0..<10_000 {
            let number = "\(getpid())-\(round)"
            let publication = TopicPublication(topic: topic, message: Array(number.utf8))
            store.submit { writer throws(StoreError) in
                try writer.publish(publication)
            } completion: { result in
                guard case .success(.published) = result else { return }
                // A line is one write, so it is there whole even if the process dies at once.
                answered.write(Data("\(number)\n".utf8))
                if round == killAfter { kill(getpid(), SIGKILL) }
            }
        }
        // The completion of some round kills; nothing else ends this.
        while true { pause() }
    }

    @Test(
        "What was acknowledged is in every queue, and no queue has what another lacks",
        .timeLimit(.minutes(5)))
    func killed() async throws {
        let directory = TestStore.freshDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let first = try TestStore(opening: directory)
        try first.store.perform { writer throws(StoreError) in
            let topic = try writer.createTopic(
                name: "news", location: Location(), settings: TopicSettings(), tags: [:])
            var settings = SubscriptionSettings()
            settings.isRaw = true
            for name in Self.queues {
                _ = try writer.createQueue(
                    name: name, location: Location(), attributes: QueueAttributes(), tags: [:])
                _ = try writer.subscribe(
                    .queue(Location().arn("sqs", name)), to: topic.key, id: "id-\(name)", settings: settings,
                    confirmation: .confirmed(wasAuthenticated: true, guardsUnsubscribe: false))
            }
            _ = try writer.subscribe(
                .web(url: "http://127.0.0.1:9/", isSecure: false), to: topic.key, id: "id-web",
                settings: settings,
                confirmation: .confirmed(wasAuthenticated: true, guardsUnsubscribe: false))
        }
        let web = try #require(first.store.catalog.snapshot.webSubscriptions.first?.key)
        try first.store.close()
        #expect(FileManager.default.createFile(atPath: directory + "/answered", contents: nil))
        for killAfter in [0, 3, 50, 400] {
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [directory = directory as String, killAfter = killAfter as Int] in
                try TopicCrashTests.work(directory, killAfter)
            }
            let answered = try String(contentsOfFile: directory + "/answered", encoding: .utf8)
                .split(separator: "\n").map(String.init)
            let now = Timestamp(millisecondsSinceEpoch: 1_763_600_000_000)
            let store = try EventStore.open(directory: directory, durability: .full, now: { now })
            let reader = try store.makeReader()
            var contents: [Set<String>] = []
            for name in Self.queues {
                let key = try #require(store.catalog.queue(named: name, in: Location())?.key)
                var bodies: [String] = []
                _ = try reader.receive(from: key, maximum: 20_000, visibilitySeconds: 0, now: now) {
                    _, body, _ in bodies.append(text(body))
                }
                #expect(Set(bodies).count == bodies.count)
                contents.append(Set(bodies))
            }
            let waiting = try reader.deliveries(to: web, limit: 20_000)
            contents.append(Set(waiting.map { String(decoding: $0.body, as: UTF8.self) }))
            #expect(Set(answered).isSubset(of: contents[0]))
            #expect(contents.allSatisfy { $0 == contents[0] })
            try store.close()
        }
    }
}
