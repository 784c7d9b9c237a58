"""Reads what goes upstream as the ERP would, and compares it with what the policy judged.

Nothing here is shared with the gateway: Python's own `xmlrpc.client` and `json` read the bytes,
then the arguments are bound as Odoo and Frappe bind them. `difference` answers in words, or None.
"""

import base64
import email
import json
import re
import typing
import urllib.parse
import xmlrpc.client


class Login(typing.NamedTuple):
    """With what everything that goes upstream must be signed."""

    database: str
    uid: int
    secret: str


#: That of the judge.
JUDGES = Login("lab", 2, "the-gateways-own-secret")


class Differs(Exception):
    """What is sent is not what was judged."""


def difference(judged, sent, signatures, login=JUDGES):
    try:
        if sent["dialect"].startswith("Frappe"):
            frappe(judged, sent, login)
        elif sent["dialect"] == "Json2":
            json2(judged, sent, login)
        else:
            rpc(judged, sent, signatures, login)
    except Differs as why:
        return str(why)
    except Exception as error:  # whatever the reader cannot read, the ERP could read otherwise
        return f"cannot be read: {error!r}"
    return None


def must(holds, what):
    if not holds:
        raise Differs(what)


def same(judged, found, what, wire):
    """Whether a value that was judged is the one that was read."""
    if isinstance(judged, dict):
        (kind, inner), = judged.items()
        if kind == "int":
            must(type(found) is int and found == int(inner), f"{what}: {found!r} is not {inner}")
        elif kind == "float":
            must(type(found) is float and repr(found) == repr(float(inner)), f"{what}: {found!r} is not {inner}")
        elif kind == "bytes":
            real = found.data if isinstance(found, xmlrpc.client.Binary) else base64.b64decode(found, validate=True)
            must(real == base64.b64decode(inner), f"{what}: other bytes")
            must(isinstance(found, xmlrpc.client.Binary) == (wire == "xml"), f"{what}: bytes as something else")
        elif kind == "moment":
            must(moment(found) == moment(inner), f"{what}: {found!r} is not the moment {inner}")
        else:
            must(isinstance(found, dict), f"{what}: {found!r} is no map")
            must([key for key, _ in inner] == list(found), f"{what}: keys {list(found)} are not {[key for key, _ in inner]}")
            for key, value in inner:
                same(value, found[key], f"{what}.{key}", wire)
    elif isinstance(judged, list):
        must(isinstance(found, list) and len(found) == len(judged), f"{what}: {found!r} is not a list of {len(judged)}")
        for at, value in enumerate(judged):
            same(value, found[at], f"{what}[{at}]", wire)
    else:
        must(type(found) is type(judged) and found == judged, f"{what}: {found!r} is not {judged!r}")


def moment(value):
    """A moment's digits: XML-RPC and Odoo punctuate them differently."""
    return "".join(filter(str.isdigit, getattr(value, "value", value)))


def entries(judged, found, what, wire):
    """Whether a map has exactly these members, in whatever order."""
    must({key for key, _ in judged} == set(found), f"{what}: {sorted(found)} are not {sorted(key for key, _ in judged)}")
    for key, value in judged:
        same(value, found[key], f"{what} `{key}`", wire)


def unique(pairs):
    must(len(dict(pairs)) == len(pairs), "a key stands twice")
    return dict(pairs)


def read_json(body):
    def refuse(name):
        raise Differs(f"{name} is no JSON")
    return json.loads(body.decode("utf-8"), object_pairs_hook=unique, parse_constant=refuse)


def headers_of(sent):
    found = {}
    for name, value in sent["headers"]:
        must(name == name.lower() and name not in found, f"the header {name} stands twice")
        must(value.isprintable(), f"the header {name} has what is no text")
        found[name] = value
    must(not set(found) - {"content-type", "authorization", "x-odoo-database", "x-frappe-site-name", "accept"}, f"headers {sorted(found)}")
    return found


# Odoo.


def rpc(judged, sent, signatures, login):
    wire, paths = ("json", {"JsonRpc": "/jsonrpc"}) if sent["dialect"] == "JsonRpc" else \
        ("xml", {"XmlRpc1": "/xmlrpc/object", "XmlRpc2": "/xmlrpc/2/object"})
    must(sent["verb"] == "POST" and sent["target"] == paths[sent["dialect"]], f"goes to {sent['verb']} {sent['target']}")
    kind, body = headers_of(sent).get("content-type"), base64.b64decode(sent["body"])
    if wire == "xml":
        must(kind == "text/xml", f"content type {kind}")
        args, method = xmlrpc.client.loads(body)
    else:
        must(kind == "application/json", f"content type {kind}")
        request = read_json(body)
        must(set(request) == {"jsonrpc", "method", "params", "id"}, f"members {sorted(request)}")
        params = request["params"]
        must(set(params) == {"service", "method", "args"} and params["service"] == "object", "another service")
        args, method = params["args"], params["method"]
    must(method == "execute_kw" and len(args) == 7, f"{method} with {len(args)} arguments")
    database, uid, secret, model, name, positional, keyword = args
    must((database, int(uid), secret) == tuple(login), "another login")
    must((model, name) == (judged["model"], judged["method"]), f"{model}.{name} instead of {judged['model']}.{judged['method']}")
    must(type(positional) is list and type(keyword) is dict, "arguments of another kind")
    bind(judged, list(positional), dict(keyword), signatures, wire)


def bind(judged, positional, keyword, signatures, wire):
    """Binds arguments to parameters as `call_kw` does."""
    model, method = judged["model"], judged["method"]
    known = signatures.of(model, method)
    must("ids" not in keyword, "ids by name")
    same_entries_of_context(judged, keyword.pop("context", {}), wire)
    if judged["ids"] is not None:
        must(positional, "no ids")
        same(judged["ids"], positional.pop(0), "ids", wire)
    else:
        must(known is None or not known[0], "a method of records without ids")
    rest = []
    if known:
        names = known[1]
        must(len(positional) <= len(names), f"{len(positional)} arguments by place for {names}")
        for name, value in zip(names, positional):
            must(name not in keyword, f"{name} by place and by name")
            keyword[name] = value
    else:
        rest = positional
    asked = {name for name, _ in judged["named"]}
    for name, default in signatures.defaults(model, method).items():
        if name not in asked and name in keyword and keyword[name] == default and type(keyword[name]) is type(default):
            del keyword[name]
    entries(judged["named"], keyword, "arguments", wire)
    same(judged["positional"], rest, "arguments by place", wire)


def same_entries_of_context(judged, found, wire):
    must(isinstance(found, dict), "the context is no map")
    entries(judged["context"], found, "context", wire)


def json2(judged, sent, login):
    headers = headers_of(sent)
    must(sent["verb"] == "POST", f"goes by {sent['verb']}")
    must("?" not in sent["target"] and "#" not in sent["target"], "a target with more than a path")
    # Odoo decodes before it routes.
    parts = urllib.parse.unquote(sent["target"], errors="strict").split("/")
    must(parts == ["", "json", "2", judged["model"], judged["method"]], f"goes to {parts}")
    must(headers.get("content-type") == "application/json", "another content type")
    must(headers.get("authorization") == f"Bearer {login.secret}" and headers.get("x-odoo-database") == login.database, "another login")
    body = read_json(base64.b64decode(sent["body"]))
    same_entries_of_context(judged, body.pop("context", {}), "json")
    if judged["ids"] is None:
        must("ids" not in body, "ids that were not judged")
    else:
        same(judged["ids"], body.pop("ids", None), "ids", "json")
    must(not judged["positional"], "arguments by place")
    entries(judged["named"], body, "arguments", "json")


# Frappe.

DOCUMENTS = {"GET": "get", "PUT": "save", "DELETE": "delete"}
TEXTS = ("order_by", "group_by", "parent")
FIELD = re.compile(r'form-data; name="([a-z_]+)"(?:; filename="((?:[^"\\]|\\.)*)")?')
CHANGES = tuple(f"frappe.client.{name}" for name in ("insert", "insert_many", "bulk_update", "rename_doc", "submit", "cancel"))


def frappe(judged, sent, login):
    headers, verb = headers_of(sent), sent["verb"]
    must(headers.get("authorization") == f"token {login.secret}" and headers.get("x-frappe-site-name") == login.database, "another login")
    path, _, query = sent["target"].partition("?")
    must("#" not in sent["target"] and sent["target"].isascii() and " " not in sent["target"], "an odd target")
    # Frappe decodes before it routes, and takes what follows the DocType for the name.
    parts = urllib.parse.unquote(path, errors="strict").split("/")
    body = base64.b64decode(sent["body"])
    if headers.get("content-type", "").startswith("multipart/"):
        must(verb == "POST" and parts == ["", "api", "method", "upload_file"] and not query, "a form where none is taken")
        given = form(headers["content-type"], body)
    elif body:
        must(headers.get("content-type") == "application/json" and not query, "a body that is not JSON alone")
        given = read_json(body)
        must(isinstance(given, dict), "a body that is no map")
    else:
        pairs = urllib.parse.parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), errors="strict")
        given = unique(pairs)
        # Methods get texts as they stand; a list's parameters are JSON, but those that are texts.
        if parts[:3] == ["", "api", "resource"] and "run_method" not in given:
            given = {key: decoded(key, value) for key, value in given.items()}
    must(not {"cmd", "sid"} & set(given), "a parameter that leads elsewhere")
    model, method, ids, named = call_of(verb, parts, given)
    if judged["method"] == "submit" and method == "save":
        # Frappe submits what is saved with another `docstatus`.
        method, document = "submit", dict(named["doc"])
        must(document.pop("docstatus") == 1, "is saved and not submitted")
        named = {"doc": document}
    must((model, method) == (judged["model"], judged["method"]), f"{model} {method} instead of {judged['model']} {judged['method']}")
    must(ids == judged["ids"], f"names {ids} instead of {judged['ids']}")
    if method == "submit" and named:
        wanted = [[key, {"map": [one for one in value["map"] if one[0] not in ("doctype", "name", "docstatus")]}] for key, value in judged["named"]]
    else:
        wanted = judged["named"]
    if method == "upload_file":
        wanted = [[key, str(int(value)) if isinstance(value, bool) else value] for key, value in wanted]
    entries(wanted, named, "arguments", "json")
    must(not judged["positional"] and not judged["context"], "what Frappe does not have")


def decoded(name, value):
    """Parameters of a list come as JSON in text, but those that are texts."""
    return value if name in TEXTS else read_json(value.encode())


def form(kind, body):
    """The fields of an upload, with its file by the names that it has as a document."""
    message = email.message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    must(message.is_multipart() and not message.defects, "a form that is none")
    found = []
    for part in message.get_payload():
        # Python's own reading of a header takes bytes of UTF-8 for nothing: they are read here.
        line = dict(part.raw_items())["Content-Disposition"].encode("ascii", "surrogateescape").decode("utf-8")
        name, file = FIELD.fullmatch(line).groups()
        content = part.get_payload(decode=True)
        if file is None:
            found.append((name, content.decode("utf-8")))
        else:
            must(name == "file", f"a file as {name}")
            file = re.sub(r"\\(.)", r"\1", file).replace("%22", '"')
            found += [("file_name", file), ("content", base64.b64encode(content).decode())]
    return unique(found)


def call_of(verb, parts, given):
    """What Frappe 15 makes of a request: model, method, names, arguments."""
    if parts[:3] == ["", "api", "resource"] and len(parts) > 3:
        model, name = parts[3], "/".join(parts[4:])
        must(parts[4:] == [] or name, "an empty name")
        if not parts[4:]:
            if verb == "GET":
                return model, "get_list", None, given
            must(verb == "POST" and set(given) == {"data"}, f"{verb} with {sorted(given)}")
            return model, "insert", None, {"doc": given["data"]}
        if verb == "POST" or "run_method" in given:
            must(verb in ("GET", "POST") and "run_method" in given, f"{verb} with {sorted(given)}")
            given = dict(given)
            return model, given.pop("run_method"), [name], given
        if verb == "PUT":
            must(set(given) == {"data"}, f"PUT with {sorted(given)}")
            return model, "save", [name], {"doc": given["data"]}
        must(not given, f"{verb} with {sorted(given)}")
        return model, DOCUMENTS[verb], [name], {}
    if parts[:4] == ["", "api", "v2", "doctype"]:
        must(verb == "GET" and len(parts) == 6 and parts[5] == "meta" and not given, f"goes to {verb} {parts}")
        return parts[4], "get_meta", None, {}
    if parts[:4] == ["", "api", "v2", "method"]:
        must(verb in ("GET", "POST") and len(parts) == 6, f"goes to {verb} {parts}")
        return parts[4], f"doctype.{parts[5]}", None, given
    must(parts[:3] == ["", "api", "method"] and len(parts) == 4 and verb in ("GET", "POST"), f"goes to {verb} {parts}")
    method = parts[3]
    if method in ("upload_file", "download_file"):
        return "File", method, None, given
    must(verb == "POST" or method not in CHANGES, f"{method} by {verb}")
    if method in ("frappe.client.insert_many", "frappe.client.bulk_update"):
        must(set(given) == {"docs"}, f"{method} with {sorted(given)}")
        docs = read_json(given["docs"].encode())
        return docs[0]["doctype"], method.rpartition(".")[2], None, {"docs": docs}
    if method == "frappe.client.rename_doc":
        named = {key: given[key] for key in set(given) - {"doctype", "old_name"} if given[key] is not None}
        return given["doctype"], "rename", [given["old_name"]], named
    if method in ("frappe.client.get", "frappe.client.cancel") and "name" in given:
        must(set(given) == {"doctype", "name"}, f"{method} with {sorted(given)}")
        return given["doctype"], method.rpartition(".")[2], [given["name"]], {}
    if method == "frappe.client.insert":
        must(set(given) == {"doc"}, f"{method} with {sorted(given)}")
        doc = dict(given["doc"])
        return doc.pop("doctype"), "insert", None, {"doc": doc}
    short = {"frappe.client.get_count": "get_count", "frappe.client.get": "get", "frappe.client.get_list": "get_list"}
    if method in short:
        given = dict(given)
        return given.pop("doctype"), short[method], None, given
    named = [given.get(key) for key in ("doctype", "dt") if isinstance(given.get(key), str)]
    return (named or ["-"])[0], method, None, given
