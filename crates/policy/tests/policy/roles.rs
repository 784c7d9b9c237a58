//! Roles as text: what is wrong is told, all at once, with its place.

use crate::common::{Caller, call, odoo, on};
use portcullis_erp::Dialect;
use portcullis_identity::RoleName;
use portcullis_policy::{Family, Reason, Role};

fn errors(text: &str) -> Vec<(usize, String)> {
    match Role::from_toml(RoleName::new("r").unwrap(), text) {
        Ok(_) => Vec::new(),
        Err(errors) => errors
            .into_iter()
            .map(|error| (error.line, error.message))
            .collect(),
    }
}

#[test]
fn a_role_without_errors_is_read() {
    let text = "[[rule]]\nname = \"a\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = \"*\"\n";
    assert_eq!(errors(text), []);
    let role = Role::from_toml(RoleName::new("r").unwrap(), text).unwrap();
    assert_eq!(role.rules().len(), 1);
    assert_eq!(errors(""), []);
}

#[test]
fn all_errors_are_told_with_their_lines() {
    let text = "[[rule]]\nname = \"a\"\nmodels = [\"../x\"]\noperations = [\"read\", \"destroy\"]\nfields = [\"a b\"]\ndomain = '[[\"a\", \"like\"]]'\nmax-rows = 0\n[[rule]]\nname = \"a\"\nmodels = [\"x\"]\n";
    let found = errors(text);
    let lines: Vec<usize> = found.iter().map(|(line, _)| *line).collect();
    assert!(found.len() >= 6, "{found:?}");
    for line in [3, 4, 5, 6, 7, 8] {
        assert!(lines.contains(&line), "{line}: {found:?}");
    }
}

#[test]
fn misspelt_keys_are_errors_not_silence() {
    for wrong in [
        "feilds = [\"name\"]",
        "writefields = []",
        "Fields = \"*\"",
        "write_fields = []",
        "hiden = []",
        "fields = \"name\"",
        "domain = [[\"a\", \"=\", 1]]",
    ] {
        let text = format!(
            "[[rule]]\nname = \"a\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\n{wrong}\n"
        );
        assert_eq!(errors(&text).len(), 1, "{wrong}");
    }
    assert_eq!(errors("[[rules]]\nname = \"a\"\n").len(), 1);
}

#[test]
fn rules_that_could_never_mean_what_they_say_are_errors() {
    for wrong in [
        "operations = [\"read\"]\nmethods = [\"action_confirm\"]",
        "operations = [\"call\"]\nmethods = [\"_private\"]",
        "operations = [\"read\"]\narguments = \"all\"",
        "operations = [\"read\"]\ndialects = [\"soap\"]",
        "operations = [\"read\"]\ndomain = 'not json'",
    ] {
        assert!(
            !errors(&format!(
                "[[rule]]\nname = \"a\"\nmodels = [\"x\"]\n{wrong}\n"
            ))
            .is_empty(),
            "{wrong}"
        );
    }
}

#[test]
fn what_lies_behind_two_links_is_hidden_where_it_stands() {
    let rule = |hidden: &str| {
        format!(
            "[[rule]]\nname = \"a\"\nmodels = [\"sale.order\"]\noperations = [\"read\"]\nfields = \"*\"\nhidden = [\"note\", \"{hidden}\"]\n"
        )
    };
    assert_eq!(errors(&rule("order_line.margin")), []);
    let found = errors(&rule("order_line.product_id.standard_price"));
    assert_eq!(
        found,
        [(
            6,
            "`order_line.product_id.standard_price` leads over more than one link: hide the field in the rule, or by a denial, of the model that has it".to_owned()
        )]
    );
}

#[test]
fn rules_hold_for_their_dialects_and_upstreams() {
    let text = "[[rule]]\nname = \"a\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\"]\ndialects = [\"json2\"]\nupstream = [\"erp\"]\n";
    let mut caller = odoo(text);
    caller.dialect = Dialect::Json2;
    caller.allowed(&call("res.partner", "search", "{}"));
    caller.dialect = Dialect::XmlRpc2;
    caller.refused(&call("res.partner", "search", "{}"));
    let mut caller = odoo(&text.replace("\"erp\"", "\"other\""));
    caller.dialect = Dialect::Json2;
    caller.refused(&call("res.partner", "search", "{}"));
}

#[test]
fn a_rule_gives_fields_and_records_together() {
    // Names of everybody, cities of companies: never the cities of everybody.
    let caller = odoo(
        "[[rule]]\nname = \"names\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\"]\n[[rule]]\nname = \"cities\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\", \"city\"]\ndomain = '[[\"is_company\", \"=\", true]]'\n",
    );
    let permit = caller.allowed(&call(
        "res.partner",
        "search_read",
        r#"{"fields": ["name"]}"#,
    ));
    assert_eq!(permit.rule(), "tested/names");
    let permit = caller.allowed(&call(
        "res.partner",
        "search_read",
        r#"{"fields": ["name", "city"]}"#,
    ));
    assert_eq!(permit.rule(), "tested/cities");
    assert!(crate::common::text(&permit.next().named["domain"]).contains("is_company"));
}

#[test]
fn a_denial_wins_over_every_grant() {
    let grant = "[[rule]]\nname = \"all\"\nmodels = [\"*\"]\noperations = [\"read\", \"write\", \"call\"]\nmethods = [\"prepare\"]\nfields = \"*\"\n";
    let write = on("res.partner", "write", &[1], r#"{"vals": {"city": "x"}}"#);
    odoo(grant).allowed(&write);
    let caller = odoo(&format!(
        "{grant}[[rule]]\nname = \"no\"\ndeny = true\nmodels = [\"res.partner\"]\noperations = [\"write\"]\n"
    ));
    assert_eq!(caller.refused(&write).reason, Reason::Denied);
    caller.allowed(&call("res.partner", "search", "{}"));
    let caller = odoo(&format!(
        "{grant}[[rule]]\nname = \"no\"\ndeny = true\nmodels = [\"res.partner\"]\nfields = [\"city\"]\n"
    ));
    caller.refused(&write);
    caller.refused(&call(
        "res.partner",
        "search",
        r#"{"domain": [["city", "=", "x"]]}"#,
    ));
    caller.refused(&call(
        "res.partner",
        "search_read",
        r#"{"fields": ["contact_address"]}"#,
    ));
    caller.allowed(&call(
        "res.partner",
        "search_read",
        r#"{"fields": ["name"]}"#,
    ));
    let caller = odoo(&format!(
        "{grant}[[rule]]\nname = \"no\"\ndeny = true\nmodels = [\"*\"]\noperations = [\"call\"]\nmethods = [\"prepare\"]\n"
    ));
    caller.refused(&on("res.partner", "prepare", &[1], "{}"));
    caller.allowed(&write);
}

#[test]
fn roles_of_others_and_unknown_roles_give_nothing() {
    let text = "[[rule]]\nname = \"a\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\"]\n";
    let mut caller = odoo(text);
    caller.allowed(&call("res.partner", "search", "{}"));
    caller.policy = portcullis_policy::Policy::new(2, Vec::new());
    caller.refused(&call("res.partner", "search", "{}"));
    assert_eq!(caller.policy.version(), 2);
    Caller::new(&[], Family::Odoo).refused(&call("res.partner", "search", "{}"));
}

#[test]
fn what_is_not_known_of_a_model_is_asked_for() {
    let mut caller = odoo(
        "[[rule]]\nname = \"a\"\nmodels = [\"x.y\"]\noperations = [\"read\"]\nfields = [\"name\"]\n",
    );
    let portcullis_policy::Decision::Refuse(no) = caller.ask(&call("x.y", "search", "{}")) else {
        panic!("allowed")
    };
    assert_eq!(no.wants().map(|model| model.as_str()), Some("x.y"));
    caller
        .schema
        .absent(portcullis_erp::Model::new("x.y").unwrap());
    caller.refused(&call("x.y", "search", "{}"));
    // A model that no rule speaks of is not asked for: strangers cannot make us ask.
    let no = caller.refused(&call("z.y", "search", "{}"));
    assert!(no.wants().is_none());
}

#[test]
fn a_refusal_is_told_where_the_role_that_came_closest_says_so() {
    let quiet = "[[rule]]\nname = \"q\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\"]\n";
    let open = "explains = true\n[[rule]]\nname = \"o\"\nmodels = [\"sale.order\"]\noperations = [\"read\"]\nfields = [\"name\"]\n";
    let partners = call("res.partner", "search_read", r#"{"fields": ["email"]}"#);
    let orders = call("sale.order", "search_read", r#"{"fields": ["note"]}"#);
    let tags = call("crm.tag", "search_read", r#"{"fields": ["name"]}"#);
    let both = Caller::new(&[("quiet", quiet), ("open", open)], Family::Odoo);
    assert!(both.refused(&orders).told);
    assert!(!both.refused(&partners).told);
    // No rule came close: whoever has a silent role is told nothing.
    assert!(!both.refused(&tags).told);
    let alone = Caller::new(&[("open", open)], Family::Odoo);
    assert!(alone.refused(&tags).told);
    assert!(!Caller::new(&[], Family::Odoo).refused(&tags).told);
}
