//! Who may come, and where no route ever leads.

use portcullis_gateway::route::TABLE;

use super::Shop;

/// Every route but the one that is open to everybody, with a request of a stranger. One that is
/// not here fails the test: whoever adds a route tries it here.
const GUARDED: &[(&str, &str, &str)] = &[
    ("away", "GET", "/rest/away"),
    ("broken", "GET", "/rest/broken"),
    ("confirm", "POST", "/fast/orders/7/confirm"),
    ("denied", "GET", "/rest/denied"),
    ("fast-basic", "GET", "/basic/7"),
    ("fast-change", "PUT", "/fast/orders/7"),
    ("fast-order", "GET", "/fast/orders/7"),
    ("fast-orders", "POST", "/fast/orders"),
    ("form", "POST", "/api/form"),
    ("large", "GET", "/rest/large"),
    ("leave", "POST", "/api/leave"),
    ("named", "GET", "/rest/named"),
    ("new-partner", "POST", "/rest/partner"),
    ("orders", "POST", "/api/orders"),
    ("page", "GET", "/rest/page"),
    ("partner", "GET", "/rest/partner/7"),
    ("partners", "GET", "/rest/partner/search"),
    ("plain-orders", "POST", "/api/plain/orders"),
    ("secure", "POST", "/api/secure-data"),
    ("service", "POST", "/my_service"),
    ("version", "POST", "/api/v1/data"),
];

#[test]
fn strangers_try_every_route_that_is_configured() {
    let shop = Shop::open();
    let (_, said) = shop.place.run(&["check"]);
    let routes = said["routes"].as_object().expect("the routes");
    let mut tried: Vec<&str> = GUARDED.iter().map(|line| line.0).collect();
    tried.push("hello");
    tried.sort_unstable();
    let mut named: Vec<&str> = routes.keys().map(String::as_str).collect();
    named.sort_unstable();
    assert_eq!(tried, named);
}

#[test]
fn a_route_that_no_rule_opens_looks_like_none() {
    let shop = Shop::open();
    assert_eq!(shop.known("GET", "/rest/partner/7", "").status, 200);
    shop.services.arrived();
    let other = &shop.other;
    let ask = |path: &str, key: &str| shop.ask("GET", path, &[("x-api-key", key)], "");
    let seen = |got: &crate::demo::Got| {
        let mut headers: Vec<String> = got
            .headers
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id"))
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        headers.sort();
        (got.status, headers, got.text())
    };
    let nothing = seen(&ask("/rest/no-such", other));
    assert_eq!(nothing.0, 404);
    for (path, key) in [
        ("/rest/partner/7", other),
        ("/rest/denied", other),
        ("/rest/denied", &shop.key),
        ("/rest/named", &shop.key),
    ] {
        assert_eq!(seen(&ask(path, key)), nothing, "{path}");
        shop.nothing_arrived(path);
    }
}

#[test]
fn strangers_come_only_where_the_route_says_so_and_at_its_rate() {
    let shop = Shop::open();
    let json = [("content-type", "application/json")];
    let ask = || shop.ask("POST", "/api/data", &json, "{}");
    for _ in 0..3 {
        let got = ask();
        assert_eq!(got.status, 200, "{}", got.text());
        assert!(got.headers.contains_key("ratelimit-remaining"));
        let arrived = shop.one();
        assert_eq!(arrived.header("cookie"), "");
    }
    let got = ask();
    assert_eq!(got.status, 429, "{}", got.text());
    assert!(got.headers.contains_key("retry-after"));
    shop.nothing_arrived("too fast");
    // Somebody known has a rate of its own there.
    assert_eq!(shop.known("POST", "/api/data", "{}").status, 200);
    shop.services.arrived();
    // A credential that is not good is refused even where none was needed.
    let wrong = [("content-type", "application/json"), ("x-api-key", "admin")];
    assert_eq!(shop.ask("POST", "/api/data", &wrong, "{}").status, 401);
    for (_, verb, path) in GUARDED {
        let body = if *verb == "GET" { "" } else { "{}" };
        let got = shop.ask(verb, path, &json, body);
        assert_eq!(got.status, 401, "{verb} {path}: {}", got.text());
    }
    shop.nothing_arrived("strangers");
}

#[test]
fn no_route_leads_to_a_path_of_a_dialect_however_it_is_written() {
    let shop = Shop::open();
    assert_eq!(shop.known("GET", "/fast/orders/7", "").status, 200);
    shop.services.arrived();
    let mut paths: Vec<String> = TABLE
        .iter()
        .map(|route| format!("/{}", route.prefix.join("/")))
        .filter(|path| path != "/")
        .collect();
    let more = [
        "/web",
        "/web/login",
        "/web/database/manager",
        "/web/session/authenticate",
        "/jsonrpc",
        "/xmlrpc/2/object",
        "/xmlrpc/object",
        "/json/2/res.partner/read",
        "/api/resource/User",
        "/api/method/login",
        "/api/v2/document/User",
        "/api/v2/method/login",
        "/doc-bearer/x.json",
    ];
    paths.extend(more.map(str::to_owned));
    let mut written = Vec::new();
    for path in paths {
        let inside = path.trim_start_matches('/');
        let first = format!("%{:02x}", path.as_bytes()[1]);
        written.extend([
            path.clone(),
            path.to_ascii_uppercase(),
            format!("{path}/"),
            format!("/{path}"),
            format!("/{first}{}", path.get(2..).unwrap_or_default()),
            format!("/fast/orders/..{path}"),
            format!("/fast/orders/%2e%2e/%2e%2e{path}"),
            format!("/fast/orders/{}", inside.replace('/', "%2f")),
            format!("/fast/orders/..%2f..%2f{}", inside.replace('/', "%2f")),
            format!("/fast/orders/7{path}"),
            format!("/fast/orders/7;{path}"),
            format!("/fast/orders/7?cmd={inside}"),
            format!("/rest/partner/search?name=x&cmd={inside}"),
            format!("/rest/partner/search?cmd={inside}"),
            format!("/de{path}"),
            format!("/u/odoo{path}/x/y/z/w"),
        ]);
    }
    for path in written {
        for verb in ["GET", "POST", "PUT"] {
            let got = shop.known(verb, &path, if verb == "GET" { "" } else { "{}" });
            let arrived = shop.services.arrived();
            let odd: Vec<_> = arrived
                .iter()
                .filter(|one| !is_an_order(&one.line))
                .collect();
            assert!(odd.is_empty(), "{verb} {path} -> {}: {odd:?}", got.status);
        }
    }
}

/// Whether this is what the test's own route leads to: one plain segment behind `/fast/orders`.
fn is_an_order(line: &str) -> bool {
    let target = line.split_once(' ').map_or("", |(_, target)| target);
    target.strip_prefix("/fast/orders/").is_some_and(|id| {
        id.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    })
}
