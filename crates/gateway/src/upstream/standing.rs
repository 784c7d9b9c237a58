//! Whether an ERP user is archived there (`active` of an Odoo, `enabled` of a Frappe), as far as
//! it is known.
//!
//! An Odoo refuses the credential of an archived user and does not say why; so another one of its
//! users that is known here is asked. A Frappe may go on taking the key of a user that was
//! disabled; so a user that is used is asked about itself. What cannot be known changes nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, Ordering};

use portcullis_erp::{Answer, Call, Map, Value};
use portcullis_identity::Timestamp;
use portcullis_policy::Family;

use super::native::is_denial;
use super::own::Asker;
use super::{ErpUser, Upstream};

/// How soon somebody is asked about again, in microseconds.
const SOON: i64 = 5_000_000;

/// How late whoever is archived is asked about again, while its keys are used.
const LATE: i64 = 60_000_000;

/// How often a user of a Frappe that is used is asked about.
const USED: i64 = 10_000_000;

/// How many others are asked about one.
const MOST_ASKED: usize = 8;

/// How long counts what a user has told of itself, in microseconds: two minutes.
const FRESH: i64 = 120_000_000;

/// The ranks of a user that has not told, and of those that have.
const UNTOLD: u8 = 0;
const ORDINARY: u8 = 1;
const ADMINISTRATOR: u8 = 2;

/// What is known of a user's standing.
#[derive(Debug)]
pub(crate) struct Standing {
    archived: AtomicBool,
    /// Since when that is known.
    since: AtomicI64,
    /// When it was asked about last.
    asked: AtomicI64,
    /// Whether the ERP has refused its credential since.
    refused: AtomicBool,
    /// Whether somebody wanted to call as this user since.
    called: AtomicBool,
    /// What it is, as it told itself with its own credential.
    rank: AtomicU8,
    /// When it told that.
    told: AtomicI64,
}

/// What became of a question about a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// It is archived, as it was not when it was asked about last.
    Archived,
    /// It is not any more.
    Back,
    /// It is as it was, or nobody can tell.
    Same,
}

impl Default for Standing {
    fn default() -> Self {
        Self {
            archived: AtomicBool::new(false),
            since: AtomicI64::new(0),
            asked: AtomicI64::new(i64::MIN),
            refused: AtomicBool::new(false),
            called: AtomicBool::new(false),
            rank: AtomicU8::new(UNTOLD),
            told: AtomicI64::new(i64::MIN),
        }
    }
}

impl Standing {
    /// Whether the user is known to be archived.
    pub(crate) fn is_archived(&self) -> bool {
        self.archived.load(Ordering::Acquire)
    }

    /// Somebody wants to call as this user.
    pub(crate) fn called(&self) {
        if !self.called.load(Ordering::Relaxed) {
            self.called.store(true, Ordering::Relaxed);
        }
    }

    /// The ERP refused its credential.
    pub(crate) fn refused(&self) {
        self.refused.store(true, Ordering::Release);
    }

    /// Its credential was put anew: it may be another user, and nothing is known of that one.
    pub(super) fn doubt(&self) {
        self.rank.store(UNTOLD, Ordering::Release);
        self.asked.store(i64::MIN, Ordering::Release);
        self.called();
    }

    /// Whether it may stand in for somebody: its own credential was taken, it is not archived,
    /// and no administrator, unless it may be one. What is not known is a no, and what was told
    /// long ago is not known.
    pub(crate) fn may_stand_in(&self, may_be_administrator: bool, now: Timestamp) -> bool {
        let told = self.told.load(Ordering::Acquire);
        !self.is_archived()
            && now.micros().saturating_sub(told) <= FRESH
            && match self.rank.load(Ordering::Acquire) {
                ORDINARY => true,
                ADMINISTRATOR => may_be_administrator,
                _ => false,
            }
    }

    /// Notes what the user is, as it has told itself; none: it did not.
    pub(crate) fn told(&self, is_administrator: Option<bool>, now: Timestamp) {
        let rank = match is_administrator {
            Some(true) => ADMINISTRATOR,
            Some(false) => ORDINARY,
            None => UNTOLD,
        };
        self.told.store(now.micros(), Ordering::Release);
        self.rank.store(rank, Ordering::Release);
    }

    /// Whether the user has told what it is.
    pub(crate) fn has_told(&self) -> bool {
        self.rank.load(Ordering::Acquire) != UNTOLD
    }

    /// Whether somebody wanted to call as this user since it was asked about.
    pub(crate) fn is_called(&self) -> bool {
        self.called.load(Ordering::Relaxed)
    }

    /// Whether it is time to ask about the user.
    pub(crate) fn is_due(&self, family: Family, now: Timestamp) -> bool {
        let asked = self.asked.load(Ordering::Acquire);
        let ago = now.micros().saturating_sub(asked);
        if self.refused.load(Ordering::Acquire) && !self.is_archived() {
            return ago >= SOON;
        }
        let after = if self.is_archived() {
            let since = self.since.load(Ordering::Acquire);
            now.micros().saturating_sub(since).clamp(SOON, LATE)
        } else if family == Family::Frappe {
            USED
        } else {
            return false;
        };
        self.is_called() && ago >= after
    }

    /// Notes what was answered to a question about the user.
    fn answered(&self, archived: Option<bool>, now: Timestamp) -> Asked {
        let Some(archived) = archived else {
            return Asked::Same;
        };
        let was = self.archived.swap(archived, Ordering::AcqRel);
        if was == archived {
            return Asked::Same;
        }
        self.since.store(now.micros(), Ordering::Release);
        if archived {
            self.rank.store(UNTOLD, Ordering::Release);
            Asked::Archived
        } else {
            Asked::Back
        }
    }
}

impl Upstream {
    /// Asks the ERP whether a user is archived, and notes it.
    pub(crate) async fn ask_about(
        &self,
        asker: &Asker<'_>,
        user: &ErpUser,
        now: Timestamp,
    ) -> Asked {
        let standing = user.standing();
        standing.asked.store(now.micros(), Ordering::Release);
        standing.refused.store(false, Ordering::Release);
        standing.called.store(false, Ordering::Relaxed);
        let archived = match self.family {
            Family::Odoo => self.archived_at_odoo(asker, user).await,
            Family::Frappe => self.archived_at_frappe(asker, user).await,
        };
        standing.answered(archived, now)
    }

    async fn archived_at_odoo(&self, asker: &Asker<'_>, user: &ErpUser) -> Option<bool> {
        // By its number, where that is known: whoever archives somebody may rename it, too.
        let leaf = match user.uid() {
            Some(uid) => ["id".into(), "=".into(), Value::Int(uid)],
            None => ["login".into(), "=".into(), user.login().as_str().into()],
        };
        let domain = Value::List(vec![Value::List(leaf.to_vec())]);
        let fields = Value::List(vec!["active".into()]);
        let mut call = Call::new("res.users", "search_read").ok()?;
        call = call.with("domain", domain).with("fields", fields);
        let context = &mut call.context;
        context.insert("active_test".to_owned(), Value::Bool(false));
        self.of_others(asker, &call, user, |answer| is_off(only(answer, "active")?))
            .await
    }

    async fn archived_at_frappe(&self, asker: &Asker<'_>, user: &ErpUser) -> Option<bool> {
        let known = match user.name.get() {
            Some(name) => Some(name.clone()),
            None => self.name_of(asker, user).await.ok(),
        };
        let name = known.unwrap_or_else(|| user.login().to_string());
        // The document is for System Managers; the list is for everybody at the desk.
        let filters = Map::from_iter([("name".to_owned(), Value::from(name.as_str()))]);
        let call = Call::new("User", "get_list").ok()?;
        let call = call
            .with("fields", Value::List(vec!["enabled".into()]))
            .with("filters", Value::Map(filters));
        let read = |answer: &Value| is_off(only(answer, "enabled")?);
        if let Ok(Answer::Value(answer)) = self.ask_own(asker, &call, user).await
            && let Some(found) = read(&answer)
        {
            return Some(found);
        }
        self.of_others(asker, &call, user, read).await
    }

    /// What the other users that are known here are told, until one is told something.
    async fn of_others(
        &self,
        asker: &Asker<'_>,
        call: &Call,
        user: &ErpUser,
        read: impl Fn(&Value) -> Option<bool>,
    ) -> Option<bool> {
        let may_ask = |other: &Arc<ErpUser>| {
            other.login() != user.login()
                && !other.standing().is_archived()
                && (self.family == Family::Frappe || other.uid().is_some())
        };
        let mut others = self.users();
        // In one order, so that it is not by chance what is found out.
        others.sort_by(|one, other| one.login().as_str().cmp(other.login().as_str()));
        for other in others.into_iter().filter(may_ask).take(MOST_ASKED) {
            match self.ask_own(asker, call, &other).await {
                Ok(Answer::Value(answer)) => {
                    if let Some(found) = read(&answer) {
                        return Some(found);
                    }
                }
                Ok(Answer::Fault(fault)) if is_denial(&fault) => other.standing().refused(),
                Ok(Answer::Fault(_) | Answer::DoneWithoutResult) | Err(_) => {}
            }
        }
        None
    }
}

/// Whether a switch of the ERP is off; none for what is no switch.
fn is_off(value: &Value) -> Option<bool> {
    match value.as_int() {
        Some(number) => Some(number == 0),
        None if *value == Value::Bool(true) => Some(false),
        None if *value == Value::Bool(false) => Some(true),
        None => None,
    }
}

/// A field of the only row of an answer.
fn only<'a>(answer: &'a Value, field: &str) -> Option<&'a Value> {
    match answer.as_list()? {
        [row] => row.as_map()?.get(field),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    #[test]
    fn nobody_is_asked_about_who_works_and_everybody_who_is_refused() {
        let standing = Standing::default();
        let at = |seconds: i64| Timestamp(seconds * SECOND);
        standing.called();
        assert!(!standing.is_due(Family::Odoo, at(1)));
        assert!(standing.is_due(Family::Frappe, at(1)));
        standing.refused();
        assert!(standing.is_due(Family::Odoo, at(1)));
        standing.asked.store(at(1).micros(), Ordering::Release);
        assert!(!standing.is_due(Family::Odoo, at(5)), "not at once again");
        assert!(standing.is_due(Family::Odoo, at(6)));
    }

    #[test]
    fn who_is_archived_for_long_is_asked_about_less_often_and_only_while_its_keys_are_used() {
        let standing = Standing::default();
        let at = |seconds: i64| Timestamp(seconds * SECOND);
        assert_eq!(standing.answered(Some(true), at(0)), Asked::Archived);
        assert_eq!(standing.answered(None, at(0)), Asked::Same);
        assert!(standing.is_archived(), "what is not told changes nothing");
        standing.asked.store(0, Ordering::Release);
        assert!(!standing.is_due(Family::Odoo, at(1000)), "nobody calls");
        standing.called();
        assert!(standing.is_due(Family::Odoo, at(1000)));
        standing.asked.store(at(1000).micros(), Ordering::Release);
        assert!(!standing.is_due(Family::Odoo, at(1030)));
        assert!(standing.is_due(Family::Odoo, at(1060)));
        assert_eq!(standing.answered(Some(false), at(1060)), Asked::Back);
        assert!(!standing.is_archived());
    }

    #[test]
    fn who_has_not_told_what_it_is_stands_in_for_nobody() {
        let standing = Standing::default();
        let at = |seconds: i64| Timestamp(seconds * SECOND);
        let may = |be, seconds| standing.may_stand_in(be, at(seconds));
        assert!(!may(true, 0));
        standing.told(Some(false), at(0));
        assert!(may(false, 0) && may(false, 120));
        assert!(!may(false, 121), "it may be another since");
        standing.told(Some(true), at(130));
        assert!(!may(false, 130) && may(true, 130));
        standing.told(None, at(131));
        assert!(!may(true, 131), "its credential is not taken");
        standing.told(Some(false), at(132));
        standing.answered(Some(true), at(133));
        standing.told(Some(false), at(134));
        assert!(!may(true, 134), "it is archived itself");
    }
}
