//! In which ways credentials may come, and from which addresses anybody may.

use serde_json::Value as Json;

use crate::demo::{Demo, Got, send};
use crate::serve::{Place, READER, Served};
use crate::tls::client::{Authority, ask_in_clear};
use crate::{pause, within};

const PATIENT: &str = "[limits]\nper-minute = 6000\nburst = 1000\naddress-failures-burst = 500\n";
const COUNT: &str = "/json/2/res.partner/search_count";

fn ask(served: &Served, path: &str, headers: &[(&str, &str)]) -> Got {
    let mut request = http::Request::post(format!("{}{path}", served.url))
        .header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(request.body(b"{\"domain\":[]}".to_vec()).unwrap())
}

/// Asks as a client at this address, behind the trusted proxy.
fn from(served: &Served, address: &str, headers: &[(&str, &str)]) -> u16 {
    let mut all = vec![("x-forwarded-for", address), ("x-forwarded-proto", "https")];
    all.extend_from_slice(headers);
    ask(served, COUNT, &all).status
}

#[test]
fn a_key_comes_in_the_headers_that_are_configured_and_in_no_other() {
    let demo = Demo::start();
    let settings = format!("{PATIENT}[credentials]\nheaders = [\"X-Shop-Key\"]\n");
    let place = Place::before(&demo, &settings);
    let (key, _) = place.key("shop", &[]);
    let served = place.serve();
    for name in ["X-API-Key", "API-KEY", "X-Openerp-Session-Id", "x-shop-key"] {
        assert_eq!(ask(&served, COUNT, &[(name, &key)]).status, 200, "{name}");
    }
    demo.reached();
    for name in ["X_API_KEY", "X-API-Keys", "X-Till-Key", "X-Forwarded-Key"] {
        assert_eq!(ask(&served, COUNT, &[(name, &key)]).status, 401, "{name}");
    }
    for (first, second) in [("X-API-Key", "x-shop-key"), ("x-shop-key", "x-shop-key")] {
        let got = ask(&served, COUNT, &[(first, &key), (second, &key)]);
        assert_eq!(got.status, 400, "{first} and {second}");
    }
    assert!(demo.reached().is_empty());
    for bad in [
        "Cookie",
        "X-Forwarded-For",
        "Content-Type",
        "x api key",
        "api-key",
    ] {
        let place = Place::before(&demo, &format!("[credentials]\nheaders = [\"{bad}\"]\n"));
        assert_eq!(place.run(&["check"]).0, 2, "{bad}");
    }
}

#[test]
fn a_key_in_the_query_is_taken_where_it_may_be_and_goes_no_further() {
    let demo = Demo::start();
    let place = Place::before(&demo, &format!("{PATIENT}[credentials]\nin-query = true\n"));
    let (key, _) = place.key("shop", &[]);
    let served = place.serve();
    let path = format!("{COUNT}?api_key={key}");
    assert_eq!(ask(&served, &path, &[]).status, 200);
    let list = format!(
        "{}/api/v1/res.partner?fields=name&api_key={key}&limit=1",
        served.url
    );
    let got = send(http::Request::get(list).body(Vec::new()).unwrap());
    assert_eq!(got.status, 200, "{}", got.text());
    let reached = demo.reached();
    assert!(reached.len() >= 2 && !format!("{reached:?}").contains(&key));
    for (path, headers, expected) in [
        (format!("{path}&api_key={key}"), vec![], 400),
        (path.clone(), vec![("x-api-key", key.as_str())], 400),
        (format!("{COUNT}?api_key=pck_guess"), vec![], 401),
    ] {
        assert_eq!(ask(&served, &path, &headers).status, expected, "{path}");
    }
    assert!(demo.reached().is_empty());
    pause(500);
    let kept = std::fs::read_dir(place.path().join("data/ledger")).unwrap();
    let secret = key.rsplit_once('_').unwrap().1.to_owned();
    for file in kept {
        let text = std::fs::read(file.unwrap().path()).unwrap();
        assert!(
            !String::from_utf8_lossy(&text).contains(&secret),
            "it stands in the ledger"
        );
    }

    let shut = Place::before(&demo, PATIENT);
    let (key, _) = shut.key("shop", &[]);
    let served = shut.serve();
    assert_eq!(ask(&served, COUNT, &[("x-api-key", &key)]).status, 200);
    demo.reached();
    assert!(ask(&served, &format!("{COUNT}?api_key={key}"), &[]).status >= 400);
    assert!(demo.reached().is_empty());
}

#[test]
fn what_is_in_a_batch_is_asked_by_the_key_of_the_batch_however_that_came() {
    let demo = Demo::start();
    let settings = format!("{PATIENT}[credentials]\nin-query = true\nheaders = [\"X-Shop-Key\"]\n");
    let place = Place::before(&demo, &settings);
    let (key, id) = place.key("shop", &[]);
    let served = place.serve();
    let batch = |query: &str, headers: &[(&str, &str)]| {
        let item = "{\"method\":\"GET\",\"path\":\"/api/v1/res.partner?limit=1\"}";
        let mut request = http::Request::post(format!("{}/api/v1/-/batch{query}", served.url))
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let got = send(
            request
                .body(format!("[{item},{item}]").into_bytes())
                .unwrap(),
        );
        let answers: Json = serde_json::from_slice(&got.body).unwrap_or_default();
        let each = answers["data"].as_array().into_iter().flatten();
        let each = each.map(|answer| answer["status"].as_u64());
        (got.status, each.collect::<Vec<_>>())
    };
    let basic = format!("Bearer {key}");
    let ways: [(&str, &[(&str, &str)]); 4] = [
        (&format!("?api_key={key}"), &[]),
        ("", &[("x-shop-key", &key)]),
        ("", &[("x-api-key", &key)]),
        ("", &[("authorization", &basic)]),
    ];
    for (query, headers) in &ways {
        let (status, each) = batch(query, headers);
        assert_eq!((status, each), (200, vec![Some(200); 2]), "{headers:?}");
    }
    demo.reached();
    assert_eq!(place.run(&["key", "revoke", &id]).0, 0);
    within(3000, || (batch("", ways[1].1).0 == 401).then_some(())).expect("it is over");
    demo.reached();
    for (query, headers) in &ways {
        assert_eq!(batch(query, headers).0, 401, "{headers:?}");
    }
    assert!(demo.reached().is_empty());
}

#[test]
fn addresses_are_let_in_by_list_at_every_door() {
    let demo = Demo::start();
    let trusted = "[addresses]\ntrusted-proxies = [\"127.0.0.1\"]\n";
    let near = "192.0.2.7";
    for (settings, far, expected) in [
        ("allow = [\"192.0.2.0/24\"]\n", "198.51.100.1", 403),
        ("deny = [\"198.51.100.0/24\"]\n", "198.51.100.1", 403),
        (
            "allow = [\"192.0.2.0/24\"]\ndeny = [\"192.0.2.9\"]\n",
            "192.0.2.9",
            403,
        ),
    ] {
        let place = Place::before(&demo, &format!("{PATIENT}{trusted}{settings}"));
        let (key, _) = place.key("shop", &[]);
        let served = place.serve();
        assert_eq!(
            from(&served, near, &[("x-api-key", &key)]),
            200,
            "{settings}"
        );
        demo.reached();
        assert_eq!(
            from(&served, far, &[("x-api-key", &key)]),
            expected,
            "{settings}"
        );
        assert!(demo.reached().is_empty());
    }
    let door = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let open = door.local_addr().unwrap();
    drop(door);
    let redirect = format!(
        "[tls]\ncertificate-file = \"certificate.pem\"\nkey-file = \"key.pem\"\nredirect-from = \"{open}\"\n"
    );
    let denies = format!("{PATIENT}{trusted}deny = [\"198.51.100.0/24\", \"127.0.0.1\"]\n");
    let place = Place::before(&demo, &format!("{denies}{redirect}"));
    Authority::new().sign("localhost").put(place.path());
    let over_tls = place.serve();
    let sent_on = |address: &str| {
        let lines = format!("Host: localhost\r\nX-Forwarded-For: {address}\r\n");
        let text = format!("GET /api/v1/docs HTTP/1.1\r\n{lines}Connection: close\r\n\r\n");
        ask_in_clear(open, &text).status
    };
    assert_eq!(sent_on(near), 308);
    assert_eq!(sent_on("198.51.100.1"), 403, "nor is it sent on");
    drop(over_tls);
    let place = Place::before(&demo, &denies);
    let served = place.serve();
    let page = |path: &str, address: &str| {
        let request = http::Request::get(format!("{}{path}", served.url));
        let request = request.header("x-forwarded-for", address);
        send(request.body(Vec::new()).unwrap()).status
    };
    for path in ["/healthz", "/readyz", "/api/v1/docs"] {
        assert_eq!(page(path, near), 200, "{path}");
        assert_eq!(page(path, "198.51.100.1"), 403, "{path}");
    }
    assert_eq!(
        page("/healthz", "127.0.0.1"),
        200,
        "to this machine it may be told"
    );
    assert_eq!(page("/api/v1/docs", "127.0.0.1"), 403);
    let style = format!("{PATIENT}{trusted}[credentials.from]\nheader = [\"192.0.2.0/24\"]\n");
    let place = Place::before(&demo, &style);
    let (key, _) = place.key("shop", &[]);
    let served = place.serve();
    let bearer = format!("Bearer {key}");
    assert_eq!(from(&served, near, &[("x-api-key", &key)]), 200);
    assert_eq!(
        from(&served, "198.51.100.1", &[("authorization", &bearer)]),
        200
    );
    demo.reached();
    assert_eq!(from(&served, "198.51.100.1", &[("x-api-key", &key)]), 401);
    assert!(demo.reached().is_empty());
}

#[test]
fn an_erp_is_open_to_its_networks_and_styles() {
    let demo = Demo::start();
    let trusted = "[addresses]\ntrusted-proxies = [\"127.0.0.1\"]\n";
    let place = Place::before(&demo, &format!("{PATIENT}{trusted}"));
    let file = place.path().join("portcullis.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let user = "[upstream.odoo.user.integration]";
    let conditions = "api_ip_whitelist = [\"192.0.2.0/24\"]\nstyles = [\"header\"]\n";
    std::fs::write(&file, text.replace(user, &format!("{conditions}{user}"))).unwrap();
    let (key, _) = place.key("shop", &[]);
    let served = place.serve();
    let bearer = format!("Bearer {key}");
    assert_eq!(from(&served, "192.0.2.7", &[("x-api-key", &key)]), 200);
    demo.reached();
    assert_eq!(from(&served, "198.51.100.1", &[("x-api-key", &key)]), 401);
    assert_eq!(
        from(&served, "192.0.2.7", &[("authorization", &bearer)]),
        401
    );
    assert!(demo.reached().is_empty());
    let open = |address: &str| {
        let request = http::Request::post(format!("{}/web/webclient/version_info", served.url))
            .header("x-forwarded-for", address)
            .header("content-type", "application/json");
        send(
            request
                .body(b"{\"jsonrpc\":\"2.0\",\"params\":{}}".to_vec())
                .unwrap(),
        )
    };
    let told = |got: &Got| {
        let body: Json = serde_json::from_slice(&got.body).unwrap_or(Json::Null);
        body["result"]["server_version"].is_string()
    };
    assert!(told(&open("192.0.2.7")));
    assert!(
        !told(&open("198.51.100.1")),
        "strangers elsewhere are not told either"
    );
}

#[test]
fn a_rule_holds_for_its_networks() {
    let demo = Demo::start();
    let trusted = "[addresses]\ntrusted-proxies = [\"127.0.0.1\"]\n";
    let place = Place::before(&demo, &format!("{PATIENT}{trusted}"));
    place.put_role(&format!("{READER}networks = [\"192.0.2.0/24\"]\n"));
    let (key, _) = place.key("shop", &[]);
    let served = place.serve();
    let key = [("x-api-key", key.as_str())];
    assert_eq!(from(&served, "192.0.2.7", &key), 200);
    let document = |address: &str| {
        let request = http::Request::get(format!("{}/api/v1/openapi.json", served.url))
            .header("x-forwarded-for", address)
            .header("x-forwarded-proto", "https")
            .header(key[0].0, key[0].1);
        send(request.body(Vec::new()).unwrap()).text()
    };
    let told = within(5000, || {
        document("192.0.2.7").contains("res.partner").then_some(())
    });
    assert!(told.is_some());
    assert!(!document("198.51.100.1").contains("res.partner"));
    demo.reached();
    assert_eq!(from(&served, "198.51.100.1", &key), 403);
    assert!(demo.reached().is_empty());
    place.put_role(&format!("{READER}networks = [\"nowhere\"]\n"));
    let (code, problems) = place.run(&["check"]);
    assert!(
        code == 2 && problems.to_string().contains("network"),
        "{problems}"
    );
}
