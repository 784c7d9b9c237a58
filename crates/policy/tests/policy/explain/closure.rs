//! What shows a field that is hidden.

use std::collections::BTreeSet;

use portcullis_erp::{Model, Value};
use portcullis_policy::{Family, Way};

use super::{HIDES, caller};
use crate::common::call;
use crate::real;

#[test]
fn what_shows_a_field_is_found_over_all_models() {
    let schema = real::odoo();
    let partner = Model::new("res.partner").expect("a name");
    let shown: BTreeSet<(String, String, &str)> = schema
        .shown_by(&partner, "email")
        .into_iter()
        .map(|shown| (shown.model, shown.field, shown.way.as_str()))
        .collect();
    for (model, field, way) in [
        ("res.partner", "email_normalized", "computed"),
        ("res.partner", "display_name", "computed"),
        ("res.users", "email", "inherited"),
        ("res.company", "email", "related"),
    ] {
        let wanted = (model.to_owned(), field.to_owned(), way);
        assert!(shown.contains(&wanted), "{wanted:?} in {shown:#?}");
    }
    let cities = schema.shown_by(&partner, "city");
    assert!(cities.iter().any(|shown| shown.field == "contact_address"));
    assert!(!cities.iter().any(|shown| shown.field == "email_normalized"));
    let refs = schema.shown_by(&partner, "ref");
    assert!(refs.iter().any(|shown| shown.way == Way::NameSearch));
    // What a document fetches over a link, it shows.
    let customer = Model::new("Customer").expect("a name");
    let fetched = real::erpnext().shown_by(&customer, "tax_id");
    let lines: Vec<(&str, &str)> = fetched
        .iter()
        .map(|shown| (shown.model.as_str(), shown.field.as_str()))
        .collect();
    assert!(lines.contains(&("Sales Order", "tax_id")), "{lines:?}");
}

#[test]
fn what_shows_a_hidden_field_is_not_open() {
    // What is told of the closure is what the judge goes by.
    let mut caller = caller(HIDES, Family::Odoo);
    caller.schema = real::odoo();
    let partner = Model::new("res.partner").expect("a name");
    let mut looked = 0;
    for shown in caller.schema.shown_by(&partner, "email") {
        if shown.model != "res.partner" || shown.way == Way::NameSearch {
            continue;
        }
        let asked = call("res.partner", "search_read", "{}").with(
            "fields",
            Value::List(vec![Value::from(shown.field.as_str())]),
        );
        caller.refused(&asked);
        looked += 1;
    }
    assert!(looked >= 3, "{looked}");
    let fields = r#"{"fields": ["city", "contact_address"]}"#;
    caller.allowed(&call("res.partner", "search_read", fields));
}
