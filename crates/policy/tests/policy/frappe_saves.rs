//! Which edition of a document a save is of, and what of its rows goes on.

use portcullis_erp::FaultKind;

use crate::common::{document, frappe, json, text};

fn orders(operations: &str, domain: &str) -> crate::common::Caller {
    frappe(&format!(
        "[[rule]]\nname = \"orders\"\nmodels = [\"Sales Order\"]\noperations = {operations}\nfields = [\"customer\", \"items\"]\n{domain}"
    ))
}

#[test]
fn a_save_is_of_the_edition_that_it_says_or_of_none() {
    let caller = orders(r#"["read", "write"]"#, "");
    let sent = |doc: &str| {
        let doc = format!(r#"{{"doc": {{"customer": "C1"{doc}}}}}"#);
        let permit = caller.allowed(&document("Sales Order", "save", "S1", &doc));
        text(&permit.next().named["doc"])
    };
    assert_eq!(sent(""), r#"{"customer":"C1"}"#);
    assert_eq!(
        sent(r#", "modified": "2026-01-01""#),
        r#"{"customer":"C1","modified":"2026-01-01"}"#
    );
    // What was never saved is not the latest: the ERP is told so, and refuses it.
    for none in ["null", r#""""#] {
        assert_eq!(
            sent(&format!(r#", "modified": {none}"#)),
            r#"{"customer":"C1","modified":""}"#
        );
    }
}

#[test]
fn another_edition_than_the_one_that_the_rule_was_asked_for_is_refused() {
    let domain = "domain = '[[\"status\", \"=\", \"Draft\"]]'\n";
    let caller = orders(r#"["read", "write", "submit"]"#, domain);
    let seen = json(r#"[{"name": "S1", "modified": "2026-01-01"}]"#);
    for method in ["save", "submit"] {
        let guarded = |modified: &str| {
            let doc = format!(r#"{{"doc": {{"customer": "C1", "modified": {modified}}}}}"#);
            let permit = caller.allowed(&document("Sales Order", method, "S1", &doc));
            assert!(permit.is_guard());
            permit.guarded(&seen)
        };
        assert!(guarded(r#""2026-01-01""#).is_ok(), "{method}");
        for other in [r#""2025-12-31""#, r#""""#, "null"] {
            let refusal = guarded(other).unwrap_err();
            assert_eq!(refusal.fault.kind, FaultKind::Conflict, "{method} {other}");
        }
    }
}

#[test]
fn a_row_has_the_status_of_its_document_whatever_is_sent() {
    let caller = orders(r#"["read", "write"]"#, "");
    for status in ["0", "1", "2"] {
        let rows = format!(
            r#"{{"doc": {{"items": [{{"name": "r1", "qty": 2, "docstatus": {status}}}]}}}}"#
        );
        let permit = caller.allowed(&document("Sales Order", "save", "S1", &rows));
        assert_eq!(
            text(&permit.next().named["doc"]),
            r#"{"items":[{"name":"r1","qty":2}]}"#
        );
    }
}

#[test]
fn who_submits_sees_when_a_document_was_changed() {
    let read = document("Sales Order", "get", "S1", "{}");
    let answer = r#"{"name": "S1", "customer": "C1", "modified": "2026-01-01", "total": 3}"#;
    let reads = orders(r#"["read"]"#, "");
    assert_eq!(
        reads.cleaned(&read, answer),
        r#"{"name":"S1","customer":"C1"}"#
    );
    for saves in ["write", "submit"] {
        let caller = orders(&format!(r#"["read", "{saves}"]"#), "");
        assert_eq!(
            caller.cleaned(&read, answer),
            r#"{"name":"S1","customer":"C1","modified":"2026-01-01"}"#
        );
    }
}
