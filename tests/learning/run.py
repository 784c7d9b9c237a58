"""A day of every client under wide roles, what is learnt of it, and the same day under that.

`run.py --binary target/debug/portcullis [--write]`
Runs the clients' rounds through a demo, has `policy learn` propose a role for each caller, puts those
in the place of the wide ones, and runs the rounds again. Then each caller asks for what it never asked
for on that day and could have had. The roles that the twin test attacks are learnt of a day of their
own; `--write` writes them. Ends in `N passed, N failed`.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
CLIENTS = HERE.parent / "clients"
sys.path.insert(0, str(CLIENTS))

from frappe_clients import CLIENTS as FRAPPE_CLIENTS  # noqa: E402
from odoo_clients import CLIENTS as ODOO_CLIENTS  # noqa: E402
from run import NODE_CLIENTS, Tally, gateway  # noqa: E402

# The demo's callers whose roles the rounds use, and the role of each.
CALLERS = {
    "odoo_full": "odoo-full",
    "odoo": "odoo-demo",
    "erpnext_full": "erpnext-full",
    "erpnext": "erpnext-demo",
}
# The roles under which the twin test's ERPs are attacked, where they lie.
TWIN = HERE.parents[1] / "crates" / "testkit" / "tests" / "twin" / "roles"
WIDE = HERE.parents[1] / "crates" / "cli" / "roles"
COMPANIES = """domain = '[["is_company","=",true]]'"""
# The caller, what its role's first `fields = "*"` becomes, and the file of what is learnt. Hidden records are
# those of which the role does not speak: no record tells who was not seen. Odoo's hidden fields are open
# on that day, and no client but odoorpc reads them, which reads whatever it is told of; a Frappe's document is read
# whole, so that they are hidden on that day as well.
TWIN_DAY = {
    "odoo_full": (f'fields = "*"\n{COMPANIES}', "learnt-odoo.toml"),
    "odoo": (f'fields = "*"\n{COMPANIES}', "learnt-odoo-reader.toml"),
    "erpnext": (
        """fields = "*"
hidden = ["customer_details", "tax_id", "website"]
domain = '[["customer_type","=","Company"]]'""",
        "learnt-customers.toml",
    ),
}


def rounds(but=()):
    """The rounds of a day, by name."""
    python = sys.executable
    day = {f"{client}, Odoo": [python, "odoo_round.py", client] for client in ODOO_CLIENTS if client not in but}
    day |= {f"{client}, Odoo": ["node", "odoo_round.mjs", client] for client in NODE_CLIENTS}
    for name, (_, ways) in FRAPPE_CLIENTS.items():
        day |= {f"{name}, {way}": [python, "frappe_python_round.py", name, way] for way in ways}
    day["frappe-js-sdk"] = ["node", "frappe_round.mjs"]
    return day


def posted(url, body, **headers):
    """Status and answer of a request."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


class Day:
    def __init__(self, running, binary):
        self.facts = json.loads(running.demo.read_text())
        self.binary, self.demo = binary, running.demo
        self.folder = pathlib.Path(self.facts["upstream_log"]).parent

    def run(self, tally, what, but=()):
        for name, command in rounds(but).items():
            tally.run(f"{name}, {what}", [*command, str(self.demo)])

    def command(self, *arguments):
        command = [self.binary, *arguments, "--config", str(self.folder / "portcullis.toml"), "--json"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode > 1:
            raise SystemExit(f"{arguments}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def schemas(self):
        """What the ERPs tell of the models of the roles, as arguments."""
        arguments = []
        for upstream, user in (("odoo", "admin"), ("erpnext", "Administrator")):
            roles = [role for caller, role in CALLERS.items() if caller.startswith(upstream)]
            named = [word for role in roles for word in ("--role", str(self.folder / "roles" / f"{role}.toml"))]
            told = self.command("policy", "schema", "--upstream", upstream, "--as", user, "--linked", *named)
            path = self.folder / f"{upstream}.json"
            path.write_text(json.dumps(told))
            arguments += ["--schema", str(path)]
        return arguments

    def learn(self):
        """The proposals of `policy learn`, by caller."""
        time.sleep(1.5)
        told = self.command("policy", "learn", "--from", "1d", "--all", *self.schemas())
        return {one["principal"].removeprefix("demo "): one for one in told["proposals"]}

    def unused(self, role):
        """What `policy unused` says of a role: parts by rule, and how many calls pass without them."""
        [told] = self.command("policy", "unused", "--role", role, *self.schemas())["roles"]
        return told

    def put(self, caller, text):
        """Puts a role in the place of the caller's; the gateway looks at it within a second."""
        (self.folder / "roles" / f"{CALLERS[caller]}.toml").write_text(text)

    def ask(self, caller, path, body):
        """Status and answer, in the dialect that the path belongs to."""
        key = self.facts["keys"][caller]
        header = f"token {key}" if caller.startswith("erpnext") else f"Bearer {key}"
        return posted(self.facts["gateway"] + path, body, Authorization=header)


# What each caller could do on that day and did not: path, body.
UNUSED = (
    ("odoo_full", "/json/2/sale.order/search_read", {"domain": [], "fields": ["name"], "limit": 1}),
    ("odoo_full", "/json/2/product.template/search_read", {"domain": [], "fields": ["name"], "limit": 1}),
    ("odoo_full", "/json/2/res.partner/copy", {"ids": [7]}),
    ("odoo_full", "/json/2/res.partner/write", {"ids": [7], "vals": {"street": "changed"}}),
    ("odoo", "/json/2/sale.order/create", {"vals_list": [{"partner_id": 7}]}),
    ("odoo", "/json/2/res.partner/search_read", {"domain": [["street", "ilike", "a"]], "fields": ["name"], "limit": 1}),
    ("erpnext", "/api/method/frappe.client.get_list", {"doctype": "Sales Order", "fields": ["name"], "limit_page_length": 1}),
)


def named(unused):
    caller, path, body = unused
    return f"{caller}: {path} {json.dumps(body)}"


def check(tally, name, holds, why):
    if holds:
        tally.passed += 1
        print(f"  ok      {name}", flush=True)
    else:
        tally.fail(name, str(why))


def twin_day(arguments, tally):
    """The roles that the twin test attacks are those that are learnt."""
    with gateway(arguments.binary, None) as running:
        day = Day(running, arguments.binary)
        for caller, (instead, _) in TWIN_DAY.items():
            wide = (WIDE / f"{CALLERS[caller]}.toml").read_text()
            day.put(caller, wide.replace('fields = "*"', instead, 1))
        time.sleep(1.5)
        day.run(tally, "with hidden records", but={"odoorpc"})
        learnt = day.learn()
    for caller, (_, file) in TWIN_DAY.items():
        # What was made when is not the same each time.
        lines = learnt[caller]["roles"][0]["toml"].splitlines(keepends=True)
        text = "".join(line for line in lines if not line.startswith("#")).lstrip()
        if arguments.write:
            (TWIN / file).write_text(text)
        check(tally, f"{file} is what is learnt", (TWIN / file).read_text() == text, text)


def main():
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--binary", required=True, type=os.path.abspath)
    reader.add_argument("--write", action="store_true", help="write the roles of the twin test")
    arguments = reader.parse_args()
    os.environ["PORTCULLIS_BINARY"] = arguments.binary
    tally = Tally()
    with gateway(arguments.binary, None) as running:
        day = Day(running, arguments.binary)
        day.run(tally, "under wide roles")
        learnt = day.learn()
        unused = day.unused("odoo-full")
        check(tally, "what nobody used of a role is told", unused["unused"].get("confirm") == {"rule": []}, unused)
        check(tally, "all calls pass without it", 0 < unused["passing"] == unused["calls"], unused)
        # What is asked to see that it was open is no part of that day.
        for unused in UNUSED:
            status, told = day.ask(*unused)
            check(tally, f"{named(unused)} was open", status == 200, told)
    check(tally, "every caller learnt", set(learnt) == set(CALLERS), set(learnt))
    for caller, proposal in sorted(learnt.items()):
        whole = proposal["passing"] == proposal["calls"] and not proposal["wider"] and len(proposal["roles"]) == 1
        check(tally, f"all {proposal['calls']} calls of {caller} are covered by one role", whole, proposal)
    with gateway(arguments.binary, None) as running:
        day = Day(running, arguments.binary)
        for caller, proposal in learnt.items():
            day.put(caller, proposal["roles"][0]["toml"])
        time.sleep(1.5)
        day.run(tally, "under learnt roles")
        for unused in UNUSED:
            status, told = day.ask(*unused)
            check(tally, f"{named(unused)} is refused", status == 403, (status, told))
        if trouble := running.trouble():
            tally.fail("the gateway", trouble)
    twin_day(arguments, tally)
    print(f"{tally.passed} passed, {len(tally.failed)} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
