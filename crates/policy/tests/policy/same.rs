//! Forbidden and absent are the same, byte for byte, in each dialect: two ERPs that differ in
//! whether a thing is there at all answer the same to a caller who may not use it.

use portcullis_erp::{Call, Dialect, Fault, Model, Reply};
use portcullis_policy::{Family, RoleProfile, Schema};

use crate::common::{Caller, call, document, json, on};
use crate::profiles::caller;

const DIALECTS: &[Dialect] = &[
    Dialect::XmlRpc1,
    Dialect::XmlRpc2,
    Dialect::JsonRpc,
    Dialect::Json2,
    Dialect::OdooCall,
    Dialect::FrappeResource,
    Dialect::FrappeMethod,
    Dialect::FrappeV2,
    Dialect::Rest,
];

/// Status, headers and body.
type Told = (u16, Vec<(&'static str, String)>, Vec<u8>);

/// What callers of each dialect are sent.
fn told(fault: &Fault) -> Vec<Told> {
    DIALECTS
        .iter()
        .map(|dialect| {
            let written = Reply::plain(*dialect).write_fault(fault);
            (written.status, written.headers, written.body)
        })
        .collect()
}

/// All bodies as one text, in which a name can be replaced.
fn bodies(fault: &Fault) -> String {
    let bodies = told(fault).into_iter().map(|(_, _, body)| body);
    let texts = bodies.map(|body| String::from_utf8_lossy(&body).into_owned());
    texts.collect::<Vec<_>>().join("\n")
}

fn refused(caller: &Caller, call: &Call) -> Fault {
    caller.refused(call).fault
}

fn profile(name: &str) -> Caller {
    caller(RoleProfile::find(name).expect("a profile"))
}

/// The same ERP without these models.
fn without(schema: &Schema, models: &[&str]) -> Schema {
    let mut less = schema.clone();
    for model in models {
        less.absent(Model::new(model).expect("a name"));
    }
    less
}

#[test]
fn a_forbidden_model_and_an_absent_one() {
    let there = profile("odoo/shop-sync");
    let mut gone = profile("odoo/shop-sync");
    gone.schema = without(
        &gone.schema,
        &["account.move", "res.users", "ir.attachment"],
    );
    for model in ["account.move", "res.users", "ir.attachment"] {
        for asked in crate::matrix::odoo_calls(model) {
            assert_eq!(
                told(&refused(&there, &asked)),
                told(&refused(&gone, &asked)),
                "{model} {}",
                asked.method
            );
        }
    }
    // A model that a rule names and the ERP lacks is told of as one that no rule names.
    let none = Caller::new(&[("nothing", "")], Family::Odoo);
    gone.schema = without(&gone.schema, &["sale.order"]);
    let asked = call("sale.order", "search_read", r#"{"fields": ["name"]}"#);
    there.allowed(&asked);
    assert_eq!(told(&refused(&gone, &asked)), told(&refused(&none, &asked)));
}

#[test]
fn a_forbidden_method_and_an_absent_one() {
    let there = profile("odoo/shop-sync");
    there.allowed(&on("sale.order", "action_confirm", &[1], "{}"));
    let words = |name: &str| {
        let fault = refused(&there, &on("sale.order", name, &[1], "{}"));
        told(&fault)
    };
    // The one is there and dangerous, the others are not there; no answer names a method.
    let absent = words("no_such_method");
    for name in [
        "message_post",
        "action_cancel",
        "_write",
        "onchange",
        "_no_such_method",
    ] {
        assert_eq!(words(name), absent, "{name}");
    }
}

#[test]
fn a_forbidden_field_and_an_absent_one() {
    let there = profile("odoo/shop-sync");
    let mut gone = profile("odoo/shop-sync");
    // `comment` and `credit_limit` are there, and closed; here the same ERP lacks them.
    let facts = gone.schema.clone();
    gone.schema = Schema::new();
    for (model, known) in facts.models() {
        let mut known = known.clone();
        known
            .fields
            .retain(|name, _| !matches!(name.as_str(), "comment" | "credit_limit"));
        gone.schema.put(model.clone(), known);
    }
    let shapes = |field: &str| {
        let all = format!(r#"{{"fields": ["name", "{field}"]}}"#);
        vec![
            call("res.partner", "search_read", &all),
            on("res.partner", "read", &[1], &all),
            call(
                "res.partner",
                "search",
                &format!(r#"{{"domain": [["{field}", "=", 1]]}}"#),
            ),
            call(
                "res.partner",
                "search",
                &format!(r#"{{"domain": [], "order": "{field}"}}"#),
            ),
            call(
                "res.partner",
                "read_group",
                &format!(r#"{{"domain": [], "fields": [], "groupby": ["{field}"]}}"#),
            ),
            on(
                "res.partner",
                "web_read",
                &[1],
                &format!(r#"{{"specification": {{"{field}": {{}}}}}}"#),
            ),
            on(
                "res.partner",
                "write",
                &[1],
                &format!(r#"{{"vals": {{"{field}": 1}}}}"#),
            ),
            call(
                "res.partner",
                "create",
                &format!(r#"{{"vals_list": [{{"{field}": 1}}]}}"#),
            ),
            call(
                "sale.order",
                "search",
                &format!(r#"{{"domain": [["partner_id.{field}", "=", 1]]}}"#),
            ),
        ]
    };
    for field in ["comment", "credit_limit"] {
        for asked in shapes(field) {
            assert_eq!(
                told(&refused(&there, &asked)),
                told(&refused(&gone, &asked)),
                "{field} {}",
                asked.method
            );
        }
    }
    for asked in shapes("name").into_iter().take(4) {
        there.allowed(&asked);
    }
}

#[test]
fn a_forbidden_document_field_and_an_absent_one() {
    let shop = profile("erpnext/shop-sync");
    shop.allowed(&call(
        "Customer",
        "get_list",
        r#"{"fields": ["customer_name"]}"#,
    ));
    let words = |field: &str| {
        let asked = call(
            "Customer",
            "get_list",
            &format!(r#"{{"fields": ["{field}"]}}"#),
        );
        let fault = refused(&shop, &asked);
        bodies(&fault).replace(field, "…")
    };
    assert_eq!(words("credit_limits"), words("no_such_field"));
    assert_eq!(words("default_commission_rate"), words("nothing_at_all"));
    let model = |name: &str| {
        let fault = refused(&shop, &document(name, "get", "X", "{}"));
        bodies(&fault).replace(name, "…")
    };
    assert_eq!(model("Employee"), model("No Such DocType"));
    assert_eq!(model("User"), model("No Such DocType"));
}

#[test]
fn a_forbidden_record_and_an_absent_one() {
    // The guard search finds neither: what is said must not tell which of the two it is.
    let shop = profile("odoo/shop-sync");
    let change = on("res.partner", "write", &[7], r#"{"vals": {"city": "x"}}"#);
    let found = shop.allowed(&change).guarded(&json("[7]"));
    assert!(found.is_ok());
    let hidden = shop.allowed(&change).guarded(&json("[]")).unwrap_err();
    let absent = shop
        .allowed(&on(
            "res.partner",
            "write",
            &[99_999_999],
            r#"{"vals": {"city": "x"}}"#,
        ))
        .guarded(&json("[]"))
        .unwrap_err();
    assert_eq!(told(&hidden.fault), told(&absent.fault));
    // Among several, too.
    let some = shop
        .allowed(&on(
            "res.partner",
            "write",
            &[7, 8],
            r#"{"vals": {"city": "x"}}"#,
        ))
        .guarded(&json("[7]"))
        .unwrap_err();
    assert_eq!(told(&hidden.fault), told(&some.fault));
}
