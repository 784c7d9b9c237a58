//! What would change, grouped by caller and call.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_store::Record;
use serde_json::json;

use crate::show;

/// What becomes of a call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Change {
    Refused(&'static str),
    Allowed,
    Unknown(String),
}

impl Change {
    pub(super) fn unknown(why: &str) -> Self {
        Self::Unknown(why.to_owned())
    }
}

/// Calls to which the same happens.
#[derive(Default)]
struct Group {
    count: u64,
    first: Option<String>,
    fields: BTreeSet<String>,
}

/// Who called, and what.
type Key = (Change, String, String, String);

#[derive(Default)]
pub(super) struct Told {
    pub(super) judged: u64,
    pub(super) same: u64,
    pub(super) others: u64,
    groups: BTreeMap<Key, Group>,
}

impl Told {
    /// Whether anything would be refused or allowed that was not.
    pub(super) fn changes(&self) -> bool {
        self.refused() + self.allowed() > 0
    }

    pub(super) fn add(&mut self, change: Change, record: &Record) {
        let opened = &record.opened;
        let who = opened.principal.as_deref().unwrap_or("-").to_owned();
        let key = (change, who, opened.model.clone(), opened.method.clone());
        let group = self.groups.entry(key).or_default();
        group.count += 1;
        group
            .first
            .get_or_insert_with(|| opened.request.to_string());
        group.fields.extend(opened.fields.iter().cloned());
    }

    fn count(&self, is: impl Fn(&Change) -> bool) -> u64 {
        let groups = self.groups.iter().filter(|((change, ..), _)| is(change));
        groups.map(|(_, group)| group.count).sum()
    }

    fn refused(&self) -> u64 {
        self.count(|change| matches!(change, Change::Refused(_)))
    }

    fn allowed(&self) -> u64 {
        self.count(|change| matches!(change, Change::Allowed))
    }

    fn unknown(&self) -> u64 {
        self.count(|change| matches!(change, Change::Unknown(_)))
    }

    pub(super) fn as_json(&self) -> serde_json::Value {
        let groups = self
            .groups
            .iter()
            .map(|((change, who, model, method), group)| {
                let (change, reason) = match change {
                    Change::Refused(reason) => ("would-be-refused", Some((*reason).to_owned())),
                    Change::Allowed => ("would-be-allowed", None),
                    Change::Unknown(why) => ("unknown", Some(why.clone())),
                };
                json!({
                    "change": change,
                    "reason": reason,
                    "principal": who,
                    "model": model,
                    "method": method,
                    "calls": group.count,
                    "fields": group.fields,
                    "request": group.first,
                })
            });
        json!({
            "calls": self.judged,
            "same": self.same,
            "would-be-refused": self.refused(),
            "would-be-allowed": self.allowed(),
            "unknown": self.unknown(),
            "not-judged": self.others,
            "groups": groups.collect::<Vec<_>>(),
        })
    }

    pub(super) fn tell(&self) -> anyhow::Result<()> {
        show::line(&format!(
            "{} calls: {} as before, {} would be refused, {} would be allowed, {} unknown",
            self.judged,
            self.same,
            self.refused(),
            self.allowed(),
            self.unknown()
        ))?;
        let mut table = show::table(&["calls", "", "caller", "call", "why", "such as"]);
        for ((change, who, model, method), group) in &self.groups {
            let (what, why) = match change {
                Change::Refused(reason) => (show::bad("refused"), (*reason).to_owned()),
                Change::Allowed => (show::doubtful("allowed"), String::new()),
                Change::Unknown(why) => ("unknown".into(), why.clone()),
            };
            table.add_row([
                group.count.to_string().into(),
                what,
                who.as_str().into(),
                format!("{model} {method}").into(),
                why.into(),
                group.first.clone().unwrap_or_default().into(),
            ]);
        }
        show::print(&table, "nothing would change")
    }
}
