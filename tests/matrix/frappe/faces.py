"""The faces of Frappe, each as its clients speak it: how an operation becomes a request.

A face is a name and the operations that it has; an operation is a function of its arguments that
gives (verb, path, query, body, type of the body).
"""

import dataclasses
import json
import typing
import urllib.parse

JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@dataclasses.dataclass
class Request:
    verb: str
    path: str
    query: dict = dataclasses.field(default_factory=dict)
    body: typing.Any = None
    kind: str = JSON

    def target(self):
        return self.path + ("?" + urllib.parse.urlencode(texts(self.query)) if self.query else "")

    def payload(self):
        if self.body is None:
            return None
        if self.kind == FORM:
            return urllib.parse.urlencode(texts(self.body)).encode()
        return json.dumps(self.body).encode()


def texts(arguments):
    """Queries and forms hold texts; what has parts is JSON in one."""
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in arguments.items()}


def quoted(*segments):
    return "/".join(urllib.parse.quote(segment, safe="") for segment in segments)


class Resource:
    """`/api/resource`, with JSON bodies or with `data` in a form, as the Python clients have it."""

    def __init__(self, name, prefix, form=False):
        self.name, self.prefix, self.form = name, prefix, form

    def written(self, verb, path, doc):
        if self.form:
            return Request(verb, path, body={"data": json.dumps(doc)}, kind=FORM)
        return Request(verb, path, body=doc)

    def list(self, doctype, **asked):
        return Request("GET", f"{self.prefix}/{quoted(doctype)}", asked)

    def get(self, doctype, name):
        return Request("GET", f"{self.prefix}/{quoted(doctype, name)}")

    def insert(self, doctype, doc):
        return self.written("POST", f"{self.prefix}/{quoted(doctype)}", doc)

    def save(self, doctype, name, doc):
        # Python's clients send the whole document, whose names are in the path as well.
        doc = {"doctype": doctype, "name": name, **doc} if self.form else doc
        return self.written("PUT", f"{self.prefix}/{quoted(doctype, name)}", doc)

    def delete(self, doctype, name):
        return Request("DELETE", f"{self.prefix}/{quoted(doctype, name)}")

    def submit(self, doctype, name):
        return self.run(doctype, name, "submit")

    def cancel(self, doctype, name):
        return self.run(doctype, name, "cancel")

    def run(self, doctype, name, method, **arguments):
        kind = FORM if self.form else JSON
        return Request("POST", f"{self.prefix}/{quoted(doctype, name)}", body={"run_method": method, **arguments}, kind=kind)


class Version2:
    """`/api/v2/document`: the body is the document."""

    def __init__(self, name, change):
        self.name, self.change = name, change

    def list(self, doctype, **asked):
        if "limit_page_length" in asked:
            asked["limit"] = asked.pop("limit_page_length")
        return Request("GET", f"/api/v2/document/{quoted(doctype)}", asked)

    def count(self, doctype, **asked):
        return Request("GET", f"/api/v2/doctype/{quoted(doctype)}/count", asked)

    def meta(self, doctype):
        return Request("GET", f"/api/v2/doctype/{quoted(doctype)}/meta")

    def get(self, doctype, name):
        # frappectl ends its paths so.
        return Request("GET", f"/api/v2/document/{quoted(doctype, name)}/")

    def insert(self, doctype, doc):
        return Request("POST", f"/api/v2/document/{quoted(doctype)}", body=doc)

    def save(self, doctype, name, doc):
        return Request(self.change, f"/api/v2/document/{quoted(doctype, name)}", body=doc)

    def delete(self, doctype, name):
        return Request("DELETE", f"/api/v2/document/{quoted(doctype, name)}")

    def submit(self, doctype, name):
        return self.run(doctype, name, "submit")

    def cancel(self, doctype, name):
        return self.run(doctype, name, "cancel")

    def run(self, doctype, name, method, **arguments):
        return Request("POST", f"/api/v2/document/{quoted(doctype, name)}/method/{method}", body=arguments)


class Methods:
    """`frappe.client.*`, under a path of methods or by `cmd` on `/`."""

    def __init__(self, name, prefix, kind):
        self.name, self.prefix, self.kind = name, prefix, kind

    def method(self, dotted, /, verb="POST", **arguments):
        path = f"{self.prefix}/{dotted}"
        if not self.prefix:
            path, arguments = "/", {"cmd": dotted, **arguments}
        if verb == "GET":
            return Request(verb, path, arguments)
        return Request(verb, path, body=arguments, kind=self.kind)

    def client(self, short, **arguments):
        # What only reads is asked by GET where a form is what the clients send.
        reads = short.startswith(("get", "has", "validate")) and self.kind == FORM
        return self.method(f"frappe.client.{short}", verb="GET" if reads else "POST", **arguments)

    def list(self, doctype, **asked):
        return self.client("get_list", doctype=doctype, **asked)

    def count(self, doctype, **asked):
        return self.client("get_count", doctype=doctype, **asked)

    def get(self, doctype, name):
        return self.client("get", doctype=doctype, name=name)

    def insert(self, doctype, doc):
        return self.client("insert", doc={"doctype": doctype, **doc})

    def save(self, doctype, name, doc):
        return self.client("set_value", doctype=doctype, name=name, fieldname=doc)

    def delete(self, doctype, name):
        return self.client("delete", doctype=doctype, name=name)

    def cancel(self, doctype, name):
        return self.client("cancel", doctype=doctype, name=name)


FACES = [
    Resource("v1", "/api/resource"),
    Resource("v1, forms", "/api/resource", form=True),
    Resource("v1 by its number", "/api/v1/resource"),
    Version2("v2", "PATCH"),
    Version2("v2, PUT", "PUT"),
    Methods("methods", "/api/method", JSON),
    Methods("methods, forms", "/api/method", FORM),
    Methods("methods of v2", "/api/v2/method", JSON),
    Methods("cmd", "", JSON),
    Methods("cmd, forms", "", FORM),
]
