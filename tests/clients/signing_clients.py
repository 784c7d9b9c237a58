"""Clients that sign their requests: those that guides print, typed in as a user would, and RFC 9421's.

Only what a user changes is an argument: URL, keys, names.
"""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms


class SortedJsonAdapter:
    """A connector's adapter for Odoo: base64 over verb, endpoint, seconds and the data's JSON with sorted names."""

    def __init__(self, url, api_key, api_secret):
        self.url, self.api_key, self.api_secret = url, api_key, api_secret

    def request(self, method, endpoint, data=None, **more):
        timestamp = str(int(datetime.now().timestamp()))
        headers = {
            "X-API-Key": self.api_key,
            "X-Signature": self._signature(method, endpoint, timestamp, data),
            "X-Timestamp": timestamp,
        }
        return requests.request(method, f"{self.url}{endpoint}", json=data, headers=headers, timeout=20, **more)

    def _signature(self, method, endpoint, timestamp, data):
        parts = [method.upper(), endpoint, timestamp]
        if data:
            parts.append(json.dumps(data, sort_keys=True))
        digest = hmac.new(self.api_secret.encode("utf-8"), "\n".join(parts).encode("utf-8"), hashlib.sha256).digest()
        return base64.b64encode(digest).decode("utf-8")


class TimestampClient:
    """The Python client of ERPNext's guide: hexadecimal over `METHOD:endpoint:timestamp`, the key beside it."""

    def __init__(self, url, api_key, api_secret):
        self.base_url, self.api_key, self.api_secret = url, api_key, api_secret
        self.session = requests.Session()
        self.session.headers.update({"User-Agent": "ERPNext-API-Client/1.0", "X-Requested-With": "XMLHttpRequest"})

    def request(self, method, endpoint, data=None, params=None):
        timestamp = datetime.now(UTC).replace(tzinfo=None).isoformat()
        message = f"{method}:{endpoint}:{timestamp}"
        headers = {
            "Authorization": f"token {self.api_key}:{self.api_secret}",
            "X-Timestamp": timestamp,
            "X-Signature": hmac.new(self.api_secret.encode(), message.encode(), hashlib.sha256).hexdigest(),
        }
        return self.session.request(
            method, f"{self.base_url}{endpoint}", json=data, params=params, headers=headers, timeout=20
        )


class _Resolver(HTTPSignatureKeyResolver):
    def __init__(self, key):
        self.key = key

    def resolve_private_key(self, key_id):
        return self.key


class Library:
    """The package `http-message-signatures` over `requests`, with a secret or a key pair."""

    def __init__(self, url, key_id, key):
        self.url, self.key_id = url, key_id
        pair = isinstance(key, Ed25519PrivateKey)
        algorithm = algorithms.ED25519 if pair else algorithms.HMAC_SHA256
        if pair:
            key = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self.signer = HTTPMessageSigner(signature_algorithm=algorithm, key_resolver=_Resolver(key))
        self.count = 0

    def prepare(self, method, endpoint, data=None, created=0):
        request = requests.Request(method, f"{self.url}{endpoint}", json=data).prepare()
        covered = ["@method", "@path"]
        if "?" in endpoint:
            covered.append("@query")
        if data is not None:
            covered.append("content-type")
        self.count += 1
        self.signer.sign(
            request, key_id=self.key_id, covered_component_ids=covered, nonce=f"{id(self)} {self.count}",
            created=datetime.now() + timedelta(seconds=created), body=request.body,
        )
        return request

    @staticmethod
    def send(request):
        with requests.Session() as session:
            return session.send(request, timeout=20)

    def request(self, method, endpoint, data=None, **more):
        return self.send(self.prepare(method, endpoint, data, **more))
