"""Answers that are no answers: outages, throttling, refusals, and dates that are not true."""

import email.utils
import json
import time

from log import DAY

FAR = 4_070_908_800_000  # 2099
DENIED = json.dumps({"error": {"code": "-2147024891, System.UnauthorizedAccessException",
                               "message": {"lang": "en-US", "value": "Access denied."}}})


class Trouble:
    def __init__(self, habits, rng):
        self.habits, self.rng = habits, rng
        self.begin()

    def begin(self):
        """A run begins: what the server wanted of the one before does not bind it."""
        self.not_before, self.complaint, self.denied = 0, None, False

    def instead(self, now):
        """None, or status, headers, body, moment of the Date header and a line for the story."""
        if time.monotonic() < self.not_before - 0.02:
            self.complaint = "asks again %.1f s before it may" % (self.not_before - time.monotonic())
        roll = self.rng.random()
        if "outages" in self.habits and roll < 0.15:
            return 503, {"Content-Type": "text/html"}, "<html>busy</html>", FAR, "503, dated 2099"
        if "throttled" in self.habits and 0.15 < roll < 0.27:
            return self.throttle(now)
        if "denied_once" in self.habits and 0.3 < roll < 0.38:
            self.denied = True
            return self.deny(now)
        return None

    def throttle(self, now):
        seconds = self.rng.choice((0, 1, 2, 31, 120))
        self.not_before = time.monotonic() + seconds
        form = self.rng.choice(("seconds", "date", "reset"))
        headers = {"Retry-After": str(seconds)}
        if form == "date":
            # Dates have whole seconds, and the moment of the answer is cut to them too.
            headers["Retry-After"] = email.utils.formatdate(now // 1000 + seconds, usegmt=True)
        elif form == "reset":
            headers.update({"Retry-After": "0", "RateLimit-Limit": "1250", "RateLimit-Remaining": "0", "RateLimit-Reset": str(seconds)})
        headers["Content-Type"], body = self.rng.choice((
            ("text/html", "<html>Something's not right</html>"), ("application/json", '{"error":"throttled"}'), ("text/plain", "")))
        return 429, headers, body, now, "429 for %d s, told as %s" % (seconds, form)

    def deny(self, now):
        if self.rng.random() < 0.5:
            return 401, {"WWW-Authenticate": 'Bearer realm="9a1e",client_id="00000003-0000-0ff1-ce00-000000000000"'}, "", now, "401"
        return 403, {"Content-Type": "application/json;odata=verbose;charset=utf-8"}, DENIED, now, "403"

    def date(self, now):
        """The moment of a Date header; one in ten is off by days or decades, and no two by the same."""
        if "lying_dates" in self.habits and self.rng.random() < 0.1:
            far = self.rng.choice((3, 70, 20_000)) * DAY
            return now + self.rng.choice((-1, 1)) * self.rng.randrange(far // 2, far)
        return now
