"""What every client round shares: where the gateway is, and what reached the ERP behind it."""

import contextlib
import json
import time
import urllib.parse


class Demo:
    """A running `portcullis demo`, as its JSON line tells of it."""

    def __init__(self, line):
        self.facts = facts = json.loads(line)
        self.url = facts["gateway"].rstrip("/")
        place = urllib.parse.urlsplit(self.url)
        self.host, self.port = place.hostname, place.port
        self.database = facts["database"]
        self.keys = facts["keys"]
        self.users = facts["users"]
        self.upstream_log = facts["upstream_log"]

    def arrivals(self):
        """Every request that reached an ERP so far, oldest first, but for what the gateway asks of itself
        from time to time: whether the ERP users in use are archived."""
        with open(self.upstream_log, encoding="utf-8") as lines:
            arrived = [json.loads(line) for line in lines if line.endswith("\n")]
        return [one for one in arrived if (one["model"], one.get("fields")) != ("User", '["enabled"]')]


class Round:
    """One client's round: named steps, and the refusals with what they mirror."""

    def __init__(self, demo):
        self.demo = demo
        self.steps = 0

    def step(self, name, holds):
        """Counts a step that must hold."""
        if not holds:
            raise AssertionError(f"{name}: does not hold")
        self.steps += 1

    @contextlib.contextmanager
    def nothing_arrives(self, name):
        """What happens inside must not reach an ERP."""
        before = len(self.demo.arrivals())
        yield
        time.sleep(0.05)
        arrived = self.demo.arrivals()[before:]
        if arrived:
            raise AssertionError(f"{name}: reached the ERP: {arrived}")

    def refused(self, name, mirror, forbidden, errors, says):
        """`forbidden` is refused with the client's own error and reaches no ERP; `mirror`, the
        same call where it is allowed, comes first and does reach it."""
        before = len(self.demo.arrivals())
        mirror()
        if len(self.demo.arrivals()) == before:
            raise AssertionError(f"{name}: the mirrored success did not reach the ERP")
        with self.nothing_arrives(name):
            try:
                answer = forbidden()
            except errors as error:
                if not says(error):
                    raise AssertionError(f"{name}: refused with {error!r}") from error
            else:
                raise AssertionError(f"{name}: not refused, answered {answer!r}")
        self.steps += 1
