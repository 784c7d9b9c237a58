//! What was certainly not sent may be tried again under its key; what was sent and not answered
//! is unknown, and is said to be.

use serde_json::{Value as Json, json};

use super::{CREATE, LIMITS, MAKER, contact, header, made, post};
use crate::demo::{Demo, Got, send};
use crate::relay::Relay;
use crate::serve::{Place, Served};

/// A gateway before an ERP that can be out of reach.
struct Yard {
    demo: Demo,
    relay: Relay,
    served: Served,
    key: String,
    _place: Place,
}

impl Yard {
    fn odoo() -> Self {
        let demo = Demo::start();
        let relay = Relay::before(demo.fact("/odoo"));
        let place = Place::before_url(&demo, &relay.url(), LIMITS);
        place.put_role(MAKER);
        let (key, _) = place.key("maker", &[]);
        Self::of(demo, relay, place, key)
    }

    fn frappe() -> Self {
        let demo = Demo::start();
        let relay = Relay::before(demo.fact("/erpnext"));
        let place = Place::before_frappe(&demo, &relay.url(), LIMITS);
        place.put_role(
            &MAKER
                .replace("res.partner", "Customer")
                .replace("\"email\"", "\"customer_name\""),
        );
        let (key, _) = place.key_of("maker", "integration@example.com", &[]);
        Self::of(demo, relay, place, key)
    }

    fn of(demo: Demo, relay: Relay, place: Place, key: String) -> Self {
        let served = place.serve();
        Self {
            demo,
            relay,
            served,
            key,
            _place: place,
        }
    }

    fn contact(&self, once: &str) -> Got {
        post(
            &self.served.url,
            &self.key,
            &[once],
            CREATE,
            &contact("Once"),
        )
        .expect("an answer")
    }

    fn customer(&self, once: &str) -> Got {
        let body = json!({ "customer_name": "Once" }).to_string();
        let request = http::Request::post(format!("{}/api/resource/Customer", self.served.url))
            .header("content-type", "application/json")
            .header("x-api-key", &self.key)
            .header("idempotency-key", once);
        send(request.body(body.into_bytes()).expect("a request"))
    }
}

fn is_replayed(got: &Got) -> bool {
    header(got, "idempotent-replayed") == Some("true")
}

/// The claims of a face: how it makes a record, and how often one was made.
fn doubt(yard: &Yard, make: &dyn Fn(&str) -> Got, made: &dyn Fn() -> usize) {
    let free = make("free");
    assert_eq!((free.status, made()), (200, 1), "{}", free.text());

    yard.relay.close();
    let unreached = make("unreached");
    assert_eq!(unreached.status, 503, "{}", unreached.text());
    assert!(
        unreached.text().contains("nothing was done"),
        "{}",
        unreached.text()
    );
    let kept = make("free");
    assert_eq!(
        (kept.status, kept.text()),
        (200, free.text()),
        "it needs no ERP"
    );
    yard.relay.open();
    let now = make("unreached");
    assert_eq!(
        (now.status, made(), is_replayed(&now)),
        (200, 1, false),
        "{}",
        now.text()
    );
    assert!(is_replayed(&make("unreached")));

    yard.relay.swallow(true);
    let lost = make("lost");
    assert!(
        lost.status >= 500 && lost.text().contains("unknown"),
        "{}",
        lost.text()
    );
    assert_eq!(made(), 1, "the ERP did it");
    yard.relay.swallow(false);
    for _ in 0..2 {
        let again = make("lost");
        assert_eq!((again.status, made()), (409, 0), "{}", again.text());
        assert!(again.text().contains("outcome unknown"), "{}", again.text());
    }
}

#[test]
fn before_odoo_what_was_not_sent_is_tried_again_and_what_was_sent_is_not() {
    let yard = Yard::odoo();
    doubt(&yard, &|once| yard.contact(once), &|| made(&yard.demo));
}

#[test]
fn before_frappe_what_was_not_sent_is_tried_again_and_what_was_sent_is_not() {
    let yard = Yard::frappe();
    let made = || {
        let all = yard.demo.reached();
        all.iter().filter(|line| line["call"] == "insert").count()
    };
    doubt(&yard, &|once| yard.customer(once), &made);
}

#[test]
fn who_hangs_up_finds_the_answer_when_it_asks_again() {
    let yard = Yard::odoo();
    assert_eq!(yard.contact("free").status, 200);
    made(&yard.demo);
    yard.relay.slow_down(600);
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(std::time::Duration::from_millis(150)))
        .build();
    let request = http::Request::post(format!("{}/json/2/{CREATE}", yard.served.url))
        .header("content-type", "application/json")
        .header("x-api-key", &yard.key)
        .header("idempotency-key", "hung-up")
        .body(contact("Once").to_string().into_bytes());
    let hung_up = ureq::Agent::from(config).run(request.expect("a request"));
    assert!(hung_up.is_err(), "nobody waited for the answer");
    let waits = yard.contact("hung-up");
    assert_eq!(waits.status, 409, "{}", waits.text());
    assert!(waits.text().contains("still runs"), "{}", waits.text());
    crate::pause(1000);
    let answer = yard.contact("hung-up");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(is_replayed(&answer));
    assert_eq!(made(&yard.demo), 1);
    let ids: Json = serde_json::from_slice(&answer.body).expect("JSON");
    assert!(ids[0].is_i64(), "{ids}");
}
