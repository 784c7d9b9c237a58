"""Requests mutated from recorded ones: what is asked, and how it is written.

First the call is changed as a tree (values, ids, arguments moved between place and name, members
more and fewer, keys twice); then it is written in one of the dialects, by writers of our own that
know every way in which a lenient reader takes the same thing: entities, CDATA, comments, bare
strings, number forms, escapes, odd white space, other encodings, percent signs in paths.
Most mutations are such that a strict reader still takes them, for what is refused compares nothing.
"""

import base64
import copy
import json
import re
import urllib.parse
import xmlrpc.client

ODD_TEXTS = (
    "", " ", "Acme", "a\u0000b", "a\r\nb", "tab\there", "\u202eabc", "\ufeffx", "naïve – ünï", "日本語", "\U0001f600",
    "<b>&amp;</b>", "]]>", "&lt;", "&#65;", "%2F", "../x", "a/b", "1", "0", "null", "false", "[]", "{}", "'", '"', "\\",
    "x" * 300, "\x7f", "\u2028", "\u00a0", "e\u0301", "\ud7ff", "\uffff", "\x0b", "__import__('os')", "2026-11-22 10:00:00",
)
ODD_NUMBERS = (
    0, -1, 1, 7, 2**31 - 1, 2**31, -(2**31) - 1, 2**53, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), 10**30, 0.1, -0.0, 1.0, 1e16,
    1e300, 5e-324, 1 / 3, 2.5,
)
OPERATORS = ("=", "!=", "<", ">=", "in", "not in", "like", "ilike", "=like", "child_of", "any", "not any", "=?")
FIELDS = ("name", "email", "id", "active", "parent_id", "parent_id.name", "child_ids", "country_id", "category_id", "ref",
          "comment", "is_company", "display_name", "create_date", "write_uid", "city", "phone")
KEYS = ("context", "ids", "domain", "args", "fields", "values", "vals", "vals_list", "limit", "offset", "order", "id", "self",
        "model", "method", "name", "operator", "load", "attributes", "allfields", "groupby", "aggregates", "count", "cr", "uid")
CONTEXTS = ({}, {"lang": "fr_FR"}, {"active_test": False}, {"tz": "UTC", "lang": "en_US"}, {"default_name": "x"}, {"bin_size": True},
            {"su": True}, {"allowed_company_ids": [1]})
COMMANDS = ([0, 0, {"name": "x"}], [1, 7, {"name": "y"}], [2, 7], [3, 7], [4, 7], [5], [6, 0, [7, 8]], [0, "virtual", {"name": "z"}])


class Mutator:
    def __init__(self, chance):
        self.chance = chance

    def rare(self, of=25):
        return self.chance.randrange(of) == 0

    def pick(self, from_):
        return self.chance.choice(from_)

    # The tree.

    def value(self, depth=0):
        kind = self.chance.randrange(9 if depth < 3 else 5)
        if kind == 0:
            return self.pick((None, True, False))
        if kind in (1, 2):
            return self.pick(ODD_NUMBERS)
        if kind in (3, 4):
            return self.pick(ODD_TEXTS)
        if kind == 5:
            return [self.value(depth + 1) for _ in range(self.chance.randrange(4))]
        if kind == 6:
            return {self.pick(FIELDS + KEYS): self.value(depth + 1) for _ in range(self.chance.randrange(3))}
        if kind == 7:
            return self.domain()
        return [copy.deepcopy(self.pick(COMMANDS)) for _ in range(1 + self.chance.randrange(2))]

    def domain(self):
        leaves = []
        for _ in range(1 + self.chance.randrange(3)):
            operator = self.pick(OPERATORS)
            wanted = [self.pick((1, 7, "x", False, "Acme")) for _ in range(self.chance.randrange(3))] if "in" in operator else \
                self.pick(("Acme", 7, True, False, "2026-01-01", 2.5, "a_b%"))
            leaves.append([self.pick(FIELDS), operator, wanted])
        if len(leaves) > 1 and self.rare(2):
            leaves.insert(0, self.pick(("|", "&", "!")))
        return leaves

    def spots(self, tree, path=()):
        """The places in a tree: each as the keys that lead there."""
        yield path
        if isinstance(tree, dict):
            for key in tree:
                yield from self.spots(tree[key], (*path, key))
        elif isinstance(tree, list):
            for at, item in enumerate(tree):
                yield from self.spots(item, (*path, at))

    def change(self, tree):
        """Changes one place of a tree."""
        path = self.pick(list(self.spots(tree))[:400])
        if not path:
            return tree
        parent = tree
        for key in path[:-1]:
            parent = parent[key]
        old, key = parent[path[-1]], path[-1]
        deed = self.chance.randrange(8)
        if deed == 0:
            parent[key] = self.value()
        elif deed == 1 and isinstance(old, (int, float)) and not isinstance(old, bool):
            parent[key] = self.pick((float(old) if abs(old) < 2**53 else old, str(old), old + 1, [old], self.pick(ODD_NUMBERS)))
        elif deed == 2 and isinstance(old, str):
            parent[key] = self.pick((old + self.pick(ODD_TEXTS), old.upper(), " " + old, old + " ", self.pick(ODD_TEXTS)))
        elif deed == 3 and isinstance(old, list):
            old.insert(self.chance.randrange(len(old) + 1), copy.deepcopy(self.pick(old)) if old else self.value())
        elif deed == 4 and isinstance(old, dict):
            old[self.pick(FIELDS + KEYS)] = self.value()
        elif deed == 5 and isinstance(parent, dict):
            del parent[key]
        elif deed == 6 and isinstance(parent, list) and len(parent) > 1:
            parent.pop(key)
        elif deed == 7:
            parent[key] = self.pick((copy.deepcopy(old), [old] if self.rare(3) else old, b"\x00\xffbytes", xmlrpc.client.DateTime("20261122T10:00:00")))
        return tree

    # JSON.

    def json_text(self, text):
        out = []
        for char in text:
            code = ord(char)
            if char in '"\\' or code < 0x20:
                out.append(json.dumps(char)[1:-1])
            elif self.rare(60) and code < 0x10000:
                out.append(f"\\u{code:04{self.pick('xX')}}")
            elif code >= 0xD800 and code < 0xE000:
                out.append(f"\\u{code:04x}")
            else:
                out.append(char)
        return '"' + "".join(out) + '"'

    def gap(self):
        return self.pick((" ", "\n", "\t", "\r\n", "  ")) if self.rare(12) else ""

    def json(self, value):
        if isinstance(value, bool) or value is None:
            return json.dumps(value)
        if isinstance(value, int):
            text = str(value)
            if self.rare(40):
                text = self.pick((f"{value}.0", f"{value}e0", f"0{value}", f"+{value}", f"{value}E+0", f'"{value}"'))
            return text
        if isinstance(value, float):
            return self.pick((repr(value), f"{value:e}", f"{value:.17g}")) if self.rare(8) else repr(value)
        if isinstance(value, str):
            return self.json_text(value)
        if isinstance(value, (bytes, xmlrpc.client.Binary)):
            return json.dumps(base64.b64encode(getattr(value, "data", value)).decode())
        if isinstance(value, xmlrpc.client.DateTime):
            return json.dumps(str(value))
        gap = self.gap
        if isinstance(value, dict):
            members = [f"{gap()}{self.json_text(str(key))}{gap()}:{gap()}{self.json(member)}" for key, member in value.items()]
            if members and self.rare(60):
                members.insert(self.chance.randrange(len(members) + 1), self.pick(members).replace("a", "\\u0061", 1) if self.rare(2) else self.pick(members))
            return "{" + ",".join(members) + gap() + "}"
        return "[" + ",".join(gap() + self.json(item) for item in value) + gap() + "]"

    # XML-RPC.

    def xml_text(self, text):
        out = []
        for char in text:
            if char in "&<>":
                out.append({"&": self.pick(("&amp;", "&#38;", "&#x26;")), "<": self.pick(("&lt;", "&#60;")), ">": self.pick((">", "&gt;"))}[char])
            elif self.rare(60):
                out.append(self.pick((f"&#{ord(char)};", f"&#x{ord(char):x};")))
            else:
                out.append(char)
        text = "".join(out)
        if self.rare(60):
            at = self.chance.randrange(len(text) + 1)
            if "&" not in text[max(0, at - 8):at]:
                text = text[:at] + self.pick(("<!-- -->", "<![CDATA[]]>", "<?x y?>")) + text[at:]
        return text

    def xml(self, value):
        gap = self.gap()
        if value is None:
            inner = "<nil/>"
        elif isinstance(value, bool):
            inner = f"<boolean>{self.pick(('true', '01', '2')) if self.rare(60) else int(value)}</boolean>"
        elif isinstance(value, int):
            tag = "int" if abs(value) < 2**31 and not self.rare(3) else self.pick(("int", "i4", "i8"))
            text = self.pick((f" {value} ", f"+{value}", f"0{value}", f"{value}_0", f"{value}.0", f"{value}\n")) if self.rare(40) else str(value)
            inner = f"<{tag}>{text}</{tag}>"
        elif isinstance(value, float):
            inner = f"<double>{self.pick((repr(value), f'{value:e}', f' {value!r}', 'nan', 'inf')) if self.rare(20) else repr(value)}</double>"
        elif isinstance(value, str):
            text = self.xml_text(value)
            inner = text if self.rare(10) and text.strip() else f"<string>{text}</string>"
        elif isinstance(value, (bytes, xmlrpc.client.Binary)):
            inner = f"<base64>{gap}{base64.b64encode(getattr(value, 'data', value)).decode()}{gap}</base64>"
        elif isinstance(value, xmlrpc.client.DateTime):
            inner = f"<dateTime.iso8601>{value.value}</dateTime.iso8601>"
        elif isinstance(value, dict):
            members = [
                f"{gap}<member>{self.gap()}<name>{self.xml_text(str(key))}</name>{self.gap()}{self.xml(member)}</member>"
                for key, member in value.items()
            ]
            if members and self.rare(60):
                members.append(self.pick(members))
            inner = f"<struct>{''.join(members)}{gap}</struct>"
        else:
            inner = f"<array><data>{gap}{''.join(self.xml(item) for item in value)}{gap}</data></array>"
        if self.rare(200):
            inner = self.pick((f"<x>{inner}</x>", f"{inner}<int>1</int>", inner.replace(">", " a='b'>", 1)))
        return f"<value>{inner}</value>"

    def xml_call(self, name, params):
        body = "".join(f"<param>{self.gap()}{self.xml(param)}{self.gap()}</param>" for param in params)
        method = f"<methodName>{self.xml_text(name)}</methodName>"
        params = f"<params>{self.gap()}{body}</params>"
        if self.rare(60):
            method, params = self.pick(((params, method), (method + method, params), (method, params + "<params></params>"),
                                        (f"<methodName> {name}</methodName>", params)))
        head = self.pick(("", "<?xml version='1.0'?>\n", '<?xml version="1.0" encoding="UTF-8"?>', '<?xml version="1.0" encoding="utf-8" standalone="yes"?>\r\n'))
        if self.rare(60):
            head = self.pick(('<?xml version="1.0" encoding="latin-1"?>', "<?xml version='1.0'?><!DOCTYPE methodCall [<!ENTITY e 'unlink'>]>", "<?xml version='1.1'?>", "\ufeff"))
        return f"{head}<methodCall>{self.gap()}{method}{self.gap()}{params}{self.gap()}</methodCall>{self.gap()}"

    def encoded(self, text):
        if self.rare(120):
            return text.encode(self.pick(("utf-16", "utf-8-sig", "utf-7", "utf-32")), "replace")
        return text.encode("utf-8", "replace")

    def media(self, *good):
        kind = self.pick(good)
        if self.rare(12):
            kind = self.pick((kind.upper(), f"{kind}; charset=utf-8", f"{kind};charset=UTF-8", f"{kind} ; charset=\"utf-8\"",
                              f"{kind}; charset=latin-1", f"{kind}; boundary=x", "text/plain", f"{kind}, text/html", ""))
        return kind

    def path(self, *segments, keep=""):
        parts = []
        for segment in segments:
            part = urllib.parse.quote(segment, safe=keep)
            if self.rare(30) and part:
                at = self.chance.randrange(len(part))
                if part[at] != "%" and "%" not in part[max(0, at - 2):at]:
                    part = f"{part[:at]}%{ord(part[at]):02{self.pick('xX')}}{part[at + 1:]}"
            parts.append(part)
        path = "/" + "/".join(parts)
        if self.rare(60):
            path = self.pick((path + "/", "/" + path, path.replace("/", "//", 1), path + "/.", path.replace("/", "%2F"), path.swapcase(), path + ";x"))
        return path


class Odoo:
    """Requests to an Odoo."""

    def __init__(self, seeds, signatures, chance):
        self.seeds, self.signatures, self.tools, self.chance = seeds, signatures, Mutator(chance), chance
        #: Database, uid and key that stand in RPC bodies, and the face of the last request.
        self.login, self.face = ("lab", 2, "the key"), None

    def request(self):
        tools = self.tools
        model, method, args, kwargs = copy.deepcopy(tools.pick(self.seeds))
        for _ in range(self.chance.choice((0, 1, 1, 1, 2, 3))):
            args, kwargs = self.changed(model, method, args, kwargs)
        if tools.rare(40):
            model = tools.pick((str(model).upper(), f"{model} ", f"{model}/x", "res.users", "ir.model", f"{model}\u200b", "sale.order", "../res.partner"))
        if tools.rare(40):
            method = tools.pick((f"{method} ", "_search", "unlink", "write", "read", "search_read", "create", f"{method}\u0000", f"{method}.x", "name_search"))
        return self.written(str(model), str(method), args, kwargs)

    def changed(self, model, method, args, kwargs):
        tools, deed = self.tools, self.chance.randrange(10)
        names = self.signatures.parameters(model, method)
        offset = 1 if names is not None and self.signatures.takes_ids(model, method) else 0
        if deed == 0 and names and len(args) > offset:
            at = len(args) - 1
            if 0 <= at - offset < len(names):
                kwargs = {**kwargs, names[at - offset]: args[at]}
                args = args[:-1]
        elif deed == 1 and names and len(args) >= offset:
            at = len(args) - offset
            if at < len(names) and names[at] in kwargs:
                kwargs = dict(kwargs)
                args = [*args, kwargs.pop(names[at])]
        elif deed == 2:
            kwargs = {**kwargs, tools.pick(KEYS): tools.value()}
        elif deed == 3:
            kwargs = {**kwargs, "context": copy.deepcopy(tools.pick(CONTEXTS))}
        elif deed == 4:
            args = [*args, tools.value()]
        elif deed == 5 and args:
            args = [tools.pick((7, [7], [7, 7], ["7"], [7.0], [True], [[7]], [], False, None, [9, 8], [2**40], [-1])), *args[1:]]
        else:
            both = tools.change({"args": args, "kwargs": kwargs})
            args = both["args"] if isinstance(both.get("args"), list) else args
            kwargs = both["kwargs"] if isinstance(both.get("kwargs"), dict) else kwargs
        return args, kwargs

    def written(self, model, method, args, kwargs):
        tools = self.tools
        face = self.face = tools.pick(("xmlrpc2", "xmlrpc1", "jsonrpc", "json2", "json2", "call_kw"))
        database, uid, key = self.login
        names = self.signatures.parameters(model, method)
        if face == "json2" and args:
            kwargs, args = dict(kwargs), list(args)
            if self.signatures.takes_ids(model, method) or names is None:
                kwargs["ids"] = args.pop(0)
            for name, value in zip(names or (), args):
                kwargs[name] = value
        params = [database, tools.pick((uid, uid, uid, uid, uid, str(uid), uid + 0.9, True)) if tools.rare(20) else uid, key, model, method]
        if tools.rare(6) and not kwargs:
            name, params = "execute", [*params, *args]
        else:
            name, params = "execute_kw", [*params, args, kwargs]
        query = tools.pick(("", "", "", "", "db=other", "cmd=x&model=res.users"))
        if face.startswith("xmlrpc"):
            segments = ("xmlrpc", "2", "object") if face == "xmlrpc2" else ("xmlrpc", "object")
            return "POST", tools.path(*segments), query, tools.media("text/xml", "application/xml", "text/xml; charset=utf-8"), tools.encoded(tools.xml_call(name, params))
        if face == "json2":
            return "POST", tools.path("json", "2", model, method), query, tools.media("application/json"), tools.encoded(tools.gap() + tools.json(kwargs) + tools.gap())
        if face == "call_kw":
            inner = {"model": model, "method": method, "args": args, "kwargs": kwargs}
            segments = ("web", "dataset", "call_kw", *((model, method) if tools.rare(3) else ()))
        else:
            inner = {"service": "object", "method": name, "args": params}
            segments = ("jsonrpc",)
        members = [("jsonrpc", "2.0"), ("method", "call"), ("params", inner), ("id", tools.pick((1, None, "x", 2.5, [1])))]
        if tools.rare(6):
            self.chance.shuffle(members)
        if tools.rare(30):
            members.insert(0, (tools.pick(("extra", "context", "Params", "id2")), tools.value()))
        body = tools.json(dict(members))
        return "POST", tools.path(*segments), query, tools.media("application/json", "application/json-rpc"), tools.encoded(body)


class Frappe:
    """Requests to a Frappe."""

    TEXTS = ("order_by", "group_by", "parent", "name", "doctype", "run_method", "fieldname")

    def __init__(self, seeds, chance):
        self.seeds, self.tools, self.chance = seeds, Mutator(chance), chance

    def request(self):
        tools = self.tools
        verb, segments, parameters = copy.deepcopy(tools.pick(self.seeds))
        for name, value in parameters.items():
            if isinstance(value, str) and value[:1] in "[{" and not tools.rare(4):
                try:
                    parameters[name] = json.loads(value)
                except ValueError:
                    pass
        for _ in range(self.chance.choice((0, 1, 1, 2, 3))):
            deed = self.chance.randrange(8)
            if deed == 0:
                name = tools.pick(("fields", "filters", "or_filters", "order_by", "limit_start", "limit_page_length", "limit", "data",
                                   "name", "doctype", "cmd", "sid", "debug", "as_dict", "parent", "expand", "ignore_permissions"))
                parameters[name] = tools.pick((["name"], [["name", "like", "A%"]], {"name": "x"}, "modified desc", 20, "5", 0, tools.value()))
            elif deed == 1 and len(segments) > 3:
                segments[-1] = tools.pick((segments[-1], "a/b", "../x", "A&B=C", "x?y", "x#y", "ünï", "x%2Fy", " x ", "x" * 141, "new"))
            elif deed == 2:
                verb = tools.pick(("GET", "POST", "PUT", "DELETE", verb))
            elif deed == 3 and "data" not in parameters and verb in ("POST", "PUT"):
                parameters = {"data": parameters}
            elif parameters:
                changed = tools.change([parameters])
                parameters = changed[0] if isinstance(changed[0], dict) else {}
        return self.written(verb, segments, parameters)

    def form(self, parameters):
        """An upload as clients write it, and as some should not: content type and body."""
        tools = self.tools
        boundary = tools.pick(("x", "----form", "portcullis", "a" * 70))
        body = b""
        for name, value in parameters.items():
            name = str(name).replace('"', "").replace("\n", "")
            file = tools.pick(("a.txt", "ünï.txt", "a b.pdf", "../x", 'q\\"q', "")) if name == "file" else None
            mark = "" if file is None else f'; filename="{file}"'
            value = value if isinstance(value, str) else tools.json(value)
            value = f"{value}\r\n--portcullis\r\n" if tools.rare(20) else value
            body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{mark}\r\n\r\n{value}\r\n'.encode("utf-8", "replace")
        end = b"" if tools.rare(30) else f"--{boundary}--\r\n".encode()
        return f"multipart/form-data; boundary={boundary}", body + end

    def written(self, verb, segments, parameters):
        tools = self.tools
        path = tools.path(*segments) if segments != [""] else "/"
        if segments[-1] == "upload_file":
            return verb, path, "", *self.form(parameters)
        json_body = verb in ("POST", "PUT", "PATCH") and tools.rare(2)
        if json_body:
            kind, body, query = tools.media("application/json"), tools.encoded(tools.json(parameters)), ""
            if tools.rare(6):
                query = urllib.parse.urlencode({tools.pick(("cmd", "data", "doctype", "limit", "sid", "x")): "frappe.client.get_count"})
            return verb, path, query, kind, body
        pairs = [(name, value if isinstance(value, str) else tools.json(value)) for name, value in parameters.items()]
        if pairs and tools.rare(20):
            pairs.append(tools.pick(pairs))
        quote = tools.pick((urllib.parse.quote, urllib.parse.quote_plus))
        text = "&".join(f"{quote(str(name), safe='')}={quote(value.encode('utf-8', 'replace'), safe='')}" for name, value in pairs)
        if tools.rare(30):
            text = re.sub("=", tools.pick(("==", "", "%3D")), text, count=1)
        if verb in ("GET", "DELETE") or tools.rare(4):
            return verb, path, text, "", b""
        return verb, path, "", tools.media("application/x-www-form-urlencoded"), text.encode()
