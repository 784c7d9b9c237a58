use std::sync::Arc;

use portcullis_audit::RequestId;
use portcullis_identity::{ErpLogin, Principal};

use super::*;
use crate::trail::Trail;

const SECOND: i64 = 1_000_000;
/// How many refusals of somebody who is not let in are written by themselves at once.
const ALONE: u32 = 3;
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
    let mut floods = Floods::new(ALONE);
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
    assert!(floods.callers.is_empty());
}

#[test]
fn callers_and_addresses_are_counted_apart_and_a_network_of_one_subscriber_is_one() {
    let mut floods = Floods::new(ALONE);
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
    let mut floods = Floods::new(ALONE);
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
    let mut floods = Floods::new(ALONE);
    let one = story("shop", "192.0.2.1");
    assert!(!counts(&mut floods, &one, 0) && counts(&mut floods, &one, 1));
    floods.settle(at(10), |_| false);
    assert!(counts(&mut floods, &one, 10));
    assert_eq!(written(&mut floods, 20), [2], "nothing is lost");
    for n in 0..=MOST {
        assert!(!counts(
            &mut floods,
            &story(&format!("shop {n}"), "10.1.0.0"),
            30
        ));
    }
    assert!(counts(&mut floods, &story("shop 0", "10.1.0.0"), 30));
    assert_eq!(written(&mut floods, 30), [1]);
    assert!(floods.callers.is_empty());
    assert!(!counts(&mut floods, &one, 40) && counts(&mut floods, &one, 40));
    let mut last = Vec::new();
    floods.settle_all(at(40), |counted| {
        last.push(counted.count);
        true
    });
    assert_eq!(last, [1], "at the end nothing waits");
}

#[test]
fn what_is_refused_to_somebody_who_is_not_let_in_is_counted_beyond_some() {
    let mut floods = Floods::new(ALONE);
    let refused = |floods: &mut Floods, unmet, address: &str, seconds| {
        let mut story = story("shop", address);
        story.unmet = unmet;
        let outcome = Outcome::Refused {
            reason: "identify.unidentified",
        };
        floods.counts(&story, outcome, 401, at(seconds))
    };
    let over = Some(Unmet::Revoked);
    let own = "192.0.2.1";
    // Whatever is wrong and from wherever it comes.
    assert!(!refused(&mut floods, over, own, 0));
    assert!(!refused(&mut floods, Some(Unmet::Address), own, 0));
    assert!(!refused(&mut floods, None, "192.0.2.2", 0));
    for second in 0..4 {
        assert!(refused(&mut floods, over, own, second));
    }
    assert!(refused(&mut floods, None, own, 3));
    let mut told = Vec::new();
    floods.settle(at(8), |counted| {
        told.push((counted.note, counted.reason, counted.count));
        true
    });
    let reason = "identify.unidentified";
    assert_eq!(told, [("key-revoked", reason, 4), ("refused", reason, 1)]);
    assert!(
        refused(&mut floods, over, own, 20),
        "one comes free a minute"
    );
    assert!(!refused(&mut floods, over, own, 61));
    // What an allowance is taken for, and somebody else, are written by themselves.
    let policy = Outcome::Refused { reason: "rule" };
    assert!(!floods.counts(&story("shop", own), policy, 403, at(61)));
    let mut other = story("till", own);
    other.unmet = over;
    let outcome = Outcome::Refused { reason };
    assert!(!floods.counts(&other, outcome, 401, at(61)));
    written(&mut floods, 100);
    written(&mut floods, 1000);
    assert!(floods.callers.is_empty(), "and all of it is forgotten");
}

#[test]
fn who_comes_from_everywhere_is_a_handful_of_records() {
    let mut floods = Floods::new(ALONE);
    let mut alone = 0;
    for n in 0..20_000 {
        let mut story = story("shop", &format!("2001:db8:{:x}:{n:x}::1", n / 65536));
        story.unmet = Some(Unmet::Address);
        let outcome = Outcome::Refused {
            reason: "identify.unidentified",
        };
        alone += u32::from(!floods.counts(&story, outcome, 401, at(1)));
    }
    assert_eq!(alone, ALONE);
    let counts = written(&mut floods, 10);
    assert_eq!(counts.len(), APART + 1);
    assert_eq!(counts.iter().sum::<u64>(), 20_000 - u64::from(ALONE));
}
