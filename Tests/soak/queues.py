"""The soak's work on queues from outside: sends in order, consumers without a mapping, and moves of dead letters."""

import json
import random
import threading

from botocore.exceptions import BotoCoreError, ClientError

from load import REGION, Producer, make_client

ACCOUNT = "000000000000"


def queue_url(address, name):
    return f"{address}/{ACCOUNT}/{name}"


def make_fifo_queue(address, name, dead):
    """A FIFO queue and the one of its dead letters."""
    client = make_client("sqs", address)
    client.create_queue(QueueName=dead, Attributes={"FifoQueue": "true"})
    target = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{dead}"
    client.create_queue(QueueName=name, Attributes={
        "FifoQueue": "true", "VisibilityTimeout": "3",
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": 4})})


class OrderedProducer(Producer):
    """Sends to a FIFO queue: the key is the group, and what is not answered is sent again under the same
    deduplication ID until it is. So nothing is unknown, and nothing may be there twice."""

    def __init__(self, queue, *arguments, **options):
        super().__init__(queue, *arguments, **options)
        self.client = make_client("sqs", self.address)
        self.url = queue_url(self.address, queue)
        self.again = 0

    def write(self, items):
        entries = [
            {"Id": str(i), "MessageBody": json.dumps(body), "MessageGroupId": body["key"], "MessageDeduplicationId": name}
            for i, (name, body) in enumerate(items)
        ]
        while True:
            try:
                answer = self.client.send_message_batch(QueueUrl=self.url, Entries=entries)
                break
            except BotoCoreError:
                if self.is_stopping.wait(0.05):
                    raise
                self.again += 1
            except ClientError as error:
                if error.response["Error"]["Code"] not in self.EXPECTED or self.is_stopping.wait(0.05):
                    raise
                self.again += 1
        done = {int(entry["Id"]) for entry in answer.get("Successful", [])}
        for index, (name, _) in enumerate(items):
            yield [name], index in done


class Consumer(threading.Thread):
    """Receives and deletes with an unmodified client; leaves poison, and now and then a message, to be received again.

    In a FIFO queue whoever leaves a message must leave those behind it in its group too.
    """

    EXPECTED = Producer.EXPECTED

    def __init__(self, queue, address, seed):
        super().__init__(name=f"consumer of {queue}", daemon=True)
        self.address, self.is_fifo = address, queue.endswith(".fifo")
        self.url, self.client = queue_url(address, queue), make_client("sqs", address)
        self.random = random.Random(f"{seed} {queue} consumer")
        # By name: message IDs that it was seen under, deletions that were acknowledged, and those that were asked for.
        self.seen, self.deleted, self.asked = {}, set(), set()
        self.first, self.again, self.problems, self.refused = {}, 0, [], {}
        self.is_stopping = threading.Event()

    def run(self):
        while not self.is_stopping.is_set():
            try:
                answer = self.client.receive_message(
                    QueueUrl=self.url, MaxNumberOfMessages=self.random.randint(1, 10), WaitTimeSeconds=1,
                    AttributeNames=["All"])
                self.take(answer.get("Messages", []))
            except ClientError as error:
                # On a busy machine a receipt may expire on the way.
                if error.response["Error"]["Code"] not in self.EXPECTED and "expired" not in str(error):
                    self.refused.setdefault(error.response["Error"]["Code"], str(error))
                self.is_stopping.wait(0.05)
            except BotoCoreError:
                self.is_stopping.wait(0.05)

    def take(self, messages):
        done, left = [], []
        stopped = set()
        for message in messages:
            body = json.loads(message["Body"])
            name = f"{body['key']}/{body['n']}"
            self.note(name, body, message)
            is_left = body.get("poison") or self.random.random() < 0.02
            if self.is_fifo and is_left:
                stopped.add(body["key"])
            if is_left or body["key"] in stopped:
                left.append(message)
            else:
                done.append((name, message))
        # Half of what is left becomes visible soon, the rest when its time is over.
        for message in left:
            if self.random.random() < 0.5:
                self.client.change_message_visibility(
                    QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=self.random.randint(0, 1))
        if done:
            self.delete(done)

    def note(self, name, body, message):
        if name in self.deleted:
            self.problems.append(f"{name} came again after its deletion was acknowledged")
        is_new = name not in self.seen
        self.seen.setdefault(name, set()).add(message["MessageId"])
        if not is_new:
            self.again += 1
        elif self.is_fifo:
            if body["n"] < self.first.get(body["key"], -1):
                self.problems.append(f"{name} came first after {body['key']}/{self.first[body['key']]}")
            self.first[body["key"]] = max(body["n"], self.first.get(body["key"], -1))

    def delete(self, done):
        self.asked.update(name for name, _ in done)
        answer = self.client.delete_message_batch(QueueUrl=self.url, Entries=[
            {"Id": str(i), "ReceiptHandle": message["ReceiptHandle"]} for i, (_, message) in enumerate(done)])
        # A receipt that expired on the way is refused in a FIFO queue; the message comes again.
        self.deleted.update(done[int(entry["Id"])][0] for entry in answer.get("Successful", []))


class Mover(threading.Thread):
    """Moves dead letters back to where they came from, at any pace, and sometimes thinks better of it."""

    def __init__(self, address, seed, queues, pause):
        super().__init__(name="mover", daemon=True)
        self.client = make_client("sqs", address)
        self.random = random.Random(f"{seed} moves")
        self.arns = [f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}" for queue in queues]
        self.pause = pause
        self.started = self.cancelled = 0
        self.is_missing, self.refused = False, {}
        self.is_stopping = threading.Event()

    def act(self):
        pace = self.random.choice(({}, {"MaxNumberOfMessagesPerSecond": self.random.randint(1, 20)}))
        handle = self.client.start_message_move_task(SourceArn=self.random.choice(self.arns), **pace)["TaskHandle"]
        self.started += 1
        if self.random.random() < 0.2:
            self.is_stopping.wait(self.random.uniform(0, 0.5))
            self.client.cancel_message_move_task(TaskHandle=handle)
            self.cancelled += 1

    def run(self):
        while not self.is_stopping.wait(self.random.uniform(0.5, 1.5) * self.pause):
            try:
                self.act()
            except ClientError as error:
                code, text = error.response["Error"]["Code"], str(error)
                if code == "UnsupportedOperation":
                    self.is_missing = True
                elif "already a task running" not in text and "Task does not exist" not in text \
                        and "TaskHandle is invalid" not in text and code not in Producer.EXPECTED:
                    self.refused.setdefault(code, text)
            except BotoCoreError:
                pass  # Killed; the task may have begun, which is as good.

    def running(self):
        """How many tasks are not over yet."""
        count = 0
        for arn in self.arns:
            for task in self.client.list_message_move_tasks(SourceArn=arn, MaxResults=10)["Results"]:
                count += task["Status"] in ("RUNNING", "CANCELLING")
        return count
