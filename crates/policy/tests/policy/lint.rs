//! What is said of roles that can be read and may yet be wrong.

use portcullis_identity::RoleName;
use portcullis_policy::{Family, FindingKind, Role, RoleProfile, Schema};

use crate::common::schema;
use crate::real;

fn role(text: &str) -> Role {
    Role::from_toml(RoleName::new("linted").expect("a name"), text).expect(text)
}

/// What is found, as `rule: kind`.
fn found(text: &str, schema: Option<&Schema>) -> Vec<String> {
    let findings = role(text).lint(schema.map(|schema| (Family::Odoo, schema)));
    let line =
        |found: portcullis_policy::Finding| format!("{}: {}", found.rule, found.kind.as_str());
    findings.into_iter().map(line).collect()
}

const READS: &str = "[[rule]]\nname = \"reads\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\"]\n";

#[test]
fn a_rule_that_a_denial_covers_is_unreachable() {
    assert_eq!(found(READS, None), [""; 0]);
    let all = "[[rule]]\nname = \"no\"\ndeny = true\nmodels = [\"res.partner\", \"crm.tag\"]\n";
    assert_eq!(
        found(&format!("{READS}{all}"), None),
        ["reads: unreachable"]
    );
    // One that leaves something does not.
    for less in [
        all.replace("models", "operations = [\"write\"]\nmodels"),
        all.replace("models", "fields = [\"city\"]\nmodels"),
        all.replace("models", "dialects = [\"rest\"]\nmodels"),
        all.replace("res.partner", "res.country"),
    ] {
        assert_eq!(found(&format!("{READS}{less}"), None), [""; 0], "{less}");
    }
}

#[test]
fn a_rule_that_another_contains_is_unreachable() {
    let wider = READS
        .replace("\"reads\"", "\"wider\"")
        .replace("[\"name\"]", "\"*\"");
    assert_eq!(
        found(&format!("{READS}{wider}"), None),
        ["reads: unreachable"]
    );
    let same = READS.replace("\"reads\"", "\"again\"");
    assert_eq!(
        found(&format!("{READS}{same}"), None),
        ["again: unreachable"]
    );
    for other in [
        wider.replace(
            "fields",
            "domain = '[[\"is_company\", \"=\", true]]'\nfields",
        ),
        wider.replace("fields", "hidden = [\"name\"]\nfields"),
        wider.replace("fields", "through = [\"sale.order\"]\nfields"),
        wider.replace("fields", "networks = [\"192.0.2.0/24\"]\nfields"),
        wider.replace("fields", "max-rows = 5\nfields"),
        wider.replace("\"read\"", "\"write\""),
    ] {
        assert_eq!(found(&format!("{READS}{other}"), None), [""; 0], "{other}");
    }
}

#[test]
fn what_opens_too_much_is_said() {
    let all =
        "[[rule]]\nname = \"all\"\nmodels = [\"*\"]\noperations = [\"read\"]\nfields = \"*\"\n";
    assert_eq!(found(all, None), [""; 0]);
    assert_eq!(
        found(&all.replace("\"read\"", "\"read\", \"delete\""), None),
        ["all: over-wide"]
    );
    let users = all.replace("\"*\"]", "\"res.users\"]");
    assert_eq!(found(&users, None), ["all: over-wide"]);
    let orders = all.replace("\"*\"]", "\"sale.order\"]");
    assert_eq!(found(&orders, None), [""; 0]);
    // Its schema tells that it holds a credential.
    assert_eq!(found(&orders, Some(&schema())), ["all: over-wide"]);
}

#[test]
fn names_that_the_erp_lacks_are_said() {
    let known = schema();
    assert_eq!(found(READS, Some(&known)), [""; 0]);
    assert_eq!(
        found(&READS.replace("res.partner", "res.partners"), Some(&known)),
        ["reads: unknown-model"]
    );
    assert_eq!(
        found(
            &READS.replace("[\"name\"]", "[\"name\", \"nmae\"]"),
            Some(&known)
        ),
        ["reads: unknown-field"]
    );
    let bound = format!("{READS}domain = '[[\"parent_id.nmae\", \"=\", \"x\"]]'\n");
    assert_eq!(found(&bound, Some(&known)), ["reads: unknown-field"]);
    let bound = format!("{READS}domain = '[[\"parent_id.name\", \"=\", \"x\"]]'\n");
    assert_eq!(found(&bound, Some(&known)), [""; 0]);
}

#[test]
fn the_profiles_are_clean() {
    for profile in RoleProfile::all() {
        let schema = real::of(profile.family);
        let found = role(profile.text).lint(Some((profile.family, &schema)));
        // Not every DocType that they name is among those whose facts are kept here.
        let serious = found.into_iter().filter(|found| {
            profile.family == Family::Odoo || found.kind != FindingKind::UnknownModel
        });
        assert_eq!(serious.collect::<Vec<_>>(), [], "{}", profile.name);
    }
}
