use portcullis_erp::value::from_json;
use portcullis_erp::{Call, Limits, Model, Value};

use super::{Fit, unfit};
use crate::operation::Family;
use crate::schema::Schema;

fn json(text: &str) -> Value {
    from_json(text.as_bytes(), &Limits::default()).expect(text)
}

fn odoo() -> Schema {
    let mut schema = Schema::new();
    schema.learn(
        Model::new("sale.order").expect("a name"),
        &json(
            r#"{"name":{"type":"char","size":8,"store":true},
            "state":{"type":"selection","store":true,"selection":[["draft","Quotation"],["sale","Order"]]},
            "active":{"type":"boolean","store":true},
            "ref":{"type":"char","store":true,"required":true},
            "rank":{"type":"integer","store":true,"required":true},
            "price":{"type":"float","store":true},
            "day":{"type":"date","store":true},
            "at":{"type":"datetime","store":true},
            "partner_id":{"type":"many2one","relation":"res.partner","store":true},
            "tags":{"type":"many2many","relation":"crm.tag","store":true},
            "image":{"type":"binary","store":true},
            "total":{"type":"monetary","store":true,"readonly":true,"depends":["price"]},
            "write_date":{"type":"datetime","store":true,"readonly":true}}"#,
        ),
    );
    schema
}

#[track_caller]
fn told(fit: Fit, field: &str, value: &str) -> Option<String> {
    let values = json(&format!(r#"{{"{field}":{value}}}"#));
    let call = Call::new("sale.order", "create")
        .expect("a call")
        .with("vals_list", vec![values]);
    unfit(&call, &odoo(), Family::Odoo, fit).map(|fault| {
        assert_eq!(fault.field.as_deref(), Some(field));
        fault.message
    })
}

#[test]
fn the_facade_takes_the_type_that_a_field_has_and_no_other() {
    for (field, good, bad) in [
        ("name", r#""SO1""#, "5"),
        ("name", r#""12345678""#, r#""123456789""#),
        ("state", r#""sale""#, r#""sold""#),
        ("active", "true", r#""true""#),
        ("ref", r#""A""#, "null"),
        ("name", "null", "5"),
        ("name", r#""a\nb""#, r#""a\u0000b""#),
        ("rank", "null", r#""7""#),
        ("rank", "2147483647", "2147483648"),
        ("rank", "7.0", "7.5"),
        ("price", "1", r#""1""#),
        ("day", r#""2024-02-29""#, r#""2023-02-29""#),
        (
            "at",
            r#""2024-02-29 23:59:59""#,
            r#""2024-02-29T23:59:59Z""#,
        ),
        ("partner_id", "7", r#""Ann""#),
        ("partner_id", "false", "0"),
        ("tags", "[[6,0,[1]]]", "5"),
        ("image", r#""eA==""#, r#""no base64""#),
    ] {
        assert_eq!(told(Fit::Exact, field, good), None, "{field} {good}");
        let said = told(Fit::Exact, field, bad).unwrap_or_default();
        assert!(
            said.starts_with(&format!("the field `{field}` takes ")),
            "{field} {bad}: {said}"
        );
    }
}

#[test]
fn what_the_erp_keeps_itself_is_not_set_through_the_facade() {
    assert!(told(Fit::Exact, "total", "5").is_some());
    assert!(told(Fit::Exact, "write_date", r#""2024-02-29 23:59:59""#).is_some());
    assert_eq!(told(Fit::Lenient, "total", "5"), None, "Odoo takes it");
}

#[test]
fn the_erps_own_dialects_are_as_lenient_as_the_erp() {
    for (field, value) in [
        ("name", "5"),
        ("name", r#""123456789""#),
        ("active", r#""yes""#),
        ("rank", r#"" 7 ""#),
        ("rank", r#""""#),
        ("price", r#""nan""#),
        ("day", r#""2024-02-29 10:00:00""#),
        ("state", "false"),
        ("no_such_field", "1"),
    ] {
        assert_eq!(told(Fit::Lenient, field, value), None, "{field} {value}");
    }
    let said = told(Fit::Lenient, "state", r#""sold""#);
    assert_eq!(
        said.as_deref(),
        Some("the field `state` takes one of `draft`, `sale`")
    );
    assert!(told(Fit::Lenient, "rank", r#""seven""#).is_some());
    assert!(told(Fit::Lenient, "day", r#""today""#).is_some());
}

#[test]
fn a_frappe_document_fits_its_doctype() {
    let mut schema = Schema::new();
    schema.learn_doctype(
        Model::new("Sales Order").expect("a name"),
        &json(
            r#"{"fields":[{"fieldname":"title","fieldtype":"Data"},
            {"fieldname":"status","fieldtype":"Select","options":"\nDraft\nClosed"},
            {"fieldname":"items","fieldtype":"Table","options":"Item Row"},
            {"fieldname":"kind","fieldtype":"Select","options":"A\nB","reqd":1},
            {"fieldname":"skip","fieldtype":"Check"},
            {"fieldname":"total","fieldtype":"Currency","read_only":1}]}"#,
        ),
    );
    schema.learn_doctype(
        Model::new("Item Row").expect("a name"),
        &json(r#"{"fields":[{"fieldname":"qty","fieldtype":"Float"}]}"#),
    );
    let told = |doc: &str, fit| {
        let call = Call::new("Sales Order", "insert")
            .expect("a call")
            .with("doc", json(doc));
        unfit(&call, &schema, Family::Frappe, fit).map(|fault| fault.message)
    };
    for good in [
        r#"{"title":"x","status":"Draft","items":[{"qty":1}],"skip":1,"name":"A","kind":"A"}"#,
        r#"{"title":null,"status":"","unknown":{}}"#,
    ] {
        assert_eq!(told(good, Fit::Exact), None, "{good}");
    }
    for bad in [
        r#"{"title":5}"#,
        r#"{"title":"two\nlines"}"#,
        r#"{"status":"Open"}"#,
        r#"{"items":[5]}"#,
        r#"{"items":[{"qty":"1"}]}"#,
        r#"{"skip":2}"#,
        r#"{"kind":null}"#,
        r#"{"kind":""}"#,
        r#"{"total":5}"#,
    ] {
        assert!(told(bad, Fit::Exact).is_some(), "{bad}");
        assert_eq!(
            told(bad, Fit::Lenient),
            None,
            "hooks may put it right: {bad}"
        );
    }
    let long = format!(r#"{{"title":"{}"}}"#, "x".repeat(141));
    assert!(told(&long, Fit::Exact).is_some_and(|said| said.contains("140")));
}
