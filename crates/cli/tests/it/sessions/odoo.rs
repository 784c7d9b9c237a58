//! Odoo's sessions do what the key may, and end for good.

use serde_json::{Value as Json, json};

use super::{cookie, count, logged_in, set_cookies, visitor};
use crate::demo::Demo;

#[test]
fn a_key_opens_a_session_that_does_what_the_key_may() {
    let demo = Demo::start();
    let mut someone = visitor(&demo);
    let login = demo.fact("/users/odoo");
    let (got, answer) = someone.log_in(login, &demo.key("odoo"));
    let info = &answer["result"];
    assert_eq!(info["uid"], demo.uid("odoo"), "{answer}");
    assert_eq!(info["username"], login);
    assert_eq!(info["db"], "demo");
    assert_eq!(info["user_context"]["uid"], info["uid"]);
    assert!(info["user_context"]["lang"].is_string(), "{info}");
    let [line] = &set_cookies(&got)[..] else {
        panic!("one cookie: {:?}", set_cookies(&got))
    };
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"] {
        assert!(line.contains(part), "{line}");
    }
    assert!(!line.contains("Secure"), "a local client in clear: {line}");

    let (_, again) = someone.ask("/web/session/get_session_info", &[], &json!({}));
    assert_eq!(again["result"], *info);
    let (_, check) = someone.ask("/web/session/check", &[], &json!({}));
    assert_eq!(
        check,
        json!({"jsonrpc": "2.0", "id": 7}),
        "no result member"
    );
    assert!(someone.count()["result"].is_i64());
    let by_path = "/web/dataset/call_kw/res.partner/search_count";
    assert!(someone.ask(by_path, &[], &count()).1["result"].is_i64());
    let order = json!({"model": "sale.order", "method": "create",
        "args": [{"partner_id": 1}], "kwargs": {}});
    let (_, made) = someone.ask("/web/dataset/call_kw", &[], &order);
    assert!(
        made["result"].is_i64(),
        "one record is answered one id: {made}"
    );
    demo.reached();

    for (model, method, args) in [
        ("res.partner", "write", json!([[1], {"name": "x"}])),
        ("res.users", "search_read", json!([[]])),
        ("res.partner", "_read_group", json!([[]])),
        ("ir.actions.server", "create", json!([{"name": "x"}])),
    ] {
        let params = json!({"model": model, "method": method, "args": args, "kwargs": {}});
        for face in ["/web/dataset/call_kw", "/web/dataset/call_button"] {
            let (got, refused) = someone.ask(face, &[], &params);
            assert_eq!(got.status, 200, "{}", got.text());
            assert_eq!(
                refused["error"]["data"]["name"], "odoo.exceptions.AccessError",
                "{model}.{method}: {refused}"
            );
        }
    }
    let elsewhere = "/web/dataset/call_kw/res.partner/read";
    let (_, refused) = someone.ask(elsewhere, &[], &count());
    assert!(refused["error"].is_object(), "the path names another call");
    let (got, _) = someone.ask("/web/dataset/call_kw/res.partner.read", &[], &count());
    assert!(got.text().contains("error"));
    assert!(demo.reached().is_empty());
}

#[test]
fn a_session_of_a_narrow_key_is_as_narrow() {
    let demo = Demo::start();
    let narrow = logged_in(&demo, "odoo_narrow");
    let read = |fields: Json| {
        json!({"model": "res.partner", "method": "search_read", "args": [[]],
        "kwargs": {"fields": fields}})
    };
    let (_, answer) = narrow.ask("/web/dataset/call_kw", &[], &read(json!([])));
    let rows = answer["result"].as_array().expect("rows");
    assert!(!rows.is_empty());
    for row in rows {
        let mut names: Vec<&String> = row.as_object().expect("a row").keys().collect();
        names.sort_unstable();
        assert_eq!(names, ["city", "id", "name"]);
    }
    demo.reached();
    let (_, refused) = narrow.ask("/web/dataset/call_kw", &[], &read(json!(["email"])));
    assert!(refused["error"].is_object(), "{refused}");
    assert!(demo.reached().is_empty());
}

#[test]
fn a_chosen_id_is_never_adopted_and_each_log_in_has_its_own() {
    let demo = Demo::start();
    let (login, key) = (demo.fact("/users/odoo").to_owned(), demo.key("odoo"));
    let mut someone = visitor(&demo);
    for chosen in [
        format!("pcs_{}", "a".repeat(59)),
        "chosen".to_owned(),
        "../../etc".to_owned(),
    ] {
        let chosen = format!("session_id={chosen}");
        someone.cookie = Some(chosen.clone());
        assert_eq!(someone.count()["error"]["code"], 100, "{chosen}");
        someone.log_in(&login, &key);
        assert_ne!(someone.cookie.as_ref(), Some(&chosen));
        assert!(someone.count()["result"].is_i64());
        someone.cookie = Some(chosen);
        assert_eq!(someone.count()["error"]["code"], 100);
    }
    let (mut one, mut other) = (visitor(&demo), visitor(&demo));
    one.log_in(&login, &key);
    other.log_in(&login, &key);
    assert_ne!(one.cookie, other.cookie);
}

#[test]
fn log_out_ends_this_session_and_no_other() {
    let demo = Demo::start();
    let (mine, other) = (logged_in(&demo, "odoo"), logged_in(&demo, "odoo"));
    assert!(mine.count()["result"].is_i64());
    let (got, gone) = mine.ask("/web/session/destroy", &[], &json!({}));
    assert_eq!(gone, json!({"jsonrpc": "2.0", "id": 7}));
    assert_eq!(cookie(&got, "session_id").as_deref(), Some("session_id="));
    demo.reached();
    for path in [
        "/web/session/check",
        "/web/session/get_session_info",
        "/web/session/destroy",
    ] {
        let (got, answer) = mine.ask(path, &[], &json!({}));
        assert_eq!(got.status, 200);
        assert_eq!(answer["error"]["code"], 100, "{path}: {answer}");
        assert_eq!(answer["error"]["message"], "Odoo Session Expired");
    }
    assert_eq!(mine.count()["error"]["code"], 100);
    assert!(demo.reached().is_empty());
    assert!(other.count()["result"].is_i64());
}

#[test]
fn a_key_in_a_header_needs_no_session() {
    let demo = Demo::start();
    let someone = visitor(&demo);
    let key = demo.key("odoo");
    let header = [("x-api-key", key.as_str())];
    let (_, answer) = someone.ask("/web/dataset/call_kw", &header, &count());
    assert!(answer["result"].is_i64(), "{answer}");
    let (_, info) = someone.ask("/web/session/get_session_info", &header, &json!({}));
    assert_eq!(info["result"]["username"], demo.fact("/users/odoo"));
    assert!(
        info["result"]["csrf_token"].is_null(),
        "there is no session"
    );
}

#[test]
fn documentation_names_what_the_role_may_call() {
    let demo = Demo::start();
    let someone = visitor(&demo);
    let page = |key: &str, model: &str| {
        let key = format!("Bearer {}", demo.key(key));
        let got = someone.send(
            "GET",
            &format!("/doc-bearer/{model}.json"),
            &[("authorization", &key)],
            "",
        );
        let told: Json = serde_json::from_slice(&got.body).unwrap_or(Json::Null);
        (got.status, told)
    };
    let (status, told) = page("odoo_full", "res.partner");
    assert_eq!(status, 200);
    let parameters = |method: &str| {
        let facts = told["methods"][method]["parameters"].as_object();
        let names = facts.map(|facts| facts.keys().cloned().collect::<Vec<_>>());
        names.unwrap_or_else(|| panic!("{method}: {told}"))
    };
    assert_eq!(parameters("write"), ["vals"]);
    assert_eq!(parameters("search_count"), ["domain", "limit"]);
    assert_eq!(told["methods"]["search_count"]["api"], json!(["model"]));
    assert_eq!(told["methods"]["write"]["api"], json!([]));
    let (status, told) = page("odoo", "res.partner");
    assert_eq!(status, 200);
    assert!(told["methods"]["search_read"].is_object());
    assert!(told["methods"]["write"].is_null(), "it may not write");
    assert_eq!(page("odoo", "ir.actions.server").0, 404);
    assert_eq!(page("odoo", "no.such.model").0, 404);
    assert_eq!(
        page("odoo", "ir.actions.server").1["message"],
        page("odoo", "no.such.model").1["message"]
    );
    assert_eq!(
        someone
            .send("GET", "/doc-bearer/res.partner.json", &[], "")
            .status,
        401
    );
}
