"""Client dialect × upstream dialect × calls: the answer through the gateway equals the direct one.

`run.py --binary target/debug/portcullis`: for each dialect in which the Odoo behind is spoken to, a
gateway before a look-alike, and beside it another look-alike with the same data that is asked
directly. What differs must stand in `differences.tsv` with its reason; a line there that no longer
differs fails too, so that the list can only shrink. It is edited by hand; nothing writes it.
"""

import argparse
import concurrent.futures
import dataclasses
import datetime
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import known  # noqa: E402
from calls import CALLS, New  # noqa: E402
from demo import Demo  # noqa: E402
from wire import SESSION, Client  # noqa: E402

HERE = pathlib.Path(__file__).parent
RPC = ("xmlrpc1", "xmlrpc2", "jsonrpc")
CLIENTS = (*RPC, "json2", *SESSION)
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
    *(Pair(f"odoo-{number}-rpc", release(number), release(number), (*RPC, *SESSION)) for number in (14, 16, 18)),
]


class Odoo:
    """A demo's Odoo, through the gateway and past it."""

    def __init__(self, demo):
        self.demo = demo
        self.facts = demo.facts

    def let_everything_through(self):
        role = (HERE / "role.toml").read_text(encoding="utf-8")
        client = self.through("json2")
        opened = next(call for call in CALLS if call.name == "get_base_url")
        self.demo.let_through("odoo-demo", role, lambda: client.call(opened)[0] == "answer")

    def uid(self):
        secret = self.facts["keys"]["odoo"]
        asked = {"service": "common", "method": "login", "args": [self.facts["database"], self.facts["users"]["odoo"], secret]}
        client = Client("jsonrpc", self.facts["gateway"], self.facts["database"], 0, secret)
        _, body = client.send("/jsonrpc", json.dumps({"params": asked}), {"Content-Type": "application/json"})
        return json.loads(body)["result"]

    def through(self, dialect):
        return self.client(dialect, self.facts["gateway"], self.facts["keys"]["odoo"])

    def directly(self, dialect):
        # Odoo takes no keys for its web sessions.
        name = "odoo-integration-password" if dialect in SESSION else "odoo-integration"
        return self.client(dialect, self.facts["odoo"], self.demo.secret(name))

    def client(self, dialect, url, secret):
        client = Client(dialect, url, self.facts["database"], self.uid(), secret)
        if dialect in SESSION:
            client.log_in(self.facts["users"]["odoo"])
        return client


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
        if kind == "answer" and self.client.tells_ids and call.method in ("create", "copy", "name_create", "web_save", "load"):
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


def compared(binary, pair):
    """Every call by every client of a pair, as it was answered directly and through the gateway."""
    with Demo(binary, *pair.behind) as behind, Demo(binary, *pair.beside) as beside:
        gate, direct = Odoo(behind), Odoo(beside)
        gate.let_everything_through()
        answers = []
        for dialect in pair.clients:
            ours, theirs = Side(gate.through(dialect)), Side(direct.directly(dialect))
            calls = [call for call in CALLS if ours.client.tells_ids or not isinstance(call.ids, New)]
            answers += [(dialect, pair.name, call.name, theirs.outcome(call), ours.outcome(call)) for call in calls]
        return answers


def run(binary, only):
    with concurrent.futures.ThreadPoolExecutor(max_workers=3) as threads:
        answers = [line for lines in threads.map(lambda pair: compared(binary, pair), PAIRS) for line in lines]
    meant = known.read(HERE / "differences.tsv")
    passed, failed = known.judged(meant, answers, only)
    differing = sum(line.seen for line in meant)
    columns = sum(len(pair.clients) for pair in PAIRS)
    print(f"{len(CALLS)} calls by {columns} ways; {differing} differ as {len(meant)} lines say")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--binary", required=True)
    options.add_argument("--show", help="print failures of calls with this in their name only")
    given = options.parse_args()
    sys.exit(run(given.binary, given.show))
