//! Methods whose arguments name fields, methods or documents where one would not look for them.

use portcullis_identity::RoleName;
use portcullis_policy::{Reason, Role};

use crate::common::{call, document, frappe, json, odoo, on, text};

fn partners(fields: &str, more: &str) -> crate::common::Caller {
    odoo(&format!(
        "[[rule]]\nname = \"p\"\nmodels = [\"res.partner\"]\noperations = [\"read\", \"create\", \"write\"]\nfields = {fields}\n{more}"
    ))
}

#[test]
fn renumbering_writes_the_field_that_is_named() {
    let caller = partners(r#"["name", "credit_limit"]"#, "");
    let asked = |named: &str| on("res.partner", "web_resequence", &[1, 2], named);
    let fine = r#"{"specification": {"name": {}}, "field_name": "credit_limit"}"#;
    assert_eq!(
        caller.cleaned(&asked(fine), r#"[{"id": 1, "name": "A", "email": "x"}]"#),
        r#"[{"id":1,"name":"A"}]"#
    );
    for named in [
        r#"{"specification": {"name": {}}, "field_name": "phone"}"#,
        r#"{"specification": {"name": {}}, "field_name": "credit_limit.x"}"#,
        r#"{"specification": {"email": {}}, "field_name": "credit_limit"}"#,
        // Without a name it is a field that nobody looked at.
        r#"{"specification": {"name": {}}}"#,
    ] {
        caller.refused(&asked(named));
    }
    partners(r#"["name", "credit_limit"]"#, "write-fields = [\"name\"]\n").refused(&asked(fine));
    partners(r#"["name"]"#, "masked = [\"credit_limit\"]\n").refused(&asked(fine));
}

#[test]
fn translations_are_of_a_field() {
    let caller = partners(r#"["name", "city", "credit_limit"]"#, "");
    let set = |field: &str, translations: &str| {
        on(
            "res.partner",
            "update_field_translations",
            &[1],
            &format!(r#"{{"field_name": "{field}", "translations": {translations}}}"#),
        )
    };
    let texts = r#"{"de_DE": "Bonn", "fr_FR": false, "nl_NL": {"a": "b"}}"#;
    caller.allowed(&set("city", texts));
    caller.refused(&set("email", texts));
    caller.refused(&set("credit_limit", texts));
    caller.refused(&set("city", r#"{"de_DE": ["x"]}"#));
    caller.refused(&set("city", r#"{"de_DE": {"a": {"b": "c"}}}"#));
    caller.refused(&set("city", r#""x""#));
    let bound = partners(
        r#"["name", "city"]"#,
        "domain = '[[\"city\", \"!=\", \"Rome\"]]'\n",
    );
    let permit = bound.allowed(&set("name", texts));
    assert!(permit.is_guard());
    bound.refused(&set("city", texts));

    let read = |field: &str| {
        on(
            "res.partner",
            "get_field_translations",
            &[1],
            &format!(r#"{{"field_name": "{field}", "langs": ["de_DE"]}}"#),
        )
    };
    let answer = r#"[[{"lang": "de_DE", "source": "a", "value": "b", "email": "x"}], {"translation_type": "text", "translation_show_source": false, "x": 1}]"#;
    assert_eq!(
        caller.cleaned(&read("city"), answer),
        r#"[[{"lang":"de_DE","source":"a","value":"b"}],{"translation_type":"text","translation_show_source":false}]"#
    );
    let permit = caller.allowed(&read("city"));
    assert!(permit.apply(json(r#"{"email": "x"}"#)).is_err());
    caller.refused(&read("email"));
    caller.refused(&on("res.partner", "get_field_translations", &[1], "{}"));
    partners(r#"["name"]"#, "masked = [\"city\"]\n").refused(&read("city"));
    assert!(bound.allowed(&read("city")).is_guard());
}

#[test]
fn an_import_sets_what_may_be_set_and_no_other_column() {
    let importing = |fields: &str, more: &str| {
        odoo(&format!(
            "[[rule]]\nname = \"p\"\nmodels = [\"res.partner\"]\noperations = [\"read\", \"create\", \"write\", \"call\"]\nmethods = [\"load\"]\narguments = \"any\"\nfields = {fields}\n{more}"
        ))
    };
    let load = |columns: &str| {
        call(
            "res.partner",
            "load",
            &format!(r#"{{"fields": {columns}, "data": [["x"]]}}"#),
        )
    };
    let some = importing(r#"["name", "city", "country_id", "child_ids"]"#, "");
    for columns in [
        r#"["id", "name"]"#,
        r#"[".id", "city"]"#,
        r#"["country_id/id"]"#,
        r#"["child_ids/name"]"#,
    ] {
        some.allowed(&load(columns));
    }
    for columns in [
        r#"["id", "email"]"#,
        r#"["user_ids/password"]"#,
        r#"["user_id/login"]"#,
        r#"["child_ids/email"]"#,
        r#"["country_id/code"]"#,
        r#"["child_ids/child_ids/name"]"#,
    ] {
        some.refused(&load(columns));
    }
    // A row may change any record: an import is for whoever may change all of them.
    let domain = "domain = '[[\"city\", \"=\", \"Bonn\"]]'\n";
    importing(r#"["name"]"#, domain).refused(&load(r#"["name"]"#));
    importing(r#"["name"]"#, "write-fields = [\"city\"]\n").refused(&load(r#"["name"]"#));
}

#[test]
fn a_listed_method_that_answers_values_shows_nothing_hidden() {
    let role = |fields: &str, method: &str| {
        odoo(&format!(
            "[[rule]]\nname = \"p\"\nmodels = [\"res.partner\"]\noperations = [\"read\", \"call\"]\nmethods = [\"{method}\"]\narguments = \"any\"\nfields = {fields}\n"
        ))
    };
    for (method, named) in [
        (
            "onchange",
            r#"{"values": {"email": "x"}, "field_names": ["email"], "fields_spec": {"phone": {}}}"#,
        ),
        ("copy_data", "{}"),
        (
            "read_progress_bar",
            r#"{"domain": [], "group_by": "city", "progress_bar": {"field": "email"}}"#,
        ),
        (
            "search_panel_select_range",
            r#"{"field_name": "country_id"}"#,
        ),
        ("web_read_group", r#"{"domain": [], "groupby": ["email"]}"#),
        (
            "web_save_multi",
            r#"{"vals_list": [], "specification": {"email": {}}}"#,
        ),
    ] {
        let asked = on("res.partner", method, &[1], named);
        role("\"*\"", method).allowed(&asked);
        assert_eq!(
            role(r#"["name"]"#, method).refused(&asked).reason,
            Reason::HiddenByData,
            "{method}"
        );
    }
    let role = |fields: &str, method: &str| {
        frappe(&format!(
            "[[rule]]\nname = \"c\"\nmodels = [\"Customer\"]\noperations = [\"read\", \"call\"]\nmethods = [\"{method}\"]\narguments = \"any\"\nfields = {fields}\n"
        ))
    };
    for method in [
        "frappe.desk.reportview.get",
        "frappe.desk.reportview.export_query",
        "frappe.desk.form.load.getdoc",
        "frappe.desk.search.search_link",
        "frappe.utils.print_format.download_pdf",
    ] {
        let asked = call(
            "Customer",
            method,
            r#"{"doctype": "Customer", "name": "C"}"#,
        );
        role("\"*\"", method).allowed(&asked);
        role(r#"["customer_name"]"#, method).refused(&asked);
        role("\"*\"\nhidden = [\"tax_id\"]", method).refused(&asked);
    }
}

#[test]
fn a_copy_and_a_name_are_new_records() {
    let whole = partners("\"*\"", "");
    let copy = |named: &str| on("res.partner", "copy", &[1], named);
    whole.allowed(&copy(r#"{"default": {"name": "x"}}"#));
    whole.refused(&copy(r#"{"default": {"signup_token": "x"}}"#));
    whole.refused(&copy(r#"{"default": {"props": {}}}"#));
    whole.refused(&copy(
        r#"{"default": {"user_ids": [[0, 0, {"login": "x"}]]}}"#,
    ));
    partners("\"*\"", "write-fields = [\"city\"]\n")
        .refused(&copy(r#"{"default": {"name": "x"}}"#));
    partners("\"*\"", "hidden = [\"email\"]\n").refused(&copy("{}"));
    partners("\"*\"", "masked = [\"email\"]\n").refused(&copy("{}"));
    let name = call("res.partner", "name_create", r#"{"name": "x"}"#);
    whole.allowed(&name);
    partners(r#"["name", "city"]"#, "write-fields = [\"city\"]\n").refused(&name);
    partners(r#"["name"]"#, "domain = '[[\"city\", \"=\", \"Bonn\"]]'\n").refused(&name);
}

#[test]
fn properties_are_opened_by_name_and_used_for_nothing_else() {
    let listed = partners(r#"["name", "props"]"#, "");
    listed.allowed(&on("res.partner", "read", &[1], r#"{"fields": ["props"]}"#));
    partners("\"*\"", "").refused(&on("res.partner", "read", &[1], r#"{"fields": ["props"]}"#));
    for caller in [&listed, &partners("\"*\"", "")] {
        caller.allowed(&call(
            "res.partner",
            "search",
            r#"{"domain": [["name", "=", "x"]]}"#,
        ));
        for asked in [
            call(
                "res.partner",
                "search",
                r#"{"domain": [["props.color", "=", "x"]]}"#,
            ),
            call("res.partner", "search", r#"{"order": "props.color"}"#),
            call(
                "res.partner",
                "read_group",
                r#"{"domain": [], "fields": ["name"], "groupby": ["props.color"]}"#,
            ),
            on(
                "res.partner",
                "read",
                &[1],
                r#"{"fields": ["props.color"]}"#,
            ),
            on(
                "res.partner",
                "write",
                &[1],
                r#"{"vals": {"props": [{"name": "color", "value": "x"}]}}"#,
            ),
        ] {
            caller.refused(&asked);
        }
    }
}

#[test]
fn in_frappe_a_function_that_runs_another_runs_what_is_listed() {
    let role = |methods: &str| {
        frappe(&format!(
            "[[rule]]\nname = \"m\"\nmodels = [\"Sales Order\", \"-\"]\noperations = [\"call\"]\nmethods = {methods}\narguments = \"any\"\n"
        ))
    };
    let run = |named: &str| call("Sales Order", "frappe.handler.run_doc_method", named);
    let fine = r#"{"dt": "Sales Order", "dn": "S", "method": "get_total"}"#;
    let both = role("[\"frappe.handler.run_doc_method\", \"get_total\"]");
    both.allowed(&run(fine));
    role("[\"frappe.handler.run_doc_method\"]").refused(&run(fine));
    for named in [
        r#"{"dt": "Sales Order", "dn": "S", "method": "cancel"}"#,
        r#"{"dt": "Sales Order", "dn": "S", "method": "_private"}"#,
        r#"{"dt": "Sales Order", "dn": "S"}"#,
        r#"{"dt": "Sales Order", "method": "get_total", "docs": "{\"doctype\": \"Sales Order\", \"name\": \"S\"}"}"#,
    ] {
        both.refused(&run(named));
    }
    let map = |named: &str| call("-", "frappe.model.mapper.make_mapped_doc", named);
    let mapper = role("[\"frappe.model.mapper.make_mapped_doc\", \"shop.make_invoice\"]");
    mapper.allowed(&map(
        r#"{"method": "shop.make_invoice", "source_name": "S"}"#,
    ));
    mapper.refused(&map(
        r#"{"method": "frappe.client.delete", "source_name": "S"}"#,
    ));
    mapper.refused(&map(r#"{"source_name": "S"}"#));
}

#[test]
fn in_frappe_lists_take_plain_fields_and_the_rule_stands_in_front_of_an_or() {
    let bound = frappe(
        "[[rule]]\nname = \"c\"\nmodels = [\"Customer\"]\noperations = [\"read\", \"create\", \"write\"]\nfields = [\"customer_name\", \"territory\", \"accounts.bank\"]\ndomain = '[[\"territory\", \"=\", \"Bonn\"]]'\n",
    );
    let list = |named: &str| call("Customer", "get_list", named);
    let permit = bound.allowed(&list(
        r#"{"or_filters": [["customer_name", "=", "A"], ["customer_name", "=", "B"]]}"#,
    ));
    assert_eq!(
        text(&permit.next().named["filters"]),
        r#"[["Customer","territory","=","Bonn"]]"#
    );
    bound.allowed(&list(r#"{"fields": ["customer_name", "accounts.bank"], "order_by": "territory desc", "group_by": "territory"}"#));
    for named in [
        r#"{"or_filters": [["tax_id", "=", "A"]]}"#,
        r#"{"fields": ["count(name) as n"]}"#,
        r#"{"fields": ["sum(credit_limit)"]}"#,
        r#"{"fields": ["tax_id as customer_name"]}"#,
        r#"{"fields": ["accounts.iban"]}"#,
        r#"{"fields": ["`tabBank Account`.iban"]}"#,
        r#"{"fields": [{"accounts": ["iban"]}]}"#,
        r#"{"order_by": "tax_id"}"#,
        r#"{"order_by": "length(tax_id)"}"#,
        r#"{"order_by": "(select 1)"}"#,
        r#"{"group_by": "tax_id"}"#,
        r#"{"expand": ["territory"]}"#,
        r#"{"with_comment_count": 1}"#,
        r#"{"having": "count(*) > 1"}"#,
        r#"{"distinct": 1}"#,
        r#"{"ignore_permissions": 1}"#,
    ] {
        bound.refused(&list(named));
    }
    for status in ["1", "2", "\"1\"", "true"] {
        bound.refused(&call(
            "Customer",
            "insert",
            &format!(r#"{{"doc": {{"customer_name": "x", "docstatus": {status}}}}}"#),
        ));
    }
    bound.allowed(&call(
        "Customer",
        "insert",
        r#"{"doc": {"customer_name": "x", "docstatus": 0}}"#,
    ));
    bound.allowed(&document("Customer", "get", "C", "{}"));
    bound.refused(&document(
        "Customer",
        "get",
        "C",
        r#"{"expand": ["territory"]}"#,
    ));
}

#[test]
fn a_report_of_frappe_is_run_where_the_rule_names_it() {
    let role = |reports: &str| {
        frappe(&format!(
            "[[rule]]\nname = \"sales\"\nmodels = [\"-\"]\noperations = [\"call\"]\nmethods = [\"frappe.desk.query_report.run\"]\n{reports}\n"
        ))
    };
    let run = |named: &str| call("-", "frappe.desk.query_report.run", named);
    let caller = role(r#"reports = ["Sales Register"]"#);
    caller.allowed(&run(
        r#"{"report_name": "Sales Register", "filters": "{\"company\": \"X\"}"}"#,
    ));
    for named in [
        r#"{"report_name": "General Ledger"}"#,
        r#"{"report_name": "sales register"}"#,
        r#"{"report_name": ["Sales Register"]}"#,
        r#"{"filters": "{}"}"#,
        r#"{"report_name": "Sales Register", "custom_columns": "[]"}"#,
        r#"{"report_name": "Sales Register", "filters": "{\"prepared\\u005freport_name\": \"x\"}"}"#,
        r#"{"report_name": "Sales Register", "filters": "["}"#,
        r#"{"report_name": "Sales Register", "user": "Administrator"}"#,
    ] {
        let no = caller.refused(&run(named));
        assert_eq!(no.reason, Reason::Argument, "{named}");
    }
    role("").refused(&run(r#"{"report_name": "Sales Register"}"#));
    let errors = Role::from_toml(
        RoleName::new("r").unwrap(),
        "[[rule]]\nname = \"r\"\nmodels = [\"-\"]\noperations = [\"call\"]\nmethods = [\"x.y\"]\nreports = [\"A\"]\n",
    );
    assert!(errors.unwrap_err()[0].message.contains("reports"));
}
