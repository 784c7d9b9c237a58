"""Differences that are meant, each a line of a file with its reason, and the judgement by them."""

import csv
import dataclasses
import fnmatch


@dataclasses.dataclass
class Known:
    """A difference and why it is. Names are patterns of the shell; clients may be several."""

    client: str
    upstream: str
    call: str
    directly: str
    through: str
    reason: str
    seen: int = 0

    def covers(self, client, upstream, call, want, got):
        if not any(fnmatch.fnmatchcase(client, pattern) for pattern in self.client.split(",")):
            return False
        pairs = (
            (upstream, self.upstream),
            (call, self.call),
            (f"{want[0]} {want[1]}", self.directly),
            (f"{got[0]} {got[1]}", self.through),
        )
        return all(fnmatch.fnmatchcase(name, pattern) for name, pattern in pairs)


def read(path):
    with open(path, encoding="utf-8", newline="") as lines:
        rows = csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t")
        return [Known(**row) for row in rows]


def judged(known, answers, only=None):
    """How many of (client, upstream, call, directly, through) are as they must be; says which are not."""
    passed, failed = 0, 0
    for client, upstream, call, want, got in answers:
        excuse = next((line for line in known if line.covers(client, upstream, call, want, got)), None)
        if want == got:
            passed += 1
        elif excuse is not None:
            excuse.seen += 1
            passed += 1
        else:
            failed += 1
            if only is None or only in call:
                print(f"{client} -> {upstream}: {call}\n    directly:    {want!r:.600}\n    through it:  {got!r:.600}")
    for line in known:
        if not line.seen:
            failed += 1
            print(f"`{line.call}` ({line.client} -> {line.upstream}) does not differ any more: take it out of differences.tsv")
    return passed, failed
