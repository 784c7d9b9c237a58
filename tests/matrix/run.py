"""Client dialect × upstream dialect × calls: the answer through the gateway equals the direct one.

`run.py --binary target/debug/portcullis`: for each dialect in which the Odoo behind is spoken to, a
gateway before a look-alike, and beside it another look-alike with the same data that is asked
directly. What differs must stand in `differences.tsv` with its reason; a line there that no longer
differs fails too, so that the list can only shrink. It is edited by hand; nothing writes it.
"""

import argparse
import concurrent.futures
import csv
import dataclasses
import datetime
import fnmatch
import json
import pathlib
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from calls import CALLS, New  # noqa: E402
from wire import Client  # noqa: E402

HERE = pathlib.Path(__file__).parent
RPC = ("xmlrpc1", "xmlrpc2", "jsonrpc")
CLIENTS = (*RPC, "json2")
# The conditions that choose a group's records: the gateway takes them out, for they show the rule.
DOMAIN = "__domain"
NOW = re.compile(datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d") + r"[ T]\d\d:\d\d:\d\d")


@dataclasses.dataclass
class Pair:
    """An ERP behind the gateway, and the one that is asked directly."""

    name: str
    behind: list
    beside: list
    clients: tuple


def release(number):
    return ["--upstream-release", str(number)]


PAIRS = [
    *(Pair(spoken, ["--upstream-dialect", spoken], [], CLIENTS) for spoken in ("json2", "jsonrpc", "xmlrpc")),
    # Clients of JSON-2 before releases that do not have it: they await what 19 answers.
    *(Pair(f"odoo-{number}", release(number), [], ("json2",)) for number in (14, 15, 16, 17, 18)),
    # Clients of RPC before a release that does not have it any more.
    Pair("odoo-22", release(22), [], CLIENTS),
    # And those of RPC before the releases that they were written for.
    *(Pair(f"odoo-{number}-rpc", release(number), release(number), RPC) for number in (14, 16, 18)),
]


class Demo:
    """A gateway before a look-alike, and the way past it."""

    def __init__(self, binary, *options):
        command = [binary, "demo", "--json", "--port", "0", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.facts = json.loads(self.process.stdout.readline())
        self.folder = pathlib.Path(self.facts["upstream_log"]).parent

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def let_everything_through(self):
        """The key `odoo` gets the matrix's role; the gateway notices a changed file."""
        role = (HERE / "role.toml").read_text(encoding="utf-8")
        (self.folder / "roles" / "odoo-demo.toml").write_text(role, encoding="utf-8")
        client = self.through("json2")
        opened = next(call for call in CALLS if call.name == "get_base_url")
        for _ in range(100):
            if client.call(opened)[0] == "answer":
                return
            time.sleep(0.05)
        raise AssertionError(f"the gateway did not take the role: {client.call(opened)}")

    def uid(self):
        secret = self.facts["keys"]["odoo"]
        asked = {"service": "common", "method": "login", "args": [self.facts["database"], self.facts["users"]["odoo"], secret]}
        client = Client("jsonrpc", self.facts["gateway"], self.facts["database"], 0, secret)
        _, body = client.send("/jsonrpc", json.dumps({"params": asked}), {"Content-Type": "application/json"})
        return json.loads(body)["result"]

    def through(self, dialect):
        return Client(dialect, self.facts["gateway"], self.facts["database"], self.uid(), self.facts["keys"]["odoo"])

    def directly(self, dialect):
        secret = (self.folder / "secrets" / "odoo-integration").read_text(encoding="utf-8")
        return Client(dialect, self.facts["odoo"], self.facts["database"], self.uid(), secret)


class Side:
    """One side's run: what was answered so far, for the calls that follow."""

    def __init__(self, client):
        self.client = client
        self.made = {}
        self.names = {}

    def outcome(self, call):
        ids = call.ids
        if isinstance(ids, New):
            ids = self.made.get(ids.name, [0])
        call = dataclasses.replace(call, ids=ids)
        kind, what, message = self.client.call(call)
        if kind == "answer" and call.method in ("create", "copy", "name_create", "web_save", "load"):
            self.made[call.name] = ids_in(what)
            for place, made in enumerate(self.made[call.name]):
                self.names.setdefault(made, f"the {place + 1}. of `{call.name}`")
        return kind, self.told(what), message if call.says else None

    def told(self, value):
        """An answer with what differs from run to run named alike."""
        if isinstance(value, dict):
            return {self.told(key): self.told(inner) for key, inner in value.items() if key != DOMAIN}
        if isinstance(value, (list, tuple)):
            return [self.told(inner) for inner in value]
        if isinstance(value, int) and not isinstance(value, bool):
            return self.names.get(value, value)
        if isinstance(value, str):
            return NOW.sub("now", value)
        return value


def ids_in(answer):
    if isinstance(answer, dict):
        answer = answer["ids"]
    if isinstance(answer, int):
        return [answer]
    if answer and isinstance(answer, list) and len(answer) == 2 and isinstance(answer[1], str):
        return [answer[0]]
    return [row["id"] if isinstance(row, dict) else row for row in answer or []]


def known_differences():
    with open(HERE / "differences.tsv", encoding="utf-8", newline="") as lines:
        rows = csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t")
        return [Known(**row) for row in rows]


@dataclasses.dataclass
class Known:
    """A difference that is meant, and why. Names are patterns of the shell."""

    client: str
    upstream: str
    call: str
    directly: str
    through: str
    reason: str
    seen: int = 0

    def covers(self, client, upstream, call, want, got):
        pairs = (
            (client, self.client),
            (upstream, self.upstream),
            (call, self.call),
            (f"{want[0]} {want[1]}", self.directly),
            (f"{got[0]} {got[1]}", self.through),
        )
        return all(fnmatch.fnmatchcase(name, pattern) for name, pattern in pairs)


def compared(binary, pair):
    """Every call by every client of a pair, as it was answered directly and through the gateway."""
    with Demo(binary, *pair.behind) as gate, Demo(binary, *pair.beside) as direct:
        gate.let_everything_through()
        answers = []
        for dialect in pair.clients:
            ours, theirs = Side(gate.through(dialect)), Side(direct.directly(dialect))
            answers += [(dialect, pair.name, call.name, theirs.outcome(call), ours.outcome(call)) for call in CALLS]
        return answers


def run(binary, only):
    known = known_differences()
    passed, failed = 0, []
    with concurrent.futures.ThreadPoolExecutor(max_workers=3) as threads:
        answers = [line for lines in threads.map(lambda pair: compared(binary, pair), PAIRS) for line in lines]
    for dialect, upstream, call, want, got in answers:
        excuse = next((line for line in known if line.covers(dialect, upstream, call, want, got)), None)
        if want == got:
            passed += 1
        elif excuse is not None:
            excuse.seen += 1
            passed += 1
        else:
            failed.append((dialect, upstream, call, want, got))
    for dialect, upstream, name, want, got in failed:
        if only is None or only in name:
            print(f"{dialect} -> {upstream}: {name}\n    directly:    {want!r:.600}\n    through it:  {got!r:.600}")
    for line in known:
        if not line.seen:
            failed.append(line)
            print(f"`{line.call}` ({line.client} -> {line.upstream}) does not differ any more: take it out of differences.tsv")
    differing = sum(line.seen for line in known)
    columns = sum(len(pair.clients) for pair in PAIRS)
    print(f"{len(CALLS)} calls by {columns} ways; {differing} differ as {len(known)} lines say")
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--binary", required=True)
    options.add_argument("--show", help="print failures of calls with this in their name only")
    given = options.parse_args()
    sys.exit(run(given.binary, given.show))
