"""A round of each client that signs: `signing_round.py DEMO.json`.

Keys are made by the program, in the data folder of the running demo.
"""

import json
import os
import pathlib
import re
import secrets
import subprocess
import sys
import tempfile
import time

import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gate import Demo, Round
from signing_clients import Library, SortedJsonAdapter, TimestampClient

HERE = pathlib.Path(__file__).resolve().parent
ODOO = ("odoo", "admin", "odoo-full")
ERPNEXT = ("erpnext", "Administrator", "erpnext-full")


def key(demo, name, of, *more):
    """Makes a key, as its operator would."""
    upstream, user, role = of
    data = pathlib.Path(demo.upstream_log).with_name("data")
    command = [
        os.environ["PORTCULLIS_BINARY"], "key", "create", name, "--data", str(data), "--json",
        "--upstream", upstream, "--user", user, "--role", role, *more,
    ]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


class Refused(Exception):
    """The status of a refusal."""


def good(answer):
    """The JSON of a good answer; a refusal is an error, as with `raise_for_status`."""
    if answer.status_code >= 400:
        raise Refused(answer.status_code)
    return answer.json()


def denied(error):
    return error.args[0] == 401


def until_known(ask):
    """Waits for a key that was made a moment ago."""
    end = time.monotonic() + 10
    while (answer := ask()).status_code == 401 and time.monotonic() < end:
        time.sleep(0.1)
    return good(answer)


def sorted_json(turn, demo):
    made = key(demo, "adapter", ODOO, "--signed", "legacy-sorted-json")
    turn.step("its key is known by its id", "key" not in made)
    client = SortedJsonAdapter(demo.url, made["id"], made["signing-secret"])
    read = {"fields": ["name", "city"], "domain": [["is_company", "=", True]], "limit": 2}
    rows = until_known(lambda: client.request("POST", "/json/2/res.partner/search_read", read))
    turn.step("it reads", len(rows) == 2)
    create = {"vals_list": [{"name": "Zoë ☕ \"quoted\"", "active": True}]}
    made_id = good(client.request("POST", "/json/2/res.partner/create", create))
    turn.step("it creates, with letters beyond ASCII", bool(made_id))
    wrong = SortedJsonAdapter(demo.url, made["id"], made["signing-secret"][:-1] + "a")
    turn.refused(
        "another secret",
        lambda: good(client.request("POST", "/json/2/res.partner/search_read", read)),
        lambda: good(wrong.request("POST", "/json/2/res.partner/search_read", read)),
        Refused, denied,
    )


def timestamp(turn, demo):
    made = key(demo, "secure", ERPNEXT, "--signed", "legacy-timestamp")
    client = TimestampClient(demo.url, *made["pair"].split(":"))
    rows = until_known(lambda: client.request("GET", "/api/resource/Customer", params={"limit_page_length": 2}))
    turn.step("it reads, with parameters", len(rows["data"]) == 2)
    name = good(client.request("POST", "/api/resource/Customer", {
        "customer_name": "Test Customer", "customer_type": "Company",
    }))["data"]["name"]
    turn.step("it creates", bool(name))
    good(client.request("PUT", f"/api/resource/Customer/{name}", {"customer_type": "Individual"}))
    rows = good(client.request("GET", "/api/resource/Sales Order"))
    turn.step("a name with a space is signed as it was written", "data" in rows)
    other = TimestampClient(demo.url, client.api_key, client.api_secret)
    send = other.session.request
    other.session.request = lambda method, url, **more: send("DELETE", url, **more)
    turn.refused(
        "another verb than the signed one",
        lambda: good(client.request("GET", f"/api/resource/Customer/{name}")),
        lambda: good(other.request("GET", f"/api/resource/Customer/{name}")),
        Refused, denied,
    )
    good(client.request("DELETE", f"/api/resource/Customer/{name}"))
    plain = {"Authorization": f"token {made['pair']}"}
    with turn.nothing_arrives("the same key without a signature"):
        answer = requests.get(f"{demo.url}/api/resource/Customer", headers=plain, timeout=20)
        turn.step("is refused", answer.status_code == 401)


def library(turn, demo):
    pair = Ed25519PrivateKey.generate()
    with tempfile.TemporaryDirectory() as folder:
        public = pathlib.Path(folder) / "till.pem"
        public.write_bytes(pair.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        with_pair = key(demo, "till", ODOO, "--signed", "ed25519", "--must-sign", "--public-key", str(public))
    with_secret = key(demo, "shop", ODOO, "--signed", "hmac", "--must-sign")
    clients = [
        Library(demo.url, with_secret["id"], with_secret["signing-secret"].encode()),
        Library(demo.url, with_pair["id"], pair),
    ]
    for client in clients:
        listing = "/api/v1/res.partner?limit=2&fields=name%2Ccity"
        rows = until_known(lambda client=client, listing=listing: client.request("GET", listing))
        turn.step("it reads the façade", len(rows["data"]) == 2)
        body = {"domain": [], "context": {"lang": "en_US"}}
        turn.step("it counts in JSON-2", good(client.request("POST", "/json/2/res.partner/search_count", body)) > 0)
        once = client.prepare("POST", "/json/2/res.partner/create", {"vals_list": [{"name": "Signed"}]})
        turn.refused("a request that is sent twice", lambda once=once, client=client: good(client.send(once)),
                     lambda once=once, client=client: good(client.send(once)), Refused, denied)
        for off, fine in [(-290, True), (290, True), (-310, False), (310, False)]:
            status = client.request("POST", "/json/2/res.partner/search_count", body, created=off).status_code
            turn.step(f"a clock that is off by {off} s", status == (200 if fine else 401))


def documented(turn, demo):
    """The client that docs/signing.md prints."""
    text = (HERE / "../../docs/signing.md").read_text(encoding="utf-8")
    printed = re.search(r"<!-- run by tests/clients/signing_round.py -->\n```python\n(.*?)```", text, re.DOTALL)
    space = {}
    exec(printed[1], space)
    made = key(demo, "documented", ODOO, "--signed", "hmac", "--must-sign")

    def ask(method, path, body=b""):
        headers = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(8)} if body else {}
        headers = space["signed"](made["id"], made["signing-secret"], method, demo.url + path, body, headers)
        return requests.request(method, demo.url + path, data=body, headers=headers, timeout=20)

    until_known(lambda: ask("GET", "/api/v1/res.partner?limit=1"))
    body = json.dumps({"domain": []}).encode()
    turn.step("the documented client calls", good(ask("POST", "/json/2/res.partner/search_count", body)) > 0)
    headers = space["signed"](made["id"], made["signing-secret"], "GET", f"{demo.url}/api/v1/res.partner?limit=1")
    told = {"method": "GET", "target": "/api/v1/res.partner?limit=2", "headers": headers}
    answer = good(ask("POST", "/api/v1/-/explain-signature", json.dumps(told).encode()))["data"]
    wrong = [step["step"] for step in answer["steps"] if not step["good"]]
    turn.step("and is told what it changed", wrong == ["signature"])


def main():
    demo = Demo(pathlib.Path(sys.argv[1]).read_text())
    turn = Round(demo)
    for part in (sorted_json, timestamp, library, documented):
        part(turn, demo)
    print(f"{turn.steps} steps")


if __name__ == "__main__":
    main()
