"""The calls of the matrix: the common methods of the ORM, and what clients do with them.

They run in this order, on the same data on both sides, so that ids that the run makes are alike;
`New("order")` stands for what the call of that name answered.
"""

import dataclasses
import typing


@dataclasses.dataclass
class New:
    """What an earlier call of this run answered."""

    name: str


@dataclasses.dataclass
class Call:
    """One call. `arguments` go by position where the dialect has positions."""

    name: str
    model: str
    method: str
    ids: typing.Any = None
    arguments: list = dataclasses.field(default_factory=list)
    keywords: dict = dataclasses.field(default_factory=dict)
    context: typing.Any = None
    # Whether the message is written for people, and so is the same word for word.
    says: bool = False


def ask(title, target, ids=None, /, *arguments, context=None, says=False, **keywords):
    model, method = target.rsplit("/", 1)
    return Call(title, model, method, ids, list(arguments), keywords, context, says)


P, O, T = "res.partner", "sale.order", "product.template"
COMPANIES = ("domain", [["is_company", "=", True]])
NAMES = ("fields", ["name", "country_id"])
FLAT = {"name": {}, "country_id": {}, "category_id": {}}
NESTED = {
    "name": {},
    "country_id": {"fields": {"display_name": {}, "code": {}}},
    "child_ids": {"fields": {"name": {}, "email": {}}},
}
# One black point.
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
BIG = 2**40  # beyond the whole numbers of XML-RPC

CALLS = [
    # Reading.
    ask("search", f"{P}/search", None, COMPANIES),
    ask("search, all by position", f"{P}/search", None, COMPANIES, ("offset", 2), ("limit", 3), ("order", "name desc")),
    ask("search, by name", f"{P}/search", None, domain=[], limit=4, order="id"),
    ask("search for nothing that is there", f"{P}/search", None, ("domain", [["name", "=", "nobody"]])),
    ask("search with and, or, not", f"{P}/search", None, ("domain", ["&", "|", ["city", "=", "Wien"], ["city", "ilike", "ber"], "!", ["active", "=", False]]), order="id"),
    ask("search with a list", f"{P}/search", None, ("domain", [["id", "in", [7, 9, 11]]]), order="id"),
    ask("search without archived", f"{P}/search", None, ("domain", [["id", "=", 37]])),
    ask("search with archived, by context", f"{P}/search", None, ("domain", [["id", "=", 37]]), context={"active_test": False}),
    ask("search_count", f"{P}/search_count", None, COMPANIES),
    ask("search_count with a limit", f"{P}/search_count", None, COMPANIES, ("limit", 5)),
    ask("search_read", f"{P}/search_read", None, COMPANIES, NAMES, ("offset", 0), ("limit", 3), ("order", "id")),
    ask("search_read, by name", f"{P}/search_read", None, domain=[["city", "=", "München"]], fields=["name", "city"], order="id"),
    ask("search_read with links as ids", f"{P}/search_read", None, COMPANIES, NAMES, limit=2, order="id", load=""),
    ask("search_read of nothing", f"{P}/search_read", None, ("domain", [["id", "=", 0]]), NAMES),
    ask("read", f"{P}/read", [7, 8], NAMES),
    ask("read of one id", f"{P}/read", 7, NAMES),
    ask("read in the order of the ids", f"{P}/read", [11, 7, 9], NAMES),
    ask("read of links, lists and empty values", f"{P}/read", [7, 28, 32], ("fields", ["email", "state_id", "category_id", "child_ids", "comment", "active", "color"])),
    ask("read with links as ids", f"{P}/read", [7], NAMES, ("load", "")),
    ask("read of nothing", f"{P}/read", [], NAMES),
    ask("read of a record that is not there", f"{P}/read", [99999], NAMES),
    ask("read of dates and sums", f"{O}/read", [1, 2], ("fields", ["name", "date_order", "amount_total", "validity_date", "locked"])),
    ask("read of letters of many alphabets", f"{P}/read", [11, 13, 38], ("fields", ["name", "city"])),
    ask("name_search", f"{P}/name_search", None, ("name", "Lindenhof")),
    ask("name_search, by name", f"{P}/name_search", None, name="a", limit=3),
    ask("name_search within a domain", f"{P}/name_search", None, ("name", ""), ("domain", [["city", "=", "Wien"]]), ("operator", "ilike"), ("limit", 5)),
    ask("fields_get of some", f"{P}/fields_get", None, ("allfields", ["name", "country_id", "type"]), ("attributes", ["type", "string", "required", "selection", "relation"])),
    ask("fields_get, by name", f"{O}/fields_get", None, allfields=["state", "partner_id"], attributes=["type", "string"]),
    ask("default_get", f"{O}/default_get", None, ("fields", ["state", "user_id", "company_id"])),
    ask("default_get with the context's", f"{P}/default_get", None, ("fields", ["name", "city", "active"]), context={"default_city": "Graz"}),
    ask("default_get of a number beyond 32 bits", f"{P}/default_get", None, ("fields", ["color"]), context={"default_color": BIG}),
    ask("search for a number beyond 32 bits", f"{P}/search", None, ("domain", [["color", "=", BIG]])),
    ask("name_get", f"{P}/name_get", [7, 19]),
    ask("search that counts", f"{P}/search", None, COMPANIES, ("offset", 0), ("limit", None), ("order", None), ("count", True)),
    ask("check_access_rights", f"{P}/check_access_rights", None, ("operation", "read"), ("raise_exception", False)),
    ask("has_access", f"{P}/has_access", [7], ("operation", "write")),
    ask("has_access of the model", f"{P}/has_access", [], ("operation", "read")),
    ask("check_access", f"{P}/check_access", [7], ("operation", "read")),
    ask("check_access_rule", f"{P}/check_access_rule", [7], ("operation", "read")),
    ask("check_field_access_rights", f"{P}/check_field_access_rights", None, ("operation", "read"), ("field_names", ["name", "city"])),
    ask("get_metadata", f"{P}/get_metadata", [7]),
    ask("get_external_id", f"{P}/get_external_id", [7]),
    ask("export_data", f"{P}/export_data", [7], ("fields_to_export", ["name", "country_id"])),
    ask("is_transient", f"{P}/is_transient", []),
    ask("get_base_url", f"{P}/get_base_url", [7]),
    ask("get_empty_list_help", f"{P}/get_empty_list_help", None, ("help_message", "<p>Nothing yet</p>")),
    ask("get_formview_id", f"{P}/get_formview_id", [7]),
    ask("get_formview_action", f"{P}/get_formview_action", [7]),
    ask("get_import_templates", f"{P}/get_import_templates"),
    ask("get_property_definition", f"{P}/get_property_definition", None, ("full_name", "properties.x")),
    ask("get_view", f"{P}/get_view", None, ("view_id", False), ("view_type", "form")),
    ask("get_views", f"{P}/get_views", None, ("views", [[False, "list"], [False, "form"]])),
    ask("view_header_get", f"{P}/view_header_get", None, ("view_id", False), ("view_type", "form")),
    ask("mail_allowed_qweb_expressions", f"{P}/mail_allowed_qweb_expressions"),
    ask("mail_get_partner_fields", f"{O}/mail_get_partner_fields", [1]),
    ask("get_field_translations", f"{T}/get_field_translations", [1], ("field_name", "name")),
    ask("search_panel_select_range", f"{P}/search_panel_select_range", None, ("field_name", "company_id"), enable_counters=False),
    ask("search_panel_select_multi_range", f"{P}/search_panel_select_multi_range", None, ("field_name", "category_id")),
    # Groups.
    ask("read_group, lazy", f"{O}/read_group", None, ("domain", []), ("fields", ["amount_total:sum"]), ("groupby", ["state"])),
    ask("read_group by two", f"{O}/read_group", None, domain=[], fields=["amount_total:sum"], groupby=["state", "partner_id"], lazy=False),
    ask("read_group with a name of its own", f"{O}/read_group", None, ("domain", []), ("fields", ["most:max(amount_total)"]), ("groupby", "state")),
    ask("formatted_read_group", f"{O}/formatted_read_group", None, ("domain", []), ("groupby", ["state"]), ("aggregates", ["__count", "amount_total:sum"])),
    ask("formatted_read_group by two", f"{O}/formatted_read_group", None, ("domain", []), ("groupby", ["state", "partner_id"]), ("aggregates", ["__count"])),
    ask("formatted_read_group by month", f"{O}/formatted_read_group", None, domain=[], groupby=["date_order:month"], aggregates=["__count"], limit=3),
    ask("formatted_read_group of everything", f"{O}/formatted_read_group", None, domain=[["state", "=", "sale"]], aggregates=["__count"]),
    ask("formatted_read_grouping_sets", f"{O}/formatted_read_grouping_sets", None, ("domain", []), ("grouping_sets", [["state"], ["partner_id"]]), ("aggregates", ["__count"])),
    ask("formatted_read_grouping_sets in an order", f"{O}/formatted_read_grouping_sets", None, ("domain", []), ("grouping_sets", [["state"]]), ("aggregates", ["__count"]), order="state desc"),
    ask("web_read_group", f"{O}/web_read_group", None, ("domain", []), ("groupby", ["state"]), ("aggregates", ["__count"])),
    ask("read_progress_bar", f"{O}/read_progress_bar", None, ("domain", []), ("group_by", "state"), ("progress_bar", {"field": "invoice_status", "colors": {"to invoice": "warning", "no": "success"}})),
    # As the web client reads.
    ask("web_read, flat", f"{P}/web_read", [7, 8], ("specification", FLAT)),
    ask("web_read, nested", f"{P}/web_read", [7], ("specification", NESTED)),
    ask("web_search_read", f"{P}/web_search_read", None, COMPANIES, ("specification", FLAT), ("offset", 0), ("limit", 3), ("order", "id")),
    ask("web_search_read, nested, by name", f"{O}/web_search_read", None, domain=[["id", "<", 3]], specification={"name": {}, "order_line": {"fields": {"name": {}, "product_uom_qty": {}}}}, order="id"),
    ask("web_name_search", f"{P}/web_name_search", None, ("name", "Lindenhof"), ("specification", {"display_name": {}})),
    ask("onchange of a customer", f"{O}/onchange", [], ("values", {"partner_id": 7}), ("field_names", ["partner_id"]), ("fields_spec", {"partner_id": {}, "partner_invoice_id": {}})),
    # Writing.
    ask("create", f"{P}/create", None, ("vals_list", [{"name": "Matrix", "is_company": True, "city": "Zürich"}])),
    ask("read what was created", f"{P}/read", New("create"), ("fields", ["name", "is_company", "city", "email", "active"])),
    ask("create two", f"{P}/create", None, ("vals_list", [{"name": "First"}, {"name": "Second", "parent_id": 7}])),
    ask("create with links of every kind", f"{P}/create", None, ("vals_list", [{"name": "Linked", "category_id": [[6, 0, [1, 2]]], "child_ids": [[0, 0, {"name": "Child", "type": "other"}]]}])),
    ask("read the links", f"{P}/read", New("create with links of every kind"), ("fields", ["name", "category_id", "child_ids"])),
    ask("create an order with lines", f"{O}/create", None, ("vals_list", [{"partner_id": 7, "order_line": [[0, 0, {"product_id": 1, "product_uom_qty": 2.5}], [0, 0, {"product_id": 5}]]}])),
    ask("read the order", f"{O}/read", New("create an order with lines"), ("fields", ["state", "partner_id", "order_line", "amount_untaxed", "amount_total"])),
    ask("write", f"{P}/write", New("create"), ("vals", {"city": "Genève", "email": "matrix@example.org"})),
    ask("write empty values", f"{P}/write", New("create"), ("vals", {"email": False, "country_id": False, "comment": ""})),
    ask("write large numbers", f"{P}/write", New("create"), ("vals", {"color": 2147483647})),
    ask("write letters of many alphabets", f"{P}/write", New("create"), ("vals", {"street": "Ωμέγα 漢字 🜁 <&>\" '"})),
    ask("read them back", f"{P}/read", New("create"), ("fields", ["street", "color", "email", "comment"])),
    ask("write with a context", f"{P}/write", New("create"), ("vals", {"ref": "M-1"}), context={"lang": "en_US", "tz": "Europe/Berlin"}),
    ask("write a picture", f"{P}/write", New("create"), ("vals", {"image_1920": PICTURE})),
    ask("write a picture that is none", f"{P}/write", New("create"), ("vals", {"image_1920": PICTURE[:12]})),
    ask("read the picture", f"{P}/read", New("create"), ("fields", ["image_1920"])),
    ask("copy", f"{P}/copy", New("create"), ("default", {"name": "Matrix again"})),
    ask("copy_data", f"{P}/copy_data", [19]),
    ask("name_create", "res.partner.category/name_create", None, ("name", "By name alone")),
    ask("action_archive", f"{P}/action_archive", New("create")),
    ask("action_unarchive", f"{P}/action_unarchive", New("create")),
    ask("toggle_active", f"{P}/toggle_active", New("create")),
    ask("write a truth value", f"{P}/write", New("create"), ("vals", {"active": True})),
    ask("web_save of a new record", f"{P}/web_save", [], ("vals", {"name": "Saved"}), ("specification", {"name": {}, "active": {}})),
    ask("web_save of one that is there", f"{P}/web_save", [19], ("vals", {"function": "Head buyer"}), ("specification", {"function": {}})),
    ask("web_save_multi", f"{P}/web_save_multi", [20, 21], ("vals_list", [{"function": "One"}, {"function": "Two"}]), ("specification", {"function": {}})),
    ask("web_resequence", "crm.team/web_resequence", [2, 1], ("specification", {"sequence": {}}), ("field_name", "sequence"), ("offset", 3)),
    ask("load", f"{P}/load", None, ("fields", ["name", "city"]), ("data", [["Loaded one", "Bern"], ["Loaded two", "Basel"]])),
    ask("update_field_translations", f"{T}/update_field_translations", [1], ("field_name", "name"), ("translations", {"en_US": "Oak table"})),
    ask("web_override_translations, which answers nothing", f"{P}/web_override_translations", [20], ("values", {"function": "Owner"})),
    ask("copy_translations, which nobody can call", f"{T}/copy_translations", [1], ("new", 2)),
    ask("message_post", f"{P}/message_post", [7], body="Hello"),
    ask("a method of a customer's own, on records", f"{O}/x_note", [1, 2], ("text", "ready"), ("mark", "!")),
    ask("a method of a customer's own, on the model", f"{O}/x_orders_of", None, ("partner", 7)),
    ask("a method of a customer's own, with names", f"{O}/x_orders_of", None, partner=7, state="draft"),
    ask("action_confirm", f"{O}/action_confirm", New("create an order with lines")),
    ask("action_quotation_sent, which answers nothing", f"{O}/action_quotation_sent", [1]),
    ask("action_draft of what was sent", f"{O}/action_draft", [1]),
    ask("action_quotation_sent of what is no draft", f"{O}/action_quotation_sent", [2], says=True),
    ask("action_lock, which answers nothing", f"{O}/action_lock", [2]),
    ask("action_cancel", f"{O}/action_cancel", [15]),
    ask("action_draft", f"{O}/action_draft", [15]),
    ask("unlink", f"{P}/unlink", New("create two")),
    ask("unlink what is gone", f"{P}/unlink", New("create two")),
    # What goes wrong.
    ask("a user's error", f"{O}/action_confirm", [13], says=True),
    ask("a constraint", f"{P}/write", [7], ("vals", {"parent_id": 7}), says=True),
    ask("a required value that is missing", f"{O}/create", None, ("vals_list", [{}])),
    ask("an access error", "res.company/write", [1], ("vals", {"name": "Mine"})),
    ask("a record that is missing", f"{P}/write", [99999], ("vals", {"name": "Nobody"})),
    ask("a model that is missing", "no.such.model/search", None, ("domain", [])),
    ask("a method that is missing", f"{O}/no_such_method", [1]),
    ask("a private method", f"{P}/_compute_display_name", [7]),
    ask("a field that is missing", f"{P}/read", [7], ("fields", ["no_such_field"])),
    ask("a domain on a field that is missing", f"{P}/search", None, ("domain", [["no_such_field", "=", 1]])),
    ask("a malformed domain", f"{P}/search", None, ("domain", [["name", "="]])),
    ask("an argument too many", f"{P}/search_count", None, COMPANIES, no_such_argument=1),
    ask("an argument that is missing", f"{P}/write", [7]),
    ask("groups by what cannot be grouped", f"{P}/formatted_read_group", None, ("domain", []), ("groupby", ["display_name"])),
]
