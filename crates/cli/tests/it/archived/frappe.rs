//! A Frappe's disabled users. It goes on taking their keys; a gateway does not.

use serde_json::{Value as Json, json};

use super::{FRAPPE, at_the_erp, becomes, done, key, listed, place, records, secret, told};
use crate::demo::{Demo, Got, send};
use crate::serve::Served;

const USER: &str = "integration@example.com";
const SECOND: &str = "second@example.com";

/// Disables a user, or enables it again, as the site's administrator.
fn enable(demo: &Demo, user: &str, enabled: bool) {
    let url = format!("{}/api/resource/User/{user}", demo.fact("/erpnext"));
    let token = format!("token {}", secret(demo, "erpnext-administrator"));
    let body = json!({"enabled": i64::from(enabled)}).to_string();
    let request = http::Request::put(url)
        .header("authorization", token)
        .header("content-type", "application/json");
    let request = request.body(body.into_bytes()).unwrap();
    assert_eq!(at_the_erp(request).0, 200);
}

fn ask(served: &Served, key: &str, name: &str) -> Got {
    let body = json!({"customer_name": name, "customer_type": "Company"}).to_string();
    let request = http::Request::post(format!("{}/api/resource/Customer", served.url))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json");
    send(request.body(body.into_bytes()).unwrap())
}

/// Creates a customer; answers who owns it, if it was created.
fn owner(served: &Served, key: &str, name: &str) -> Option<String> {
    let got = ask(served, key, name);
    if got.status != 200 {
        return None;
    }
    let made: Json = serde_json::from_slice(&got.body).expect("JSON");
    made["data"]["owner"].as_str().map(str::to_owned)
}

fn whoami(served: &Served, key: &str) -> Got {
    let url = format!("{}/api/method/frappe.auth.get_logged_user", served.url);
    let request = http::Request::get(url).header("authorization", format!("Bearer {key}"));
    send(request.body(Vec::new()).unwrap())
}

#[test]
fn a_disabled_user_is_refused_or_stood_in_for() {
    let demo = Demo::start();
    let place = place(&demo, FRAPPE, "");
    let (plain, plain_id) = key(&place, "erpnext", USER, &[]);
    let (covered, covered_id) = key(&place, "erpnext", USER, &["--stand-in", SECOND]);
    let served = place.serve();
    assert_eq!(owner(&served, &plain, "One").as_deref(), Some(USER));
    assert_eq!(owner(&served, &covered, "Two").as_deref(), Some(USER));

    enable(&demo, USER, false);
    // The site itself goes on taking the key.
    let url = format!(
        "{}/api/method/frappe.auth.get_logged_user",
        demo.fact("/erpnext")
    );
    let token = format!("token {}", secret(&demo, "erpnext-integration"));
    let request = http::Request::get(url).header("authorization", token);
    assert_eq!(at_the_erp(request.body(Vec::new()).unwrap()).0, 200);
    let unknown = ask(&served, "pck_nothing", "X");
    becomes("the plain key is refused", || {
        whoami(&served, &plain).status == 401
    });
    becomes("another one stands in", || {
        whoami(&served, &covered).text().contains(SECOND)
    });
    done(&demo);
    assert_eq!(told(&ask(&served, &plain, "Three")), told(&unknown));
    assert_eq!(done(&demo), Vec::<String>::new());
    assert_eq!(owner(&served, &covered, "Four").as_deref(), Some(SECOND));
    let trail = records(&place);
    assert!(
        trail
            .iter()
            .any(|line| line["key"] == *plain_id && line.to_string().contains("erp-user-archived")),
        "{trail:?}"
    );
    assert!(
        trail.iter().any(|line| line["key"] == *covered_id
            && line["login"] == SECOND
            && line["instead-of"] == USER
            && line["outcome"] == "done"),
        "{trail:?}"
    );
    assert!(listed(&place, USER)["archived"].is_string());

    enable(&demo, USER, true);
    becomes("it is itself again", || {
        owner(&served, &plain, "Five").as_deref() == Some(USER)
    });
    assert_eq!(owner(&served, &covered, "Six").as_deref(), Some(USER));
}
