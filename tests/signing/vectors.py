"""The test vectors of docs/signing.md, computed by Python's own hmac and by `cryptography`.

`vectors.py --write` writes vectors.json; without it, what stands there is computed again and compared,
and so is the one that the page prints.
Nothing here reads the Rust code: both are read against the same numbers.
"""

import argparse
import base64
import hashlib
import hmac
import json
import pathlib
import sys
import urllib.parse

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

FILE = pathlib.Path(__file__).with_name("vectors.json")
PAGE = pathlib.Path(__file__).parents[2] / "docs/signing.md"


def base32(data):
    return base64.b32encode(data).decode().lower().rstrip("=")


def with_check(text):
    return text + base32(hashlib.sha256(text.encode()).digest())[:7]


# Made of counted bytes, so that nobody takes them for keys.
KEY = "pck_" + base32(bytes(range(10)))
SECRET = with_check("pcsign_" + base32(bytes(range(32))))
HALF = with_check(f"{KEY}_{base32(bytes(range(32)))}").split("_", 2)[2]
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
CREATED = 1764000000
JSON = "application/json"


def b64(data):
    return base64.b64encode(data).decode()


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def signed(name, scheme, method, target, body="", headers=None, digest="sha-256", more=(), alg=True, expires=None):
    """A request that is signed by RFC 9421, as a client makes it."""
    path, mark, query = target.partition("?")
    headers = dict(headers or {})
    lines = [("@method", method), ("@path", path)]
    if mark:
        lines.append(("@query", "?" + query))
    if body:
        computed = hashlib.new(digest.replace("-", ""), body.encode()).digest()
        headers["content-digest"] = f"{digest}=:{b64(computed)}:"
        lines.append(("content-digest", headers["content-digest"]))
    for component in more:
        value = headers["host"].lower() if component == "@authority" else headers[component]
        lines.append((component, value))
    nonce = f"{name} 0001"
    parameters = "(" + " ".join(f'"{component}"' for component, _ in lines) + ")"
    parameters += f";created={CREATED}"
    if expires:
        parameters += f";expires={expires}"
    parameters += f';nonce="{nonce}";keyid="{KEY}"'
    named = {"hmac": "hmac-sha256", "ed25519": "ed25519"}[scheme]
    if alg:
        parameters += f';alg="{named}"'
    base = "\n".join([f'"{component}": {value}' for component, value in lines] + [f'"@signature-params": {parameters}'])
    signature = mac(SECRET.encode(), base) if scheme == "hmac" else PRIVATE.sign(base.encode())
    headers["signature-input"] = f"sig={parameters}"
    headers["signature"] = f"sig=:{b64(signature)}:"
    return {
        "name": name, "scheme": scheme, "method": method, "target": target,
        "headers": headers, "body": body, "base": base,
    }


def legacy(name, scheme, method, endpoint, stamp, sent=None, data=None, query=None):
    """A request of one of the older schemes, signed as its client signs it."""
    if scheme == "legacy-sorted-json":
        parts = [method, endpoint, stamp]
        if data is not None:
            parts.append(json.dumps(data, sort_keys=True))
        text = "\n".join(parts)
        signature = b64(mac(SECRET.encode(), text))
        headers = {"x-api-key": KEY, "x-timestamp": stamp}
    else:
        text = f"{method}:{endpoint}:{stamp}"
        signature = mac(HALF.encode(), text).hex()
        header = "x-timestamp" if scheme == "legacy-timestamp" else "x-request-time"
        headers = {"authorization": f"token {KEY}:{HALF}", header: stamp}
    headers["x-signature"] = signature
    target = sent or urllib.parse.quote(endpoint, safe="/?=&%")
    if query:
        target += "?" + query
    return {
        "name": name, "scheme": scheme, "method": method, "target": target, "headers": headers,
        "body": "" if data is None else json.dumps(data), "text": text,
    }


def rfc():
    """RFC 9421, B.2.5 and B.2.6: a request that covers less than is asked for here, so that the
    gateway refuses it; the texts and the signatures are the standard's own."""
    parameters = '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"'
    shared = "\n".join([
        '"date": Tue, 20 Apr 2021 02:07:55 GMT', '"@authority": example.com', '"content-type": application/json',
        f'"@signature-params": {parameters}',
    ])
    secret = base64.b64decode("uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==")
    parameters = (
        '("date" "@method" "@path" "@authority" "content-type" "content-length")'
        ';created=1618884473;keyid="test-key-ed25519"'
    )
    pair = "\n".join([
        '"date": Tue, 20 Apr 2021 02:07:55 GMT', '"@method": POST', '"@path": /foo', '"@authority": example.com',
        '"content-type": application/json', '"content-length": 18', f'"@signature-params": {parameters}',
    ])
    private = base64.urlsafe_b64decode("n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU=")
    key = Ed25519PrivateKey.from_private_bytes(private)
    vectors = [
        {"name": "B.2.5", "scheme": "hmac", "key": b64(secret), "base": shared, "signature": b64(mac(secret, shared))},
        {"name": "B.2.6", "scheme": "ed25519", "key": b64(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)),
         "base": pair, "signature": b64(key.sign(pair.encode()))},
    ]
    published = {
        "B.2.5": "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=",
        "B.2.6": "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==",
    }
    for vector in vectors:
        assert vector["signature"] == published[vector["name"]], vector["name"]
    return vectors


def vectors():
    ids = json.dumps({"domain": [["is_company", "=", True]], "fields": ["name"]})
    return {
        "key": KEY, "secret": SECRET, "half": HALF, "created": CREATED,
        "public-key": PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        "rfc9421": rfc(),
        "signed": [
            signed(f"{scheme} {name}", scheme, *request, **options)
            for scheme in ("hmac", "ed25519")
            for name, request, options in [
                ("read", ("GET", "/api/v1/partners"), {}),
                ("query", ("GET", "/api/v1/partners?fields=name%2Ccity&limit=2"), {}),
                ("empty query", ("GET", "/api/v1/partners?"), {}),
                ("escaped path", ("GET", "/api/resource/Sales%20Order/S%2F1"), {}),
                ("json-2", ("POST", "/json/2/res.partner/search_read", ids), {
                    "headers": {"content-type": JSON}, "more": ("content-type",),
                }),
                ("sha-512", ("POST", "/json/2/res.partner/search_read", ids), {"digest": "sha-512"}),
                ("beyond ascii", ("POST", "/jsonrpc", '{"name": "Zoë ☕"}'), {}),
                ("covers more", ("POST", "/jsonrpc", ids), {
                    "headers": {"host": "ERP.example.com", "content-type": JSON, "idempotency-key": "order-7"},
                    "more": ("@authority", "content-type", "idempotency-key"), "expires": CREATED + 60,
                }),
                ("unnamed algorithm", ("GET", "/api/v1/partners"), {"alg": False}),
            ]
        ],
        "legacy": [
            legacy("seconds, no body", "legacy-sorted-json", "GET", "/api/v1/partners", str(CREATED)),
            legacy("sorted names", "legacy-sorted-json", "POST", "/json/2/res.partner/create", str(CREATED),
                   data={"vals": {"name": "Zoë ☕", "credit": 12.50, "ref": None, "active": True}, "ids": []}),
            legacy("query unsigned", "legacy-sorted-json", "GET", "/api/v1/partners", str(CREATED), query="limit=1"),
            legacy("microseconds", "legacy-timestamp", "GET", "/api/resource/Customer", "2025-11-24T16:00:00.123456"),
            legacy("whole second", "legacy-timestamp", "DELETE", "/api/resource/Customer/C-1", "2025-11-24T16:00:00"),
            legacy("a name with a space", "legacy-timestamp", "GET", "/api/resource/Sales Order", "2025-11-24T16:00:00.5"),
            legacy("milliseconds", "legacy-request-time", "POST", "/api/resource/Customer", "2025-11-24T16:00:00.123Z",
                   data={"customer_name": "Ann"}),
            legacy("query in the endpoint", "legacy-request-time", "GET", "/api/resource/Customer?limit=1",
                   "2025-11-24T16:00:00.123Z"),
            legacy("below an upstream", "legacy-request-time", "GET", "/api/resource/Customer", "2025-11-24T16:00:00.123Z",
                   sent="/u/erpnext/api/resource/Customer"),
        ],
        "sorted-json": [
            {"body": body, "text": json.dumps(json.loads(body), sort_keys=True)}
            for body in [
                '{"b": 1, "a": [true, false, null], "A": {"z": {}, "y": []}}',
                '[1, -2, 0.5, 1e+16, 1e-07, 12345678901234567890123, -0.0]',
                '{"é": "\\u00e9", "\U0001f600": "a\\"b\\\\c\\/d", "e": "\\n\\r\\t\\b\\f\\u0001\\u007f"}',
                ' { "a" :\t"b" ,\n"c":[ ] } ',
                '"text"', "7", "null", "{}", "[]", '{"": ""}',
            ]
        ],
    }


def main():
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--write", action="store_true")
    text = json.dumps(vectors(), indent=1, ensure_ascii=False) + "\n"
    if reader.parse_args().write:
        FILE.write_text(text, encoding="utf-8")
    printed = next(vector for vector in vectors()["signed"] if vector["name"] == "hmac query")
    lines = [SECRET, printed["target"], printed["headers"]["signature"].removeprefix("sig="), *printed["base"].split("\n")]
    page = PAGE.read_text(encoding="utf-8")
    good = FILE.read_text(encoding="utf-8") == text and all(line in page for line in lines)
    count = sum(len(part) for part in json.loads(text).values() if isinstance(part, list))
    print(f"{count if good else 0} passed, {0 if good else 1} failed")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
