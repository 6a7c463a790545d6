"""Holds what was written against what handlers, reports and dead-letter queue got: the account of every record."""

import json
from collections import Counter, defaultdict

from load import make_client


class Entry:
    def __init__(self, fields):
        self.life = int(fields[0])
        self.function, self.request, self.outcome, self.shard, self.id, self.key = fields[1:7]
        self.n = int(fields[7])
        self.name = f"{self.key}/{self.n}"


def read_ledger(path):
    """All whole lines, by function, in the order of writing."""
    entries = defaultdict(list)
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            fields = line.rstrip("\n").split("\t")
            if len(fields) == 9 and fields[8] == ".":
                entries[fields[1]].append(Entry(fields))
    return entries


class StoredRecord:
    def __init__(self, name, shard, sequence):
        self.name, self.shard, self.sequence = name, shard, int(sequence)


def _pages(client, get_iterator):
    iterator, empty = get_iterator(), 0
    # A closed shard ends; an open one is at its end when it has nothing more.
    while iterator and empty < 2:
        answer = client.get_records(ShardIterator=iterator, Limit=1000)
        yield from answer["Records"]
        empty = 0 if answer["Records"] else empty + 1
        iterator = answer.get("NextShardIterator")


def stored_in_stream(address, stream):
    """Every record of a stream, as a consumer without a mapping would read it."""
    client, shards, token = make_client("kinesis", address, 120), [], None
    while True:
        answer = client.list_shards(**({"NextToken": token} if token else {"StreamName": stream}))
        shards += answer["Shards"]
        token = answer.get("NextToken")
        if not token:
            break
    found = []
    for shard in (s["ShardId"] for s in shards):
        pages = _pages(client, lambda shard=shard: client.get_shard_iterator(
            StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"])
        for record in pages:
            body = json.loads(record["Data"])
            found.append(StoredRecord(f"{body['key']}/{body['n']}", shard, record["SequenceNumber"]))
    return found


def stored_in_table_stream(address, table):
    arn = make_client("dynamodb", address).describe_table(TableName=table)["Table"]["LatestStreamArn"]
    client, found, last = make_client("dynamodbstreams", address, 120), [], None
    shards = []
    while True:
        more = {"ExclusiveStartShardId": last} if last else {}
        description = client.describe_stream(StreamArn=arn, **more)["StreamDescription"]
        shards += description["Shards"]
        last = description.get("LastEvaluatedShardId")
        if not last:
            break
    for shard in (s["ShardId"] for s in shards):
        pages = _pages(client, lambda shard=shard: client.get_shard_iterator(
            StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"])
        for record in pages:
            change = record["dynamodb"]
            name = f"{change['NewImage']['id']['S']}/{change['NewImage']['n']['N']}"
            found.append(StoredRecord(name, shard, change["SequenceNumber"]))
    return found


def take_all(address, queue):
    """Receives and deletes every message of a queue."""
    client, url, bodies = make_client("sqs", address), f"{address}/000000000000/{queue}", []
    while True:
        messages = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        if not messages:
            return bodies
        for message in messages:
            bodies.append((message["MessageId"], message["Body"]))
        client.delete_message_batch(QueueUrl=url, Entries=[
            {"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages)])


def read_reports(bodies):
    """How often each single record was given up: by function and sequence number."""
    reports = defaultdict(Counter)
    for _, body in bodies:
        report = json.loads(body)
        info = report.get("KinesisBatchInfo") or report["DDBStreamBatchInfo"]
        function = report["requestContext"]["functionArn"].rsplit(":", 1)[1]
        if info["batchSize"] != 1:
            reports[function][f"a batch of {info['batchSize']}"] += 1
        reports[function][int(info["startSequenceNumber"])] += 1
    return reports


class Account:
    """One source's balance, and what does not add up."""

    def __init__(self, function, written, entries):
        self.function, self.written, self.entries = function, written, entries
        self.handled = [entry for entry in entries if entry.outcome == "handled"]
        self.finals = [entry for entry in entries if entry.outcome == "final"]
        self.problems = []
        # The most invocations at once, where they are counted.
        self.busiest = 0
        self.produced = self.succeeded = self.discarded = self.filtered = self.duplicates = 0

    def claim(self, what, names):
        names = sorted(names, key=str)
        if names:
            self.problems.append(f"{what}: {len(names)}, such as {', '.join(map(str, names[:3]))}")

    # ---- what was stored

    def check_stored(self, names):
        counts = Counter(names)
        self.produced = len(counts)
        self.claim("acknowledged and not stored", self.written.acknowledged - counts.keys())
        self.claim("stored and never written", counts.keys() - self.written.acknowledged - self.written.unknown)
        self.claim("stored twice", [name for name, count in counts.items() if count > 1])

    # ---- streams

    def check_stream(self, stored, reports, killed, checkpoints):
        self.check_stored([record.name for record in stored])
        by_sequence = {record.sequence: record for record in stored}
        given_up = Counter()
        for sequence, count in reports.items():
            if sequence in by_sequence:
                given_up[by_sequence[sequence].name] += count
            else:
                self.problems.append(f"a report of no record: {sequence}")
        handled = Counter(entry.name for entry in self.handled)
        names = {record.name for record in stored}
        filtered = names & self.written.dropped
        poison = (names & self.written.poison) - filtered
        good = names - poison - filtered
        self.claim("filtered and delivered", filtered & (handled.keys() | given_up.keys()))
        self.claim("poison handled", poison & handled.keys())
        self.claim("poison not reported", poison - given_up.keys())
        self.claim("reported twice", [name for name, count in given_up.items() if count > 1])
        self.claim("lost", good - handled.keys() - given_up.keys())
        self.claim("good and given up", good & given_up.keys())
        self.succeeded = len(good & handled.keys())
        self.discarded, self.filtered = len(poison & given_up.keys()), len(filtered)
        if self.produced != self.succeeded + self.discarded + self.filtered:
            self.problems.append("the balance is not zero")
        self.check_order(killed)
        self.check_checkpoints(by_sequence, checkpoints)

    def check_order(self, killed):
        """Within a life a key's numbers rise; what comes again was in flight when a life was killed."""
        last, first_seen, lives = {}, {}, defaultdict(set)
        for entry in self.handled:
            place = (entry.life, entry.key)
            if entry.n <= last.get(place, -1):
                self.problems.append(f"in one life {entry.name} came after {entry.key}/{last[place]}")
            last[place] = max(entry.n, last.get(place, -1))
            if not lives[entry.name]:
                if entry.n < first_seen.get(entry.key, -1):
                    self.problems.append(f"{entry.name} came first after {entry.key}/{first_seen[entry.key]}")
                first_seen[entry.key] = max(entry.n, first_seen.get(entry.key, -1))
            else:
                self.duplicates += 1
                if not lives[entry.name] <= killed:
                    self.problems.append(f"{entry.name} came again though no kill was in between")
            lives[entry.name].add(entry.life)

    def check_checkpoints(self, by_sequence, checkpoints):
        """Nothing at or below a checkpoint that was seen before a life began is delivered in it."""
        for entry in self.handled:
            record = by_sequence.get(int(entry.id))
            before = checkpoints.get(entry.life, {})
            if record and record.sequence <= before.get((self.function, record.shard), -1):
                self.problems.append(f"{entry.name} was settled and came again")

    def check_windows(self):
        """Each record is in the final state of one window, once."""
        states = {}
        for final in self.finals:
            # The end of a window that a kill cut off is told again.
            states[(final.shard, final.id)] = final.key.split(",") if final.key else []
        counts = Counter(name for state in states.values() for name in state)
        names = {entry.name for entry in self.handled}
        self.claim("in no final state", names - counts.keys())
        self.claim("in final states twice", [name for name, count in counts.items() if count > 1])

    # ---- queues

    def check_queue(self, dead_letters):
        handled = Counter(entry.name for entry in self.handled)
        dead = Counter()
        for _, body in dead_letters:
            message = json.loads(body)
            dead[f"{message['key']}/{message['n']}"] += 1
        arrived = handled.keys() | dead.keys()
        # Those whose answer never came are told by where they ended.
        self.produced = len(arrived)
        self.claim("acknowledged and lost", self.written.acknowledged - arrived)
        self.claim("never written", arrived - self.written.acknowledged - self.written.unknown)
        poison = arrived & self.written.poison
        self.claim("poison handled", poison & handled.keys())
        self.claim("dead letters twice", [name for name, count in dead.items() if count > 1])
        self.discarded = len(dead.keys() - handled.keys())
        self.succeeded = len(handled)
        self.duplicates = sum(handled.values()) - len(handled)
        if self.produced != self.succeeded + self.discarded:
            self.problems.append("the balance is not zero")

    def check_line(self, dead_letters, killed):
        """A FIFO queue with a mapping: in order, each number once, but for what was a dead letter and moved back."""
        self.check_queue(dead_letters)
        ids = defaultdict(set)
        for entry in self.entries:
            ids[entry.name].add(entry.id)
        failed = {entry.name for entry in self.entries if entry.outcome == "failed"}
        twice = [name for name, found in ids.items() if len(found) > 1 and name not in failed]
        self.claim("stored twice, though sent with one deduplication ID", twice)
        # Dead letters that are moved back are new messages, behind what has overtaken them.
        back = failed | {name for name, found in ids.items() if len(found) > 1}
        self.handled = [entry for entry in self.handled if entry.name not in back]
        self.duplicates = 0
        self.check_order(killed)

    def check_concurrency(self, limit):
        """The most invocations of a function that were under way at once in one life; handlers tell their beginnings
        late and their ends early, so that it is never too many."""
        life, running = None, set()
        for entry in self.entries:
            if entry.life != life:
                life, running = entry.life, set()
            if entry.outcome == "started":
                running.add(entry.request)
                self.busiest = max(self.busiest, len(running))
            else:
                running.discard(entry.request)
        if self.busiest > limit:
            self.problems.append(f"{self.busiest} invocations at once instead of {limit}")

    def check_successes(self, reports):
        """The commit that deletes messages reports them: each is in one report, however often it was handled."""
        told = Counter()
        for _, text in reports:
            for record in json.loads(text)["requestPayload"]["Records"]:
                body = json.loads(record["body"])
                told[f"{body['key']}/{body['n']}"] += 1
        handled = {entry.name for entry in self.handled}
        self.claim("handled and not reported as a success", handled - told.keys())
        self.claim("reported as a success and not handled", told.keys() - handled)
        self.claim("reported as a success twice", [name for name, count in told.items() if count > 1])

    # ---- queues without a mapping

    def check_consumer(self, consumer, dead_letters):
        dead = Counter()
        for _, body in dead_letters:
            message = json.loads(body)
            dead[f"{message['key']}/{message['n']}"] += 1
        arrived = consumer.seen.keys() | dead.keys()
        self.produced = len(arrived)
        self.claim("acknowledged and lost", self.written.acknowledged - arrived)
        self.claim("never written", arrived - self.written.acknowledged - self.written.unknown)
        self.claim("dead letters twice", [name for name, count in dead.items() if count > 1])
        self.claim("dead letters though deleted", dead.keys() & consumer.deleted)
        self.claim("neither deleted nor a dead letter", arrived - consumer.asked - dead.keys())
        self.problems += consumer.problems
        self.problems += [f"refused: {text}" for text in consumer.refused.values()]
        self.discarded = len(dead)
        self.succeeded = len(arrived - dead.keys())
        self.duplicates = consumer.again
