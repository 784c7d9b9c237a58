"""One full round of one Odoo client: `odoo_round.py CLIENT DEMO.json`.

Logs in, lists, reads, creates, writes and deletes with a key that may; then is refused what
another key may not, in the client's own error, with nothing reaching the ERP.
"""

import sys

from gate import Demo, Round
from odoo_clients import CLIENTS

COMPANIES = [["is_company", "=", True]]


def other_key(key):
    """The same key with one character changed."""
    return key[:-1] + ("a" if key[-1] != "a" else "b")


def run(client, demo):
    turn = Round(demo)
    full = client(demo, demo.users["odoo_full"], demo.keys["odoo_full"])
    if hasattr(full, "version"):
        turn.step("the version is told", str(full.version)[:1].isdigit())

    fields = full.fields()
    turn.step("fields are listed", "name" in fields and "city" in fields)
    rows = full.list(COMPANIES, ["name", "city"])
    turn.step("companies are listed", rows and all(row["name"] for row in rows))
    turn.step("companies are counted", full.count(COMPANIES) >= len(rows))
    first = rows[0]["id"]
    turn.step("companies are searched", first in full.search(COMPANIES))
    again = full.read([first], ["name"])
    turn.step("a company is read", again[0]["name"] == rows[0]["name"])

    made = [full.create({"name": f"Round Trip {n}", "city": "Ulm"}) for n in (1, 2)]
    turn.step("partners are created", made[0] != made[1])
    full.write(made, {"city": "Bonn & Köln <3"})
    cities = {row["city"] for row in full.read(made, ["city"])}
    turn.step("partners are written", cities == {"Bonn & Köln <3"})

    # The demo's first key reads partners and no more.
    reader = client(demo, demo.users["odoo"], demo.keys["odoo"])
    turn.step("the reader reads", reader.read([first], ["name"])[0]["name"] == again[0]["name"])
    turn.refused(
        "a reader does not delete",
        mirror=lambda: full.unlink([made[0]]),
        forbidden=lambda: reader.unlink([made[1]]),
        errors=client.refusals,
        says=client.is_access_error,
    )
    turn.step("the deleted one is gone", full.search([["id", "=", made[0]]]) == [])
    turn.step("the other one is there", full.search([["id", "=", made[1]]]) == [made[1]])
    turn.refused(
        "a reader does not write",
        mirror=lambda: full.write([made[1]], {"city": "Jena"}),
        forbidden=lambda: reader.write([made[1]], {"city": "Gera"}),
        errors=client.refusals,
        says=client.is_access_error,
    )
    turn.step("nothing was written", full.read([made[1]], ["city"])[0]["city"] == "Jena")
    full.unlink([made[1]])

    with turn.nothing_arrives("a wrong key"):
        try:
            client(demo, demo.users["odoo_full"], other_key(demo.keys["odoo_full"]))
        except client.login_errors:
            turn.step("a wrong key is refused", True)
        else:
            raise AssertionError("a wrong key was accepted")
    return turn.steps


def main():
    name, path = sys.argv[1:]
    with open(path, encoding="utf-8") as line:
        demo = Demo(line.read())
    print(f"{run(CLIENTS[name], demo)} steps")


if __name__ == "__main__":
    main()
