//! Odoo: its keys, passwords, second factors and sign-up tokens, by every dialect.

use portcullis_erp::dialect::{Returned, UpstreamLogin};
use portcullis_erp::{Answer, Call, Database, Dialect, FaultKind, Limits, Map, RecordId, Value};
use serde_json::{Value as Json, json};

use super::{Cell, Who};
use crate::demo::ODOO;
use crate::sessions::Visitor;

/// In which way a call is made, so that its mirror is made in the same.
#[derive(Clone, Copy)]
enum Way {
    Create,
    Write,
    /// A command within a write: a new record.
    Command,
    Load,
    Read,
    Method,
}

/// Model, method, ids, arguments by name.
type Try = (Way, &'static str, &'static str, &'static [i64], Json);

fn tries() -> Vec<Try> {
    use Way::{Command, Create, Load, Method, Read, Write};
    let no: &'static [i64] = &[];
    let create = |model, values: Json| (Create, model, "create", no, json!({"vals_list": values}));
    let write = |model, values: Json| (Write, model, "write", &[2][..], json!({"vals": values}));
    let new_user = json!({"name": "x", "login": "x", "password": "correct horse"});
    let mut all = vec![
        // Keys.
        (
            Method,
            "res.users.apikeys",
            "generate",
            no,
            json!({"key": "k", "scope": "rpc", "name": "x", "expiration_date": "2030-01-01"}),
        ),
        (
            Method,
            "res.users.apikeys",
            "_generate",
            no,
            json!({"scope": "rpc", "name": "x", "expiration_date": false}),
        ),
        (
            Method,
            "res.users.apikeys",
            "revoke",
            no,
            json!({"key": "k"}),
        ),
        (Method, "res.users.apikeys", "remove", &[1], json!({})),
        (
            Method,
            "res.users.apikeys.description",
            "make_key",
            &[1],
            json!({}),
        ),
        create("res.users.apikeys", json!({"name": "x", "user_id": 2})),
        create(
            "res.users.apikeys.description",
            json!({"name": "x", "duration": "0"}),
        ),
        (
            Read,
            "res.users.apikeys.show",
            "read",
            &[1],
            json!({"fields": ["key"]}),
        ),
        // Passwords.
        (
            Method,
            "res.users",
            "change_password",
            no,
            json!({"old_passwd": "a", "new_passwd": "b"}),
        ),
        (Method, "res.users", "reset_password", no, json!({})),
        create("change.password.own", json!({"new_password": "x"})),
        create(
            "change.password.wizard",
            json!({"user_ids": [[0, 0, {"user_id": 2, "new_passwd": "x"}]]}),
        ),
        // Users that are new, or imported.
        create("res.users", new_user.clone()),
        (Method, "res.users", "copy", &[2], json!({})),
        (Method, "res.users", "name_create", no, json!({"name": "x"})),
        (
            Load,
            "res.users",
            "load",
            no,
            json!({"fields": ["login", "password"], "data": [["x", "y"]]}),
        ),
        (
            Load,
            "res.partner",
            "load",
            no,
            json!({"fields": ["name", "user_ids/login", "user_ids/password"], "data": [["x", "y", "z"]]}),
        ),
        // Commands on records that lead to users.
        (
            Command,
            "res.partner",
            "write",
            &[3],
            json!({"vals": {"user_ids": [[0, 0, new_user]]}}),
        ),
        (
            Command,
            "res.partner",
            "write",
            &[3],
            json!({"vals": {"user_ids": [[1, 2, {"password": "x"}]]}}),
        ),
        (
            Command,
            "res.partner",
            "write",
            &[3],
            json!({"vals": {"child_ids": [[0, 0, {"name": "x", "user_ids": [[0, 0, {"login": "y"}]]}]]}}),
        ),
        // Second factors, passkeys, log-ins by others, signing up.
        create("auth_totp.wizard", json!({"secret": "x", "user_id": 2})),
        (Method, "auth_totp.wizard", "enable", &[1], json!({})),
        create("auth_totp.device", json!({"name": "x", "user_id": 2})),
        create("auth.passkey.key", json!({"name": "x"})),
        create(
            "auth.oauth.provider",
            json!({"name": "x", "validation_endpoint": "http://x"}),
        ),
        (Method, "res.partner", "signup_prepare", &[3], json!({})),
        write("res.partner", json!({"signup_type": "reset"})),
        write("res.partner", json!({"signup_token": "x"})),
        (
            Read,
            "res.partner",
            "read",
            &[3],
            json!({"fields": ["signup_url"]}),
        ),
        create("portal.wizard", json!({"user_ids": []})),
        // What makes one later, or opens the way to it.
        create(
            "ir.actions.server",
            json!({"name": "x", "model_id": 1, "state": "code", "code": "x"}),
        ),
        (Method, "ir.actions.server", "run", &[1], json!({})),
        create("ir.cron", json!({"name": "x"})),
        (Method, "ir.cron", "method_direct_trigger", &[1], json!({})),
        create("base.automation", json!({"name": "x"})),
        (
            Method,
            "ir.config_parameter",
            "set_param",
            no,
            json!({"key": "base.enable_programmatic_api_keys", "value": "1"}),
        ),
    ];
    for method in [
        "preference_change_password",
        "action_reset_password",
        "api_key_wizard",
        "action_totp_enable_wizard",
        "action_create_passkey",
        "_change_password",
    ] {
        all.push((Method, "res.users", method, &[2], json!({})));
    }
    for values in [
        json!({"password": "x"}),
        json!({"new_password": "x"}),
        json!({"login": "x"}),
        json!({"totp_secret": "x"}),
        json!({"oauth_uid": "x"}),
        json!({"api_key_ids": [[0, 0, {"name": "x"}]]}),
        json!({"auth_passkey_key_ids": [[0, 0, {"name": "x"}]]}),
        json!({"group_ids": [[4, 4]]}),
    ] {
        all.push(write("res.users", values.clone()));
        all.push((
            Write,
            "res.users",
            "web_save",
            &[2],
            json!({"vals": values, "specification": {}}),
        ));
    }
    for field in [
        "password",
        "totp_secret",
        "api_key_ids",
        "oauth_access_token",
    ] {
        let fields = json!({ "fields": [field] });
        all.push((Read, "res.users", "read", &[2], fields));
    }
    all
}

/// The same with names that open nothing.
fn mirror(way: Way) -> (&'static str, &'static str, &'static [i64], Json) {
    match way {
        Way::Create => (
            "res.partner",
            "create",
            &[],
            json!({"vals_list": {"name": "x"}}),
        ),
        Way::Write => ("res.partner", "write", &[3], json!({"vals": {"city": "x"}})),
        Way::Command => (
            "res.partner",
            "write",
            &[3],
            json!({"vals": {"child_ids": [[0, 0, {"name": "x"}]]}}),
        ),
        Way::Load => (
            "res.partner",
            "load",
            &[],
            json!({"fields": ["name", "child_ids/name"], "data": [["x", "y"]]}),
        ),
        Way::Read => ("res.partner", "read", &[3], json!({"fields": ["city"]})),
        Way::Method => ("res.partner", "name_create", &[], json!({"name": "x"})),
    }
}

fn value(json: &Json) -> Value {
    portcullis_erp::value::from_json(json.to_string().as_bytes(), &Limits::default())
        .expect("a value")
}

fn call(model: &str, method: &str, ids: &[i64], named: &Json) -> Call {
    let mut call = Call::new(model, method).expect("names");
    if !ids.is_empty() {
        call = call.on(ids.iter().copied().map(RecordId::Number).collect());
    }
    let Value::Map(named) = value(named) else {
        panic!("arguments by name")
    };
    let named: Map = named;
    for (name, argument) in named {
        call = call.with(&name, argument);
    }
    call
}

impl Cell {
    fn say(&self, who: Who, dialect: Dialect, call: &Call) -> Answer {
        let database = Database::new("demo").expect("a database");
        let login = UpstreamLogin {
            database: &database,
            uid: 2,
            login: "unused",
            secret: self.key(who, "odoo"),
        };
        let outbound = dialect.write(call, &login).expect("it can be said");
        let headers: Vec<(&str, &str)> = outbound
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let got = self.send(outbound.verb, &outbound.target, &headers, &outbound.body);
        let returned = Returned {
            status: got.status,
            content_type: &got.content_type,
            body: &got.body,
        };
        dialect.read_answer(returned, &Limits::default())
    }
}

#[test]
fn no_dialect_of_odoo_makes_a_credential() {
    let cell = Cell::shut();
    for dialect in ODOO.iter().copied() {
        for (way, model, method, ids, named) in tries() {
            let what = format!("{dialect:?} {model}.{method} {named}");
            let (its_model, its_method, its_ids, its_named) = mirror(way);
            let same = call(its_model, its_method, its_ids, &its_named);
            let done = cell.say(Who::Wide, dialect, &same);
            assert!(
                matches!(done, Answer::Value(_)),
                "the mirror of {what}: {done:?}"
            );
            assert!(!cell.reached().is_empty(), "the mirror of {what}");
            let escape = call(model, method, ids, &named);
            for who in [Who::Narrow, Who::Wide] {
                let answer = cell.say(who, dialect, &escape);
                let Answer::Fault(fault) = &answer else {
                    panic!("{who:?} {what}: {answer:?}")
                };
                assert_eq!(fault.kind, FaultKind::AccessError, "{who:?} {what}");
                cell.nothing_reached(&what);
            }
        }
    }
}

#[test]
fn no_session_makes_a_credential() {
    let cell = Cell::shut();
    let session = |who| {
        let mut visitor = Visitor::of(&cell.served.url);
        let (got, _) = visitor.log_in("admin", cell.key(who, "odoo"));
        assert!(visitor.cookie.is_some(), "{}", got.text());
        visitor
    };
    let (narrow, wide) = (session(Who::Narrow), session(Who::Wide));
    let params = |model: &str, method: &str, ids: &[i64], named: &Json| {
        let args = if ids.is_empty() {
            json!([])
        } else {
            json!([ids])
        };
        json!({"model": model, "method": method, "args": args, "kwargs": named})
    };
    for (way, model, method, ids, named) in tries() {
        let (its_model, its_method, its_ids, its_named) = mirror(way);
        let same = params(its_model, its_method, its_ids, &its_named);
        let (_, done) = wide.ask("/web/dataset/call_kw", &[], &same);
        assert!(done.get("result").is_some(), "{model}.{method}: {done}");
        assert!(!cell.reached().is_empty(), "{model}.{method}");
        let escape = params(model, method, ids, &named);
        for face in [
            "/web/dataset/call_kw".to_owned(),
            format!("/web/dataset/call_kw/{model}/{method}"),
            format!("/web/dataset/call_button/{model}/{method}"),
        ] {
            for visitor in [&narrow, &wide] {
                let (_, refused) = visitor.ask(&face, &[], &escape);
                assert_eq!(
                    refused["error"]["data"]["name"], "odoo.exceptions.AccessError",
                    "{face} {named}: {refused}"
                );
                cell.nothing_reached(&face);
            }
        }
    }
}
