/// The Python handler of all tests; variables in the template tell it what to do.
///
/// | variable | meaning |
/// |---|---|
/// | `LEDGER` | file that gets a line for each record |
/// | `ANSWER` | JSON to answer with, whatever the records hold |
/// | `REPORTS` | answers with the batch item failures instead of raising |
/// | `SECONDS` | how long one invocation takes |
/// | `POISON_SECONDS` | how long one invocation takes that holds poison |
enum SampleHandler {
    static let fileName = "sample.py"
    static let handler = "sample.handle"

    static let source = #"""
        import base64
        import json
        import os
        import time

        LEDGER = os.open(os.environ["LEDGER"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        # Whoever started this process, even after it has gone.
        DAEMON = os.getppid()
        calls = 0


        class Row:
            def __init__(self, record):
                self.receives = "0"
                if record["eventSource"] == "aws:kinesis":
                    self.shard, self.id = record["eventID"].split(":")
                    self.text = base64.b64decode(record["kinesis"]["data"]).decode()
                elif record["eventSource"] == "aws:dynamodb":
                    change = record["dynamodb"]
                    self.shard, self.id = "table", change["SequenceNumber"]
                    self.text = record["eventName"] + " " + change["Keys"]["id"]["S"]
                else:
                    self.shard, self.id, self.text = "", record["messageId"], record["body"]
                    self.receives = record["attributes"]["ApproximateReceiveCount"]


        def note(context, outcome, rows):
            """One write for all lines, each closed by a dot: a kill may cut it off, but not unnoticed."""
            lines = []
            for row in rows:
                lines.append("\t".join((
                    str(DAEMON), str(os.getpid()), context.function_name, context.aws_request_id,
                    str(calls), outcome, row.shard, row.id, row.receives, row.text, ".")))
            if lines:
                os.write(LEDGER, ("\n" + "\n".join(lines) + "\n").encode())


        class End:
            """The end of a tumbling window as a line: its text holds what the state has gathered."""
            def __init__(self, event):
                self.receives, self.shard, self.id = "0", event["shardId"], event["window"]["start"]
                kind = "early" if event["isWindowTerminatedEarly"] else "end"
                self.text = " ".join([kind] + event["state"].get("texts", []))


        def window(event, context, rows):
            if event["isFinalInvokeForWindow"]:
                end = [End(event)]
                if "poison" in end[0].text:
                    note(context, "failed", end)
                    raise ValueError("cannot end " + end[0].text)
                note(context, "handled", end)
                return {"state": {}}
            texts = event["state"].get("texts", []) + [row.text for row in rows]
            note(context, "handled", rows)
            # More than 1 MB, once.
            size = 1100000 if any(row.text == "big" for row in rows) else 1
            return {"state": {"texts": texts, "padding": "x" * size}}


        def handle(event, context):
            global calls
            calls += 1
            rows = [Row(record) for record in event["Records"]]
            seconds = float(os.environ.get("SECONDS", "0"))
            if any("poison" in row.text for row in rows):
                seconds = float(os.environ.get("POISON_SECONDS", seconds))
            if seconds:
                note(context, "started", rows)
                time.sleep(seconds)
            if "window" in event:
                return window(event, context, rows)
            answer = os.environ.get("ANSWER")
            if answer is not None:
                note(context, "handled", rows)
                return json.loads(answer)
            poison = [row for row in rows if "poison" in row.text]
            if not poison:
                note(context, "handled", rows)
            elif "REPORTS" in os.environ:
                if rows[0].shard:
                    # In a shard nothing behind the first failure may be done before it.
                    done, poison = rows[:rows.index(poison[0])], poison[:1]
                else:
                    done = [row for row in rows if row not in poison]
                note(context, "handled", done)
                note(context, "failed", poison)
                return {"batchItemFailures": [{"itemIdentifier": row.id} for row in poison]}
            else:
                note(context, "failed", rows)
                raise ValueError("cannot swallow " + poison[0].text)
            print("handled %d" % len(rows))
            return {}
        """#
}
