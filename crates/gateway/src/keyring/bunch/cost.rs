//! What finding a key costs among few and among many; `bench/README.md` says how to measure it.

use super::tests::{bunch, id, row};
use super::*;
use crate::clock;

/// How many keys are found between two looks at the clock.
const BATCH: usize = 200;

/// Finds a key and its holder, as each request does.
fn find(bunch: &Bunch, id: &KeyId) -> usize {
    let keys = bunch.keys();
    let holder = keys.get(id).map(|kept| Arc::clone(&kept.holder));
    holder.map_or(0, |holder| holder.principal.roles().len())
}

#[test]
#[ignore = "a measurement, for a release build"]
fn look_up() {
    for count in [1_000, 1_000_000] {
        let bunch = bunch();
        for some in (0..count).collect::<Vec<_>>().chunks(2_000) {
            let rows: Vec<KeyRow> = some.iter().map(|n| row(*n, *n)).collect();
            bunch.apply(&rows, &[]);
        }
        // In no order, so that no key is at hand because its neighbour was used just now.
        let ids: Vec<KeyId> = (0..200_000_usize)
            .map(|n| id(n.wrapping_mul(7_919_777) % count))
            .collect();
        let mut took: Vec<u128> = ids
            .chunks(BATCH)
            .map(|some| {
                let watch = clock::stopwatch();
                let found: usize = some.iter().map(|id| find(&bunch, id)).sum();
                assert_eq!(found, some.len());
                watch.elapsed().as_nanos() / some.len() as u128
            })
            .collect();
        took.sort_unstable();
        let median = took[took.len() / 2];
        eprintln!(
            "{count} keys: {median} ns a look-up, the median of {} batches",
            took.len()
        );
    }
}
