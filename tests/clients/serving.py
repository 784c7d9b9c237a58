"""A gateway of a round's own before the demo's ERPs, with the settings that the round is about."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading

ROLES = pathlib.Path(__file__).resolve().parents[2] / "crates" / "testkit" / "src" / "roles"
ROUND = """listen = "127.0.0.1:0"
roles = [{roles}]
[limits]
per-minute = 60000
burst = 1000
address-failures-burst = 1000
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
[upstream.gone]
kind = "frappe"
url = "http://127.0.0.1:9"
database = "gone"
user.Administrator.secret-file = "{secrets}/erpnext-administrator"
"""


class Served:
    def __init__(self, folder, demo):
        self.folder, self.binary = folder, os.environ["PORTCULLIS_BINARY"]
        self.config = folder / "portcullis.toml"
        self.demo, self.url = demo, None

    def command(self, *arguments):
        """What a command of the program answers in JSON."""
        command = [self.binary, *arguments, "--config", str(self.config), "--json"]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    def key(self, name, upstream, *more):
        """Makes a key that may do everything, as its operator would."""
        user, role = ("admin", "odoo-wide") if upstream == "odoo" else ("Administrator", "frappe-wide")
        return self.command(
            "key", "create", name, "--administrator", "--upstream", upstream, "--user", user, "--role", role, *more,
        )


@contextlib.contextmanager
def serving(demo, settings, files=None, roles=()):
    """Runs a gateway with these settings, these files beside them, and these of them as further roles."""
    with tempfile.TemporaryDirectory(prefix="portcullis-serving-") as place:
        folder = pathlib.Path(place)
        for role in ROLES.glob("*-wide.toml"):
            shutil.copy(role, folder)
        for name, text in (files or {}).items():
            (folder / name).write_text(text, encoding="utf-8")
        secrets = pathlib.Path(demo.upstream_log).with_name("secrets")
        served = Served(folder, demo)
        roles = ", ".join(f'"{role}"' for role in ("odoo-wide.toml", "frappe-wide.toml", *roles))
        text = ROUND.format(secrets=secrets, roles=roles, **demo.facts) + settings
        served.config.write_text(text, encoding="utf-8")
        command = [served.binary, "serve", "--config", str(served.config)]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            told = next(line for line in process.stderr if "listens on" in line)
            served.url = told.split("listens on ")[1].strip()
            threading.Thread(target=process.stderr.read, daemon=True).start()
            yield served
        finally:
            process.terminate()
            process.wait()
