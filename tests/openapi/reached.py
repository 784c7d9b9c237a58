"""Hooks of a schemathesis run: what a document cannot say, and what was reached.

A document does not know which records there are, nor which cursors and idempotency keys were
used: why each of these is put in is said in schemathesis.toml, and nothing else is.
"""

import itertools
import json
import os
import urllib.parse
import urllib.request

import schemathesis
from schemathesis.generation import GenerationMode

GATEWAY, KEY = os.environ["PORTCULLIS_GATEWAY"], os.environ["PORTCULLIS_KEY"]
#: What makes each idempotency key one of its own.
numbers = itertools.count()
#: Of each list, the parameters of a page that has a next one, with the cursor that leads there.
pages = {}


def asked(path, body=None):
    """What the façade answers; none if it refuses."""
    request = urllib.request.Request(
        f"{GATEWAY}/api/v1{path}",
        headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
        data=None if body is None else json.dumps(body).encode(),
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["data"]
    except urllib.error.HTTPError:
        return None


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Gives the ids in paths examples: a record that is there, and one of its own to whatever
    ends a record or brings it to another state."""
    for path, item in raw_schema["paths"].items():
        for parameter in item.get("parameters", []):
            resource = path.split("/")[1]
            found = asked(f"/{resource}?fields=id&order=id&limit=20") or asked(f"/{resource}?fields=id&limit=20")
            if parameter["name"] != "id" or not found:
                continue
            parameter["example"] = found[-1]["id"]
            name = urllib.parse.unquote(resource)
            new = raw_schema["components"]["schemas"].get(f"{name.replace(' ', '_')}.new")
            for verb in {"delete", "post"} & item.keys() if new else ():
                made = asked(f"/{resource}", new["example"])
                item[verb].setdefault("parameters", []).append(parameter | {"example": made["id"]})


@schemathesis.hook
def map_case(context, case):
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE:
        return case
    if case.query and "cursor" in case.query:
        known = pages.get(case.operation.label)
        case.query = dict(known) if known else {name: one for name, one in case.query.items() if name != "cursor"}
    if case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = f"{next(numbers)}-{case.headers['Idempotency-Key']}"[:255]
    return case


@schemathesis.hook
def after_call(context, case, response):
    line = {"operation": case.operation.label, "status": response.status_code}
    with open(os.environ["PORTCULLIS_REACHED"], "a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(response.request.url).query)
    if response.status_code == 200 and case.method == "GET" and not query:
        following = (response.json().get("page") or {}).get("next")
        if following:
            pages[case.operation.label] = {"cursor": following}
