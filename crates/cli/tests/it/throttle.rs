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
    let last = answers.last().expect("an answer");
    assert!(last.headers.contains_key("retry-after"), "{}", last.text());
    assert!(demo.reached().is_empty());
}
