"""A demo of the program: a gateway before look-alikes, and the way past it."""

import json
import pathlib
import subprocess
import time


class Demo:
    def __init__(self, binary, *options):
        command = [binary, "demo", "--json", "--port", "0", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.facts = json.loads(self.process.stdout.readline())
        self.folder = pathlib.Path(self.facts["upstream_log"]).parent

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def secret(self, name):
        """A credential of the look-alikes, by the name of its file."""
        return (self.folder / "secrets" / name).read_text(encoding="utf-8")

    def let_through(self, role, text, is_open):
        """A role of the demo gets other rules; the gateway notices a changed file."""
        (self.folder / "roles" / f"{role}.toml").write_text(text, encoding="utf-8")
        for _ in range(100):
            if is_open():
                return
            time.sleep(0.05)
        raise AssertionError(f"the gateway did not take the role {role}")
