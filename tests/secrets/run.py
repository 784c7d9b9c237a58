"""Looks for every secret of a busy gateway where it must not be.

`run.py --binary target/debug/portcullis` makes keys, takes over and declares secrets from elsewhere,
and has an ERP user's password, one of whoever stands in for it, and what administrators log in
with. It uses each rightly and wrongly in every style, and then reads what was left behind: the store, the ledger, the log at its most talkative, the answers, and what the commands print.
At the end it reads the memory of the running process, as a core dump would have it, and says what
remains there. It ends in `N passed, N failed`.
"""

import argparse
import base64
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import xmlrpc.client

COUNT = "/json/2/res.partner/search_count"
ROLE = """
[[rule]]
name = "contacts"
models = ["res.partner"]
operations = ["read", "create", "write"]
fields = "*"
"""
ISSUER = "https://id.example"
# As other gateways have them: any strings.
FOREIGN = {
    "imported": "3f9c1e7a-b2d8-4c60-a5f1-0d9e8b7c6a52",
    "declared": "Kx7pQz2Lm9Vt4Wc6Rb8Ns3Hd5Jf1",
    "declared in the environment": "9b1d6f20c47e4a5f8e03d2a17c65b498",
}


class Found(Exception):
    """Something that must not be there."""


def writings(secret):
    """A secret as it may have been written: as it is, in base64, in hex, in a URL."""
    raw = secret.encode()
    yield raw
    yield urllib.parse.quote(secret, safe="").encode()
    yield raw.hex().encode()
    for shift in range(3):
        # What of it does not depend on its neighbours.
        whole = base64.b64encode(b"x" * shift + raw)
        yield whole[4 if shift else 0 : len(whole) - 4]


class Gateway:
    """A gateway before the sandbox Odoo of a demo, with a log of everything."""

    def __init__(self, binary, demo, folder):
        self.binary, self.folder = binary, folder
        secrets = pathlib.Path(demo["upstream_log"]).parent / "secrets"
        self.erp_secret = (secrets / "odoo-integration").read_text().strip()
        self.stand_in_secret = (secrets / "odoo-second").read_text().strip()
        self.odoo, self.database = demo["odoo"], demo["database"]
        self.odoo_admin = (secrets / "odoo-admin").read_text().strip()
        self.printed = []
        self.environment = {**os.environ, "TILL_KEY": FOREIGN["declared in the environment"]}
        (folder / "declared").write_text(FOREIGN["declared"])
        (folder / "declared").chmod(0o600)
        self.issuer_secret = "an issuer's secret that nobody else knows, of many bytes"
        (folder / "issuer").write_text(self.issuer_secret)
        (folder / "reader.toml").write_text(ROLE)
        (folder / "portcullis.toml").write_text(
            f"""listen = "127.0.0.1:0"
roles = ["reader.toml"]
[limits]
per-minute = 60000
burst = 10000
address-failures-per-minute = 60000
address-failures-burst = 10000
[credentials]
in-query = true
[admin]
listen = "127.0.0.1:0"
[upstream.odoo]
kind = "odoo"
url = "{demo['odoo']}"
database = "{demo['database']}"
[[issuer]]
name = "id"
issuer = "{ISSUER}"
algorithm = "HS256"
secret-file = "issuer"
upstream = "odoo"
user = "integration"
roles = ["reader"]
[[key]]
name = "declared"
user = "integration"
roles = ["reader"]
secret-file = "declared"
[[key]]
name = "till"
user = "integration"
roles = ["reader"]
secret-variable = "TILL_KEY"
"""
        )
        sealed = self.said("user", "add", "integration", "--upstream", "odoo", given=self.erp_secret)
        self.printed += [sealed, self.said("user", "add", "second", "--upstream", "odoo", given=self.stand_in_secret)]
        self.keys = {}
        for name in ("good", "suspended", "revoked", "rotated"):
            made = self.said("key", "create", name, "--user", "integration", "--role", "reader", "--json")
            self.keys[name] = json.loads(made)
        made = self.said("key", "create", "covered", "--user", "integration", "--stand-in", "second", "--role", "reader", "--json")
        self.keys["covered"] = json.loads(made)
        self.take_over()
        for what in ("suspend", "revoke"):
            name = {"suspend": "suspended", "revoke": "revoked"}[what]
            self.printed.append(self.said("key", what, self.keys[name]["id"]))
        rotated = json.loads(self.said("key", "rotate", self.keys["rotated"]["id"], "--json"))
        self.keys["next"] = rotated
        made = self.said("administrator", "key", "create", "ops", "--role", "administrator", "--json")
        self.admin_key = json.loads(made)["key"]
        self.password = "four rather odd giraffes in a lift"
        self.printed.append(self.said("administrator", "add", "anna", "--role", "auditor", given=self.password))
        self.code = json.loads(self.said("administrator", "passkey", "anna", "--json"))["code"]
        self.log = open(folder / "log", "w+b")
        self.process = subprocess.Popen(
            [binary, "serve", "--config", str(folder / "portcullis.toml")],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT,
            env={**self.environment, "PORTCULLIS_LOG": "trace", "RUST_BACKTRACE": "full"},
        )
        self.port = self.listening(rb"listens on")
        self.admin_port = self.listening(rb"is administered at")

    def take_over(self):
        """Takes over a secret from elsewhere; what is wrong with it is told by its line."""
        file, secret = self.folder / "keys.csv", FOREIGN["imported"]
        styles = [word for style in ("header", "bearer", "apikey", "basic", "password", "query") for word in ("--style", style)]
        command = ["key", "import", str(file), "--role", "reader", *styles]
        for lines, codes in (
            (f"shop,{secret},nobody\n", (1, 2)),
            (f"shop,{secret},integration\nother,{secret},integration\n", (1, 2)),
            (f"shop,{secret},integration\n", (0,)),
            (f"other,{secret},integration\n", (0,)),
        ):
            file.write_text("name,key,user_id/login\n" + lines)
            for more in (["--dry-run"], ["--json"], []):
                # What is there already is no error the second time.
                self.printed.append(self.said(*command, *more, codes=codes))
        self.printed.append(self.said("check", "--json"))

    def archive(self, login):
        """Archives a user in the Odoo, as its administrator does."""
        common = xmlrpc.client.ServerProxy(f"{self.odoo}/xmlrpc/2/common")
        uid = common.authenticate(self.database, "admin", self.odoo_admin, {})
        models = xmlrpc.client.ServerProxy(f"{self.odoo}/xmlrpc/2/object")
        ask = lambda *call: models.execute_kw(self.database, uid, self.odoo_admin, "res.users", *call)
        assert ask("write", [ask("search", [[["login", "=", login]]]), {"active": False}])

    def said(self, *arguments, given=None, codes=(0, 1)):
        done = subprocess.run(
            [self.binary, *arguments, "--config", str(self.folder / "portcullis.toml")],
            input=given, capture_output=True, text=True, timeout=60, env=self.environment,
        )
        if done.returncode not in codes:
            raise SystemExit(f"{arguments}: {done.returncode}: {done.stdout}{done.stderr}")
        self.printed.append(done.stderr)
        return done.stdout if done.stdout.startswith("{") else done.stdout + done.stderr

    def listening(self, told_by):
        until = time.monotonic() + 60
        while time.monotonic() < until:
            told = re.search(told_by + rb" http://127\.0\.0\.1:(\d+)", (self.folder / "log").read_bytes())
            if told:
                return int(told[1])
            time.sleep(0.1)
        raise SystemExit("the gateway does not say where it listens")

    def ask(self, path, headers=(), body='{"domain":[]}', verb="POST", port=None):
        """One request; the head and the body of its answer."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=20)
        try:
            connection.request(verb, path, body, {"Content-Type": "application/json", **dict(headers)})
            answer = connection.getresponse()
            head = "\n".join(f"{name}: {value}" for name, value in answer.getheaders())
            return answer.status, head, answer.read()
        finally:
            connection.close()

    def memory(self):
        """Every readable byte of the process, piece by piece."""
        with open(f"/proc/{self.process.pid}/maps") as maps, open(f"/proc/{self.process.pid}/mem", "rb") as memory:
            for line in maps:
                place, rights = line.split()[:2]
                if "r" not in rights or line.rstrip().endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
                    continue
                begin, end = (int(part, 16) for part in place.split("-"))
                try:
                    memory.seek(begin)
                    yield memory.read(end - begin)
                except (OSError, ValueError, OverflowError):
                    continue


def styles(key, pair):
    """Every way to show a key."""
    basic = base64.b64encode(pair.encode()).decode()
    yield COUNT, {"X-API-Key": key}
    yield COUNT, {"API-KEY": key}
    yield COUNT, {"X-Openerp-Session-Id": key}
    yield COUNT, {"Authorization": f"Bearer {key}"}
    yield COUNT, {"Authorization": f"ApiKey {key}"}
    yield COUNT, {"Authorization": f"token {pair}"}
    yield COUNT, {"Authorization": f"Basic {basic}"}
    yield f"{COUNT}?api_key={key}", {}
    yield "/api/v1/res.partner?fields=name&limit=1", {"X-API-Key": key}


def of_elsewhere(secret):
    """Every way to show a secret that was made elsewhere."""
    yield COUNT, {"X-API-Key": secret}
    yield COUNT, {"API-KEY": secret}
    yield COUNT, {"Authorization": f"Bearer {secret}"}
    yield COUNT, {"Authorization": f"ApiKey {secret}"}
    yield COUNT, {"Authorization": f"Basic {base64.b64encode(f'{secret}:'.encode()).decode()}"}
    yield f"{COUNT}?api_key={secret}", {}
    # In these it is nobody's.
    yield COUNT, {"Authorization": f"token {secret}"}
    yield COUNT, {"Authorization": secret}
    yield COUNT, {"Cookie": f"session_id={secret}"}


def token(secret):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    import hashlib
    import hmac

    now = int(time.time())
    body = part({"alg": "HS256", "typ": "JWT"}) + b"." + part({"iss": ISSUER, "sub": "shop", "iat": now, "exp": now + 60})
    tag = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return (body + b"." + base64.urlsafe_b64encode(tag).rstrip(b"=")).decode()


def use(gateway):
    """Uses every credential rightly and wrongly; the answers, and how many went well."""
    answers, well = [], 0
    for name, made in gateway.keys.items():
        wrong = made["key"][:-8] + "aaaaaaaa"
        for key, pair in ((made["key"], made["pair"]), (wrong, f"{made['id']}:{wrong.rsplit('_', 1)[1]}")):
            for path, headers in styles(key, pair):
                verb = "GET" if path.startswith("/api/v1") else "POST"
                body = None if verb == "GET" else '{"domain":[]}'
                status, head, text = gateway.ask(path, headers, body, verb)
                answers.append(head.encode() + text)
                well += status == 200
            server = xmlrpc.client.ServerProxy(f"http://127.0.0.1:{gateway.port}/xmlrpc/2/object")
            try:
                server.execute_kw("demo", 7, key, "res.partner", "no_such_method", [[]])
            except xmlrpc.client.Fault as fault:
                answers.append(str(fault).encode())
            logs_in = {"params": {"db": "demo", "login": "integration", "password": key}}
            status, head, text = gateway.ask("/web/session/authenticate", {}, json.dumps(logs_in))
            # The cookie is the caller's own, and is told to it.
            answers.append(re.sub(r"(?im)^set-cookie:.*$", "", head).encode() + text)
    for secret in FOREIGN.values():
        for shown in (secret, secret[:-4] + "0000"):
            took = 0
            for path, headers in of_elsewhere(shown):
                status, head, text = gateway.ask(path, headers)
                answers.append(head.encode() + text)
                took += status == 200
            assert took == (6 if shown == secret else 0), f"{took} ways of {shown} were taken"
            well += took
            logs_in = {"params": {"db": "demo", "login": "integration", "password": shown}}
            status, head, text = gateway.ask("/web/session/authenticate", {}, json.dumps(logs_in))
            answers.append(re.sub(r"(?im)^set-cookie:.*$", "", head).encode() + text)
    bearer = token(gateway.issuer_secret)
    for shown in (bearer, bearer[:-6] + "AAAAAA"):
        status, head, text = gateway.ask(COUNT, {"Authorization": f"Bearer {shown}"})
        answers.append(head.encode() + text)
        well += status == 200
    return answers, well, bearer


def stand_in(gateway):
    """Has the ERP user archived: keys are refused, or go on as whoever stands in."""
    answers = []

    def ask(key):
        status, head, text = gateway.ask(COUNT, {"X-API-Key": key})
        answers.append(head.encode() + text)
        return status

    plain, covered = (gateway.keys[name]["key"] for name in ("good", "covered"))
    assert (ask(plain), ask(covered)) == (200, 200)
    gateway.archive("integration")
    until = time.monotonic() + 60
    while (ask(plain), ask(covered)) != (401, 200):
        assert time.monotonic() < until, "that the user is archived is not found out"
        time.sleep(0.3)
    for secret in FOREIGN.values():
        assert ask(secret) == 401
    return answers


def administer(gateway):
    """Shows what administrators have, rightly and wrongly; the answers, and what was given out."""
    def ask(path, body=None, **headers):
        verb = "GET" if body is None else "POST"
        return gateway.ask(path, headers, body and json.dumps(body), verb, gateway.admin_port)

    answers = []
    for key, status in ((gateway.admin_key, 200), (gateway.admin_key[:-8] + "aaaaaaaa", 401)):
        got = ask("/admin/v1/self", Authorization=f"Bearer {key}")
        assert got[0] == status, got
        answers.append(got[1].encode() + got[2])
    for password, statuses in ((gateway.password, (200, 201)), (gateway.password + "!", (401,))):
        got = ask("/admin/v1/session", {"name": "anna", "password": password, "session": "cookie"})
        assert got[0] in statuses, got
        answers.append(re.sub(r"(?im)^set-cookie:.*$", "", got[1]).encode() + re.sub(rb'"csrf-token":"[^"]*"', b"", got[2]))
    enrolled = ask("/admin/v1/session/enrolment", {"code": gateway.code})
    assert enrolled[0] in (200, 201), enrolled
    # A session's token is told to whoever opens it, and to nobody else.
    return answers, json.loads(enrolled[2])["token"]


def looked(name, data, secrets):
    """Fails if a secret stands in what is looked at."""
    for what, secret in secrets.items():
        for writing in writings(secret):
            at = data.find(writing)
            if at >= 0:
                raise Found(f"{name}: {what} at byte {at}")


def run(binary):
    passed = failed = 0
    with tempfile.TemporaryDirectory() as place:
        demo = subprocess.Popen(
            [binary, "demo", "--json", "--port", "0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        gateway = None
        try:
            facts = json.loads(demo.stdout.readline())
            folder = pathlib.Path(place)
            gateway = Gateway(binary, facts, folder)
            answers, well, bearer = use(gateway)
            told, session = administer(gateway)
            answers += told + stand_in(gateway)
            # A secret is what stands behind the id, which lists and records may tell.
            secrets = {f"the key {name}": made["key"].rsplit("_", 1)[1] for name, made in gateway.keys.items()}
            secrets |= {
                "the ERP user's credential": gateway.erp_secret,
                "the credential of whoever stands in": gateway.stand_in_secret,
                **{f"the secret that was {how}": secret for how, secret in FOREIGN.items()},
                "the issuer's secret": gateway.issuer_secret,
                "a bearer's token": bearer,
                "an administrator's key": gateway.admin_key.rsplit("_", 1)[1],
                "an administrator's password": gateway.password,
                "an administrator's code for enrolment": gateway.code,
                "an administrator's session": session.rsplit("_", 1)[1],
            }
            time.sleep(1)
            for arguments in (["key", "list", "--all"], ["key", "list", "--all", "--json"], ["user", "list", "--json"],
                              ["administrator", "list", "--json"], ["administrator", "key", "list", "--json"],
                              ["audit", "tail", "--json"], ["audit", "verify"], ["check", "--json"],
                              *(["key", "show", made["id"]] for made in gateway.keys.values())):
                gateway.printed.append(gateway.said(*arguments))
            places = {f"answer {n}": answer for n, answer in enumerate(answers)}
            places |= {f"output {n}": text.encode() for n, text in enumerate(gateway.printed)}
            kept = [file for file in (folder / "data").rglob("*") if file.is_file() and file.name != "master.key"]
            places |= {str(file.relative_to(folder)): file.read_bytes() for file in kept}
            places["the log"] = (folder / "log").read_bytes()
            places["the configuration"] = (folder / "portcullis.toml").read_bytes()
            places["what reached the ERP"] = pathlib.Path(facts["upstream_log"]).read_bytes()
            for planted in (*writings(gateway.issuer_secret), *writings(FOREIGN["imported"])):
                try:
                    looked("planted", b"before " + planted + b" after", secrets)
                except Found:
                    passed += 1
                else:
                    print("FAILED  a secret that was planted is not found")
                    failed += 1
            for name, data in places.items():
                try:
                    looked(name, data, secrets)
                    passed += 1
                except Found as found:
                    print(f"FAILED  {found}")
                    failed += 1
            print(f"{len(places)} places were looked at, {sum(map(len, places.values()))} bytes; {well} requests went well")
            if well < 20 or len(kept) < 3 or len(places["the log"]) < 1000:
                print("FAILED  too little went on to have left anything behind")
                failed += 1
            left = remains(gateway, secrets)
            print("in memory, as in a core dump:")
            for what, times in left.items():
                print(f"    {what}: {times} times")
            gateway.process.send_signal(signal.SIGTERM)
            gateway.process.wait(20)
        finally:
            for child in (gateway and gateway.process, demo):
                if child and child.poll() is None:
                    child.kill()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def remains(gateway, secrets):
    """How often each secret stands in the memory of the running process."""
    left = dict.fromkeys(secrets, 0)
    for piece in gateway.memory():
        for what, secret in secrets.items():
            left[what] += piece.count(secret.encode())
    return left


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    arguments.add_argument("--binary", required=True)
    sys.exit(run(arguments.parse_args().binary))
