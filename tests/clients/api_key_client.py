"""The client of OCA's `auth_api_key`: a key in the header `API-KEY`, before a controller with `auth='api_key'`.

What its page says of such keys is tried: that header and nothing else, keys that others have for
their users, use while the user is inactive, and Basic beside the key.
"""

import contextlib
import copy
import http.client
import http.server
import pathlib
import threading
import time
import urllib.parse
import xmlrpc.client

import requests

# The keys that the module has: of the service user, which its client shows, and of the controller.
API_KEY = "8d1f0c7e-52ab-4c39-9b64-e0a7d3f81c25"
CONTROLLERS_KEY = "c5b2a9f4-7e1d-40d8-8a36-1f9e6b0d2c73"
EXPORT = f"name,key,user_id/login\nMy service,{API_KEY},second\n"
ROLE = """
[[rule]]
name = "my-service"
routes = ["my-service"]

[[rule]]
name = "contacts"
models = ["res.partner"]
operations = ["read", "create"]
fields = "*"
"""
SETTINGS = """
[upstream.odoo.user.second]
secret-file = "{secrets}/odoo-second"
[upstream.odoo.people]
roles = ["my-service"]
basic = "beside-key"
[[route]]
name = "my-service"
path = "/my_service"
upstream = "odoo"
verbs = ["GET", "POST"]
any-body = true
[route.credential.header]
name = "API-KEY"
secret-file = "controllers-key"
"""


class MyController(http.server.BaseHTTPRequestHandler):
    """An Odoo with `@route('/my_service', auth='api_key', …)`, which knows one key; the rest is the demo's."""

    odoo, shown = None, []

    def my_service(self):
        key = self.headers.get("API-KEY")
        self.shown.append((key, str(self.headers)))
        kind = {"Content-Type": "application/json"}
        return (200, kind, b'{"my": "service"}') if key == CONTROLLERS_KEY else (403, kind, b'{"error": "forbidden"}')

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/my_service":
            status, headers, said = self.my_service()
        else:
            connection = http.client.HTTPConnection(self.odoo, timeout=20)
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            status, headers, said = answer.status, dict(answer.getheaders()), answer.read()
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("connection", "content-length", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def with_controller(demo):
    """The demo with an Odoo that has the controller."""
    MyController.odoo = urllib.parse.urlsplit(demo.facts["odoo"]).netloc
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), MyController)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        behind = copy.copy(demo)
        behind.facts = {**demo.facts, "odoo": f"http://127.0.0.1:{server.server_port}"}
        yield behind
    finally:
        server.shutdown()


def secret(demo, name):
    return pathlib.Path(demo.upstream_log).with_name("secrets").joinpath(name).read_text().strip()


class Archived:
    """The service user is inactive in the Odoo while this lasts."""

    def __init__(self, demo, login):
        url, self.database, self.key = demo.facts["odoo"], demo.database, secret(demo, "odoo-admin")
        self.uid = xmlrpc.client.ServerProxy(f"{url}/xmlrpc/2/common").authenticate(self.database, "admin", self.key, {})
        self.models = xmlrpc.client.ServerProxy(f"{url}/xmlrpc/2/object")
        self.ids = self.ask("search", [[["login", "=", login]]])

    def ask(self, method, arguments):
        return self.models.execute_kw(self.database, self.uid, self.key, "res.users", method, arguments)

    def __enter__(self):
        self.ask("write", [self.ids, {"active": False}])

    def __exit__(self, *_):
        self.ask("write", [self.ids, {"active": True}])


def until(holds, what):
    """Waits for what the gateway finds out by itself."""
    end = time.monotonic() + 60
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within a minute")
        time.sleep(0.2)


def api_key(turn, served):
    """The header on the controller's path and on the ERP's own, and what the page says of such keys."""
    export = served.folder / "auth_api_key.csv"
    export.write_text(EXPORT, encoding="utf-8")
    taken = served.command("key", "import", str(export), "--upstream", "odoo", "--role", "my-service")
    served_at, shown = f"{served.url}/my_service", MyController.shown

    def my_service(key, **more):
        return requests.get(served_at, headers={"API-KEY": key}, timeout=20, **more).status_code

    def create(key, name, **more):
        answer = requests.post(
            f"{served.url}/json/2/res.partner/create", json={"vals_list": [{"name": name}]},
            headers={"API-KEY": key}, timeout=20, **more,
        )
        return answer.json() if answer.status_code == 200 else answer.status_code

    def creator(made):
        told = requests.post(
            f"{served.url}/json/2/res.partner/read", json={"ids": made, "fields": ["create_uid"]},
            headers={"API-KEY": API_KEY}, timeout=20,
        ).json()
        return told[0]["create_uid"][0]

    until(lambda: my_service(API_KEY) == 200, "a key that was taken over")
    turn.step("the controller is shown its own key", shown[-1][0] == CONTROLLERS_KEY)
    turn.step("and not the client's", not any(API_KEY in head for _, head in shown))
    before = len(shown)
    for wrong in ("YOUR_API_KEY", API_KEY[:-1] + "0", CONTROLLERS_KEY):
        turn.step("another key opens nothing", my_service(wrong) == 401)
    plain = requests.get(served_at, headers={"Authorization": f"Bearer {API_KEY}"}, timeout=20)
    turn.step("nor does this one in another way", plain.status_code == 401)
    turn.step("the controller heard nothing of them", len(shown) == before)

    own = creator(create(API_KEY, "by the service user"))
    turn.step("the service user creates", isinstance(own, int))
    password = secret(turn.demo, "odoo-integration-password")
    person = creator(create(API_KEY, "by a person", auth=("integration", password)))
    turn.step("with Basic beside the key the person does", person != own)
    with turn.nothing_arrives("Basic beside a wrong key"):
        turn.step("opens nothing", create("YOUR_API_KEY", "by nobody", auth=("integration", password)) == 401)

    with Archived(turn.demo, "second"):
        until(lambda: create(API_KEY, "by whoever is inactive") == 401, "that the user is inactive")
        named = ["--user", "admin", "--administrator"]
        served.command("key", "stand-in", taken["keys"][0]["id"], *named)
        until(lambda: isinstance(create(API_KEY, "by whoever stands in"), list), "whoever stands in")
        turn.step("the controller is open still", my_service(API_KEY) == 200)
    until(lambda: creator(create(API_KEY, "by the service user")) == own, "that the user is back")
    turn.step("the user is itself again", True)


def settings(demo):
    """The gateway's settings, its files, and which of them are roles."""
    secrets = pathlib.Path(demo.upstream_log).with_name("secrets")
    return SETTINGS.format(secrets=secrets), {"my-service.toml": ROLE, "controllers-key": CONTROLLERS_KEY}, ["my-service.toml"]
