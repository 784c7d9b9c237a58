//! Somebody else does something at a moment that is laid down.

use tokio::time::Instant;

use super::{Beside, Tally};
use crate::hook::{BACK, Deed, Fate, OUT, Script, Stage, When};
use crate::site::{Site, Writes, of_rule, window};

use Deed::{Deletes, Moves, MovesAlike, Touches};
use Stage::{After, Call, Guard};
use When::{Before, Behind};

/// One kind of try, and what must come of it.
struct Case {
    what: &'static str,
    deeds: &'static [(When, Deed)],
    fate: Fate,
    writes: Writes,
    /// What the record says.
    says: &'static [&'static str],
}

const fn case(
    what: &'static str,
    deeds: &'static [(When, Deed)],
    says: &'static [&'static str],
) -> Case {
    Case {
        what,
        deeds,
        fate: Fate::Given,
        writes: Writes::Other,
        says,
    }
}

impl Case {
    const fn lost(mut self, stage: Stage) -> Self {
        self.fate = Fate::Lost(stage);
        self
    }

    const fn writing(mut self, writes: Writes) -> Self {
        self.writes = writes;
        self
    }
}

const NOTHING: &[&str] = &[];
const BROKEN: &[&str] = &["rule-broken"];
const UNSURE: &[&str] = &["rule-unsure"];
const UNPROVEN: &[&str] = &["rule-unproven"];
const UNCHECKED: &[&str] = &["rule-unchecked"];
const LEAVES: &[(When, Deed)] = &[(Behind(Guard), Moves(OUT))];

const CASES: &[Case] = &[
    case("nobody", &[], NOTHING),
    case(
        "out before the guard",
        &[(Before(Guard), Moves(OUT))],
        NOTHING,
    ),
    case("out behind the guard", LEAVES, BROKEN),
    case("out before the call", &[(Before(Call), Moves(OUT))], BROKEN),
    case(
        "out behind the guard, back behind the call",
        &[(Behind(Guard), Moves(OUT)), (Behind(Call), Moves(BACK))],
        UNSURE,
    ),
    case(
        "out and back before the call",
        &[(Behind(Guard), Moves(OUT)), (Before(Call), Moves(BACK))],
        NOTHING,
    ),
    case("out behind the call", &[(Behind(Call), Moves(OUT))], UNSURE),
    case(
        "touched before the call",
        &[(Before(Call), Touches)],
        NOTHING,
    ),
    case(
        "touched behind the call",
        &[(Behind(Call), Touches)],
        UNSURE,
    ),
    case(
        "deleted behind the call",
        &[(Behind(Call), Deletes)],
        UNSURE,
    ),
    case(
        "deleted before the call",
        &[(Before(Call), Deletes)],
        NOTHING,
    ),
    case(
        "out behind the guard, by the same ERP user",
        &[(Behind(Guard), MovesAlike(OUT))],
        BROKEN,
    ),
    case("answer lost, nobody", &[], NOTHING).lost(Call),
    case("answer lost, out behind the guard", LEAVES, BROKEN).lost(Call),
    case("after-check lost, nobody", &[], UNCHECKED).lost(After),
    case("after-check lost, out behind the guard", LEAVES, UNCHECKED).lost(After),
    case("condition set, nobody", &[], UNPROVEN).writing(Writes::Condition),
    case("condition set, out behind the guard", LEAVES, UNPROVEN).writing(Writes::Condition),
    case("archived, nobody", &[], NOTHING).writing(Writes::Archived),
    case("archived, out behind the guard", LEAVES, BROKEN).writing(Writes::Archived),
    case("deleted, nobody", &[], UNPROVEN).writing(Writes::Gone),
    case("deleted, out behind the guard", LEAVES, UNPROVEN).writing(Writes::Gone),
];

/// Each kind this many times.
pub(crate) async fn all(site: &Site, times: u64) -> Tally {
    let cases: Vec<&Case> = CASES.iter().collect();
    run(site, &cases, times, |case, said| {
        assert_eq!(said, case.says, "{}", case.what);
    })
    .await
}

/// The plainest race, which nothing is said of where nobody looks.
pub(crate) async fn unchecked(site: &Site, times: u64) -> Tally {
    let plain = |case: &&Case| {
        let is_alone = case.deeds.is_empty() && case.writes == Writes::Other;
        (is_alone || case.says == BROKEN) && case.fate == Fate::Given
    };
    let cases: Vec<&Case> = CASES.iter().filter(plain).collect();
    run(site, &cases, times, |_, _| {}).await
}

async fn run(site: &Site, cases: &[&Case], times: u64, judge: impl Fn(&Case, &[&str])) -> Tally {
    let mut tally = Tally::default();
    let mut record = site.erp.company("Played");
    let mut number = 0;
    for _ in 0..times {
        for case in cases {
            number += 1;
            site.erp.moves(record, BACK);
            site.erp.plays(Some(Script {
                record,
                number,
                deeds: case.deeds.to_vec(),
                fate: case.fate,
            }));
            let begun = Instant::now();
            let (status, request) = site.write(record, number, case.writes).await;
            let took = u64::try_from(begun.elapsed().as_micros()).expect("a number");
            site.erp.plays(None);
            let was_inside = site.erp.was_inside(number);
            let noted = site.noted_of(&request);
            judge(case, &of_rule(&noted));
            let is_deleted = case.deeds.iter().any(|(_, deed)| matches!(deed, Deletes));
            if is_deleted || matches!(case.writes, Writes::Archived | Writes::Gone) {
                record = site.erp.company("Played");
            }
            let Some(was_inside) = was_inside else {
                assert_ne!(status, 200, "{}", case.what);
                continue;
            };
            assert_eq!(
                status == 200,
                case.fate != Fate::Lost(Call),
                "{}",
                case.what
            );
            let beside = match (case.deeds, case.fate) {
                ([], Fate::Given) => Beside::Nobody,
                _ => Beside::Somebody,
            };
            tally.count(was_inside, &of_rule(&noted), beside);
            tally.windows.extend(window(&noted));
            tally
                .took
                .extend((beside == Beside::Nobody).then_some(took));
        }
    }
    tally
}
