//! An Odoo's archived users: in each dialect in which it is spoken to.

use portcullis_erp::dialect::{Returned, UpstreamLogin};
use portcullis_erp::{Answer, Call, Database, Dialect, Limits, Map, RecordId, Value};
use serde_json::{Value as Json, json};

use super::{
    ODOO, at_the_erp, becomes, done, key, listed, listed_key, place, post, records, secret, told,
    unknown,
};
use crate::demo::Demo;
use crate::serve::Served;

const CREATE: &str = "/json/2/res.partner/create";

/// Does something at the Odoo itself, as its administrator.
pub(super) fn as_admin(demo: &Demo, dialect: Dialect, call: &Call) -> Value {
    let (database, secret) = (Database::new("demo").unwrap(), secret(demo, "odoo-admin"));
    let login = UpstreamLogin {
        database: &database,
        uid: 2,
        login: "admin",
        secret: &secret,
    };
    let outbound = dialect.write(call, &login).expect("it can be said");
    let url = format!("{}{}", demo.fact("/odoo"), outbound.target);
    let mut request = http::Request::builder().method(outbound.verb).uri(url);
    for (name, value) in &outbound.headers {
        request = request.header(*name, value);
    }
    let (status, content_type, body) = at_the_erp(request.body(outbound.body).expect("a request"));
    let returned = Returned {
        status,
        content_type: &content_type,
        body: &body,
    };
    match dialect.read_answer(returned, &Limits::default()) {
        Answer::Value(value) => value,
        Answer::DoneWithoutResult => Value::Null,
        Answer::Fault(fault) => panic!("{}", fault.message),
    }
}

pub(super) fn change(demo: &Demo, dialect: Dialect, uid: i64, name: &str, value: Value) {
    let values = Map::from_iter([(name.to_owned(), value)]);
    let call = Call::new("res.users", "write").unwrap();
    let call = call
        .on(vec![RecordId::Number(uid)])
        .with("vals", Value::Map(values));
    as_admin(demo, dialect, &call);
}

/// Archives a user, or brings it back.
pub(super) fn archive(demo: &Demo, dialect: Dialect, uid: i64, archived: bool) {
    change(demo, dialect, uid, "active", Value::Bool(!archived));
}

/// Creates a partner; answers who has created it, if it was.
fn creator(served: &Served, key: &str) -> Option<i64> {
    let key = [("x-api-key", key)];
    let got = post(
        served,
        CREATE,
        &key,
        &json!({"vals_list": [{"name": "Somebody"}]}),
    );
    if got.status != 200 {
        return None;
    }
    let made: Json = serde_json::from_slice(&got.body).expect("JSON");
    let read = json!({"ids": [made[0]], "fields": ["create_uid"]});
    let got = post(served, "/json/2/res.partner/read", &key, &read);
    let rows: Json = serde_json::from_slice(&got.body).expect("JSON");
    rows[0]["create_uid"][0].as_i64()
}

/// What the object service answers to somebody of this uid.
fn count_as(served: &Served, key: &str, uid: i64) -> Json {
    let args = json!(["demo", uid, key, "res.partner", "search_count", [[]]]);
    rpc(served, "object", "execute_kw", &args)
}

/// The uid that a log-in answers, or `false`.
fn logged_in(served: &Served, key: &str, login: &str) -> Json {
    rpc(served, "common", "login", &json!(["demo", login, key]))["result"].clone()
}

fn rpc(served: &Served, service: &str, method: &str, args: &Json) -> Json {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "call",
        "params": {"service": service, "method": method, "args": args}});
    let got = post(served, "/jsonrpc", &[], &body);
    serde_json::from_slice(&got.body).expect("JSON")
}

fn an_archived_user_is_refused_or_stood_in_for(spoken: &str, dialect: Dialect) {
    let demo = Demo::spoken(spoken);
    let place = place(&demo, ODOO, "");
    let (plain, plain_id) = key(&place, "odoo", "integration", &[]);
    let (covered, covered_id) = key(&place, "odoo", "integration", &["--stand-in", "second"]);
    let served = place.serve();
    let uid = logged_in(&served, &plain, "integration")
        .as_i64()
        .expect("a uid");
    let (other, _) = key(&place, "odoo", "second", &[]);
    becomes("the new key is known", || {
        creator(&served, &other).is_some()
    });
    let second = creator(&served, &other).expect("a uid");
    assert_ne!(uid, second);
    for key in [&plain, &covered] {
        assert_eq!(creator(&served, key), Some(uid));
        assert_eq!(count_as(&served, key, uid)["error"], Json::Null);
        assert_ne!(count_as(&served, key, second)["error"], Json::Null);
    }
    assert_eq!(listed(&place, "integration")["archived"], Json::Null);

    archive(&demo, dialect, uid, true);
    let refused = unknown(&served, CREATE, &json!({}));
    assert_eq!(refused.0, 401);
    let vals = json!({"vals_list": [{"name": "Nobody"}]});
    let ask = || told(&post(&served, CREATE, &[("x-api-key", &plain)], &vals));
    becomes("the plain key is refused", || ask() == refused);
    becomes("the other one goes on", || {
        creator(&served, &covered).is_some()
    });
    done(&demo);
    assert_eq!(ask(), refused, "as a key that nobody has");
    assert_ne!(count_as(&served, &plain, uid)["error"], Json::Null);
    assert_eq!(logged_in(&served, &plain, "integration"), json!(false));
    assert_eq!(done(&demo), Vec::<String>::new());

    // The other goes on: uid and all as whoever stands in.
    assert_eq!(creator(&served, &covered), Some(second));
    for login in ["integration", "second"] {
        assert_eq!(logged_in(&served, &covered, login), json!(second));
    }
    assert_eq!(logged_in(&served, &covered, "admin"), json!(false));
    assert_eq!(count_as(&served, &covered, second)["error"], Json::Null);
    done(&demo);
    assert_ne!(count_as(&served, &covered, uid)["error"], Json::Null);
    assert_eq!(
        done(&demo),
        Vec::<String>::new(),
        "its old uid is not its own any more"
    );

    let trail = records(&place);
    let is = |line: &&Json, key: &str| line["key"] == *key;
    let noted = trail.iter().filter(|line| is(line, &plain_id));
    let noted = noted.filter(|line| line.to_string().contains("erp-user-archived"));
    assert!(noted.count() >= 3, "{trail:?}");
    let both = trail.iter().filter(|line| {
        is(line, &covered_id) && line["login"] == "second" && line["instead-of"] == "integration"
    });
    assert!(both.clone().count() >= 3, "{trail:?}");
    assert!(
        both.clone()
            .any(|line| line["method"] == "create" && line["outcome"] == "done")
    );
    assert!(listed(&place, "integration")["archived"].is_string());
    let look = |id: &str| listed_key(&place, id)["look"].as_str().map(str::to_owned);
    assert!(look(&plain_id).expect("a look").contains("refused"));
    assert!(look(&covered_id).expect("a look").contains("stands in"));
    assert_eq!(
        listed_key(&place, &covered_id)["stand-in"]["user"],
        "second"
    );

    // Whoever comes back is itself again.
    archive(&demo, dialect, uid, false);
    becomes("the plain key is good again", || {
        creator(&served, &plain) == Some(uid)
    });
    assert_eq!(creator(&served, &covered), Some(uid));
    assert_eq!(logged_in(&served, &covered, "integration"), json!(uid));
    becomes("it is listed so", || {
        listed(&place, "integration")["archived"].is_null()
    });
    assert_eq!(look(&plain_id), None);
}

#[test]
fn an_archived_user_is_refused_or_stood_in_for_by_json2() {
    an_archived_user_is_refused_or_stood_in_for("json2", Dialect::Json2);
}

#[test]
fn an_archived_user_is_refused_or_stood_in_for_by_json_rpc() {
    an_archived_user_is_refused_or_stood_in_for("jsonrpc", Dialect::JsonRpc);
}

#[test]
fn an_archived_user_is_refused_or_stood_in_for_by_xml_rpc() {
    an_archived_user_is_refused_or_stood_in_for("xmlrpc", Dialect::XmlRpc2);
}

#[test]
fn who_cannot_be_asked_about_is_not_replaced() {
    let demo = Demo::start();
    let place = place(&demo, ODOO.get(..1).unwrap(), "");
    // Its credential is none, so that nobody can tell of the other.
    let wrong = place.path().join("wrong");
    std::fs::write(&wrong, "wrong").unwrap();
    let config = place.path().join("portcullis.toml");
    let mut text = std::fs::read_to_string(&config).unwrap();
    text.push_str(&format!(
        "[upstream.odoo.user.second]\nsecret-file = \"{}\"\n",
        wrong.display()
    ));
    std::fs::write(&config, text).unwrap();
    let (shop, id) = key(&place, "odoo", "integration", &[]);
    let (code, _) = place.run(&["key", "stand-in", &id, "--user", "second"]);
    assert_ne!(code, 0, "what it is cannot be known");
    let said = [
        "key",
        "stand-in",
        &id,
        "--user",
        "second",
        "--administrator",
    ];
    assert_eq!(place.run(&said).0, 0);
    let served = place.serve();
    let uid = creator(&served, &shop).expect("it is good at first");
    archive(&demo, Dialect::Json2, uid, true);
    becomes("the Odoo refuses", || creator(&served, &shop).is_none());
    crate::pause(3_000);
    done(&demo);
    let name = json!({"vals_list": [{"name": "Nobody"}]});
    assert_ne!(
        post(&served, CREATE, &[("x-api-key", &shop)], &name).status,
        200
    );
    let trail = records(&place);
    assert!(
        !trail.iter().any(|line| !line["instead-of"].is_null()),
        "{trail:?}"
    );
    assert_eq!(listed(&place, "integration")["archived"], Json::Null);
}

#[test]
fn a_gateway_that_begins_while_somebody_is_archived_serves_the_others() {
    let demo = Demo::start();
    let place = place(&demo, ODOO, "");
    let (plain, _) = key(&place, "odoo", "integration", &[]);
    let (covered, _) = key(&place, "odoo", "integration", &["--stand-in", "second"]);
    let uid = demo.uid("odoo");
    archive(&demo, Dialect::Json2, uid, true);
    let served = place.serve();
    becomes("the stand-in is known", || {
        creator(&served, &covered).is_some()
    });
    assert_eq!(unknown(&served, CREATE, &json!({})).0, 401);
    assert_eq!(
        told(&post(&served, CREATE, &[("x-api-key", &plain)], &json!({}))),
        unknown(&served, CREATE, &json!({}))
    );
    archive(&demo, Dialect::Json2, uid, false);
    becomes("it is itself again", || {
        creator(&served, &plain) == Some(uid)
    });
}

#[test]
fn a_stand_in_that_becomes_an_administrator_or_is_archived_itself_stands_in_no_more() {
    let demo = Demo::start();
    let place = place(&demo, ODOO, "");
    let (covered, id) = key(&place, "odoo", "integration", &["--stand-in", "second"]);
    let (other, _) = key(&place, "odoo", "second", &[]);
    let served = place.serve();
    let (uid, second) = (
        creator(&served, &covered).expect("a uid"),
        creator(&served, &other).expect("a uid"),
    );
    archive(&demo, Dialect::Json2, uid, true);
    becomes("another one stands in", || {
        creator(&served, &covered) == Some(second)
    });
    archive(&demo, Dialect::Json2, second, true);
    let refused = unknown(&served, CREATE, &json!({}));
    let ask = || {
        told(&post(
            &served,
            CREATE,
            &[("x-api-key", &covered)],
            &json!({}),
        ))
    };
    becomes("it is refused", || ask() == refused);
    done(&demo);
    assert_eq!(ask(), refused);
    assert_eq!(done(&demo), Vec::<String>::new());

    // What it may not be, it is looked at again before it stands in again.
    let groups = Value::List(vec![Value::List(vec![Value::Int(4), Value::Int(4)])]);
    change(&demo, Dialect::Json2, second, "group_ids", groups);
    archive(&demo, Dialect::Json2, second, false);
    becomes("it is back itself", || {
        creator(&served, &other) == Some(second)
    });
    crate::pause(6_000);
    assert_eq!(ask(), refused, "it is an administrator now");
    assert_eq!(
        place.run(&["key", "stand-in", &id, "--user", "second"]).0,
        2
    );
    let said = [
        "key",
        "stand-in",
        &id,
        "--user",
        "second",
        "--administrator",
    ];
    assert_eq!(place.run(&said).0, 0);
    becomes("it may, where that is said", || {
        creator(&served, &covered) == Some(second)
    });
    assert_eq!(place.run(&["key", "stand-in", &id, "--nobody"]).0, 0);
    becomes("nobody does any more", || ask() == refused);
}

/// A gateway that knows nothing of the model yet asks for its fields first, and is refused there.
#[test]
fn whoever_is_archived_before_a_model_is_known_is_found_out_too() {
    let demo = Demo::start();
    let place = place(&demo, ODOO, "");
    let (plain, _) = key(&place, "odoo", "integration", &[]);
    let (covered, _) = key(&place, "odoo", "integration", &["--stand-in", "second"]);
    let served = place.serve();
    let uid = logged_in(&served, &plain, "integration");
    archive(&demo, Dialect::Json2, uid.as_i64().expect("a uid"), true);
    let refused = unknown(&served, CREATE, &json!({}));
    let vals = json!({"vals_list": [{"name": "Nobody"}]});
    let ask = || told(&post(&served, CREATE, &[("x-api-key", &plain)], &vals));
    assert_eq!(ask().0, 503, "nothing is known of the model");
    becomes("the plain key is refused", || ask() == refused);
    becomes("the other one goes on", || {
        creator(&served, &covered).is_some_and(|creator| json!(creator) != uid)
    });
}

#[test]
fn who_stands_in_for_a_key_that_signs_is_told_why_its_signature_differs() {
    let demo = Demo::start();
    let place = place(&demo, ODOO, "");
    let signs = ["--signed", "hmac", "--style", "header"];
    let more = [&["--stand-in", "second"], &signs[..]].concat();
    let (key, _) = key(&place, "odoo", "integration", &more);
    let served = place.serve();
    let uid = creator(&served, &key);
    let told = json!({"method": "GET", "target": "/api/v1/res.partner", "headers": {}, "body": "",
        "base": null});
    let wrong = || -> Json {
        let path = "/api/v1/-/explain-signature";
        let got = post(&served, path, &[("x-api-key", &key)], &told);
        let answer: Json = serde_json::from_slice(&got.body).expect("JSON");
        let steps = answer["data"]["steps"].as_array().cloned();
        let steps = steps.unwrap_or_else(|| panic!("{answer}"));
        let wrong = steps.into_iter().find(|step| step["good"] == false);
        wrong.expect("a step")["step"].clone()
    };
    assert_eq!(wrong(), "headers", "there is no signature");
    archive(&demo, Dialect::Json2, uid.expect("a uid"), true);
    becomes("the other one stands in", || {
        creator(&served, &key).is_some_and(|one| Some(one) != uid)
    });
    assert_eq!(wrong(), "headers", "it signs as before");
}
