//! Frappe: lists, documents, saves, methods.

use crate::common::{Caller, call, document, frappe, json, text};
use portcullis_erp::FaultKind;
use portcullis_policy::Reason;

const CUSTOMERS: &str = r#"
[[rule]]
name = "commercial"
models = ["Customer"]
operations = ["read", "create", "write"]
fields = ["customer_name", "customer_group", "territory"]
write-fields = ["customer_name", "territory", "customer_group"]
domain = '[["customer_group", "=", "Commercial"]]'
"#;

fn orders(fields: &str, operations: &str) -> Caller {
    frappe(&format!(
        "[[rule]]\nname = \"orders\"\nmodels = [\"Sales Order\"]\noperations = {operations}\nfields = {fields}\n"
    ))
}

#[test]
fn a_list_is_bound_to_the_rule() {
    let permit = frappe(CUSTOMERS).allowed(&call("Customer", "get_list", r#"{"fields": ["name", "customer_name"], "filters": {"territory": "Europe"}, "or_filters": [["customer_name", "like", "A%"], ["customer_name", "like", "B%"]], "order_by": "customer_name desc", "limit_page_length": 5}"#));
    let sent = &permit.next().named;
    assert_eq!(
        text(&sent["filters"]),
        r#"[["Customer","customer_group","=","Commercial"],["Customer","territory","=","Europe"]]"#
    );
    assert_eq!(
        text(&sent["or_filters"]),
        r#"[["Customer","customer_name","like","A%"],["Customer","customer_name","like","B%"]]"#
    );
    let clean = permit
        .apply(json(
            r#"[{"name": "C1", "customer_name": "A", "lab_secret_note": "x"}]"#,
        ))
        .unwrap();
    assert_eq!(
        text(clean.value()),
        r#"[{"name":"C1","customer_name":"A"}]"#
    );
}

#[test]
fn no_filters_still_means_the_rule() {
    for method in ["get_list", "get_count"] {
        for named in [
            "{}",
            r#"{"filters": null}"#,
            r#"{"filters": []}"#,
            r#"{"filters": {}}"#,
        ] {
            let permit = frappe(CUSTOMERS).allowed(&call("Customer", method, named));
            assert_eq!(
                text(&permit.next().named["filters"]),
                r#"[["Customer","customer_group","=","Commercial"]]"#
            );
        }
    }
}

#[test]
fn everything_means_everything_that_is_open() {
    let clean = frappe(CUSTOMERS).cleaned(
        &call("Customer", "get_list", r#"{"fields": ["*"]}"#),
        r#"[{"name": "C1", "owner": "x", "customer_name": "A", "tax_id": "7", "territory": "E"}]"#,
    );
    assert_eq!(
        clean,
        r#"[{"name":"C1","customer_name":"A","territory":"E"}]"#
    );
}

#[test]
fn other_fields_are_refused_wherever_they_stand() {
    let caller = frappe(CUSTOMERS);
    caller.allowed(&call(
        "Customer",
        "get_list",
        r#"{"fields": ["territory"], "order_by": "territory", "group_by": "territory"}"#,
    ));
    for named in [
        r#"{"fields": ["tax_id"]}"#,
        r#"{"fields": ["name", "count(name) as c"]}"#,
        r#"{"fields": ["customer_name as tax_id"]}"#,
        r#"{"fields": ["`tabUser`.api_key"]}"#,
        r#"{"fields": ["account_manager.full_name"]}"#,
        r#"{"fields": ["(select 1)"]}"#,
        r#"{"fields": [{"COUNT": "name"}]}"#,
        r#"{"fields": "tax_id"}"#,
        r#"{"filters": {"tax_id": "7"}}"#,
        r#"{"filters": [["tax_id", "like", "7%"]]}"#,
        r#"{"filters": [["User", "api_key", "like", "7%"]]}"#,
        r#"{"or_filters": [["tax_id", "like", "7%"]]}"#,
        r#"{"filters": [["customer_group", "descendants of", "All"]]}"#,
        r#"{"filters": ["1=1"]}"#,
        r#"{"filters": [["territory", "between", "a"]]}"#,
        r#"{"order_by": "tax_id"}"#,
        r#"{"order_by": "territory, tax_id desc"}"#,
        r#"{"order_by": "if(tax_id like '7%', 1, 2)"}"#,
        r#"{"order_by": "territory desc desc"}"#,
        r#"{"group_by": "tax_id"}"#,
        r#"{"group_by": "name union select 1"}"#,
        r#"{"expand": ["territory"]}"#,
        r#"{"debug": 1}"#,
        r#"{"distinct": "x"}"#,
    ] {
        caller.refused(&call("Customer", "get_list", named));
    }
    caller.refused(&call(
        "Customer",
        "get_count",
        r#"{"filters": {"tax_id": "7"}}"#,
    ));
}

#[test]
fn a_range_cannot_swallow_the_rule() {
    let permit = frappe(CUSTOMERS).allowed(&call(
        "Customer",
        "get_list",
        r#"{"filters": [["territory", "between", ["a", "b"]]]}"#,
    ));
    assert_eq!(
        text(&permit.next().named["filters"]),
        r#"[["Customer","customer_group","=","Commercial"],["Customer","territory",">=","a"],["Customer","territory","<=","b"]]"#
    );
}

#[test]
fn own_table_names_are_read() {
    let caller = frappe(CUSTOMERS);
    caller.allowed(&call("Customer", "get_list", r#"{"fields": ["`tabCustomer`.`customer_name`"], "order_by": "`tabCustomer`.`territory` desc"}"#));
    caller.refused(&call(
        "Customer",
        "get_list",
        r#"{"order_by": "`tabCustomer`.`tax_id` desc"}"#,
    ));
    caller.refused(&call(
        "Customer",
        "get_list",
        r#"{"order_by": "`tabItem`.`territory` desc"}"#,
    ));
}

#[test]
fn a_document_is_looked_for_first() {
    let read = document("Customer", "get", "C1", "{}");
    let permit = frappe(CUSTOMERS).allowed(&read);
    assert!(permit.is_guard());
    assert_eq!(permit.next().method.as_str(), "get_list");
    assert_eq!(
        text(&permit.next().named["filters"]),
        r#"[["Customer","name","=","C1"],["Customer","customer_group","=","Commercial"]]"#
    );
    let permit = permit
        .guarded(&json(r#"[{"name": "C1", "modified": "m"}]"#))
        .unwrap();
    let clean = permit.apply(json(r#"{"name": "C1", "doctype": "Customer", "modified": "m", "owner": "x", "customer_name": "A", "lab_pin": "1", "accounts": [{"account": "y"}], "__onload": {"a": 1}}"#)).unwrap();
    assert_eq!(
        text(clean.value()),
        r#"{"name":"C1","doctype":"Customer","modified":"m","customer_name":"A"}"#
    );
    for answer in ["[]", r#"[{"name": "C2"}]"#] {
        let no = frappe(CUSTOMERS)
            .allowed(&read)
            .guarded(&json(answer))
            .unwrap_err();
        assert_eq!(no.fault.kind, FaultKind::MissingRecord);
    }
    let no = frappe(CUSTOMERS)
        .allowed(&read)
        .guarded(&json("7"))
        .unwrap_err();
    assert_eq!(no.reason, Reason::Answer);
}

#[test]
fn a_save_is_bound_to_the_version_that_was_judged() {
    let caller = frappe(CUSTOMERS);
    let save = |doc: &str| document("Customer", "save", "C1", &format!(r#"{{"doc": {doc}}}"#));
    let guard = json(r#"[{"name": "C1", "modified": "2026-01-01 00:00:00"}]"#);
    let permit = caller.allowed(&save(
        r#"{"territory": "Europe", "name": "C1", "owner": "me"}"#,
    ));
    assert!(permit.is_guard());
    let permit = permit.guarded(&guard).unwrap();
    assert_eq!(
        text(&permit.next().named["doc"]),
        r#"{"territory":"Europe","modified":"2026-01-01 00:00:00"}"#
    );
    let clean = permit
        .apply(json(
            r#"{"name": "C1", "territory": "Europe", "tax_id": "7"}"#,
        ))
        .unwrap();
    assert_eq!(text(clean.value()), r#"{"name":"C1","territory":"Europe"}"#);
    let no = caller
        .allowed(&save(
            r#"{"territory": "x", "modified": "2025-01-01 00:00:00"}"#,
        ))
        .guarded(&guard)
        .unwrap_err();
    assert_eq!(no.fault.kind, FaultKind::Conflict);
    assert!(
        caller
            .allowed(&save(r#"{"territory": "x"}"#))
            .guarded(&json("[]"))
            .is_err()
    );
    caller.refused(&save(r#"{"tax_id": "7"}"#));
    caller.refused(&save(r#"{"name": "C2", "territory": "x"}"#));
    caller.refused(&save(
        r#"{"flags": {"ignore_permissions": 1}, "territory": "x"}"#,
    ));
    caller.refused(&save(r#"{"territory": {"a": 1}}"#));
    let no = caller.refused(&save(r#"{"customer_group": "Individual"}"#));
    assert_eq!(no.reason, Reason::Values);
    caller.allowed(&save(r#"{"customer_group": "Commercial"}"#));
    caller.refused(&document("Customer", "delete", "C1", "{}"));
}

#[test]
fn new_documents_get_what_the_rule_fixes() {
    let caller = frappe(CUSTOMERS);
    let insert = |doc: &str| call("Customer", "insert", &format!(r#"{{"doc": {doc}}}"#));
    let permit = caller.allowed(&insert(r#"{"customer_name": "A"}"#));
    assert_eq!(
        text(&permit.next().named["doc"]),
        r#"{"customer_name":"A","customer_group":"Commercial"}"#
    );
    caller.refused(&insert(
        r#"{"customer_name": "A", "customer_group": "Individual"}"#,
    ));
    caller.refused(&insert(r#"{"customer_name": "A", "tax_id": "7"}"#));
    caller.refused(&insert(r#"{"customer_name": "A", "docstatus": 1}"#));
    caller.refused(&insert(
        r#"{"customer_name": "A", "accounts": [{"account": "x"}]}"#,
    ));
}

#[test]
fn a_new_document_is_named_by_those_only_who_may_write_the_name() {
    let rule = |fields: &str| {
        frappe(&format!(
            "[[rule]]\nname = \"r\"\nmodels = [\"Customer\"]\noperations = [\"create\"]\n{fields}\n"
        ))
    };
    let insert = |doc: &str| call("Customer", "insert", &format!(r#"{{"doc": {doc}}}"#));
    let many = call(
        "Customer",
        "insert_many",
        r#"{"docs": [{"doctype": "Customer", "customer_name": "A", "name": "CHOSEN"}]}"#,
    );
    let named = insert(r#"{"customer_name": "A", "name": "CHOSEN"}"#);
    for fields in [
        "fields = \"*\"",
        "fields = [\"name\", \"customer_name\"]",
        "fields = [\"customer_name\"]\nwrite-fields = [\"name\", \"customer_name\"]",
    ] {
        let caller = rule(fields);
        let permit = caller.allowed(&named);
        assert!(text(&permit.next().named["doc"]).contains("CHOSEN"));
        caller.allowed(&many);
    }
    for fields in [
        "fields = [\"customer_name\"]",
        "fields = \"*\"\nhidden = [\"name\"]",
        "fields = [\"name\", \"customer_name\"]\nwrite-fields = [\"customer_name\"]",
    ] {
        let caller = rule(fields);
        caller.allowed(&insert(r#"{"customer_name": "A"}"#));
        caller.allowed(&insert(r#"{"customer_name": "A", "name": ""}"#));
        caller.allowed(&insert(r#"{"customer_name": "A", "name": null}"#));
        caller.refused(&named);
        caller.refused(&many);
    }
}

#[test]
fn submitting_by_docstatus_needs_the_right_to_submit() {
    let draft = orders("\"*\"", "[\"read\", \"create\", \"write\"]");
    let full = orders(
        "\"*\"",
        "[\"read\", \"create\", \"write\", \"submit\", \"cancel\"]",
    );
    let insert = |status: &str| {
        call(
            "Sales Order",
            "insert",
            &format!(r#"{{"doc": {{"customer": "C1", "docstatus": {status}}}}}"#),
        )
    };
    let save = |status: &str| {
        document(
            "Sales Order",
            "save",
            "S1",
            &format!(r#"{{"doc": {{"docstatus": {status}}}}}"#),
        )
    };
    draft.allowed(&insert("0"));
    for status in ["1", "2", r#""1""#, "true", r#"[1]"#, "1.0"] {
        draft.refused(&insert(status));
        draft.refused(&save(status));
    }
    full.allowed(&insert("1"));
    full.allowed(&save("2"));
    let submit = document("Sales Order", "submit", "S1", "{}");
    full.allowed(&submit);
    draft.refused(&submit);
    draft.refused(&document("Sales Order", "cancel", "S1", "{}"));
    draft.refused(&document("Sales Order", "delete", "S1", "{}"));
}

#[test]
fn child_tables_are_open_as_a_whole_or_by_column() {
    let rows = r#"{"doc": {"customer": "C1", "items": [{"doctype": "Sales Order Item", "item_code": "I1", "qty": 2, "rate": 5}]}}"#;
    let insert = call("Sales Order", "insert", rows);
    let save = document("Sales Order", "save", "S1", rows);
    let whole = orders(r#"["customer", "items"]"#, r#"["read", "create", "write"]"#);
    whole.allowed(&insert);
    whole.allowed(&save);
    let columns = orders(
        r#"["customer", "items.item_code", "items.qty"]"#,
        r#"["read", "create", "write"]"#,
    );
    columns.refused(&insert);
    // A row without columns would be one of a table of which no column is open.
    let empty = |table: &str| {
        let doc = format!(r#"{{"doc": {{"customer": "C1", "{table}": [{{}}]}}}}"#);
        call("Sales Order", "insert", &doc)
    };
    columns.allowed(&empty("items"));
    columns.refused(&empty("taxes"));
    columns.allowed(&call(
        "Sales Order",
        "insert",
        r#"{"doc": {"customer": "C1", "items": [{"item_code": "I1", "qty": 2}]}}"#,
    ));
    // A save would take the other columns away from the rows that are there.
    columns.refused(&document(
        "Sales Order",
        "save",
        "S1",
        r#"{"doc": {"items": [{"item_code": "I1", "qty": 2}]}}"#,
    ));
    let read = document("Sales Order", "get", "S1", "{}");
    let answer = r#"{"name": "S1", "customer": "C1", "items": [{"name": "r1", "item_code": "I1", "qty": 2, "rate": 5}], "taxes": [{"rate": 3}]}"#;
    assert_eq!(
        columns.cleaned(&read, answer),
        r#"{"name":"S1","customer":"C1","items":[{"name":"r1","item_code":"I1","qty":2}]}"#
    );
    assert_eq!(
        whole.cleaned(&read, answer),
        r#"{"name":"S1","customer":"C1","items":[{"name":"r1","item_code":"I1","qty":2,"rate":5}]}"#
    );
    let none = orders(r#"["customer"]"#, r#"["read"]"#);
    assert_eq!(
        none.cleaned(&read, answer),
        r#"{"name":"S1","customer":"C1"}"#
    );
    let hiding = frappe(
        "[[rule]]\nname = \"o\"\nmodels = [\"Sales Order\"]\noperations = [\"read\"]\nfields = \"*\"\nhidden = [\"items.rate\", \"taxes\"]\n",
    );
    assert_eq!(
        hiding.cleaned(&read, answer),
        r#"{"name":"S1","customer":"C1","items":[{"name":"r1","item_code":"I1","qty":2}]}"#
    );
    columns.allowed(&call(
        "Sales Order",
        "get_list",
        r#"{"fields": ["items.qty"]}"#,
    ));
    columns.refused(&call(
        "Sales Order",
        "get_list",
        r#"{"fields": ["items.rate"]}"#,
    ));
    whole.refused(&call(
        "Sales Order",
        "get_list",
        r#"{"fields": ["items.rate"]}"#,
    ));
}

#[test]
fn rows_are_limited() {
    let caller = frappe(
        "[[rule]]\nname = \"r\"\nmodels = [\"Customer\"]\noperations = [\"read\"]\nfields = \"*\"\nmax-rows = 50\n",
    );
    for (named, limit) in [
        // One more than the cap tells whether there is more.
        (r#"{"limit_page_length": 0}"#, "51"),
        (r#"{"limit_page_length": 99999}"#, "51"),
        (r#"{"limit_page_length": 50}"#, "50"),
        (r#"{"limit_page_length": 5}"#, "5"),
    ] {
        let permit = caller.allowed(&call("Customer", "get_list", named));
        assert_eq!(
            text(&permit.next().named["limit_page_length"]),
            limit,
            "{named}"
        );
    }
    caller.refused(&call(
        "Customer",
        "get_list",
        r#"{"limit_page_length": -1}"#,
    ));
    caller.refused(&call(
        "Customer",
        "get_list",
        r#"{"limit_page_length": "abc"}"#,
    ));
}

#[test]
fn single_values_are_bound_too() {
    let caller = frappe(CUSTOMERS);
    let permit = caller.allowed(&call(
        "Customer",
        "frappe.client.get_value",
        r#"{"doctype": "Customer", "fieldname": "territory", "filters": "C1"}"#,
    ));
    assert_eq!(
        text(&permit.next().named["filters"]),
        r#"[["Customer","customer_group","=","Commercial"],["Customer","name","=","C1"]]"#
    );
    assert_eq!(
        text(
            permit
                .apply(json(r#"{"territory": "E", "tax_id": "7"}"#))
                .unwrap()
                .value()
        ),
        r#"{"territory":"E"}"#
    );
    caller.allowed(&call("Customer", "frappe.client.get_value", r#"{"doctype": "Customer", "fieldname": "[\"territory\"]", "filters": "{\"customer_name\": \"A\"}"}"#));
    for named in [
        r#"{"doctype": "Customer", "fieldname": "tax_id", "filters": "C1"}"#,
        r#"{"doctype": "Customer", "fieldname": "[\"territory\", \"tax_id\"]", "filters": "C1"}"#,
        r#"{"doctype": "Customer", "fieldname": "territory", "filters": "{\"tax_id\": \"7\"}"}"#,
        r#"{"doctype": "User", "fieldname": "territory", "filters": "C1"}"#,
    ] {
        caller.refused(&call("Customer", "frappe.client.get_value", named));
    }
}

#[test]
fn methods_are_refused_unless_listed() {
    let caller = frappe(
        "[[rule]]\nname = \"m\"\nmodels = [\"-\", \"Customer\"]\noperations = [\"call\"]\nmethods = [\"shop.api.stock\", \"frappe.client.get_password\"]\n",
    );
    caller.allowed(&call("-", "shop.api.stock", r#"{"item": "I1"}"#));
    caller.refused(&call("-", "shop.api.prices", r#"{"item": "I1"}"#));
    caller.refused(&call("-", "shop.api.stock", r#"{"item": ["I1"]}"#));
    caller.refused(&call(
        "-",
        "shop.api.stock",
        r#"{"cmd": "frappe.client.get_list"}"#,
    ));
    caller.refused(&call("-", "frappe.client.get_list", "{}"));
    let all = frappe(
        "[[rule]]\nname = \"m\"\nmodels = [\"*\"]\noperations = [\"call\", \"read\"]\nmethods = [\"frappe.client.get_password\", \"run_doc_method\", \"frappe.desk.query_report.run\"]\nfields = \"*\"\n",
    );
    all.allowed(&call("Customer", "get_list", "{}"));
    for method in [
        "frappe.client.get_password",
        "run_doc_method",
        "frappe.desk.query_report.run",
    ] {
        assert_eq!(
            all.refused(&call("Customer", method, "{}")).reason,
            Reason::Dangerous
        );
    }
    for doctype in [
        "User",
        "OAuth Client",
        "Server Script",
        "DocShare",
        "Custom DocPerm",
        "Version",
        "File",
    ] {
        all.refused(&call(doctype, "get_list", "{}"));
        all.refused(&document(doctype, "get", "x", "{}"));
    }
}

#[test]
fn credentials_do_not_come_back() {
    let caller = frappe(
        "[[rule]]\nname = \"u\"\nmodels = [\"User\"]\noperations = [\"read\", \"write\"]\nfields = \"*\"\n",
    );
    let read = document("User", "get", "u@example.com", "{}");
    assert_eq!(
        caller.cleaned(&read, r#"{"name": "u@example.com", "first_name": "U", "api_key": "k", "api_secret": "s", "new_password": "p", "reset_password_key": "r"}"#),
        r#"{"name":"u@example.com","first_name":"U"}"#
    );
    caller.refused(&call("User", "get_list", r#"{"fields": ["api_key"]}"#));
    caller.refused(&call(
        "User",
        "get_list",
        r#"{"filters": [["api_key", "like", "a%"]]}"#,
    ));
    caller.refused(&document(
        "User",
        "save",
        "u@example.com",
        r#"{"doc": {"new_password": "x"}}"#,
    ));
}

#[test]
fn an_unreadable_rule_domain_refuses() {
    let caller = frappe(
        "[[rule]]\nname = \"r\"\nmodels = [\"Customer\"]\noperations = [\"read\"]\nfields = \"*\"\ndomain = '[\"|\", [\"territory\", \"=\", \"a\"], [\"territory\", \"=\", \"b\"]]'\n",
    );
    assert_eq!(
        caller.refused(&call("Customer", "get_list", "{}")).reason,
        Reason::Domain
    );
}
