//! Record rules of the Odoo look-alike, as users and administrators see them.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test fails as the test does"
)]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use portcullis_sandbox::odoo::{Key, Odoo, Options, Role, User};
use portcullis_sandbox::{Running, UpstreamLog, serve};

struct Erp(Running);

fn user(login: &str, role: Role) -> User {
    User {
        login: login.to_owned(),
        name: login.to_uppercase(),
        role,
        password: format!("{login}-password"),
        keys: vec![Key::rpc(format!("{login}-key"))],
    }
}

impl Erp {
    /// `narrow` has the id 7, `other` 8, `own` 9.
    fn start() -> Self {
        let users = vec![
            user("admin", Role::Admin),
            user("narrow", Role::Sales),
            user("other", Role::Sales),
            user("own", Role::SalesOwn),
        ];
        let odoo = Arc::new(Odoo::new(Options::new("demo", users)));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self(serve(listener, odoo, UpstreamLog::in_memory()).unwrap())
    }

    fn call(&self, who: &str, path: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.0.address()).unwrap();
        let length = body.len();
        let head = format!(
            "POST /json/2/{path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer {who}-key\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }

    fn good(&self, who: &str, path: &str, body: &str) -> String {
        let (status, answer) = self.call(who, path, body);
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// Makes a rule on contacts and returns its id.
    fn rule(&self, domain: &str, more: &str) -> String {
        let model = self.good(
            "admin",
            "ir.model/search",
            r#"{"domain": [["model", "=", "res.partner"]]}"#,
        );
        let model = model.trim_matches(['[', ']']);
        let made = self.good(
            "admin",
            "ir.rule/create",
            &format!(
                r#"{{"vals_list": [{{"name": "x", "model_id": {model}, "domain_force": "{domain}"{more}}}]}}"#
            ),
        );
        made.trim_matches(['[', ']']).to_owned()
    }

    fn count(&self, who: &str) -> usize {
        let count = self.good(who, "res.partner/search_count", r#"{"domain": []}"#);
        count.parse().unwrap()
    }
}

const COMPANIES: &str = "[('is_company', '=', True)] if user.id == 7 else [(1, '=', 1)]";
/// Whoever is a contact and no company, and somebody's company, of the demonstration data.
const PERSON: &str = r#"{"domain": [["is_company", "=", false]], "limit": 1}"#;

#[test]
fn a_rule_for_one_user_narrows_that_one_and_nobody_else() {
    let erp = Erp::start();
    let (all, others) = (erp.count("narrow"), erp.count("other"));
    let person = erp.good("narrow", "res.partner/search", PERSON);
    let read = format!(r#"{{"ids": {person}, "fields": ["name"]}}"#);
    let write = format!(r#"{{"ids": {person}, "vals": {{"comment": "x"}}}}"#);
    let unlink = format!(r#"{{"ids": {person}}}"#);
    erp.good("narrow", "res.partner/read", &read);
    erp.good("narrow", "res.partner/write", &write);
    let rule = erp.rule(COMPANIES, "");
    let companies = erp.count("narrow");
    assert!(companies > 0 && companies < all);
    assert_eq!(erp.count("other"), others);
    erp.good("other", "res.partner/write", &write);
    for (method, body) in [("read", &read), ("write", &write), ("unlink", &unlink)] {
        let (status, answer) = erp.call("narrow", &format!("res.partner/{method}"), body);
        assert_eq!(status, 403, "{answer}");
        assert!(answer.contains("odoo.exceptions.AccessError"), "{answer}");
    }
    let new = |company| format!(r#"{{"vals_list": [{{"name": "N", "is_company": {company}}}]}}"#);
    erp.good("narrow", "res.partner/create", &new(true));
    assert_eq!(erp.call("narrow", "res.partner/create", &new(false)).0, 403);
    erp.good("other", "res.partner/create", &new(false));
    erp.good(
        "admin",
        "ir.rule/unlink",
        &format!(r#"{{"ids": [{rule}]}}"#),
    );
    assert_eq!(erp.count("narrow"), all + 2);
}

#[test]
fn a_rule_holds_for_what_it_names_and_while_it_is_on() {
    let erp = Erp::start();
    let all = erp.count("narrow");
    let person = erp.good("narrow", "res.partner/search", PERSON);
    let write = format!(r#"{{"ids": {person}, "vals": {{"comment": "x"}}}}"#);
    let rule = erp.rule(
        COMPANIES,
        r#", "perm_read": false, "perm_create": false, "perm_unlink": false"#,
    );
    assert_eq!(erp.count("narrow"), all);
    assert_eq!(erp.call("narrow", "res.partner/write", &write).0, 403);
    let off = format!(r#"{{"ids": [{rule}], "vals": {{"active": false}}}}"#);
    erp.good("admin", "ir.rule/write", &off);
    erp.good("narrow", "res.partner/write", &write);
}

#[test]
fn of_rules_of_groups_one_is_enough_and_all_others_hold() {
    let erp = Erp::start();
    let all = erp.count("narrow");
    // Two rules of a group that both have: either is enough.
    let group = r#", "groups": [[6, 0, [22]]]"#;
    erp.rule("[('is_company', '=', True)]", group);
    let companies = erp.count("narrow");
    assert!(companies > 0 && companies < all);
    erp.rule("[('is_company', '=', False)]", group);
    assert_eq!(erp.count("narrow"), all);
    // One of nobody's group is for everybody, beside those.
    erp.rule("[('is_company', '=', True)]", "");
    assert_eq!(erp.count("narrow"), companies);
    // A rule of a group that somebody has not does nothing to it.
    erp.rule("[(0, '=', 1)]", r#", "groups": [[6, 0, [10]]]"#);
    assert_eq!(erp.count("narrow"), companies);
}

#[test]
fn what_cannot_be_evaluated_lets_nobody_through() {
    let erp = Erp::start();
    assert!(erp.count("other") > 0);
    // It is tried for whoever writes it only, as on the real server.
    erp.rule("[(1, '=', 1)] if user.id == 2 else user.env.cr", "");
    assert_eq!(erp.count("other"), 0);
    assert!(erp.count("admin") > 0);
}

#[test]
fn a_rule_that_is_none_is_refused() {
    let erp = Erp::start();
    let body = |domain: &str, more: &str| {
        format!(
            r#"{{"vals_list": [{{"name": "x", "model_id": 1, "domain_force": "{domain}"{more}}}]}}"#
        )
    };
    erp.good("admin", "ir.rule/create", &body("[]", ""));
    for refused in [
        body("nonsense", ""),
        body("[('nonsense', '=', 1)]", ""),
        body(
            "[]",
            r#", "perm_read": false, "perm_write": false, "perm_create": false, "perm_unlink": false"#,
        ),
    ] {
        let (status, answer) = erp.call("admin", "ir.rule/create", &refused);
        assert_eq!(status, 422, "{answer}");
    }
    // Who does not administer sees no rules.
    assert_eq!(erp.call("narrow", "ir.rule/create", &body("[]", "")).0, 403);
    let (status, _) = erp.call("narrow", "ir.rule/search_read", "{}");
    assert_eq!(status, 403);
}

#[test]
fn the_rules_of_the_recorded_server_are_there() {
    let erp = Erp::start();
    let rules = erp.good(
        "admin",
        "ir.rule/search_read",
        r#"{"domain": [["model_id.model", "=", "sale.order"]], "fields": ["name", "global"], "order": "id"}"#,
    );
    assert!(
        rules.contains("Personal Orders") && !rules.contains("true"),
        "{rules}"
    );
    let orders = |who: &str| erp.good(who, "sale.order/search_count", r#"{"domain": []}"#);
    let (wide, own) = (orders("other"), orders("own"));
    assert!(
        own.parse::<usize>().unwrap() < wide.parse().unwrap(),
        "{own} of {wide}"
    );
}
