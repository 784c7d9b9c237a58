//! A role that reads name and city of companies gets nothing else, by any method or argument.

use crate::common::{self, Caller, call, odoo, on, text, whole, within};
use portcullis_policy::Reason;

const ROLE: &str = r#"
[[rule]]
name = "companies"
models = ["res.partner"]
operations = ["read"]
fields = ["name", "city"]
domain = '[["is_company", "=", true]]'
"#;

fn caller() -> Caller {
    odoo(ROLE)
}

#[test]
fn a_search_is_bound_to_companies() {
    let permit = caller().allowed(&call("res.partner", "search_read", r#"{"domain": [["city", "=", "Bonn"]], "fields": ["name", "city"], "limit": 5, "order": "name desc"}"#));
    assert!(!permit.is_guard());
    let sent = &permit.next().named;
    assert_eq!(
        text(&sent["domain"]),
        r#"[["city","=","Bonn"],["is_company","=",true]]"#
    );
    assert_eq!(text(&sent["fields"]), r#"["name","city"]"#);
    assert_eq!(permit.rule(), "tested/companies");
}

#[test]
fn an_or_does_not_get_around_the_rule() {
    let permit = caller().allowed(&call(
        "res.partner",
        "search",
        r#"{"domain": ["|", ["name", "=", "a"], ["city", "=", "b"]]}"#,
    ));
    assert_eq!(
        text(&permit.next().named["domain"]),
        r#"["|",["name","=","a"],["city","=","b"],["is_company","=",true]]"#
    );
    let permit = caller().allowed(&call("res.partner", "search_count", "{}"));
    assert_eq!(
        text(&permit.next().named["domain"]),
        r#"[["is_company","=",true]]"#
    );
    let permit = caller().allowed(&call("res.partner", "search", r#"{"domain": false}"#));
    assert_eq!(
        text(&permit.next().named["domain"]),
        r#"[["is_company","=",true]]"#
    );
}

#[test]
fn no_fields_means_the_open_ones_and_no_order_means_none_that_tells() {
    for fields in [
        "{}",
        r#"{"fields": false}"#,
        r#"{"fields": []}"#,
        r#"{"fields": null}"#,
    ] {
        let permit = caller().allowed(&call("res.partner", "search_read", fields));
        assert_eq!(
            text(&permit.next().named["fields"]),
            r#"["city","id","name"]"#
        );
        assert_eq!(text(&permit.next().named["order"]), r#""id""#);
    }
}

#[test]
fn other_fields_are_refused() {
    let caller = caller();
    caller.allowed(&call(
        "res.partner",
        "search_read",
        r#"{"fields": ["name"]}"#,
    ));
    for field in [
        "email",
        "phone",
        "is_company",
        "no_such_field",
        "display_name",
        "email_normalized",
        "complete_name",
        "parent_id",
        "user_ids",
        "company_type",
    ] {
        let no = caller.refused(&call(
            "res.partner",
            "search_read",
            &format!(r#"{{"fields": ["name", "{field}"]}}"#),
        ));
        let same = caller.refused(&call(
            "res.partner",
            "search_read",
            r#"{"fields": ["name", "absent_field"]}"#,
        ));
        assert_eq!(
            no.fault.message.replace(field, "x"),
            same.fault.message.replace("absent_field", "x")
        );
        assert_eq!(no.fault.kind, same.fault.kind);
        caller.refused(&on(
            "res.partner",
            "read",
            &[1],
            &format!(r#"{{"fields": ["{field}"]}}"#),
        ));
    }
}

#[test]
fn domains_on_other_fields_are_refused() {
    let caller = caller();
    for method in ["search", "search_read", "search_count"] {
        caller.allowed(&call(
            "res.partner",
            method,
            r#"{"domain": [["city", "ilike", "b"]]}"#,
        ));
        for leaf in [
            r#"["email", "=", "a@b"]"#,
            r#"["email_normalized", "ilike", "a"]"#,
            r#"["display_name", "ilike", "a"]"#,
            r#"["complete_name", "ilike", "a"]"#,
            r#"["parent_id", "=", 4]"#,
            r#"["parent_id.email", "=", "a@b"]"#,
            r#"["parent_id.name", "=", "a"]"#,
            r#"["child_ids", "any", [["name", "=", "a"]]]"#,
            r#"["user_ids.login", "=", "admin"]"#,
            r#"["user_id", "ilike", "adm"]"#,
            r#"["id", "child_of", 1]"#,
            r#"["is_company", "=", false]"#,
            r#"["name.x", "=", "a"]"#,
            r#"["active", "in", [true, false]]"#,
        ] {
            for domain in [
                format!("[{leaf}]"),
                format!(r#"["!", {leaf}]"#),
                format!(r#"["|", ["city", "=", "x"], {leaf}]"#),
            ] {
                caller.refused(&call(
                    "res.partner",
                    method,
                    &format!(r#"{{"domain": {domain}}}"#),
                ));
            }
        }
    }
}

#[test]
fn orders_by_other_fields_are_refused() {
    let caller = caller();
    for order in ["name", "city desc", "name asc, city desc nulls last", "id"] {
        caller.allowed(&call(
            "res.partner",
            "search",
            &format!(r#"{{"order": "{order}"}}"#),
        ));
    }
    for order in [
        "email",
        "name, email desc",
        "parent_id",
        "name; drop",
        "(select 1)",
        "city.x",
        "email::text",
        "name asc asc",
        ",",
    ] {
        caller.refused(&call(
            "res.partner",
            "search",
            &format!(r#"{{"order": "{order}"}}"#),
        ));
        caller.refused(&call(
            "res.partner",
            "search_read",
            &format!(r#"{{"order": "{order}"}}"#),
        ));
    }
}

#[test]
fn a_read_by_id_is_a_search_under_the_rule() {
    let permit = caller().allowed(&on(
        "res.partner",
        "read",
        &[7, 3, 7],
        r#"{"fields": ["name"]}"#,
    ));
    assert!(!permit.is_guard());
    let sent = permit.next();
    assert_eq!(sent.method.as_str(), "search_read");
    assert!(sent.ids.is_none());
    assert_eq!(
        text(&sent.named["domain"]),
        r#"[["id","in",[7,3]],["active","in",[true,false]],["is_company","=",true]]"#
    );
    let clean = permit
        .apply(common::json(
            r#"[{"id": 3, "name": "C", "email": "x"}, {"id": 7, "name": "G"}]"#,
        ))
        .unwrap();
    assert_eq!(
        text(clean.value()),
        r#"[{"id":7,"name":"G"},{"id":3,"name":"C"}]"#
    );
    assert!(clean.was_cut());
}

#[test]
fn a_person_is_missing_as_if_it_were_not_there() {
    let read = on("res.partner", "read", &[9], r#"{"fields": ["name"]}"#);
    assert_eq!(caller().cleaned(&read, "[]"), "[]");
    let export = on(
        "res.partner",
        "export_data",
        &[9],
        r#"{"fields_to_export": ["name", "id"]}"#,
    );
    let permit = caller().allowed(&export);
    assert!(permit.is_guard());
    assert_eq!(permit.next().method.as_str(), "search");
    let no = permit.guarded(&common::json("[]")).unwrap_err();
    assert_eq!(no.reason, Reason::Missing);
    let passed = caller()
        .allowed(&export)
        .guarded(&common::json("[9]"))
        .unwrap();
    assert!(!passed.is_guard());
    assert_eq!(passed.next().method.as_str(), "export_data");
}

#[test]
fn groups_are_bound_and_know_no_other_fields() {
    let caller = caller();
    let permit = caller.allowed(&call(
        "res.partner",
        "read_group",
        r#"{"domain": [], "fields": ["city"], "groupby": ["city"]}"#,
    ));
    assert_eq!(
        text(&permit.next().named["domain"]),
        r#"[["is_company","=",true]]"#
    );
    let clean = permit.apply(common::json(r#"[{"city": "Bonn", "city_count": 2, "__domain": [["is_company", "=", true]], "email": "x"}]"#)).unwrap();
    assert_eq!(text(clean.value()), r#"[{"city":"Bonn","city_count":2}]"#);
    caller.allowed(&call("res.partner", "formatted_read_group", r#"{"domain": [], "groupby": ["city"], "aggregates": ["__count", "id:count", "name:max"], "having": [["__count", ">", 1]], "order": "city"}"#));
    for named in [
        r#"{"domain": [], "fields": ["email"], "groupby": ["city"]}"#,
        r#"{"domain": [], "fields": ["city"], "groupby": ["email"]}"#,
        r#"{"domain": [], "fields": ["x:max(email)"], "groupby": ["city"]}"#,
        r#"{"domain": [], "fields": ["city:array_agg(email)"], "groupby": ["city"]}"#,
        r#"{"domain": [], "fields": ["city"], "groupby": ["city"], "orderby": "email"}"#,
        r#"{"domain": [["email", "=", "x"]], "fields": ["city"], "groupby": ["city"]}"#,
        r#"{"domain": [], "fields": ["city"], "groupby": ["create_date:month"]}"#,
        r#"{"domain": [], "fields": ["city"], "groupby": ["parent_id"]}"#,
        r#"{"domain": [], "fields": ["city"], "groupby": ["parent_id.email"]}"#,
    ] {
        caller.refused(&call("res.partner", "read_group", named));
    }
    for named in [
        r#"{"domain": [], "groupby": ["city"], "aggregates": ["email:max"]}"#,
        r#"{"domain": [], "groupby": ["city"], "aggregates": ["email:array_agg"]}"#,
        r#"{"domain": [], "groupby": ["city"], "aggregates": ["__count"], "having": [["email:max", "=", "a"]]}"#,
        r#"{"domain": [], "groupby": ["city"], "aggregates": ["__count"], "order": "email:max"}"#,
        r#"{"domain": [], "groupby": ["city"], "aggregates": ["name:recordset"]}"#,
    ] {
        caller.refused(&call("res.partner", "formatted_read_group", named));
    }
}

#[test]
fn fields_get_tells_of_open_fields_only() {
    let fields = caller();
    let answer = r#"{"name": {"type": "char", "string": "Name", "depends": ["email"], "domain": "[]"}, "email": {"type": "char"}, "city": {"type": "char", "related": "x"}}"#;
    assert_eq!(
        fields.cleaned(&call("res.partner", "fields_get", "{}"), answer),
        r#"{"name":{"type":"char","string":"Name"},"city":{"type":"char"}}"#
    );
    let permit = fields.allowed(&call(
        "res.partner",
        "fields_get",
        r#"{"allfields": ["name", "email"], "attributes": ["type", "depends"]}"#,
    ));
    assert_eq!(text(&permit.next().named["allfields"]), r#"["name"]"#);
    let permit = fields.allowed(&call(
        "res.partner",
        "fields_get",
        r#"{"allfields": ["email"]}"#,
    ));
    assert_eq!(text(&permit.next().named["allfields"]), r#"["id"]"#);
    assert_eq!(
        text(
            permit
                .apply(common::json(r#"{"id": {"type": "integer"}}"#))
                .unwrap()
                .value()
        ),
        "{}"
    );
}

#[test]
fn names_rest_on_hidden_fields_and_are_closed() {
    let caller = caller();
    caller.refused(&call("res.partner", "name_search", r#"{"name": "a@b"}"#));
    caller.refused(&call(
        "res.partner",
        "web_name_search",
        r#"{"name": "a", "specification": {"name": {}}}"#,
    ));
    caller.refused(&on("res.partner", "name_get", &[1], "{}"));
    caller.refused(&on(
        "res.partner",
        "read",
        &[1],
        r#"{"fields": ["display_name"]}"#,
    ));
    caller.refused(&call("res.partner", "name_create", r#"{"name": "x"}"#));
    // The mirror: where all that names rest on is open, they are.
    let open = odoo(
        "[[rule]]\nname = \"all\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = \"*\"\n",
    );
    let permit = open.allowed(&call(
        "res.partner",
        "name_search",
        r#"{"name": "a@b", "limit": 7}"#,
    ));
    assert_eq!(
        text(
            permit
                .apply(common::json(r#"[[1, "Ann"]]"#))
                .unwrap()
                .value()
        ),
        r#"[[1,"Ann"]]"#
    );
}

#[test]
fn specifications_name_open_fields_only() {
    let caller = caller();
    let permit = caller.allowed(&call(
        "res.partner",
        "web_search_read",
        r#"{"domain": [], "specification": {"name": {}, "city": {}}}"#,
    ));
    assert_eq!(
        text(&permit.next().named["domain"]),
        r#"[["is_company","=",true]]"#
    );
    let clean = permit
        .apply(common::json(
            r#"{"length": 1, "records": [{"id": 1, "name": "A", "email": "x"}]}"#,
        ))
        .unwrap();
    assert_eq!(
        text(clean.value()),
        r#"{"length":1,"records":[{"id":1,"name":"A"}]}"#
    );
    for spec in [
        r#"{"email": {}}"#,
        r#"{"parent_id": {"fields": {"email": {}}}}"#,
        r#"{"name": {"fields": {"email": {}}}}"#,
        r#"{"child_ids": {"fields": {"name": {}}}}"#,
        r#"{"name": {"context": {"active_test": false}}}"#,
    ] {
        caller.refused(&call(
            "res.partner",
            "web_search_read",
            &format!(r#"{{"domain": [], "specification": {spec}}}"#),
        ));
        caller.refused(&on(
            "res.partner",
            "web_read",
            &[1],
            &format!(r#"{{"specification": {spec}}}"#),
        ));
    }
}

#[test]
fn nothing_can_be_changed_or_called() {
    let caller = caller();
    caller.allowed(&on("res.partner", "read", &[1], "{}"));
    for (method, named) in [
        ("write", r#"{"vals": {"name": "x"}}"#),
        ("unlink", "{}"),
        ("copy", "{}"),
        ("action_archive", "{}"),
        ("toggle_active", "{}"),
        ("message_post", r#"{"body": "x"}"#),
        (
            "web_save",
            r#"{"vals": {"name": "x"}, "specification": {}}"#,
        ),
        (
            "onchange",
            r#"{"values": {}, "field_names": [], "fields_spec": {}}"#,
        ),
        ("get_external_id", "{}"),
        ("get_formview_action", "{}"),
        ("copy_data", "{}"),
        ("_compute_display_name", "{}"),
        ("sudo", "{}"),
        ("with_context", "{}"),
        ("browse", "{}"),
    ] {
        caller.refused(&on("res.partner", method, &[1], named));
    }
    for (method, named) in [
        ("create", r#"{"vals_list": [{"name": "x"}]}"#),
        ("load", r#"{"fields": ["name"], "data": []}"#),
        ("get_views", r#"{"views": []}"#),
        ("default_get", r#"{"fields": ["name"]}"#),
        ("search_panel_select_range", r#"{"field_name": "email"}"#),
        (
            "read_progress_bar",
            r#"{"domain": [], "group_by": "city", "progress_bar": {"field": "email"}}"#,
        ),
        ("get_property_definition", r#"{"full_name": "email"}"#),
    ] {
        caller.refused(&call("res.partner", method, named));
    }
}

#[test]
fn another_model_and_one_that_is_not_there_look_the_same() {
    let caller = caller();
    let one = caller.refused(&call("res.users", "search_read", "{}"));
    let other = caller.refused(&call("no.such.model", "search_read", "{}"));
    assert_eq!(one.fault.kind, other.fault.kind);
    assert_eq!(
        one.fault.message.replace("res.users", "m"),
        other.fault.message.replace("no.such.model", "m")
    );
    // Under a rule for every model, too.
    let all = odoo(
        "[[rule]]\nname = \"all\"\nmodels = [\"*\"]\noperations = [\"read\"]\nfields = \"*\"\n",
    );
    all.allowed(&call("res.country", "search_read", "{}"));
    let one = all.refused(&call("ir.cron", "search_read", "{}"));
    let other = all.refused(&call("no.such.model", "search_read", "{}"));
    assert_eq!(one.fault.kind, other.fault.kind);
    assert_eq!(
        one.fault.message.replace("ir.cron", "m"),
        other.fault.message.replace("no.such.model", "m")
    );
}

#[test]
fn the_context_says_language_and_time_zone() {
    let caller = caller();
    let permit = caller.allowed(&within(
        call("res.partner", "search", "{}"),
        r#"{"lang": "de_DE", "tz": "Europe/Berlin", "uid": 7}"#,
    ));
    assert_eq!(
        text(&portcullis_erp::Value::Map(permit.next().context.clone())),
        r#"{"lang":"de_DE","tz":"Europe/Berlin"}"#
    );
    for context in [
        r#"{"active_test": false}"#,
        r#"{"allowed_company_ids": [2]}"#,
        r#"{"force_company": 2}"#,
        r#"{"default_email": "x"}"#,
        r#"{"default_name": "x"}"#,
        r#"{"show_email": 1}"#,
        r#"{"lang": {"a": 1}}"#,
        r#"{"prefetch_fields": false}"#,
    ] {
        caller.refused(&within(call("res.partner", "search", "{}"), context));
        caller.refused(&within(on("res.partner", "read", &[1], "{}"), context));
    }
}

#[test]
fn unknown_and_leftover_arguments_are_refused() {
    let caller = caller();
    caller.allowed(&call("res.partner", "search", r#"{"limit": 3}"#));
    caller.refused(&call(
        "res.partner",
        "search",
        r#"{"limit": 3, "count": true}"#,
    ));
    caller.refused(&call("res.partner", "search", r#"{"limit": "3"}"#));
    caller.refused(&call("res.partner", "search", r#"{"limit": -1}"#));
    caller.refused(&call(
        "res.partner",
        "search_read",
        r#"{"load": "_classic_other"}"#,
    ));
    caller.refused(&call(
        "res.partner",
        "search",
        r#"{"domain": "[('email', '=', 'x')]"}"#,
    ));
    let mut leftover = call("res.partner", "search", "{}");
    leftover.positional.push(common::json("[]"));
    caller.refused(&leftover);
    caller.refused(&on("res.partner", "search", &[1], "{}"));
    caller.refused(&call("res.partner", "read", "{}"));
}

#[test]
fn rights_are_those_of_the_role_too() {
    let caller = caller();
    let rights = |operation| {
        call(
            "res.partner",
            "check_access_rights",
            &format!(r#"{{"operation": "{operation}", "raise_exception": false}}"#),
        )
    };
    assert_eq!(caller.cleaned(&rights("read"), "true"), "true");
    assert_eq!(caller.cleaned(&rights("write"), "true"), "false");
    assert_eq!(caller.cleaned(&rights("read"), "false"), "false");
    let raising = call(
        "res.partner",
        "check_access_rights",
        r#"{"operation": "read"}"#,
    );
    assert_eq!(caller.cleaned(&raising, "null"), "true");
    caller.refused(&call(
        "res.partner",
        "check_access_rights",
        r#"{"operation": "write"}"#,
    ));
    caller.refused(&call(
        "res.users",
        "check_access_rights",
        r#"{"operation": "read", "raise_exception": false}"#,
    ));
}

#[test]
fn the_own_context_is_open_to_everybody_with_a_role() {
    let clean = caller().cleaned(
        &call("res.users", "context_get", "{}"),
        r#"{"lang": "en_US", "tz": false, "uid": 7, "secret": 1}"#,
    );
    assert_eq!(clean, r#"{"lang":"en_US","tz":false,"uid":7}"#);
    odoo("").refused(&call("res.users", "context_get", "{}"));
}

#[test]
fn answers_of_another_shape_are_not_passed_on() {
    let caller = caller();
    for answer in [r#""text""#, "7", r#"{"name": "x"}"#, "[[1]]", "null"] {
        let permit = caller.allowed(&call("res.partner", "search_read", "{}"));
        assert_eq!(
            permit.apply(common::json(answer)).unwrap_err().reason,
            Reason::Answer
        );
    }
    let permit = caller.allowed(&call("res.partner", "search", "{}"));
    assert!(permit.apply(common::json(r#"["x"]"#)).is_err());
    let permit = caller.allowed(&call("res.partner", "search_count", "{}"));
    assert!(permit.apply(common::json("[1]")).is_err());
}

#[test]
fn no_field_of_another_name_stands_in_what_is_sent() {
    let caller = caller();
    for asked in [
        call("res.partner", "search_read", "{}"),
        on("res.partner", "read", &[1], "{}"),
        call("res.partner", "search", "{}"),
    ] {
        let permit = caller.allowed(&asked);
        let sent = whole(permit.next());
        for field in [
            "email",
            "phone",
            "display_name",
            "complete_name",
            "parent_id",
        ] {
            assert!(!sent.contains(field), "{field} in {sent}");
        }
    }
}

/// A client that browses (OdooRPC) reads every field that it was told of.
#[test]
fn fields_get_tells_of_no_field_that_can_be_neither_read_nor_written() {
    let whole = common::odoo(
        r#"
        [[rule]]
        name = "partners"
        models = ["res.partner"]
        operations = ["read", "create", "write"]
        fields = "*"
        "#,
    );
    let permit = whole.allowed(&call("res.partner", "fields_get", "{}"));
    let told = text(&permit.next().named["allfields"]);
    assert!(told.contains(r#""name""#), "{told}");
    assert!(!told.contains(r#""props""#), "{told}");
    whole.refused(&call(
        "res.partner",
        "search_read",
        r#"{"fields": ["props"]}"#,
    ));
    for (field, ok) in [("city", true), ("props", false)] {
        let values = call(
            "res.partner",
            "create",
            &format!(r#"{{"vals_list": [{{"{field}": false}}]}}"#),
        );
        if ok {
            whole.allowed(&values);
        } else {
            whole.refused(&values);
        }
    }
}
