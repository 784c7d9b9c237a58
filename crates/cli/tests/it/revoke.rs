//! What is revoked or narrowed is refused within a second, also by a process that was told
//! nothing.

use std::time::{Duration, Instant};

use crate::demo::{Demo, send};
use crate::serve::{Place, READER, Served};

fn count(served: &Served, key: &str) -> u16 {
    let request = http::Request::post(format!("{}/json/2/res.partner/search_count", served.url))
        .header("content-type", "application/json")
        .header("x-api-key", key)
        .body(b"{\"domain\":[]}".to_vec())
        .expect("a request");
    send(request).status
}

/// How long it takes until the status is this one, asking all the time.
#[expect(
    clippy::disallowed_methods,
    reason = "the time that passes is what is tested"
)]
fn until(served: &Served, key: &str, status: u16) -> Duration {
    let start = Instant::now();
    while count(served, key) != status {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "it never became {status}"
        );
    }
    start.elapsed()
}

const GENEROUS: &str = "[limits]\nper-minute = 60000000\nburst = 1000000\naddress-failures-per-minute = 600000\naddress-failures-burst = 100000\n";

#[test]
fn a_revoked_key_is_refused_within_a_second() {
    let demo = Demo::start();
    let place = Place::before(&demo, GENEROUS);
    let served = place.serve();
    let (key, id) = place.key("shop", &[]);
    let born = until(&served, &key, 200);
    assert_eq!(place.run(&["key", "revoke", &id]).0, 0);
    let gone = until(&served, &key, 401);
    // The promise is a second; the slack is for a machine that is busy with other tests.
    assert!(
        born < Duration::from_secs(3) && gone < Duration::from_secs(3),
        "{born:?}, {gone:?}"
    );
}

#[test]
fn a_narrowed_role_holds_within_a_second_and_a_broken_one_changes_nothing() {
    let demo = Demo::start();
    let place = Place::before(&demo, GENEROUS);
    let served = place.serve();
    let (key, _) = place.key("shop", &[]);
    until(&served, &key, 200);
    place.put_role("[[rule]]\nname = \"none\"\nmodels = [");
    std::thread::scope(|_| {
        // A role file that cannot be read keeps the old policy.
        for _ in 0..50 {
            assert_eq!(count(&served, &key), 200);
        }
    });
    place.put_role(&READER.replace("res.partner", "res.country"));
    let gone = until(&served, &key, 403);
    assert!(gone < Duration::from_secs(3), "{gone:?}");
    place.put_role(READER);
    until(&served, &key, 200);
}

#[test]
fn out_of_the_box_a_key_has_ten_at_once() {
    let demo = Demo::start();
    let place = Place::before(&demo, "");
    let (key, _) = place.key("shop", &[]);
    let served = place.serve();
    assert_eq!(count(&served, &key), 200);
    demo.reached();
    let ask = || {
        let request =
            http::Request::post(format!("{}/json/2/res.partner/search_count", served.url))
                .header("content-type", "application/json")
                .header("x-api-key", &key)
                .body(b"{\"domain\":[]}".to_vec())
                .expect("a request");
        send(request)
    };
    let answers: Vec<_> = (0..30).map(|_| ask()).collect();
    let limited: Vec<_> = answers.iter().filter(|got| got.status == 429).collect();
    let served_calls = answers.len() - limited.len();
    assert!(limited.len() >= 15, "{} of 30 were limited", limited.len());
    for got in &limited {
        for name in [
            "retry-after",
            "ratelimit-limit",
            "ratelimit-remaining",
            "ratelimit-reset",
        ] {
            assert!(got.headers.contains_key(name), "{name}");
        }
        assert!(got.text().contains("requests a minute"), "{}", got.text());
    }
    assert_eq!(
        demo.reached().len(),
        served_calls,
        "what was limited never arrived"
    );
}
