"""The calls of Frappe's matrix: what clients do with documents, and what goes wrong.

They run in this order, on the same data on both sides. Each face has those for which it has the
operation; `{face}` in a name keeps the faces' documents apart, and `New("order")` is the name of
the document that the call of that name answered.
"""

import dataclasses
import json


@dataclasses.dataclass
class New:
    """The name of the document that an earlier call of this run answered."""

    name: str


@dataclasses.dataclass
class Answer:
    """What an earlier call of this run answered: whole, or without some of it, or with other values."""

    name: str
    without: tuple = ()
    other: dict = dataclasses.field(default_factory=dict)

    def of(self, answers):
        kept = {key: value for key, value in answers[self.name].items() if key not in self.without}
        return kept | self.other


@dataclasses.dataclass
class Call:
    name: str
    operation: str
    given: tuple
    arguments: dict


def ask(title, operation, *given, **arguments):
    return Call(title, operation, given, arguments)


C, O, R = "Customer", "Sales Order", "Sales Order Item"
OURS = "Matrix of {face}"
TOGETHER = "Robin of Eastmere"
LINES = [{"item_code": "ANVIL-20", "qty": 2, "rate": 189.0}, {"item_code": "OIL-LINSEED", "qty": 1.5}]
DUE = {"delivery_date": "2031-05-05"}
LARGE = {"limit_page_length": 50}
LONG_AGO = "2020-01-01 00:00:00.000000"

CALLS = [
    # Lists.
    ask("list", "list", C),
    ask("list with fields", "list", C, fields=["name", "customer_group", "territory"], limit_page_length=3),
    ask("list of everything of each", "list", C, fields=["*"], limit_page_length=2),
    ask("list from a place", "list", C, fields=["name"], limit_start=5, limit_page_length=4),
    ask("list in an order", "list", C, fields=["name", "tax_id"], order_by="tax_id desc", limit_page_length=5),
    ask("list in an order of two", "list", C, fields=["name"], order_by="territory asc, name desc", limit_page_length=6),
    ask("list by a dictionary", "list", C, filters={"customer_type": "Individual"}, fields=["name"], **LARGE),
    ask("list by conditions", "list", C, filters=[["customer_group", "=", "Government"], ["territory", "!=", "Germany"]], fields=["name"], **LARGE),
    ask("list by conditions with their DocType", "list", C, filters=[[C, "name", "like", "%Foundry%"]], fields=["name"], **LARGE),
    ask("list by a list of values", "list", C, filters={"territory": ["in", ["Germany", "United Kingdom"]]}, fields=["name", "territory"], **LARGE),
    ask("list by what is set", "list", C, filters=[["website", "is", "set"]], fields=["name", "website"], **LARGE),
    ask("list by one or the other", "list", C, or_filters=[["name", "like", "Ardmoor%"], ["tax_id", "=", "TX00138"]], fields=["name"], **LARGE),
    ask("list of nothing", "list", C, filters={"name": "Nobody"}),
    ask("list of empty values", "list", C, filters={"website": ["is", "not set"]}, fields=["name", "website", "mobile_no"], limit_page_length=3),
    ask("list of orders with sums and dates", "list", O, fields=["name", "grand_total", "transaction_date", "status", "docstatus"], order_by="name asc"),
    ask("list of orders between dates", "list", O, filters=[["delivery_date", "between", ["2020-01-01", "2040-01-01"]]], fields=["name"], order_by="name asc"),
    ask("list of orders above a sum", "list", O, filters=[["grand_total", ">", 300]], fields=["name", "grand_total"], order_by="name asc"),
    ask("list of orders by their lines", "list", O, filters=[[R, "item_code", "=", "ANVIL-20"]], fields=["name"], order_by="name asc"),
    ask("list in groups", "list", O, fields=["status"], group_by="status", order_by="status asc"),
    ask("list of lines", "list", R, fields=["parent", "item_code", "qty"], parent=O, order_by="parent asc, idx asc", limit_page_length=8),
    # Counts and single values.
    ask("count", "count", C),
    ask("count by conditions", "count", C, filters={"customer_type": "Company"}),
    ask("count of nothing", "count", C, filters={"name": "Nobody"}),
    ask("get_value", "client", "get_value", doctype=C, filters={"name": TOGETHER}, fieldname="customer_group"),
    ask("get_value of two", "client", "get_value", doctype=C, filters={"name": TOGETHER}, fieldname=["customer_group", "territory"]),
    ask("get_value by name", "client", "get_value", doctype=C, filters=TOGETHER, fieldname="tax_id"),
    ask("get_value of nobody", "client", "get_value", doctype=C, filters={"name": "Nobody"}, fieldname="tax_id"),
    ask("has_permission", "client", "has_permission", doctype=C, docname=TOGETHER, perm_type="write"),
    ask("has_permission on what is not there", "client", "has_permission", doctype=C, docname="Nobody"),
    ask("validate_link", "client", "validate_link", doctype=C, docname=TOGETHER, fields=["customer_group"]),
    ask("validate_link to nobody", "client", "validate_link", doctype=C, docname="Nobody"),
    ask("meta", "meta", C),
    ask("who am I", "method", "frappe.auth.get_logged_user", verb="GET"),
    ask("ping", "method", "ping", verb="GET"),
    # Documents.
    ask("get", "get", C, TOGETHER),
    ask("get of an order with its lines", "get", O, New("insert an order")),
    ask("get by conditions", "client", "get", doctype=C, filters={"tax_id": "TX00138"}),
    ask("insert", "insert", C, {"customer_name": OURS, "customer_type": "Company", "customer_group": "Commercial", "territory": "Germany"}),
    ask("get what was inserted", "get", C, OURS),
    ask("insert with letters of many alphabets", "insert", C, {"customer_name": "Ωμέγα 漢字 🜁 & of {face}", "customer_type": "Individual"}),
    ask("insert with a slash in its name", "insert", C, {"customer_name": "A/B of {face}", "customer_type": "Company"}),
    ask("get with a slash in its name", "get", C, "A/B of {face}"),
    ask("save", "save", C, OURS, {"territory": "United Kingdom", "website": "https://matrix.example"}),
    ask("save with letters of many alphabets", "save", C, OURS, {"website": "https://matrix.example/é漢"}),
    ask("save an empty value", "save", C, OURS, {"website": None}),
    ask("save a number and a truth value", "save", C, OURS, {"default_commission_rate": 2.5, "disabled": 1}),
    ask("get what was saved", "get", C, OURS),
    ask("set_value of one field", "client", "set_value", doctype=C, name=OURS, fieldname="disabled", value=0),
    ask("insert an order", "insert", O, {"customer": OURS, **DUE, "items": LINES}),
    ask("get the order", "get", O, New("insert an order")),
    ask("save an order's lines", "save", O, New("insert an order"), {"items": [{"item_code": "TONGS-V", "qty": 3, "rate": 33.0, **DUE}]}),
    ask("submit", "submit", O, New("insert an order")),
    ask("submit it again", "submit", O, New("insert an order")),
    ask("get the order to be submitted", "get", O, New("insert an order")),
    ask("submit a document that does not say when it was changed", "client", "submit", doc=Answer("get the order to be submitted", without=("modified",))),
    ask("submit a document that was never changed", "client", "submit", doc=Answer("get the order to be submitted", other={"modified": None})),
    ask("submit a document as it once was", "client", "submit", doc=Answer("get the order to be submitted", other={"modified": LONG_AGO})),
    ask("submit a document that is not there", "client", "submit", doc={"doctype": O, "name": "SAL-ORD-none"}),
    ask("submit a document where it may not be", "client", "submit", doc={"doctype": "Role", "name": "Guest"}),
    ask("submit a document as it was read", "client", "submit", doc=Answer("get the order to be submitted")),
    ask("submit it as it was read again", "client", "submit", doc=Answer("get the order to be submitted")),
    ask("save what is submitted", "save", O, New("insert an order"), {"customer": TOGETHER}),
    ask("delete what is submitted", "delete", O, New("insert an order")),
    ask("cancel", "cancel", O, New("insert an order")),
    ask("cancel it again", "cancel", O, New("insert an order")),
    ask("insert another order", "insert", O, {"customer": OURS, **DUE, "items": LINES}),
    ask("get another order", "get", O, New("insert another order")),
    ask("save a document that does not say when it was changed", "client", "save", doc=Answer("get another order", without=("modified",))),
    ask("save a document as it once was", "client", "save", doc=Answer("get another order", other={"modified": LONG_AGO})),
    ask("save a document as it was read", "client", "save", doc=Answer("get another order")),
    ask("get it once more", "get", O, New("insert another order")),
    ask("submit a document of which most is left out", "client", "submit", doc=Answer("get it once more", without=("creation", "owner", "customer_name", "items"))),
    ask("insert a third order", "insert", O, {"customer": OURS, **DUE, "items": LINES}),
    ask("get the third order", "get", O, New("insert a third order")),
    ask("submit the third as it was read", "client", "submit", doc=Answer("get the third order")),
    ask("get it when it is submitted", "get", O, New("insert a third order")),
    ask("save a submitted document that does not say its state", "client", "save", doc=Answer("get it when it is submitted", without=("docstatus",))),
    ask("save a submitted document as it was read", "client", "save", doc=Answer("get it when it is submitted")),
    ask("insert_many", "client", "insert_many", docs=[{"doctype": C, "customer_name": f"{which} of {{face}}", "customer_type": "Company"} for which in ("First", "Second")]),
    ask("bulk_update", "client", "bulk_update", docs=json.dumps([{"doctype": C, "docname": "First of {face}", "territory": "Germany"}, {"doctype": C, "docname": "Nobody", "territory": "Germany"}])),
    ask("bulk_update of a list that is no text", "client", "bulk_update", docs=[{"doctype": C, "docname": "Nobody", "territory": "Germany"}]),
    ask("rename_doc", "client", "rename_doc", doctype=C, old_name="Second of {face}", new_name="Third of {face}"),
    ask("run_method that there is not", "run", C, OURS, "no_such_method"),
    ask("delete", "delete", C, "A/B of {face}"),
    # What goes wrong.
    ask("delete what is gone", "delete", C, "A/B of {face}"),
    ask("get what is not there", "get", C, "Nobody"),
    ask("save what is not there", "save", C, "Nobody", {"territory": "Germany"}),
    ask("insert what is there", "insert", C, {"customer_name": OURS, "name": OURS, "customer_type": "Company"}),
    ask("insert with a name that none may have", "insert", C, {"customer_name": "<b>{face}</b>", "customer_type": "Individual"}),
    ask("insert without what is required", "insert", O, {"customer": OURS}),
    ask("insert with a link to nothing", "insert", C, {"customer_name": "Lost of {face}", "customer_type": "Company", "territory": "Atlantis"}),
    ask("insert with a value that is no choice", "insert", C, {"customer_name": "Odd of {face}", "customer_type": "Alien"}),
    ask("save a link to nothing", "save", C, OURS, {"territory": "Atlantis"}),
    ask("save what has changed meanwhile", "save", C, OURS, {"modified": LONG_AGO, "territory": "Germany"}),
    ask("save what was never changed", "save", C, OURS, {"modified": None, "territory": "Germany"}),
    ask("list of a DocType that is not there", "list", "No Such Thing"),
    ask("get of a DocType that is not there", "get", "No Such Thing", "x"),
    ask("list of a DocType that may not be read", "list", "Role", fields=["name"]),
    ask("insert where it may not be", "insert", "Role", {"role_name": "Mine"}),
    ask("delete where it may not be", "delete", "Item", "ANVIL-20"),
    ask("list with a field that is not there", "list", C, fields=["no_such_field"]),
    ask("list by a field that is not there", "list", C, filters={"no_such_field": 1}),
    ask("list by an operator that is not there", "list", C, filters=[["name", "resembles", "x"]]),
    ask("list by filters that are no JSON", "list", C, filters="[["),
    ask("a method that is not there", "method", "frappe.no_such_method"),
    ask("a method of an app that is not there", "method", "nosuchapp.api.run"),
    ask("a method by a verb that it does not take", "method", "frappe.client.insert", verb="GET", doc={"doctype": C}),
    ask("a method without its arguments", "client", "get_list"),
]
