"""Schemathesis against the OpenAPI document of a role, before both sandboxes.

`run.py --binary target/debug/portcullis` is the bounded run of ./test; `--long 1800` goes on for
half an hour at each ERP, with another seed each time. It prints how many operations were answered
with 2xx and ends in `N passed, N failed`.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).parent
#: How many operations must be answered with 2xx, of a hundred.
ENOUGH = 95

CONFIG = """listen = "127.0.0.1:{port}"
data = "data"
roles = ["odoo.toml", "erpnext.toml"]

[limits]
per-minute = 60000000
burst = 1000000
address-failures-per-minute = 60000000
address-failures-burst = 1000000

[upstream.odoo]
kind = "odoo"
url = "{odoo}"
database = "{database}"
user.admin.secret-file = "{secrets}/odoo-admin"

[upstream.erpnext]
kind = "frappe"
url = "{erpnext}"
database = "{database}"
user.Administrator.secret-file = "{secrets}/erpnext-administrator"
"""


def free_port():
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def gateway(binary, demo, folder):
    """A second gateway before the demo's sandboxes, with roles of ours; and its keys."""
    port = free_port()
    for role in (HERE / "roles").glob("*.toml"):
        shutil.copy(role, folder)
    config = folder / "portcullis.toml"
    secrets = pathlib.Path(demo["upstream_log"]).parent / "secrets"
    config.write_text(CONFIG.format(port=port, secrets=secrets, **demo), encoding="utf-8")

    def command(*words):
        done = subprocess.run([binary, *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(words)}: {done.stderr}")
        return json.loads(done.stdout)

    keys = {}
    # Users whom the ERP itself refuses nothing: what is tried is the gateway and its document.
    for erp, user in (("odoo", "admin"), ("erpnext", "Administrator")):
        told = command("key", "create", f"schemathesis-{erp}", "--config", str(config), "--upstream", erp,
                       "--user", user, "--role", erp, "--administrator", "--json")
        keys[erp] = told["key"]
    serving = subprocess.Popen([binary, "serve", "--config", str(config)])
    return serving, f"http://127.0.0.1:{port}", keys


def ready(url, key):
    """Waits until the gateway answers with the document of a key."""
    request = urllib.request.Request(f"{url}/api/v1/openapi.json", headers={"Authorization": f"Bearer {key}"})
    for _ in range(200):
        try:
            return urllib.request.urlopen(request, timeout=30).status
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise SystemExit("the gateway does not answer")


def one_erp(erp, url, key, seed, seconds):
    """Runs schemathesis against one ERP; tells whether it passed, what it said, and what was reached."""
    with tempfile.TemporaryDirectory() as folder:
        reached = pathlib.Path(folder, "reached.jsonl")
        environment = os.environ | {
            "PYTHONPATH": str(HERE), "SCHEMATHESIS_HOOKS": "reached", "PORTCULLIS_REACHED": str(reached),
            "PORTCULLIS_GATEWAY": url, "PORTCULLIS_KEY": key,
        }
        words = [str(pathlib.Path(sys.executable).parent / "schemathesis"), "--config-file", str(HERE / "schemathesis.toml"),
                 "run", f"{url}/api/v1/openapi.json", "--header", f"Authorization: Bearer {key}", "--checks", "all",
                 "--seed", str(seed), "--warnings", "off", "--continue-on-failure", "--no-shrink"]
        words += ["--max-time", str(seconds)] if seconds else ["--max-examples", "6"]
        done = subprocess.run(words, env=environment, cwd=folder, check=False, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        good = collections.Counter()
        for line in reached.read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            good[told["operation"]] += 200 <= told["status"] < 300
    return done.returncode == 0, done.stdout, good


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--long", type=int, default=0, metavar="SECONDS")
    parser.add_argument("--erp", choices=["odoo", "erpnext"])
    said = parser.parse_args()
    seed = random.randrange(1 << 32) if said.long else 1
    erps = [said.erp] if said.erp else ["odoo", "erpnext"]
    demo_process = subprocess.Popen([said.binary, "demo", "--json", "--port", "0"], stdout=subprocess.PIPE, text=True)
    demo = json.loads(demo_process.stdout.readline())
    serving, passed, failed = None, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        try:
            serving, url, keys = gateway(said.binary, demo, pathlib.Path(folder))
            for erp in erps:
                ready(url, keys[erp])
            # Side by side: they share nothing but the gateway.
            with concurrent.futures.ThreadPoolExecutor() as pool:
                ran = list(pool.map(lambda erp: one_erp(erp, url, keys[erp], seed, said.long), erps))
        finally:
            for process in (serving, demo_process):
                if process:
                    process.send_signal(signal.SIGTERM)
                    process.wait()
    for erp, (fine, text, good) in zip(erps, ran, strict=True):
        print(text)
        missed = sorted(label for label, count in good.items() if not count)
        share = 100 * (len(good) - len(missed)) / max(len(good), 1)
        print(f"{erp}: {len(good) - len(missed)} of {len(good)} operations were answered with 2xx: {share:.1f} %")
        for label in missed:
            print(f"  never: {label}")
        enough = share >= ENOUGH
        passed, failed = passed + fine + enough, failed + (not fine) + (not enough)
    print(f"seed {seed}\n{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
