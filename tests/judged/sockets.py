"""Judged is sent, over sockets: mutated requests through a running gateway, and what reaches the ERPs.

`sockets.py --binary target/debug/portcullis --judge target/debug/judge [--count 100000] [--seed 1]`:
a gateway before the demo's look-alikes, each behind a relay that keeps the raw bytes. What the
judge made of the same request must be what the bytes say to the independent reader (`read.py`),
and what the ledger recorded of it; nothing else may go upstream but the gateway's own questions,
each with its record. It ends in `1 passed, 0 failed` when that is so.
"""

import argparse
import concurrent.futures
import os
import random
import sys
import tempfile
import time

import seeds
from gateway import Gateway
from mutate import Frappe, Odoo
from signatures import Signatures
from witness import Witness

#: The dialect in which each ERP is spoken to, and what of all requests goes to it.
UPSTREAMS = (("json2", "Json2", 0.3), ("jsonrpc", "JsonRpc", 0.2), ("xmlrpc", "XmlRpc2", 0.2), ("frappe", "FrappeResource", 0.3))
#: How many requests are judged before they are sent.
AT_ONCE = 2_000


def requests(upstream, gateway, count, signatures, chance):
    """Mutated requests, each with its role and, before Odoo, its face."""
    mutator = Frappe(seeds.frappe(), chance) if upstream == "frappe" else Odoo(seeds.odoo(), signatures, chance)
    for _ in range(count):
        role = chance.choice(("wide", "wide", "narrow"))
        if upstream != "frappe":
            mutator.login = gateway.slot(upstream, role)
        request = mutator.request()
        yield role, getattr(mutator, "face", "frappe"), *request


def play(upstream, dialect, gateway, judge, count, seed):
    chance, signatures = random.Random(f"{seed} {upstream}"), Signatures()
    witness = Witness(gateway, upstream, dialect, signatures, random.Random(seed))
    made = requests(upstream, gateway, count, signatures, chance)
    while batch := [one for _, one in zip(range(AT_ONCE), made)]:
        for request, judgement in zip(batch, gateway.judged(judge, upstream, batch), strict=True):
            witness.sees(request, judgement)
    return witness


def main():
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--binary", required=True, type=os.path.abspath)
    reader.add_argument("--judge", required=True, type=os.path.abspath)
    reader.add_argument("--count", type=int, default=100_000)
    reader.add_argument("--seed", type=int)
    arguments = reader.parse_args()
    if not seeds.present():
        print("skipped: no recorded exchanges at hand")
        return 0
    seed = arguments.seed if arguments.seed is not None else random.randrange(1 << 32)
    start, failed = time.monotonic(), False
    with tempfile.TemporaryDirectory() as folder, Gateway(arguments.binary, folder) as gateway:
        with concurrent.futures.ThreadPoolExecutor(len(UPSTREAMS)) as threads:
            plays = [threads.submit(play, name, dialect, gateway, arguments.judge, int(arguments.count * share), seed) for name, dialect, share in UPSTREAMS]
            witnesses = [one.result() for one in plays]
        records = gateway.records()
        for witness in witnesses:
            witness.reads(records)
            failed |= witness.tells()
    print(f"seed {seed}, {time.monotonic() - start:.0f} s")
    print("0 passed, 1 failed" if failed else "1 passed, 0 failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
