//! Sessions: opened by a key, they do what the key may and nothing more; they end for good;
//! other sites' pages cannot use them.

use serde_json::{Value as Json, json};

use crate::demo::{Demo, Got, send};
use crate::serve::{Place, Served};

/// Somebody who talks to a gateway and keeps one cookie.
struct Visitor {
    url: String,
    cookie: Option<String>,
}

impl Visitor {
    fn of(url: &str) -> Self {
        Self {
            url: url.trim_end_matches('/').to_owned(),
            cookie: None,
        }
    }

    fn send(&self, verb: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Got {
        let mut request = http::Request::builder()
            .method(verb)
            .uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        send(request.body(body.as_bytes().to_vec()).expect("a request"))
    }

    /// A call of one of Odoo's JSON routes.
    fn ask(&self, path: &str, more: &[(&str, &str)], params: &Json) -> (Got, Json) {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend_from_slice(more);
        let body = json!({"jsonrpc": "2.0", "method": "call", "params": params, "id": 7});
        let got = self.send("POST", path, &headers, &body.to_string());
        let answer = serde_json::from_slice(&got.body).unwrap_or(Json::Null);
        (got, answer)
    }

    fn count(&self) -> Json {
        self.ask("/web/dataset/call_kw", &[], &count()).1
    }

    /// Logs in to Odoo, and keeps the cookie.
    fn log_in(&mut self, login: &str, key: &str) -> (Got, Json) {
        let params = json!({"db": "demo", "login": login, "password": key});
        let (got, answer) = self.ask("/web/session/authenticate", &[], &params);
        if let Some(cookie) = cookie(&got, "session_id") {
            self.cookie = Some(cookie);
        }
        (got, answer)
    }
}

fn count() -> Json {
    json!({"model": "res.partner", "method": "search_count", "args": [[]], "kwargs": {}})
}

/// The cookie of this name that an answer sets, as a client sends it back.
fn cookie(got: &Got, name: &str) -> Option<String> {
    set_cookies(got)
        .into_iter()
        .find(|line| line.starts_with(&format!("{name}=")))
        .and_then(|line| line.split(';').next().map(str::to_owned))
}

fn set_cookies(got: &Got) -> Vec<String> {
    let lines = got.headers.get_all("set-cookie").iter();
    lines
        .map(|line| line.to_str().expect("text").to_owned())
        .collect()
}

fn visitor(demo: &Demo) -> Visitor {
    Visitor::of(demo.fact("/gateway"))
}

fn logged_in(demo: &Demo, name: &str) -> Visitor {
    let mut visitor = visitor(demo);
    let (got, _) = visitor.log_in(demo.fact(&format!("/users/{name}")), &demo.key(name));
    assert!(visitor.cookie.is_some(), "{}", got.text());
    visitor
}

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
fn a_refused_log_in_tells_nothing_of_logins() {
    let demo = Demo::start();
    let key = demo.key("odoo");
    let mut cut = key.clone();
    cut.pop();
    assert!(logged_in(&demo, "odoo").cookie.is_some());
    demo.reached();
    let mut answers = Vec::new();
    let login = demo.fact("/users/odoo").to_owned();
    for (login, key) in [
        (login.as_str(), cut.as_str()),
        (login.as_str(), "admin"),
        ("nobody", cut.as_str()),
        ("nobody", key.as_str()),
        ("admin", key.as_str()),
        (login.as_str(), demo.key("erpnext").as_str()),
        (login.as_str(), ""),
    ] {
        let mut someone = visitor(&demo);
        let (got, answer) = someone.log_in(login, key);
        assert!(set_cookies(&got).is_empty(), "{login}: {}", got.text());
        let error = &answer["error"];
        assert_eq!(
            error["data"]["name"], "odoo.exceptions.AccessDenied",
            "{answer}"
        );
        assert_eq!(error["code"], 0);
        answers.push((
            got.status,
            error["message"].clone(),
            error["data"]["message"].clone(),
        ));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert!(demo.reached().is_empty());
}

#[test]
fn one_request_has_one_credential() {
    let demo = Demo::start();
    let mine = logged_in(&demo, "odoo");
    let key = demo.key("odoo_full");
    assert!(mine.count()["result"].is_i64());
    demo.reached();
    let (got, _) = mine.ask("/web/dataset/call_kw", &[("x-api-key", &key)], &count());
    assert!(
        got.text().contains("more than one credential"),
        "{}",
        got.text()
    );
    let twice = mine.cookie.clone().expect("a cookie");
    let (got, _) = mine.ask("/web/dataset/call_kw", &[("cookie", &twice)], &count());
    assert!(
        got.text().contains("more than one cookie"),
        "{}",
        got.text()
    );
    assert!(demo.reached().is_empty());

    // The RPC faces do not look at cookies: a jar may send one along with the key.
    let args = json!([
        "demo",
        demo.uid("odoo"),
        demo.key("odoo"),
        "res.partner",
        "search_count",
        [[]]
    ]);
    let rpc = json!({"service": "object", "method": "execute_kw", "args": args});
    let (_, answer) = mine.ask("/jsonrpc", &[], &rpc);
    assert!(answer["result"].is_i64(), "{answer}");
    demo.reached();
    let headers = [("content-type", "application/json")];
    let got = mine.send(
        "POST",
        "/json/2/res.partner/search_count",
        &headers,
        "{\"domain\":[]}",
    );
    assert_eq!(got.status, 401, "and none is let in by one: {}", got.text());
    let mut wrong = args;
    wrong[2] = json!("");
    let rpc = json!({"service": "object", "method": "execute_kw", "args": wrong});
    let (_, answer) = mine.ask("/jsonrpc", &[], &rpc);
    assert!(answer["error"].is_object(), "{answer}");
    assert!(demo.reached().is_empty());
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
fn other_sites_pages_cannot_use_a_session() {
    let demo = Demo::start();
    let mine = logged_in(&demo, "odoo");
    let own = format!(
        "http://{}",
        demo.fact("/gateway")
            .trim_start_matches("http://")
            .trim_end_matches('/')
    );
    for headers in [
        &[("sec-fetch-site", "same-origin")][..],
        &[("sec-fetch-site", "none")],
        &[("origin", own.as_str())],
    ] {
        let (_, answer) = mine.ask("/web/dataset/call_kw", headers, &count());
        assert!(answer["result"].is_i64(), "{headers:?}: {answer}");
    }
    let (_, info) = mine.ask("/web/session/get_session_info", &[], &json!({}));
    let token = info["result"]["csrf_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    demo.reached();
    let foreign: [&[(&str, &str)]; 3] = [
        &[
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "cross-site"),
        ],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "null")],
    ];
    for headers in foreign {
        for path in [
            "/web/dataset/call_kw",
            "/web/session/get_session_info",
            "/web/session/destroy",
        ] {
            let (got, _) = mine.ask(path, headers, &count());
            assert_eq!(got.status, 400, "{path} {headers:?}: {}", got.text());
        }
        let params =
            json!({"db": "demo", "login": demo.fact("/users/odoo"), "password": demo.key("odoo")});
        let (got, _) = mine.ask("/web/session/authenticate", headers, &params);
        assert_eq!(got.status, 400, "nor log a browser in: {}", got.text());
        assert!(set_cookies(&got).is_empty());
    }
    let (got, _) = mine.ask(
        "/web/dataset/call_kw",
        &[("x-frappe-csrf-token", "wrong")],
        &count(),
    );
    assert_eq!(
        got.status, 400,
        "a wrong token is refused wherever it comes from"
    );
    // A form can be posted by any page; JSON cannot.
    let body = json!({"params": count()}).to_string();
    for content_type in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let got = mine.send(
            "POST",
            "/web/dataset/call_kw",
            &[("content-type", content_type)],
            &body,
        );
        assert_eq!(got.status, 415, "{}", got.text());
    }
    assert!(demo.reached().is_empty());
    let mut headers = vec![("x-frappe-csrf-token", token.as_str())];
    headers.extend_from_slice(foreign[0]);
    let (_, answer) = mine.ask("/web/dataset/call_kw", &headers, &count());
    assert!(
        answer["result"].is_i64(),
        "who knows the token is no other site: {answer}"
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
    assert_eq!(page("odoo", "res.users").0, 404);
    assert_eq!(page("odoo", "no.such.model").0, 404);
    assert_eq!(
        page("odoo", "res.users").1["message"],
        page("odoo", "no.such.model").1["message"]
    );
    assert_eq!(
        someone
            .send("GET", "/doc-bearer/res.partner.json", &[], "")
            .status,
        401
    );
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn credentials(demo: &Demo) -> (String, String) {
    let login = demo.fact("/users/erpnext_full").replace('@', "%40");
    (login, demo.key("erpnext_full"))
}

/// Somebody who logged in to Frappe, and the token that the answer told.
fn frappe(demo: &Demo) -> (Visitor, String) {
    let mut someone = visitor(demo);
    let (login, key) = credentials(demo);
    let body = format!("usr={login}&pwd={key}");
    let got = someone.send("POST", "/api/method/login", &[FORM], &body);
    assert_eq!(got.status, 200, "{}", got.text());
    let answer: Json = serde_json::from_slice(&got.body).expect("JSON");
    assert_eq!(answer["message"], "Logged In");
    someone.cookie = cookie(&got, "sid");
    (
        someone,
        answer["csrf_token"].as_str().expect("a token").to_owned(),
    )
}

#[test]
fn frappe_logs_in_and_out_with_a_key() {
    let demo = Demo::start();
    let (login, key) = credentials(&demo);
    let mut someone = visitor(&demo);
    let body = json!({"usr": demo.fact("/users/erpnext_full"), "pwd": key}).to_string();
    let json = ("content-type", "application/json");
    for path in ["/api/method/login", "/api/v1/method/login"] {
        let got = someone.send("POST", path, &[json], &body);
        assert_eq!(got.status, 200, "{path}: {}", got.text());
        let names = ["sid", "system_user", "full_name", "user_id", "user_image"];
        assert_eq!(set_cookies(&got).len(), names.len());
        assert_eq!(
            cookie(&got, "user_id"),
            Some(format!("user_id={}", login.replace('.', "%2E")))
        );
        assert!(set_cookies(&got)[0].contains("HttpOnly; Path=/; SameSite=Lax"));
        someone.cookie = cookie(&got, "sid");
    }
    let who = someone.send("GET", "/api/method/frappe.auth.get_logged_user", &[], "");
    assert!(
        who.text().contains(demo.fact("/users/erpnext_full")),
        "{}",
        who.text()
    );
    let list = "/api/resource/Customer?limit_page_length=1";
    assert_eq!(someone.send("GET", list, &[], "").status, 200);
    demo.reached();

    let nobody = visitor(&demo);
    for (verb, path, headers, body) in [
        (
            "GET",
            format!("/api/method/login?usr={login}&pwd={key}"),
            None,
            String::new(),
        ),
        (
            "POST",
            format!("/api/method/login?usr={login}&pwd={key}"),
            None,
            String::new(),
        ),
        (
            "POST",
            format!("/api/method/login?pwd={key}"),
            Some(FORM),
            format!("usr={login}"),
        ),
        (
            "POST",
            "/api/method/login".to_owned(),
            Some(FORM),
            format!("usr={login}&pwd=wrong"),
        ),
        (
            "POST",
            "/api/method/login".to_owned(),
            Some(FORM),
            format!("usr=nobody&pwd={key}"),
        ),
        (
            "POST",
            "/api/method/login".to_owned(),
            Some(FORM),
            format!("usr={login}"),
        ),
        ("POST", "/api/method/login".to_owned(), None, String::new()),
    ] {
        let headers: Vec<_> = headers.into_iter().collect();
        let got = nobody.send(verb, &path, &headers, &body);
        assert!(
            (400..500).contains(&got.status),
            "{verb} {path}: {}",
            got.status
        );
        assert!(set_cookies(&got).is_empty());
        assert!(!got.text().contains("pck_"), "{}", got.text());
    }
    let sid = someone.cookie.clone().expect("a cookie");
    for path in [
        format!("{list}&{sid}"),
        format!("/api/method/frappe.auth.get_logged_user?{sid}"),
    ] {
        let got = nobody.send("GET", &path, &[], "");
        assert!((400..500).contains(&got.status), "{}", got.text());
    }
    let got = someone.send(
        "GET",
        list,
        &[("authorization", &format!("token {key}"))],
        "",
    );
    assert!(
        got.text().contains("more than one credential"),
        "{}",
        got.text()
    );
    assert!(demo.reached().is_empty());

    let out = someone.send("GET", "/api/method/logout", &[], "");
    assert_eq!(out.status, 200, "{}", out.text());
    assert!(out.text().contains("Guest"));
    assert_eq!(cookie(&out, "sid").as_deref(), Some("sid="));
    for path in [list, "/api/method/frappe.auth.get_logged_user"] {
        let got = someone.send("GET", path, &[], "");
        assert_eq!(got.status, 403, "{}", got.text());
        assert!(
            got.text().contains("\"session_expired\":1"),
            "{}",
            got.text()
        );
    }
    assert!(demo.reached().is_empty());
}

#[test]
fn frappe_asks_other_sites_for_the_token() {
    let demo = Demo::start();
    let (mine, token) = frappe(&demo);
    let body = "customer_name=Csrf&customer_type=Company";
    let make = |more: &[(&str, &str)], body: &str| {
        let mut headers = vec![FORM];
        headers.extend_from_slice(more);
        mine.send("POST", "/api/resource/Customer", &headers, body)
    };
    let foreign = [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ];
    let shown = ("x-frappe-csrf-token", token.as_str());
    let good = make(&[], body);
    assert_eq!(good.status, 200, "clients send no token: {}", good.text());
    demo.reached();
    for refused in [
        make(&foreign, body),
        make(&[("x-frappe-csrf-token", "wrong")], body),
        make(&foreign, &format!("{body}&csrf_token=wrong")),
        mine.send("GET", "/api/resource/Customer", &foreign, ""),
        mine.send("GET", "/api/method/logout", &foreign, ""),
    ] {
        assert_eq!(refused.status, 400, "{}", refused.text());
        assert!(
            refused.text().contains("CSRFTokenError"),
            "{}",
            refused.text()
        );
    }
    assert!(demo.reached().is_empty());
    let by_header = make(
        &[shown, foreign[0], foreign[1]],
        "customer_name=Header&customer_type=Company",
    );
    assert_eq!(by_header.status, 200, "{}", by_header.text());
    let by_field = make(
        &foreign,
        &format!("customer_name=Field&customer_type=Company&csrf_token={token}"),
    );
    assert_eq!(by_field.status, 200, "{}", by_field.text());
    let (_, others) = frappe(&demo);
    assert_ne!(token, others);
    assert_eq!(make(&[("x-frappe-csrf-token", &others)], body).status, 400);
}

fn until(what: &str, done: impl Fn() -> bool) {
    for _ in 0..300 {
        if done() {
            return;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(10));
    }
    panic!("not within three seconds: {what}");
}

fn at(served: &Served, cookie: Option<&String>) -> Visitor {
    Visitor {
        cookie: cookie.cloned(),
        ..Visitor::of(&served.url)
    }
}

const GENEROUS: &str = "[limits]\nper-minute = 60000000\nburst = 1000000\naddress-failures-per-minute = 600000\naddress-failures-burst = 100000\n";

#[test]
fn a_revoked_key_takes_its_sessions_along_everywhere() {
    let demo = Demo::start();
    let place = Place::before(&demo, GENEROUS);
    let (key, id) = place.key("shop", &[]);
    let (one, other) = (place.serve(), place.serve());
    let mut mine = at(&one, None);
    mine.log_in("integration", &key);
    let there = at(&other, mine.cookie.as_ref());
    assert!(mine.count()["result"].is_i64());
    assert!(there.count()["result"].is_i64(), "all processes know it");

    let mut second = at(&other, None);
    second.log_in("integration", &key);
    let copy = at(&one, second.cookie.as_ref());
    assert!(copy.count()["result"].is_i64());
    second.ask("/web/session/destroy", &[], &json!({}));
    until("a log-out holds in the other process", || {
        copy.count()["error"]["code"] == 100
    });

    let cookie = mine.cookie.clone();
    drop(one);
    let again = place.serve();
    let mine = at(&again, cookie.as_ref());
    assert!(mine.count()["result"].is_i64(), "it outlives a kill");

    let token = cookie.expect("a cookie").replace("session_id=", "");
    for file in ["portcullis.db", "portcullis.db-wal"] {
        let kept = std::fs::read(place.path().join("data").join(file)).unwrap_or_default();
        let found = kept
            .windows(token.len() - 4)
            .any(|part| part == &token.as_bytes()[4..]);
        assert!(!found, "{file} holds a token");
    }

    assert_eq!(place.run(&["key", "revoke", &id]).0, 0);
    for visitor in [&mine, &there] {
        until("a revocation ends the session", || {
            visitor.count()["error"]["code"] == 100
        });
    }
    demo.reached();
    assert_eq!(there.count()["error"]["code"], 100);
    assert!(demo.reached().is_empty());
}

#[test]
fn behind_a_proxy_cookies_are_for_encrypted_connections() {
    let demo = Demo::start();
    let place = Place::before(
        &demo,
        &format!(
            "{GENEROUS}[sessions]\nsecure-cookies = \"always\"\nidle-minutes = 5\nabsolute-hours = 1\n"
        ),
    );
    let (key, _) = place.key("shop", &[]);
    let served = place.serve();
    let (got, _) = at(&served, None).log_in("integration", &key);
    let line = &set_cookies(&got)[0];
    assert!(
        line.contains("Secure") && line.contains("Max-Age=3600"),
        "{line}"
    );
    let someone = visitor(&demo);
    let params =
        json!({"db": "demo", "login": demo.fact("/users/odoo"), "password": demo.key("odoo")});
    let https = [("x-forwarded-proto", "https")];
    let (got, _) = someone.ask("/web/session/authenticate", &https, &params);
    assert!(set_cookies(&got)[0].contains("Secure"), "a proxy says so");
}
