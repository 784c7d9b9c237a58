//! Ways around a rule's bounds that an attacker would try: hierarchies, sizes, numbers of rows.

use crate::common::{call, frappe, odoo};

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
