"""Hooks of a schemathesis run: which operations were answered with 2xx, for run.py to read."""

import json
import os

import schemathesis


@schemathesis.hook
def after_call(context, case, response):
    line = {"operation": case.operation.label, "status": response.status_code}
    with open(os.environ["PORTCULLIS_REACHED"], "a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")
