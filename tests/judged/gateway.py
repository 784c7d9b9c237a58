"""A gateway of its own before the demo's look-alikes, with a relay before each of them."""

import base64
import http.client
import json
import pathlib
import shutil
import socket
import subprocess
import time

import read
from relay import Relay

ROLES = pathlib.Path(__file__).resolve().parents[2] / "crates" / "testkit" / "src" / "roles"

CONFIG = """listen = "127.0.0.1:{port}"
data = "data"
roles = ["odoo-wide.toml", "odoo-narrow.toml", "frappe-wide.toml", "frappe-narrow.toml"]

[limits]
per-minute = 60000000
burst = 1000000
address-failures-per-minute = 60000000
address-failures-burst = 1000000
"""
ODOO = """
[upstream.{name}]
kind = "odoo"
url = "http://{relay}"
database = "{database}"
dialect = "{name}"
user.admin.secret-file = "{secrets}/odoo-admin"
"""
FRAPPE = """
[upstream.frappe]
kind = "frappe"
url = "http://{relay}"
database = "{database}"
user.Administrator.secret-file = "{secrets}/erpnext-administrator"
"""
JSON = {"Content-Type": "application/json"}


class Gateway:
    def __init__(self, binary, folder):
        self.binary, self.folder = binary, pathlib.Path(folder)
        self.demo = subprocess.Popen([binary, "demo", "--json", "--port", "0"], stdout=subprocess.PIPE, text=True)
        facts = json.loads(self.demo.stdout.readline())
        self.database, secrets = facts["database"], pathlib.Path(facts["upstream_log"]).parent / "secrets"
        self.relays = {name: Relay(facts["erpnext" if name == "frappe" else "odoo"]) for name in ("json2", "jsonrpc", "xmlrpc", "frappe")}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.place = free.getsockname()
        text = CONFIG.format(port=self.place[1])
        for name, relay in self.relays.items():
            part = FRAPPE if name == "frappe" else ODOO
            text += part.format(name=name, relay=relay.authority, database=self.database, secrets=secrets)
        self.config = self.folder / "portcullis.toml"
        self.config.write_text(text, encoding="utf-8")
        for role in ROLES.glob("*.toml"):
            shutil.copy(role, self.folder)
        self.keys = {(name, role): self.key(name, role) for name in self.relays for role in ("wide", "narrow")}
        secret = {name: (secrets / ("erpnext-administrator" if name == "frappe" else "odoo-admin")).read_text(encoding="utf-8") for name in self.relays}
        self.serving = subprocess.Popen([binary, "serve", "--config", str(self.config)], stdout=subprocess.DEVNULL)
        self.uid = self.known()
        #: With what the gateway must sign what it sends.
        self.logins = {name: read.Login(self.database, self.uid, secret[name]) for name in self.relays}
        self.cookies = {(name, role): self.log_in(name, role) for name, role in self.keys if name != "frappe"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in (self.serving, self.demo):
            process.terminate()
            process.wait()
        for relay in self.relays.values():
            relay.close()

    def key(self, upstream, role):
        family, user = ("frappe", "Administrator") if upstream == "frappe" else ("odoo", "admin")
        words = ["key", "create", f"{upstream}-{role}", "--config", str(self.config), "--upstream", upstream, "--user", user,
                 "--role", f"{family}-{role}", "--administrator", "--json"]
        done = subprocess.run([self.binary, *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(words)}: {done.stderr}")
        return json.loads(done.stdout)["key"]

    def known(self):
        """Waits until every ERP is known, and tells the uid of the ERP's user."""
        deadline = time.monotonic() + 20
        waiting = [name for name in self.relays if name != "frappe"]
        uid = None
        while waiting and time.monotonic() < deadline:
            args = [self.database, "admin", self.keys[waiting[0], "wide"]]
            body = json.dumps({"params": {"service": "common", "method": "login", "args": args}}).encode()
            try:
                told = json.loads(self.send("POST", "/jsonrpc", JSON, body)[2])
            except OSError:
                told = {}
            if isinstance(told.get("result"), int) and told["result"] is not False:
                uid = told["result"]
                waiting.pop(0)
            else:
                time.sleep(0.1)
        if waiting:
            raise SystemExit(f"the gateway does not know {waiting}")
        return uid

    def log_in(self, upstream, role):
        body = {"params": {"db": self.database, "login": "admin", "password": self.keys[upstream, role]}}
        _, headers, answer = self.send("POST", "/web/session/authenticate", JSON, json.dumps(body).encode())
        if json.loads(answer).get("result", {}).get("uid") != self.uid:
            raise SystemExit(f"no session: {answer}")
        return headers["Set-Cookie"].split(";", 1)[0]

    def slot(self, upstream, role):
        """What stands in the bodies of RPC."""
        return self.database, self.uid, self.keys[upstream, role]

    def asks(self, upstream, request):
        """Sends a request as its face does; answers status, headers and body."""
        role, face, verb, path, query, kind, body = request
        headers = {"Content-Type": kind} if kind else {}
        key = self.keys[upstream, role]
        if upstream == "frappe":
            whole, _, secret = key.rpartition("_")
            headers["Authorization"] = f"token {whole}:{secret}"
        elif face == "json2":
            headers["Authorization"] = f"Bearer {key}"
        elif face == "call_kw":
            headers["Cookie"] = self.cookies[upstream, role]
        return self.send(verb, f"{path}?{query}" if query else path, headers, body)

    def send(self, verb, target, headers, body):
        lines = [f"{verb} {target} HTTP/1.1", "Host: %s:%d" % self.place, *(f"{name}: {value}" for name, value in headers.items())]
        if body or verb in ("POST", "PUT", "PATCH"):
            lines.append(f"Content-Length: {len(body)}")
        head = ("\r\n".join([*lines, "Connection: close"]) + "\r\n\r\n").encode("utf-8", "surrogatepass")
        with socket.create_connection(self.place, timeout=30) as gateway:
            gateway.sendall(head + body)
            answer = http.client.HTTPResponse(gateway, method=verb)
            answer.begin()
            return answer.status, answer.headers, answer.read()

    def judged(self, judge, upstream, batch):
        """What the judge makes of the same requests."""
        lines = []
        for n, (role, _, verb, path, query, kind, body) in enumerate(batch):
            line = {"n": n, "role": role, "verb": verb, "path": path, "query": query, "type": kind, "body": base64.b64encode(body).decode()}
            lines.append(json.dumps(line).encode())
        erp = "frappe" if upstream == "frappe" else "odoo"
        done = subprocess.run([judge, erp], input=b"\n".join(lines) + b"\n", capture_output=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def records(self):
        """The ledger, after everything in it was closed."""
        time.sleep(1)
        words = [self.binary, "audit", "tail", "--config", str(self.config), "--last", "10000000", "--json"]
        done = subprocess.run(words, capture_output=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]
