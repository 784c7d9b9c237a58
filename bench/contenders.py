"""What is measured: the stub ERP alone, nginx in front of it, the gateway in front of it."""

import base64
import json
import os
import pathlib
import socket
import sqlite3
import subprocess
import time
import urllib.request

DATABASE = "bench"
LOGIN = "integration"
PLACEHOLDER = "x" * 60  # as long as a gateway key, so that all send the same number of bytes


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pinned(command, core, pin):
    return ["taskset", "-c", str(core), *map(str, command)] if pin else list(map(str, command))


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def wait_for(port, process, what, tries=200):
    for _ in range(tries):
        if process.poll() is not None:
            raise SystemExit(f"{what} ended with {process.returncode}")
        if answers(port):
            return
        time.sleep(0.05)
    raise SystemExit(f"{what} does not answer")


def wait_until_ready(port, process, what, tries=6000):
    """A gateway with many keys reads them before it lets anybody in."""
    for _ in range(tries):
        if process.poll() is not None:
            raise SystemExit(f"{what} ended with {process.returncode}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            pass
        time.sleep(0.05)
    raise SystemExit(f"{what} is not ready")


class Contender:
    """A server under load. `pids` are the processes whose CPU is counted."""

    key = PLACEHOLDER

    def pids(self):
        return []

    def cpu(self):
        """Nanoseconds that its threads have run so far."""
        spent = 0
        for pid in self.pids():
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                spent += int((task / "schedstat").read_text().split()[0])
        return spent

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Stub(Contender):
    name = "stub alone"

    def __init__(self, binary, pin):
        command = pinned([binary, 0], 0, pin)
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}/jsonrpc"


NGINX = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 100000000;
    upstream erp {{ server 127.0.0.1:{stub}; keepalive 128; keepalive_requests 100000000; }}
    server {{
        listen 127.0.0.1:{port} reuseport;
        location / {{
            proxy_pass http://erp;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
    }}
}}
"""


class Nginx(Contender):
    name = "nginx proxy_pass"

    def __init__(self, folder, stub, pin):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/jsonrpc"
        config = folder / "nginx.conf"
        config.write_text(NGINX.format(folder=folder, stub=stub.port, port=port))
        command = pinned(["nginx", "-p", folder, "-c", config], 1, pin)
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        wait_for(port, self.process, "nginx")

    def pids(self):
        master = self.process.pid
        children = pathlib.Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return [master, *children]


CONFIG = """
listen = "127.0.0.1:{port}"
data = "{folder}/data"
workers = 1
roles = ["{folder}/reader.toml"]

[limits]
per-minute = 1000000000
burst = 1000000
address-failures-per-minute = 1000000

[upstream.odoo]
kind = "odoo"
url = "http://127.0.0.1:{stub}"
database = "{database}"
dialect = "jsonrpc"
concurrency = 512
keep-alive = {keep_alive}

[upstream.odoo.user.{login}]
secret-file = "{folder}/secret"
uid = 2
"""

ROLE = """
[[rule]]
name = "partners"
models = ["res.partner"]
operations = ["read"]
fields = ["name", "city", "is_company"]
domain = '[["is_company", "=", true]]'
"""


def add_keys(store, count):
    """Adds keys that nobody holds: for the gateway they are keys like any other."""

    # Of now: the gateway suspends those that nobody has used for long.
    now = time.time_ns() // 1000

    def rows():
        for _ in range(count):
            name = base64.b32encode(os.urandom(10)).decode().lower()
            yield f"pck_{name}", os.urandom(32), f"nobody-{name}", now

    with sqlite3.connect(store) as database:
        database.executemany(
            "INSERT INTO api_key (id, digest, name, upstream, erp_login, roles, created) "
            f"VALUES (?, ?, ?, 'odoo', '{LOGIN}', 'reader', ?)",
            rows(),
        )


class Gateway(Contender):
    """A gateway; `keys`: how many more there are beside its own, and how many of its own take turns."""

    def __init__(self, name, folder, stub, binary, pin, keep_alive, keys=(0, 1)):
        self.name = name
        folder.mkdir()
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/jsonrpc"
        (folder / "secret").write_text("not-a-real-secret\n")
        (folder / "secret").chmod(0o600)
        (folder / "reader.toml").write_text(ROLE)
        config = folder / "portcullis.toml"
        config.write_text(CONFIG.format(
            port=port, folder=folder, stub=stub.port, database=DATABASE, login=LOGIN,
            keep_alive=str(keep_alive).lower(),
        ))
        # The stub answers every question alike, so whoever is asked about seems to be an administrator.
        create = [binary, "key", "create", "bench", "--config", config, "--upstream", "odoo", "--administrator",
                  "--user", LOGIN, "--role", "reader", "--per-minute", "100000000", "--burst", "1000000", "--json"]
        others, own = keys
        self.keys = [json.loads(subprocess.run(create, check=True, capture_output=True, text=True).stdout)["key"]
                     for _ in range(own)]
        self.key = self.keys[0]
        if others:
            add_keys(folder / "data" / "portcullis.db", others)
        begun = time.monotonic()
        command = pinned([binary, "serve", "--config", config], 1, pin)
        self.log = open(folder / "log", "wb")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        wait_until_ready(port, self.process, name)
        self.start = time.monotonic() - begun

    def pids(self):
        return [self.process.pid]

    def memory(self):
        """Its resident memory, in MiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))
