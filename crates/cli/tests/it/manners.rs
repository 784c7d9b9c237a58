//! Manners of the real servers that recordings told, and that clients feel.

use serde_json::{Value as Json, json};

use crate::demo::{Demo, Got};
use crate::serve::{Place, READER};

fn json2(demo: &Demo, key: &str, method: &str, body: &Json) -> Got {
    let bearer = format!("Bearer {key}");
    let headers = [
        ("content-type", "application/json"),
        ("authorization", bearer.as_str()),
    ];
    let path = format!("/json/2/res.partner/{method}");
    demo.request("POST", &path, &headers, body.to_string().as_bytes())
}

#[test]
fn a_search_without_a_domain_is_not_one_for_everything() {
    let demo = Demo::start();
    let key = demo.key("odoo");
    let ask = |method: &str, body: &Json| json2(&demo, &key, method, body);
    for method in ["search", "search_count"] {
        let found = ask(method, &json!({"domain": []}));
        assert_eq!(found.status, 200, "{}", found.text());
        demo.reached();
        let lacks = ask(method, &json!({}));
        assert_eq!(lacks.status, 422, "{method}: {}", lacks.text());
        assert!(
            lacks
                .text()
                .contains("missing a required argument: 'domain'"),
            "{}",
            lacks.text()
        );
        assert!(demo.reached().is_empty());
    }
    let rows = ask("search_read", &json!({"fields": ["name"], "limit": 1}));
    assert_eq!(
        rows.status,
        200,
        "it may be left out there: {}",
        rows.text()
    );
}

/// A place before the Odoo of a demo with two of its users, and these settings of the upstream.
fn place(demo: &Demo, more: &str) -> Place {
    let secrets = std::path::PathBuf::from(demo.fact("/upstream_log")).with_file_name("secrets");
    let user = |login: &str| {
        let secret = secrets.join(format!("odoo-{login}"));
        format!(
            "[upstream.odoo.user.{login}]\nsecret-file = \"{}\"\n",
            secret.display()
        )
    };
    let text = format!(
        "listen = \"127.0.0.1:0\"\nroles = [\"reader.toml\"]\n[upstream.odoo]\nkind = \"odoo\"\n\
         url = \"{}\"\ndatabase = \"demo\"\n{more}{}{}",
        demo.fact("/odoo"),
        user("integration"),
        user("admin")
    );
    Place::of(&text, READER)
}

fn post(url: &str, path: &str, headers: &[(&str, &str)], body: &Json) -> Got {
    let mut request = http::Request::post(format!("{url}{path}"));
    for (name, value) in [("content-type", "application/json")].iter().chain(headers) {
        request = request.header(*name, *value);
    }
    crate::demo::send(
        request
            .body(body.to_string().into_bytes())
            .expect("a request"),
    )
}

#[test]
fn a_key_beside_the_session_of_another_user_is_refused() {
    let demo = Demo::start();
    let place = place(&demo, "");
    let (own, _) = place.key_of("own", "integration", &[]);
    let (other, _) = place.key_of("other", "admin", &["--administrator"]);
    let served = place.serve();
    let login = json!({"params": {"db": "demo", "login": "integration", "password": own}});
    let opened = post(&served.url, "/web/session/authenticate", &[], &login);
    let cookie = opened.headers["set-cookie"].to_str().expect("text");
    let cookie = cookie.split(';').next().expect("a cookie");
    let count = |key: &str, cookie: &str| {
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str()), ("cookie", cookie)];
        let path = "/json/2/res.partner/search_count";
        post(&served.url, path, &headers, &json!({"domain": []}))
    };
    assert_eq!(count(&own, cookie).status, 200, "one's own");
    let stale = count(&other, "session_id=of-somewhere-else");
    assert_eq!(stale.status, 200, "one that is none: {}", stale.text());
    demo.reached();
    let two = count(&other, cookie);
    assert_eq!(two.status, 403, "{}", two.text());
    assert!(
        two.text().contains("odoo.exceptions.AccessDenied"),
        "{}",
        two.text()
    );
    assert!(demo.reached().is_empty());
}

#[test]
fn a_database_is_not_told_where_the_configuration_says_so() {
    let demo = Demo::start();
    let listed = |more: &str| {
        let served = place(&demo, more).serve();
        post(&served.url, "/web/database/list", &[], &json!({})).text()
    };
    let told = listed("");
    assert!(told.contains("[\"demo\"]"), "{told}");
    let shut = listed("list-database = false\n");
    assert!(
        shut.contains("odoo.exceptions.AccessDenied") && !shut.contains("demo"),
        "{shut}"
    );
}

#[test]
fn frappe_tells_rows_as_lists_and_a_list_without_its_body() {
    let demo = Demo::start();
    let token = format!("token {}", demo.key("erpnext_full"));
    let ask = |verb: &str, more: &str| {
        let path = format!("/api/resource/Customer?fields=%5B%22name%22%5D&limit=2{more}");
        demo.request(verb, &path, &[("authorization", &token)], b"")
    };
    let rows = |got: &Got| -> Json {
        let body: Json = serde_json::from_slice(&got.body).expect("JSON");
        body["data"].clone()
    };
    let maps = rows(&ask("GET", ""));
    let first = maps[0]["name"].as_str().expect("a name").to_owned();
    for no in ["&as_dict=false", "&as_dict=0", "&as_dict=False"] {
        assert_eq!(rows(&ask("GET", no))[0], json!([first]), "{no}");
    }
    assert_eq!(rows(&ask("GET", "&as_dict=true")), maps);
    demo.reached();
    let head = ask("HEAD", "");
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.content_type, "application/json");
    assert_eq!(demo.reached().len(), 1, "it was asked for");
}
