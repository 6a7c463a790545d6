"""The handler of all functions of the soak: writes down every record that it is given, and refuses poison.

MODE tells how: `raise` fails the whole batch, `report` names the first failure of a stream's batch or all of a queue's,
`line` names the first failure of each group and all behind it, `count` writes down when an invocation begins,
`window` gathers numbers in the state of a tumbling window.
"""

import base64
import json
import os
import random
import time

LEDGER = os.open(os.environ["LEDGER"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
# Whoever started this process, even after it has gone: which life of the daemon this is.
LIFE = os.getppid()
MODE = os.environ["MODE"]


class Row:
    def __init__(self, record):
        self.shard = ""
        source = record["eventSource"]
        if source == "aws:kinesis":
            self.shard, self.id = record["eventID"].split(":")
            body = json.loads(base64.b64decode(record["kinesis"]["data"]))
        elif source == "aws:dynamodb":
            change = record["dynamodb"]
            self.id = change["SequenceNumber"]
            image = change["NewImage"]
            body = {"key": image["id"]["S"], "n": int(image["n"]["N"]), "poison": image["poison"]["BOOL"]}
        else:
            self.id = record["messageId"]
            body = json.loads(record["body"])
        self.key, self.n, self.is_poison = body["key"], body["n"], body.get("poison", False)


def note(context, outcome, rows):
    """One write for all lines, each closed by a dot: a kill may cut it off, but not unnoticed."""
    lines = [
        "\t".join(
            (str(LIFE), context.function_name, context.aws_request_id, outcome, row.shard, row.id, row.key,
             str(row.n), ".")
        )
        for row in rows
    ]
    if lines:
        os.write(LEDGER, ("\n" + "\n".join(lines) + "\n").encode())


class End:
    """The end of a tumbling window: its text holds what the state has gathered."""

    def __init__(self, event):
        self.shard, self.id, self.n = event["shardId"], event["window"]["start"], 0
        self.key = ",".join(event["state"].get("names", []))


def window(event, context, rows):
    if event["isFinalInvokeForWindow"]:
        note(context, "final", [End(event)])
        return {"state": {}}
    note(context, "handled", rows)
    return {"state": {"names": event["state"].get("names", []) + ["%s/%d" % (row.key, row.n) for row in rows]}}


def line(context, rows):
    """What lies behind a failure in its group is a failure too, or it would overtake."""
    stopped, done, failed = set(), [], []
    for row in rows:
        if row.is_poison:
            stopped.add(row.key)
        (failed if row.key in stopped else done).append(row)
    note(context, "handled", done)
    note(context, "failed", failed)
    return {"batchItemFailures": [{"itemIdentifier": row.id} for row in failed]}


def handle(event, context):
    rows = [Row(record) for record in event["Records"]]
    if MODE == "count":
        note(context, "started", rows)
        # Long enough that more invocations are wanted than there may be.
        time.sleep(random.uniform(0, 0.6))
    # Most answers come soon, some do not.
    time.sleep(random.choice((0, 0.001, 0.001, 0.002, 0.005, 0.05)))
    if MODE == "window":
        return window(event, context, rows)
    if MODE == "line":
        return line(context, rows)
    poison = [row for row in rows if row.is_poison]
    if not poison:
        note(context, "handled", rows)
        return {"batchItemFailures": []}
    if MODE == "raise":
        note(context, "failed", rows)
        raise ValueError("cannot swallow %s/%d" % (poison[0].key, poison[0].n))
    if rows[0].id.isdigit():
        # In a stream nothing behind the first failure may be done before it.
        done, poison = rows[: rows.index(poison[0])], poison[:1]
    else:
        done = [row for row in rows if not row.is_poison]
    note(context, "handled", done)
    note(context, "failed", poison)
    return {"batchItemFailures": [{"itemIdentifier": row.id} for row in poison]}
