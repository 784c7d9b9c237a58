//! The older schemes, as the clients that have them sign: good for what they sign, good once for
//! what changes something, and never good enough where a signature is asked for.

use super::*;

/// A key with an older scheme, as its client has it.
pub(crate) struct Older {
    scheme: &'static str,
    pub(crate) id: String,
    /// What the client calls the API key.
    pub(crate) key: String,
    /// What the client calls the API secret.
    secret: String,
}

impl Older {
    fn new(place: &Place, scheme: &'static str, upstream: &str) -> Self {
        Self::named(place, scheme, (scheme, upstream), &[])
    }

    /// A key of this name, with these arguments more.
    pub(crate) fn named(
        place: &Place,
        scheme: &'static str,
        (name, upstream): (&str, &str),
        more: &[&str],
    ) -> Self {
        let own = ["--upstream", upstream, "--signed", scheme];
        let made = create(place, name, &[&own, more].concat());
        let text = |member: &str| made[member].as_str().expect("a text").to_owned();
        let (key, secret) = match made["signing-secret"].as_str() {
            Some(secret) => (text("id"), secret.to_owned()),
            None => {
                let pair = text("pair");
                let (key, secret) = pair.split_once(':').expect("a pair");
                (key.to_owned(), secret.to_owned())
            }
        };
        Self {
            scheme,
            id: text("id"),
            key,
            secret,
        }
    }

    /// Signs what the client takes for the endpoint, at a moment.
    pub(crate) fn sign(&self, request: &Request, endpoint: &str, off: i64) -> Request {
        let (verb, at) = (request.verb, seconds() + off);
        let moment = time::OffsetDateTime::from_unix_timestamp(at).expect("a moment");
        let (date, clock) = (moment.date(), moment.time());
        let iso = format!(
            "{date}T{:02}:{:02}:{:02}",
            clock.hour(),
            clock.minute(),
            clock.second()
        );
        match self.scheme {
            "legacy-sorted-json" => {
                let end = if request.body.is_empty() {
                    String::new()
                } else {
                    format!("\n{}", request.body)
                };
                let text = format!("{verb}\n{endpoint}\n{at}{end}");
                request
                    .clone()
                    .with("x-api-key", &self.key)
                    .with("x-timestamp", &at.to_string())
                    .with(
                        "x-signature",
                        &STANDARD.encode(mac(self.secret.as_bytes(), &text)),
                    )
            }
            other => {
                let (name, iso) = match other {
                    "legacy-timestamp" => ("x-timestamp", format!("{iso}.123456")),
                    _ => ("x-request-time", format!("{iso}.123Z")),
                };
                let bytes = mac(self.secret.as_bytes(), &format!("{verb}:{endpoint}:{iso}"));
                let hexadecimal: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                request
                    .clone()
                    .with(
                        "authorization",
                        &format!("token {}:{}", self.key, self.secret),
                    )
                    .with(name, &iso)
                    .with("x-request-id", "0123456789abcdef")
                    .with("x-signature", &hexadecimal)
            }
        }
    }
}

pub(crate) const SCHEMES: &[&str] = &[
    "legacy-sorted-json",
    "legacy-timestamp",
    "legacy-request-time",
];

/// Reads and writes of either ERP; JSON as Python writes it, names in order.
fn requests(upstream: &str) -> [Request; 2] {
    if upstream == "odoo" {
        return [Request::count(), Request::create()];
    }
    let create = "{\"customer_name\": \"Ann\"}";
    [
        Request::new("GET", "/api/resource/Customer", ""),
        Request::new("POST", "/api/resource/Customer", create),
    ]
}

#[test]
fn an_older_signature_is_good_for_what_it_signs_and_once_for_what_changes_something() {
    let demo = Demo::start();
    let place = place(&demo);
    let mut all = Vec::new();
    for scheme in SCHEMES {
        for upstream in ["odoo", "erpnext"] {
            all.push((Older::new(&place, scheme, upstream), upstream));
        }
    }
    let gateways = [place.serve(), place.serve()];
    for (older, upstream) in &all {
        let what = format!("{} before {upstream}", older.scheme);
        let [read, write] = requests(upstream);
        let endpoint = read.target.clone();
        let signed = older.sign(&read, &endpoint, 0);
        for served in &gateways {
            let got = signed.send(served);
            assert_eq!(got.status, 200, "{what}: {}", got.text());
            assert_eq!(
                signed.send(served).status,
                200,
                "{what}: what changes nothing may repeat"
            );
        }
        let below = Request {
            target: format!("/u/{upstream}{endpoint}"),
            ..read.clone()
        };
        let got = older.sign(&below, &endpoint, 0).send(&gateways[0]);
        assert_eq!(
            got.status, 200,
            "{what}: the server's address has the upstream in it"
        );
        demo.reached();

        let endpoint = write.target.clone();
        let signed = older.sign(&write, &endpoint, -1);
        let got = signed.send(&gateways[0]);
        assert!(matches!(got.status, 200 | 201), "{what}: {}", got.text());
        assert!(!demo.reached().is_empty());
        for served in &gateways {
            let got = signed.send(served);
            assert_eq!(got.status, 401, "{what}: {}", got.text());
            let keyed = signed
                .clone()
                .with("idempotency-key", "another")
                .send(served);
            assert_eq!(keyed.status, 401, "{what}: {}", keyed.text());
        }
        assert!(demo.reached().is_empty(), "{what}: it was done once");

        // To the second it is tried in `crates/identity`; here the machine may be busy.
        for (how, status) in [(-290, 200), (299, 200), (-302, 401), (315, 401)] {
            let got = older.sign(&read, &read.target, how).send(&gateways[0]);
            assert_eq!(got.status, status, "{what}: {how} s");
        }
        demo.reached();
        let mut refused = vec![("another path", older.sign(&read, "/api/other", 0))];
        if *upstream == "odoo" {
            let record = Request::change();
            let sign = |off| older.sign(&record, &record.target, off);
            let got = sign(-3).send(&gateways[0]);
            assert_eq!(got.status, 200, "{what}: {}", got.text());
            demo.reached();
            let other = Request {
                verb: "PUT",
                ..sign(-4)
            };
            refused.push(("another verb", other));
        }
        let mut change = |how, change: &dyn Fn(&mut Request)| {
            let mut other = older.sign(&write, &write.target, -2);
            change(&mut other);
            refused.push((how, other));
        };
        change("no signature", &|r| {
            r.headers.retain(|(name, _)| name != "x-signature")
        });
        change("two signatures", &|r| {
            let last = r.headers.last().expect("a header").clone();
            r.headers.push(last);
        });
        change("no moment", &|r| {
            r.headers.retain(|(name, _)| !name.contains("-time"))
        });
        change("no key", &|r| {
            r.headers
                .retain(|(name, _)| name != "x-api-key" && name != "authorization")
        });
        if older.scheme == "legacy-sorted-json" {
            change("another body", &|r| {
                r.body = r.body.replace("Signed", "Other").replace("Ann", "Bob")
            });
        }
        for (how, other) in refused {
            let got = other.send(&gateways[0]);
            assert!(
                matches!(got.status, 401 | 403),
                "{what}: {how}: {} {}",
                got.status,
                got.text()
            );
            assert!(demo.reached().is_empty(), "{what}: {how}");
        }
    }
    assert!(noted(&place, "signature-clock") >= 12);
}

#[test]
fn an_idempotency_key_and_an_older_signature_get_along() {
    let demo = Demo::start();
    let place = place(&demo);
    let older = Older::new(&place, "legacy-sorted-json", "odoo");
    let served = place.serve();
    let write = older.sign(&Request::create(), &Request::create().target, 0);
    let keyed = write.clone().with("idempotency-key", "order-7");
    let first = keyed.send(&served);
    assert_eq!(first.status, 200, "{}", first.text());
    demo.reached();
    let again = keyed.send(&served);
    assert_eq!(
        (again.status, again.text()),
        (200, first.text()),
        "it is told again"
    );
    assert_eq!(write.send(&served).status, 401);
    // What was refused has not taken the key.
    assert_eq!(
        write
            .clone()
            .with("idempotency-key", "order-8")
            .send(&served)
            .status,
        401
    );
    assert!(demo.reached().is_empty());
    let anew = older.sign(&Request::create(), &Request::create().target, -5);
    assert_eq!(
        anew.with("idempotency-key", "order-8").send(&served).status,
        200
    );
}

#[test]
fn headers_of_an_older_scheme_mean_nothing_to_other_keys() {
    let demo = Demo::start();
    let place = place(&demo);
    let (key, _) = place.key("plain", &["--upstream", "odoo"]);
    let strong = Signer::hmac(&place, "strong", &["--upstream", "odoo"]);
    let older = Older::new(&place, "legacy-sorted-json", "odoo");
    let served = place.serve();
    let got = Request::count()
        .with("x-api-key", &key)
        .with("x-signature", "whatever")
        .send(&served);
    assert_eq!(got.status, 200, "{}", got.text());
    let got = strong
        .sign(&Request::count())
        .with("x-signature", "whatever")
        .send(&served);
    assert_eq!(got.status, 200, "{}", got.text());
    demo.reached();
    // The id alone is no credential, and an older signature is none of another key's.
    assert_eq!(
        Request::count()
            .with("x-api-key", &older.key)
            .send(&served)
            .status,
        401
    );
    let mut other = older.sign(&Request::count(), &Request::count().target, 0);
    for (name, value) in &mut other.headers {
        if name == "x-api-key" {
            value.clone_from(&strong.id);
        }
    }
    assert_eq!(other.send(&served).status, 401);
    assert!(demo.reached().is_empty());
}
