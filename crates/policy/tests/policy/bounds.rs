//! Ways around a rule's bounds that an attacker would try: hierarchies, sizes, numbers of rows.

use crate::common::{call, frappe, odoo, on};
use portcullis_erp::Value;

fn partners(more: &str) -> crate::common::Caller {
    odoo(&format!(
        "[[rule]]\nname = \"p\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\n{more}"
    ))
}

const HIERARCHIES: &[&str] = &[
    r#"["id", "child_of", "@secret.example"]"#,
    r#"["id", "parent_of", "@secret.example"]"#,
    r#"["id", "child_of", ["@secret.example"]]"#,
    r#"["id", "child_of", [1, "@secret.example"]]"#,
];

#[test]
fn a_hierarchy_by_text_needs_what_a_search_by_name_needs() {
    let asked = |leaf: &str| {
        call(
            "res.partner",
            "search",
            &format!(r#"{{"domain": [{leaf}]}}"#),
        )
    };
    let open = partners("fields = \"*\"\n");
    let hiding = partners("fields = \"*\"\nhidden = [\"email\"]\n");
    let listing = partners("fields = [\"name\", \"parent_id\"]\n");
    for leaf in HIERARCHIES {
        open.allowed(&asked(leaf));
        hiding.refused(&asked(leaf));
        listing.refused(&asked(leaf));
    }
    listing.allowed(&asked(r#"["id", "child_of", [1, 2]]"#));
    hiding.allowed(&asked(r#"["id", "parent_of", 1]"#));
    partners("fields = [\"name\"]\n").refused(&asked(r#"["id", "child_of", 1]"#));
    open.refused(&asked(r#"["name", "child_of", 1]"#));
    open.refused(&asked(r#"["display_name", "child_of", "a"]"#));
}

#[test]
fn no_hierarchy_under_a_rule_with_a_domain() {
    let asked = |leaf: &str| {
        call(
            "res.partner",
            "search",
            &format!(r#"{{"domain": [{leaf}]}}"#),
        )
    };
    let bound = partners("fields = \"*\"\ndomain = '[[\"is_company\", \"=\", true]]'\n");
    partners("fields = \"*\"\n").allowed(&asked(r#"["id", "child_of", 1]"#));
    bound.allowed(&asked(r#"["id", "in", [1]]"#));
    for leaf in HIERARCHIES.iter().chain(&[
        r#"["id", "child_of", 1]"#,
        r#"["id", "parent_of", [1, 2]]"#,
        r#"["parent_id", "child_of", 1]"#,
        r#"["parent_id.id", "child_of", 1]"#,
        r#"["parent_id", "any", [["id", "parent_of", 1]]]"#,
    ]) {
        bound.refused(&asked(leaf));
    }
}

#[test]
fn no_tree_of_documents_under_a_rule_with_a_domain() {
    let role = |more: &str| {
        frappe(&format!(
            "[[rule]]\nname = \"t\"\nmodels = [\"Territory\"]\noperations = [\"read\"]\nfields = \"*\"\n{more}"
        ))
    };
    let bound = role("domain = '[[\"is_group\", \"=\", 0]]'\n");
    for operator in [
        "descendants of",
        "descendants of (inclusive)",
        "not descendants of",
        "ancestors of",
        "not ancestors of",
    ] {
        for field in ["name", "parent_territory"] {
            let asked = call(
                "Territory",
                "get_list",
                &format!(r#"{{"filters": [["{field}", "{operator}", "Europe"]]}}"#),
            );
            role("").allowed(&asked);
            bound.refused(&asked);
        }
    }
    let elsewhere = role(
        "[[rule]]\nname = \"c\"\nmodels = [\"Customer\"]\noperations = [\"read\"]\nfields = \"*\"\ndomain = '[[\"disabled\", \"=\", 0]]'\n",
    );
    elsewhere.allowed(&call(
        "Territory",
        "get_list",
        r#"{"filters": [["name", "descendants of", "Europe"]]}"#,
    ));
    elsewhere.refused(&call(
        "Territory",
        "get_list",
        r#"{"filters": [["parent_territory", "descendants of", "Europe"]]}"#,
    ));
}

/// `[item, item, …]`.
fn list(item: &str, times: usize) -> String {
    format!("[{}]", vec![item; times].join(","))
}

#[test]
fn lists_have_a_largest_size() {
    let caller = odoo(
        "[[rule]]\nname = \"all\"\nmodels = [\"*\"]\noperations = [\"read\", \"create\", \"write\", \"delete\", \"call\"]\nmethods = [\"action_x\"]\nfields = \"*\"\n",
    );
    let texts = |times| list("\"name\"", times);
    let counts = |times| list("\"__count\"", times);
    let names = |times: usize| vec!["name"; times].join(",");
    let links = |times| list("[4, 1]", times);
    for (model, method, most, named) in [
        (
            "res.partner",
            "search_read",
            1_000,
            &(|n| format!(r#"{{"fields": {}}}"#, texts(n))) as &dyn Fn(usize) -> String,
        ),
        ("res.partner", "fields_get", 1_000, &|n| {
            format!(r#"{{"allfields": {}}}"#, texts(n))
        }),
        ("res.partner", "search", 32, &|n| {
            format!(r#"{{"order": "{}"}}"#, names(n))
        }),
        ("res.partner", "read_group", 64, &|n| {
            format!(r#"{{"groupby": {}}}"#, texts(n))
        }),
        ("res.partner", "read_group", 64, &|n| {
            format!(r#"{{"groupby": [], "fields": {}}}"#, texts(n))
        }),
        ("res.partner", "read_group", 32, &|n| {
            format!(r#"{{"groupby": ["name"], "orderby": "{}"}}"#, names(n))
        }),
        ("res.partner", "formatted_read_group", 64, &|n| {
            format!(r#"{{"groupby": [], "aggregates": {}}}"#, counts(n))
        }),
        ("res.partner", "formatted_read_grouping_sets", 64, &|n| {
            format!(
                r#"{{"grouping_sets": {}, "aggregates": []}}"#,
                list("[\"name\"]", n)
            )
        }),
        ("res.partner", "formatted_read_grouping_sets", 64, &|n| {
            format!(r#"{{"grouping_sets": [{}], "aggregates": []}}"#, texts(n))
        }),
        ("res.partner", "create", 10_000, &|n| {
            format!(r#"{{"vals_list": {}}}"#, list("{}", n))
        }),
        ("res.partner", "create", 10_000, &|n| {
            format!(r#"{{"vals_list": [{{"category_id": {}}}]}}"#, links(n))
        }),
        ("res.partner", "create", 10_000, &|n| {
            format!(
                r#"{{"vals_list": [{{"category_id": [[6, 0, {}]]}}]}}"#,
                list("1", n)
            )
        }),
    ] {
        caller.allowed(&call(model, method, &named(most)));
        let no = caller.refused(&call(model, method, &named(most + 1)));
        assert!(
            no.fault.message.contains("too long"),
            "{method}: {}",
            no.fault.message
        );
    }
    for method in ["read", "unlink", "action_x"] {
        let ids: Vec<i64> = (1..=10_001).collect();
        caller.allowed(&on("res.partner", method, &ids[1..], "{}"));
        caller.refused(&on("res.partner", method, &ids, "{}"));
    }
}

#[test]
fn lists_of_frappe_have_a_largest_size() {
    let caller = frappe(
        "[[rule]]\nname = \"all\"\nmodels = [\"Sales Order\"]\noperations = [\"read\", \"create\"]\nfields = \"*\"\n",
    );
    let columns = |times: usize| {
        let columns: Vec<String> = (0..times).map(|n| format!(r#""c{n}": 1"#)).collect();
        format!("{{{}}}", columns.join(","))
    };
    for (method, most, named) in [
        (
            "get_list",
            1_000,
            &(|n| format!(r#"{{"fields": {}}}"#, list("\"a\"", n))) as &dyn Fn(usize) -> String,
        ),
        ("get_list", 32, &|n| {
            format!(r#"{{"order_by": "{}"}}"#, vec!["a"; n].join(","))
        }),
        ("frappe.client.get_value", 1_000, &|n| {
            format!(
                r#"{{"doctype": "Sales Order", "fieldname": {}}}"#,
                list("\"a\"", n)
            )
        }),
        ("insert", 1_000, &|n| {
            format!(r#"{{"doc": {}}}"#, columns(n))
        }),
        ("insert", 1_000, &|n| {
            format!(r#"{{"doc": {{"items": [{}]}}}}"#, columns(n))
        }),
        ("insert", 10_000, &|n| {
            format!(r#"{{"doc": {{"items": {}}}}}"#, list("{}", n))
        }),
    ] {
        caller.allowed(&call("Sales Order", method, &named(most)));
        let no = caller.refused(&call("Sales Order", method, &named(most + 1)));
        assert!(
            no.fault.message.contains("too long"),
            "{method}: {}",
            no.fault.message
        );
    }
}

#[test]
fn what_is_long_is_judged_in_time() {
    let begun = std::time::Instant::now();
    // A thousand columns in a hundred rows; ten thousand ids, found by a guard.
    let columns: Vec<String> = (0..1_000).map(|n| format!(r#""c{n}": 1"#)).collect();
    let row = format!("{{{}}}", columns.join(","));
    let doc = format!(r#"{{"doc": {{"items": {}}}}}"#, list(&row, 100));
    let insert = call("Sales Order", "insert", &doc);
    let permit = frappe("[[rule]]\nname = \"all\"\nmodels = [\"Sales Order\"]\noperations = [\"create\"]\nfields = \"*\"\n").allowed(&insert);
    assert_eq!(permit.shape().fields.len(), 1_001);
    let ids: Vec<i64> = (1..=10_000).collect();
    let permit = partners("fields = [\"name\"]\ndomain = '[[\"is_company\", \"=\", true]]'\n")
        .allowed(&on(
            "res.partner",
            "web_read",
            &ids,
            r#"{"specification": {"name": {}}}"#,
        ));
    let found = ids.iter().rev().map(|id| Value::Int(*id)).collect();
    permit.guarded(&Value::List(found)).expect("all are found");
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}

#[test]
fn the_order_of_grouping_sets_may_name_what_any_of_them_is_made_of() {
    let caller = partners("fields = [\"name\", \"city\"]\n");
    let asked = |order: &str| {
        call(
            "res.partner",
            "formatted_read_grouping_sets",
            &format!(
                r#"{{"grouping_sets": [["name"], ["city"]], "aggregates": ["__count"], "order": "{order}"}}"#
            ),
        )
    };
    caller.allowed(&asked("city, name, city_count"));
    caller.refused(&asked("email"));
    caller.refused(&asked("email_count"));
    // Each list holds its own groups' keys and the aggregates.
    assert_eq!(
        caller.cleaned(&asked("city"), r#"[[{"name": "A", "city": "x", "__count": 1}], [{"city": "B", "email": "e", "__count": 2}]]"#),
        r#"[[{"name":"A","__count":1}],[{"city":"B","__count":2}]]"#
    );
}

#[test]
fn a_nested_context_is_judged_by_its_values() {
    let caller = partners("fields = [\"name\"]\n");
    let asked = |context: &str| {
        on(
            "res.partner",
            "web_read",
            &[1],
            &format!(r#"{{"specification": {{"name": {{"context": {context}}}}}}}"#),
        )
    };
    for context in [
        "{}",
        r#"{"lang": "de_DE", "tz": "Europe/Berlin", "bin_size": true}"#,
        r#"{"lang": false}"#,
    ] {
        caller.allowed(&asked(context));
    }
    let long = format!(r#"{{"lang": "{}"}}"#, "x".repeat(65));
    for context in [
        r#"{"lang": ["de_DE"]}"#,
        r#"{"tz": {"a": 1}}"#,
        r#"{"bin_size": "name"}"#,
        &long,
        r#"{"active_test": false}"#,
    ] {
        caller.refused(&asked(context));
    }
}
