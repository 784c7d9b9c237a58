//! A session is good where it was opened, and for the client that opened it, as `[sessions]` says.

use super::office::Office;
use crate::demo::Got;

const PROXY: &str = "[addresses]\ntrusted-proxies = [\"127.0.0.1\"]\n";

/// Logs in from this network by this client; answers the token.
fn log_in(office: &Office, address: &str, agent: &str) -> String {
    let body = office.good("anna").to_string();
    let headers = [
        ("content-type", "application/json"),
        ("x-forwarded-for", address),
        ("x-forwarded-proto", "https"),
        ("user-agent", agent),
    ];
    let got = office.ask("POST", "session", &headers, body.as_bytes());
    assert_eq!(got.status, 201, "{}", got.text());
    got.json()["token"].as_str().expect("a token").to_owned()
}

fn show(office: &Office, token: &str, address: &str, agent: &str) -> Got {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("x-forwarded-for", address),
        ("x-forwarded-proto", "https"),
        ("user-agent", agent),
    ];
    office.ask("GET", "self", &headers, b"")
}

fn office(more: &str) -> Office {
    let office = Office::open(&format!("{PROXY}{more}"));
    office.add("anna", "auditor");
    office.enrol_totp("anna", -1);
    office
}

#[test]
fn a_session_that_another_client_uses_ends() {
    let office = office("");
    let token = log_in(&office, "192.0.2.7", "browser 1");
    // Networks change, unless something else is said.
    for address in ["192.0.2.7", "192.0.2.200", "198.51.100.1"] {
        assert_eq!(show(&office, &token, address, "browser 1").status, 200);
    }
    for agent in ["browser 2", ""] {
        let token = log_in(&office, "192.0.2.7", "browser 1");
        assert_eq!(show(&office, &token, "192.0.2.7", "browser 1").status, 200);
        assert_eq!(show(&office, &token, "192.0.2.7", agent).status, 401);
        let again = show(&office, &token, "192.0.2.7", "browser 1");
        assert_eq!(again.status, 401, "it has ended");
    }
    assert_eq!(
        show(&office, &token, "192.0.2.7", "browser 1").status,
        200,
        "the others go on"
    );
}

#[test]
fn a_session_is_bound_to_its_network_and_not_to_its_client_where_that_is_said() {
    let office = office("[sessions]\non-new-network = \"end\"\non-new-agent = \"ignore\"\n");
    let token = log_in(&office, "192.0.2.7", "browser 1");
    for (address, agent) in [
        ("192.0.2.7", "browser 1"),
        ("192.0.2.7", "browser 2"),
        ("192.0.2.200", ""),
    ] {
        assert_eq!(show(&office, &token, address, agent).status, 200);
    }
    assert_eq!(show(&office, &token, "192.0.3.7", "browser 1").status, 401);
    assert_eq!(show(&office, &token, "192.0.2.7", "browser 1").status, 401);
}
