mod read_back;

use portcullis_erp::Limits;
use portcullis_erp::value::from_json;
use portcullis_identity::RoleName;

use super::*;

fn role(name: &str, text: &str) -> Role {
    Role::from_toml(RoleName::new(name).unwrap(), text).unwrap()
}

fn rule(name: &str, model: &str, operations: &str, domain: Option<&str>) -> String {
    let domain = domain.map_or(String::new(), |domain| format!("domain = '''{domain}'''\n"));
    let methods = if operations.contains("call") {
        "methods = [\"action_confirm\"]\n"
    } else {
        ""
    };
    let operations = operations.replace(' ', "\", \"");
    format!(
        "[[rule]]\nname = \"{name}\"\nmodels = [\"{model}\"]\noperations = [\"{operations}\"]\nfields = \"*\"\n{methods}{domain}\n"
    )
}

fn found(texts: &[String]) -> RecordRules {
    let roles: Vec<Role> = texts
        .iter()
        .enumerate()
        .map(|(at, text)| role(&format!("role{at}"), text))
        .collect();
    let roles: Vec<&Role> = roles.iter().collect();
    let heirs = [
        ("res.partner", "res.users"),
        ("product.template", "product.product"),
    ];
    let heirs = heirs.map(|(model, heir)| {
        let heir = BTreeSet::from([Model::new(heir).unwrap()]);
        (Model::new(model).unwrap(), heir)
    });
    RecordRules::of(&roles, &UpstreamName::new("erp").unwrap(), &heirs.into())
}

/// The rules as `model modes expression`.
fn told(found: &RecordRules) -> Vec<String> {
    let rules = found.rules.iter().map(|rule| {
        let modes: Vec<_> = rule.modes.iter().map(|mode| mode.as_str()).collect();
        format!("{} {} {}", rule.model, modes.join(","), rule.expression)
    });
    rules.collect()
}

fn left(found: &RecordRules) -> Vec<String> {
    let left = found.left.iter().map(|left| {
        let modes: Vec<_> = left.modes.iter().map(|mode| mode.as_str()).collect();
        format!("{} {}: {}", left.rule, modes.join(","), left.because)
    });
    left.collect()
}

fn expression(text: &str) -> Result<String, String> {
    let value = from_json(text.as_bytes(), &Limits::default()).unwrap();
    python::domain(&Domain::parse(&crate::whom::listed(value)).unwrap())
}

const OWN: &str = r#"[["user_id", "=", "principal.user_id"]]"#;

#[test]
fn a_rule_with_a_domain_holds_for_its_operations() {
    let found = found(&[rule("own", "sale.order", "read write delete", Some(OWN))]);
    assert_eq!(
        told(&found),
        ["sale.order read,write,delete [('user_id', '=', user.id)]"]
    );
    assert_eq!(left(&found), [""; 0]);
}

#[test]
fn the_rules_of_all_roles_are_put_together() {
    let one = rule("own", "sale.order", "read", Some(OWN));
    let other = rule(
        "drafts",
        "sale.order",
        "read",
        Some(r#"[["state", "=", "draft"]]"#),
    );
    assert_eq!(
        told(&found(&[one.clone(), other])),
        ["sale.order read ['|', ('user_id', '=', user.id), ('state', '=', 'draft')]"]
    );
    // The same records twice are the same records.
    assert_eq!(
        told(&found(&[one.clone(), one])),
        ["sale.order read [('user_id', '=', user.id)]"]
    );
}

#[test]
fn what_one_role_opens_to_all_is_not_narrowed_by_another() {
    let own = rule("own", "sale.order", "read write", Some(OWN));
    assert_eq!(told(&found(std::slice::from_ref(&own))).len(), 1);
    for (wide, modes) in [
        (rule("all", "sale.order", "read", None), "read"),
        (rule("all", "sale.order", "name", None), "read"),
        (rule("all", "sale.order", "write", None), "read,write"),
        (rule("all", "sale.order", "mail", None), "read,write"),
        (rule("all", "sale.order", "call", None), "read,write"),
        (rule("all", "sale.order", "read", Some("[]")), "read"),
    ] {
        let found = found(&[own.clone(), wide.clone()]);
        let left = left(&found);
        assert_eq!(left.len(), 1, "{left:?}");
        assert!(found.left[0].prevents);
        assert!(
            left[0].starts_with(&format!("role1/all {modes}: ")),
            "{left:?}"
        );
        let narrowed: Vec<_> = found.rules.iter().flat_map(|rule| &rule.modes).collect();
        let kept = if modes == "read" {
            vec![&Mode::Write]
        } else {
            Vec::new()
        };
        assert_eq!(narrowed, kept, "{wide}");
    }
    // A rule for another upstream is none here.
    let elsewhere = rule("all", "sale.order", "read", None) + "upstream = [\"other\"]\n";
    assert_eq!(told(&found(&[own, elsewhere])).len(), 1);
}

#[test]
fn making_records_needs_none_to_be_seen_unless_they_must_be_of_some() {
    let own = rule("own", "sale.order", "read", Some(OWN));
    let any = rule("new", "sale.order", "create", None);
    let found_any = found(&[own.clone(), any]);
    assert_eq!(
        told(&found_any),
        ["sale.order read [('user_id', '=', user.id)]"]
    );
    assert_eq!(
        left(&found_any),
        ["role1/new create: it opens every record"]
    );
    assert!(!found_any.left[0].prevents);
    let some = rule(
        "new",
        "sale.order",
        "create",
        Some(r#"[["state", "=", "draft"]]"#),
    );
    assert_eq!(
        told(&found(&[own, some])),
        [
            "sale.order read ['|', ('user_id', '=', user.id), ('state', '=', 'draft')]",
            "sale.order create [('state', '=', 'draft')]"
        ]
    );
}

#[test]
fn what_heirs_are_open_for_is_not_taken_from_them() {
    let companies = Some(r#"[["is_company", "=", true]]"#);
    let partners = rule("partners", "res.partner", "read write", companies);
    assert_eq!(told(&found(std::slice::from_ref(&partners))).len(), 1);
    for users in [
        rule("users", "res.users", "read", None),
        rule("users", "res.users", "name", None),
        rule("users", "res.users", "read", Some(OWN)),
    ] {
        let found = found(&[partners.clone(), users]);
        let narrowed: Vec<_> = found
            .rules
            .iter()
            .filter(|rule| rule.model.as_str() == "res.partner")
            .flat_map(|rule| &rule.modes)
            .collect();
        assert_eq!(narrowed, [&Mode::Write]);
        let left = left(&found);
        assert!(
            left[0].starts_with("role1/users read: it opens `res.users`"),
            "{left:?}"
        );
    }
    // The same records by what is inherited are the same for both.
    let sold = Some(r#"[["sale_ok", "=", true]]"#);
    let template = rule("templates", "product.template", "read", sold);
    let both = [template, rule("products", "product.product", "read", sold)];
    assert_eq!(told(&found(&both)).len(), 2);
    // Of what a variant has beside its template they are not.
    for own in [
        r#"[["active", "=", true]]"#,
        r#"[["default_code", "=like", "SHOP-%"]]"#,
    ] {
        let both = ["product.template", "product.product"]
            .map(|model| rule(model, model, "read", Some(own)));
        assert_eq!(told(&found(&both)).len(), 1, "{own}");
    }
}

#[test]
fn what_speaks_of_every_model_or_of_a_frappe_is_left() {
    let own = rule("own", "sale.order", "read", Some(OWN));
    let everywhere = found(&[own.clone(), rule("all", "*", "read", Some(OWN))]);
    assert_eq!(told(&everywhere), [""; 0]);
    assert_eq!(left(&everywhere).len(), 2);
    let frappe = rule(
        "frappe",
        "sale.order",
        "read",
        Some(r#"[["status", "between", ["A", "B"]]]"#),
    );
    assert_eq!(
        left(&found(&[own, frappe])),
        ["role1/frappe read: its `domain` is a Frappe filter"]
    );
}

#[test]
fn the_user_is_whoever_asks() {
    assert_eq!(
        expression(r#"["|", ["partner_id", "=", "principal.partner_id"], ["login", "in", ["principal.login", false]]]"#).unwrap(),
        "['|', ('partner_id', '=', user.partner_id.id), ('login', 'in', [user.login, False])]"
    );
    assert_eq!(
        expression(r#"[["company_id", "in", "principal.company_ids"]]"#).unwrap(),
        "[('company_id', 'in', user.company_ids.ids)]"
    );
    assert_eq!(
        expression(r#"[["company_id", "in", ["principal.company_ids", false]]]"#).unwrap(),
        "[('company_id', 'in', user.company_ids.ids + [False])]"
    );
    for turned in [
        r#"[["company_id", "not in", "principal.company_ids"]]"#,
        r#"["!", ["company_id", "in", "principal.company_ids"]]"#,
        r#"[["order_id", "not any", [["company_id", "in", "principal.company_ids"]]]]"#,
    ] {
        assert!(
            expression(turned).unwrap_err().contains("negation"),
            "{turned}"
        );
    }
    // Two negations are none.
    assert!(expression(r#"["!", ["company_id", "not in", "principal.company_ids"]]"#).is_ok());
}

#[test]
fn what_may_mean_something_else_in_a_rule_is_not_written() {
    assert!(expression(r#"[["date", ">", "2026-01-01"]]"#).is_ok());
    for (text, because) in [
        (r#"[["date", ">", "today -3d"]]"#, "goes on"),
        (r#"[["date", ">=", "-1w"]]"#, "goes on"),
        (r#"[["date", "in", ["now"]]]"#, "goes on"),
        (r#"[["name", "=", "a\u0000b"]]"#, "NUL"),
        (r#"[["a", "any!", [["b", "=", 1]]]]"#, "own code"),
        (r#"[["a", "in", [[1]]]]"#, "no text"),
        (r#"[["a", "=", {"b": 1}]]"#, "no text"),
    ] {
        assert!(expression(text).unwrap_err().contains(because), "{text}");
    }
}

#[test]
fn no_text_ends_before_its_end() {
    assert_eq!(
        expression(r#"[["name", "=", "'] or user.x #\\'\n{é}€😀"]]"#).unwrap(),
        r"[('name', '=', '\'] or user.x #\\\'\x0a{\xe9}\u20ac\U0001f600')]"
    );
}
