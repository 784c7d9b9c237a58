"""Every client's round through a running demo, once for each dialect the Odoo upstream is spoken to in.

`run.py --binary target/debug/portcullis [--dialect json2] [--client NAME] [--hostile]`
Prints a line for each round and ends in `N passed, N failed`.
"""

import argparse
import contextlib
import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse

from frappe_clients import CLIENTS as FRAPPE_CLIENTS
from leaks import Relay
from odoo_clients import CLIENTS

HERE = pathlib.Path(__file__).resolve().parent
DIALECTS = ("json2", "jsonrpc", "xmlrpc")
NODE_CLIENTS = ("odoo-await", "odoo-xmlrpc")
ROUND_SECONDS = 120


class Gateway:
    """A `portcullis demo` of its own for a block of rounds."""

    def __init__(self, binary, dialect, folder):
        self.errors = folder / "gateway.err"
        command = [binary, "demo", "--json", "--port", "0"]
        if dialect:
            command += ["--upstream-dialect", dialect]
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)
        readable, _, _ = select.select([self.process.stdout], [], [], 60)
        line = self.process.stdout.readline() if readable else b""
        if not line.startswith(b"{"):
            self.stop()
            raise SystemExit(f"the demo did not start: {line!r}\n{self.said()}")
        # Clients are sent through a relay that looks at every answer.
        facts = json.loads(line)
        place = urllib.parse.urlsplit(facts["gateway"])
        self.relay = Relay(place.hostname, place.port)
        facts["gateway"] = f"http://{place.hostname}:{self.relay.port}"
        self.demo = folder / "demo.json"
        self.demo.write_text(json.dumps(facts))
        self.direct = folder / "direct.json"
        self.direct.write_bytes(line)

    def said(self):
        return self.errors.read_text(errors="replace")[-4000:]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def trouble(self):
        """What is wrong with it after the rounds, if anything is."""
        if self.process.poll() is not None:
            return f"the gateway ended with {self.process.returncode}: {self.said()}"
        if "panicked" in self.said():
            return f"the gateway panicked: {self.said()}"
        if self.relay.found:
            return "answers tell of the inside:\n" + "\n".join(self.relay.found[:20])
        return None


@contextlib.contextmanager
def gateway(binary, dialect):
    with tempfile.TemporaryDirectory(prefix="portcullis-rounds-") as folder:
        running = Gateway(binary, dialect, pathlib.Path(folder))
        try:
            yield running
        finally:
            running.stop()


class Tally:
    def __init__(self):
        self.passed, self.failed = 0, []

    def run(self, name, command):
        """Runs one round in a process of its own, and says how it went."""
        start = time.monotonic()
        try:
            done = subprocess.run(
                command, cwd=HERE, capture_output=True, text=True, timeout=ROUND_SECONDS,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"},
            )
            good, said = done.returncode == 0, done.stdout.strip()
            full = done.stdout + done.stderr
        except subprocess.TimeoutExpired as late:
            good, said, full = False, "", f"no end after {ROUND_SECONDS} s: {late.stdout} {late.stderr}"
        took = time.monotonic() - start
        if good:
            self.passed += 1
            print(f"  ok      {name} ({said}, {took:.1f} s)", flush=True)
        else:
            self.fail(name, full)

    def fail(self, name, why):
        self.failed.append(name)
        print(f"  FAILED  {name}\n" + "\n".join("    " + line for line in why.splitlines()), flush=True)


def rounds(arguments, tally):
    python = sys.executable
    for dialect in arguments.dialect or DIALECTS:
        with gateway(arguments.binary, dialect) as running:
            for client in arguments.client or CLIENTS:
                if client in CLIENTS:
                    command = [python, "odoo_round.py", client, str(running.demo)]
                    tally.run(f"{client}, Odoo spoken to in {dialect}", command)
            for client in arguments.client or NODE_CLIENTS:
                if client in NODE_CLIENTS:
                    command = ["node", "odoo_round.mjs", client, str(running.demo)]
                    tally.run(f"{client}, Odoo spoken to in {dialect}", command)
            if trouble := running.trouble():
                tally.fail(f"the gateway after the rounds over {dialect}", trouble)
    others = {
        "frappe-js-sdk": ["node", "frappe_round.mjs"],
        "curl": [python, "curl_round.py"],
        "clients that sign": [python, "signing_round.py"],
        "clients that guides print": [python, "printed_round.py"],
        "Node clients that sign": ["node", "signing_round.mjs"],
        "the README's commands": [python, "readme_round.py"],
        "the demo's screen": [python, "screen_round.py"],
    }
    for name, (_, ways) in FRAPPE_CLIENTS.items():
        for way in ways:
            others[f"{name}, {way}"] = [python, "frappe_python_round.py", name, way]
    if arguments.hostile:
        others["hostile HTTP"] = [python, "../hostile/hostile.py"]
    chosen = {name: others[name] for name in others if not arguments.client or name.split(", ")[0] in arguments.client}
    if not chosen:
        return
    with gateway(arguments.binary, None) as running:
        for name, command in chosen.items():
            # Hostile requests are about bytes on the gateway's own socket, and look for leaks themselves.
            demo = running.direct if name == "hostile HTTP" else running.demo
            tally.run(name, [*command, str(demo)])
        if trouble := running.trouble():
            tally.fail("the gateway after the other rounds", trouble)


def main():
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--binary", required=True, type=os.path.abspath)
    reader.add_argument("--dialect", action="append", choices=DIALECTS)
    reader.add_argument("--client", action="append")
    reader.add_argument("--hostile", action="store_true")
    arguments = reader.parse_args()
    os.environ["PORTCULLIS_BINARY"] = arguments.binary
    tally = Tally()
    rounds(arguments, tally)
    print(f"{tally.passed} passed, {len(tally.failed)} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
