"""The clients that guides for Odoo and ERPNext print, typed in as their readers would: `printed_round.py DEMO.json`.

Only URL, keys and the names of models are other ones than the guides have. What signs is in signing_round.py.
"""

import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import xmlrpc.client

import jwt
import requests

from api_key_client import api_key, settings, with_controller
from gate import Demo, Round
from serving import serving

JWT_SECRET = "a secret of the connector, 32 bytes and more"
SETTINGS = """
[credentials]
headers = ["X-Manager-Token"]
in-query = true
[[issuer]]
name = "connector"
issuer = "connector-1"
algorithm = "HS256"
secret-file = "jwt-secret"
upstream = "odoo"
user = "admin"
roles = ["odoo-wide"]
"""


class Refused(Exception):
    """The status of a refusal."""


def answered(response):
    if response.status_code >= 400:
        raise Refused(response.status_code)
    return response.json()


def until_known(ask):
    """Waits for a key that was made a moment ago."""
    for _ in range(100):
        try:
            return ask()
        except (Refused, xmlrpc.client.Fault):
            time.sleep(0.1)
    return ask()


def curl(*arguments):
    """What curl prints, and the status."""
    command = ["curl", "--silent", "--show-error", "--max-time", "20", "--write-out", "\n%{http_code}", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    body, _, status = done.stdout.rpartition("\n")
    if int(status) >= 400:
        raise Refused(int(status))
    return json.loads(body)


class Adapter:
    """A connector's adapter: how it shows its credential is what differs."""

    def __init__(self, url, headers=None, auth=None, params=None):
        self.url, self.headers, self.auth, self.params = url, headers or {}, auth, params or {}

    def get_api_headers(self):
        return {"Accept": "application/json", **self.headers}

    def make_request(self, method, endpoint, data=None):
        return answered(requests.request(
            method, self.url + endpoint, headers=self.get_api_headers(), auth=self.auth, params=self.params, json=data, timeout=20,
        ))


class JwtAdapter(Adapter):
    """An adapter that signs a token for each request."""

    def __init__(self, url, issuer, secret, lasts=3600):
        super().__init__(url)
        self.issuer, self.secret, self.lasts = issuer, secret, lasts

    def get_api_headers(self):
        now = datetime.datetime.now(datetime.UTC)
        claims = {"iss": self.issuer, "iat": now, "exp": now + datetime.timedelta(seconds=self.lasts)}
        return {**super().get_api_headers(), "Authorization": f"Bearer {jwt.encode(claims, self.secret, algorithm='HS256')}"}


class ErpNextClient:
    """A client with its key in the environment, which writes down what it asked."""

    def __init__(self, log):
        self.base_url = os.environ["ERPNEXT_URL"]
        self.api_key, self.api_secret = os.environ["ERPNEXT_API_KEY"], os.environ["ERPNEXT_API_SECRET"]
        self.session, self.log = requests.Session(), log
        self.session.headers.update({"User-Agent": "ERPNext-API-Client/1.0", "X-Requested-With": "XMLHttpRequest"})

    def _make_request(self, method, endpoint, **more):
        headers = {"Authorization": f"token {self.api_key}:{self.api_secret}"}
        response = self.session.request(method, f"{self.base_url}{endpoint}", headers=headers, timeout=20, **more)
        with open(self.log, "a", encoding="utf-8") as log:
            log.write(f"{method} {endpoint} - {response.status_code}\n")
        return answered(response)


def first_calls(turn, served):
    """The guide on REST and XML-RPC: a key in `X-Openerp-Session-Id`, and the script over XML-RPC."""
    key = served.key("guide", "odoo")["key"]

    def create(shown):
        return curl(
            "-X", "POST", f"{served.url}/api/v1/product.template", "-H", "Content-Type: application/json",
            "-H", shown, "-d", '{ "name": "New Product", "list_price": 100.0 }',
        )

    turn.step("curl creates with X-Openerp-Session-Id", until_known(lambda: create(f"X-Openerp-Session-Id: {key}")))
    turn.step("curl creates with Bearer", create(f"Authorization: Bearer {key}"))
    with turn.nothing_arrives("a placeholder instead of a key"):
        try:
            create("X-Openerp-Session-Id: YOUR_SECURE_API_KEY")
        except Refused as status:
            turn.step("is refused", status.args == (401,))
    url, db, username, password = served.url, turn.demo.database, "admin", key
    common = xmlrpc.client.ServerProxy(f"{url}/xmlrpc/2/common")
    uid = common.authenticate(db, username, password, {})
    turn.step("the script authenticates", isinstance(uid, int) and uid > 0)
    models = xmlrpc.client.ServerProxy(f"{url}/xmlrpc/2/object")
    partner_data = models.execute_kw(
        db, uid, password, "res.partner", "search_read", [[["is_company", "=", True]]], {"fields": ["name"], "limit": 1},
    )
    turn.step("and reads a company's name", partner_data[0]["name"])
    with turn.nothing_arrives("a wrong password"):
        turn.step("authenticates nobody", common.authenticate(db, username, password[:-1] + "!", {}) is False)


def adapters(turn, served):
    """The connectors' patterns: key, token, Basic, JWT, a header of a shop's own."""
    made = served.key("connector", "odoo")
    key, pair = made["key"], tuple(made["pair"].split(":"))
    until_known(lambda: Adapter(served.url, {"X-API-Key": key}).make_request("GET", "/api/v1/res.partner?limit=1"))
    good = {
        "X-API-Key": Adapter(served.url, {"X-API-Key": key}),
        "ApiKey": Adapter(served.url, {"Authorization": f"ApiKey {key}"}),
        "the query": Adapter(served.url, params={"api_key": key}),
        "Bearer": Adapter(served.url, {"Authorization": f"Bearer {key}"}),
        "Basic": Adapter(served.url, auth=pair),
        "JWT": JwtAdapter(served.url, "connector-1", JWT_SECRET),
        "a shop's own header": Adapter(served.url, {"X-Manager-Token": key, "X-Store-Id": "7"}),
    }
    wrong = {
        "X-API-Key": Adapter(served.url, {"X-API-Key": key[:-1] + "!"}),
        "ApiKey": Adapter(served.url, {"Authorization": "ApiKey YOUR_KEY"}),
        "the query": Adapter(served.url, params={"api_key": "YOUR_KEY"}),
        "Bearer": Adapter(served.url, {"Authorization": "Bearer YOUR_TOKEN"}),
        "Basic": Adapter(served.url, auth=("admin", "admin")),
        "JWT": JwtAdapter(served.url, "connector-1", JWT_SECRET + "?"),
        "a shop's own header": Adapter(served.url, {"X-Manager-Token": "STORE", "X-Store-Id": "7"}),
    }
    for way, adapter in good.items():
        body = {"vals_list": [{"name": f"by {way}"}]}
        turn.refused(
            way,
            lambda adapter=adapter, body=body: adapter.make_request("POST", "/json/2/res.partner/create", body),
            lambda way=way, body=body: wrong[way].make_request("POST", "/json/2/res.partner/create", body),
            Refused, lambda error: error.args == (401,),
        )
        turn.step(f"{way} reads the façade", adapter.make_request("GET", "/api/v1/res.partner")["data"])


def erpnext(turn, served):
    """The guide on ERPNext's API: log-in with cookies, token, Basic, and its client."""
    made = served.key("erpnext", "erpnext")
    key, secret = made["pair"].split(":")
    listing = f"{served.url}/api/resource/Customer"
    until_known(lambda: curl("-H", f"Authorization: token {key}:{secret}", listing))
    with tempfile.TemporaryDirectory() as folder:
        cookies = str(pathlib.Path(folder) / "cookies.txt")

        def log_in(password):
            sent = json.dumps({"usr": "Administrator", "pwd": password})
            return curl("-c", cookies, "-X", "POST", "-H", "Content-Type: application/json", "-d", sent, f"{served.url}/api/method/login")

        with turn.nothing_arrives("the password of Administrator"):
            try:
                log_in("LocalDev123!")
            except Refused as status:
                turn.step("logs nobody in", status.args == (401,))
        turn.step("curl logs in", log_in(made["key"])["message"] == "Logged In")
        turn.step("and reads by its cookie", curl("-b", cookies, listing)["data"])
        log = pathlib.Path(folder) / "api_audit.log"
        os.environ.update(ERPNEXT_URL=served.url, ERPNEXT_API_KEY=key, ERPNEXT_API_SECRET=secret)
        client = ErpNextClient(log)
        turn.step("the client reads", client._make_request("GET", "/api/resource/Customer")["data"])
        created = client._make_request("POST", "/api/resource/Customer", json={"customer_name": "Test Customer", "customer_type": "Company"})
        name = created["data"]["name"]
        changed = client._make_request("PUT", f"/api/resource/Customer/{name}", json={"customer_type": "Individual"})
        turn.step("creates and changes", changed["data"]["customer_type"] == "Individual")
        turn.step("deletes", client._make_request("DELETE", f"/api/resource/Customer/{name}"))
        turn.step("and wrote it down", len(log.read_text(encoding="utf-8").splitlines()) == 4)
    turn.step("curl reads by Basic with key and secret", curl("-u", f"{key}:{secret}", listing)["data"])
    turn.refused(
        "Basic with Administrator's password",
        lambda: curl("-u", f"{key}:{secret}", listing), lambda: curl("-u", "Administrator:LocalDev123!", listing),
        Refused, lambda error: error.args == (401,),
    )


def node(turn, served):
    """The same guide's Node client, and what it builds upon it: pacing, repeating, remembering."""
    made, gone = served.key("node", "erpnext"), served.key("gone", "gone")
    until_known(lambda: curl("-H", f"Authorization: token {made['pair']}", f"{served.url}/api/resource/Customer"))
    key, secret = made["pair"].split(":")
    told = {"ERPNEXT_URL": served.url, "ERPNEXT_API_KEY": key, "ERPNEXT_API_SECRET": secret,
            "GONE_PAIR": gone["pair"], "UPSTREAM_LOG": turn.demo.upstream_log}
    here = pathlib.Path(__file__).with_name("printed_clients.mjs")
    done = subprocess.run(["node", here], env={**os.environ, **told}, capture_output=True, text=True, check=False)
    turn.step(f"the Node clients: {done.stderr}", done.returncode == 0)
    turn.steps += int(done.stdout)


def main():
    demo = Demo(pathlib.Path(sys.argv[1]).read_text())
    turn = Round(demo)
    with serving(demo, SETTINGS, {"jwt-secret": JWT_SECRET}) as served:
        for part in (first_calls, adapters, erpnext, node):
            part(turn, served)
    with with_controller(demo) as behind, serving(behind, *settings(behind)) as served:
        api_key(turn, served)
    print(f"{turn.steps} steps")


if __name__ == "__main__":
    main()
