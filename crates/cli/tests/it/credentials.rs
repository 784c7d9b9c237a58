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

const FRAPPE: [Dialect; 4] = [
    Dialect::FrappeResource,
    Dialect::FrappeMethod,
    Dialect::FrappeV2,
    Dialect::Rest,
];

const ODOO: [Dialect; 6] = [
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
        Dialect::FrappeResource => ("/api/resource/Customer", "", String::new()),
        Dialect::FrappeMethod => (
            "/api/method/frappe.client.get_count?doctype=Customer",
            "",
            String::new(),
        ),
        Dialect::FrappeV2 => ("/api/v2/document/Customer", "", String::new()),
        Dialect::Rest => (
            "/api/v1/res.partner/search_count",
            "application/json",
            json!({"domain": []}).to_string(),
        ),
        Dialect::Json2 | Dialect::OdooWeb | Dialect::FrappeFile | Dialect::Custom => (
            "/json/2/res.partner/search_count",
            "application/json",
            json!({"domain": []}).to_string(),
        ),
    }
}

fn ask(table: &Table<'_>, dialect: Dialect, style: Style, key: &str, state: State) -> Got {
    let (id, secret) = key.rsplit_once('_').unwrap();
    let pair = format!("{id}:{secret}");
    let in_slot = if style == Style::Slot { key } else { "" };
    let (path, content_type, text) = match (dialect, table.frappe) {
        (Dialect::Rest, true) => ("/api/v1/Customer?limit=1", "", String::new()),
        _ => body(dialect, in_slot),
    };
    let mut url = format!("{}{path}", table.served.url);
    let mut shown = None;
    match style {
        Style::Header(name) => shown = Some((name, key.to_owned())),
        Style::Authorization(scheme) => shown = Some(("Authorization", format!("{scheme} {key}"))),
        Style::Token => shown = Some(("Authorization", format!("token {pair}"))),
        Style::Basic => {
            let text = base64::engine::general_purpose::STANDARD.encode(&pair);
            shown = Some(("Authorization", format!("Basic {text}")));
        }
        Style::Query => {
            let joint = if path.contains('?') { '&' } else { '?' };
            url.push_str(&format!("{joint}api_key={key}"));
        }
        Style::Slot => {}
    }
    let address = if state == Elsewhere {
        "198.51.100.1"
    } else {
        "192.0.2.7"
    };
    let proto = if state == InClear { "http" } else { "https" };
    let verb = if text.is_empty() { "GET" } else { "POST" };
    let mut request = http::Request::builder()
        .method(verb)
        .uri(url)
        .header("x-forwarded-for", address)
        .header("x-forwarded-proto", proto);
    if !content_type.is_empty() {
        request = request.header("content-type", content_type);
    }
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
        Dialect::FrappeResource | Dialect::FrappeMethod | Dialect::FrappeV2 => {
            let body: Json = serde_json::from_str(&text).unwrap();
            got.status == 200 && (body["data"].is_array() || body["message"].is_u64())
        }
        Dialect::Json2 | Dialect::OdooWeb | Dialect::FrappeFile | Dialect::Custom => {
            got.status == 200 && text.trim().parse::<u64>().is_ok()
        }
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
        Dialect::Json2
        | Dialect::OdooWeb
        | Dialect::FrappeFile
        | Dialect::Custom
        | Dialect::FrappeResource
        | Dialect::FrappeMethod
        | Dialect::FrappeV2 => got.status == 401,
    }
}

/// What is tried: a gateway before one ERP.
struct Table<'a> {
    demo: &'a Demo,
    place: &'a Place,
    served: &'a Served,
    frappe: bool,
}

#[test]
fn each_style_in_each_dialect_and_each_state_before_odoo() {
    let demo = Demo::start();
    let place = Place::before(&demo, SETTINGS);
    let other = Place::before(&demo, SETTINGS);
    tried(&demo, (&place, &other), "integration", &ODOO);
}

#[test]
fn each_style_in_each_dialect_and_each_state_before_erpnext() {
    const CUSTOMERS: &str = "[[rule]]\nname = \"c\"\nmodels = [\"Customer\"]\noperations = [\"read\"]\nfields = \"*\"\n";
    let demo = Demo::start();
    let place = Place::before_frappe(&demo, demo.fact("/erpnext"), SETTINGS);
    let other = Place::before_frappe(&demo, demo.fact("/erpnext"), SETTINGS);
    place.put_role(CUSTOMERS);
    other.put_role(CUSTOMERS);
    tried(&demo, (&place, &other), "integration@example.com", &FRAPPE);
}

/// A key in each state; those that nobody knows are of another gateway.
fn keys(place: &Place, other: &Place, user: &str) -> BTreeMap<State, (String, String)> {
    let near = ["--from", "192.0.2.0/24"];
    let mut keys = BTreeMap::new();
    for state in [Good, Revoked, Suspended, Elsewhere, InClear] {
        keys.insert(state, place.key_of(&format!("{state:?}"), user, &near));
    }
    let made = place.run(&["key", "show", &keys[&Good].1]).1;
    let made = OffsetDateTime::parse(made["created"].as_str().unwrap(), &Rfc3339).unwrap();
    let soon = made + time::Duration::seconds(10);
    let soon = soon.format(&Rfc3339).unwrap();
    keys.insert(
        Expired,
        place.key_of("Expired", user, &["--expires", &soon]),
    );
    let style = ["--style", "certificate"];
    keys.insert(OtherStyle, place.key_of("OtherStyle", user, &style));
    let good = &keys[&Good].0;
    let mistyped = good.get(..good.len() - 3).unwrap().to_owned() + "aaa";
    keys.insert(Mistyped, (mistyped, String::new()));
    keys.insert(Unknown, other.key_of("elsewhere", user, &[]));
    assert_eq!(place.run(&["key", "revoke", &keys[&Revoked].1]).0, 0);
    assert_eq!(place.run(&["key", "suspend", &keys[&Suspended].1]).0, 0);
    keys
}

fn tried(demo: &Demo, (place, other): (&Place, &Place), user: &str, dialects: &[Dialect]) {
    let keys = keys(place, other, user);
    let served = place.serve();
    let table = Table {
        demo,
        place,
        served: &served,
        frappe: dialects == FRAPPE,
    };
    // Until it is over, it is good; that is long enough ahead for a slow machine to see.
    let (expiring, header) = (&keys[&Expired].0, Style::Header("X-API-Key"));
    let over = within(30_000, || {
        let got = ask(&table, dialects[0], header, expiring, Expired);
        refused(dialects[0], &got).then_some(())
    });
    assert!(over.is_some(), "it does not end");
    pause(500);
    let before = place.lines(&["audit", "tail", "-n", "100000"]).len();
    demo.reached();
    let expected = asked(&table, dialects, &keys);
    pause(1000);
    let trail = table
        .place
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

/// Asks everything; answers how often each state was refused.
fn asked(
    table: &Table<'_>,
    dialects: &[Dialect],
    keys: &BTreeMap<State, (String, String)>,
) -> BTreeMap<State, usize> {
    let mut expected: BTreeMap<State, usize> = BTreeMap::new();
    for dialect in dialects {
        for style in STYLES {
            if style == Style::Slot && !has_slot(*dialect) {
                continue;
            }
            for (state, (key, _)) in keys {
                let got = ask(table, *dialect, style, key, *state);
                let place = format!("{dialect:?} {style:?} {state:?}: {}", got.text());
                let reached = table.demo.reached();
                if *state == Good {
                    assert!(counted(*dialect, &got), "{place}");
                } else {
                    assert!(refused(*dialect, &got), "{place}");
                    assert!(reached.is_empty(), "{place}: {reached:?}");
                }
                *expected.entry(*state).or_default() += 1;
            }
        }
    }
    let each = expected.values().copied().min();
    assert!(each.is_some_and(|each| each >= 40), "{expected:?}");
    expected
}
