"""Runs the real command against the server, seed by seed, and lets the judge look at every copy.

python3 tests/second_server/run.py --command PATH --seeds A..B [--habits name,...] [--seed N -v]
"""

import argparse
import collections
import contextlib
import multiprocessing
import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import judge
import server as wire
from world import DAY, LIST, World

# Every habit with how often a seed has it.
HABITS = {"cap_40": 0.4, "cut_anywhere": 0.5, "fine_pages": 0.5, "short_change_pages": 0.3, "no_parent_id": 0.35,
          "ids_alone": 0.3, "item_count": 0.5, "silent_expiry": 0.5, "folder_moves_as_system_update": 0.3,
          "renames_as_rows": 0.5, "rows_beside_ids": 0.5, "schema": 0.3, "kills": 0.4, "long_pauses": 0.4,
          "lag": 0.25, "long_lag": 0.05, "outages": 0.15, "restored_backup": 0.05}


class Story:
    """One seed: a world, a server with habits, and what happens before each answer."""

    def __init__(self, seed, only):
        self.seed, self.rng = seed, random.Random(seed)
        drawn = {name for name, often in HABITS.items() if self.rng.random() < often}
        self.habits = set(only) if only is not None else drawn
        self.world = World(self.rng)
        self.quiet, self.process, self.kill_at = True, None, None
        self.requests, self.applied, self.seen = 0, 0, []

    def begin(self, quiet, kill):
        self.quiet, self.requests, self.applied = quiet, 0, 0
        self.kill_at = self.rng.choice((1, 2, 3, 4, 5, 7, 10, 15)) if kill else None
        self.busy = self.rng.choice((0.1, 0.5, 0.9))

    def operate(self, count):
        for _ in range(count):
            self.world.operate("schema" in self.habits)
            self.applied += 1

    def before_answer(self, method, path, body):
        self.requests += 1
        self.world.pass_time(self.rng.choice((50, 300, 1_500)))
        if not self.quiet and self.rng.random() < self.busy:
            self.operate(self.rng.choice((1, 1, 2, 3, 6)))
        self.world.purge()
        wanted = re.findall(r'<Where>.*?</Where>|<Folder>.*?</Folder>|Paging[^/]*|"ChangeToken\w*":[^}]*', body)
        self.seen.append("%s %s %s" % (method, path.rsplit("/", 1)[1], " ".join(wanted)))
        if self.kill_at == self.requests:
            self.process.kill()
            return "dead"
        if not self.quiet and "outages" in self.habits and self.rng.random() < 0.15:
            self.seen.append("  503, dated 2099")
            return 503, {"Content-Type": "text/html"}, "<html>busy</html>", 4_070_908_800_000
        return None

    def after_answer(self, status, answer):
        rows = re.findall(r"ows_ID='(\d+)'", answer)
        self.world.served = [int(id) for id in rows] if "MoreChanges" in answer else []
        ids = re.findall(r'<Id ChangeType="(\w+)"[^>]*?(?:/>|>(\d+)<)', answer)
        token = re.findall(r'LastChangeToken="[^"]*;(\d+)"', answer) or re.findall(r";(\d+)\"", answer)[-1:]
        self.seen.append("  %d rows %s ids %s%s%s end %s" % (
            status, ",".join(rows), " ".join("%s:%s" % each for each in ids), " MoreChanges" if "MoreChanges" in answer else "",
            " next" if "PositionNext" in answer else "", token))

    def view(self):
        lag = 0
        if not self.quiet and self.habits & {"lag", "long_lag"} and self.rng.random() < 0.5:
            lag = self.rng.choice((1_000, 10_000, 60_000, 300_000))
            if "long_lag" in self.habits and self.rng.random() < 0.3:
                lag = self.rng.choice((DAY // 24, DAY, 4 * DAY))
        moment = self.world.moment_at(self.world.ms - lag) if lag else self.world.moments[-1]
        if lag:
            self.seen.append("  answered as of %d s ago" % ((self.world.ms - moment.ms) // 1000))
        return wire.View(self.world, moment, self.habits, self.rng, min(self.world.purged, moment.log[moment.length - 1].number))


class Failure(Exception):
    pass


class Bench:
    """The command, its copy and the server it speaks to."""

    def __init__(self, command, server, folder):
        self.command, self.server, self.folder = command, server, folder
        self.exits = collections.Counter()

    def call(self, story, quiet, kill=False, flags=()):
        story.begin(quiet, kill)
        self.forget_rest()
        self.server.story = story
        address = "http://127.0.0.1:%d%s" % (self.server.server_port, wire.WEB_PATH)
        line = [self.command, "mirror", address, "--list", LIST, "--into", self.copy, "--max-rest", "0s", *flags]
        story.seen.append("RUN %s%s" % (" ".join(flags), " quiet" if quiet else ""))
        process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env=dict(os.environ, SPCHANGES_TOKEN="x"))
        story.process = process
        try:
            out, err = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Failure("hangs: no end after 60 s and %d requests" % story.requests)
        self.said = err.strip() or out.strip()
        code = process.returncode
        story.seen.append("EXIT %d %s" % (code, self.said[-300:]))
        self.exits["killed" if code == -9 else code] += 1
        return code

    def forget_rest(self):
        """The copy keeps until when the server wants rest, by the clock of this machine; here days pass at once."""
        if os.path.exists(self.copy):
            with contextlib.closing(sqlite3.connect(self.copy)) as connection, connection:
                if connection.execute("SELECT 1 FROM sqlite_master WHERE name = '_command'").fetchone():
                    connection.execute("UPDATE _command SET not_before = NULL")

    def demand_equal(self, story, when):
        told = judge.differences(self.copy, story.world, wire.root_path(story.world))
        if told:
            raise Failure("wrong copy %s:\n    %s" % (when, "\n    ".join(told[:12])))

    def run_quietly(self, story):
        """A run without work and lag must end well; what needs a person is answered as the help says."""
        code = self.call(story, True)
        for _ in range(4):
            if code == 10:
                code = self.call(story, True, flags=("--allow-delete", "100000"))
            elif code == 6:
                code = self.call(story, True, flags=("--full",))
            elif code in (3, 5):
                story.world.pass_time(DAY // 3)
                code = self.call(story, True)
        if code != 0:
            raise Failure("a quiet run ends with %d: %s" % (code, self.said[-400:]))
        self.demand_equal(story, "after a quiet run")

    def play(self, story):
        self.copy = os.path.join(self.folder, "copy-%d.sqlite" % story.seed)
        rng, world = story.rng, story.world
        for _ in range(rng.randrange(3, 7)):
            kill = "kills" in story.habits and rng.random() < 0.5
            code = self.call(story, quiet=rng.random() < 0.2, kill=kill)
            if code == 0:
                if story.applied or not story.quiet:
                    if rng.random() < 0.5:
                        story.world.pass_time(DAY // 3)
                        self.run_quietly(story)
                else:
                    self.demand_equal(story, "after a run during which nothing happened")
            elif code not in (-9, 3, 5, 6, 10):
                raise Failure("ends with %d: %s" % (code, self.said[-400:]))
            self.pause(story, rng)
        world.pass_time(DAY // 3)
        self.run_quietly(story)

    def pause(self, story, rng):
        story.operate(rng.choice((0, 3, 10, 60)))
        days = rng.choice((0, 0.3, 1, 9, 30, 50, 80)) if "long_pauses" in story.habits else rng.choice((0, 0.02, 0.3, 1))
        story.world.pass_time(int(days * DAY))
        story.world.told.append("pause of %s days" % days)
        story.operate(rng.choice((0, 1, 3)))
        if "restored_backup" in story.habits and rng.random() < 0.4:
            story.world.restore_backup()
            story.world.remember()
            story.world.told.append("BACKUP restored")
            story.world.pass_time(DAY // 3)
            self.run_quietly(story)


def play_seed(command, server, seed, only):
    story = Story(seed, only)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(command, server, folder)
        try:
            bench.play(story)
            trouble = None
        except Failure as failure:
            trouble = str(failure)
    return seed, sorted(story.habits), trouble, bench.exits, story.world.told, story.seen


def work(command, only, seeds, results):
    server = wire.Server()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    for seed in iter(seeds.get, None):
        try:
            results.put(play_seed(command, server, seed, only))
        except Exception as error:  # A fault of the harness must not look like silence.
            import traceback
            results.put((seed, [], "harness: " + traceback.format_exc(), collections.Counter(), [], []))


def show(result, command, verbose, only):
    seed, habits, trouble, _, operations, requests = result
    print("seed %d: %s" % (seed, trouble))
    print("  habits: %s" % ", ".join(habits))
    for line in operations[-(400 if verbose else 8):]:
        print("  op   " + line)
    for line in requests[-(400 if verbose else 10):]:
        print("  wire " + line[:600 if verbose else 300])
    habits_given = " --habits " + ",".join(only) if only is not None else ""
    print("  again: python3 tests/second_server/run.py --command %s --seed %d -v%s" % (command, seed, habits_given), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--command", required=True)
    parser.add_argument("--seeds", default="0..299")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--habits", help="exactly these instead of those drawn by the seed: " + ", ".join(HABITS))
    parser.add_argument("--without", default="", help="leave out the seeds that drew one of these")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("-v", "--verbose", action="store_true")
    given = parser.parse_args()
    only = given.habits.split(",") if given.habits is not None else None
    first, last = (int(part) for part in given.seeds.split("..")) if given.seed is None else (given.seed, given.seed)
    wanted, results = multiprocessing.Queue(), multiprocessing.Queue()
    avoided = set(given.without.split(",")) - {""}
    numbers = [seed for seed in range(first, last + 1) if not avoided or not avoided & Story(seed, only).habits]
    for number in numbers + [None] * given.workers:
        wanted.put(number)
    began = time.monotonic()
    workers = [multiprocessing.Process(target=work, args=(given.command, only, wanted, results), daemon=True)
               for _ in range(given.workers)]
    for worker in workers:
        worker.start()
    exits, failed = collections.Counter(), []
    for _ in numbers:
        result = results.get()
        exits.update(result[3])
        if result[2]:
            failed.append(result[0])
            show(result, given.command, given.verbose, only)
        elif given.verbose and given.seed is not None:
            show(result, given.command, True, only)
    print("%d seeds in %.0f s, exits %s; %d failed: %s" % (
        len(numbers), time.monotonic() - began, dict(exits), len(failed), sorted(failed)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
