"""A daemon under mixed load that is killed and restarted at random moments, and an exact account of every record at the end.

    soak.py --millrace PATH [--minutes N] [--seed S] [--keep]

Streams with one lane and with several, bisect, partial answers, filters and tumbling windows, a table's stream, and queues
of both kinds with groups, poison, limits, consumers without a mapping and dead letters that are moved back are written to,
read and resharded while the daemon dies and comes back. At the end every record that was stored has succeeded, was
reported as given up, or was filtered out; each key kept its order; what came twice was in flight when a life was killed. The exit code tells, and the seed repeats the schedule.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from account import Account, read_ledger, read_reports, stored_in_stream, stored_in_table_stream, take_all
from load import QueueProducer, Resharder, StreamProducer, TableProducer
from queues import Consumer, Mover, OrderedProducer, make_fifo_queue

HERE = pathlib.Path(__file__).resolve().parent
STREAMS = ["soak-plain", "soak-lanes", "soak-filtered", "soak-windowed"]
# Where messages come from, and where their dead letters are.
QUEUES = {
    "soak-orders": ("soak-orders", "soak-dead-letters"),
    "soak-line": ("soak-line.fifo", "soak-line-dead.fifo"),
    "soak-capped": ("soak-capped", None),
    "soak-open": ("soak-open", "soak-open-dead"),
    "soak-openline": ("soak-openline.fifo", "soak-openline-dead.fifo"),
}
CONCURRENCY = 2
# Of the daemon, whatever happens to it here.
MEMORY_LIMIT_MB = 250


class Failure(Exception):
    pass


class Daemon:
    """One data folder and the lives of the daemon on it."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.data, self.ledger = f"{folder}/data", f"{folder}/ledger"
        template = (HERE / "template.yaml").read_text()
        template = template.replace("@HANDLERS@", str(HERE / "handlers")).replace("@LEDGER@", self.ledger)
        self.template = f"{folder}/template.yaml"
        pathlib.Path(self.template).write_text(template)
        pathlib.Path(self.ledger).touch()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.process, self.lives, self.killed = None, [], set()
        # Per mapping's function and shard, the highest checkpoint that was shown; and as it was when a life began.
        self.checkpoints, self.before, self.problems = {}, {}, []
        self.memory_max_mb = 0

    def start(self):
        log = open(f"{self.folder}/log", "ab")
        environment = {**os.environ, "PATH": "/usr/bin:/bin:" + os.environ.get("PATH", "")}
        self.process = subprocess.Popen(
            [self.program, "serve", "--data", self.data, "--port", str(self.port), "--template", self.template,
             "--durability", "normal", "--concurrency", "10", "--log-level", "warn"],
            stdout=subprocess.PIPE, stderr=log, env=environment,
        )
        self.lives.append(self.process.pid)
        self.before[self.process.pid] = dict(self.checkpoints)

    def await_ready(self):
        line = self.process.stdout.readline().decode()
        if not line.startswith("Ready."):
            raise Failure(f"the daemon did not get ready: {self.log_end()}")

    def log_end(self):
        return pathlib.Path(f"{self.folder}/log").read_text(errors="replace")[-3000:]

    def watch(self):
        """Looks at the checkpoints once; false when the daemon does not answer."""
        try:
            with urllib.request.urlopen(f"{self.address}/_millrace/lag", timeout=10) as answer:
                report = json.load(answer)
            with open(f"/proc/{self.process.pid}/status") as status:
                resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
        except (OSError, ValueError, StopIteration):
            return False
        self.memory_max_mb = max(self.memory_max_mb, resident // 1024)
        for mapping in report["mappings"]:
            for shard in mapping["shards"]:
                if not shard.get("checkpoint"):
                    continue
                place, checkpoint = (mapping["function"], shard["shard"]), int(shard["checkpoint"])
                if checkpoint < self.checkpoints.get(place, -1):
                    self.problems.append(f"the checkpoint of {place} went back to {checkpoint}")
                self.checkpoints[place] = max(checkpoint, self.checkpoints.get(place, -1))
        return True

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.killed.add(self.process.pid)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure("the daemon did not end within a minute of SIGTERM") from None
        if code != 0:
            raise Failure(f"the daemon ended with code {code}: {self.log_end()}")


class Soak:
    def __init__(self, options):
        self.options, self.random = options, random.Random(f"{options.seed} kills")
        self.folder = tempfile.mkdtemp(prefix="millrace-soak-")
        self.daemon = Daemon(options.millrace, self.folder)
        self.started = time.monotonic()
        address, seed = self.daemon.address, options.seed
        self.producers = {
            "soak-plain": StreamProducer("soak-plain", address, seed, 150, 15, 40),
            "soak-lanes": StreamProducer("soak-lanes", address, seed, 150, 10, 60),
            "soak-filtered": StreamProducer("soak-filtered", address, seed, 120, 20, 20, drop_percent=60),
            "soak-windowed": StreamProducer("soak-windowed", address, seed, 60, 6, 10, poison_percent=0),
            "soak-items": TableProducer("soak-items", address, seed, 50, 5, 30),
            "soak-orders": QueueProducer("soak-orders", address, seed, 60, 10, 20),
            "soak-line": OrderedProducer("soak-line.fifo", address, seed, 40, 5, 25),
            "soak-capped": QueueProducer("soak-capped", address, seed, 60, 10, 10, poison_percent=0),
            "soak-open": QueueProducer("soak-open", address, seed, 30, 5, 10, poison_percent=2),
            "soak-openline": OrderedProducer("soak-openline.fifo", address, seed, 30, 5, 20, poison_percent=1),
        }
        self.consumers = {
            name: Consumer(QUEUES[name][0], address, seed) for name in ("soak-open", "soak-openline")
        }
        self.mover = Mover(address, seed, [dead for _, dead in QUEUES.values() if dead], pause=3)
        self.resharder = Resharder(address, seed, STREAMS, pause=4)
        self.pauses = 0

    def say(self, text):
        print(f"{time.monotonic() - self.started:7.1f} s  {text}", flush=True)

    # ---- load and kills

    def run(self):
        self.daemon.start()
        self.daemon.await_ready()
        make_fifo_queue(self.daemon.address, *QUEUES["soak-openline"])
        for thread in [*self.producers.values(), *self.consumers.values(), self.resharder, self.mover]:
            thread.start()
        end = self.started + self.options.minutes * 60
        progress = 0
        while time.monotonic() < end:
            self.live(min(end, time.monotonic() + self.random.choice((0.3, 1, 3, 6, 10)) * self.random.uniform(0.5, 1.5)))
            if time.monotonic() >= end:
                break
            self.end_life()
            if time.monotonic() - progress > 10:
                progress = time.monotonic()
                self.report_progress()
        stopping = [*self.producers.values(), self.resharder, self.mover]
        for thread in stopping:
            thread.is_stopping.set()
        for thread in stopping:
            thread.join()
        self.report_progress()

    def live(self, until):
        while time.monotonic() < until:
            if self.daemon.process.poll() is not None:
                raise Failure(f"the daemon ended by itself: {self.daemon.log_end()}")
            self.daemon.watch()
            time.sleep(0.2)

    def end_life(self):
        if self.random.random() < 0.2:
            self.daemon.stop()
        else:
            self.daemon.kill()
        self.daemon.start()
        # Some lives end before they are ready.
        while self.random.random() < 0.15:
            time.sleep(self.random.uniform(0, 0.05))
            self.daemon.kill()
            self.daemon.start()
        self.daemon.await_ready()

    def report_progress(self):
        written = {name[5:]: producer.written.count for name, producer in self.producers.items()}
        handled = sum(1 for entries in read_ledger(self.daemon.ledger).values() for e in entries if e.outcome == "handled")
        self.say(f"{len(self.daemon.lives)} lives, written {written}, handled {handled}")

    # ---- calm

    def settle(self):
        """Waits until nothing is left to deliver."""
        self.say("Calm: no more writes and kills; waiting until everything is settled")
        deadline = time.monotonic() + 180
        while True:
            behind = self.backlog()
            if behind == 0:
                break
            if time.monotonic() > deadline:
                raise Failure(f"{behind} records are not settled after three minutes of calm: {self.daemon.log_end()}")
            time.sleep(0.3)
        # The last tumbling window ends by itself.
        time.sleep(5)
        for consumer in self.consumers.values():
            consumer.is_stopping.set()
        for consumer in self.consumers.values():
            consumer.join()

    def backlog(self):
        with urllib.request.urlopen(f"{self.daemon.address}/_millrace/status", timeout=30) as answer:
            status = json.load(answer)
        behind = sum(shard["recordsBehind"] for m in status["mappings"] for shard in m["shards"])
        for queue in status["queues"]:
            if queue["name"] in [name for name, _ in QUEUES.values()]:
                behind += queue["visible"] + queue["inFlight"] + queue["delayed"]
        return behind or self.mover.running()

    # ---- judgement

    def judge(self):
        address, entries = self.daemon.address, read_ledger(self.daemon.ledger)
        reports = read_reports(take_all(address, "soak-reports"))
        accounts = []
        for function, producer in self.producers.items():
            account = Account(function, producer.written, entries[function])
            if function in QUEUES:
                self.judge_queue(account)
            else:
                is_table = function == "soak-items"
                stored = (stored_in_table_stream if is_table else stored_in_stream)(address, function)
                account.check_stream(stored, reports[function], self.daemon.killed, self.daemon.before)
            if function == "soak-windowed":
                account.check_windows()
            account.problems += [f"refused: {text}" for text in producer.written.refused.values()]
            accounts.append(account)
        return accounts

    def judge_queue(self, account):
        dead = QUEUES[account.function][1]
        dead_letters = take_all(self.daemon.address, dead) if dead else []
        if account.function in self.consumers:
            account.check_consumer(self.consumers[account.function], dead_letters)
        elif account.function == "soak-line":
            account.check_line(dead_letters, self.daemon.killed)
        else:
            account.check_queue(dead_letters)
        if account.function == "soak-capped":
            account.check_concurrency(CONCURRENCY)
            account.check_successes(take_all(self.daemon.address, "soak-successes"))

    def show(self, accounts):
        columns = ["source", "produced", "succeeded", "discarded", "filtered", "unanswered", "again", "verdict"]
        print("\n" + "".join(f"{c:>13}" for c in columns))
        for account in accounts:
            row = [
                account.function, account.produced, account.succeeded, account.discarded, account.filtered,
                len(account.written.unknown), account.duplicates, "exact" if not account.problems else "WRONG",
            ]
            print("".join(f"{value:>13}" for value in row))
        for account in accounts:
            if account.busiest:
                print(f"\n{account.function}: at most {account.busiest} invocations at once", end="")
        reshards = ", ".join(f"{count} {kind}" for kind, count in sorted(self.resharder.done.items())) or "none"
        print(f"\n{len(self.daemon.lives)} lives, {len(self.daemon.killed)} of them killed; reshards: {reshards}; "
              f"memory at most {self.daemon.memory_max_mb} MiB")
        print(f"Moves of dead letters: {self.mover.started} begun, {self.mover.cancelled} of them cancelled; sends again: "
              f"{sum(p.again for p in self.producers.values() if isinstance(p, OrderedProducer))}")
        if self.resharder.missing:
            print(f"Not there in this daemon: {', '.join(sorted(self.resharder.missing))}")
        problems = [f"{a.function}: {p}" for a in accounts for p in a.problems[:10]] + self.daemon.problems[:10]
        problems += [f"resharding: {text}" for text in self.resharder.refused.values()]
        problems += [f"moving: {text}" for text in self.mover.refused.values()]
        if self.daemon.memory_max_mb > MEMORY_LIMIT_MB:
            problems.append(f"the daemon took {self.daemon.memory_max_mb} MiB, more than {MEMORY_LIMIT_MB}")
        if not any(account.succeeded for account in accounts):
            problems.append("nothing succeeded at all")
        for problem in problems:
            print(f"WRONG: {problem}")
        return not problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--millrace", required=True, help="the program")
    parser.add_argument("--minutes", type=float, default=10, help="of load and kills, default 10")
    parser.add_argument("--seed", type=int, default=None, help="repeats a schedule")
    parser.add_argument("--keep", action="store_true", help="keep data, ledger and log")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = random.randrange(1_000_000)
    print(f"Soak of {options.minutes:g} minutes, --seed {options.seed}", flush=True)
    soak, is_good = Soak(options), False
    try:
        soak.run()
        soak.settle()
        is_good = soak.show(soak.judge())
        soak.daemon.stop()
    except Failure as failure:
        print(f"WRONG: {failure}")
        is_good = False
    finally:
        if soak.daemon.process and soak.daemon.process.poll() is None:
            soak.daemon.kill()
        if options.keep or not is_good:
            print(f"Data, ledger and log are in {soak.folder}")
        else:
            shutil.rmtree(soak.folder, ignore_errors=True)
    print("Everything adds up." if is_good else f"FAILED with --seed {options.seed}")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
