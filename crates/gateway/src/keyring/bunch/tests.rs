use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use portcullis_identity::{KeyDigest, Principal, PrincipalName, RoleName, Timestamp};
use portcullis_storage::{Sealed, StandIn};
use proptest::prelude::*;

use super::*;
use crate::archive::Safe;
use crate::clock;
use crate::gcra::Rate;

/// A safe that nothing was put into.
struct Empty;

impl Safe for Empty {
    fn seal(&self, _: &'static str, _: &str, _: Vec<u8>) -> Option<Sealed> {
        None
    }
    fn open(&self, _: &'static str, _: &str, _: &Sealed) -> Option<Vec<u8>> {
        None
    }
    fn digest(&self, _: &[&[u8]]) -> [u8; 32] {
        [0; 32]
    }
}

pub(super) fn bunch() -> Bunch {
    let rate = Rate {
        per_minute: 60,
        burst: 10,
    };
    Bunch::new(Maker::new(Arc::new(Empty), rate))
}

pub(super) fn id(n: usize) -> KeyId {
    let digit = |n: usize| char::from(b"abcdefghijklmnopqrstuvwxyz234567"[n % 32]);
    let tail: String = [n / 32 / 32 / 32, n / 32 / 32, n / 32, n]
        .into_iter()
        .map(digit)
        .collect();
    KeyId::new(&format!("pck_aaaaaaaaaaaa{tail}")).unwrap()
}

fn login(n: usize) -> ErpLogin {
    ErpLogin::new(&format!("user{n}")).unwrap()
}

fn upstream() -> UpstreamName {
    UpstreamName::new("odoo").unwrap()
}

pub(super) fn row(n: usize, created: usize) -> KeyRow {
    let holder = Principal::integration(
        PrincipalName::new(&format!("shop{n}")).unwrap(),
        id(n),
        upstream(),
        login(n % 2),
        vec![RoleName::new("reader").unwrap()],
    );
    let byte = u8::try_from(n % 200).unwrap();
    let digest = KeyDigest::from_bytes([byte; 32]);
    KeyRow::new(
        id(n),
        digest,
        &holder,
        Timestamp(i64::try_from(created).unwrap()),
    )
}

fn certificate(n: usize) -> CertificateDigest {
    CertificateDigest::from_bytes([u8::try_from(n).unwrap(); 32])
}

/// The keys of a store, and which of them were touched since somebody looked.
#[derive(Default)]
struct Rows {
    rows: BTreeMap<KeyId, KeyRow>,
    touched: BTreeSet<KeyId>,
    clock: usize,
}

/// How many keys there are in the tests.
const KEYS: usize = 9;

#[derive(Debug, Clone, Copy)]
enum Step {
    Make(usize),
    Remove(usize),
    Revoke(usize),
    Suspend(usize),
    Rotate(usize, usize),
    Certify(usize, usize),
    GiveSecret(usize, usize),
    Exchange(usize, usize),
    StandIn(usize, Option<usize>),
    Look,
}

impl Rows {
    fn change(&mut self, n: usize, change: impl FnOnce(&mut KeyRow)) {
        if let Some(row) = self.rows.get_mut(&id(n)) {
            change(row);
            self.touched.insert(id(n));
        }
    }

    /// As a database would: what only one may have, nobody is given whose is another's.
    fn step(&mut self, step: Step) {
        self.clock += 1;
        match step {
            Step::Make(n) => {
                let new = row(n, self.clock);
                self.rows.entry(id(n)).or_insert(new);
                self.touched.insert(id(n));
            }
            Step::Remove(n) => {
                self.rows.remove(&id(n));
                self.touched.insert(id(n));
            }
            Step::Revoke(n) => self.change(n, |row| row.revoked = Some(Timestamp(1))),
            Step::Suspend(n) => self.change(n, |row| row.suspended = Some(Timestamp(1))),
            Step::Rotate(old, new) => {
                let is_named = |row: &KeyRow| row.successor == Some(id(new));
                let is_there = self.rows.contains_key(&id(new));
                if !is_there
                    && !self.rows.values().any(is_named)
                    && self.rows.contains_key(&id(old))
                {
                    self.change(old, |row| row.successor = Some(id(new)));
                    self.step(Step::Make(new));
                }
            }
            Step::Certify(n, certified) => {
                let certificate = Some(certificate(certified));
                let has = |row: &KeyRow| row.certificate == certificate && row.revoked.is_none();
                if !self.rows.values().any(has) {
                    self.change(n, |row| row.certificate = certificate);
                }
            }
            Step::GiveSecret(n, secret) => {
                let digest = KeyDigest::from_bytes([u8::try_from(200 + secret).unwrap(); 32]);
                if !self.rows.values().any(|row| row.digest == digest) {
                    self.change(n, |row| (row.digest, row.is_foreign) = (digest, true));
                }
            }
            Step::Exchange(one, other) => {
                let of = |rows: &Self, n| {
                    rows.rows
                        .get(&id(n))
                        .map(|row| (row.digest, row.is_foreign))
                };
                if let (Some(first), Some(second)) = (of(self, one), of(self, other)) {
                    self.change(one, |row| (row.digest, row.is_foreign) = second);
                    self.change(other, |row| (row.digest, row.is_foreign) = first);
                }
            }
            Step::StandIn(n, who) => self.change(n, |row| {
                row.stand_in = who.map(|who| StandIn {
                    login: login(who),
                    administrator: false,
                });
            }),
            Step::Look => {}
        }
    }

    /// Puts what was touched into a bunch, `most` keys at a time.
    fn tell(&mut self, bunch: &Bunch, most: usize) {
        let touched: Vec<KeyId> = std::mem::take(&mut self.touched).into_iter().collect();
        for some in touched.chunks(most) {
            let rows: Vec<KeyRow> = some
                .iter()
                .filter_map(|id| self.rows.get(id))
                .cloned()
                .collect();
            let gone: Vec<KeyId> = some
                .iter()
                .filter(|id| !self.rows.contains_key(id))
                .copied()
                .collect();
            bunch.apply(&rows, &gone);
        }
    }

    /// Reads all into a bunch, `most` keys at a time.
    fn tell_all(&self, bunch: &Bunch, most: usize) {
        bunch.begin_reading();
        let rows: Vec<KeyRow> = self.rows.values().cloned().collect();
        rows.chunks(most).for_each(|page| bunch.apply(page, &[]));
        bunch.end_reading();
    }
}

/// All that a bunch says of its keys, in words.
#[derive(Debug, PartialEq)]
struct Said {
    keys: BTreeMap<KeyId, String>,
    certificates: BTreeMap<u8, KeyId>,
    secrets: BTreeMap<u8, KeyId>,
    stand_ins: Vec<BTreeSet<ErpLogin>>,
}

fn key_said(row: &KeyRow, line: KeyId) -> String {
    let over = (row.revoked.is_some(), row.suspended.is_some());
    let digest = row.digest.as_bytes()[0];
    let principal = row.principal();
    format!(
        "{digest} {} {over:?} {line} {principal:?} {:?}",
        row.is_foreign, row.stand_in
    )
}

/// What a bunch says.
fn said(bunch: &Bunch) -> Said {
    let said_of = |kept: &Kept| {
        let over = (
            kept.revoked,
            kept.over(Timestamp(0)).is_some() && !kept.revoked,
        );
        let (digest, holder) = (kept.digest.as_bytes()[0], &kept.holder);
        let (line, principal) = (holder.line.unwrap(), &*holder.principal);
        format!(
            "{digest} {} {over:?} {line} {principal:?} {:?}",
            kept.is_foreign, holder.stand_in
        )
    };
    let keys = bunch.keys();
    let by = |n| {
        bunch
            .by_certificate(&certificate(n))
            .map(|id| (u8::try_from(n).unwrap(), id))
    };
    let with = |n: u8| bunch.by_secret(&[n; 32]).map(|id| (n, id));
    Said {
        keys: keys.iter().map(|(id, kept)| (*id, said_of(kept))).collect(),
        certificates: (0..KEYS).filter_map(by).collect(),
        secrets: (0..=255).filter_map(with).collect(),
        stand_ins: (0..2)
            .map(|n| {
                bunch
                    .stand_ins(&upstream(), [&login(n)].into_iter())
                    .into_iter()
                    .collect()
            })
            .collect(),
    }
}

/// What the rows say, worked out from all of them at once and in the plainest way.
fn expected(rows: &Rows) -> Said {
    let mut oldest_first: Vec<&KeyRow> = rows.rows.values().collect();
    oldest_first.sort_by_key(|row| (row.created, row.id));
    let line = |key: &KeyRow| {
        let mut first = key.id;
        while let Some(elder) = rows.rows.values().find(|row| row.successor == Some(first)) {
            first = elder.id;
        }
        first
    };
    let with_certificates = |is_revoked: bool| {
        let rows = oldest_first
            .iter()
            .filter(move |row| row.revoked.is_some() == is_revoked);
        rows.filter_map(|row| Some((row.certificate?.as_bytes()[0], row.id)))
    };
    let foreign = oldest_first.iter().filter(|row| row.is_foreign);
    let stands_in = |n: usize| {
        let of_user = oldest_first
            .iter()
            .filter(move |row| row.erp_login == login(n));
        let living = of_user.filter(|row| row.revoked.is_none());
        living
            .filter_map(|row| Some(row.stand_in.as_ref()?.login.clone()))
            .collect()
    };
    Said {
        keys: rows
            .rows
            .values()
            .map(|row| {
                let over = |row: &KeyRow| KeyRow {
                    suspended: row.suspended.filter(|_| row.revoked.is_none()),
                    ..row.clone()
                };
                (row.id, key_said(&over(row), line(row)))
            })
            .collect(),
        certificates: with_certificates(true)
            .chain(with_certificates(false))
            .collect(),
        secrets: foreign
            .map(|row| (row.digest.as_bytes()[0], row.id))
            .collect(),
        stand_ins: (0..2).map(stands_in).collect(),
    }
}

/// Keys of one line share the state of their limit.
fn share_their_cells(bunch: &Bunch) -> bool {
    let keys = bunch.keys();
    keys.iter().all(|(_, one)| {
        keys.iter().all(|(_, other)| {
            one.holder.line != other.holder.line
                || Arc::ptr_eq(&one.holder.cell, &other.holder.cell)
        })
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = || 0..KEYS;
    let step = prop_oneof![
        3 => key().prop_map(Step::Make),
        1 => key().prop_map(Step::Remove),
        1 => key().prop_map(Step::Revoke),
        1 => key().prop_map(Step::Suspend),
        6 => (key(), key()).prop_map(|(old, new)| Step::Rotate(old, new)),
        2 => (key(), 0..3_usize).prop_map(|(n, of)| Step::Certify(n, of)),
        2 => (key(), 0..3_usize).prop_map(|(n, secret)| Step::GiveSecret(n, secret)),
        1 => (key(), key()).prop_map(|(one, other)| Step::Exchange(one, other)),
        2 => (key(), proptest::option::of(2..4_usize)).prop_map(|(n, who)| Step::StandIn(n, who)),
        3 => Just(Step::Look),
    ];
    proptest::collection::vec(step, 1..60)
}

proptest! {
    #[test]
    fn what_is_put_in_bit_by_bit_is_what_is_read_as_a_whole(
        steps in steps(),
        most in 1..5_usize,
        again in any::<bool>(),
    ) {
        let (little, mut rows) = (bunch(), Rows::default());
        for step in steps {
            rows.step(step);
            if matches!(step, Step::Look) {
                rows.tell(&little, most);
                prop_assert_eq!(said(&little), expected(&rows));
            }
        }
        rows.tell(&little, most);
        prop_assert_eq!(said(&little), expected(&rows));
        prop_assert!(share_their_cells(&little));
        let whole = bunch();
        rows.tell_all(&whole, most);
        prop_assert_eq!(said(&whole), expected(&rows));
        prop_assert!(share_their_cells(&whole));
        // Whoever reads all again has the same, of whatever was there before.
        if again {
            for n in 0..KEYS {
                rows.step(Step::Remove(n));
                rows.step(Step::Rotate((n + 3) % KEYS, n));
            }
            rows.tell_all(&little, most);
            prop_assert_eq!(said(&little), expected(&rows));
        }
    }
}

/// A key and those after it share one limit, and what a key began lives on when it is read again.
#[test]
fn a_limit_is_one_for_a_line_and_lives_on() {
    let (bunch, mut rows) = (bunch(), Rows::default());
    rows.step(Step::Make(0));
    rows.tell(&bunch, 9);
    let cell = |n| Arc::clone(&bunch.keys().get(&id(n)).unwrap().holder.cell);
    let first = cell(0);
    first.store(77, Ordering::Relaxed);
    rows.step(Step::Rotate(0, 1));
    rows.tell(&bunch, 9);
    rows.step(Step::Rotate(1, 2));
    rows.step(Step::Suspend(0));
    rows.tell(&bunch, 1);
    for n in 0..3 {
        assert!(Arc::ptr_eq(&cell(n), &first), "{n}");
    }
    rows.tell_all(&bunch, 2);
    assert!(Arc::ptr_eq(&cell(2), &first));
    rows.step(Step::Make(5));
    rows.tell(&bunch, 9);
    assert!(!Arc::ptr_eq(&cell(5), &first), "another key has its own");
}

#[test]
fn keys_that_took_over_from_each_other_in_a_circle_are_put_in() {
    let bunch = bunch();
    let of = |n: usize, heir: usize| KeyRow {
        successor: Some(id(heir)),
        ..row(n, n)
    };
    bunch.apply(&[of(0, 1), of(1, 2), of(2, 0), of(3, 3)], &[]);
    bunch.apply(&[of(1, 2)], &[]);
    assert_eq!(bunch.keys().len(), 4);
}

#[test]
fn a_long_line_costs_no_more_than_its_keys() {
    const LONG: usize = 10_000;
    let watch = clock::stopwatch();
    let little = bunch();
    let of = |n: usize| KeyRow {
        successor: (n + 1 < LONG).then(|| id(n + 1)),
        ..row(n, n)
    };
    little.apply(&[row(0, 0)], &[]);
    for n in 1..LONG {
        little.apply(&[of(n - 1), row(n, n)], &[]);
    }
    // The worst that a whole reading can meet: each key comes before the one it took over from.
    let whole = bunch();
    let mut rows: Vec<KeyRow> = (0..LONG).map(of).collect();
    rows.reverse();
    whole.apply(&rows, &[]);
    for bunch in [&little, &whole] {
        let line = bunch.keys().get(&id(LONG - 1)).unwrap().holder.line;
        assert_eq!(line, Some(id(0)));
    }
    // A second on a busy machine; each key for each would take minutes.
    assert!(watch.elapsed().as_secs() < 20, "{:?}", watch.elapsed());
}

#[test]
fn what_two_keys_exchange_is_always_found() {
    let (bunch, mut rows) = (bunch(), Rows::default());
    for n in [0, 1] {
        rows.step(Step::Make(n));
        rows.step(Step::GiveSecret(n, n));
    }
    rows.tell(&bunch, 9);
    let over = AtomicBool::new(false);
    let secrets = || [200, 201].map(|n| bunch.by_secret(&[n; 32]));
    assert_eq!(secrets(), [Some(id(0)), Some(id(1))]);
    std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
            let mut looks = 0_usize;
            while !over.load(Ordering::Acquire) {
                assert!(secrets().iter().all(Option::is_some), "after {looks} looks");
                looks += 1;
            }
            looks
        });
        for _ in 0..3_000 {
            rows.step(Step::Exchange(0, 1));
            rows.tell(&bunch, 9);
        }
        rows.step(Step::Exchange(0, 1));
        rows.tell(&bunch, 9);
        over.store(true, Ordering::Release);
        assert!(looking.join().unwrap() > 100);
    });
    assert_eq!(secrets(), [Some(id(1)), Some(id(0))]);
}
