//! The queue is bounded, and what waits in it is over at some time.

use super::*;

#[test]
fn a_caller_fills_the_queue_no_further_than_it_may() {
    let queue = Queue::open("[approvals]\nper-caller = 2\nmost = 3\ncall-bytes = 2000\n");
    let url = &queue.office.served.url;
    queue.waits(&city("One"));
    queue.waits(&city("Two"));
    let full = queue.write(&city("Three"));
    assert_eq!((full.status, queue.written()), (429, 0), "{}", full.text());
    assert_eq!(header(&full, "x-approval"), None);
    queue.waits(&city("Two"));
    let (second, _) = queue.office.place.key("second", &[]);
    // A new key is known within a second.
    crate::pause(1200);
    let other = |city_: &str| call(url, &second, (WRITE, &city(city_)), &[]).status;
    assert_eq!(
        (other("One"), other("Two")),
        (409, 429),
        "of all no more than three"
    );
    let large = queue.write(&city(&"x".repeat(2000)));
    assert_eq!(
        (large.status, queue.written()),
        (422, 0),
        "{}",
        large.text()
    );
    let (_, listed) = queue.office.run(&["approval", "list"]);
    assert_eq!(listed.as_array().map(Vec::len), Some(3), "{listed}");
}
