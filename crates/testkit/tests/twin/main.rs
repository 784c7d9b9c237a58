//! Two ERPs that differ only in what a role hides answer every call alike.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in what its cases share"
)]

mod calls;
mod chance;
mod frappe;
mod open;
mod world;

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use calls::{Asked, Maker};
use portcullis_policy::Protection;
use portcullis_testkit::yard::in_one_core;
use world::{ALPHA, OMEGA, World};

/// Protections are switched for the whole process: one test at a time.
static TURN: Mutex<()> = Mutex::new(());

/// Two worlds, and what is hidden in each.
struct Twins {
    one: World,
    other: World,
    before: [serde_json::Value; 2],
}

/// Both answers to one call.
struct Answers {
    one: String,
    other: String,
}

impl Answers {
    fn differ(&self) -> bool {
        self.one != self.other
    }

    fn is_refused(&self) -> bool {
        ["This key may not", "cannot be allowed", "cannot be said"]
            .iter()
            .any(|words| self.one.contains(words))
    }
}

impl Twins {
    async fn make() -> Self {
        let one = World::with(ALPHA).await;
        let other = World::with(OMEGA).await;
        let before = [one.hidden(), other.hidden()];
        assert_ne!(before[0], before[1], "they differ in what is hidden");
        assert_eq!(one.missing, other.missing);
        Self { one, other, before }
    }

    async fn answers(&self, asked: &Asked) -> Answers {
        let Asked { call, dialect, key } = asked;
        Answers {
            one: self.one.call(call, *dialect, *key).await,
            other: self.other.call(call, *dialect, *key).await,
        }
    }

    /// Whether something hidden was changed.
    fn is_touched(&self) -> bool {
        [self.one.hidden(), self.other.hidden()] != self.before
    }
}

#[test]
fn twins_answer_alike() {
    const CALLS: usize = 6_000;
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    Protection::switch_off(None);
    in_one_core(async {
        let twins = Twins::make().await;
        let mut maker = Maker::new(7, &twins.one);
        let (mut seen, mut let_in) = (BTreeSet::new(), 0);
        let mut differences = Vec::new();
        while seen.len() < CALLS {
            let asked = maker.next();
            if !seen.insert(asked.to_string()) {
                continue;
            }
            let answers = twins.answers(&asked).await;
            let_in += usize::from(!answers.is_refused());
            if answers.differ() {
                let Answers { one, other } = answers;
                differences.push(format!("{asked}\none:   {one}\nother: {other}"));
            }
        }
        let (count, different) = (seen.len(), differences.len());
        eprintln!("{count} calls, {let_in} let in, {different} differences");
        for difference in differences.iter().take(20) {
            eprintln!("{difference}\n");
        }
        assert!(!twins.is_touched(), "nothing hidden was changed");
        assert!(differences.is_empty());
    });
}

#[test]
fn what_a_role_opens_is_answered_as_the_erp_answers() {
    const CALLS: usize = 2_500;
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    Protection::switch_off(None);
    in_one_core(async {
        let guarded = World::with(ALPHA).await;
        let direct = World::with(ALPHA).await;
        let mut opener = open::Opener::new(3);
        let mut seen = BTreeSet::new();
        while seen.len() < CALLS {
            let call = opener.next();
            let (model, method) = (call.model, call.method);
            if !seen.insert(format!("{model}.{method} {}", call.asked)) {
                continue;
            }
            let (status, own) = direct.user(model, method, &call.direct);
            assert_eq!(status, 200, "{model}.{method} {}: {own}", call.direct);
            let given = guarded.post(model, method, &call.asked).await;
            let own = world::timeless(&format!("200 {}", without_domains(&own)));
            assert_eq!(given, own, "{model}.{method} {}", call.asked);
            let (_, answer) = given.split_once(' ').expect("a status");
            opener.learn(&call, &serde_json::from_str(answer).expect("JSON"));
        }
        eprintln!("{} open calls are answered as the ERP answers", seen.len());
    });
}

/// Groups without the domains that lead to their records, which would show the rule's.
fn without_domains(answer: &serde_json::Value) -> serde_json::Value {
    let mut answer = answer.clone();
    for row in answer.as_array_mut().into_iter().flatten() {
        if let Some(row) = row.as_object_mut() {
            row.remove("__domain");
        }
    }
    answer
}

/// After how many calls the absence of a protection is seen, and by what; none: not.
async fn seen_after(most: usize) -> Option<(usize, String)> {
    const OFTEN: usize = 100;
    let twins = Twins::make().await;
    let mut maker = Maker::new(7, &twins.one);
    for count in 1..=most {
        let asked = maker.next();
        let answers = twins.answers(&asked).await;
        if answers.differ() {
            return Some((count, asked.to_string()));
        }
        if count % OFTEN == 0 && twins.is_touched() {
            return Some((count, "something hidden was changed".to_owned()));
        }
    }
    None
}

#[test]
fn each_protection_is_missed() {
    const CALLS: usize = 3_000;
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut unseen = Vec::new();
    for protection in Protection::ALL {
        if format!("{protection:?}").starts_with("Frappe") {
            continue;
        }
        Protection::switch_off(Some(*protection));
        in_one_core(async {
            match seen_after(CALLS).await {
                Some((count, by)) => eprintln!("{protection:?}: after {count} calls, by {by}"),
                None => unseen.push(*protection),
            }
        });
    }
    Protection::switch_off(None);
    assert!(unseen.is_empty(), "nothing misses {unseen:?}");
}
