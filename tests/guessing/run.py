#!/usr/bin/env python3
"""thc-hydra guesses a person's password at the gateway, on loopback, for a minute at the most.

    python3 tests/guessing/run.py --binary target/debug/portcullis

Run by hand: it needs Debian's `hydra`, and takes as long as the guesser may. First the list holds
the right password within what an account may fail, and hydra finds it: so it would, if it could.
Then, before a fresh gateway, the right one stands past that, and hydra must not find it, while
somebody else at the same address goes on without a failure.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile
import threading
import time
import urllib.request

SECONDS = 60
ROLE = """
[[rule]]
name = "contacts"
models = ["res.partner"]
operations = ["read"]
fields = "*"
"""


def main():
    said = argparse.ArgumentParser()
    said.add_argument("--binary", default="target/debug/portcullis")
    said.add_argument("--words", type=int, default=2000, help="how long the list is")
    said = said.parse_args()
    demo = subprocess.Popen([said.binary, "demo", "--json", "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        facts = json.loads(demo.stdout.readline())
        log = pathlib.Path(facts["upstream_log"])
        password = (log.parent / "secrets" / "odoo-integration-password").read_text().strip()
        wrong = [f"wrong-{n}" for n in range(said.words)]
        found, _, _ = attack(said, facts, wrong[:4] + [password] + wrong[4:8])
        assert found, "hydra finds what is within the limit"
        print("within the limit: found, as it must be for the rest to mean anything")
        middle = len(wrong) // 4
        before = len(log.read_text().splitlines())
        found, tried, other = attack(said, facts, wrong[:middle] + [password] + wrong[middle:])
        lines = log.read_text().splitlines()[before:]
        asked = sum(json.loads(line).get("call") == "authenticate" for line in lines)
        print(f"past the limit: {'FOUND' if found else 'not found'}; hydra ended after {tried:.0f} s;"
              f" the ERP was asked {asked} times; somebody else at the address: {other[0]} calls,"
              f" {other[1]} refused")
        assert not found and other[0] > 5 and other[1] == 0 and asked < 20
    finally:
        demo.terminate()
        demo.wait()


def attack(said, facts, words):
    """One attack before a gateway of its own: whether hydra found it, how long it took, and how
    somebody else fared meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        secrets = pathlib.Path(facts["upstream_log"]).parent / "secrets"
        (place / "staff.toml").write_text(ROLE)
        (place / "words").write_text("\n".join(words) + "\n")
        (place / "portcullis.toml").write_text(
            f'listen = "127.0.0.1:0"\nroles = ["staff.toml"]\n[limits]\nper-minute = 6000\nburst = 100\n'
            f'[upstream.odoo]\nkind = "odoo"\nurl = "{facts["odoo"]}"\ndatabase = "demo"\n'
            f'user.second.secret-file = "{secrets}/odoo-second"\n[upstream.odoo.people]\nroles = ["staff"]\n')
        config = ["--config", str(place / "portcullis.toml")]
        made = [said.binary, "key", "create", "other", "--user", "second", "--role", "staff", "--json"]
        key = json.loads(subprocess.run(made + config, check=True, capture_output=True).stdout)["key"]
        gateway = subprocess.Popen([said.binary, "serve"] + config, stderr=subprocess.PIPE, text=True)
        try:
            url = next(line for line in gateway.stderr if "listens on" in line).split("listens on ")[1].strip()
            threading.Thread(target=gateway.stderr.read, daemon=True).start()
            other, stop = [0, 0], threading.Event()
            worker = threading.Thread(target=go_on, args=(url, key, other, stop))
            worker.start()
            found, seconds = hydra(url, place / "words")
            stop.set()
            worker.join()
            return found, seconds, other
        finally:
            gateway.terminate()
            gateway.wait()


def hydra(url, words):
    port = url.rsplit(":", 1)[1]
    body = '{"jsonrpc":"2.0","params":{"db":"demo","login":"^USER^","password":"^PASS^"}}'.replace(":", "\\:")
    form = f"/web/session/authenticate:{body}:H=Content-Type\\: application/json:S=user_context"
    command = ["hydra", "-I", "-f", "-t", "4", "-l", "integration", "-P", str(words), "-s", port,
               "127.0.0.1", "http-post-form", form]
    began = time.monotonic()
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS).stdout
    except subprocess.TimeoutExpired as late:
        said = (late.stdout or b"").decode()
    return "password: " in said, time.monotonic() - began


def go_on(url, key, counted, stop):
    """Somebody else, at the same address, with a key."""
    while not stop.wait(0.3):
        request = urllib.request.Request(
            f"{url}/json/2/res.partner/search_count", b'{"domain": []}',
            {"Content-Type": "application/json", "X-API-Key": key})
        counted[0] += 1
        try:
            urllib.request.urlopen(request, timeout=20).read()
        except OSError as error:
            counted[1] += 1
            print("refused:", error)


if __name__ == "__main__":
    main()
