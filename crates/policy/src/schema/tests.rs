use portcullis_erp::domain::FieldKind;
use portcullis_erp::value::from_json;
use portcullis_erp::{Limits, Model, Value};

use super::Schema;

fn json(text: &str) -> Value {
    from_json(text.as_bytes(), &Limits::default()).expect(text)
}

#[test]
fn a_doctype_tells_kinds_choices_lengths_and_what_is_needed() {
    let mut schema = Schema::new();
    let model = Model::new("Customer").expect("a name");
    schema.learn_doctype(
        model.clone(),
        &json(
            r#"{"name":"Customer","fields":[
            {"fieldname":"customer_name","fieldtype":"Data","reqd":1,"label":"Customer Name"},
            {"fieldname":"customer_type","fieldtype":"Select","reqd":1,"options":"Company\nIndividual","default":"Company"},
            {"fieldname":"look","fieldtype":"Section Break"},
            {"fieldname":"is_frozen","fieldtype":"Check"},
            {"fieldname":"accounts","fieldtype":"Table","options":"Party Account"},
            {"fieldname":"no name","fieldtype":"Data"}]}"#,
        ),
    );
    let known = schema.model(&model).expect("it was learned");
    let name = known.field("customer_name").expect("a field");
    assert_eq!((name.kind, name.size), (FieldKind::Char, Some(140)));
    assert!(name.is_needed() && name.label == "Customer Name");
    let kind = known.field("customer_type").expect("a field");
    assert_eq!(
        kind.selection.as_deref(),
        Some(&["Company".to_owned(), "Individual".to_owned()][..])
    );
    assert!(!kind.is_needed(), "it has a default");
    assert!(known.field("look").is_none(), "it holds no value");
    assert!(known.field("no name").is_none());
    let table = known.field("accounts").expect("a field");
    assert_eq!(
        table.relation.as_ref().map(Model::as_str),
        Some("Party Account")
    );
    assert!(!table.searchable && known.field("modified").is_some_and(|field| field.readonly));
}

#[test]
fn an_odoo_tells_choices_sizes_and_what_it_fills() {
    let mut schema = Schema::new();
    let model = Model::new("sale.order").expect("a name");
    schema.learn(
        model.clone(),
        &json(
            r#"{"state":{"type":"selection","store":true,"selection":[["draft","Quotation"],["sale","Order"]]},
            "ref":{"type":"char","size":8,"store":true,"searchable":true,"sortable":false},
            "partner_id":{"type":"many2one","relation":"res.partner","required":true,"store":true},
            "date_order":{"type":"datetime","required":true,"store":true}}"#,
        ),
    );
    schema.learn_defaults(
        &model,
        &json(r#"{"date_order":"2026-01-01 00:00:00","no_field":1}"#),
    );
    let known = schema.model(&model).expect("it was learned");
    let state = known.field("state").expect("a field");
    assert_eq!(
        state.selection.as_deref(),
        Some(&["draft".to_owned(), "sale".to_owned()][..])
    );
    assert!(state.sortable, "not told: a column");
    let field = known.field("ref").expect("a field");
    assert_eq!(
        (field.size, field.sortable, field.searchable),
        (Some(8), false, true)
    );
    assert!(
        known
            .field("partner_id")
            .is_some_and(super::FieldSchema::is_needed)
    );
    assert!(
        !known
            .field("date_order")
            .is_some_and(super::FieldSchema::is_needed)
    );
}
