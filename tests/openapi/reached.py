"""Hooks of a schemathesis run: ids that exist, and which operations were answered with 2xx.

An OpenAPI document cannot say which records there are, that a cursor is one that the gateway
gave, or that `expand` stands beside `fields`. So before the run each kind of record is looked up
through the façade, and values that fit the document but could not succeed are made ones that
can. Cases that are meant to be refused are left as they are.
"""

import json
import os
import re
import urllib.parse
import urllib.request

import schemathesis
from schemathesis.generation import GenerationMode

GATEWAY, KEY = os.environ["PORTCULLIS_GATEWAY"], os.environ["PORTCULLIS_KEY"]
DETAIL = re.compile(r"urn:portcullis:problem:(bad-value|bad-arguments|malformed)")
known = {}


def ids_of(model):
    """Some ids of records of a model, as far as the key may see them."""
    if model not in known:
        request = urllib.request.Request(
            f"{GATEWAY}/api/v1/{urllib.parse.quote(model)}?fields=id&limit=20",
            headers={"Authorization": f"Bearer {KEY}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                known[model] = [row["id"] for row in json.load(answer)["data"]]
        except urllib.error.HTTPError:
            known[model] = []
    return known[model]


def fitted(values, schema):
    """The same values, whose links lead to records that are there."""
    for name, value in list(values.items()):
        model = schema.get("properties", {}).get(name, {}).get("x-links-to")
        if model is None or value is None:
            continue
        found = ids_of(model)
        if isinstance(value, list) and not any(isinstance(item, dict) for item in value):
            values[name] = found[: min(len(value), 1)]
        elif not isinstance(value, (dict, list)):
            if found:
                values[name] = found[hash(str(value)) % len(found)]
            else:
                del values[name]
    return values


def fresh(resource, raw_schema):
    """The id of a record that is made for one operation only: others may still be in use."""
    body = raw_schema["components"]["schemas"].get(f"{resource}.new", {}).get("example")
    request = urllib.request.Request(
        f"{GATEWAY}/api/v1/{urllib.parse.quote(resource)}",
        headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
        data=json.dumps(body).encode(),
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["data"]["id"]
    except urllib.error.HTTPError:
        return None


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Puts ids that are there into the document's examples.

    `cursor` is not tried: a good one is known only from an answer, and excludes `offset`.
    """
    raw_schema["components"]["parameters"].pop("Cursor", None)
    for item in raw_schema["paths"].values():
        listing = item.get("get", {})
        listing["parameters"] = [
            parameter for parameter in listing.get("parameters", []) if not parameter.get("$ref", "").endswith("/Cursor")
        ]
        if "get" in item:
            item["get"] = listing
    for schema in raw_schema["components"]["schemas"].values():
        if "example" in schema:
            schema["example"] = fitted(schema["example"], schema)
    for path, item in raw_schema["paths"].items():
        for parameter in item.get("parameters", []):
            found = ids_of(urllib.parse.unquote(path.split("/")[1]))
            if parameter["name"] != "id" or not found:
                continue
            parameter["example"] = found[-1]
            for verb in ("delete", "post"):
                made = fresh(urllib.parse.unquote(path.split("/")[1]), raw_schema) if verb in item else None
                if made is not None:
                    item[verb].setdefault("parameters", []).append(parameter | {"example": made})


@schemathesis.hook
def map_case(context, case):
    meta = case.meta
    if meta is None or meta.generation.mode != GenerationMode.POSITIVE:
        return case
    if case.query:
        if "filter" in case.query:
            case.query["filter"] = "[]"
        if "expand" in case.query:
            del case.query["expand"]
    return case


@schemathesis.hook
def after_call(context, case, response):
    line = {"operation": case.operation.label, "status": response.status_code}
    with open(os.environ["PORTCULLIS_REACHED"], "a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")


@schemathesis.check
def a_value_that_fits_the_document_fits_its_field(ctx, response, case):
    """422 stands for what the ERP refuses as well as for what does not fit. That the ERP may
    refuse is its business; that the gateway refuses what its document allows is a mistake."""
    positive = case.meta is not None and case.meta.generation.mode == GenerationMode.POSITIVE
    if positive and response.status_code == 422:
        problem = response.json()
        if DETAIL.match(problem["type"]) and problem["detail"].startswith("the field"):
            raise AssertionError(problem["detail"])
