"""Judged is sent: mutated requests through reader, policy and writers, read again independently.

`run.py --judge target/debug/judge [--count 100000] [--seed 1]` prints the figures, and each kind
of difference once. It ends in `1 passed, 0 failed` when what was judged is what is sent.
"""

import argparse
import base64
import collections
import json
import os
import random
import subprocess
import sys
import threading
import time

import seeds
from mutate import Frappe, Odoo
from read import difference
from signatures import Signatures

#: Writes are not rewritten: what the caller asked is what is judged, name by name.
AS_ASKED = ("write", "create", "unlink", "save", "insert", "delete", "submit", "cancel")


class Tally:
    def __init__(self, chance):
        self.chance = chance
        self.refused, self.sent, self.unsayable = collections.Counter(), collections.Counter(), collections.Counter()
        self.accepted, self.differences, self.first = 0, collections.Counter(), {}
        self.altered, self.guarded = 0, 0

    def note(self, answer, request, signatures):
        if "refused" in answer:
            self.refused[answer["refused"]] += 1
            return
        self.accepted += 1
        asked, last = answer["asked"], answer["steps"][-1]["judged"]
        # What a guard refused ends with its question.
        if answer["guard_refused"]:
            self.guarded += 1
        elif asked["model"] != last["model"] or (asked["method"] in AS_ASKED and asked["method"] != last["method"]):
            self.differ("the permit is for another call", answer, request)
        for step in answer["steps"]:
            for sent in step["sent"]:
                if "unsayable" in sent:
                    self.unsayable[f"{sent['dialect']}: {sent['unsayable']}"] += 1
                    continue
                self.sent[sent["dialect"]] += 1
                what = {"judged": step["judged"], "sent": sent}
                if why := difference(step["judged"], sent, signatures):
                    self.differ(f"{sent['dialect']}: {why}", what, request)
                # Readers that see nothing would find no difference: some are made for them.
                elif self.chance.randrange(20) == 0 and (other := altered(step["judged"], self.chance)):
                    self.altered += 1
                    if not difference(other, sent, signatures):
                        self.differ(f"{sent['dialect']}: an altered call was not told from what was sent", {**what, "altered": other}, request)

    def differ(self, why, what, request):
        kind = why[:60]
        self.differences[kind] += 1
        self.first.setdefault(kind, (why, what, request))


def altered(judged, chance):
    """The same call with one thing of it changed; none if it holds nothing to change."""
    other = json.loads(json.dumps(judged))
    places = [(other, "model"), (other, "method")]
    for part in ("ids", "named", "positional", "context"):
        places.extend(leaves(other, part))
    holder, key = chance.choice(places)
    old = holder[key]
    if isinstance(old, dict):
        (kind, inner), = old.items()
        others = {"int": f"{inner}1", "float": "0.12345", "bytes": "AAAA", "moment": "20010101T00:00:00"}
        holder[key] = {kind: others[kind]} if kind in others else {"map": [*inner, ["one more", True]]}
    elif isinstance(old, bool):
        holder[key] = not old
    elif isinstance(old, str):
        holder[key] = old + "x"
    else:
        holder[key] = "something else"
    return other


def leaves(holder, key):
    """Every place below this one that holds a value."""
    value = holder[key]
    if isinstance(value, dict) and "map" in value:
        if not value["map"]:
            yield holder, key
        for pair in value["map"]:
            yield from leaves(pair, 1)
    elif isinstance(value, list):
        if key in ("named", "context"):
            for pair in value:
                yield from leaves(pair, 1)
        else:
            for at in range(len(value)):
                yield from leaves(value, at)
    elif value is not None or key != "ids":
        yield holder, key


def play(judge, erp, mutator, count, signatures, tally, chance):
    process = subprocess.Popen([judge, erp], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    asked = {}

    def ask():
        with process.stdin as to:
            for n in range(count):
                verb, path, query, kind, body = mutator.request()
                asked[n] = (verb, path, query, kind, body)
                line = {"n": n, "role": chance.choice(("wide", "wide", "narrow")), "verb": verb, "path": path, "query": query,
                        "type": kind, "body": base64.b64encode(body).decode()}
                to.write(json.dumps(line).encode() + b"\n")

    threading.Thread(target=ask, daemon=True).start()
    got = 0
    try:
        for line in process.stdout:
            answer = json.loads(line)
            tally.note(answer, asked.pop(answer["n"]), signatures)
            got += 1
    finally:
        process.kill()
    if got != count:
        raise SystemExit(f"{erp}: {got} of {count} answered")


def main():
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--judge", required=True, type=os.path.abspath)
    reader.add_argument("--count", type=int, default=100_000)
    reader.add_argument("--seed", type=int)
    arguments = reader.parse_args()
    if not seeds.present():
        print("skipped: no recorded exchanges at hand")
        return 0
    seed = arguments.seed if arguments.seed is not None else random.randrange(1 << 32)
    chance, signatures, start = random.Random(seed), Signatures(), time.monotonic()
    fourth = arguments.count // 4
    failed = False
    for erp, count in (("odoo", arguments.count - fourth), ("frappe", fourth)):
        tally = Tally(random.Random(seed + 2))
        mutator = Odoo(seeds.odoo(), signatures, chance) if erp == "odoo" else Frappe(seeds.frappe(), chance)
        play(arguments.judge, erp, mutator, count, signatures, tally, random.Random(seed + 1))
        print(f"{erp}: {count} requests, {tally.accepted} judged and sent, {sum(tally.refused.values())} refused {dict(tally.refused.most_common())}, {tally.guarded} by what a guard was told")
        print(f"{erp}: sent {dict(tally.sent)}, cannot be said {dict(tally.unsayable.most_common(6))}")
        print(f"{erp}: {sum(tally.differences.values())} differences; {tally.altered} calls were altered to see that readers see it")
        for kind, times in tally.differences.most_common(40):
            why, what, request = tally.first[kind]
            print(f"  {times} × {why}\n    {request}\n    {json.dumps(what)[:2000]}")
        # A run in which hardly anything is sent shows nothing.
        failed |= bool(tally.differences) or tally.accepted * 5 < count
    took = time.monotonic() - start
    print(f"seed {seed}, {took:.0f} s")
    print("0 passed, 1 failed" if failed else "1 passed, 0 failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
