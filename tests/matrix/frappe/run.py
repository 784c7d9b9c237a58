"""Frappe's faces × calls: the answer through the gateway equals the direct one.

`run.py --binary target/debug/portcullis`: a gateway before a look-alike of ERPNext, and beside it
another look-alike with the same data that is asked directly, in the words of each face. What
differs must stand in `differences.tsv`, as in the matrix of Odoo.
"""

import argparse
import http.client
import json
import pathlib
import re
import sys
import urllib.parse

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # what both matrices share
sys.path.insert(0, str(HERE))
import known  # noqa: E402
from demo import Demo  # noqa: E402

import calls  # noqa: E402
from faces import FACES  # noqa: E402

# When what is there was made, and when it is changed.
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\.\d{6}")
# Rows of tables are named by chance.
BY_CHANCE = re.compile(r"[0-9a-z]{10}")


class Side:
    """One side's run of a face: what was answered so far, for the calls that follow."""

    def __init__(self, url, pair, face):
        self.place, self.pair, self.face = urllib.parse.urlsplit(url), pair, face
        self.made, self.answers = {}, {}

    def outcome(self, call):
        given, arguments = self.filled(list(call.given)), self.filled(call.arguments)
        request = getattr(self.face, call.operation)(*given, **arguments)
        status, answer = self.send(request)
        told = understood(status, answer)
        if call.operation == "insert" and told[0] == "answer":
            self.made[call.name] = told[2]["name"]
        self.answers[call.name] = told[2] if told[0] == "answer" else None
        return told[0], plain(told[1:])

    def filled(self, value):
        if isinstance(value, calls.New):
            return self.made.get(value.name, "SAL-ORD-none")
        if isinstance(value, calls.Answer):
            return self.filled(value.of(self.answers))
        if isinstance(value, dict):
            return {key: self.filled(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.filled(inner) for inner in value]
        return value.replace("{face}", self.face.name) if isinstance(value, str) else value

    def send(self, request):
        connection = http.client.HTTPConnection(self.place.hostname, self.place.port, timeout=20)
        headers = {"Authorization": f"token {self.pair}", "Accept": "application/json"}
        if request.body is not None:
            headers["Content-Type"] = request.kind
        try:
            connection.request(request.verb, request.target(), request.payload(), headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def understood(status, body):
    """What a client makes of an answer: the value in its wrapping, or the status and the exception."""
    try:
        answer = json.loads(body)
    except ValueError:
        return "error", status, "a page"
    if status >= 300:
        if "errors" in answer:
            return "error", status, [error["type"] for error in answer["errors"]]
        return "error", status, answer.get("exc_type")
    wrapped = [name for name in ("data", "message") if name in answer]
    if not wrapped:
        return "answer", status, None, []
    return "answer", status, answer[wrapped[0]], wrapped


def plain(value):
    """An answer with what differs from run to run named alike."""
    if isinstance(value, dict):
        return {
            key: "by chance" if key == "name" and BY_CHANCE.fullmatch(str(inner)) else plain(inner)
            for key, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, str):
        return MOMENT.sub("a moment", value)
    return value


def compared(binary):
    with Demo(binary) as gate, Demo(binary) as direct:
        role = (HERE / "role.toml").read_text(encoding="utf-8")
        through = gate.facts["gateway"], gate.facts["keys"]["erpnext"]
        past = direct.facts["erpnext"], direct.secret("erpnext-integration")
        # Items are closed to the demo's own role.
        opened, before = calls.ask("items", "list", "Item"), Side(*through, FACES[0])
        gate.let_through("erpnext-demo", role, lambda: before.outcome(opened)[0] == "answer")
        for face in FACES:
            ours, theirs = Side(*through, face), Side(*past, face)
            for call in calls.CALLS:
                if hasattr(face, call.operation):
                    yield face.name, "frappe", call.name, theirs.outcome(call), ours.outcome(call)


def run(binary, only):
    answers = list(compared(binary))
    meant = known.read(HERE / "differences.tsv")
    passed, failed = known.judged(meant, answers, only)
    differing = sum(line.seen for line in meant)
    print(f"{len(calls.CALLS)} calls by {len(FACES)} faces; {differing} differ as {len(meant)} lines say")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--binary", required=True)
    options.add_argument("--show", help="print failures of calls with this in their name only")
    given = options.parse_args()
    sys.exit(run(given.binary, given.show))
