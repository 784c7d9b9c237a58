"""The recorded requests, as far as mutation needs them: calls for Odoo, requests for Frappe."""

import email
import json
import os
import pathlib
import re
import urllib.parse
import xmlrpc.client

ROOT = pathlib.Path(__file__).resolve().parents[2]
FACTS = pathlib.Path(os.environ.get("PORTCULLIS_FACTS", ROOT.parent / "shared"))


def present():
    return (FACTS / "odoo" / "transcripts").is_dir() and (FACTS / "frappe" / "transcripts").is_dir()


def odoo():
    """Every recorded call of a method of a model: (model, method, args, kwargs)."""
    calls = []
    for path in sorted((FACTS / "odoo" / "transcripts").glob("*.http")):
        raw = path.read_bytes()
        asked = raw.partition(b">>> REQUEST\n")[2].partition(b"\n<<< RESPONSE")[0]
        head, _, body = asked.partition(b"\n\n")
        target = head.split(b"\n")[0].split(b" ")[1:2]
        call = read_odoo((target or [b""])[0].decode("latin-1"), body)
        if call and isinstance(call[0], str) and isinstance(call[1], str):
            calls.append(call)
    return calls


def read_odoo(target, body):
    try:
        if "/json/2/" in target:
            model, method = target.partition("?")[0].split("/json/2/")[1].split("/")[:2]
            named = json.loads(body) if body.strip() else {}
            return (model, method, [], named) if isinstance(named, dict) else None
        if "xmlrpc" in target:
            args = list(xmlrpc.client.loads(body, use_builtin_types=False)[0])
        else:
            params = json.loads(body)["params"]
            if "model" in params:
                return params["model"], params["method"], list(params["args"]), dict(params["kwargs"])
            args = list(params["args"])
        model, method, given = args[3], args[4], args[5:]
        if isinstance(given[0] if given else None, list) and isinstance(given[1] if len(given) > 1 else {}, dict):
            return model, method, list(given[0]), dict(given[1]) if len(given) > 1 else {}
        return model, method, list(given), {}
    except Exception:  # what is not a call has nothing to mutate
        return None


def frappe():
    """Every recorded request under `/api` and of `cmd`: (verb, path segments, parameters)."""
    found = []
    for path in sorted((FACTS / "frappe" / "transcripts").glob("*.http")):
        for block in path.read_text(encoding="utf-8", errors="replace").split("\n######## "):
            asked = block.partition(">>>> request\n")[2].partition("<<<< response")[0]
            head, _, body = asked.partition("\n\n")
            words = head.split("\n")[0].split(" ")
            if len(words) != 3 or not words[1].startswith(("/api/", "/?", "/")):
                continue
            target, _, query = words[1].partition("?")
            segments = [urllib.parse.unquote(part) for part in target.strip("/").split("/")]
            # What has no document or call in it has nothing to mutate: log-ins, tokens, pings.
            if segments[0] not in ("api", "") or re.search("oauth2|login|logout|ping|reset_password", words[1]):
                continue
            parameters = dict(urllib.parse.parse_qsl(query, keep_blank_values=True)) if len(query) < 10_000 else {}
            parameters.update(read_frappe(head, body.strip()))
            found.append((words[0], segments, parameters))
    return found


def read_frappe(head, body):
    kind = re.search(r"(?im)^content-type: *([^\s;]+)", head)
    try:
        if kind and kind[1].endswith("json"):
            value = json.loads(body)
            return value if isinstance(value, dict) else {}
        if kind and kind[1] == "application/x-www-form-urlencoded":
            return dict(urllib.parse.parse_qsl(body, keep_blank_values=True))
        if kind and kind[1] == "multipart/form-data":
            form = email.message_from_string(re.search(r"(?im)^content-type: .*", head)[0] + "\n\n" + body)
            parts = form.get_payload() if form.is_multipart() else []
            return {part.get_param("name", header="content-disposition"): part.get_payload() for part in parts}
    except (ValueError, RecursionError):
        pass  # broken on purpose: nothing to mutate
    return {}
