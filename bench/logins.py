"""How long a log-in of an administrator takes that is refused: whether there is such a name must
not show.

`bench/logins.py --binary target/release/portcullis` tries names that nobody has and wrong passwords
of names that somebody has, in turn, and prints the ratio of their medians. It ends in an error when
the ratio is not within 0.8 and 1.25.
"""

import argparse
import http.client
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

CONFIG = """listen = "127.0.0.1:0"
[admin]
listen = "127.0.0.1:0"
[limits]
address-failures-per-minute = 60000000
address-failures-burst = 1000000
account-failures-burst = 1000000
[upstream.odoo]
kind = "odoo"
url = "http://127.0.0.1:9"
database = "none"
"""
PASSWORD = "four rather odd giraffes"


def administered(log):
    """Where the administrators' listener of a gateway is that was just started."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        told = re.search(rb"is administered at http://127\.0\.0\.1:(\d+)", log.read_bytes())
        if told:
            return int(told[1])
        time.sleep(0.05)
    raise SystemExit("the gateway does not say where it is administered:\n" + log.read_text())


def tried(connection, name, password):
    """How many milliseconds a refusal takes, and what it says."""
    body = json.dumps({"name": name, "password": password, "code": "000000"})
    begin = time.perf_counter()
    connection.request("POST", "/admin/v1/session", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    took = (time.perf_counter() - begin) * 1000
    if answer.status != 401:
        raise SystemExit(f"{name}: {answer.status} {text}")
    told = json.loads(text)
    told.pop("instance", None)
    return took, told


def run(binary, tries):
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        config = folder / "portcullis.toml"
        config.write_text(CONFIG)
        for name in ("anna", "bert"):
            subprocess.run(
                [binary, "administrator", "add", name, "--role", "auditor", "--config", config],
                input=PASSWORD, text=True, check=True, capture_output=True,
            )
        subprocess.run([binary, "administrator", "lock", "bert", "--config", config], check=True, capture_output=True)
        log = folder / "log"
        with open(log, "wb") as out:
            gateway = subprocess.Popen([binary, "serve", "--config", config], stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            connection = http.client.HTTPConnection("127.0.0.1", administered(log), timeout=60)
            cases = {
                "a wrong password": lambda n: ("anna", f"wrong-{n}-giraffes"),
                "a name that nobody has": lambda n: (f"nobody-{n}", PASSWORD),
                "a name that nobody can have": lambda n: (f"No Body {n}", PASSWORD),
                "somebody who is locked out": lambda _: ("bert", PASSWORD),
            }
            took = {case: [] for case in cases}
            told = set()
            for n in range(-20, tries):
                for case, of in cases.items():
                    time_taken, answer = tried(connection, *of(n))
                    told.add(json.dumps(answer, sort_keys=True))
                    if n >= 0:
                        took[case].append(time_taken)
        finally:
            gateway.terminate()
            gateway.wait(20)
    if len(told) != 1:
        raise SystemExit(f"the answers differ: {told}")
    wrong = statistics.median(took["a wrong password"])
    bad = False
    for case, times in took.items():
        median = statistics.median(times)
        quartiles = statistics.quantiles(times, n=4)
        ratio = median / wrong
        bad |= not 0.8 <= ratio <= 1.25
        print(f"{case:30} median {median:7.2f} ms [{quartiles[0]:.2f}–{quartiles[2]:.2f}]  ratio {ratio:.3f}")
    print(f"{tries} tries each; one answer for all; the ratios must lie within 0.8 and 1.25")
    return 1 if bad else 0


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    arguments.add_argument("--binary", required=True)
    arguments.add_argument("--tries", type=int, default=500)
    given = arguments.parse_args()
    sys.exit(run(given.binary, given.tries))
