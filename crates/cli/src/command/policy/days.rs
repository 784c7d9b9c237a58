//! What callers did, from the ledger: the calls to learn from, by caller.
//!
//! Only what was done is taken: never what was refused, what failed, or what something was noticed
//! about. So an attacker's calls widen nothing, but where a role is monitored.

use std::collections::BTreeMap;
use std::path::PathBuf;

use portcullis_admin::may::Leave;
use portcullis_admin::roles;
use portcullis_audit::Verdict;
use portcullis_gateway::clock;
use portcullis_identity::{
    ErpLogin, Principal, PrincipalKind, PrincipalName, RoleName, Timestamp, UpstreamName,
};
use portcullis_policy::{Family, Lesson, Policy, Sample, Schema};
use portcullis_store::{Ledger, Record, Selection};

use super::{past, recorded, who};
use crate::house::ledger_folder;
use crate::place::PlaceArgs;

/// Which records are wanted, and what is known.
pub(crate) struct Wanted<'a> {
    pub(crate) since: Timestamp,
    pub(crate) until: Option<Timestamp>,
    pub(crate) principal: Option<String>,
    pub(crate) key: Option<String>,
    /// Roles of every caller, instead of those of the keys in the store.
    pub(crate) names: &'a [RoleName],
    pub(crate) schema: &'a [PathBuf],
}

/// What was done, and the roles as they are.
pub(crate) struct Past {
    pub(crate) policy: Policy,
    pub(crate) schemas: BTreeMap<&'static str, Schema>,
    pub(crate) days: BTreeMap<Whose, Day>,
    /// Calls of those whose roles are not known.
    pub(crate) strangers: Vec<Sample>,
}

/// Whose day it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Whose {
    pub(crate) caller: String,
    pub(crate) names: Vec<RoleName>,
    pub(crate) upstream: String,
    family: &'static str,
}

/// What one caller did.
#[derive(Default)]
pub(crate) struct Day {
    pub(crate) samples: BTreeMap<Sample, u64>,
    /// Records that are not learnt from, by the reason.
    pub(crate) not_learnt: BTreeMap<&'static str, u64>,
    pub(crate) first: Option<Timestamp>,
    pub(crate) last: Option<Timestamp>,
    login: String,
}

/// Notes of records that say nothing against a call.
const HARMLESS: &[&str] = &[
    "answer-cut",
    "answer-repeated",
    "error-not-kept",
    "monitored",
    "rule-unproven",
    "window-us",
];

impl Past {
    /// Reads the ledger.
    pub(crate) async fn read(place: &PlaceArgs, wanted: &Wanted<'_>) -> anyhow::Result<Self> {
        let place = place.find()?;
        let at = place.installation().await?;
        let (known, _) = roles::list(&at, &Leave::All).await?;
        let policy = Policy::new(0, known.into_iter().map(|known| known.role).collect());
        let policy = policy.permitting(who::permissions(&at));
        let held = past::roles_of_keys(&at).await?;
        let records = Ledger::new(&ledger_folder(place.data())).records(&Selection {
            since: Some(wanted.since),
            until: wanted.until,
            principal: wanted.principal.clone(),
            key: wanted.key.clone(),
            ..Selection::default()
        })?;
        let mut days: BTreeMap<Whose, Day> = BTreeMap::new();
        let mut strangers = Vec::new();
        for record in &records {
            let opened = &record.opened;
            let Some(caller) = &opened.principal else {
                continue;
            };
            if opened.operation == "gateway" || opened.on.is_some() {
                continue;
            }
            let names = match (wanted.names, opened.key.as_deref()) {
                ([], Some(key)) => held.get(key).cloned(),
                ([], None) => None,
                (names, _) => Some(names.to_vec()),
            };
            let family = recorded::family(record, place.config.as_deref());
            let (Some(names), Some(family)) = (names, family) else {
                strangers.extend(sample(record).ok().flatten());
                continue;
            };
            let whose = Whose {
                caller: caller.clone(),
                names,
                upstream: opened.upstream.clone(),
                family: family.as_str(),
            };
            days.entry(whose).or_default().take(record);
        }
        days.retain(|_, day| !day.samples.is_empty());
        Ok(Self {
            policy,
            schemas: past::schemas(wanted.schema)?,
            days,
            strangers,
        })
    }
}

impl Whose {
    /// Does something with a lesson of this caller's.
    pub(crate) fn lesson<T>(
        &self,
        policy: &Policy,
        schemas: &BTreeMap<&'static str, Schema>,
        day: &Day,
        with: impl FnOnce(&Lesson<'_>) -> T,
    ) -> anyhow::Result<T> {
        let principal = Principal::new(
            PrincipalKind::Integration,
            PrincipalName::new(&self.caller)?,
            UpstreamName::new(&self.upstream)?,
            ErpLogin::new(&day.login)?,
            self.names.clone(),
        );
        let families = [Family::Odoo, Family::Frappe];
        let mut families = families.into_iter();
        let family = families.find(|family| family.as_str() == self.family);
        let nothing = Schema::new();
        Ok(with(&Lesson {
            policy,
            principal: &principal,
            family: family.unwrap_or(Family::Odoo),
            schema: schemas.get(self.family).unwrap_or(&nothing),
            now: clock::now(),
        }))
    }
}

impl Day {
    /// Takes up a record, if it is one to learn from.
    fn take(&mut self, record: &Record) {
        match sample(record) {
            Ok(Some(sample)) => {
                let opened = &record.opened;
                *self.samples.entry(sample).or_default() += 1;
                self.first = self
                    .first
                    .map_or(Some(opened.at), |at| Some(at.min(opened.at)));
                self.last = self.last.max(Some(opened.at));
                self.login = opened.login.clone().unwrap_or_default();
            }
            Ok(None) => {}
            Err(why) => *self.not_learnt.entry(why).or_default() += 1,
        }
    }
}

/// What can be learnt of a record; none where it is of nothing that a rule lets through.
fn sample(record: &Record) -> Result<Option<Sample>, &'static str> {
    let opened = &record.opened;
    match record.outcome() {
        Verdict::Done => {}
        Verdict::Refused => return Err("refused"),
        Verdict::Fault => return Err("the ERP refused it, or failed"),
        Verdict::Unknown | Verdict::Panicked => return Err("it is not known how it ended"),
    }
    let notes = record.closed.iter().flat_map(|closed| &closed.notes);
    if notes
        .map(|(what, _)| what.as_str())
        .any(|what| !HARMLESS.contains(&what))
    {
        return Err("something was noticed about it");
    }
    if opened.cut > 0 {
        return Err("its record does not hold all names");
    }
    let (Some(dialect), Some(address)) = (recorded::dialect(record), recorded::address(record))
    else {
        // A visit to a custom controller has no dialect of its own.
        return Ok(None);
    };
    let upstream =
        UpstreamName::new(&opened.upstream).map_err(|_| "its record is of no known form")?;
    let Some(rule) = opened.rule.clone() else {
        return Ok(None);
    };
    let mut call = recorded::call(record);
    // How many records were named makes no difference to what a role must open.
    call.ids = call.ids.min(2);
    Ok(Some(Sample {
        call,
        operation: opened.operation.clone(),
        rule,
        monitored: opened.would.is_some(),
        upstream,
        dialect,
        address,
    }))
}
