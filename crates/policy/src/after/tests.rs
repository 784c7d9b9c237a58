use super::*;

const USER: &str = "7";
const LONG_AGO: &str = "2026-11-27 08:00:00";
const RECENT: &str = "2026-11-27 09:59:30";
const LATER: &str = "2026-11-27 10:00:00";

const DONE: (Sent, Company) = (Sent::Done, Company::Alone);
const LOST: (Sent, Company) = (Sent::Lost, Company::Alone);

const WRITES: Does = Does::Writes {
    stamps: Stamps::Always,
    sets: Sets::Other,
};
const MAY_WRITE: Does = Does::Writes {
    stamps: Stamps::Perhaps,
    sets: Sets::Other,
};
const SETS: Does = Does::Writes {
    stamps: Stamps::Always,
    sets: Sets::Conditions,
};

fn stamp(by: &str, at: &str) -> Stamp {
    Stamp {
        by: by.to_owned(),
        at: at.to_owned(),
    }
}

fn watch(does: Does) -> Watch {
    Watch {
        does,
        rests_on_itself: true,
        user: Some(USER.to_owned()),
        recent: Some("2026-11-27 09:59:00".to_owned()),
        family: Family::Odoo,
    }
}

fn inside(does: Does, before: &Stamp, now: &Stamp) -> Found {
    watch(does).finds(Some(before), &Now::Inside(Some(now)), DONE)
}

fn outside(does: Does, before: &Stamp, now: &Stamp) -> Found {
    watch(does).finds(Some(before), &Now::Outside(Some(now)), DONE)
}

#[test]
fn what_this_call_wrote_last_and_is_inside_was_inside() {
    let (other, own) = (stamp("2", LONG_AGO), stamp(USER, LATER));
    assert_eq!(inside(WRITES, &other, &own), Found::Fine);
    assert_eq!(inside(MAY_WRITE, &other, &own), Found::Fine);
    // Twice within a second, by the same user.
    assert_eq!(inside(WRITES, &own, &own), Found::Fine);
}

#[test]
fn what_this_call_wrote_last_and_is_outside_was_outside() {
    let (other, own) = (stamp("2", LONG_AGO), stamp(USER, LATER));
    assert_eq!(outside(WRITES, &other, &own), Found::Broken);
    assert_eq!(outside(SETS, &other, &own), Found::Broken);
}

#[test]
fn what_somebody_else_wrote_last_is_unsure() {
    let (own, other) = (stamp(USER, LONG_AGO), stamp("2", LATER));
    for does in [WRITES, MAY_WRITE, SETS, Does::Acts] {
        assert_eq!(inside(does, &own, &other), Found::Unsure, "{does:?}");
        assert_eq!(outside(does, &own, &other), Found::Unsure, "{does:?}");
    }
}

#[test]
fn a_write_that_left_no_stamp_was_followed_by_another() {
    let other = stamp("2", RECENT);
    assert_eq!(inside(WRITES, &other, &other), Found::Unsure);
}

#[test]
fn what_nobody_wrote_is_fine_once_its_second_is_long_over() {
    for does in [MAY_WRITE, Does::Acts] {
        let old = stamp("2", LONG_AGO);
        assert_eq!(inside(does, &old, &old), Found::Fine, "{does:?}");
        let fresh = stamp("2", RECENT);
        assert_eq!(inside(does, &fresh, &fresh), Found::Unproven, "{does:?}");
    }
}

#[test]
fn what_a_method_did_itself_is_not_held_against_it_and_proves_nothing() {
    let (other, own) = (stamp("2", LONG_AGO), stamp(USER, LATER));
    assert_eq!(inside(Does::Acts, &other, &own), Found::Unproven);
    assert_eq!(outside(Does::Acts, &other, &own), Found::Unproven);
    let gone = watch(Does::Acts).finds(Some(&other), &Now::Gone, DONE);
    assert_eq!(gone, Found::Unproven);
}

#[test]
fn a_rule_that_rests_on_what_is_set_or_on_other_records_is_unproven() {
    let (other, own) = (stamp("2", LONG_AGO), stamp(USER, LATER));
    assert_eq!(inside(SETS, &other, &own), Found::Unproven);
    let over_links = |does| Watch {
        rests_on_itself: false,
        ..watch(does)
    };
    let now = Now::Inside(Some(&own));
    let found = over_links(WRITES).finds(Some(&other), &now, DONE);
    assert_eq!(found, Found::Unproven);
    let now = Now::Outside(Some(&own));
    let found = over_links(WRITES).finds(Some(&other), &now, DONE);
    assert_eq!(found, Found::Unsure, "it may have left it afterwards");
    let now = Now::Inside(Some(&other));
    let found = over_links(Does::Acts).finds(Some(&other), &now, DONE);
    assert_eq!(found, Found::Unproven);
}

#[test]
fn what_is_gone_after_a_write_is_unsure() {
    let own = stamp(USER, LONG_AGO);
    let found = watch(WRITES).finds(Some(&own), &Now::Gone, DONE);
    assert_eq!(found, Found::Unsure);
}

#[test]
fn who_is_not_known_and_what_is_not_stamped_prove_nothing() {
    let own = stamp(USER, LATER);
    let nobody = Watch {
        user: None,
        ..watch(WRITES)
    };
    let now = Now::Inside(Some(&own));
    assert_eq!(nobody.finds(Some(&own), &now, DONE), Found::Unproven);
    let bare = watch(WRITES).finds(None, &Now::Inside(None), DONE);
    assert_eq!(bare, Found::Unproven);
    let bare = watch(WRITES).finds(None, &Now::Outside(None), DONE);
    assert_eq!(bare, Found::Unsure);
}

#[test]
fn a_write_whose_answer_was_lost_is_told_by_its_stamp_and_may_come_yet() {
    let old = stamp("2", LONG_AGO);
    let own = stamp(USER, LATER);
    let done = watch(WRITES).finds(Some(&old), &Now::Inside(Some(&own)), LOST);
    assert_eq!(done, Found::Fine);
    let done = watch(WRITES).finds(Some(&old), &Now::Outside(Some(&own)), LOST);
    assert_eq!(done, Found::Broken);
    // It may come once it was looked.
    let undone = watch(WRITES).finds(Some(&old), &Now::Inside(Some(&old)), LOST);
    assert_eq!(undone, Found::Unproven);
    let undone = watch(Does::Acts).finds(Some(&old), &Now::Inside(Some(&old)), LOST);
    assert_eq!(undone, Found::Unproven);
    // Nobody knows whose stamp it is: it was there before.
    let own = stamp(USER, RECENT);
    let same = watch(WRITES).finds(Some(&own), &Now::Outside(Some(&own)), LOST);
    assert_eq!(same, Found::Unsure);
}

#[test]
fn a_method_that_failed_and_left_no_stamp_did_nothing() {
    let (old, failed) = (stamp("2", LONG_AGO), (Sent::Failed, Company::Alone));
    let found = watch(Does::Acts).finds(Some(&old), &Now::Inside(Some(&old)), failed);
    assert_eq!(found, Found::Fine);
}

#[test]
fn frappe_stamps_to_the_microsecond() {
    let watch = Watch {
        family: Family::Frappe,
        recent: None,
        ..watch(Does::Acts)
    };
    let fresh = stamp("a@example.com", "2026-11-27 09:59:59.123456");
    let now = Now::Inside(Some(&fresh));
    assert_eq!(watch.finds(Some(&fresh), &now, DONE), Found::Fine);
}

fn rows(rows: &[(i64, i64, &str)]) -> Value {
    let rows = rows.iter().map(|(id, by, at)| {
        let mut row = portcullis_erp::Map::new();
        row.insert("id".to_owned(), Value::Int(*id));
        let by = vec![Value::Int(*by), Value::from("Somebody")];
        row.insert("write_uid".to_owned(), Value::List(by));
        row.insert("write_date".to_owned(), Value::from(*at));
        Value::Map(row)
    });
    Value::List(rows.collect())
}

#[test]
fn what_is_missing_is_asked_for_whatever_the_rule_says() {
    let call = Call::new("res.partner", "search_read")
        .unwrap()
        .with("domain", vec![Value::from("the rule")]);
    let guarded = rows(&[(1, 2, LONG_AGO), (2, 2, LONG_AGO), (3, 2, LONG_AGO)]);
    let after = After::new(call.clone(), watch(WRITES), &guarded);
    let mut found = Findings::default();
    let open = after.heard(&rows(&[(1, 7, LATER)]), DONE, &mut found);
    let open = open.expect("two are missing");
    assert_eq!(found, Findings::default());
    let asked = Value::List(vec![Value::List(vec![
        Value::from("id"),
        Value::from("in"),
        Value::List(vec![Value::Int(2), Value::Int(3)]),
    ])]);
    assert_eq!(open.call.named.get("domain"), Some(&asked));
    assert_eq!(
        open.call.context.get("active_test"),
        Some(&Value::Bool(false))
    );
    let done = open.heard(&rows(&[(2, 7, LATER)]), DONE, &mut found);
    assert!(done.is_none());
    let expected = Findings {
        broken: 1,
        unsure: 1,
        ..Findings::default()
    };
    assert_eq!(found, expected, "one is outside and one is gone");
}

#[test]
fn a_stamp_that_another_call_of_the_same_user_may_have_left_proves_nothing() {
    let beside = (Sent::Done, Company::Others);
    let (old, own) = (stamp("2", LONG_AGO), stamp(USER, LATER));
    let found = watch(WRITES).finds(Some(&old), &Now::Inside(Some(&own)), beside);
    assert_eq!(found, Found::Unproven);
    let found = watch(WRITES).finds(Some(&old), &Now::Outside(Some(&own)), beside);
    assert_eq!(found, Found::Unsure);
    let by_another = stamp("2", LATER);
    let found = watch(WRITES).finds(Some(&old), &Now::Inside(Some(&by_another)), beside);
    assert_eq!(found, Found::Unsure);
    let found = watch(Does::Acts).finds(Some(&old), &Now::Inside(Some(&old)), beside);
    assert_eq!(found, Found::Fine, "nobody wrote it");
}
