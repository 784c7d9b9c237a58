//! A monitored role lets pass what none of its rules allows, and nothing else.

use portcullis_erp::Call;
use portcullis_identity::{RoleName, Timestamp};
use portcullis_policy::{Decision, Family, FindingKind, Operation, Permit, Reason, Role};

use crate::common::{Caller, call, document, frappe, odoo, on, within};

const RULES: &str = "[[rule]]\nname = \"names\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\", \"ref\"]\nhidden = [\"ref\"]\n";

/// The tests' moment is the beginning of 1970.
fn monitored(rules: &str) -> Caller {
    odoo(&format!("monitor-until = \"1970-01-20\"\n{rules}"))
}

fn read(field: &str) -> Call {
    call(
        "res.partner",
        "search_read",
        &format!(r#"{{"fields": ["{field}"]}}"#),
    )
}

fn would(permit: &Permit) -> Option<(Reason, Option<&str>)> {
    let refusal = permit.would()?;
    Some((refusal.reason, refusal.rule.as_deref()))
}

#[test]
fn what_no_rule_allows_passes_and_says_what_it_would_be() {
    let (open, shut) = (monitored(RULES), odoo(RULES));
    let own = open.allowed(&read("name"));
    assert_eq!((own.rule(), would(&own)), ("tested/names", None));
    for (asked, operation) in [
        (read("city"), Operation::Read),
        (
            call("sale.order", "search_read", r#"{"fields": ["note"]}"#),
            Operation::Read,
        ),
        (
            call("crm.tag", "create", r#"{"vals_list": [{"name": "x"}]}"#),
            Operation::Create,
        ),
        (
            on("sale.order", "write", &[3], r#"{"vals": {"note": "x"}}"#),
            Operation::Write,
        ),
        (on("sale.order", "unlink", &[3], "{}"), Operation::Delete),
        (
            on("sale.order", "action_confirm", &[3], "{}"),
            Operation::Call,
        ),
        (
            within(read("name"), r#"{"active_test": false}"#),
            Operation::Read,
        ),
    ] {
        let no = shut.refused(&asked);
        let permit = open.allowed(&asked);
        assert_eq!(
            (permit.rule(), permit.operation()),
            ("tested/monitored", operation)
        );
        assert_eq!(
            would(&permit),
            Some((no.reason, no.rule.as_deref())),
            "{asked:?}"
        );
    }
}

#[test]
fn a_role_without_rules_can_be_begun_with() {
    assert!(would(&monitored("").allowed(&read("city"))).is_some());
    odoo("").refused(&read("city"));
}

#[test]
fn it_ends_at_its_date_and_an_end_too_far_off_is_none() {
    let day = 86_400_000_000;
    let passes = |end: &str, at: i64| {
        let caller = odoo(&format!("monitor-until = \"{end}\"\n{RULES}"));
        matches!(
            caller.ask_at(&read("city"), Timestamp(at)),
            Decision::Allow(_)
        )
    };
    assert!(passes("1970-01-20", 0));
    assert!(passes("1970-01-20", 19 * day - 1));
    assert!(!passes("1970-01-20", 19 * day));
    assert!(passes("1970-01-01T06:00:00+01:00", 5 * 3_600_000_000 - 1));
    assert!(!passes("1970-01-01T06:00:00+01:00", 5 * 3_600_000_000));
    assert!(passes("1970-01-31", 0));
    assert!(!passes("1970-02-01", 0), "31 days");
    // A role that was read when its end was too far off does not begin by itself.
    let read_at = |end: &str, at: i64| {
        let name = RoleName::new("tried").unwrap();
        let role = Role::from_toml(name, &format!("monitor-until = \"{end}\"\n")).unwrap();
        role.as_of(Timestamp(at)).monitors(Timestamp(day))
    };
    assert!(read_at("1970-01-20", 0) && read_at("1970-02-01", day));
    assert!(!read_at("1970-02-01", 0));
}

#[test]
fn what_a_rule_hides_or_masks_and_what_defaults_set_is_not_let_pass() {
    let rules = "[[rule]]\nname = \"names\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\"]\nhidden = [\"ref\"]\nmasked = [\"vat\"]\n\
        [[rule]]\nname = \"shut\"\ndeny = true\nmodels = [\"res.partner\"]\noperations = [\"create\", \"write\"]\nfields = [\"credit_limit\"]\n";
    let open = monitored(rules);
    open.allowed(&read("city"));
    for field in ["ref", "vat"] {
        // The mask is shown where the rule shows it, and nothing more beside something else.
        open.refused(&call(
            "res.partner",
            "search_read",
            &format!(r#"{{"fields": ["city", "{field}"]}}"#),
        ));
        open.refused(&call(
            "res.partner",
            "search_count",
            &format!(r#"{{"domain": [["{field}", "!=", false]]}}"#),
        ));
    }
    let make = call("res.partner", "create", r#"{"vals_list": [{"name": "x"}]}"#);
    open.allowed(&within(make.clone(), r#"{"default_city": "Bonn"}"#));
    open.refused(&within(make, r#"{"default_credit_limit": 9}"#));
}

#[test]
fn what_must_be_named_stays_refused() {
    let open = monitored(RULES);
    // Each beside what does pass.
    for (passes, dangerous) in [
        (
            call("crm.tag", "search_read", r#"{"fields": ["name"]}"#),
            call("ir.cron", "search_read", r#"{"fields": ["name"]}"#),
        ),
        (
            call("crm.tag", "create", r#"{"vals_list": [{"name": "x"}]}"#),
            call(
                "res.users.apikeys",
                "create",
                r#"{"vals_list": [{"name": "x"}]}"#,
            ),
        ),
        (
            on("sale.order", "action_confirm", &[3], "{}"),
            on("sale.order", "_action_confirm", &[3], "{}"),
        ),
        (
            on("sale.order", "action_confirm", &[3], "{}"),
            on("sale.order", "run", &[3], "{}"),
        ),
        (
            on("sale.order", "action_confirm", &[3], "{}"),
            call("res.partner", "load", r#"{"fields": ["name"], "data": []}"#),
        ),
        (
            on("sale.order", "write", &[3], r#"{"vals": {"note": "x"}}"#),
            on("sale.order", "message_post", &[3], r#"{"body": "x"}"#),
        ),
        (
            on("sale.order", "action_confirm", &[3], "{}"),
            on("sale.order", "activity_schedule", &[3], "{}"),
        ),
        (
            call("sale.order", "search_read", r#"{"fields": ["note"]}"#),
            call(
                "sale.order",
                "search_read",
                r#"{"fields": ["access_token"]}"#,
            ),
        ),
        (
            call("sale.order", "search_read", r#"{"fields": ["note"]}"#),
            call(
                "sale.order",
                "search_read",
                r#"{"fields": ["note"], "unheard": 1}"#,
            ),
        ),
        (
            call("sale.order", "search_read", r#"{"fields": ["note"]}"#),
            call(
                "sale.order",
                "search_read",
                r#"{"domain": [["note", "unheard", 1]]}"#,
            ),
        ),
        (
            on("sale.order", "action_confirm", &[3], "{}"),
            on("sale.order", "action_confirm", &[3], r#"{"deep": [["x"]]}"#),
        ),
    ] {
        assert!(would(&open.allowed(&passes)).is_some(), "{passes:?}");
        open.refused(&dangerous);
    }
}

#[test]
fn what_a_denial_names_stays_refused_and_hidden() {
    let denial = "[[rule]]\nname = \"no\"\ndeny = true\nmodels = [\"res.partner\"]\noperations = [\"read\", \"write\"]\nfields = [\"email\"]\n[[rule]]\nname = \"none\"\ndeny = true\nmodels = [\"crm.tag\"]\n";
    let (free, denied) = (monitored(RULES), monitored(&format!("{RULES}{denial}")));
    for asked in [
        read("email"),
        // What is computed from it, and a way over a link.
        read("email_normalized"),
        call(
            "sale.order",
            "search_read",
            r#"{"fields": ["partner_email"]}"#,
        ),
        call(
            "sale.order",
            "search_read",
            r#"{"domain": [["partner_id.email", "=", "x"]]}"#,
        ),
        call("crm.tag", "search_read", r#"{"fields": ["name"]}"#),
    ] {
        assert!(would(&free.allowed(&asked)).is_some(), "{asked:?}");
        denied.refused(&asked);
    }
    assert!(would(&denied.allowed(&read("city"))).is_some());
    let every = on("res.partner", "read", &[3], r#"{"fields": ["city"]}"#);
    assert_eq!(
        denied.cleaned(&every, r#"[{"id": 3, "city": "Ulm", "email": "a@b.c"}]"#),
        r#"[{"id":3,"city":"Ulm"}]"#
    );
}

#[test]
fn caps_pins_and_places_of_the_role_hold() {
    let capped = monitored(&format!("[caps]\nids = 2\n[context]\ncompany = 3\n{RULES}"));
    let unlink = |ids: &[i64]| on("sale.order", "unlink", ids, "{}");
    assert!(would(&capped.allowed(&unlink(&[1, 2]))).is_some());
    assert_eq!(capped.refused(&unlink(&[1, 2, 3])).reason, Reason::NoRule);
    let company = |id: i64| {
        within(
            read("city"),
            &format!(r#"{{"allowed_company_ids": [{id}]}}"#),
        )
    };
    assert!(would(&capped.allowed(&company(3))).is_some());
    capped.refused(&company(4));
    // A role whose rules are for other places is not monitored here.
    let placed = |place: &str| monitored(&format!("{RULES}{place}\n"));
    assert!(would(&placed("networks = [\"127.0.0.0/8\"]").allowed(&read("city"))).is_some());
    placed("networks = [\"192.0.2.0/24\"]").refused(&read("city"));
    placed("dialects = [\"rest\"]").refused(&read("city"));
    placed("upstream = [\"another\"]").refused(&read("city"));
}

#[test]
fn two_callers_together_are_not_monitored() {
    let role = format!("monitor-until = \"1970-01-20\"\n{RULES}");
    let both = Caller::new(&[("one", &role), ("other", &role)], Family::Odoo);
    assert!(would(&both.allowed(&read("city"))).is_some());
    both.together().refused(&read("city"));
}

#[test]
fn a_frappe_is_monitored_too_but_its_functions_are_not() {
    let role = "[[rule]]\nname = \"names\"\nmodels = [\"Customer\"]\noperations = [\"read\"]\nfields = [\"customer_name\"]\n";
    let (open, shut) = (
        frappe(&format!("monitor-until = \"1970-01-20\"\n{role}")),
        frappe(role),
    );
    for asked in [
        call("Customer", "get_list", r#"{"fields": ["territory"]}"#),
        call("Sales Order", "insert", r#"{"doc": {"customer": "x"}}"#),
        document("Sales Order", "submit", "SO-1", "{}"),
        document("Sales Order", "set_status", "SO-1", "{}"),
    ] {
        shut.refused(&asked);
        assert!(would(&open.allowed(&asked)).is_some(), "{asked:?}");
    }
    for asked in [
        call("Server Script", "get_list", r#"{"fields": ["name"]}"#),
        call(
            "Customer",
            "erpnext.some.function",
            r#"{"doctype": "Customer"}"#,
        ),
        call(Call::NO_MODEL, "frappe.ping", "{}"),
        document("Sales Order", "_private", "SO-1", "{}"),
        document(
            "Sales Order",
            "run_doc_method",
            "SO-1",
            r#"{"method": "submit"}"#,
        ),
    ] {
        open.refused(&asked);
    }
}

#[test]
fn the_linter_says_so_and_an_end_that_is_none_is_an_error() {
    let role = |text: &str| Role::from_toml(RoleName::new("tried").expect("a name"), text);
    let monitored = role(&format!("monitor-until = \"2026-12-10\"\n{RULES}")).expect("a role");
    let kinds = |role: &Role| -> Vec<FindingKind> {
        role.lint(None).into_iter().map(|one| one.kind).collect()
    };
    assert_eq!(kinds(&monitored), [FindingKind::Monitored]);
    assert_eq!(kinds(&role(RULES).expect("a role")), []);
    for end in [
        "\"tomorrow\"",
        "\"2026-13-01\"",
        "\"2026-12-10 08:00\"",
        "true",
        "2026-12-10",
    ] {
        let errors = role(&format!("\nmonitor-until = {end}\n{RULES}"));
        assert_eq!(errors.expect_err(end)[0].line, 2, "{end}");
    }
}
