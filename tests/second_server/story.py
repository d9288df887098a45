"""One seed: a world, a server with habits, and what happens before each answer."""

import random
import re

from habits import drawn
from log import DAY, SITE
from trouble import Trouble
from world import World


class Story:
    def __init__(self, seed, only):
        self.seed, self.rng = seed, random.Random(seed)
        names = drawn(seed, self.rng)
        self.habits = set(only) if only is not None else names
        self.world, self.site = World(self.rng, self.habits), SITE
        self.trouble = Trouble(self.habits, self.rng)
        self.cap, self.flags = 40 if "cap_40" in self.habits else None, ()
        if "large" in self.habits:
            self.cap = self.cap or self.rng.choice((None, 100, 130, 250))
            self.flags = self.rng.choice(((), ("--rows-per-page", "100"), ("--rows-per-page", "170")))
        if "soap" in self.habits:
            self.flags += ("--soap",)
        self.quiet, self.process, self.kill_at = True, None, None
        self.requests, self.applied, self.seen = 0, 0, []

    def begin(self, quiet, kill):
        self.quiet, self.requests, self.applied = quiet, 0, 0
        self.kill_at = self.rng.choice((1, 2, 3, 4, 5, 7, 10, 15)) if kill else None
        self.busy = self.rng.choice((0.1, 0.5, 0.9))
        self.trouble.begin()

    def operate(self, count):
        for _ in range(count):
            self.world.operate()
            self.applied += 1

    def before_answer(self, method, path, body):
        """None when the request is to be answered, "dead" when its sender is, or the answer to send instead."""
        self.requests += 1
        self.world.pass_time(self.rng.choice((50, 300, 1_500)))
        if not self.quiet and self.rng.random() < self.busy:
            self.operate(self.rng.choice((1, 1, 2, 3, 6)))
        self.world.purge()
        wanted = re.findall(r'<Where>.*?</Where>|<Folder>.*?</Folder>|Paging[^/]*|"ChangeToken\w*":[^}]*|<changeToken>[^<]*', body)
        self.seen.append("%s %s %s" % (method, path.rsplit("/", 1)[1], " ".join(wanted)))
        if self.kill_at == self.requests:
            self.process.kill()
            return "dead"
        instead = None if self.quiet else self.trouble.instead(self.world.ms)
        if instead:
            self.seen.append("  " + instead[-1])
        return instead

    def after_answer(self, status, answer, date):
        rows = re.findall(r"ows_ID='(\d+)'", answer)
        self.world.served = [int(id) for id in rows] if "MoreChanges" in answer else []
        ids = re.findall(r'<Id ChangeType="(\w+)"[^>]*?(?:/>|>(\d+)<)', answer)
        token = re.findall(r'LastChangeToken="[^"]*;(\d+)"', answer) or re.findall(r";(\d+)\"", answer)[-1:]
        off = (date - self.world.ms) // DAY
        self.seen.append("  %d rows %s ids %s%s%s end %s%s" % (
            status, ",".join(rows), " ".join("%s:%s" % each for each in ids), " MoreChanges" if "MoreChanges" in answer else "",
            " next" if "PositionNext" in answer else "", token, ", dated %+d days" % off if off else ""))

    def moment(self):
        """What the server knows when it answers."""
        lag = 0
        if not self.quiet and self.habits & {"lag", "long_lag"} and self.rng.random() < 0.5:
            lag = self.rng.choice((1_000, 10_000, 60_000, 300_000))
            if "long_lag" in self.habits and self.rng.random() < 0.3:
                lag = self.rng.choice((DAY // 24, DAY, 4 * DAY))
        moment = self.world.moment_at(self.world.ms - lag) if lag else self.world.moments[-1]
        if lag:
            self.seen.append("  answered as of %d s ago" % ((self.world.ms - moment.ms) // 1000))
        return moment
