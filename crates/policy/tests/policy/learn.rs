//! What is learnt of recorded calls: they pass alike under it, nothing is open that was not, and
//! what nobody asked for is closed.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use portcullis_erp::Call;
use portcullis_identity::{RoleName, Timestamp};
use portcullis_policy::{
    Decision, Family, Learnt, Lesson, Policy, Recorded, Role, RoleProfile, Sample,
};

use crate::common::{Caller, call, document, frappe, odoo, on, whole, within};
use crate::matrix::{DOCTYPES, ODOO_MODELS, frappe_calls, odoo_calls};
use crate::profiles;

/// The record of a call that was let through.
fn sample(asked: &Call, caller: &Caller) -> Sample {
    let permit = caller.allowed(asked);
    let shape = permit.shape();
    Sample {
        call: Recorded {
            model: asked.model.to_string(),
            method: asked.method.to_string(),
            fields: shape.fields.clone(),
            domain: shape.domain.clone(),
            context: shape.context_keys.clone(),
            ids: shape.ids as u64,
            how: shape.how.clone(),
            cut: 0,
            refused: false,
        },
        operation: permit.operation().as_str().to_owned(),
        rule: permit.rule().to_owned(),
        monitored: permit.would().is_some(),
        upstream: caller.upstream.clone(),
        dialect: caller.dialect,
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
    }
}

fn learn(caller: &Caller, calls: &[Call]) -> Learnt {
    let mut samples = BTreeMap::new();
    for asked in calls {
        *samples.entry(sample(asked, caller)).or_default() += 1;
    }
    learn_from(caller, &samples)
}

fn learn_from(caller: &Caller, samples: &BTreeMap<Sample, u64>) -> Learnt {
    let lesson = Lesson {
        policy: &caller.policy,
        principal: &caller.principal,
        family: caller.family,
        schema: &caller.schema,
        now: Timestamp(0),
    };
    lesson.learn(samples).expect("a role")
}

/// The text of the only role.
fn text(learnt: &Learnt) -> &str {
    let [role] = learnt.roles.as_slice() else {
        panic!("one role: {learnt:?}")
    };
    &role.toml
}

/// The same caller under what was learnt.
fn under(learnt: &Learnt, caller: &Caller) -> Caller {
    let mut narrow = Caller::new(&[], caller.family);
    let names: Vec<RoleName> = (0..learnt.roles.len())
        .map(|at| RoleName::new(&format!("learnt-{at}")).expect("a name"))
        .collect();
    let roles = learnt.roles.iter().zip(&names);
    let read = roles.map(|(role, name)| Role::from_toml(name.clone(), &role.toml).expect("a role"));
    narrow.policy = Policy::new(2, read.collect()).permitting(caller.policy.permissions().to_vec());
    narrow.principal = portcullis_identity::Principal::new(
        portcullis_identity::PrincipalKind::Integration,
        caller.principal.name().clone(),
        caller.upstream.clone(),
        caller.principal.erp_login().clone(),
        names,
    );
    narrow.schema = caller.schema.clone();
    narrow.dialect = caller.dialect;
    narrow
}

const WIDE: &str = "[[rule]]\nname = \"everything\"\nmodels = [\"*\"]\noperations = [\"read\", \"create\", \"write\", \"delete\", \"name\"]\nfields = \"*\"\n[[rule]]\nname = \"buttons\"\nmodels = [\"sale.order\", \"res.partner\"]\noperations = [\"call\"]\nmethods = [\"action_confirm\", \"action_cancel\"]\n";

#[test]
fn of_a_role_for_everything_is_left_what_was_done() {
    let wide = odoo(WIDE);
    let calls = [
        call(
            "res.partner",
            "search_read",
            r#"{"domain": [["city", "=", "Bonn"]], "fields": ["name"], "order": "ref"}"#,
        ),
        call(
            "res.partner",
            "search_read",
            r#"{"domain": [["city", "=", "Bonn"]], "fields": ["name"], "order": "ref"}"#,
        ),
        on("res.partner", "write", &[3], r#"{"vals": {"phone": "1"}}"#),
        on("sale.order", "action_confirm", &[3], "{}"),
    ];
    let learnt = learn(&wide, &calls);
    assert_eq!(
        text(&learnt),
        "[[rule]]\nname = \"everything\"\nmodels = [\"res.partner\"]\noperations = [\"read\", \"write\"]\nfields = [\"city\", \"name\", \"ref\"]\nwrite-fields = [\"phone\"]\n\n[[rule]]\nname = \"buttons\"\nmodels = [\"sale.order\"]\noperations = [\"call\"]\nmethods = [\"action_confirm\"]\n"
    );
    assert_eq!((learnt.passing, learnt.calls), (4, 4));
    let narrow = under(&learnt, &wide);
    for asked in &calls {
        narrow.allowed(asked);
    }
    for other in [
        call("res.partner", "search_read", r#"{"fields": ["email"]}"#),
        on("res.partner", "write", &[3], r#"{"vals": {"name": "x"}}"#),
        on("res.partner", "unlink", &[3], "{}"),
        call(
            "res.partner",
            "create",
            r#"{"vals_list": [{"phone": "1"}]}"#,
        ),
        on("sale.order", "action_cancel", &[3], "{}"),
        on("res.partner", "action_confirm", &[3], "{}"),
        call("crm.tag", "search", "{}"),
    ] {
        wide.allowed(&other);
        narrow.refused(&other);
    }
}

#[test]
fn domains_hidden_fields_masks_and_caps_stay_with_their_rule() {
    let role = "[caps]\npage = 50\n\n[context]\nlang = \"de_DE\"\n\n[[rule]]\nname = \"companies\"\nmodels = [\"res.partner\"]\noperations = [\"read\", \"create\", \"write\"]\nfields = \"*\"\nhidden = [\"email\"]\ndomain = '[[\"is_company\",\"=\",true]]'\nmasked = [\"phone\", \"vat\"]\nmask = \"fixed\"\nnetworks = [\"127.0.0.0/8\"]\nmax-rows = 10\napproval = true\n\n[[rule]]\nname = \"no\"\ndeny = true\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"ref\"]\n";
    let present = odoo(role);
    let calls = [
        call(
            "res.partner",
            "search_read",
            r#"{"fields": ["name", "phone"]}"#,
        ),
        call(
            "res.partner",
            "create",
            r#"{"vals_list": [{"name": "x", "is_company": true}]}"#,
        ),
    ];
    let learnt = learn(&present, &calls);
    assert_eq!(
        text(&learnt),
        "[caps]\npage = 50\n\n[context]\nlang = \"de_DE\"\n\n[[rule]]\nname = \"companies\"\nmodels = [\"res.partner\"]\noperations = [\"read\", \"create\"]\nfields = [\"name\"]\nwrite-fields = [\"is_company\", \"name\"]\nhidden = [\"email\"]\ndomain = '[[\"is_company\",\"=\",true]]'\nmasked = [\"phone\"]\nmask = \"fixed\"\nnetworks = [\"127.0.0.0/8\"]\nmax-rows = 10\napproval = true\n\n[[rule]]\nname = \"no\"\ndeny = true\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"ref\"]\n"
    );
    assert_eq!((learnt.passing, learnt.calls), (2, 2));
    let narrow = under(&learnt, &present);
    for asked in &calls {
        let (was, is) = (present.allowed(asked), narrow.allowed(asked));
        assert_eq!(
            whole(was.next()).replace(r#","order":"id""#, ""),
            whole(is.next()).replace(r#","order":"id""#, "")
        );
    }
}

#[test]
fn names_behind_links_lines_and_what_is_read_without_names_are_kept() {
    let role = "[[rule]]\nname = \"orders\"\nmodels = [\"sale.order\"]\noperations = [\"read\", \"create\", \"write\"]\nfields = \"*\"\n[[rule]]\nname = \"lines\"\nmodels = [\"sale.order.line\"]\nthrough = [\"sale.order\"]\noperations = [\"create\", \"write\", \"delete\"]\nfields = [\"product_id\", \"discount\", \"name\"]\n[[rule]]\nname = \"names\"\nmodels = [\"res.partner\", \"product.product\", \"res.currency\", \"crm.tag\"]\noperations = [\"name\"]\n";
    let present = odoo(role);
    let calls = [
        call("sale.order", "search_read", r#"{"fields": ["partner_id"]}"#),
        on(
            "sale.order",
            "write",
            &[3],
            r#"{"vals": {"order_line": [[0, 0, {"product_id": 7}]]}}"#,
        ),
    ];
    let learnt = learn(&present, &calls);
    assert_eq!(
        text(&learnt),
        "[[rule]]\nname = \"orders\"\nmodels = [\"sale.order\"]\noperations = [\"read\", \"write\"]\nfields = [\"partner_id\"]\nwrite-fields = [\"order_line\"]\n\n[[rule]]\nname = \"lines\"\nmodels = [\"sale.order.line\"]\nthrough = [\"sale.order\"]\noperations = [\"create\"]\nfields = [\"product_id\"]\nwrite-fields = [\"product_id\"]\n\n[[rule]]\nname = \"names\"\nmodels = [\"product.product\", \"res.partner\"]\noperations = [\"name\"]\n"
            .replace("fields = [\"product_id\"]\nwrite-fields = [\"product_id\"]", "write-fields = [\"product_id\"]")
    );
    // Whoever names no field is given what is open, and is given it again.
    let some = odoo(
        "[[rule]]\nname = \"some\"\nmodels = [\"res.country\"]\noperations = [\"read\", \"write\"]\nfields = \"*\"\nhidden = [\"phone_code\"]\n",
    );
    let asked = on("res.country", "read", &[3], "{}");
    let learnt = learn(&some, std::slice::from_ref(&asked));
    let narrow = under(&learnt, &some);
    assert_eq!(
        whole(some.allowed(&asked).next()),
        whole(narrow.allowed(&asked).next())
    );
    assert!(!text(&learnt).contains("\"*\""), "{}", text(&learnt));
}

#[test]
fn another_rule_with_more_records_does_not_take_the_place_of_one_with_fewer() {
    let role = "[[rule]]\nname = \"few\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\", \"city\"]\ndomain = '[[\"is_company\", \"=\", true]]'\n[[rule]]\nname = \"all\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\", \"phone\"]\n";
    let present = odoo(role);
    let name = call("res.partner", "search_read", r#"{"fields": ["name"]}"#);
    let phone = call("res.partner", "search_read", r#"{"fields": ["phone"]}"#);
    let learnt = learn(&present, &[name.clone(), phone.clone()]);
    let narrow = under(&learnt, &present);
    let sent = |asked: &Call| whole(narrow.allowed(asked).next());
    assert!(sent(&name).contains("is_company"), "{}", text(&learnt));
    assert!(!sent(&phone).contains("is_company"), "{}", text(&learnt));
}

#[test]
fn what_was_made_and_what_was_changed_are_learnt_apart() {
    let present = odoo(WIDE);
    let create = |field: &str| {
        let values = format!(r#"{{"vals_list": [{{"{field}": "x"}}]}}"#);
        call("res.partner", "create", &values)
    };
    let write = |field: &str| {
        let values = format!(r#"{{"vals": {{"{field}": "x"}}}}"#);
        on("res.partner", "write", &[3], &values)
    };
    let learnt = learn(&present, &[create("name"), write("phone")]);
    let narrow = under(&learnt, &present);
    narrow.allowed(&create("name"));
    narrow.allowed(&write("phone"));
    narrow.refused(&create("phone"));
    narrow.refused(&write("name"));
}

#[test]
fn texts_of_a_domain_are_written_as_they_were() {
    let domain = r#"[["name","=","it's \"x\"]\n[[rule]]\n'''"],["city","!=","\\ #"]]"#;
    let quoted = format!("{domain:?}");
    let present = odoo(&format!(
        "[[rule]]\nname = \"a 'rule' = \\\"x\\\"\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\", \"city\"]\ndomain = {quoted}\n"
    ));
    let asked = call("res.partner", "search", "{}");
    let learnt = learn(&present, std::slice::from_ref(&asked));
    let narrow = under(&learnt, &present);
    assert_eq!(
        whole(present.allowed(&asked).next()),
        whole(narrow.allowed(&asked).next())
    );
    assert_eq!(text(&learnt).matches("\n[[rule]]\n").count(), 0);
}

#[test]
fn what_the_present_roles_refuse_widens_nothing() {
    let (wide, present) = (
        odoo(&WIDE.replace("\"buttons\"", "\"others\"")),
        odoo(
            "[[rule]]\nname = \"names\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\"]\n",
        ),
    );
    let mut samples = BTreeMap::new();
    let own = call("res.partner", "search_read", r#"{"fields": ["name"]}"#);
    samples.insert(sample(&own, &present), 3);
    let alone = learn_from(&present, &samples);
    for asked in [
        call("res.partner", "search_read", r#"{"fields": ["email"]}"#),
        on("res.partner", "unlink", &[3], "{}"),
        call("crm.tag", "search_read", r#"{"fields": ["name"]}"#),
    ] {
        samples.insert(sample(&asked, &wide), 1);
    }
    let learnt = learn_from(&present, &samples);
    assert_eq!(text(&learnt), text(&alone));
    assert_eq!(learnt.left_out.values().sum::<u64>(), 3, "{learnt:?}");
    assert_eq!((learnt.passing, learnt.calls), (3, 6));
}

#[test]
fn what_a_monitored_role_let_pass_is_suggested_and_nothing_dangerous_is() {
    let role = "monitor-until = \"1970-01-20\"\n[[rule]]\nname = \"names\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\"]\n";
    let tried = odoo(role);
    let calls = [
        call("res.partner", "search_read", r#"{"fields": ["name"]}"#),
        call("res.partner", "search_read", r#"{"fields": ["city"]}"#),
        call("res.partner", "search_read", r#"{"fields": ["phone"]}"#),
        on("sale.order", "action_confirm", &[3], "{}"),
    ];
    let learnt = learn(&tried, &calls);
    assert_eq!((learnt.passing, learnt.calls), (4, 4), "{learnt:?}");
    assert!(!text(&learnt).contains("monitor-until"));
    let narrow = under(&learnt, &tried);
    for asked in &calls {
        assert!(narrow.allowed(asked).would().is_none(), "{asked:?}");
    }
    for other in [
        call("res.partner", "search_read", r#"{"fields": ["email"]}"#),
        on("sale.order", "action_cancel", &[3], "{}"),
        on("sale.order", "read", &[3], "{}"),
    ] {
        assert!(tried.allowed(&other).would().is_some());
        narrow.refused(&other);
    }
    // A record that says that something dangerous passed teaches nothing.
    let named = odoo(
        "[[rule]]\nname = \"cron\"\nmodels = [\"ir.cron\"]\noperations = [\"read\"]\nfields = [\"code\"]\n",
    );
    let asked = call("ir.cron", "search_read", r#"{"fields": ["code"]}"#);
    let forged = Sample {
        monitored: true,
        ..sample(&asked, &named)
    };
    let learnt = learn_from(&tried, &BTreeMap::from([(forged, 5)]));
    assert!(learnt.roles.is_empty(), "{learnt:?}");
    assert_eq!(learnt.left_out.values().sum::<u64>(), 5);
}

#[test]
fn a_document_is_answered_as_it_was_and_what_is_not_told_of_is_kept() {
    let role = "[[rule]]\nname = \"orders\"\nmodels = [\"Sales Order\"]\noperations = [\"read\", \"create\", \"write\", \"submit\", \"cancel\", \"delete\"]\nfields = [\"customer\", \"po_no\", \"status\", \"items\"]\n[[rule]]\nname = \"customers\"\nmodels = [\"Customer\"]\noperations = [\"read\", \"write\", \"mail\"]\nfields = \"*\"\n";
    let mut present = frappe(role);
    let customer = r#"{"fields": [{"fieldname": "customer_name", "fieldtype": "Data"}, {"fieldname": "territory", "fieldtype": "Data"}]}"#;
    let model = portcullis_erp::Model::new("Customer").expect("a name");
    present
        .schema
        .learn_doctype(model, &crate::common::json(customer));
    let listed = call(
        "Sales Order",
        "get_list",
        r#"{"fields": ["customer"], "order_by": "status desc"}"#,
    );
    let learnt = learn(&present, std::slice::from_ref(&listed));
    assert_eq!(
        text(&learnt),
        "[[rule]]\nname = \"orders\"\nmodels = [\"Sales Order\"]\noperations = [\"read\"]\nfields = [\"customer\", \"status\"]\n"
    );
    let calls = [
        listed,
        document("Sales Order", "get", "S", "{}"),
        call(
            "Sales Order",
            "insert",
            r#"{"doc": {"customer": "C", "docstatus": 1}}"#,
        ),
        call("Customer", "get_list", r#"{"fields": ["*"]}"#),
    ];
    let learnt = learn(&present, &calls);
    assert_eq!(
        text(&learnt),
        "[[rule]]\nname = \"orders\"\nmodels = [\"Sales Order\"]\noperations = [\"read\", \"create\", \"submit\"]\nfields = [\"customer\", \"items\", \"po_no\", \"status\"]\nwrite-fields = [\"customer\"]\n\n[[rule]]\nname = \"customers\"\nmodels = [\"Customer\"]\noperations = [\"read\"]\nfields = \"*\"\n"
    );
    // Of what was sent to people the record tells the names only: they are kept.
    let sent = call(
        "Customer",
        "frappe.desk.form.utils.add_comment",
        r#"{"reference_doctype": "Customer", "reference_name": "C", "content": "x", "comment_email": "", "comment_by": ""}"#,
    );
    let mut mail = sample(&sent, &present);
    mail.call.model = "Customer".to_owned();
    let learnt = learn_from(&present, &BTreeMap::from([(mail, 2)]));
    assert_eq!(learnt.untold.values().sum::<u64>(), 2, "{learnt:?}");
    assert!(text(&learnt).contains("\"mail\""), "{}", text(&learnt));
}

/// Over the matrix of all profiles: each call passes alike under what is learnt, and what a
/// profile refuses no role refuses less that is learnt of it.
#[test]
fn no_profile_is_widened_by_learning() {
    for profile in RoleProfile::all() {
        let present = profiles::caller(profile);
        let calls: Vec<Call> = match profile.family {
            Family::Odoo => ODOO_MODELS
                .iter()
                .flat_map(|model| odoo_calls(model))
                .collect(),
            Family::Frappe => DOCTYPES
                .iter()
                .flat_map(|doctype| frappe_calls(doctype))
                .collect(),
        };
        let allows =
            |caller: &Caller, asked: &Call| matches!(caller.ask(asked), Decision::Allow(_));
        let (open, shut): (Vec<Call>, Vec<Call>) =
            calls.into_iter().partition(|asked| allows(&present, asked));
        // Every third of what is open was done.
        let done: Vec<Call> = open.iter().step_by(3).cloned().collect();
        let learnt = learn(&present, &done);
        assert_eq!(learnt.wider, [""; 0], "{}", profile.name);
        let narrow = under(&learnt, &present);
        for asked in &shut {
            assert!(!allows(&narrow, asked), "{} {asked:?}", profile.name);
        }
        let untold: u64 = learnt.untold.values().sum();
        assert_eq!(
            learnt.passing + untold,
            done.len() as u64,
            "{} {learnt:?}",
            profile.name
        );
        if untold == 0 {
            for asked in &done {
                assert!(allows(&narrow, asked), "{} {asked:?}", profile.name);
            }
        }
        let left = open.iter().filter(|asked| allows(&narrow, asked)).count();
        assert!(left <= open.len() && (done.is_empty() || left >= 1));
    }
}

#[test]
fn a_context_key_that_was_sent_is_kept() {
    let present = odoo(&WIDE.replace(
        "fields = \"*\"",
        "fields = \"*\"\ncontext = [\"active_test\", \"bin_size\"]",
    ));
    let asked = within(
        call("crm.tag", "search_read", r#"{"fields": ["name"]}"#),
        r#"{"active_test": false}"#,
    );
    let learnt = learn(&present, &[asked]);
    assert!(
        text(&learnt).contains("context = [\"active_test\"]"),
        "{}",
        text(&learnt)
    );
}

#[test]
fn a_rule_that_nobody_used_is_kept_where_it_says_what_another_must_not_show() {
    let role = "[[rule]]\nname = \"orders\"\nmodels = [\"sale.order\"]\noperations = [\"read\", \"create\", \"write\"]\nfields = \"*\"\n[[rule]]\nname = \"partners\"\nmodels = [\"res.partner\"]\noperations = [\"read\", \"write\"]\nfields = [\"name\", \"city\"]\n";
    let present = odoo(role);
    let copied = on("sale.order", "copy", &[3], "{}");
    let shown = call(
        "sale.order",
        "search_read",
        r#"{"fields": ["partner_email"]}"#,
    );
    let open = odoo(
        role.split("[[rule]]\nname = \"partners\"")
            .next()
            .expect("a rule"),
    );
    open.allowed(&shown);
    present.refused(&shown);
    let learnt = learn(&present, std::slice::from_ref(&copied));
    assert_eq!(learnt.wider, [""; 0]);
    let narrow = under(&learnt, &present);
    narrow.allowed(&copied);
    narrow.refused(&shown);
    assert!(!text(&learnt).contains("city"), "{}", text(&learnt));
}
