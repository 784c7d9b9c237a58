//! Ten thousand writes to an Odoo.

mod free;
mod hung_up;
mod once;
mod played;

use portcullis_policy::Protection;

use crate::site::Site;
use crate::turns::{median_and_p99, without};

/// What came of many tries.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Writes that were sent and done.
    pub(crate) done: usize,
    /// Those of them that broke the rule, as the ERP itself knows.
    pub(crate) broken: usize,
    /// Of these, those of which the record says so, and those of which it says that it cannot be
    /// told.
    pub(crate) told: usize,
    pub(crate) doubted: usize,
    /// Those of which the record says nothing.
    pub(crate) missed: usize,
    /// Writes that broke nothing, of which the record says that they did, and that they may have.
    pub(crate) wrongly_told: usize,
    pub(crate) wrongly_doubted: usize,
    /// The same of writes beside which nobody did anything.
    pub(crate) wrongly_alone: usize,
    /// Microseconds between the guard's answer and the call's.
    pub(crate) windows: Vec<u64>,
    /// Microseconds that whole writes took beside which nobody did anything.
    pub(crate) took: Vec<u64>,
}

/// What nobody else did, or somebody did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beside {
    Nobody,
    Somebody,
}

impl Tally {
    /// Counts one try whose write was done: whether its record was inside, and what was noted.
    pub(crate) fn count(&mut self, was_inside: bool, said: &[&str], beside: Beside) {
        let tells = said.contains(&"rule-broken");
        let alarms = said.iter().any(|word| *word != "rule-unproven");
        self.done += 1;
        match (was_inside, said) {
            (false, []) => self.missed += 1,
            (false, _) if tells => self.told += 1,
            (false, _) => self.doubted += 1,
            (true, _) if tells => self.wrongly_told += 1,
            (true, _) if alarms => self.wrongly_doubted += 1,
            (true, _) => {}
        }
        self.broken += usize::from(!was_inside);
        if was_inside && alarms && beside == Beside::Nobody {
            self.wrongly_alone += 1;
        }
    }

    fn tell(self, what: &str) {
        let Self {
            done,
            broken,
            told,
            doubted,
            missed,
            wrongly_told,
            wrongly_doubted,
            wrongly_alone,
            windows,
            took,
        } = self;
        let (median, p99) = median_and_p99(windows);
        let (whole, _) = median_and_p99(took);
        eprintln!(
            "{what}: {done} writes done, {broken} of them broke the rule: {told} told, {doubted} doubted, {missed} missed; \
             of those that broke nothing {wrongly_told} told, {wrongly_doubted} doubted, {wrongly_alone} with nobody beside; \
             window {median} us, 99 % within {p99} us; a write with nobody beside takes {whole} us"
        );
    }
}

#[test]
fn every_write_that_breaks_the_rule_is_told_or_doubted() {
    without(None, async {
        let site = Site::make().await;
        let tally = played::all(&site, 260).await;
        let (missed, alone) = (tally.missed, tally.wrongly_alone);
        assert!(tally.broken > 1_800, "{tally:?}");
        tally.tell("played");
        assert_eq!((missed, alone), (0, 0));
    });
}

#[test]
fn so_it_is_when_everybody_runs_free() {
    without(None, async {
        let tally = free::all(5_000).await;
        let missed = tally.missed;
        assert!(tally.broken > 100, "{tally:?}");
        tally.tell("free");
        assert_eq!(missed, 0);
    });
}

#[test]
fn without_after_checks_they_are_missed() {
    without(Some(Protection::AfterChecks), async {
        let site = Site::make().await;
        let tally = played::unchecked(&site, 20).await;
        let (broken, missed) = (tally.broken, tally.missed);
        tally.tell("without after-checks");
        assert!(broken > 0);
        assert_eq!(missed, broken);
    });
}

#[test]
fn an_answer_that_was_kept_is_given_without_another_after_check() {
    without(None, once::replayed());
}

#[test]
fn the_after_check_has_a_time_of_its_own() {
    without(None, once::late());
}

#[test]
fn nobody_skips_the_after_check_by_hanging_up() {
    without(None, hung_up::all());
}
