//! Paths and arguments that two readers could read differently, or that are no plain names.

use serde_json::json;

use super::{Caller, FORM, segment};
use crate::demo::Demo;

#[test]
fn frappe_6_14_a_path_has_one_reading() {
    let demo = Demo::start();
    let caller = Caller::of(&demo, "erpnext_full");
    let name = caller.some("Customer", "[]");
    let whole = caller.get(&format!("/api/resource/Customer/{}", segment(&name)));
    caller.done(&whole);
    caller.done(&caller.get(&format!("/api/resource/Customer/{}/", segment(&name))));
    for path in [
        "/api/method/ping/anything",
        "/api/resource/Customer%2FName",
        "/api/method/frappe%2Fping",
        "/API/resource/Customer",
        "/api/v2/document/Customer%2FName",
        "/api//resource/Customer",
        "/api/./resource/Customer",
        "/api/resource/../resource/Customer",
        "/api/resource/Customer/%2e%2e",
        "/api/resource/Customer/a%5cb",
    ] {
        assert_eq!(caller.get(path).status, 404, "{path}");
        assert!(demo.reached().is_empty(), "{path}");
    }
    // A name may hold a slash, but nothing that somebody on the way might take for a path.
    for path in ["/api/resource/Customer/a%2Fb", "/api/resource/Customer/a/b"] {
        assert_eq!(caller.get(path).status, 404, "{path}");
        assert_eq!(demo.reached().len(), 1, "the ERP was asked for `a/b`");
    }
    for name in ["..%2Fx", "a%2F..%2Fb", "a%2F%2Fb", "%2Fa", "a%2F.%2Fb"] {
        let got = caller.get(&format!("/api/resource/Customer/{name}"));
        caller.refused(&got, 417, name);
    }
    let body = json!({"doctype": "Customer", "name": "../x"});
    caller.refused(
        &caller.json("POST", "/api/method/frappe.client.delete", &body),
        417,
        "body",
    );
}

#[test]
fn frappe_6_15_nothing_is_said_twice() {
    let demo = Demo::start();
    let caller = Caller::of(&demo, "erpnext_full");
    let path = "/api/method/frappe.client.get_count";
    caller.done(&caller.get(&format!("{path}?doctype=Customer")));
    caller.done(&caller.send(
        "POST",
        path,
        "application/vnd.x+json",
        b"{\"doctype\":\"Customer\"}",
    ));
    let twice = caller.get(&format!("{path}?doctype=Customer&doctype=Sales%20Order"));
    caller.refused(&twice, 417, "in the query");
    let both = caller.send(
        "POST",
        &format!("{path}?doctype=Customer"),
        FORM,
        b"doctype=User",
    );
    caller.refused(&both, 417, "query and form");
    let keys = b"{\"doctype\":\"Customer\",\"doctype\":\"User\"}";
    caller.refused(
        &caller.send("POST", path, "application/json", keys),
        400,
        "JSON",
    );
    let aside = caller.json("POST", &format!("{path}?doctype=Customer"), &json!({}));
    caller.refused(&aside, 417, "a query beside JSON");
    let sid = caller.get(&format!("{path}?doctype=Customer&sid=x"));
    caller.refused(&sid, 417, "sid");
    let utf16 = caller.send("POST", path, "application/json; charset=utf-16", b"{}");
    caller.refused(&utf16, 415, "another encoding");
}

#[test]
fn frappe_6_17_expressions_are_no_fields() {
    let demo = Demo::start();
    let caller = Caller::of(&demo, "erpnext_full");
    caller.done(
        &caller.get("/api/resource/Customer?fields=[\"name\"]&order_by=name%20desc&group_by=name"),
    );
    for query in [
        "fields=[\"name%20as%20x\"]",
        "fields=[\"count(name)\"]",
        "fields=[\"(select%20password%20from%20__Auth)\"]",
        "order_by=name%3Bselect%201",
        "order_by=if(1,name,1)",
        "group_by=name%20union%20select%201",
        "filters=[[\"name%60%3D1--\",\"=\",1]]",
        "filters=[[\"name\",\"=%20or%201\",1]]",
    ] {
        for face in ["/api/resource", "/api/v2/document"] {
            let got = caller.get(&format!("{face}/Customer?{query}"));
            assert!(matches!(got.status, 403 | 417), "{query}: {}", got.text());
            caller.refused(&got, got.status, query);
        }
    }
}
