"""The demo's screen: every command on it works when it is pasted: `screen_round.py DEMO.json`.

It starts a demo of its own, for the screen is shown without `--json`; the argument is not used.
"""

import os
import pathlib
import re
import select
import subprocess
import sys

BINARY = pathlib.Path(os.environ["PORTCULLIS_BINARY"])
NO = re.compile(r"Fault|Traceback|exc_type")


def screen(process):
    """What is shown, until nothing more comes."""
    shown = b""
    while select.select([process.stdout], [], [], 60 if not shown else 1)[0]:
        came = os.read(process.stdout.fileno(), 65536)
        if not came:
            break
        shown += came
    return shown.decode()


def commands(shown):
    """Title and command of each thing to paste; continued lines are one command."""
    pasted = shown.split("\n  # ")[1:]
    for block in pasted:
        title, _, command = block.partition("\n")
        yield title, command.strip()


def run(process):
    shown = screen(process)
    environment = {**os.environ, "PATH": f"{BINARY.parent}:{os.environ['PATH']}"}
    steps = 0
    for title, command in commands(shown):
        command = command.replace("tail -f", "tail -n 3")
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", command], env=environment, capture_output=True, text=True, timeout=30
        )
        said = done.stdout + done.stderr
        refused = "refused" in title
        fine = ("AccessError" in said) if refused else not NO.search(said) and "AccessError" not in said
        if done.returncode != 0 or not done.stdout.strip() or not fine:
            raise AssertionError(f"{title}\n{command}\nended with {done.returncode} and said {said}")
        steps += 1
    if steps < 5:
        raise AssertionError(f"there is little to paste on the screen:\n{shown}")
    return steps


def main():
    command = [str(BINARY), "demo", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        print(f"{run(process)} commands")
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
