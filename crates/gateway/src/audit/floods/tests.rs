use std::sync::Arc;

use portcullis_audit::RequestId;
use portcullis_identity::{ErpLogin, Principal};

use super::*;
use crate::trail::Trail;

const SECOND: i64 = 1_000_000;
const REFUSED: Outcome<'static> = Outcome::Refused { reason: REASON };

fn at(seconds: i64) -> Timestamp {
    Timestamp(seconds * SECOND)
}

fn story(name: &str, address: &str) -> Story {
    let principal = Principal::integration(
        PrincipalName::new(name).unwrap(),
        KeyId::new("pck_aaaaaaaaaaaaaaaa").unwrap(),
        UpstreamName::new("odoo").unwrap(),
        ErpLogin::new("integration").unwrap(),
        Vec::new(),
    );
    let mut trail = Trail::begin(RequestId(7), at(0));
    trail.came_from(address.parse().unwrap());
    trail.recognised(Arc::new(principal));
    trail.tell()
}

/// What is written at a moment, by the numbers.
fn written(floods: &mut Floods, seconds: i64) -> Vec<u64> {
    let mut counts = Vec::new();
    floods.settle(at(seconds), |counted| {
        counts.push(counted.count);
        true
    });
    counts.sort_unstable();
    counts
}

fn counts(floods: &mut Floods, story: &Story, seconds: i64) -> bool {
    floods.counts(story, REFUSED, 429, at(seconds))
}

#[test]
fn the_first_is_written_by_itself_and_the_rest_each_minute_and_when_it_is_quiet() {
    let mut floods = Floods::default();
    let one = story("shop", "192.0.2.1");
    assert!(!counts(&mut floods, &one, 0));
    for second in 1..=130 {
        assert!(counts(&mut floods, &one, second));
        let expected: &[u64] = match second {
            60 | 120 => &[60],
            _ => &[],
        };
        assert_eq!(written(&mut floods, second), expected, "{second}");
    }
    assert!(written(&mut floods, 134).is_empty(), "it is not quiet yet");
    assert_eq!(written(&mut floods, 135), [10]);
    assert!(!counts(&mut floods, &one, 136), "it begins anew");
    assert!(written(&mut floods, 200).is_empty(), "one is no flood");
    assert!(floods.0.is_empty());
}

#[test]
fn callers_and_addresses_are_counted_apart_and_a_network_of_one_subscriber_is_one() {
    let mut floods = Floods::default();
    for (name, address, is_counted) in [
        ("shop", "192.0.2.1", false),
        ("shop", "192.0.2.1", true),
        ("till", "192.0.2.1", false),
        ("shop", "192.0.2.2", false),
        ("shop", "2001:db8::1", false),
        ("shop", "2001:db8::2", true),
        ("shop", "2001:db8:0:1::2", false),
    ] {
        let counted = counts(&mut floods, &story(name, address), 1);
        assert_eq!(counted, is_counted, "{name} {address}");
    }
    assert_eq!(written(&mut floods, 6), [1, 1]);
}

#[test]
fn other_refusals_and_what_says_more_of_a_caller_are_written_by_themselves() {
    let mut floods = Floods::default();
    let one = story("shop", "192.0.2.1");
    assert!(!counts(&mut floods, &one, 0) && counts(&mut floods, &one, 0));
    let other = Outcome::Refused {
        reason: "authorize.refused",
    };
    assert!(!floods.counts(&one, other, 403, at(0)));
    assert!(!floods.counts(&one, Outcome::Done, 200, at(0)));
    let mut opened = story("shop", "192.0.2.1");
    opened.opened = true;
    assert!(!counts(&mut floods, &opened, 0));
    let mut held = story("shop", "192.0.2.1");
    held.held = Some(UpstreamName::new("odoo").unwrap());
    assert!(!counts(&mut floods, &held, 0));
    let mut nobody = story("shop", "192.0.2.1");
    nobody.caller = None;
    assert!(!counts(&mut floods, &nobody, 0));
    assert!(counts(&mut floods, &one, 0));
}

#[test]
fn what_cannot_be_written_is_tried_again_and_a_crowd_is_written_at_once() {
    let mut floods = Floods::default();
    let one = story("shop", "192.0.2.1");
    assert!(!counts(&mut floods, &one, 0) && counts(&mut floods, &one, 1));
    floods.settle(at(10), |_| false);
    assert!(counts(&mut floods, &one, 10));
    assert_eq!(written(&mut floods, 20), [2], "nothing is lost");
    for n in 0..=MOST {
        let address = format!("10.1.{}.{}", n / 256, n % 256);
        assert!(!counts(&mut floods, &story("shop", &address), 30));
    }
    assert!(counts(&mut floods, &story("shop", "10.1.0.0"), 30));
    assert_eq!(written(&mut floods, 30), [1]);
    assert!(floods.0.is_empty());
    assert!(!counts(&mut floods, &one, 40) && counts(&mut floods, &one, 40));
    let mut last = Vec::new();
    floods.settle_all(at(40), |counted| {
        last.push(counted.count);
        true
    });
    assert_eq!(last, [1], "at the end nothing waits");
}
