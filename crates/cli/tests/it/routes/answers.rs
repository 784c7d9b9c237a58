//! What comes back: what the route lists, and nothing of the ERP's inside.

use super::{ROUTES, Shop, json, key, place};
use crate::demo::send;

#[test]
fn an_answer_keeps_its_status_and_loses_what_is_not_the_callers() {
    let shop = Shop::open();
    let got = shop.known("GET", "/rest/partner/7", "");
    assert_eq!((got.status, &*got.content_type), (200, "application/json"));
    assert_eq!(
        json(&got),
        serde_json::json!({"id": "7", "name": "Azure Interior"})
    );
    assert_eq!(got.headers.get("etag").unwrap(), "\"7\"");
    for name in [
        "set-cookie",
        "x-powered-by",
        "x-portcullis-sandbox",
        "server",
    ] {
        assert!(got.headers.get(name).is_none(), "{name}");
    }
    assert_eq!(
        got.headers.get("x-content-type-options").unwrap(),
        "nosniff"
    );
    assert_eq!(
        shop.known("POST", "/fast/orders", r#"{"customer": 7}"#)
            .status,
        201
    );
    let gone = shop.known("DELETE", "/fast/orders/7", "");
    assert_eq!((gone.status, gone.body.len()), (204, 0));
    assert_eq!(
        shop.known("PATCH", "/fast/orders/7", "{\"a\":1}").status,
        200
    );
}

#[test]
fn an_error_of_the_service_is_told_without_its_inside() {
    let shop = Shop::open();
    let got = shop.known("GET", "/rest/partner/404", "");
    assert_eq!(got.status, 404, "{}", got.text());
    assert_eq!(json(&got)["description"], "there is no such partner");
    assert!(json(&got)["traceback"].is_null());
    let got = shop.known("POST", "/rest/partner", r#"{"name": "boom"}"#);
    assert_eq!(got.status, 400);
    assert_eq!(json(&got)["description"], "The ERP failed on this.");
    let got = shop.known("POST", "/fast/orders", "{}");
    assert_eq!(got.status, 422);
    assert_eq!(json(&got)["detail"][0]["loc"][1], "customer");
    // An error that says 200 is no less an error.
    let got = shop.known("POST", "/fast/orders/7/confirm", "{}");
    assert_eq!(got.status, 200);
    assert_eq!(json(&got)["error"], "The ERP failed on this.");
    let got = shop.known("GET", "/rest/broken", "");
    assert_eq!(got.status, 500);
    assert_eq!(got.content_type, "application/problem+json");
    assert!(json(&got)["instance"].is_string(), "{}", got.text());
}

#[test]
fn a_page_runs_nothing_and_its_forms_go_where_the_route_says() {
    let shop = Shop::open();
    for (targets, allowed) in [
        ("", "'self'"),
        ("form-targets = []", "'none'"),
        (
            "form-targets = [\"self\", \"https://pay.example.com:8443\"]",
            "'self' https://pay.example.com:8443",
        ),
    ] {
        let answers = "answers = [\"text/html\"]\n";
        let routes = ROUTES.replace(answers, &format!("{answers}{targets}\n"));
        let place = place(&shop.services, &routes);
        let key = key(&place, "shop", "reader");
        let gateway = place.serve();
        let request = http::Request::post(format!("{}/api/form", gateway.url))
            .header("x-api-key", key)
            .header("content-type", "application/x-www-form-urlencoded");
        let got = send(request.body(b"name=Ann".to_vec()).unwrap());
        assert_eq!(got.status, 200, "{}", got.text());
        let mut policies = got.headers.get_all("content-security-policy").iter();
        let policy = policies.next().expect("a policy").to_str().unwrap();
        assert!(policies.next().is_none());
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(!policy.contains("script-src"), "{policy}");
        let actions = policy.split_once("form-action ").expect("forms").1;
        assert_eq!(actions, allowed);
    }
}

#[test]
fn an_answer_that_is_not_on_the_routes_terms_is_withheld() {
    let shop = Shop::open();
    assert_eq!(shop.known("GET", "/rest/partner/7", "").status, 200);
    for path in ["/rest/page", "/rest/away", "/rest/large"] {
        let got = shop.known("GET", path, "");
        assert_eq!(got.status, 500, "{path}: {}", got.text());
        assert_eq!(got.content_type, "application/problem+json");
        assert!(got.headers.get("location").is_none());
        for inside in ["script", "192.0.2.1", "xxx"] {
            assert!(!got.text().contains(inside), "{path}: {}", got.text());
        }
    }
}

#[test]
fn the_envelope_is_put_around_and_errors_in_it_get_their_status() {
    let shop = Shop::open();
    let got = shop.known("POST", "/api/orders", r#"{"lines": [{"product": "A"}]}"#);
    assert_eq!(got.status, 200, "{}", got.text());
    assert_eq!(json(&got)["lines"][0]["product"], "A");
    let arrived = shop.services.arrived().pop().expect("a visit");
    assert_eq!(
        arrived.body,
        r#"{"jsonrpc":"2.0","method":"call","params":{"lines":[{"product":"A"}]},"id":1}"#
    );
    let got = shop.known(
        "POST",
        "/api/orders",
        r#"{"lines": [], "fail": "validation"}"#,
    );
    assert_eq!(got.status, 422);
    assert_eq!(json(&got)["detail"], "The quantity must be positive.");
    let got = shop.known("POST", "/api/orders", r#"{"lines": [], "fail": "crash"}"#);
    assert_eq!(got.status, 500);
    assert!(!got.text().contains("qty"), "{}", got.text());
}

#[test]
fn a_client_that_speaks_in_the_envelope_is_answered_in_it() {
    let shop = Shop::open();
    let ask = |fail: &str| {
        let params = if fail.is_empty() {
            serde_json::json!({"lines": []})
        } else {
            serde_json::json!({"lines": [], "fail": fail})
        };
        let body =
            serde_json::json!({"jsonrpc": "2.0", "method": "call", "id": "a7", "params": params});
        let got = shop.known("POST", "/api/plain/orders", &body.to_string());
        assert_eq!(got.status, 200, "{}", got.text());
        let said = json(&got);
        assert_eq!(said["id"], "a7", "{said}");
        said
    };
    assert_eq!(ask("")["result"]["status"], "success");
    let said = ask("validation");
    assert_eq!(
        said["error"]["data"]["message"],
        "The quantity must be positive."
    );
    assert_eq!(said["error"]["data"]["debug"], "");
    let said = ask("crash");
    assert_eq!(
        said["error"]["data"]["name"], "builtins.Exception",
        "{said}"
    );
    assert!(!said.to_string().contains("qty"), "{said}");
}

#[test]
fn a_route_that_will_end_says_so() {
    let shop = Shop::open();
    let got = shop.known("POST", "/api/v1/data", "{}");
    assert_eq!(got.status, 200, "{}", got.text());
    assert_eq!(json(&got)["version"], "v1");
    let header = |name: &str| got.headers.get(name).unwrap().to_str().unwrap();
    assert_eq!(header("deprecation"), "@1780272000");
    assert_eq!(header("sunset"), "Wed, 30 Jun 2027 23:59:59 GMT");
    assert_eq!(header("link"), "</api/v2/data>; rel=\"successor-version\"");
}
