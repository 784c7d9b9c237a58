//! Frappe: what other faces ask for, judged by the same rules.

use crate::common::{Caller, call, document, frappe, json, text};
use portcullis_erp::{FaultKind, Model, RecordId, Value};
use portcullis_policy::Reason;

/// Companies, by three fields; all of an item.
const ROLE: &str = r#"
[[rule]]
name = "companies"
models = ["Customer"]
operations = ["read", "create", "write"]
fields = ["name", "customer_name", "customer_type"]
domain = '[["customer_type", "=", "Company"]]'

[[rule]]
name = "items"
models = ["Item"]
operations = ["create", "write"]
fields = "*"
"#;

/// The caller, before a Frappe that does not tell what items are made of.
fn caller() -> Caller {
    let mut caller = frappe(ROLE);
    caller.schema.absent(Model::new("Item").unwrap());
    caller
}

#[test]
fn each_of_many_documents_is_judged() {
    let role = caller();
    let many = |docs: &str| call("Customer", "insert_many", &format!(r#"{{"docs":{docs}}}"#));
    let permit = role.allowed(&many(
        r#"[{"doctype":"Customer","customer_name":"A"},{"doctype":"Item","item_code":"I"}]"#,
    ));
    assert_eq!(
        text(&permit.next().named["docs"]),
        r#"[{"customer_name":"A","customer_type":"Company","doctype":"Customer"},{"item_code":"I","doctype":"Item"}]"#,
        "the rule's value is put in, as in a single document"
    );
    let names = permit.apply(json(r#"["A","I"]"#)).unwrap();
    assert_eq!(text(names.value()), r#"["A","I"]"#);
    for docs in [
        r#"[{"doctype":"Item","item_code":"I"},{"doctype":"Customer","territory":"x"}]"#,
        r#"[{"doctype":"Customer","customer_name":"A","customer_type":"Individual"}]"#,
        r#"[{"doctype":"User","email":"x"}]"#,
        r#"[{"doctype":"Item","item_code":"I","docstatus":1}]"#,
        "[]",
    ] {
        role.refused(&many(docs));
    }
}

#[test]
fn each_of_many_changes_is_bound_to_the_document_that_was_seen() {
    let role = caller();
    let change = call(
        "Customer",
        "bulk_update",
        r#"{"docs":[{"doctype":"Item","docname":"I","item_name":"x"},{"doctype":"Customer","docname":"A","customer_name":"y"}]}"#,
    );
    let permit = role.allowed(&change);
    assert!(
        permit.is_guard(),
        "whether the rule opens the customer is asked first"
    );
    assert_eq!(permit.next().model.as_str(), "Customer");
    let seen = json(r#"[{"name":"A","modified":"2026-01-01"}]"#);
    let permit = permit.guarded(&seen).unwrap();
    assert_eq!(
        text(&permit.next().named["docs"]),
        r#"[{"item_name":"x","doctype":"Item","docname":"I"},{"customer_name":"y","doctype":"Customer","docname":"A","modified":"2026-01-01"}]"#
    );
    let told = permit
        .apply(json(
            r#"{"failed_docs":[{"doc":{"doctype":"Item","docname":"I","secret":"x"},"exc":"Traceback"}]}"#,
        ))
        .unwrap();
    assert!(!text(told.value()).contains("Traceback") && !text(told.value()).contains("secret"));
    let absent = role.allowed(&change).guarded(&json("[]"));
    assert_eq!(absent.unwrap_err().fault.kind, FaultKind::MissingRecord);
}

#[test]
fn renaming_writes_and_makes_and_merging_deletes() {
    let rename = |merge: bool| {
        document(
            "Item",
            "rename",
            "A",
            &format!(r#"{{"new_name":"B","merge":{merge}}}"#),
        )
    };
    let with = |operations: &str, fields: &str| {
        frappe(&format!(
            "[[rule]]\nname = \"r\"\nmodels = [\"Item\"]\noperations = [{operations}]\nfields = {fields}\n"
        ))
    };
    with(r#""write", "create""#, "\"*\"").allowed(&rename(false));
    with(r#""write", "create", "delete""#, "\"*\"").allowed(&rename(true));
    with(r#""write", "create""#, r#"["name"]"#).allowed(&rename(false));
    for (operations, fields, merge) in [
        (r#""write""#, "\"*\"", false),
        (r#""create""#, "\"*\"", false),
        (r#""write", "create""#, "\"*\"", true),
        (r#""write", "create""#, r#"["item_name"]"#, false),
    ] {
        with(operations, fields).refused(&rename(merge));
    }
    let bound = frappe(
        "[[rule]]\nname = \"r\"\nmodels = [\"Item\"]\noperations = [\"write\", \"create\", \"delete\"]\nfields = \"*\"\ndomain = '[[\"item_group\", \"=\", \"x\"]]'\n",
    );
    let permit = bound.allowed(&rename(true));
    let permit = permit
        .guarded(&json(r#"[{"name":"A","modified":"x"}]"#))
        .unwrap();
    assert!(
        permit.is_guard(),
        "what it is merged into must be open as well"
    );
    assert!(permit.guarded(&json("[]")).is_err());
}

#[test]
fn a_method_of_a_document_is_listed_and_bound_to_the_rule() {
    let role = frappe(
        "[[rule]]\nname = \"r\"\nmodels = [\"Item\"]\noperations = [\"call\"]\nmethods = [\"tell\", \"doctype.make\"]\ndomain = '[[\"item_group\", \"=\", \"x\"]]'\n",
    );
    let permit = role.allowed(&document("Item", "tell", "A", r#"{"x":"1"}"#));
    assert!(
        permit.is_guard(),
        "the document is looked for under the rule"
    );
    role.refused(&document("Item", "make", "A", "{}"));
    role.refused(&document("Item", "tell", "A", r#"{"run_method":"x"}"#));
    role.refused(&call("Item", "doctype.make", "{}"));
    let plain = frappe(
        "[[rule]]\nname = \"r\"\nmodels = [\"Item\"]\noperations = [\"call\"]\nmethods = [\"doctype.make\"]\n",
    );
    plain.allowed(&call("Item", "doctype.make", "{}"));
    plain.refused(&document("Item", "make", "A", "{}"));
}

#[test]
fn a_doctype_tells_of_open_fields_only() {
    let permit = frappe(ROLE).allowed(&call("Customer", "get_meta", "{}"));
    let told = permit
        .apply(json(
            r#"{"name":"Customer","title_field":"customer_name","image_field":"image","autoname":"field:territory","permissions":[{"role":"x"}],
            "fields":[{"fieldname":"customer_name","fieldtype":"Data","depends_on":"eval:doc.territory"},{"fieldname":"territory","fieldtype":"Link"},{"fieldtype":"Data"}]}"#,
        ))
        .unwrap();
    assert_eq!(
        text(told.value()),
        r#"{"name":"Customer","title_field":"customer_name","fields":[{"fieldname":"customer_name","fieldtype":"Data"}]}"#
    );
    frappe(ROLE).refused(&call("User", "get_meta", "{}"));
}

#[test]
fn a_page_tells_when_there_is_more() {
    let role = frappe(
        "[[rule]]\nname = \"r\"\nmodels = [\"Item\"]\noperations = [\"read\"]\nfields = \"*\"\nmax-rows = 2\n",
    );
    let all = call("Item", "get_list", r#"{"limit_page_length": 0}"#);
    let more = role
        .allowed(&all)
        .apply(json(r#"[{"name":"A"},{"name":"B"},{"name":"C"}]"#))
        .unwrap();
    assert_eq!(
        (text(more.value()).as_str(), more.capped()),
        (r#"[{"name":"A"},{"name":"B"}]"#, Some(2))
    );
    let two = role
        .allowed(&all)
        .apply(json(r#"[{"name":"A"},{"name":"B"}]"#))
        .unwrap();
    assert_eq!(two.capped(), None);
    let usual = frappe(
        "[[rule]]\nname = \"r\"\nmodels = [\"Item\"]\noperations = [\"read\"]\nfields = \"*\"\n",
    );
    let permit = usual.allowed(&all);
    assert_eq!(text(&permit.next().named["limit_page_length"]), "1001");
}

#[test]
fn a_row_of_a_table_is_made_by_who_may_write_its_document() {
    let role = |more: &str| {
        let mut caller = frappe(&format!(
            "[[rule]]\nname = \"rows\"\nmodels = [\"Sales Order Item\"]\noperations = [\"create\"]\nfields = \"*\"\n{more}"
        ));
        caller
            .schema
            .absent(Model::new("Sales Order Item").unwrap());
        caller
    };
    let row = call(
        "Sales Order Item",
        "insert",
        r#"{"doc":{"item_code":"I","parent":"S1","parenttype":"Sales Order","parentfield":"items"}}"#,
    );
    let orders = "[[rule]]\nname = \"orders\"\nmodels = [\"Sales Order\"]\noperations = [\"write\"]\nfields = [\"items\"]\ndomain = '[[\"owner\", \"=\", \"me\"]]'\n";
    let permit = role(orders).allowed(&row);
    assert!(permit.is_guard());
    assert_eq!(permit.next().model.as_str(), "Sales Order");
    role("").refused(&row);
    role(&orders.replace("[\"items\"]", "[\"customer\"]")).refused(&row);
}

#[test]
fn bytes_are_opened_by_the_files_content() {
    let upload = |private: bool| {
        call("File", "upload_file", "{}")
            .with("file_name", "a.txt")
            .with("content", Value::Bytes(b"x".to_vec()))
            .with("is_private", private)
    };
    let role = |fields: &str| {
        frappe(&format!(
            "[[rule]]\nname = \"files\"\nmodels = [\"File\"]\noperations = [\"read\", \"create\"]\nfields = {fields}\n"
        ))
    };
    role("\"*\"").allowed(&upload(false));
    let narrow = role(r#"["file_name", "content"]"#);
    narrow.allowed(&upload(true));
    narrow.refused(&upload(false));
    role(r#"["file_name"]"#).refused(&upload(true));
    let fetch = call(
        "File",
        "download_file",
        r#"{"file_url":"/private/files/a.txt"}"#,
    );
    let permit = narrow.allowed(&fetch);
    assert!(permit.is_guard() && permit.is_file());
    assert_eq!(
        text(&permit.next().named["filters"]),
        r#"[["File","file_url","=","/private/files/a.txt"]]"#
    );
    let refusal = role("\"*\"")
        .allowed(&fetch)
        .guarded(&json("[]"))
        .unwrap_err();
    assert_eq!(refusal.reason, Reason::Missing);
    let permit = permit.guarded(&json(r#"[{"name":"f1"}]"#)).unwrap();
    assert_eq!(permit.release().unwrap().name(), "a.txt");
    role(r#"["file_name"]"#).refused(&fetch);
    let by_name = call("File", "download_file", r#"{"file_url":"/files/a"}"#)
        .on(vec![RecordId::Name("f1".into())]);
    role("\"*\"").refused(&by_name);
    let whatever = frappe(
        "[[rule]]\nname = \"r\"\nmodels = [\"*\"]\noperations = [\"read\", \"create\"]\nfields = \"*\"\n",
    );
    whatever.refused(&fetch);
}

#[test]
fn a_file_is_attached_by_its_upload_only() {
    let role = |fields: &str| {
        frappe(&format!(
            "[[rule]]\nname = \"files\"\nmodels = [\"File\"]\noperations = [\"read\", \"create\", \"write\"]\nfields = {fields}\n"
        ))
    };
    let save = |doc: &str| document("File", "save", "f1", &format!(r#"{{"doc":{doc}}}"#));
    role("\"*\"").allowed(&save(r#"{"file_name":"b.txt"}"#));
    let attach = r#"{"attached_to_doctype":"User","attached_to_name":"Administrator"}"#;
    role("\"*\"").refused(&save(attach));
    role("\"*\"").refused(&call("File", "insert", &format!(r#"{{"doc":{attach}}}"#)));
    role(r#"["attached_to_doctype", "attached_to_name"]"#).allowed(&save(attach));
}

#[test]
fn no_file_is_fetched_under_the_address_of_another() {
    let role = frappe(
        "[[rule]]\nname = \"own\"\nmodels = [\"File\"]\noperations = [\"read\"]\nfields = \"*\"\n\
         domain = '[[\"owner\", \"=\", \"me\"]]'\n",
    );
    let fetch = call(
        "File",
        "download_file",
        r#"{"file_url":"/private/files/a.txt"}"#,
    );
    let own = json(r#"[{"name":"f1","file_url":"/private/files/a.txt"}]"#);
    let permit = role.allowed(&fetch).guarded(&own).unwrap();
    assert_eq!(
        text(&permit.next().named["filters"]),
        r#"[["File","file_url","=","/private/files/a.txt"]]"#,
        "what the ERP may find instead is asked without the rule's domain"
    );
    assert_eq!(
        permit.guarded(&own).unwrap().release().unwrap().name(),
        "a.txt"
    );
    let other = r#"{"name":"f2","file_url":"/private/files/A.TXT"}"#;
    let refusal = role
        .allowed(&fetch)
        .guarded(&json(&format!("[{other}]")))
        .unwrap_err();
    assert_eq!(refusal.reason, Reason::Missing);
    let both = format!(r#"[{{"name":"f1","file_url":"/private/files/a.txt"}},{other}]"#);
    let permit = role.allowed(&fetch).guarded(&own).unwrap();
    assert_eq!(
        permit.guarded(&json(&both)).unwrap_err().reason,
        Reason::Missing
    );
}

#[test]
fn what_is_told_of_a_document_is_judged_as_reading_it() {
    let role = frappe(ROLE);
    let ask =
        |method: &str, named: &str| call("Customer", &format!("frappe.client.{method}"), named);
    let link = r#"{"doctype":"Customer","docname":"A","fields":["customer_name"]}"#;
    let permit = role.allowed(&ask("validate_link", link));
    assert!(
        permit.is_guard(),
        "the document is looked for under the rule"
    );
    let told = permit
        .guarded(&json(r#"[{"name":"A","modified":"x"}]"#))
        .unwrap()
        .apply(json(r#"{"name":"A","customer_name":"a","territory":"x"}"#))
        .unwrap();
    assert_eq!(text(told.value()), r#"{"name":"A","customer_name":"a"}"#);
    for hidden in [
        r#"{"doctype":"Customer","docname":"A","fields":["territory"]}"#,
        r#"{"doctype":"User","docname":"A"}"#,
        r#"{"doctype":"Customer"}"#,
        r#"{"doctype":"Customer","docname":"A","cmd":"x"}"#,
    ] {
        role.refused(&ask("validate_link", hidden));
    }
    let may = |operation: &str| {
        let named = format!(r#"{{"doctype":"Customer","docname":"A","perm_type":"{operation}"}}"#);
        role.allowed(&ask("has_permission", &named))
            .guarded(&json(r#"[{"name":"A","modified":"x"}]"#))
            .unwrap()
            .apply(json(r#"{"has_permission":true,"user":"x"}"#))
            .unwrap()
    };
    assert_eq!(text(may("write").value()), r#"{"has_permission":true}"#);
    for closed in ["delete", "submit", "export"] {
        assert_eq!(text(may(closed).value()), r#"{"has_permission":false}"#);
    }
    let single = r#"{"doctype":"Customer","field":"customer_name"}"#;
    role.refused(&ask("get_single_value", single));
    let whole = frappe(
        "[[rule]]\nname = \"r\"\nmodels = [\"Customer\"]\noperations = [\"read\"]\nfields = [\"customer_name\"]\n",
    );
    whole.allowed(&ask("get_single_value", single));
    whole.refused(&ask(
        "get_single_value",
        r#"{"doctype":"Customer","field":"territory"}"#,
    ));
    let unnamed = whole.refused(&ask("get_single_value", "{}"));
    assert_eq!(unnamed.reason, Reason::Argument);
}
