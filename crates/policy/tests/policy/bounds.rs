//! Ways around a rule's bounds that an attacker would try: hierarchies, sizes, numbers of rows.

use crate::common::{call, frappe, json, odoo, on, text};
use portcullis_erp::{RecordId, Value};

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
#[expect(
    clippy::disallowed_methods,
    reason = "the time that judging takes is what is tested"
)]
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

#[test]
fn a_record_that_is_named_often_is_read_once() {
    let read = on(
        "res.partner",
        "read",
        &[7, 8, 7, 7, 8],
        r#"{"fields": ["name"]}"#,
    );
    let rows = r#"[{"id": 8, "name": "B"}, {"id": 7, "name": "A"}]"#;
    // Bound by a domain, the read is a search, and its rows are put in order here.
    let bound = partners("fields = [\"name\"]\ndomain = '[[\"is_company\", \"=\", true]]'\n");
    assert_eq!(
        bound.cleaned(&read, rows),
        r#"[{"id":7,"name":"A"},{"id":8,"name":"B"}]"#
    );
    let free = partners("fields = \"*\"\n");
    for (method, named) in [
        ("read", r#"{"fields": ["name"]}"#),
        ("web_read", r#"{"specification": {"name": {}}}"#),
        ("name_get", "{}"),
        ("get_metadata", "{}"),
        ("export_data", r#"{"fields_to_export": ["name"]}"#),
    ] {
        let permit = free.allowed(&on("res.partner", method, &[7, 8, 7, 7, 8], named));
        let sent = permit.next().ids.clone().expect("ids are sent");
        assert_eq!(
            sent,
            vec![RecordId::Number(7), RecordId::Number(8)],
            "{method}"
        );
    }
}

#[test]
fn no_method_shows_more_rows_than_the_rule_allows() {
    let caller = odoo(
        "[[rule]]\nname = \"p\"\nmodels = [\"res.partner\"]\noperations = [\"read\", \"write\"]\nfields = \"*\"\nmax-rows = 2\n",
    );
    for (method, named) in [
        ("read", r#"{"fields": ["name"]}"#),
        ("web_read", r#"{"specification": {"name": {}}}"#),
        ("name_get", "{}"),
        ("get_metadata", "{}"),
        ("export_data", r#"{"fields_to_export": ["name"]}"#),
        (
            "web_save",
            r#"{"vals": {"city": "x"}, "specification": {"name": {}}}"#,
        ),
    ] {
        caller.allowed(&on("res.partner", method, &[1, 2], named));
        caller.refused(&on("res.partner", method, &[1, 2, 3], named));
    }
    for (method, named) in [
        ("search", "{}"),
        ("search_read", "{}"),
        ("name_search", r#"{"name": "a"}"#),
        ("web_search_read", r#"{"specification": {"name": {}}}"#),
        ("read_group", r#"{"groupby": ["city"], "fields": []}"#),
        ("read_group", r#"{"groupby": ["city"], "limit": 99}"#),
        (
            "formatted_read_group",
            r#"{"groupby": ["city"], "limit": 0}"#,
        ),
    ] {
        let permit = caller.allowed(&call("res.partner", method, named));
        assert_eq!(text(&permit.next().named["limit"]), "2", "{method}");
    }
    // Whatever the ERP made of it, the answer is cut.
    for (method, named, answer, clean) in [
        ("search", "{}", "[1, 2, 3]", "[1,2]"),
        (
            "search_read",
            r#"{"fields": ["name"]}"#,
            r#"[{"id": 1}, {"id": 2}, {"id": 3}]"#,
            r#"[{"id":1},{"id":2}]"#,
        ),
        (
            "name_search",
            r#"{"name": ""}"#,
            r#"[[1, "a"], [2, "b"], [3, "c"]]"#,
            r#"[[1,"a"],[2,"b"]]"#,
        ),
        (
            "web_search_read",
            r#"{"specification": {}}"#,
            r#"{"length": 3, "records": [{"id": 1}, {"id": 2}, {"id": 3}]}"#,
            r#"{"length":3,"records":[{"id":1},{"id":2}]}"#,
        ),
        (
            "read_group",
            r#"{"groupby": ["city"]}"#,
            r#"[{"city": "a"}, {"city": "b"}, {"city": "c"}]"#,
            r#"[{"city":"a"},{"city":"b"}]"#,
        ),
        (
            "formatted_read_grouping_sets",
            r#"{"grouping_sets": [["city"], []], "aggregates": []}"#,
            r#"[[{"city": "a"}, {"city": "b"}, {"city": "c"}], [{}]]"#,
            r#"[[{"city":"a"},{"city":"b"}],[{}]]"#,
        ),
    ] {
        assert_eq!(
            caller.cleaned(&call("res.partner", method, named), answer),
            clean,
            "{method}"
        );
    }
    // One record may make many rows of an export.
    assert_eq!(
        caller.cleaned(
            &on(
                "res.partner",
                "export_data",
                &[1],
                r#"{"fields_to_export": ["name"]}"#
            ),
            r#"{"datas": [["a"], [""], [""]]}"#
        ),
        r#"{"datas":[["a"],[""]]}"#
    );
}

#[test]
fn rows_behind_links_are_limited_too() {
    let caller = odoo(
        "[[rule]]\nname = \"p\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = \"*\"\nmax-rows = 2\n",
    );
    for (limit, sent) in [
        ("", "2"),
        (r#", "limit": 1"#, "1"),
        (r#", "limit": 99"#, "2"),
        (r#", "limit": false"#, "2"),
    ] {
        let asked = on(
            "res.partner",
            "web_read",
            &[1],
            &format!(
                r#"{{"specification": {{"child_ids": {{"fields": {{"name": {{}}}}{limit}}}}}}}"#
            ),
        );
        let permit = caller.allowed(&asked);
        let named = text(&permit.next().named["specification"]);
        assert!(named.contains(&format!(r#""limit":{sent}"#)), "{named}");
        let answer = r#"[{"id": 1, "child_ids": [{"id": 2, "name": "a"}, {"id": 3, "name": "b"}, {"id": 4, "name": "c"}]}]"#;
        let clean = permit.apply(json(answer)).expect("rows");
        assert!(clean.was_cut());
        assert_eq!(
            text(clean.value()),
            r#"[{"id":1,"child_ids":[{"id":2,"name":"a"},{"id":3,"name":"b"}]}]"#
        );
    }
}

#[test]
fn making_records_is_not_reading_them() {
    let caller = odoo(
        "[[rule]]\nname = \"p\"\nmodels = [\"res.partner\"]\noperations = [\"create\"]\nfields = [\"name\"]\nmax-rows = 1\n",
    );
    let make = call(
        "res.partner",
        "create",
        r#"{"vals_list": [{"name": "a"}, {"name": "b"}]}"#,
    );
    assert_eq!(caller.cleaned(&make, "[1, 2]"), "[1,2]");
}

#[test]
fn a_list_of_frappe_is_cut_to_what_the_rule_allows() {
    let caller = frappe(
        "[[rule]]\nname = \"c\"\nmodels = [\"Customer\"]\noperations = [\"read\"]\nfields = \"*\"\nmax-rows = 1\n",
    );
    assert_eq!(
        caller.cleaned(
            &call("Customer", "get_list", "{}"),
            r#"[{"name": "a"}, {"name": "b"}]"#
        ),
        r#"[{"name":"a"}]"#
    );
}

#[test]
fn values_without_names_are_told_by_their_place() {
    let caller = frappe(
        "[[rule]]\nname = \"c\"\nmodels = [\"Customer\"]\noperations = [\"read\"]\nfields = [\"territory\", \"customer_name\"]\n",
    );
    let asked = call(
        "Customer",
        "frappe.client.get_value",
        r#"{"doctype": "Customer", "fieldname": ["territory", "customer_name"], "filters": "C1", "as_dict": 0}"#,
    );
    let permit = caller.allowed(&asked);
    assert_eq!(
        text(&permit.next().named["fieldname"]),
        r#"["territory","customer_name"]"#
    );
    assert_eq!(
        caller.cleaned(&asked, r#"["Europe", "Ann"]"#),
        r#"["Europe","Ann"]"#
    );
    for answer in [
        r#"["Europe", "Ann", "secret"]"#,
        r#"["Europe"]"#,
        r#"[["Europe"], "Ann"]"#,
    ] {
        assert!(
            caller.allowed(&asked).apply(json(answer)).is_err(),
            "{answer}"
        );
    }
}
