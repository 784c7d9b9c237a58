//! Which records calls are about to change, and as whom: an ERP stamps a record with the user
//! who wrote it, and two calls of one user leave the same stamp.
//!
//! Of other gateways nothing is known here, and neither is what a method does to records that
//! its call does not name, nor which lines a call changes through the record that holds them where
//! no guard asks for them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use portcullis_erp::Model;
use portcullis_identity::ErpLogin;
use portcullis_policy::Company;

/// A record, as whoever changes it.
type Key = (ErpLogin, Model, String);

/// The records that calls are about to change, over all cores.
#[derive(Default)]
pub(super) struct Underway(Mutex<HashMap<Key, Slot>>);

/// The calls that are about to change one record.
#[derive(Default)]
struct Slot {
    active: u32,
    /// How many there were since there was none.
    entered: u64,
}

/// A call that is about to change records, until this is dropped.
pub(super) struct Place {
    underway: Arc<Underway>,
    keys: Vec<Key>,
    /// How many had entered, this one included, by record.
    entered: Vec<u64>,
    was_alone: bool,
}

impl Underway {
    /// Takes a place for a call that is about to change these records.
    pub(super) fn enter(
        self: &Arc<Self>,
        login: &ErpLogin,
        records: Vec<(Model, String)>,
    ) -> Place {
        let keys = records.into_iter();
        let mut keys: Vec<Key> = keys
            .map(|(model, record)| (login.clone(), model, record))
            .collect();
        keys.sort();
        keys.dedup();
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut was_alone = true;
        let entered = keys.iter().map(|key| {
            let slot = slots.entry(key.clone()).or_default();
            was_alone &= slot.active == 0;
            slot.active += 1;
            slot.entered += 1;
            slot.entered
        });
        let entered = entered.collect();
        Place {
            underway: Arc::clone(self),
            keys,
            entered,
            was_alone,
        }
    }
}

impl Place {
    /// Whether another call was about to change one of these records, since this one was.
    pub(super) fn company(&self) -> Company {
        let slots = &self.underway.0;
        let slots = slots.lock().unwrap_or_else(PoisonError::into_inner);
        let mut own = self.keys.iter().zip(&self.entered);
        let is_alone = self.was_alone
            && own.all(|(key, entered)| {
                slots
                    .get(key)
                    .is_some_and(|slot| slot.active == 1 && slot.entered == *entered)
            });
        if is_alone {
            Company::Alone
        } else {
            Company::Others
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let slots = &self.underway.0;
        let mut slots = slots.lock().unwrap_or_else(PoisonError::into_inner);
        for key in self.keys.drain(..) {
            if let Entry::Occupied(mut slot) = slots.entry(key) {
                slot.get_mut().active -= 1;
                if slot.get().active == 0 {
                    slot.remove();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enter(underway: &Arc<Underway>, login: &str, records: &[&str]) -> Place {
        let login = ErpLogin::new(login).unwrap();
        let model = Model::new("res.partner").unwrap();
        let records = records.iter();
        let records = records.map(|record| (model.clone(), (*record).to_owned()));
        underway.enter(&login, records.collect())
    }

    #[test]
    fn whoever_changes_the_same_record_as_the_same_user_is_company() {
        let underway = Arc::new(Underway::default());
        let one = enter(&underway, "a", &["1", "2", "2"]);
        assert_eq!(one.company(), Company::Alone);
        let beside = enter(&underway, "a", &["3"]);
        let as_another = enter(&underway, "b", &["1"]);
        for place in [&one, &beside, &as_another] {
            assert_eq!(place.company(), Company::Alone);
        }
        let other = enter(&underway, "a", &["2"]);
        assert_eq!(one.company(), Company::Others);
        assert_eq!(other.company(), Company::Others);
        // It was there, though it is over.
        drop(other);
        assert_eq!(one.company(), Company::Others);
        drop(one);
        assert_eq!(enter(&underway, "a", &["2"]).company(), Company::Alone);
        drop((beside, as_another));
        assert!(underway.0.lock().unwrap().is_empty());
    }
}
