//! Two worlds that differ only in what is hidden, and what is asked of both.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use portcullis_policy::Protection;
use portcullis_testkit::yard::in_one_core;

use crate::secrets::{ALPHA, OMEGA, Secrets};

/// Protections are switched for the whole process: one test at a time.
static TURN: Mutex<()> = Mutex::new(());

/// An ERP with a gateway before it.
pub(crate) trait World: Sized {
    /// What is asked of it, to be read by people.
    type Asked: std::fmt::Display;
    /// What makes that up.
    type Maker: Iterator<Item = Self::Asked>;

    async fn with(secrets: Secrets) -> Self;

    fn maker(&self, seed: u64) -> Self::Maker;

    /// The whole answer, but for times.
    async fn answer(&self, asked: &Self::Asked) -> String;

    /// Whether an answer is a refusal.
    fn is_refusal(answer: &str) -> bool;

    /// What nothing that is asked may change.
    fn hidden(&self) -> serde_json::Value;
}

struct Twins<W> {
    one: W,
    other: W,
    before: [serde_json::Value; 2],
}

impl<W: World> Twins<W> {
    async fn make() -> Self {
        let one = W::with(ALPHA).await;
        let other = W::with(OMEGA).await;
        let before = [one.hidden(), other.hidden()];
        assert_ne!(before[0], before[1], "they differ in what is hidden");
        Self { one, other, before }
    }

    async fn answers(&self, asked: &W::Asked) -> [String; 2] {
        [self.one.answer(asked).await, self.other.answer(asked).await]
    }

    /// Whether something hidden was changed.
    fn is_touched(&self) -> bool {
        [self.one.hidden(), self.other.hidden()] != self.before
    }
}

/// Runs a test with all protections but this one.
pub(crate) fn without(protection: Option<Protection>, test: impl Future<Output = ()>) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    Protection::switch_off(protection);
    in_one_core(test);
    Protection::switch_off(None);
}

/// Asks this many different things of twins; their answers must be the same, and this many of them
/// no refusals.
pub(crate) fn are_alike<W: World>(most: usize, least_let_in: usize) {
    without(None, async {
        let twins = Twins::<W>::make().await;
        let (mut seen, mut let_in) = (BTreeSet::new(), 0);
        let mut differences = Vec::new();
        for asked in twins.one.maker(7) {
            if seen.len() == most {
                break;
            }
            if !seen.insert(asked.to_string()) {
                continue;
            }
            let [one, other] = twins.answers(&asked).await;
            let_in += usize::from(!W::is_refusal(&one));
            if one != other {
                differences.push(format!("{asked}\none:   {one}\nother: {other}"));
            }
        }
        let (count, different) = (seen.len(), differences.len());
        eprintln!("{count} asked, {let_in} let in, {different} differences");
        for difference in differences.iter().take(20) {
            eprintln!("{difference}");
        }
        assert!(!twins.is_touched(), "nothing hidden was changed");
        assert!(differences.is_empty());
        assert!(let_in >= least_let_in, "who refuses everything hides well");
    });
}

/// Switches each of these protections off; twins must differ then.
pub(crate) fn miss_each<W: World>(
    protections: impl Iterator<Item = &'static Protection>,
    most: usize,
) {
    let mut unseen = Vec::new();
    for protection in protections {
        without(Some(*protection), async {
            match seen_after::<W>(most).await {
                Some((count, by)) => eprintln!("{protection:?}: at {count}, by {by}"),
                None => unseen.push(*protection),
            }
        });
    }
    assert!(unseen.is_empty(), "nothing misses {unseen:?}");
}

/// At the how manieth question a difference is seen, and by what; none: not.
async fn seen_after<W: World>(most: usize) -> Option<(usize, String)> {
    const OFTEN: usize = 50;
    let twins = Twins::<W>::make().await;
    for (count, asked) in twins.one.maker(7).take(most).enumerate() {
        let [one, other] = twins.answers(&asked).await;
        if one != other {
            return Some((count, asked.to_string()));
        }
        if count % OFTEN == OFTEN - 1 && twins.is_touched() {
            return Some((count, "something hidden was changed".to_owned()));
        }
    }
    None
}
