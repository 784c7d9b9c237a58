//! Each style of credential in each dialect, in each state: the right answer, one record, and
//! nothing at the ERP.

use std::collections::BTreeMap;

use base64::Engine as _;
use portcullis_erp::Dialect;
use serde_json::{Value as Json, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::demo::{Demo, Got, send};
use crate::pause;
use crate::serve::{Place, Served};
use crate::within;

const SETTINGS: &str = "[limits]\nper-minute = 600000\nburst = 100000\naddress-failures-per-minute = 600000\n\
address-failures-burst = 100000\n[addresses]\ntrusted-proxies = [\"127.0.0.1\"]\n[credentials]\n\
headers = [\"X-Shop-Key\"]\nin-query = true\n[keys]\nlongest-days = 0\n";

/// How a key is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Style {
    Header(&'static str),
    Authorization(&'static str),
    Token,
    Basic,
    Query,
    /// The password slot of the RPCs.
    Slot,
}

const STYLES: [Style; 11] = [
    Style::Header("X-API-Key"),
    Style::Header("API-KEY"),
    Style::Header("X-Openerp-Session-Id"),
    Style::Header("X-Shop-Key"),
    Style::Authorization("Bearer"),
    Style::Authorization("ApiKey"),
    Style::Token,
    Style::Basic,
    Style::Query,
    Style::Slot,
    Style::Authorization("bearer"),
];

const DIALECTS: [Dialect; 6] = [
    Dialect::XmlRpc1,
    Dialect::XmlRpc2,
    Dialect::JsonRpc,
    Dialect::Json2,
    Dialect::Rest,
    Dialect::OdooCall,
];

/// What is so about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Good,
    Unknown,
    Mistyped,
    Expired,
    Revoked,
    Suspended,
    Elsewhere,
    OtherStyle,
    InClear,
}

use State::{Elsewhere, Expired, Good, InClear, Mistyped, OtherStyle, Revoked, Suspended, Unknown};

/// What the record of a refusal says of it; none where there is nobody to record.
fn told(state: State) -> Option<&'static str> {
    match state {
        Expired => Some("key-expired"),
        Revoked => Some("key-revoked"),
        Suspended => Some("key-suspended"),
        Elsewhere => Some("key-address"),
        OtherStyle => Some("key-style"),
        InClear => Some("identify.clear"),
        Good | Unknown | Mistyped => None,
    }
}

fn has_slot(dialect: Dialect) -> bool {
    matches!(
        dialect,
        Dialect::XmlRpc1 | Dialect::XmlRpc2 | Dialect::JsonRpc
    )
}

/// A request that counts contacts, with this text in the password slot if there is one.
fn body(dialect: Dialect, password: &str) -> (&'static str, &'static str, String) {
    match dialect {
        Dialect::XmlRpc1 | Dialect::XmlRpc2 => {
            let path = if dialect == Dialect::XmlRpc1 {
                "/xmlrpc/object"
            } else {
                "/xmlrpc/2/object"
            };
            let text = format!(
                "<methodCall><methodName>execute_kw</methodName><params>\
                 <param><value>demo</value></param><param><value><int>7</int></value></param>\
                 <param><value>{password}</value></param><param><value>res.partner</value></param>\
                 <param><value>search_count</value></param>\
                 <param><value><array><data><value><array><data/></array></value></data></array></value></param>\
                 </params></methodCall>"
            );
            (path, "text/xml", text)
        }
        Dialect::JsonRpc => {
            let call = json!({"jsonrpc": "2.0", "method": "call", "id": 1, "params": {
                "service": "object", "method": "execute_kw",
                "args": ["demo", 7, password, "res.partner", "search_count", [[]]]}});
            ("/jsonrpc", "application/json", call.to_string())
        }
        Dialect::OdooCall => {
            let call = json!({"jsonrpc": "2.0", "method": "call", "id": 1, "params": {
                "model": "res.partner", "method": "search_count", "args": [[]], "kwargs": {}}});
            ("/web/dataset/call_kw", "application/json", call.to_string())
        }
        Dialect::Rest => (
            "/api/v1/res.partner/search_count",
            "application/json",
            json!({"domain": []}).to_string(),
        ),
        _ => (
            "/json/2/res.partner/search_count",
            "application/json",
            json!({"domain": []}).to_string(),
        ),
    }
}

fn ask(served: &Served, dialect: Dialect, style: Style, key: &str, state: State) -> Got {
    let pair = key
        .replacen('_', "\u{0}", 1)
        .replacen('_', ":", 1)
        .replace('\u{0}', "_");
    let in_slot = if style == Style::Slot { key } else { "" };
    let (path, content_type, text) = body(dialect, in_slot);
    let mut url = format!("{}{path}", served.url);
    let mut shown = None;
    match style {
        Style::Header(name) => shown = Some((name, key.to_owned())),
        Style::Authorization(scheme) => shown = Some(("Authorization", format!("{scheme} {key}"))),
        Style::Token => shown = Some(("Authorization", format!("token {pair}"))),
        Style::Basic => {
            let text = base64::engine::general_purpose::STANDARD.encode(&pair);
            shown = Some(("Authorization", format!("Basic {text}")));
        }
        Style::Query => url.push_str(&format!("?api_key={key}")),
        Style::Slot => {}
    }
    let address = if state == Elsewhere {
        "198.51.100.1"
    } else {
        "192.0.2.7"
    };
    let proto = if state == InClear { "http" } else { "https" };
    let mut request = http::Request::post(url)
        .header("content-type", content_type)
        .header("x-forwarded-for", address)
        .header("x-forwarded-proto", proto);
    if let Some((name, value)) = shown {
        request = request.header(name, value);
    }
    send(request.body(text.into_bytes()).unwrap())
}

/// The number that was answered, if one was.
fn counted(dialect: Dialect, got: &Got) -> bool {
    let text = got.text();
    match dialect {
        Dialect::XmlRpc1 | Dialect::XmlRpc2 => text.contains("<int>"),
        Dialect::JsonRpc | Dialect::OdooCall => {
            let body: Json = serde_json::from_str(&text).unwrap();
            body["result"].is_u64()
        }
        Dialect::Rest => text.starts_with("{\"data\":"),
        _ => got.status == 200 && text.trim().parse::<u64>().is_ok(),
    }
}

/// Whether it is refused as this dialect refuses whoever is not let in.
fn refused(dialect: Dialect, got: &Got) -> bool {
    let text = got.text();
    match dialect {
        Dialect::XmlRpc1 | Dialect::XmlRpc2 => got.status == 200 && text.contains("<fault>"),
        Dialect::JsonRpc | Dialect::OdooCall => {
            let body: Json = serde_json::from_str(&text).unwrap();
            got.status == 200 && body["error"].is_object() && body.get("result").is_none()
        }
        Dialect::Rest => {
            got.status == 401 && got.content_type.starts_with("application/problem+json")
        }
        _ => got.status == 401,
    }
}

#[test]
fn each_style_in_each_dialect_and_each_state() {
    let demo = Demo::start();
    let place = Place::before(&demo, SETTINGS);
    let mut keys = BTreeMap::new();
    let near = ["--from", "192.0.2.0/24"];
    for state in [Good, Revoked, Suspended, Elsewhere, InClear] {
        keys.insert(state, place.key(&format!("{state:?}"), &near));
    }
    let made = place.run(&["key", "show", &keys[&Good].1]).1;
    let made = OffsetDateTime::parse(made["created"].as_str().unwrap(), &Rfc3339).unwrap();
    let soon = (made + time::Duration::seconds(10))
        .format(&Rfc3339)
        .unwrap();
    keys.insert(Expired, place.key("Expired", &["--expires", &soon]));
    let style = ["--style", "certificate"];
    keys.insert(OtherStyle, place.key("OtherStyle", &style));
    let good = keys[&Good].0.clone();
    keys.insert(
        Mistyped,
        (good[..good.len() - 3].to_owned() + "aaa", String::new()),
    );
    let other = Place::before(&demo, SETTINGS);
    keys.insert(Unknown, other.key("elsewhere", &[]));
    assert_eq!(place.run(&["key", "revoke", &keys[&Revoked].1]).0, 0);
    assert_eq!(place.run(&["key", "suspend", &keys[&Suspended].1]).0, 0);
    let served = place.serve();
    // Until it is over, it is good; that is long enough ahead for a slow machine to see.
    let expiring = keys[&Expired].0.clone();
    let header = Style::Header("X-API-Key");
    let over = within(30_000, || {
        let got = ask(&served, Dialect::Json2, header, &expiring, Expired);
        refused(Dialect::Json2, &got).then_some(())
    });
    assert!(over.is_some(), "it does not end");
    let before = place.lines(&["audit", "tail", "-n", "100000"]).len();
    demo.reached();
    let mut asked = 0;
    let mut expected: BTreeMap<State, usize> = BTreeMap::new();
    for dialect in DIALECTS {
        for style in STYLES {
            if style == Style::Slot && !has_slot(dialect) {
                continue;
            }
            for (state, (key, _)) in &keys {
                let got = ask(&served, dialect, style, key, *state);
                asked += 1;
                let place = format!("{dialect:?} {style:?} {state:?}: {}", got.text());
                let reached = demo.reached();
                if *state == Good {
                    assert!(counted(dialect, &got), "{place}");
                    continue;
                }
                assert!(refused(dialect, &got), "{place}");
                assert!(reached.is_empty(), "{place}: {reached:?}");
                *expected.entry(*state).or_default() += 1;
            }
        }
    }
    assert!(asked > 500, "{asked}");
    pause(1000);
    let trail = place
        .lines(&["audit", "tail", "-n", "100000"])
        .split_off(before);
    for (state, times) in expected {
        let name = format!("{state:?}");
        let Some(word) = told(state) else { continue };
        let own = trail
            .iter()
            .filter(|line| line["principal"] == name.as_str());
        let lines: Vec<&Json> = own.collect();
        assert_eq!(lines.len(), times, "one record each for {name}");
        let said = lines
            .iter()
            .filter(|line| line["closed"].to_string().contains(word));
        assert_eq!(said.count(), times, "{name}: {:?}", lines.first());
    }
}
