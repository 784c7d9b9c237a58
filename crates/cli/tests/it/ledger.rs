//! What the ledger shows of calls, right after them.

use crate::demo::Demo;
use crate::foreign::ask;
use crate::serve::Place;

const COUNT: &str = "/json/2/res.partner/search_count";

#[test]
fn a_call_is_shown_as_it_ended_right_after_it() {
    let demo = Demo::start();
    let place = Place::before(&demo, "");
    let (key, _) = place.key("shop", &[]);
    let served = place.serve();
    for _ in 0..5 {
        let got = ask(&served, COUNT, &[("x-api-key", &key)]);
        assert_eq!(got.status, 200, "{}", got.text());
        let id = got.headers["x-request-id"].to_str().unwrap();
        let trail = place.lines(&["audit", "tail", "--outcome", "done"]);
        assert!(trail.iter().any(|line| line["request"] == id), "{trail:?}");
    }
}
