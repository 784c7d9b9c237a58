//! What is remembered of many strangers, each as one moment: within bounds, and so that whoever
//! fills the memory does not have it forget those who matter.

use std::hash::Hash;
use std::sync::atomic::{AtomicI64, Ordering};

use papaya::HashMap;

/// How many are remembered.
const MOST: usize = 100_000;

/// Moments by key. When it is full, the earlier half of them is forgotten: of those who failed
/// that is whoever failed least, or longest ago.
pub(super) struct Cells<K> {
    cells: HashMap<K, AtomicI64>,
    most: usize,
}

impl<K: Hash + Eq> Default for Cells<K> {
    fn default() -> Self {
        Self::of(MOST)
    }
}

impl<K: Hash + Eq> Cells<K> {
    fn of(most: usize) -> Self {
        Self {
            cells: HashMap::new(),
            most,
        }
    }

    /// Looks at what is remembered, if anything is.
    pub(super) fn look<T>(&self, key: &K, look: impl FnOnce(&AtomicI64) -> T) -> Option<T> {
        self.cells.pin().get(key).map(look)
    }

    /// Changes what is remembered; it begins with the oldest of all moments.
    pub(super) fn change<T>(&self, key: K, change: impl FnOnce(&AtomicI64) -> T) -> T {
        let cells = self.cells.pin();
        if cells.len() >= self.most {
            self.forget_half();
        }
        change(cells.get_or_insert_with(key, || AtomicI64::new(0)))
    }

    /// Forgets what is remembered, if it is of this moment or older.
    pub(super) fn forget(&self, key: &K, moment: i64) {
        let cells = self.cells.pin();
        let is_older = |_: &K, cell: &AtomicI64| cell.load(Ordering::Acquire) <= moment;
        let _removed = cells.remove_if(key, is_older);
    }

    fn forget_half(&self) {
        let cells = self.cells.pin();
        let moment = |cell: &AtomicI64| cell.load(Ordering::Acquire);
        let mut moments: Vec<i64> = cells.values().map(moment).collect();
        let half = moments.len() / 2;
        if half == 0 {
            return;
        }
        let (_, middle, _) = moments.select_nth_unstable(half);
        let middle = *middle;
        cells.retain(|_, cell| moment(cell) > middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_fills_the_memory_does_not_have_it_forget_those_who_failed_most() {
        let cells = Cells::of(100);
        let put =
            |key: u32, moment| cells.change(key, |cell| cell.store(moment, Ordering::Release));
        put(0, 1_000_000);
        for key in 1..10_000 {
            put(key, i64::from(key));
            assert!(cells.cells.pin().len() <= 100);
        }
        let held = cells.look(&0, |cell| cell.load(Ordering::Acquire));
        assert_eq!(held, Some(1_000_000));
        assert_eq!(cells.look(&1, |_| ()), None, "the others make room");
    }
}
