"""Frappe's Python clients, each under the same few names, so that one round fits all.

Each is made with a pair `KEY:SECRET`, or with a log-in, for which the key is the password.
"""

import io
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent


class FrappeClient:
    """frappe-client: `/api/resource` with forms, `cmd` on `/`, Basic or a log-in."""

    folder = None

    def __init__(self, demo, user, pair, log_in):
        if self.folder:
            sys.path.insert(0, str(self.folder))
        import frappeclient
        from frappeclient.frappeclient import FrappeException

        self.refusals = (FrappeException,)
        key, secret = pair.split(":", 1)
        given = {"username": user, "password": pair} if log_in else {"api_key": key, "api_secret": secret}
        self.own = frappeclient.FrappeClient(demo.url, **given)

    def says_no(self, error):
        return "PermissionError" in str(error)

    def list(self, doctype, fields, filters=None, limit=5):
        return self.own.get_list(doctype, fields=fields, filters=filters, limit_page_length=limit)

    def every(self, doctype):
        return self.own.get_list(doctype)

    def get(self, doctype, name):
        return self.own.get_doc(doctype, name)

    def count(self, doctype):
        return self.own.get_api("frappe.client.get_count", {"doctype": doctype})

    def value(self, doctype, field, name):
        return self.own.get_value(doctype, field, {"name": name})[field]

    def create(self, doc):
        return self.own.insert(doc)

    def update(self, doc):
        return self.own.update(doc)

    def many(self, docs):
        return self.own.bulk_update(docs)

    def set(self, doctype, name, field, value):
        return self.own.set_value(doctype, name, field, value)

    def delete(self, doctype, name):
        return self.own.delete(doctype, name)

    def submit(self, doc):
        return self.own.submit(doc)

    def cancel(self, doctype, name):
        return self.own.cancel(doctype, name)

    def rename(self, doctype, old, new):
        return self.own.rename_doc(doctype, old, new)

    def close(self):
        self.own.logout()


class FrappeClient2(FrappeClient):
    """frappeclient2: a fork under the same module's name, so that it lies in a folder of its own."""

    folder = pathlib.Path(os.environ.get("FRAPPECLIENT2", HERE.parents[1] / ".venv" / "frappeclient2"))


class Connector(FrappeClient):
    """frappe-connector."""

    def __init__(self, demo, user, pair, log_in):
        import frappe_connector

        self.refusals = (frappe_connector.ServerError, frappe_connector.FrappeException)
        key, secret = pair.split(":", 1)
        given = {"username": user, "password": pair} if log_in else {"api_key": key, "api_secret": secret}
        self.own = frappe_connector.FrappeConnector(demo.url, **given)

    def says_no(self, error):
        return getattr(error, "exc_type", None) == "PermissionError"

    def list(self, doctype, fields, filters=None, limit=5):
        return self.own.get_list(doctype, fields=fields, filters=filters, page_size=limit)

    def value(self, doctype, field, name):
        found = self.own.get_api("frappe.client.get_value", {"doctype": doctype, "fieldname": field, "filters": {"name": name}})
        return found[field]

    def create(self, doc):
        return self.own.create_doc(doc)

    def update(self, doc):
        return self.own.update_doc(doc)

    def many(self, docs):
        return self.own.post_api("frappe.client.bulk_update", {"docs": docs})

    def set(self, doctype, name, field, value):
        given = {"doctype": doctype, "name": name, "fieldname": field, "value": value}
        return self.own.post_api("frappe.client.set_value", given)

    def delete(self, doctype, name):
        return self.own.delete_doc(doctype, name)

    def submit(self, doc):
        return self.own.submit_doc(doc)

    def cancel(self, doctype, name):
        return self.own.post_api("frappe.client.cancel", {"doctype": doctype, "name": name})

    def close(self):
        self.own.close()


class Ctl:
    """frappectl's client: version 2 only, with a token."""

    def __init__(self, demo, user, pair, log_in):
        from frappectl.client import FrappeClient
        from frappectl.errors import FrappeError

        self.refusals = (FrappeError,)
        self.own = FrappeClient(demo.url, pair)

    def says_no(self, error):
        return error.status_code == 403

    def list(self, doctype, fields, filters=None, limit=5):
        return self.own.list_documents(doctype, fields=fields, filters=filters, limit=limit)[0]

    def every(self, doctype):
        return self.own.list_documents(doctype, fields=["*"], limit=20)[0]

    def get(self, doctype, name):
        return self.own.get_document(doctype, name)

    def count(self, doctype):
        return self.own.get_count(doctype)

    def value(self, doctype, field, name):
        given = {"doctype": doctype, "fieldname": field, "filters": {"name": name}}
        return self.own.call_method("frappe.client.get_value", params=given, http_method="GET")[field]

    def create(self, doc):
        doctype = doc["doctype"]
        return self.own.create_document(doctype, {key: doc[key] for key in doc if key != "doctype"})

    def update(self, doc):
        return self.own.update_document(doc["doctype"], doc["name"], doc)

    def many(self, docs):
        return self.own.call_method("frappe.client.bulk_update", params={"docs": docs})

    def set(self, doctype, name, field, value):
        return self.own.update_document(doctype, name, {field: value})

    def delete(self, doctype, name):
        return self.own.delete_document(doctype, name)

    def submit(self, doc):
        return self.own.run_doc_method(doc["doctype"], doc["name"], "submit")

    def cancel(self, doctype, name):
        return self.own.run_doc_method(doctype, name, "cancel")

    def rename(self, doctype, old, new):
        given = {"doctype": doctype, "old_name": old, "new_name": new}
        return self.own.call_method("frappe.client.rename_doc", params=given)

    def close(self):
        self.own.close()

    def meta(self, doctype):
        return self.own.get_meta(doctype)

    def send_file(self, name, content, doctype, docname):
        file = io.BytesIO(content)
        return self.own.upload_file(file, name, is_private=True, doctype=doctype, docname=docname)

    def fetch_file(self, url):
        pieces = []
        self.own.stream_download(url, pieces.append)
        return b"".join(pieces)


CLIENTS = {
    "frappe-client": (FrappeClient, ("key", "login")),
    "frappeclient2": (FrappeClient2, ("key", "login")),
    "frappe-connector": (Connector, ("key", "login")),
    "frappectl": (Ctl, ("key",)),
}
