//! An address that keeps failing waits; one that does not is not bothered.

use crate::demo::{Demo, send};
use crate::serve::Place;

#[test]
fn an_address_that_keeps_failing_waits() {
    let demo = Demo::start();
    let place = Place::before(&demo, "[limits]\nper-minute = 6000\nburst = 1000\n");
    let (key, _) = place.key("shop", &[]);
    let served = place.serve();
    let ask = |key: &str| {
        let request =
            http::Request::post(format!("{}/json/2/res.partner/search_count", served.url))
                .header("content-type", "application/json")
                .header("x-api-key", key)
                .body(b"{\"domain\":[]}".to_vec())
                .expect("a request");
        send(request)
    };
    for _ in 0..100 {
        assert_eq!(
            ask(&key).status,
            200,
            "whoever is known is not counted by address"
        );
    }
    demo.reached();
    let answers: Vec<_> = (0..90).map(|_| ask("a guess")).collect();
    let waiting = answers.iter().filter(|got| got.status == 429).count();
    let refused = answers.iter().filter(|got| got.status == 401).count();
    assert!(
        waiting > 10 && refused >= 60,
        "{waiting} wait, {refused} were refused"
    );
    for _ in 0..20 {
        assert_eq!(
            ask(&key).status,
            200,
            "whoever shows a known key is not locked out with the rest"
        );
    }
    demo.reached();
    let last = answers.last().expect("an answer");
    assert!(last.headers.contains_key("retry-after"), "{}", last.text());
}

#[test]
fn refusals_are_not_free() {
    let demo = Demo::start();
    let place = Place::before(&demo, "");
    let (key, _) = place.key("shop", &[]);
    let served = place.serve();
    let ask = |model: &str| {
        let request = http::Request::post(format!("{}/json/2/{model}/search_count", served.url))
            .header("content-type", "application/json")
            .header("x-api-key", &key)
            .body(b"{\"domain\":[]}".to_vec())
            .expect("a request");
        send(request).status
    };
    assert_eq!(ask("res.partner"), 200);
    demo.reached();
    let answers: Vec<u16> = (0..40).map(|turn| ask(&format!("x.guess{turn}"))).collect();
    let refused = answers.iter().filter(|status| **status == 403).count();
    let limited = answers.iter().filter(|status| **status == 429).count();
    assert!(limited >= 25 && refused + limited == 40, "{answers:?}");
    assert!(
        demo.reached().is_empty(),
        "a model that no rule names is not even asked about"
    );
}
