import ByteCoding
import Testing

@testable import millrace

@Suite("What millrace queue shows")
struct QueueViewTests {
    private static func move(_ members: JSONObject) -> MoveReport { MoveReport(json: .object(members)) }

    private static let running: JSONObject = JSONObject([
        ("TaskHandle", "abc"), ("Status", "RUNNING"), ("MaxNumberOfMessagesPerSecond", 10),
        ("ApproximateNumberOfMessagesMoved", 120), ("ApproximateNumberOfMessagesToMove", 400),
        ("StartedTimestamp", 1_720_000_000_123),
    ])
    private static let failed: JSONObject = JSONObject([
        ("Status", "FAILED"), ("DestinationArn", "arn:aws:sqs:us-east-1:000000000000:other"),
        ("ApproximateNumberOfMessagesMoved", 0), ("ApproximateNumberOfMessagesToMove", 1),
        ("FailureReason", "AWS.SimpleQueueService.NonExistentQueue"), ("StartedTimestamp", 1_720_000_000_000),
    ])

    @Test("A queue with its policies and tasks")
    func queue() {
        let report = QueueReport(
            name: "dead", url: "http://localhost:4566/000000000000/dead",
            attributes: [
                "QueueArn": "arn:aws:sqs:us-east-1:000000000000:dead", "ApproximateNumberOfMessages": "1234",
                "ApproximateNumberOfMessagesNotVisible": "2", "ApproximateNumberOfMessagesDelayed": "0",
                "VisibilityTimeout": "30", "DelaySeconds": "0", "ReceiveMessageWaitTimeSeconds": "20",
                "MessageRetentionPeriod": "345600", "MaximumMessageSize": "1048576",
                "RedrivePolicy":
                    #"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:grave","maxReceiveCount":3}"#,
                "Policy": #"{"Statement":[{"Effect":"Allow"},{"Effect":"Deny"}]}"#,
                "RedriveAllowPolicy":
                    #"{"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:us-east-1:000000000000:orders"]}"#,
            ], sources: ["orders", "bills"], moves: [Self.move(Self.running), Self.move(Self.failed)])
        let expected = """
            dead  arn:aws:sqs:us-east-1:000000000000:dead
              1,234 visible, 2 in flight, 0 delayed
              visibility timeout 30 s, delay 0 s, wait 20 s, retention 4 d, messages up to 1.0 MB
              dead letters to      grave after 3 receives
              dead letters from    orders, bills
              may take them from   orders
              permissions          2 statement(s), kept and not enforced

            MOVE TASKS
              STARTED               STATUS   MOVED   OF  RATE  TO       WHY
              2024-07-03T09:46:40Z  RUNNING    120  400  10/s  sources  –
              2024-07-03T09:46:40Z  FAILED       0    1     –  other    AWS.SimpleQueueService.NonExistentQueue
            """
        #expect(QueueView.lines(report).joined(separator: "\n") == expected)
    }

    @Test("Progress")
    func progress() {
        #expect(
            QueueView.progress(Self.move(Self.running))
                == "RUNNING  120 of 400 messages (30 %) back to where they came from, at most 10/s")
        #expect(QueueView.progress(Self.move(Self.failed)) == "FAILED  0 of 1 messages (0 %) to other")
    }

    @Test("A failure says what to do")
    func advice() {
        let text = QueueView.advice(onFailure: "CouldNotDetermineMessageSource", "dead")
        #expect(text.contains("millrace queue redrive dead --to QUEUE"))
    }
}
