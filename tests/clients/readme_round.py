"""The commands of the README and of the pages in `docs`, run as they stand: `readme_round.py DEMO.json`.

A block of `sh` behind `<!-- tried -->` must work; one behind `<!-- refused -->` must be refused
with nothing reaching the ERP. Files behind `<!-- checked: NAME -->` must pass `portcullis check`;
blocks of one name are parts of one file.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

from gate import Demo, Round

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
BLOCK = re.compile(r"<!-- (tried|refused) -->\n```sh\n(.*?)```", re.DOTALL)
FILE = re.compile(r"<!-- checked: (\S+) -->\n```(?:toml|json)\n(.*?)```", re.DOTALL)
NO = re.compile(r"AccessError|AccessDenied|PermissionError|Fault|Traceback|exc_type")


def run(demo):
    turn = Round(demo)
    environment = {
        **os.environ,
        "GATEWAY": demo.url,
        "KEY": demo.keys["odoo"],
        "PAIR": demo.keys["erpnext"],
    }
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for verdict, script in BLOCK.findall(text):
        before = len(demo.arrivals())
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], env=environment, capture_output=True, text=True, timeout=30
        )
        said = done.stdout + done.stderr
        arrived = len(demo.arrivals()) - before
        if verdict == "tried":
            fine = done.returncode == 0 and done.stdout.strip() and not NO.search(said) and arrived
        else:
            fine = NO.search(said) and not arrived
        turn.step(f"{script}\nanswered {said!r}, {arrived} reached the ERP", fine)
    turn.step("the pages have commands", turn.steps >= 6)
    with tempfile.TemporaryDirectory() as folder:
        for name, part in FILE.findall(text):
            file = pathlib.Path(folder, name)
            file.parent.mkdir(exist_ok=True)
            with file.open("a", encoding="utf-8") as whole:
                whole.write(part + "\n")
        command = [os.environ["PORTCULLIS_BINARY"], "check", "--config", f"{folder}/portcullis.toml"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        turn.step(f"the configuration: {done.stdout}{done.stderr}", done.returncode == 0)
    return turn.steps


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as line:
        print(f"{run(Demo(line.read()))} steps")
