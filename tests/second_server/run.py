"""Runs the real command against the server, seed by seed, and lets the judge look at every copy.

python3 tests/second_server/run.py --command PATH --seeds A..B [--habits name,...] [--seed N -v]
"""

import argparse
import collections
import contextlib
import multiprocessing
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import judge
import server as wire
from habits import ALL
from log import COPIED_SITE, DAY, LIST, SITE
from story import Story
from view import WEB_PATH, root_path


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
        address = "http://127.0.0.1:%d%s" % (self.server.server_port, WEB_PATH)
        # A rest passes by the machine's clock, so that few runs may take one.
        rest = "5s" if "throttled" in story.habits and story.rng.random() < 0.1 else "0s"
        line = [self.command, "mirror", address, "--list", LIST, "--into", self.copy, "--max-rest", rest, *story.flags, *flags]
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
        if story.trouble.complaint:
            raise Failure(story.trouble.complaint)
        return code

    def forget_rest(self):
        """The copy keeps until when the server wants rest, by the clock of this machine; here days pass at once."""
        if os.path.exists(self.copy):
            with contextlib.closing(sqlite3.connect(self.copy)) as connection, connection:
                if connection.execute("SELECT 1 FROM sqlite_master WHERE name = '_command'").fetchone():
                    connection.execute("UPDATE _command SET not_before = NULL")

    def demand_equal(self, story, when):
        told = judge.differences(self.copy, story.world, root_path(story.world))
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
        rng, world, calm = story.rng, story.world, "one_at_a_time" in story.habits
        for _ in range(rng.randrange(3, 7) * (4 if calm else 1)):
            kill = "kills" in story.habits and rng.random() < 0.5
            code = self.call(story, quiet=calm or rng.random() < 0.2, kill=kill)
            if code == 0:
                if story.applied or not story.quiet:
                    if rng.random() < 0.5:
                        story.world.pass_time(DAY // 3)
                        self.run_quietly(story)
                else:
                    self.demand_equal(story, "after a run during which nothing happened")
            elif code not in (-9, 3, 5, 6, 10) and not (code == 4 and story.trouble.denied):
                raise Failure("ends with %d: %s" % (code, self.said[-400:]))
            self.pause(story, rng)
        world.pass_time(DAY // 3)
        self.run_quietly(story)
        if rng.random() < 0.3:
            self.verify(story, rng)
        if "copied_site" in story.habits:
            self.meet_copy(story)

    def meet_copy(self, story):
        """A copy of the site has a list of the same id: the command keeps to the one it knows, where that was told."""
        told = "site_untold" not in story.habits
        story.site = COPIED_SITE
        code = self.call(story, True)
        if code != (7 if told else 0) or told and not (SITE in self.said and COPIED_SITE in self.said):
            raise Failure("at a copied site it ends with %d: %s" % (code, self.said[-400:]))
        story.site = SITE
        self.run_quietly(story)

    def verify(self, story, rng):
        """The command's own comparison finds nothing, and what somebody else has damaged."""
        self.demand_verdict(story, "--verify", 0)
        items = story.world.truth()
        # What lies below a folder that is never held is fetched anew by every run, and mended before it is compared.
        if items and "shared_inside_hidden" not in story.habits:
            self.damage(rng.choice(sorted(items)), rng)
            self.demand_verdict(story, "--verify", 1)
            self.demand_verdict(story, "--repair", 0)
        self.demand_equal(story, "after --repair")

    def demand_verdict(self, story, flag, wanted):
        code = self.call(story, True, flags=(flag,))
        if code != wanted:
            raise Failure("%s ends with %d instead of %d: %s" % (flag, code, wanted, self.said[-400:]))

    def damage(self, id, rng):
        """Somebody else writes into the copy."""
        with contextlib.closing(sqlite3.connect(self.copy)) as connection, connection:
            table, = connection.execute("SELECT table_name FROM _mirror").fetchone()
            connection.execute(rng.choice(('UPDATE "%s" SET Title = \'damaged\' WHERE id = ?',
                                           'UPDATE "%s" SET sp_name = \'damaged\' WHERE id = ?',
                                           'DELETE FROM "%s" WHERE id = ?')) % table, (id,))

    def pause(self, story, rng):
        if "one_at_a_time" in story.habits:
            story.operate(rng.choice((1, 1, 1, 2)))
            story.world.pass_time(DAY // 3)
            return
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
    parser.add_argument("--habits", help="exactly these instead of those drawn by the seed: " + ", ".join(ALL))
    parser.add_argument("--without", default="", help="leave out the seeds that drew one of these")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("-v", "--verbose", action="store_true")
    given = parser.parse_args()
    only = [name for name in given.habits.split(",") if name] if given.habits is not None else None
    avoided = set(given.without.split(",")) - {""}
    for name in (avoided | set(only or ())) - set(ALL):
        parser.error("there is no habit %r" % name)
    first, last = (int(part) for part in given.seeds.split("..")) if given.seed is None else (given.seed, given.seed)
    wanted, results = multiprocessing.Queue(), multiprocessing.Queue()
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
