//! What `check` says of routes: every error at once, each at its place.

use portcullis_testkit::services;

use super::{ROUTES, place};

/// A route, and what is wrong with it: the line that is marked, and a part of the message.
const WRONG: &[(&str, &str, &str)] = &[
    ("path = \"/web/x\"", "path =", "belongs to a dialect"),
    ("path = \"/API/Method/x\"", "path =", "belongs to a dialect"),
    ("path = \"/api/{what}\"", "path =", "belongs to a dialect"),
    ("path = \"/x/%2e%2e\"", "path =", "neither a word"),
    (
        "path = \"/x\"\nto = \"/xmlrpc/2/object\"",
        "to =",
        "belongs to a dialect",
    ),
    (
        "path = \"/x/{a}\"\nto = \"/x/{b}\"",
        "to =",
        "same parameters",
    ),
    (
        "path = \"/fast/orders/{id}\"",
        "path =",
        "overlaps the route `fast-order`",
    ),
    (
        "path = \"/x/{a}\"\nparameters = { a = \"(\" }",
        "parameters =",
        "no regular expression",
    ),
    (
        "path = \"/x\"\nparameters = { b = \".\" }",
        "parameters =",
        "no parameter `b`",
    ),
    (
        "path = \"/x\"\nrequest-headers = [\"Cookie\"]",
        "request-headers",
        "never handed on",
    ),
    (
        "path = \"/x\"\nrequest-headers = [\"X-Forwarded-For\"]",
        "request-headers",
        "never handed on",
    ),
    (
        "path = \"/x\"\nrequest-headers = [\"X-Dry-Run\"]",
        "request-headers",
        "never handed on",
    ),
    (
        "path = \"/x\"\nanswer-headers = [\"X-Dry-Run\"]",
        "answer-headers",
        "never handed on",
    ),
    (
        "path = \"/x\"\nanswer-headers = [\"Set-Cookie\"]",
        "answer-headers",
        "never handed on",
    ),
    (
        "path = \"/x\"\nanswers = [\"json\"]",
        "answers",
        "no content type",
    ),
    (
        "path = \"/x\"\nanswer-headers = [\"Refresh\"]",
        "answer-headers",
        "never handed on",
    ),
    (
        "path = \"/x\"\nform-targets = [\"https://*.example.com\"]",
        "form-targets",
        "an origin such as",
    ),
    (
        "path = \"/x\"\nform-targets = [\"'unsafe-inline'; script-src *\"]",
        "form-targets",
        "an origin such as",
    ),
    (
        "path = \"/x\"\nform-targets = [\"https://pay.example.com/path\"]",
        "form-targets",
        "an origin such as",
    ),
    ("path = \"/x\"\nsunset = \"soon\"", "sunset", "no day"),
    (
        "path = \"/x\"\ncallers = [\"a\"]\nanonymous = true",
        "callers",
        "no effect",
    ),
    (
        "path = \"/x\"\ncredential = {}",
        "credential",
        "one of the tables",
    ),
    (
        "path = \"/x\"\ncredential.header = {}",
        "credential",
        "in which header",
    ),
    (
        "path = \"/x\"\ncredential.header = { name = \"Host\" }",
        "credential",
        "cannot carry",
    ),
    (
        "path = \"/x\"\ncredential.bearer = {}\nanonymous = true",
        "credential",
        "may be nobody",
    ),
    (
        "path = \"/x\"\ncredential.session = { secret-file = \"f\" }",
        "credential",
        "of an ERP user",
    ),
    (
        "path = \"/x\"\ncredential.token = {}",
        "credential",
        "Frappe",
    ),
    (
        "path = \"/x\"\nenvelope = \"jsonrpc\"",
        "[[route]]",
        "`envelope` is for",
    ),
    (
        "path = \"/x\"\nschema-file = \"order.json\"",
        "schema-file",
        "no effect",
    ),
];

#[test]
fn every_error_of_a_route_is_told_at_its_line() {
    let services = services::Served::start();
    assert_eq!(place(&services, ROUTES).run(&["check"]).0, 0);
    let told = |routes: &str| {
        let place = place(&services, &format!("{ROUTES}\n{routes}"));
        let text = std::fs::read_to_string(place.path().join("portcullis.toml")).unwrap();
        let (code, said) = place.run(&["check"]);
        assert_eq!(code, 2, "{routes}: {said}");
        let problems = said["problems"].as_array().unwrap();
        let told: Vec<(String, String)> = problems
            .iter()
            .map(|problem| {
                let line = problem["line"].as_u64().unwrap_or(1) as usize;
                let line = text.lines().nth(line - 1).unwrap_or_default().to_owned();
                (line, problem["message"].as_str().unwrap().to_owned())
            })
            .collect();
        told
    };
    let route = |more: &str| {
        format!("[[route]]\nname = \"wrong\"\nupstream = \"odoo\"\nverbs = [\"GET\"]\n{more}\n")
    };
    for (more, line, message) in WRONG {
        let told = told(&route(more));
        assert!(
            told.len() == 1 && told[0].0.starts_with(line) && told[0].1.contains(message),
            "{more}: {told:?}"
        );
    }
    for (text, message) in [
        (
            route("path = \"/x\"\nsurprise = 1"),
            "unknown field `surprise`",
        ),
        (
            route("path = \"/x\"").replace("GET", "POST"),
            "`schema-file` names",
        ),
        (route("path = \"/x\"").replace("GET", "get"), "a verb is"),
        (
            route("path = \"/x\"").replace("wrong", "orders"),
            "a second route",
        ),
        (
            route("path = \"/x\"").replace("\"odoo\"", "\"none\""),
            "names an `[upstream.NAME]`",
        ),
        (
            route("path = \"/x\"\nschema-file = \"none.json\"").replace("GET", "POST"),
            "cannot be read",
        ),
        (
            route("path = \"/x\"\nschema-file = \"password\"").replace("GET", "POST"),
            "not valid JSON",
        ),
    ] {
        let told = told(&text);
        assert!(
            told.len() == 1 && told[0].1.contains(message),
            "{text}: {told:?}"
        );
    }
    // All at once.
    let two = route("path = \"/web\"") + &route("path = \"/y\"\nsunset = \"soon\"");
    assert_eq!(told(&two).len(), 2);
}

#[test]
fn a_role_that_names_a_route_that_is_not_there_is_an_error() {
    let services = services::Served::start();
    let place = place(&services, ROUTES);
    assert_eq!(place.run(&["check"]).0, 0);
    place.put_role("[[rule]]\nname = \"a\"\ndeny = true\nroutes = [\"ordres\"]\n");
    let (code, said) = place.run(&["check"]);
    assert_eq!(code, 2, "{said}");
    assert_eq!(said["problems"][0]["line"], 4, "{said}");
    place.put_role("[[rule]]\nname = \"a\"\nroutes = [\"orders\"]\nmodels = [\"res.partner\"]\n");
    let (code, said) = place.run(&["check"]);
    assert_eq!(code, 2, "{said}");
    assert!(
        said.to_string()
            .contains("has no effect in a rule with `routes`"),
        "{said}"
    );
}
