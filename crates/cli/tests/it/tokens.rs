//! Tokens of issuers: whose word is believed, for what, and until when.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value as Json, json};

use crate::demo::{Demo, Got, send};
use crate::serve::{Place, Served};
use crate::within;

const SECRET: &str = "a secret that both sides know, of many bytes";

#[expect(clippy::disallowed_methods, reason = "tokens last by the real clock")]
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// What an honest issuer says of the shop.
fn claims() -> Json {
    json!({"iss": "https://id.example", "aud": "portcullis", "sub": "shop",
           "iat": now(), "exp": now() + 300})
}

fn by_secret(claims: &Json) -> String {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
}

fn with(change: &[(&str, Json)]) -> String {
    let mut claims = claims();
    for (name, value) in change {
        claims[*name] = value.clone();
    }
    by_secret(&claims)
}

/// A place whose gateway believes one issuer, with these settings of it.
fn believing(demo: &Demo, issuer: &str, more: &str) -> Place {
    let text = format!(
        "{more}\n[[issuer]]\nname = \"id\"\nissuer = \"https://id.example\"\naudience = [\"portcullis\"]\n\
         upstream = \"odoo\"\n{issuer}\n"
    );
    let place = Place::before(demo, &text);
    std::fs::write(place.path().join("secret"), format!("{SECRET}\n")).unwrap();
    place
}

const HS256: &str = "algorithm = \"HS256\"\nsecret-file = \"secret\"\n";
const FIXED: &str = "user = \"integration\"\nroles = [\"reader\"]\n";
const LIMITS: &str = "[limits]\naddress-failures-burst = 500\n";

fn ask(served: &Served, authorization: &str) -> Got {
    let request = http::Request::post(format!("{}/json/2/res.partner/search_count", served.url))
        .header("content-type", "application/json")
        .header("authorization", authorization);
    send(request.body(b"{\"domain\":[]}".to_vec()).unwrap())
}

fn status(served: &Served, token: &str) -> u16 {
    ask(served, &format!("Bearer {token}")).status
}

#[test]
fn the_bearer_of_a_good_token_is_let_in_and_recorded_by_name() {
    let demo = Demo::start();
    let place = believing(&demo, &format!("{HS256}{FIXED}"), LIMITS);
    let served = place.serve();
    assert_eq!(status(&served, &with(&[])), 200);
    // Where clients have but a password slot, it goes there.
    let body = format!(
        "<methodCall><methodName>execute_kw</methodName><params><param><value>demo</value></param>\
         <param><value><int>7</int></value></param><param><value>{}</value></param>\
         <param><value>res.partner</value></param><param><value>search_count</value></param>\
         <param><value><array><data><value><array><data/></array></value></data></array></value></param>\
         </params></methodCall>",
        with(&[])
    );
    let request = http::Request::post(format!("{}/xmlrpc/2/object", served.url));
    let got = send(
        request
            .header("content-type", "text/xml")
            .body(body.into_bytes())
            .unwrap(),
    );
    assert!(got.text().contains("<int>"), "{}", got.text());
    let trail = place.lines(&["audit", "tail"]);
    let told = trail.iter().filter(|line| line["principal"] == "id:shop");
    assert_eq!(told.count(), 2, "{trail:?}");

    demo.reached();
    for (what, token) in [
        ("over", with(&[("exp", json!(now() - 3600))])),
        ("not yet", with(&[("nbf", json!(now() + 3600))])),
        ("endless", with(&[("exp", json!(now() + 400 * 24 * 3600))])),
        ("for others", with(&[("aud", json!("other"))])),
        ("of others", with(&[("iss", json!("https://evil.example"))])),
        (
            "cut",
            with(&[]).rsplit_once('.').unwrap().0.to_owned() + ".",
        ),
    ] {
        assert_eq!(status(&served, &token), 401, "{what}");
    }
    assert!(demo.reached().is_empty());
}

#[test]
fn roles_and_users_come_from_claims_that_were_given_a_meaning() {
    let demo = Demo::start();
    let settings = format!(
        "{HS256}user-claim = \"login\"\nroles-claim = \"realm.roles\"\npersons = true\n[issuer.role]\nreads = [\"reader\"]\n"
    );
    let place = believing(&demo, &settings, LIMITS);
    let served = place.serve();
    let token = |login: &str, roles: Json| {
        with(&[("login", json!(login)), ("realm", json!({"roles": roles}))])
    };
    assert_eq!(
        status(&served, &token("integration", json!(["reads", "other"]))),
        200
    );
    demo.reached();
    for (what, token, expected) in [
        (
            "no role of ours",
            token("integration", json!(["reader", "admin"])),
            401,
        ),
        ("no roles", token("integration", json!([])), 401),
        (
            "no user",
            with(&[("realm", json!({"roles": ["reads"]}))]),
            401,
        ),
        (
            "a user without a credential",
            token("admin", json!(["reads"])),
            503,
        ),
    ] {
        assert_eq!(status(&served, &token), expected, "{what}");
    }
    assert!(demo.reached().is_empty());
    let trail = place.lines(&["audit", "tail"]);
    assert!(
        trail
            .iter()
            .any(|line| line["as"] == "person" && line["login"] == "integration")
    );
}

#[test]
fn a_bearer_has_one_rate_for_all_its_tokens() {
    let demo = Demo::start();
    let settings = format!("{HS256}{FIXED}per-minute = 6\nburst = 3\n");
    let place = believing(&demo, &settings, LIMITS);
    let served = place.serve();
    let tries = |subject: &str| -> Vec<u16> {
        (0..6)
            .map(|n| {
                status(
                    &served,
                    &with(&[("sub", json!(subject)), ("jti", json!(n))]),
                )
            })
            .collect()
    };
    let shop = tries("shop");
    assert!(
        shop.starts_with(&[200, 200]) && shop.contains(&429),
        "{shop:?}"
    );
    assert_eq!(tries("till")[0], 200, "another has its own");
}

/// An issuer that publishes its keys.
struct Issuer {
    url: String,
    set: Arc<Mutex<Vec<u8>>>,
}

impl Issuer {
    fn start() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/keys", socket.local_addr().unwrap());
        let set = Arc::new(Mutex::new(Vec::new()));
        let published = Arc::clone(&set);
        std::thread::spawn(move || {
            for stream in socket.incoming() {
                let Ok(mut stream) = stream else { continue };
                let mut head = [0; 1024];
                if stream.read(&mut head).is_err() {
                    continue;
                }
                let body = published.lock().unwrap().clone();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                stream.write_all(head.as_bytes()).ok();
                stream.write_all(&body).ok();
            }
        });
        Self { url, set }
    }

    /// Publishes a new key under this name, and nothing else; answers it.
    fn publish(&self, name: &str) -> EncodingKey {
        let base64 = |bytes: &[u8]| {
            use base64::Engine as _;
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
        };
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let point = pair.public_key().as_ref();
        let set = json!({"keys": [{"kty": "EC", "crv": "P-256", "use": "sig", "kid": name,
            "x": base64(&point[1..33]), "y": base64(&point[33..])}]});
        *self.set.lock().unwrap() = serde_json::to_vec(&set).unwrap();
        EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref())
    }
}

fn by_key(key: &EncodingKey, name: &str) -> String {
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some(name.to_owned());
    encode(&header, &claims(), key).unwrap()
}

#[test]
fn published_keys_are_fetched_and_followed_when_they_change() {
    let demo = Demo::start();
    let issuer = Issuer::start();
    let first = issuer.publish("first");
    let settings = format!(
        "algorithm = \"ES256\"\njwks-url = \"{}\"\n{FIXED}",
        issuer.url
    );
    let place = believing(&demo, &settings, LIMITS);
    let served = place.serve();
    let good =
        |key: &EncodingKey, name: &str| (status(&served, &by_key(key, name)) == 200).then_some(());
    assert!(within(10_000, || good(&first, "first")).is_some());

    demo.reached();
    let confused = {
        let set = issuer.set.lock().unwrap().clone();
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some("first".to_owned());
        encode(&header, &claims(), &EncodingKey::from_secret(&set)).unwrap()
    };
    assert_eq!(status(&served, &confused), 401);
    let forged = Issuer::start().publish("first");
    assert_eq!(status(&served, &by_key(&forged, "first")), 401);
    assert!(demo.reached().is_empty());

    let second = issuer.publish("second");
    assert!(
        within(20_000, || good(&second, "second")).is_some(),
        "it is fetched"
    );
    assert!(
        good(&first, "first").is_none(),
        "what is not published any more is over"
    );
}

#[test]
fn what_is_wrong_with_an_issuer_is_said_before_anything_starts() {
    let demo = Demo::start();
    let good = believing(&demo, &format!("{HS256}{FIXED}"), "");
    assert_eq!(good.run(&["check"]).0, 0);
    for (settings, said) in [
        (
            format!("{HS256}jwks-url = \"https://id.example/keys\"\n{FIXED}"),
            "secret-file",
        ),
        (
            format!("algorithm = \"RS256\"\nsecret-file = \"secret\"\n{FIXED}"),
            "jwks",
        ),
        (
            format!("algorithm = \"ES256\"\njwks-url = \"http://id.example/keys\"\n{FIXED}"),
            "https",
        ),
        (format!("algorithm = \"none\"\n{FIXED}"), "HS256, RS256"),
        (format!("{HS256}user = \"integration\"\n"), "may do nothing"),
        (format!("{HS256}roles = [\"reader\"]\n"), "user"),
        (format!("{HS256}{FIXED}roles-claim = \"roles\"\n"), "mean"),
        (format!("{HS256}{FIXED}skew-seconds = 3600\n"), "300"),
    ] {
        let place = believing(&demo, &settings, "");
        let (code, problems) = place.run(&["check"]);
        assert_eq!(code, 2, "{settings}");
        assert!(
            problems.to_string().contains(said),
            "{settings}: {problems}"
        );
    }
    let short = believing(&demo, &format!("{HS256}{FIXED}"), "");
    std::fs::write(short.path().join("secret"), "short").unwrap();
    let (code, problems) = short.run(&["check"]);
    assert!(
        code == 2 && problems.to_string().contains("32 bytes"),
        "{problems}"
    );
}

#[test]
fn for_an_address_in_debt_only_tokens_that_were_good_before_are_verified() {
    let demo = Demo::start();
    let limits = "[limits]\naddress-failures-burst = 5\naddress-failures-per-minute = 1\n";
    let place = believing(&demo, &format!("{HS256}{FIXED}"), limits);
    let (key, _) = place.key("till", &[]);
    let served = place.serve();
    let (known, new) = (with(&[]), with(&[("jti", json!("another"))]));
    assert_eq!(status(&served, &known), 200);
    let over = with(&[("exp", json!(now() - 3600))]);
    let told: Vec<u16> = (0..8).map(|_| status(&served, &over)).collect();
    assert_eq!(told, [401, 401, 401, 401, 401, 429, 429, 429]);
    demo.reached();
    assert_eq!(status(&served, &new), 429, "good, but it would cost a look");
    assert!(demo.reached().is_empty());
    assert_eq!(status(&served, &known), 200, "its bearer goes on");
    assert_eq!(status(&served, &key), 200, "and so do keys");
}
