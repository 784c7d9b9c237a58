"""The table of hostile requests: a name, the good request it mirrors, and the bytes.

`Case.ends` says what a clear refusal is: a status of the client's fault, an RPC fault in a 200
(`rpc`), or the connection shut without a word (`shut`), which is all that some framings deserve.
"""

import dataclasses

from wire import chunked, request

REFUSED = frozenset(range(400, 500)) - {429} | {501, 505}


@dataclasses.dataclass
class Case:
    name: str
    mirror: str
    raw: bytes
    rpc: bool = True
    shut: bool = False
    half_close: bool = False
    statuses: frozenset = REFUSED
    extra: int = 0  # further answers that may follow on the connection, each a refusal


def verbs(good):
    for verb in ("OPTIONS", "GET", "PUT", "DELETE", "PATCH", "TRACE", "BREW", "post", "Post", "M-SEARCH"):
        yield Case(f"{verb} on JSON-RPC", "jsonrpc", good.jsonrpc(verb=verb), rpc=False)
    for verb in ("OPTIONS", "GET", "PUT", "DELETE", "PATCH", "BREW"):
        yield Case(f"{verb} on JSON-2", "json2", good.json2(verb=verb), rpc=False)
    for verb in ("OPTIONS", "PATCH", "TRACE", "BREW", "get"):
        yield Case(f"{verb} on a resource", "frappe", good.frappe(verb=verb), rpc=False)
    body = good.xmlrpc_body()
    for verb in ("OPTIONS", "GET", "PUT"):
        raw = request(verb, "/xmlrpc/2/object", body, "text/xml")
        yield Case(f"{verb} on XML-RPC", "xmlrpc", raw, rpc=False)
    yield Case("CONNECT", "jsonrpc", request("CONNECT", "odoo:8069"), shut=True)


def paths(good):
    for target in (
        "//jsonrpc", "/jsonrpc/", "/./jsonrpc", "/web/../jsonrpc", "/web/%2e%2e/jsonrpc", "/.%2fjsonrpc",
        "/jsonrpc%", "/jsonrpc%2", "/jsonrpc%zz", "/jsonrpc%00", "/jsonrpc%ff", "/jsonrpc%0d%0aX:1",
        "/jsonrpc;a=1", "/JSONRPC", "/%252fjsonrpc", "/jsonrpc\\", "/web\\..\\jsonrpc", "jsonrpc", "*", "",
        "/u/nowhere/jsonrpc", "/u//jsonrpc", "/jsonrpc%e2%80%8b", "/jsonrpc/x",
        "http://gateway/jsonrpc", "http://elsewhere/jsonrpc", "https://gateway/jsonrpc",
    ):
        yield Case(f"path {target!r}", "jsonrpc", good.jsonrpc(target=target), rpc=False)
    for target in (
        "/json%2F2/res.partner/search_count", "/json/2/res.partner%2Fsearch_count", "/json%2f2%2fres.partner%2fsearch_count",
        "/json/2//search_count", "/json/2/res.partner//search_count", "/json/2/res.partner/search_count/",
        "/json/2/res.partner/search_count/x", "/json/2/res.partner", "/json/1/res.partner/search_count",
        "/json/2/../2/res.partner/search_count", "/json/2/res.partner/search_count%00", "/json/2/%00/search_count",
        "/json/2/res.partner%20/search_count", "/json/2/res.partner;x/search_count", "/json/2/res.partner/_search",
        "/json/2/res.partner/search_count%2F..%2Funlink", "/Json/2/res.partner/search_count",
    ):
        yield Case(f"path {target!r}", "json2", good.json2(target=target), rpc=False)
    for target in ("/xmlrpc%2F2%2Fobject", "/xmlrpc/2%2Fobject", "/xmlrpc//object", "/xmlrpc/2/object/", "/xmlrpc/3/object"):
        yield Case(f"path {target!r}", "xmlrpc", good.xmlrpc(target=target), rpc=False)
    for target in (
        "/api%2Fresource/Customer", "/api/resource%2FCustomer", "/api/resource/Customer%2FName", "/api//resource/Customer",
        "/api/resource//Customer", "/api/./resource/Customer", "/api/resource/../resource/Customer", "/api/resource",
        "/api/Resource/Customer", "/api/resource/Customer/a//b", "/api/resource/Customer/a/../b", "/api/resource/Customer%00", "/api/v3/resource/Customer",
        "/api/resource/Customer?cmd=frappe.client.get_count", "/api/method/ping?cmd=frappe.client.get_count",
        "/favicon.ico?cmd=frappe.client.get_count", "/app?cmd=frappe.client.get_count&doctype=Customer",
        "/api/method/ping/frappe.client.get_count", "/private/files/", "/private/files/../x", "/app", "/assets/x.js",
    ):
        yield Case(f"path {target!r}", "frappe", good.frappe(target=target), rpc=False)
    for target in ("/web/database/manager", "/web/database/backup", "/web/login", "/doc", "/websocket"):
        yield Case(f"not served: {target}", "jsonrpc", good.jsonrpc(target=target), rpc=False)


def framings(good):
    body = good.jsonrpc_body().encode()
    size = len(body)

    def framed(headers, payload, **how):
        return request("POST", "/jsonrpc", payload, headers=headers, length=False, **how)

    smuggled = good.jsonrpc()
    te, cl = "Transfer-Encoding: chunked", f"Content-Length: {size}"
    for name, headers, payload in (
        ("CL and TE", [cl, te], chunked(body)),
        ("TE and CL", [te, cl], chunked(body)),
        ("CL.TE smuggling", [f"Content-Length: {5 + len(smuggled)}", te], b"0\r\n\r\n" + smuggled),
        ("TE.CL smuggling", [te, "Content-Length: 4"], chunked(smuggled, 4096)),
        ("two lengths, equal", [cl, cl], body),
        ("two lengths, different", [cl, "Content-Length: 4"], body),
        ("two lengths in one line", [f"Content-Length: {size}, {size}"], body),
        ("a length with a plus", [f"Content-Length: +{size}"], body),
        ("a negative length", ["Content-Length: -1"], body),
        ("a hexadecimal length", [f"Content-Length: 0x{size:x}"], body),
        ("a length of words", ["Content-Length: many"], body),
        ("an empty length", ["Content-Length: "], body),
        ("a length past 64 bits", ["Content-Length: 18446744073709551999"], body),
        ("a space before the colon", [f"Content-Length : {size}"], body),
        ("TE identity", ["Transfer-Encoding: identity"], body),
        ("TE chunked, identity", ["Transfer-Encoding: chunked, identity"], chunked(body)),
        ("TE gzip, chunked", ["Transfer-Encoding: gzip, chunked"], chunked(body)),
        ("TE twice", [te, te], chunked(body)),
        ("TE chunked, chunked", ["Transfer-Encoding: chunked, chunked"], chunked(body)),
        ("TE xchunked", ["Transfer-Encoding: xchunked"], chunked(body)),
        ("TE with a vertical tab", ["Transfer-Encoding: \x0bchunked"], chunked(body)),
        ("TE with a space before the colon", ["Transfer-Encoding : chunked"], chunked(body)),
        ("TE folded", ["Transfer-Encoding:\r\n chunked"], chunked(body)),
        ("a chunk size past 64 bits", [te], b"FFFFFFFFFFFFFFFFF\r\n" + body),
        ("a negative chunk size", [te], b"-5\r\n" + body),
        ("a chunk size with 0x", [te], b"0x%x\r\n%s\r\n0\r\n\r\n" % (size, body)),
        ("a chunk shorter than its size", [te], b"%x\r\n%s\r\n0\r\n\r\n" % (size + 8, body)),
        ("a chunk longer than its size", [te], b"%x\r\n%s\r\n0\r\n\r\n" % (size - 8, body)),
        ("chunk extensions without end", [te], b"1;" + b"a" * 100_000 + b"\r\n{\r\n0\r\n\r\n"),
        ("no chunks", [te], body),
    ):
        yield Case(name, "chunked" if "TE" in name or "chunk" in name else "jsonrpc",
                   framed(headers, payload), shut=True, half_close=True, extra=1)
    yield Case("a body without a length", "jsonrpc", framed([], body), half_close=True, shut=True, extra=1)
    yield Case("chunks in HTTP/1.0", "chunked", framed([te], chunked(body), version="HTTP/1.0"), shut=True, extra=1)
    truncated = framed([f"Content-Length: {size + 100}"], body)
    yield Case("a body cut short", "jsonrpc", truncated, half_close=True, shut=True)
    yield Case("chunks cut short", "chunked", framed([te], chunked(body)[:-20]), half_close=True, shut=True)
    yield Case("a refused request's body is not the next request", "jsonrpc",
               request("POST", "/nowhere", smuggled), rpc=False, extra=0)
    pipelined = good.jsonrpc(verb="OPTIONS") + request("BREW", "/jsonrpc", smuggled)
    yield Case("two hostile requests in one piece", "jsonrpc", pipelined, rpc=False, shut=True, extra=1)


def heads(good):
    body = good.jsonrpc_body()

    def with_lines(*lines, **how):
        return request("POST", "/jsonrpc", body, headers=lines, **how)

    for name, raw in (
        ("no Host", with_lines(host=None)),
        ("two Hosts", with_lines("Host: elsewhere")),
        ("a Host with a path", with_lines(host="gateway/x")),
        ("a Host with a user", with_lines(host="a@gateway")),
        ("an obs-fold", with_lines("X-One: a\r\n b")),
        ("NUL in a value", with_lines("X-One: a\x00b")),
        ("NUL in a name", with_lines("X\x00One: a")),
        ("NUL in the path", request("POST", "/jsonrpc\x00", body)),
        ("a bare CR in a value", with_lines("X-One: a\rb")),
        ("a space in a name", with_lines("X One: a")),
        ("a line without a colon", with_lines("X-One")),
        ("an empty name", with_lines(": a")),
        ("a control character in a value", with_lines("X-One: a\x07b")),
        ("letters past ASCII in a name", with_lines("X-\xe9: a")),
        ("bare LF throughout", with_lines().split(b"\r\n\r\n")[0].replace(b"\r\n", b"\n") + b"\n\n" + body.encode()),
        ("a space before the first header", b"POST /jsonrpc HTTP/1.1\r\n Host: gateway\r\n\r\n"),
        ("two spaces in the first line", b"POST  /jsonrpc  HTTP/1.1\r\nHost: gateway\r\n\r\n"),
        ("a tab in the first line", b"POST\t/jsonrpc HTTP/1.1\r\nHost: gateway\r\n\r\n"),
        ("HTTP/0.9", b"GET /jsonrpc\r\n\r\n"),
        ("HTTP/1.2", with_lines(version="HTTP/1.2")),
        ("HTTP/3.0", with_lines(version="HTTP/3.0")),
        ("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ("a TLS hello", bytes.fromhex("160301006c010000680303") + b"\x00" * 100),
        ("nothing but NULs", b"\x00" * 4096),
        ("nothing but newlines", b"\r\n" * 5000),
        ("300 headers", with_lines(*(f"X-{n}: {n}" for n in range(300)))),
        ("a header of 200 kB", with_lines("X-One: " + "a" * 200_000)),
        ("a name of 200 kB", with_lines("X" * 200_000 + ": a")),
        ("a path of 100 kB", request("POST", "/jsonrpc?" + "a" * 100_000, body)),
        ("a verb of 100 kB", request("P" * 100_000, "/jsonrpc", body)),
        ("two Authorization headers", good.json2(headers=("Authorization: Bearer x",))),
        ("Content-Encoding: gzip", with_lines("Content-Encoding: gzip")),
        ("an unknown expectation", with_lines("Expect: the-moon")),
    ):
        mirror = "json2" if "Authorization" in name else "jsonrpc"
        yield Case(name, mirror, raw, shut=True, half_close=True, extra=2)
    yield Case("HTTP/1.0 without Host and path", "jsonrpc", request("POST", "jsonrpc", body, version="HTTP/1.0", host=None),
               shut=True, half_close=True)


def bodies(good):
    import json

    small = good.jsonrpc_body()
    deep = 100_000
    big = 1 << 30
    declared = request("POST", "/jsonrpc", b"{", headers=(f"Content-Length: {big}",), length=False)
    yield Case("a gigabyte declared", "jsonrpc", declared, statuses=frozenset({413}), rpc=False)
    huge = b'{"jsonrpc":"2.0","params":"' + b"a" * (80 << 20) + b'"}'
    yield Case("80 MB sent", "jsonrpc", good.jsonrpc(huge), statuses=frozenset({413}), rpc=False, shut=True)
    flood = request("POST", "/jsonrpc", chunked(huge, 1 << 20), headers=("Transfer-Encoding: chunked",), length=False)
    yield Case("80 MB in chunks", "chunked", flood, statuses=frozenset({413}), rpc=False, shut=True)
    params = small[small.index('"params"'):small.rindex(', "id"')]
    for name, text in (
        ("no body", " "),
        ("half a JSON", small[: len(small) // 2]),
        ("JSON and more", small + "{}"),
        ("two JSONs", small + small),
        ("a list of requests", f"[{small}]"),
        ("a JSON text", '"call"'),
        ("arrays without end", "[" * deep),
        ("arrays in arrays", "[" * deep + "]" * deep),
        ("objects in objects", '{"params":' * deep + "1" + "}" * deep),
        ("deep arguments", small.replace("[[]]", "[" * 5000 + "]" * 5000)),
        ("params twice", small.replace(params, params + ", " + params)),
        ("service twice", small.replace('"service": "object"', '"service": "common", "service": "object"')),
        ("a key by escape and plain", small.replace('"service": "object"', '"\\u0073ervice": "db", "service": "object"')),
        ("a named argument twice", good.jsonrpc_body().replace("{}", '{"limit": 1, "limit": 2}')),
        ("NaN", small.replace('"id": 1', '"id": NaN')),
        ("an infinite number", small.replace("[[]]", "[[[\"id\", \"=\", Infinity]]]")),
        ("a lone surrogate", small.replace("res.partner", "res.partner\\ud800")),
        ("a byte order mark", "\ufeff" + small),
        ("comments", "/* */" + small),
        ("single quotes", small.replace('"', "'")),
        ("a trailing comma", small[:-1] + ",}"),
        ("NUL in the model", small.replace("res.partner", "res.partner\\u0000")),
        ("a newline in the method", small.replace("search_count", "search_count\\n")),
        ("a model with a path", small.replace("res.partner", "../res.partner")),
        ("a private method", small.replace("search_count", "_search")),
        ("no arguments", small.replace("[[]]", "null")),
        ("args as a text", json.dumps(good.rpc("object", "execute_kw")).replace("[]", '"x"')),
        ("another service", small.replace('"object"', '"report"')),
        ("another uid", small.replace(f", {good.uid}, ", ", 999999, ")),
        ("uid as a text with blanks", small.replace(f", {good.uid}, ", ', " 1_0 ", ')),
        ("another database", small.replace(json.dumps(good.database), '"postgres"')),
        ("a million numbers", small.replace("[[]]", "[[" + "1," * 1_000_000 + "1]]")),
    ):
        assert name == "no body" or text != small, name
        yield Case(name, "jsonrpc", good.jsonrpc(text))
    yield Case("bad UTF-8", "jsonrpc", good.jsonrpc(small.encode().replace(b"res.partner", b"res.partner\xff")))
    yield Case("UTF-16", "jsonrpc", good.jsonrpc(small.encode("utf-16")))
    yield Case("an overlong slash", "jsonrpc", good.jsonrpc(small.encode().replace(b"res.partner", b"\xc0\xaf")))
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/html", ""):
        yield Case(f"JSON as {kind!r}", "jsonrpc", good.jsonrpc(content_type=kind))
    for name, text in (
        ("JSON-2: a list", "[]"),
        ("JSON-2: domain twice", '{"domain":[],"domain":[["id","=",1]]}'),
        ("JSON-2: unknown argument", '{"domain":[],"sudo":true}'),
        ("JSON-2: half", '{"domain":['),
        ("JSON-2: bad context", '{"domain":[],"context":[1]}'),
    ):
        yield Case(name, "json2", good.json2(text))


def documents(good):
    small = good.xmlrpc_body()
    method = "<methodName>execute_kw</methodName>"
    dtd = '<!DOCTYPE methodCall [<!ENTITY m "execute_kw">]>'
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    inner = "<value><array><data>" * 20_000
    for name, text in (
        ("a DTD", small.replace("<methodCall>", dtd + "<methodCall>")),
        ("an entity as the method", small.replace("<methodCall>", dtd + "<methodCall>").replace("execute_kw<", "&m;<")),
        ("an external entity", small.replace("<methodCall>", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><methodCall>').replace("res.partner", "&e;")),
        ("a billion laughs", small.replace("<methodCall>", f'<!DOCTYPE x [<!ENTITY a0 "lol">{laughs}]><methodCall>').replace("res.partner", "&a9;")),
        ("an unknown entity", small.replace("res.partner", "&partner;")),
        ("two method names", small.replace(method, "<methodName>version</methodName>" + method)),
        ("two params", small.replace("</params>", "</params><params></params>")),
        ("no method name", small.replace(method, "")),
        ("an unknown element", small.replace("<params>", "<odd/><params>")),
        ("a namespace prefix", small.replace("methodCall>", "x:methodCall>")),
        ("a value outside a param", small.replace("<params>", "<value><int>1</int></value><params>")),
        ("a processing instruction", small.replace("<params>", "<?php x ?><params>")),
        ("an attribute", small.replace("<params>", '<params a="b">')),
        ("a struct member twice", small.replace("<struct>", "<struct>" + "<member><name>limit</name><value><int>1</int></value></member>" * 2)),
        ("an open element", small.replace("</methodCall>", "")),
        ("half an XML", small[: len(small) // 2]),
        ("two documents", small + small),
        ("text behind the end", small + "x"),
        ("nested without end", small.replace("<params>", "<params><param>" + inner)),
        ("another root", small.replace("methodCall", "methodResponse")),
        ("JSON", good.jsonrpc_body()),
        ("a number that is none", small.replace(f"<int>{good.uid}</int>", "<int>seven</int>")),
        ("a number past 64 bits", small.replace(f"<int>{good.uid}</int>", f"<int>{'9' * 400}</int>")),
        ("bad base64", small.replace("<string>res.partner</string>", "<base64>*</base64>")),
        ("a control character", small.replace("res.partner", "res.partner&#0;")),
        ("a multicall", small.replace("execute_kw<", "system.multicall<")),
        ("introspection", small.replace("execute_kw<", "system.listMethods<")),
        ("blanks around the method", small.replace(method, "<methodName> execute_kw </methodName>")),
        ("100,000 attributes", small.replace("<params>", "<params " + " ".join(f'a{n}="1"' for n in range(100_000)) + ">")),
    ):
        assert text != small, name
        yield Case(f"XML-RPC: {name}", "xmlrpc", good.xmlrpc(text))
    declared = small.replace("<?xml version='1.0'?>", "<?xml version='1.0' encoding='utf-16'?>")
    yield Case("XML-RPC: UTF-16", "xmlrpc", good.xmlrpc(declared.encode("utf-16")))
    yield Case("XML-RPC: bad UTF-8", "xmlrpc", good.xmlrpc(small.encode().replace(b"res.partner", b"res.partner\xff")))
    latin = small.replace("<?xml version='1.0'?>", "<?xml version='1.0' encoding='latin-1'?>").replace("res.partner", "res.p\xe9")
    yield Case("XML-RPC: latin-1", "xmlrpc", good.xmlrpc(latin.encode("latin-1")))
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        yield Case(f"XML-RPC as {kind}", "xmlrpc", good.xmlrpc(content_type=kind))


def sessions(good):
    chosen = "pcs_" + "a" * 59
    for name, headers in (
        ("a key and a cookie", [f"Cookie: session_id={chosen}"]),
        ("a key and a cookie that is none", ["Cookie: session_id=../../etc/passwd"]),
        ("two cookies", ["Cookie: session_id=a; session_id=b"]),
        ("two Cookie headers", ["Cookie: session_id=a", "Cookie: session_id=b"]),
        ("a cookie that is no text", ["Cookie: session_id=\xff\xfe"]),
    ):
        yield Case(f"session: {name}", "call_kw", good.call_kw(headers=headers))
    body = good.call_kw_body()
    for target, text in (
        ("/web/dataset/call_kw/res.partner.search_count", body),
        ("/web/dataset/call_kw/res.partner/read", body),
        ("/web/dataset/call_kw/res.users/search_count", body),
        ("/web/dataset/call_kw/res.partner/search_count/x", body),
        ("/web/dataset/call_kw/res.partner/search_count/", body),
        ("/web/dataset/call_kw%2Fres.partner", body),
        ("/web/dataset/call_kw", body.replace('"args": [[]]', '"args": {}')),
        ("/web/dataset/call_kw", body.replace('"kwargs": {}', '"kwargs": 1')),
        ("/web/dataset/call_kw", body.replace('"model": ', '"model": "res.users", "model": ')),
        ("/web/dataset/call_kw", body.replace('"search_count"', '"_search"')),
        ("/web/dataset/call_kw", body.replace('"search_count"', "null")),
    ):
        yield Case(f"session: {target} {text[40:]}", "call_kw", good.call_kw(text, target=target))
    for verb in ("GET", "OPTIONS", "PUT", "BREW"):
        yield Case(f"session: {verb}", "call_kw", good.call_kw(verb=verb), rpc=False)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        yield Case(f"session: as {kind}", "call_kw", good.call_kw(content_type=kind), rpc=False)
    for target in ("/api/method/login?usr=a&pwd=b", "/?cmd=login&usr=a&pwd=b", f"/api/resource/Customer?sid={chosen}"):
        yield Case(f"session: {target}", "frappe", good.frappe(target=target), rpc=False)
    yield Case("session: Frappe's key and cookie", "frappe", good.frappe(headers=[f"Cookie: sid={chosen}"]), rpc=False)


def every(good):
    for group in (verbs, paths, framings, heads, bodies, documents, sessions):
        yield from group(good)
