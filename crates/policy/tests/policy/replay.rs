//! Calls that were recorded, judged again: the judgement is that of the call itself, or unknown.

use portcullis_erp::Call;
use portcullis_policy::{Decision, Family, Reason, Recorded, RoleProfile};

use crate::common::{Caller, call, document, frappe, odoo, on, within};
use crate::matrix::{DOCTYPES, ODOO_MODELS, frappe_calls, odoo_calls};
use crate::profiles::caller;

/// What the ledger holds of an allowed call.
fn recorded(asked: &Call, caller: &Caller) -> Recorded {
    let permit = caller.allowed(asked);
    let shape = permit.shape();
    Recorded {
        model: asked.model.to_string(),
        method: asked.method.to_string(),
        fields: shape.fields.clone(),
        domain: shape.domain.clone(),
        context: shape.context_keys.clone(),
        ids: shape.ids as u64,
        how: shape.how.clone(),
        cut: 0,
        refused: false,
    }
}

fn again(recorded: &Recorded, caller: &Caller) -> Result<bool, &'static str> {
    let call = recorded.call(caller.family, &caller.schema)?;
    match caller.ask(&call) {
        Decision::Allow(_) => Ok(true),
        Decision::Refuse(no) if no.reason == Reason::Values => Err("values"),
        Decision::Refuse(_) => Ok(false),
    }
}

const ORDERS: &str = "[[rule]]\nname = \"p\"\nmodels = [\"res.partner\"]\noperations = [\"read\", \"write\"]\nfields = [\"name\", \"city\", \"phone\"]\n[[rule]]\nname = \"o\"\nmodels = [\"sale.order\"]\noperations = [\"read\", \"create\"]\nfields = [\"name\", \"partner_id\", \"note\", \"state\"]\ncontext = [\"active_test\"]\n[[rule]]\nname = \"c\"\nmodels = [\"sale.order\"]\noperations = [\"call\"]\nmethods = [\"action_confirm\"]\n";

#[test]
fn an_allowed_call_is_allowed_again_and_a_narrower_role_refuses_it() {
    let wide = odoo(ORDERS);
    let without = |part: &str| odoo(&ORDERS.replace(part, ""));
    let cases = [
        (
            call(
                "res.partner",
                "search_read",
                r#"{"fields": ["name", "phone"]}"#,
            ),
            without(", \"phone\""),
        ),
        (
            call(
                "res.partner",
                "search",
                r#"{"domain": [["phone", "ilike", "1"]]}"#,
            ),
            without(", \"phone\""),
        ),
        (
            call(
                "res.partner",
                "search",
                r#"{"domain": [], "order": "phone"}"#,
            ),
            without(", \"phone\""),
        ),
        (
            on(
                "res.partner",
                "write",
                &[3, 4],
                r#"{"vals": {"phone": "1"}}"#,
            ),
            without(", \"phone\""),
        ),
        (
            call(
                "sale.order",
                "search_count",
                r#"{"domain": [["partner_id.city", "=", "x"]]}"#,
            ),
            without("\"city\", "),
        ),
        (
            call(
                "sale.order",
                "web_search_read",
                r#"{"domain": [], "specification": {"partner_id": {"fields": {"city": {}}}}}"#,
            ),
            without("\"city\", "),
        ),
        (
            call(
                "sale.order",
                "create",
                r#"{"vals_list": [{"partner_id": 3, "note": "x"}]}"#,
            ),
            without(", \"create\""),
        ),
        (
            within(
                call("sale.order", "search_read", r#"{"fields": ["name"]}"#),
                r#"{"active_test": false}"#,
            ),
            without("context = [\"active_test\"]\n"),
        ),
        (
            on("sale.order", "action_confirm", &[3], "{}"),
            without("methods = [\"action_confirm\"]\n"),
        ),
    ];
    for (asked, narrow) in cases {
        let record = recorded(&asked, &wide);
        assert_eq!(again(&record, &wide), Ok(true), "{record:?}");
        assert_eq!(again(&record, &narrow), Ok(false), "{record:?}");
        narrow.refused(&asked);
    }
}

#[test]
fn documents_are_judged_again_too() {
    let text = "[[rule]]\nname = \"o\"\nmodels = [\"Sales Order\"]\noperations = [\"read\", \"create\", \"submit\"]\nfields = [\"customer\", \"po_no\", \"items.item_code\", \"items.qty\"]\n";
    let wide = frappe(text);
    let narrow = frappe(
        &text
            .replace(", \"items.qty\"", "")
            .replace("\"po_no\", ", "")
            .replace(", \"submit\"", ""),
    );
    for asked in [
        call(
            "Sales Order",
            "get_list",
            r#"{"fields": ["customer", "po_no"]}"#,
        ),
        call("Sales Order", "get_count", r#"{"filters": {"po_no": "x"}}"#),
        call(
            "Sales Order",
            "insert",
            r#"{"doc": {"customer": "C", "items": [{"item_code": "I", "qty": 2}]}}"#,
        ),
        document("Sales Order", "submit", "S", "{}"),
    ] {
        let record = recorded(&asked, &wide);
        assert_eq!(again(&record, &wide), Ok(true), "{record:?}");
        assert_eq!(again(&record, &narrow), Ok(false), "{record:?}");
        narrow.refused(&asked);
    }
}

#[test]
fn what_values_decide_is_unknown() {
    let bound = odoo(
        "[[rule]]\nname = \"c\"\nmodels = [\"res.partner\"]\noperations = [\"read\", \"create\"]\nfields = [\"name\", \"is_company\", \"city\", \"category_id\"]\ndomain = '[[\"city\", \"=\", \"Bonn\"]]'\n",
    );
    let asked = call(
        "res.partner",
        "create",
        r#"{"vals_list": [{"name": "x", "city": "Bonn"}]}"#,
    );
    assert_eq!(again(&recorded(&asked, &bound), &bound), Err("values"));
    let mut cut = recorded(&asked, &bound);
    cut.cut = 3;
    assert!(again(&cut, &bound).is_err());
    let refused = Recorded {
        refused: true,
        ..recorded(&asked, &bound)
    };
    assert!(again(&refused, &bound).is_err());
    let asked = call(
        "res.partner",
        "check_access_rights",
        r#"{"operation": "read"}"#,
    );
    let told = recorded(&asked, &bound);
    assert_eq!(again(&told, &bound), Ok(true));
    let old = Recorded {
        how: Vec::new(),
        ..told
    };
    assert!(again(&old, &bound).is_err());
}

#[test]
fn what_was_done_with_linked_records_is_judged_again() {
    let text = "[[rule]]\nname = \"o\"\nmodels = [\"sale.order\"]\noperations = [\"read\", \"create\", \"write\"]\nfields = [\"name\", \"order_line\", \"tag_ids\"]\n[[rule]]\nname = \"l\"\nmodels = [\"sale.order.line\"]\nthrough = [\"sale.order\"]\noperations = [\"create\", \"write\", \"delete\"]\nfields = [\"name\", \"discount\"]\n[[rule]]\nname = \"t\"\nmodels = [\"crm.tag\"]\noperations = [\"name\"]\n";
    let wide = odoo(text);
    for (lines, without) in [
        (
            r#""order_line": [[0, 0, {"name": "x", "discount": 1}]]"#,
            ", \"discount\"",
        ),
        (
            r#""order_line": [[1, 7, {"name": "x", "discount": 1}]]"#,
            ", \"discount\"",
        ),
        (
            r#""order_line": [[0, 0, {"name": "x"}]]"#,
            "[\"create\", \"write\", \"delete\"]",
        ),
        (r#""order_line": [[2, 7, 0]]"#, ", \"delete\""),
        (
            r#""tag_ids": [[6, 0, [3]]]"#,
            "models = [\"crm.tag\"]\noperations = [\"name\"]",
        ),
        (
            r#""tag_ids": [[4, 3, 0]]"#,
            "models = [\"crm.tag\"]\noperations = [\"name\"]",
        ),
    ] {
        let asked = on(
            "sale.order",
            "write",
            &[3],
            &format!(r#"{{"vals": {{{lines}}}}}"#),
        );
        let record = recorded(&asked, &wide);
        assert_eq!(again(&record, &wide), Ok(true), "{record:?}");
        let instead = match without {
            "[\"create\", \"write\", \"delete\"]" => "[\"write\", \"delete\"]".to_owned(),
            models if models.starts_with("models") => {
                "models = [\"crm.tag\"]\noperations = [\"delete\"]".to_owned()
            }
            _ => String::new(),
        };
        let narrow = odoo(&text.replacen(without, &instead, 1));
        assert_eq!(again(&record, &narrow), Ok(false), "{record:?} {without}");
        narrow.refused(&asked);
    }
    let asked = on(
        "sale.order",
        "web_save",
        &[3],
        r#"{"vals": {"name": "x"}, "specification": {"name": {}, "tag_ids": {}}}"#,
    );
    let record = recorded(&asked, &wide);
    assert_eq!(again(&record, &wide), Ok(true), "{record:?}");
    let narrow = odoo(&text.replacen(
        "fields = [\"name\", \"order_line\", \"tag_ids\"]",
        "fields = [\"name\", \"tag_ids\"]\nwrite-fields = []",
        1,
    ));
    assert_eq!(again(&record, &narrow), Ok(false), "{record:?}");
}

/// Over the whole matrix and all profiles: what was allowed is never told as refused.
#[test]
fn no_allowed_call_is_told_as_refused_by_the_same_role() {
    let mut told = 0;
    for profile in RoleProfile::all() {
        let caller = caller(profile);
        let calls: Vec<Call> = match profile.family {
            Family::Odoo => ODOO_MODELS
                .iter()
                .flat_map(|model| odoo_calls(model))
                .collect(),
            Family::Frappe => DOCTYPES
                .iter()
                .flat_map(|name| frappe_calls(name))
                .collect(),
        };
        for asked in calls {
            if matches!(caller.ask(&asked), Decision::Refuse(_)) {
                continue;
            }
            let record = recorded(&asked, &caller);
            if let Ok(allowed) = again(&record, &caller) {
                assert!(allowed, "{} {record:?}", profile.name);
                told += 1;
            }
        }
    }
    assert!(told > 200, "{told}");
}
