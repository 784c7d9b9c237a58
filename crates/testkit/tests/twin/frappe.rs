//! The same of two Frappe sites.

mod calls;
mod world;

use std::collections::BTreeSet;
use std::sync::PoisonError;

use portcullis_policy::Protection;
use portcullis_testkit::yard::in_one_core;

use self::calls::{Asked, Maker};
use self::world::Site;
use crate::TURN;
use crate::world::{ALPHA, OMEGA};

struct Twins {
    one: Site,
    other: Site,
    before: [serde_json::Value; 2],
}

impl Twins {
    async fn make() -> Self {
        let one = Site::with(ALPHA).await;
        let other = Site::with(OMEGA).await;
        let before = [one.hidden(), other.hidden()];
        assert_ne!(before[0], before[1], "they differ in what is hidden");
        Self { one, other, before }
    }

    async fn answers(&self, asked: &Asked) -> [String; 2] {
        let Asked { verb, target, body } = asked;
        [
            self.one.ask(verb, target, body).await,
            self.other.ask(verb, target, body).await,
        ]
    }

    fn is_touched(&self) -> bool {
        [self.one.hidden(), self.other.hidden()] != self.before
    }
}

#[test]
fn twin_sites_answer_alike() {
    const CALLS: usize = 3_000;
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    Protection::switch_off(None);
    in_one_core(async {
        let twins = Twins::make().await;
        let mut maker = Maker::new(7, &twins.one);
        let (mut seen, mut let_in) = (BTreeSet::new(), 0);
        let mut differences = Vec::new();
        while seen.len() < CALLS {
            let asked = maker.next();
            if !seen.insert(asked.clone()) {
                continue;
            }
            let [one, other] = twins.answers(&asked).await;
            let_in += usize::from(one.starts_with('2'));
            if one != other {
                let Asked { verb, target, body } = asked;
                differences.push(format!(
                    "{verb} {target} {body}\none:   {one}\nother: {other}"
                ));
            }
        }
        let (count, different) = (seen.len(), differences.len());
        eprintln!("{count} requests, {let_in} let in, {different} differences");
        for difference in differences.iter().take(20) {
            eprintln!("{difference}\n");
        }
        assert!(!twins.is_touched(), "nothing hidden was changed");
        assert!(differences.is_empty());
    });
}

/// After how many requests the absence of a protection is seen, and by what; none: not.
async fn seen_after(most: usize) -> Option<(usize, String)> {
    const OFTEN: usize = 50;
    let twins = Twins::make().await;
    let mut maker = Maker::new(7, &twins.one);
    for count in 1..=most {
        let asked = maker.next();
        let [one, other] = twins.answers(&asked).await;
        if one != other {
            return Some((count, format!("{} {}", asked.verb, asked.target)));
        }
        if count % OFTEN == 0 && twins.is_touched() {
            return Some((count, "something hidden was changed".to_owned()));
        }
    }
    None
}

#[test]
fn each_protection_of_documents_is_missed() {
    const CALLS: usize = 2_000;
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut unseen = Vec::new();
    let of_frappe = |protection: &&Protection| format!("{protection:?}").starts_with("Frappe");
    for protection in Protection::ALL.iter().filter(of_frappe) {
        Protection::switch_off(Some(*protection));
        in_one_core(async {
            match seen_after(CALLS).await {
                Some((count, by)) => eprintln!("{protection:?}: after {count} requests, by {by}"),
                None => unseen.push(*protection),
            }
        });
    }
    Protection::switch_off(None);
    assert!(unseen.is_empty(), "nothing misses {unseen:?}");
}
