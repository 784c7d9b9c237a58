//! What is asked after a call whose rule opens some records only.

use crate::common::{Caller, UID, call, document, frappe, json, odoo, on, text};
use portcullis_policy::{Company, Findings, Permit, Sent, UserFacts};

/// Calls are asked in 1970 here.
const LONG_AGO: &str = "1960-01-01 08:00:00";
const LATER: &str = "1980-01-01 08:00:00";

const DONE: (Sent, Company) = (Sent::Done, Company::Alone);

fn companies() -> Caller {
    odoo(
        r#"
[[rule]]
name = "companies"
models = ["res.partner"]
operations = ["read", "create", "write", "delete", "call"]
methods = ["tidy"]
fields = ["name", "city", "is_company", "active"]
domain = '[["is_company", "=", true]]'
"#,
    )
}

/// A row as a guard is told it: who wrote it last, and when.
fn row(id: i64, by: i64, at: &str) -> String {
    format!(r#"{{"id": {id}, "write_uid": [{by}, "Somebody"], "write_date": "{at}"}}"#)
}

/// The permit once its guard was told of partner 3, whom somebody else wrote long ago.
fn guarded(permit: Permit) -> Permit {
    let told = format!("[{}]", row(3, 9, LONG_AGO));
    permit.guarded(&json(&told)).expect("it is there")
}

fn only(findings: Findings) -> &'static str {
    let one = Findings::default();
    match findings {
        found if found == one => "nothing",
        found if found == (Findings { broken: 1, ..one }) => "broken",
        found if found == (Findings { unsure: 1, ..one }) => "unsure",
        found if found == (Findings { unproven: 1, ..one }) => "unproven",
        found
            if found
                == (Findings {
                    unchecked: 1,
                    ..one
                }) =>
        {
            "unchecked"
        }
        _ => "several",
    }
}

fn write(values: &str) -> portcullis_erp::Call {
    on(
        "res.partner",
        "write",
        &[3],
        &format!(r#"{{"vals": {values}}}"#),
    )
}

#[test]
fn the_guard_is_asked_again_and_its_answer_is_awaited() {
    let permit = companies().allowed(&write(r#"{"city": "Bonn"}"#));
    let asked = text(&permit.next().named["domain"]);
    let permit = guarded(permit);
    let after = permit.after().expect("something is to be asked");
    assert_eq!(text(&after.named["domain"]), asked);
    assert_eq!(after.method.as_str(), "search_read");
    let told = format!("[{}]", row(3, UID, LATER));
    let permit = permit.looked(&json(&told), DONE);
    assert!(permit.after().is_none());
    assert_eq!(only(permit.findings()), "nothing");
    permit.apply(json("true")).expect("the answer");

    let permit = guarded(companies().allowed(&write(r#"{"city": "Bonn"}"#)));
    permit.apply(json("true")).expect_err("not heard");
}

#[test]
fn what_left_the_rule_before_the_call_is_told_from_what_left_it_after() {
    for (by, expected) in [(UID, "broken"), (9, "unsure")] {
        let permit = guarded(companies().allowed(&write(r#"{"city": "Bonn"}"#)));
        let permit = permit.looked(&json("[]"), DONE);
        let bare = permit.after().expect("who wrote it?");
        assert_eq!(text(&bare.named["domain"]), r#"[["id","in",[3]]]"#);
        let told = format!("[{}]", row(3, by, LATER));
        let permit = permit.looked(&json(&told), DONE);
        assert_eq!(only(permit.findings()), expected);
        permit.apply(json("true")).expect("it was done");
    }
}

#[test]
fn nobody_who_wrote_after_the_call_makes_it_fine() {
    let permit = guarded(companies().allowed(&write(r#"{"city": "Bonn"}"#)));
    let told = format!("[{}]", row(3, 9, LATER));
    let permit = permit.looked(&json(&told), DONE);
    assert_eq!(only(permit.findings()), "unsure");
}

#[test]
fn what_a_call_sets_itself_cannot_be_seen_afterwards() {
    let permit = guarded(companies().allowed(&write(r#"{"is_company": true}"#)));
    let told = format!("[{}]", row(3, UID, LATER));
    let permit = permit.looked(&json(&told), DONE);
    assert_eq!(only(permit.findings()), "unproven");
}

#[test]
fn what_was_deleted_cannot_be_looked_at() {
    let permit = guarded(companies().allowed(&on("res.partner", "unlink", &[3], "{}")));
    assert!(permit.after().is_none());
    assert!(permit.is_watched());
    assert_eq!(only(permit.findings()), "unproven");
}

#[test]
fn a_method_may_move_its_records_and_somebody_else_may_not() {
    for (by, expected) in [(UID, "unproven"), (9, "unsure")] {
        let permit = guarded(companies().allowed(&on("res.partner", "tidy", &[3], "{}")));
        let permit = permit.looked(&json("[]"), DONE);
        let told = format!("[{}]", row(3, by, LATER));
        let permit = permit.looked(&json(&told), DONE);
        assert_eq!(only(permit.findings()), expected);
    }
    let permit = guarded(companies().allowed(&on("res.partner", "tidy", &[3], "{}")));
    let told = format!("[{}]", row(3, 9, LONG_AGO));
    let permit = permit.looked(&json(&told), DONE);
    assert_eq!(only(permit.findings()), "nothing", "nobody wrote it");
}

#[test]
fn what_the_erp_refused_was_left_as_it_was_but_for_what_methods_did() {
    let permit = guarded(companies().allowed(&write(r#"{"city": "Bonn"}"#))).undone();
    assert!(permit.after().is_none());
    assert_eq!(only(permit.findings()), "nothing");
    let permit = guarded(companies().allowed(&on("res.partner", "unlink", &[3], "{}")));
    assert_eq!(only(permit.undone().findings()), "nothing");
    let permit = guarded(companies().allowed(&on("res.partner", "tidy", &[3], "{}")));
    assert!(permit.undone().after().is_some());
}

#[test]
fn what_cannot_be_asked_is_said() {
    let permit = guarded(companies().allowed(&write(r#"{"city": "Bonn"}"#)));
    let permit = permit.unlooked();
    assert_eq!(only(permit.findings()), "unchecked");
    permit.apply(json("true")).expect("it was done");
}

#[test]
fn an_answer_that_was_kept_is_given_without_looking_again() {
    let permit = guarded(companies().allowed(&write(r#"{"city": "Bonn"}"#)));
    permit.apply_again(json("true")).expect("the answer");
}

#[test]
fn what_is_read_made_or_open_to_every_record_is_not_looked_at() {
    let caller = companies();
    let read = on(
        "res.partner",
        "web_read",
        &[3],
        r#"{"specification": {"name": {}}}"#,
    );
    let permit = caller.allowed(&read).guarded(&json("[3]")).unwrap();
    assert!(!permit.is_watched());
    let made = call("res.partner", "create", r#"{"vals_list": [{"name": "A"}]}"#);
    assert!(!caller.allowed(&made).is_guard());
    let everybody = odoo(
        "[[rule]]\nname = \"all\"\nmodels = [\"res.partner\"]\noperations = [\"write\"]\nfields = \"*\"\n",
    );
    let permit = everybody.allowed(&write(r#"{"city": "Bonn"}"#));
    assert!(!permit.is_guard() && !permit.is_watched());
}

#[test]
fn lines_and_what_is_linked_are_looked_at_too() {
    let caller = odoo(
        r#"
[[rule]]
name = "orders"
models = ["sale.order"]
operations = ["read", "write"]
fields = ["note", "partner_id", "order_line"]

[[rule]]
name = "lines"
models = ["sale.order.line"]
operations = ["read", "write"]
fields = ["name", "discount"]
domain = '[["discount", "=", 0]]'

[[rule]]
name = "people of Bonn"
models = ["res.partner"]
operations = ["read"]
fields = ["name"]
domain = '[["city", "=", "Bonn"]]'
"#,
    );
    let permit = caller.allowed(&on(
        "sale.order",
        "write",
        &[1],
        r#"{"vals": {"partner_id": 3, "order_line": [[1, 3, {"name": "A"}]]}}"#,
    ));
    let mut permit = permit;
    let mut guards = 0;
    while permit.is_guard() {
        permit = guarded(permit);
        guards += 1;
    }
    assert_eq!(guards, 2);
    // The line was written by this call, the partner by nobody.
    let mut models = Vec::new();
    while let Some(after) = permit.after() {
        let model = after.model.as_str().to_owned();
        let by = if model == "res.partner" {
            row(3, 9, LONG_AGO)
        } else {
            row(3, UID, LATER)
        };
        permit = permit.looked(&json(&format!("[{by}]")), DONE);
        models.push(model);
    }
    models.sort();
    assert_eq!(models, ["res.partner", "sale.order.line"]);
    assert_eq!(only(permit.findings()), "nothing");
}

#[test]
fn many_records_are_asked_for_at_once() {
    let ids: Vec<i64> = (1..=2000).collect();
    let many = on(
        "res.partner",
        "write",
        &ids,
        r#"{"vals": {"city": "Bonn"}}"#,
    );
    let all = |by, at| {
        let rows: Vec<String> = ids.iter().map(|id| row(*id, by, at)).collect();
        json(&format!("[{}]", rows.join(",")))
    };
    let permit = companies().allowed(&many);
    let permit = permit.guarded(&all(9, LONG_AGO)).unwrap();
    assert_eq!(permit.outlook().unchecked, 2000);
    let permit = permit.looked(&all(UID, LATER), DONE);
    assert!(permit.after().is_none());
    assert_eq!(only(permit.findings()), "nothing");
}

fn drafts(operations: &str) -> Caller {
    frappe(&format!(
        "[[rule]]\nname = \"drafts\"\nmodels = [\"Sales Order\"]\noperations = {operations}\nfields = [\"customer\"]\ndomain = '[[\"order_type\", \"=\", \"Sales\"]]'\n"
    ))
}

const SEEN: &str =
    r#"[{"name": "S1", "modified": "2026-01-01 00:00:00.000001", "modified_by": "a@example.com"}]"#;

#[test]
fn what_is_submitted_or_cancelled_under_a_rule_is_saved_so_that_the_erp_checks_the_version() {
    let caller = drafts(r#"["read", "submit", "cancel"]"#);
    for method in ["submit", "cancel"] {
        let permit = caller.allowed(&document("Sales Order", method, "S1", "{}"));
        let permit = permit.guarded(&json(SEEN)).unwrap();
        assert_eq!(
            text(&permit.next().named["doc"]),
            r#"{"modified":"2026-01-01 00:00:00.000001"}"#
        );
        assert!(!permit.is_watched(), "nobody comes between");
    }
    let saved = drafts(r#"["read", "write"]"#);
    let doc = r#"{"doc": {"customer": "C1"}}"#;
    let permit = saved.allowed(&document("Sales Order", "save", "S1", doc));
    let permit = permit.guarded(&json(SEEN)).unwrap();
    assert!(!permit.is_watched());
}

#[test]
fn what_no_version_binds_is_looked_at() {
    let mut caller = drafts("[\"read\", \"delete\", \"call\"]\nmethods = [\"tidy\"]");
    let facts = UserFacts {
        name: Some("shop@example.com".to_owned()),
        ..UserFacts::default()
    };
    let login = caller.principal.erp_login().clone();
    caller.schema.learn_user(login, facts);
    let permit = caller.allowed(&document("Sales Order", "delete", "S1", "{}"));
    let permit = permit.guarded(&json(SEEN)).unwrap();
    assert_eq!(only(permit.findings()), "unproven");
    let called = || {
        let permit = caller.allowed(&document("Sales Order", "tidy", "S1", "{}"));
        permit.guarded(&json(SEEN)).unwrap()
    };
    let permit = called().looked(&json(SEEN), DONE);
    assert_eq!(only(permit.findings()), "nothing");
    let by_another = SEEN.replace("000001", "000002");
    let permit = called().looked(&json(&by_another), DONE);
    assert_eq!(only(permit.findings()), "unsure");
    let permit = called().looked(&json("[]"), DONE);
    let bare = permit.after().expect("it is asked for by its name");
    assert_eq!(text(&bare.named["filters"]), r#"[["name","in",["S1"]]]"#);
    let permit = permit.looked(&json(&by_another), DONE);
    assert_eq!(only(permit.findings()), "unsure");
}
