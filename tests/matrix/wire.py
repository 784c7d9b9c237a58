"""Clients of Odoo's dialects, on Python's own readers and writers, and what they understand.

An outcome is `("answer", value)` or `("error", what the dialect tells apart)`: a client decides by
that. Messages are an outcome's third part where the ERP writes them for people.
"""

import http.client
import json
import urllib.parse
import xmlrpc.client


def write_int(_, number, write):
    """Python's own writer stops at 32 bits; other clients' do not."""
    write(f"<value><int>{number}</int></value>")


xmlrpc.client.Marshaller.dispatch[int] = write_int

# Faces of the web client, with a session's cookie.
SESSION = ("call_kw", "call_button")


class Client:
    """One user of one server, in one dialect."""

    def __init__(self, dialect, url, database, uid, secret):
        self.dialect, self.database, self.uid, self.secret = dialect, database, uid, secret
        self.place = urllib.parse.urlsplit(url)
        self.cookie = None
        # A button answers an action or nothing: what it made stays unknown.
        self.tells_ids = dialect != "call_button"

    def send(self, path, body, headers):
        status, body, _ = self.exchange(path, body, headers)
        return status, body

    def exchange(self, path, body, headers):
        connection = http.client.HTTPConnection(self.place.hostname, self.place.port, timeout=20)
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.getheader("Set-Cookie")
        finally:
            connection.close()

    def call(self, call):
        """Makes a call as this dialect's clients do."""
        if self.dialect == "json2":
            return self.by_name(call)
        keywords = dict(call.keywords)
        if call.context is not None:
            keywords["context"] = call.context
        arguments = [value for _, value in call.arguments]
        if call.ids is not None:
            arguments.insert(0, call.ids)
        if self.dialect in SESSION:
            return self.with_cookie(call, arguments, keywords)
        slots = [self.database, self.uid, self.secret, call.model, call.method]
        slots += [arguments, keywords] if keywords or call.model else [arguments]
        if self.dialect == "jsonrpc":
            return self.enveloped("/jsonrpc", {"service": "object", "method": "execute_kw", "args": slots})
        return self.marshalled(slots)

    def by_name(self, call):
        body = dict(call.arguments) | call.keywords
        if call.ids is not None:
            body["ids"] = call.ids
        if call.context is not None:
            body["context"] = call.context
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self.secret}",
            "X-Odoo-Database": self.database,
        }
        path = f"/json/2/{call.model}/{call.method}"
        status, body = self.send(path, json.dumps(body).encode(), headers)
        answer = json.loads(body)
        if status == 200:
            return "answer", answer, None
        return "error", (status, answer["name"].rsplit(".", 1)[-1]), answer["message"]

    def log_in(self, login):
        """Opens a session, as the web client does; where it was given a key, that is the password."""
        params = {"db": self.database, "login": login, "password": self.secret}
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params, "id": 1}).encode()
        headers = {"Content-Type": "application/json"}
        _, body, cookie = self.exchange("/web/session/authenticate", body, headers)
        told = json.loads(body)
        if told.get("result", {}).get("uid") != self.uid:
            raise AssertionError(f"the log-in was answered {told}")
        self.cookie = cookie.split(";", 1)[0]

    def with_cookie(self, call, arguments, keywords):
        params = {"model": call.model, "method": call.method, "args": arguments, "kwargs": keywords}
        # The web client names the call in the path as well.
        path = f"/web/dataset/{self.dialect}/{call.model}/{call.method}"
        return self.enveloped(path, params, {"Cookie": self.cookie})

    def enveloped(self, path, params, more=None):
        body = {"jsonrpc": "2.0", "method": "call", "params": params, "id": "seven"}
        headers = {"Content-Type": "application/json"} | (more or {})
        _, body = self.send(path, json.dumps(body).encode(), headers)
        answer = json.loads(body)
        if "error" in answer:
            error = answer["error"]
            name = error["data"]["name"].rsplit(".", 1)[-1]
            return "error", (error["code"], name), error["data"]["message"]
        if answer["id"] != "seven":
            raise AssertionError(f"the id came back as {answer['id']!r}")
        return "answer", answer.get("result"), None

    def marshalled(self, slots):
        path = "/xmlrpc/2/object" if self.dialect == "xmlrpc2" else "/xmlrpc/object"
        body = xmlrpc.client.dumps(tuple(slots), "execute_kw", allow_none=True).encode()
        _, body = self.send(path, body, {"Content-Type": "text/xml"})
        try:
            (value,), _ = xmlrpc.client.loads(body, use_builtin_types=True)
        except xmlrpc.client.Fault as fault:
            return "error", told_apart(fault), fault.faultString or fault.faultCode
        return "answer", value, None


def told_apart(fault):
    """What v2 tells apart by a number, and v1 by the head of a text."""
    if isinstance(fault.faultCode, int):
        return fault.faultCode
    head = fault.faultCode.split("\n", 1)[0]
    return head if head.startswith("warning -- ") or head == "AccessDenied" else "other"
