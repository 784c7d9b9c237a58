"""The good requests that the hostile ones mirror: the same call in each dialect."""

import json
import xmlrpc.client

from wire import JSON, XML, request


class Good:
    """Well-formed requests of one demo, each with a key that may."""

    def __init__(self, demo):
        self.database = demo.database
        self.key = demo.keys["odoo_full"]
        self.pair = demo.keys["erpnext_full"]
        self.uid = 0  # learned by a log-in

    def login(self, user):
        return request("POST", "/jsonrpc", json.dumps(self.rpc("common", "login", self.database, user, self.key)))

    def rpc(self, service, method, *args):
        params = {"service": service, "method": method, "args": list(args)}
        return {"jsonrpc": "2.0", "method": "call", "params": params, "id": 1}

    def args(self, method="search_count", arguments=([],), named=None):
        return (self.database, self.uid, self.key, "res.partner", method, list(arguments), named or {})

    def jsonrpc_body(self):
        return json.dumps(self.rpc("object", "execute_kw", *self.args()))

    def jsonrpc(self, body=None, **how):
        return request(how.pop("verb", "POST"), how.pop("target", "/jsonrpc"), body or self.jsonrpc_body(), **how)

    def xmlrpc_body(self):
        return xmlrpc.client.dumps(self.args(), "execute_kw")

    def xmlrpc(self, body=None, **how):
        how.setdefault("content_type", XML)
        return request("POST", how.pop("target", "/xmlrpc/2/object"), body or self.xmlrpc_body(), **how)

    def json2(self, body=None, **how):
        headers = (f"Authorization: Bearer {self.key}", *how.pop("headers", ()))
        target = how.pop("target", "/json/2/res.partner/search_count")
        return request(how.pop("verb", "POST"), target, body or '{"domain":[]}', headers=headers, **how)

    def call_kw_body(self):
        call = {"model": "res.partner", "method": "search_count", "args": [[]], "kwargs": {}}
        return json.dumps({"jsonrpc": "2.0", "method": "call", "params": call, "id": 1})

    def call_kw(self, body=None, **how):
        headers = (f"X-API-Key: {self.key}", *how.pop("headers", ()))
        target = how.pop("target", "/web/dataset/call_kw")
        return request(how.pop("verb", "POST"), target, body or self.call_kw_body(), headers=headers, **how)

    def frappe(self, **how):
        headers = (f"Authorization: token {self.pair}", *how.pop("headers", ()))
        target = how.pop("target", "/api/resource/Customer?limit_page_length=1")
        how.setdefault("content_type", JSON if how.get("body") else None)
        return request(how.pop("verb", "GET"), target, headers=headers, **how)
