//! Creating, changing, deleting and calling under rules with and without a domain.

use crate::common::{call, json, odoo, on, text, within};
use portcullis_policy::Reason;

const COMPANIES: &str = r#"
[[rule]]
name = "companies"
models = ["res.partner"]
operations = ["read", "create", "write", "delete"]
fields = ["name", "city", "is_company", "active", "ref"]
write-fields = ["name", "city", "is_company", "active"]
domain = '[["is_company", "=", true]]'
"#;

#[test]
fn what_the_rule_fixes_is_stamped_into_new_records() {
    let caller = odoo(COMPANIES);
    let permit = caller.allowed(&call(
        "res.partner",
        "create",
        r#"{"vals_list": [{"name": "A"}, {"name": "B", "is_company": true}]}"#,
    ));
    assert!(!permit.is_guard());
    assert_eq!(
        text(&permit.next().named["vals_list"]),
        r#"[{"name":"A","is_company":true},{"name":"B","is_company":true}]"#
    );
    assert_eq!(text(permit.apply(json("[4, 5]")).unwrap().value()), "[4,5]");
    let no = caller.refused(&call(
        "res.partner",
        "create",
        r#"{"vals_list": [{"name": "A", "is_company": false}]}"#,
    ));
    assert_eq!(no.reason, Reason::Values);
    let no = caller.refused(&call(
        "res.partner",
        "create",
        r#"{"vals_list": [{"name": "A"}, {"name": "B", "is_company": 0}]}"#,
    ));
    assert_eq!(no.reason, Reason::Values);
}

#[test]
fn fields_that_are_not_for_writing_are_refused() {
    let caller = odoo(COMPANIES);
    caller.allowed(&on(
        "res.partner",
        "write",
        &[1],
        r#"{"vals": {"city": "Bonn"}}"#,
    ));
    for field in [
        "ref",
        "email",
        "phone",
        "parent_id",
        "id",
        "no_such_field",
        "complete_name",
        "create_uid",
        "name.x",
    ] {
        let no = caller.refused(&on(
            "res.partner",
            "write",
            &[1],
            &format!(r#"{{"vals": {{"name": "x", "{field}": 1}}}}"#),
        ));
        assert_eq!(no.reason, Reason::WriteField, "{field}");
        caller.refused(&call(
            "res.partner",
            "create",
            &format!(r#"{{"vals_list": [{{"name": "x", "{field}": 1}}]}}"#),
        ));
    }
}

#[test]
fn a_write_on_ids_asks_first_whether_all_are_the_rules() {
    let caller = odoo(COMPANIES);
    let write = on(
        "res.partner",
        "write",
        &[3, 4],
        r#"{"vals": {"city": "Bonn"}}"#,
    );
    let permit = caller.allowed(&within(write.clone(), r#"{"lang": "de_DE"}"#));
    assert!(permit.is_guard());
    let guard = permit.next();
    assert_eq!(guard.method.as_str(), "search_read");
    assert_eq!(
        text(&guard.named["fields"]),
        r#"["write_uid","write_date"]"#
    );
    assert_eq!(
        text(&guard.named["domain"]),
        r#"[["id","in",[3,4]],["active","in",[true,false]],["is_company","=",true]]"#
    );
    assert_eq!(guard.context.len(), 1);
    let permit = permit.guarded(&json("[4, 3]")).unwrap();
    assert!(!permit.is_guard());
    assert_eq!(permit.next().method.as_str(), "write");
    let permit = permit.unlooked();
    assert_eq!(text(permit.apply(json("true")).unwrap().value()), "true");
    // One of them is a person, or not there: nobody can tell which.
    let no = caller.allowed(&write).guarded(&json("[3]")).unwrap_err();
    let other = caller.allowed(&write).guarded(&json("[]")).unwrap_err();
    assert_eq!(no.fault, other.fault);
    assert_eq!(no.fault.kind, portcullis_erp::FaultKind::MissingRecord);
    // A guard that answers nonsense is no yes.
    for answer in ["true", "null", r#"[{"ID": 3}, {"ID": 4}]"#, r#"["3", "4"]"#] {
        assert!(caller.allowed(&write).guarded(&json(answer)).is_err());
    }
    // And an answer is not taken while a guard is open.
    assert!(caller.allowed(&write).apply(json("true")).is_err());
}

#[test]
fn a_write_may_not_take_a_record_out_of_the_rule() {
    let caller = odoo(COMPANIES);
    caller.allowed(&on(
        "res.partner",
        "write",
        &[3],
        r#"{"vals": {"is_company": true}}"#,
    ));
    caller.refused(&on(
        "res.partner",
        "write",
        &[3],
        r#"{"vals": {"is_company": false}}"#,
    ));
    caller.refused(&on(
        "res.partner",
        "write",
        &[3],
        r#"{"vals": {"is_company": "yes"}}"#,
    ));
}

#[test]
fn deleting_and_archiving_are_guarded() {
    let caller = odoo(COMPANIES);
    for method in ["unlink", "action_archive", "action_unarchive"] {
        let permit = caller.allowed(&on("res.partner", method, &[3], "{}"));
        assert!(permit.is_guard(), "{method}");
        assert!(permit.guarded(&json("[]")).is_err());
    }
    odoo("[[rule]]\nname = \"r\"\nmodels = [\"res.partner\"]\noperations = [\"read\", \"write\"]\nfields = [\"name\"]\n")
        .refused(&on("res.partner", "action_archive", &[3], "{}"));
}

#[test]
fn a_rule_on_a_computed_field_refuses_what_it_is_computed_from() {
    let caller = odoo(
        r#"
[[rule]]
name = "mine"
models = ["sale.order"]
operations = ["read", "create", "write"]
fields = ["name", "note", "amount_total", "order_line", "user_id"]
derived = ["amount_total"]
domain = '[["amount_total", "<", 1000]]'
[[rule]]
name = "lines"
models = ["sale.order.line"]
operations = ["read", "create", "write"]
fields = "*"
"#,
    );
    caller.allowed(&on(
        "sale.order",
        "write",
        &[1],
        r#"{"vals": {"note": "x"}}"#,
    ));
    let no = caller.refused(&on(
        "sale.order",
        "write",
        &[1],
        r#"{"vals": {"order_line": [[0, 0, {"price_unit": 5000}]]}}"#,
    ));
    assert_eq!(no.reason, Reason::Values);
    let no = caller.refused(&call(
        "sale.order",
        "create",
        r#"{"vals_list": [{"note": "x"}]}"#,
    ));
    assert_eq!(no.reason, Reason::Values);
}

#[test]
fn copies_take_everything_along_and_need_everything_open() {
    let whole = odoo(
        "[[rule]]\nname = \"r\"\nmodels = [\"res.partner\"]\noperations = [\"read\", \"create\"]\nfields = \"*\"\n",
    );
    whole.allowed(&on(
        "res.partner",
        "copy",
        &[1],
        r#"{"default": {"name": "x"}}"#,
    ));
    whole.refused(&on(
        "res.partner",
        "copy",
        &[1],
        r#"{"default": {"signup_token": "x"}}"#,
    ));
    odoo(COMPANIES).refused(&on("res.partner", "copy", &[1], "{}"));
    let hiding = odoo(
        "[[rule]]\nname = \"r\"\nmodels = [\"res.partner\"]\noperations = [\"read\", \"create\"]\nfields = \"*\"\nhidden = [\"email\"]\n",
    );
    hiding.refused(&on("res.partner", "copy", &[1], "{}"));
}

#[test]
fn listed_methods_are_called_on_records_of_the_rule() {
    let caller = odoo(
        r#"
[[rule]]
name = "confirm"
models = ["sale.order"]
operations = ["call"]
methods = ["action_confirm", "prepare"]
domain = '[["state", "=", "draft"]]'
"#,
    );
    let permit = caller.allowed(&on("sale.order", "action_confirm", &[1], "{}"));
    assert!(permit.is_guard());
    let permit = permit.guarded(&json("[1]")).unwrap();
    assert_eq!(
        text(
            permit
                .unlooked()
                .apply(json(r#"{"type": "ir.actions.act_window", "res_id": 9}"#))
                .unwrap()
                .value()
        ),
        "true"
    );
    caller.allowed(&on("sale.order", "prepare", &[1], r#"{"force": true}"#));
    caller.refused(&on(
        "sale.order",
        "prepare",
        &[1],
        r#"{"vals": {"state": "sale"}}"#,
    ));
    caller.refused(&call("sale.order", "prepare", "{}"));
    caller.refused(&on("sale.order", "action_cancel", &[1], "{}"));
    caller.refused(&on("sale.order", "read", &[1], "{}"));
    caller.refused(&on("sale.order.line", "action_confirm", &[1], "{}"));
    caller.refused(&within(
        on("sale.order", "action_confirm", &[1], "{}"),
        r#"{"send_email": true}"#,
    ));
}

#[test]
fn any_arguments_pass_only_where_the_rule_says_so() {
    let role = |arguments: &str| {
        format!(
            "[[rule]]\nname = \"r\"\nmodels = [\"sale.order\"]\noperations = [\"call\"]\nmethods = [\"prepare\"]\n{arguments}"
        )
    };
    let asked = on("sale.order", "prepare", &[1], r#"{"vals": {"a": [1]}}"#);
    odoo(&role("")).refused(&asked);
    let permit = odoo(&role("arguments = \"any\"\n")).allowed(&asked);
    assert_eq!(
        text(permit.apply(json(r#"{"a": 1}"#)).unwrap().value()),
        r#"{"a":1}"#
    );
}

#[test]
fn dangerous_models_and_methods_must_be_named() {
    let all = odoo(
        "[[rule]]\nname = \"all\"\nmodels = [\"*\"]\noperations = [\"read\", \"create\", \"write\", \"delete\", \"call\"]\nmethods = [\"run\", \"change_password\", \"harmless\"]\nfields = \"*\"\n",
    );
    all.allowed(&call("res.country", "search_read", "{}"));
    all.allowed(&on("res.country", "harmless", &[1], "{}"));
    for model in [
        "ir.actions.server",
        "ir.cron",
        "res.users.apikeys",
        "res.users",
        "ir.model.access",
        "base.automation",
        "ir.attachment",
        "mail.message",
        "ir.config_parameter",
    ] {
        let no = all.refused(&call(model, "search_read", "{}"));
        assert_eq!(no.reason, Reason::Dangerous, "{model}");
        all.refused(&call(model, "create", r#"{"vals_list": [{"name": "x"}]}"#));
        all.refused(&on(model, "harmless", &[1], "{}"));
    }
    let no = all.refused(&on("res.partner", "change_password", &[1], "{}"));
    assert_eq!(no.reason, Reason::Dangerous);
    odoo("[[rule]]\nname = \"r\"\nmodels = [\"res.partner\"]\noperations = [\"call\"]\nmethods = [\"change_password\"]\n")
        .allowed(&on("res.partner", "change_password", &[1], "{}"));
    odoo("[[rule]]\nname = \"r\"\nmodels = [\"ir.cron\"]\noperations = [\"read\"]\nfields = [\"name\"]\n")
        .allowed(&call("ir.cron", "search_read", r#"{"fields": ["name"]}"#));
}

#[test]
fn credentials_are_not_part_of_all_fields() {
    let all = odoo(
        "[[rule]]\nname = \"r\"\nmodels = [\"res.users\", \"res.partner\", \"sale.order\"]\noperations = [\"read\", \"write\"]\nfields = \"*\"\n",
    );
    let sent = text(
        &all.allowed(&call("res.users", "search_read", "{}"))
            .next()
            .named["fields"],
    );
    assert!(
        sent.contains("login") && !sent.contains("password") && !sent.contains("totp"),
        "{sent}"
    );
    for (model, field) in [
        ("res.users", "password"),
        ("res.users", "totp_secret"),
        ("res.partner", "signup_token"),
        ("sale.order", "access_token"),
    ] {
        all.refused(&call(
            model,
            "search_read",
            &format!(r#"{{"fields": ["{field}"]}}"#),
        ));
        all.refused(&call(
            model,
            "search",
            &format!(r#"{{"domain": [["{field}", "like", "a%"]]}}"#),
        ));
        all.refused(&call(
            model,
            "search",
            &format!(r#"{{"order": "{field}"}}"#),
        ));
        all.refused(&on(
            model,
            "write",
            &[1],
            &format!(r#"{{"vals": {{"{field}": "x"}}}}"#),
        ));
    }
}

#[test]
fn rows_are_limited() {
    let caller = odoo(
        "[[rule]]\nname = \"r\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\"]\nmax-rows = 10\n",
    );
    for (named, limit) in [
        ("{}", "10"),
        (r#"{"limit": 3}"#, "3"),
        (r#"{"limit": 0}"#, "10"),
        (r#"{"limit": false}"#, "10"),
        (r#"{"limit": 99}"#, "10"),
        (r#"{"limit": null}"#, "10"),
    ] {
        let permit = caller.allowed(&call("res.partner", "search_read", named));
        assert_eq!(text(&permit.next().named["limit"]), limit, "{named}");
    }
    caller.allowed(&on("res.partner", "read", &[1; 10], "{}"));
    caller.refused(&on("res.partner", "read", &[1; 11], "{}"));
}

#[test]
fn context_keys_pass_where_the_rule_names_them() {
    let caller = odoo(
        "[[rule]]\nname = \"r\"\nmodels = [\"res.partner\"]\noperations = [\"read\", \"create\"]\nfields = [\"name\", \"city\"]\ncontext = [\"active_test\"]\n",
    );
    let permit = caller.allowed(&within(
        call("res.partner", "search", "{}"),
        r#"{"active_test": false}"#,
    ));
    assert_eq!(permit.next().context.len(), 1);
    caller.refused(&within(
        call("res.partner", "search", "{}"),
        r#"{"active_test": {"a": 1}}"#,
    ));
    caller.allowed(&within(
        call("res.partner", "create", r#"{"vals_list": [{"name": "x"}]}"#),
        r#"{"default_city": "Bonn"}"#,
    ));
    caller.refused(&within(
        call("res.partner", "create", r#"{"vals_list": [{"name": "x"}]}"#),
        r#"{"default_email": "x"}"#,
    ));
}

#[test]
fn saving_and_reading_back_needs_both() {
    let caller = odoo(
        "[[rule]]\nname = \"r\"\nmodels = [\"res.partner\"]\noperations = [\"read\", \"create\", \"write\"]\nfields = [\"name\", \"city\"]\n",
    );
    let permit = caller.allowed(&on(
        "res.partner",
        "web_save",
        &[3],
        r#"{"vals": {"name": "x"}, "specification": {"city": {}}}"#,
    ));
    assert_eq!(
        text(
            permit
                .apply(json(r#"[{"id": 3, "city": "B", "email": "x"}]"#))
                .unwrap()
                .value()
        ),
        r#"[{"id":3,"city":"B"}]"#
    );
    caller.refused(&on(
        "res.partner",
        "web_save",
        &[3],
        r#"{"vals": {"name": "x"}, "specification": {"email": {}}}"#,
    ));
    caller.refused(&on(
        "res.partner",
        "web_save",
        &[3],
        r#"{"vals": {"email": "x"}, "specification": {"city": {}}}"#,
    ));
    caller.refused(&on(
        "res.partner",
        "web_save",
        &[3],
        r#"{"vals": {"name": "x"}, "specification": {"city": {}}, "next_id": 4}"#,
    ));
    odoo("[[rule]]\nname = \"r\"\nmodels = [\"res.partner\"]\noperations = [\"write\"]\nfields = [\"name\", \"city\"]\n")
        .refused(&on("res.partner", "web_save", &[3], r#"{"vals": {"name": "x"}, "specification": {"city": {}}}"#));
}
