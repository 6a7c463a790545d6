"""What the soak writes: one thread for each source, each with its own clients, numbers and dice.

A write that was answered is acknowledged and must not be lost. One whose answer never came, because the daemon was killed
in between, may or may not have happened; the same number is never written again.
"""

import json
import random
import threading
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

REGION = "us-east-1"


def make_client(service, address, read_timeout=20):
    return boto3.client(
        service, endpoint_url=address, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test",
        config=Config(connect_timeout=2, read_timeout=read_timeout, retries={"total_max_attempts": 1}),
    )


class Written:
    """What one source was given, by name: `key/number`."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acknowledged, self.unknown = set(), set()
        self.poison, self.dropped = set(), set()
        # Refusals that a soak does not expect, with an example.
        self.refused = {}

    def note(self, names, is_acknowledged):
        with self.lock:
            (self.acknowledged if is_acknowledged else self.unknown).update(names)

    def refuse(self, error):
        with self.lock:
            self.refused.setdefault(error.response["Error"]["Code"], str(error))

    @property
    def count(self):
        return len(self.acknowledged)


class Producer(threading.Thread):
    """Writes batches at an even pace until it is told to stop."""

    # While a daemon goes down it may say so.
    EXPECTED = {"ServiceUnavailable", "503"}

    def __init__(self, name, address, seed, per_second, batch, keys, poison_percent=0.5, drop_percent=0):
        super().__init__(name=name, daemon=True)
        self.address, self.batch, self.keys = address, batch, keys
        self.pause = batch / per_second
        self.random = random.Random(f"{seed} {name}")
        self.poison_percent, self.drop_percent = poison_percent, drop_percent
        self.written = Written()
        self.numbers = {}
        self.is_stopping = threading.Event()

    def make(self):
        key = f"k{self.random.randrange(self.keys)}"
        number = self.numbers[key] = self.numbers.get(key, -1) + 1
        body = {"key": key, "n": number}
        name = f"{key}/{number}"
        if self.random.random() * 100 < self.poison_percent:
            body["poison"] = True
            self.written.poison.add(name)
        if self.drop_percent:
            body["kind"] = "keep"
            if self.random.random() * 100 < self.drop_percent:
                body["kind"] = "drop"
                self.written.dropped.add(name)
        return name, body

    def run(self):
        due = time.monotonic()
        while not self.is_stopping.is_set():
            items = [self.make() for _ in range(self.batch)]
            try:
                for names, is_done in self.write(items):
                    self.written.note(names, is_done)
            except ClientError as error:
                self.written.note([name for name, _ in items], False)
                if error.response["Error"]["Code"] not in self.EXPECTED:
                    self.written.refuse(error)
            except BotoCoreError:
                # The daemon was killed, or is not up again yet.
                self.written.note([name for name, _ in items], False)
                self.is_stopping.wait(0.05)
            due = max(due + self.pause, time.monotonic() - 1)
            self.is_stopping.wait(max(0, due - time.monotonic()))


class StreamProducer(Producer):
    def __init__(self, stream, *arguments, **options):
        super().__init__(stream, *arguments, **options)
        self.stream, self.client = stream, make_client("kinesis", self.address)

    def write(self, items):
        records = [{"Data": json.dumps(body).encode(), "PartitionKey": body["key"]} for _, body in items]
        answer = self.client.put_records(StreamName=self.stream, Records=records)
        for (name, _), result in zip(items, answer["Records"]):
            yield [name], "SequenceNumber" in result


class QueueProducer(Producer):
    def __init__(self, queue, *arguments, **options):
        super().__init__(queue, *arguments, **options)
        self.client = make_client("sqs", self.address)
        self.url = f"{self.address}/000000000000/{queue}"

    def write(self, items):
        entries = [{"Id": str(i), "MessageBody": json.dumps(body)} for i, (_, body) in enumerate(items)]
        answer = self.client.send_message_batch(QueueUrl=self.url, Entries=entries)
        done = {int(entry["Id"]) for entry in answer.get("Successful", [])}
        for index, (name, _) in enumerate(items):
            yield [name], index in done


class TableProducer(Producer):
    """One put each, so that every number of a key is a change of its own."""

    def __init__(self, table, *arguments, **options):
        super().__init__(table, *arguments, **options)
        self.table, self.client = table, make_client("dynamodb", self.address)

    def write(self, items):
        for name, body in items:
            item = {
                "id": {"S": body["key"]}, "n": {"N": str(body["n"])}, "poison": {"BOOL": body.get("poison", False)},
            }
            try:
                self.client.put_item(TableName=self.table, Item=item)
            except BotoCoreError:
                yield [name], False
                continue
            yield [name], True


class Resharder(threading.Thread):
    """Splits, merges and scales the streams at random moments, as far as the daemon can."""

    # Another one is still under way, or there are no more of them allowed today.
    EXPECTED = {"ResourceInUseException", "LimitExceededException", "ServiceUnavailable", "503"}

    def __init__(self, address, seed, streams, pause):
        super().__init__(name="resharder", daemon=True)
        self.client = make_client("kinesis", address)
        self.random = random.Random(f"{seed} reshards")
        self.streams, self.pause = streams, pause
        self.done, self.refused, self.missing = {}, {}, set()
        self.is_stopping = threading.Event()

    def open_shards(self, stream):
        shards = self.client.list_shards(StreamName=stream)["Shards"]
        is_open = [s for s in shards if "EndingSequenceNumber" not in s["SequenceNumberRange"]]
        return sorted(is_open, key=lambda s: int(s["HashKeyRange"]["StartingHashKey"]))

    def act(self, stream):
        shards = self.open_shards(stream)
        kind = self.random.choice(("split", "split", "merge", "scale"))
        if kind == "split" and len(shards) < 6:
            shard = self.random.choice(shards)
            first, last = (int(shard["HashKeyRange"][k]) for k in ("StartingHashKey", "EndingHashKey"))
            if last - first > 2:
                self.client.split_shard(
                    StreamName=stream, ShardToSplit=shard["ShardId"], NewStartingHashKey=str((first + last) // 2 + 1)
                )
        elif kind == "scale":
            target = max(1, min(6, self.random.choice((len(shards) * 2, (len(shards) + 1) // 2))))
            if target == len(shards):
                return None
            self.client.update_shard_count(
                StreamName=stream, TargetShardCount=target, ScalingType="UNIFORM_SCALING"
            )
        elif len(shards) > 1:
            kind = "merge"
            index = self.random.randrange(len(shards) - 1)
            self.client.merge_shards(
                StreamName=stream, ShardToMerge=shards[index]["ShardId"],
                AdjacentShardToMerge=shards[index + 1]["ShardId"],
            )
        else:
            return None
        return kind

    def run(self):
        while not self.is_stopping.wait(self.random.uniform(0.5, 1.5) * self.pause):
            try:
                kind = self.act(self.random.choice(self.streams))
                if kind:
                    self.done[kind] = self.done.get(kind, 0) + 1
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code in ("UnsupportedOperation", "UnknownOperationException"):
                    self.missing.add(error.operation_name)
                elif code not in self.EXPECTED:
                    self.refused.setdefault(code, str(error))
            except BotoCoreError:
                pass  # The daemon was killed; what was asked for may have happened, which is as good.
