//! After a call: whether its records were still such that the rule opens when it was done.
//!
//! A guard asks before the call, and an ERP does nothing between two calls that nobody else
//! could undo: a record may be moved out of the rule after the guard has seen it. So the guard's
//! own question is asked again after the call. What the ERP stamps on a record (who wrote it
//! last, and when) tells whether the record was as it is now when the call was done. Where it
//! does not tell, that is what is found: nothing that cannot be known counts as fine.

use std::collections::BTreeMap;

use portcullis_erp::{Call, Edition, Model, Value};

use crate::operation::Family;

/// How long ago a record must have been written, in seconds, for the same stamp before and after
/// a call to mean that nobody wrote it meanwhile: Odoo's stamps are whole seconds, and the ERP's
/// clock is not ours.
pub(crate) const SETTLED: i64 = 60;

/// What a call does to the records that a guard asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Does {
    /// It writes them, and whatever it sets was judged.
    Writes {
        /// Whether each of them is stamped, also where nothing about it changes.
        stamps: Stamps,
        /// Whether it sets what the rule rests on.
        sets: Sets,
    },
    /// It may do anything to them, or nothing: it is a method, or only links to them.
    Acts,
    /// It deletes them: nothing is left to be looked at.
    Deletes,
}

/// Whether a call stamps what it writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stamps {
    Always,
    Perhaps,
}

/// Whether a call sets what the rule rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Sets {
    /// Nothing of it.
    #[default]
    Other,
    /// Something of it: what was there before cannot be seen afterwards.
    Conditions,
}

/// Whether a call was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// The ERP says so.
    Done,
    /// The ERP says that it was not, and is over with it.
    Failed,
    /// Its answer was lost, or leaves it open: it may be done yet.
    Lost,
}

/// Whether other calls of the same ERP user were about to change the same records: they leave
/// the same stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Company {
    /// None that is known.
    Alone,
    /// One at least.
    Others,
}

/// What is known of a call and its rule beforehand.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) does: Does,
    /// Whether the rule rests on columns of the records themselves only: what changes in other
    /// records leaves no stamp on these.
    pub(crate) rests_on_itself: bool,
    /// Who the ERP says wrote what this call wrote; none if that is not known.
    pub(crate) user: Option<String>,
    /// Stamps from then on are not settled; none: no stamp is.
    pub(crate) recent: Option<String>,
    pub(crate) family: Family,
}

/// What was found after a call: of how many records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Findings {
    /// The rule did not open them when the call was done, or the call took them out of it.
    pub broken: u64,
    /// Somebody else wrote them meanwhile, or they are no longer there: it cannot be told.
    pub unsure: u64,
    /// Nothing speaks against them, and the ERP's stamps cannot prove it.
    pub unproven: u64,
    /// The ERP could not be asked.
    pub unchecked: u64,
}

/// Who wrote a record last, and when, as the ERP writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    by: String,
    at: String,
}

/// What is said of records: none of one whose ERP does not stamp it.
type Seen = BTreeMap<String, Option<Stamp>>;

/// A question that is asked after the call.
#[derive(Debug)]
pub(crate) struct After {
    pub(crate) call: Call,
    watch: Watch,
    /// What the guard saw.
    before: Seen,
    /// What is still open once it was heard which records the rule opens.
    outside: Option<Vec<String>>,
}

impl Findings {
    /// Whether there is nothing to be noted.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Whether somebody should look at it.
    pub fn is_alarming(&self) -> bool {
        self.broken > 0 || self.unsure > 0 || self.unchecked > 0
    }

    fn count(&mut self, found: Found) {
        match found {
            Found::Fine => {}
            Found::Broken => self.broken += 1,
            Found::Unsure => self.unsure += 1,
            Found::Unproven => self.unproven += 1,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Fine,
    Broken,
    Unsure,
    Unproven,
}

/// Where a record is after the call.
enum Now<'s> {
    Inside(Option<&'s Stamp>),
    Outside(Option<&'s Stamp>),
    Gone,
}

impl After {
    /// Asks again what a guard has asked; none where nothing could be seen. The answer must be
    /// the guard's.
    pub(crate) fn new(call: Call, watch: Watch, answer: &Value) -> Self {
        let before = seen(answer, watch.family);
        Self {
            call,
            watch,
            before,
            outside: None,
        }
    }

    /// Of how many records it asks.
    pub(crate) fn records(&self) -> u64 {
        let open = self.outside.as_ref().map_or(self.before.len(), Vec::len);
        u64::try_from(open).unwrap_or(u64::MAX)
    }

    /// Which these are.
    pub(crate) fn named(&self) -> impl Iterator<Item = (Model, String)> {
        let records = self.before.keys();
        records.map(|record| (self.call.model.clone(), record.clone()))
    }

    /// Whether the call may have done something to its records although the ERP refused it:
    /// methods may keep what they did so far.
    pub(crate) fn may_be_done_in_part(&self) -> bool {
        self.watch.does == Does::Acts
    }

    /// Whether it would show anything: of what is deleted nothing is left.
    pub(crate) fn shows(&self) -> bool {
        self.watch.does != Does::Deletes
    }

    /// Takes the answer, and counts what it says. What is still open needs another question,
    /// which is then the present one.
    pub(crate) fn heard(
        mut self,
        answer: &Value,
        sent: (Sent, Company),
        to: &mut Findings,
    ) -> Option<Self> {
        let now = seen(answer, self.watch.family);
        if let Some(open) = self.outside.take() {
            for record in &open {
                let before = self.before.get(record).and_then(Option::as_ref);
                let now = match now.get(record) {
                    Some(stamp) => Now::Outside(stamp.as_ref()),
                    None => Now::Gone,
                };
                to.count(self.watch.finds(before, &now, sent));
            }
            return None;
        }
        let mut open = Vec::new();
        for (record, before) in &self.before {
            match now.get(record) {
                Some(stamp) => {
                    let now = Now::Inside(stamp.as_ref());
                    to.count(self.watch.finds(before.as_ref(), &now, sent));
                }
                None => open.push(record.clone()),
            }
        }
        if open.is_empty() {
            return None;
        }
        self.call = whatever_the_rule(&self.call, self.watch.family, &open)?;
        self.outside = Some(open);
        Some(self)
    }
}

impl Watch {
    /// What the stamps of one record say.
    ///
    /// INVARIANT: `Fine` only if the record's last writer was this call, or nobody wrote it since
    /// the guard saw it; and only if whatever the rule rests on shows in that record's stamp.
    /// This call it was where the stamp is of its ERP user, and no other call of that user is
    /// known to have been about to change the record.
    fn finds(
        &self,
        before: Option<&Stamp>,
        now: &Now<'_>,
        (sent, company): (Sent, Company),
    ) -> Found {
        let (Now::Inside(stamp) | Now::Outside(stamp)) = now else {
            return match self.does {
                Does::Acts | Does::Deletes => Found::Unproven,
                Does::Writes { .. } => Found::Unsure,
            };
        };
        let is_inside = matches!(now, Now::Inside(_));
        let unknown = if is_inside {
            Found::Unproven
        } else {
            Found::Unsure
        };
        let Some(stamp) = stamp else {
            return unknown;
        };
        let is_still = before == Some(*stamp);
        let has_stamped = sent == Sent::Done
            && matches!(
                self.does,
                Does::Writes {
                    stamps: Stamps::Always,
                    ..
                }
            );
        let is_same = is_still && !has_stamped;
        let is_last = match (&self.user, company) {
            (Some(user), _) if stamp.by != *user => false,
            _ if is_same => false,
            (Some(_), Company::Alone) => true,
            // Whose stamp it is is not known.
            (Some(_), Company::Others) | (None, _) => return unknown,
        };
        match (is_inside, self.does) {
            (true, Does::Writes { sets, .. }) if is_last => {
                self.proves(sets == Sets::Other && self.rests_on_itself)
            }
            (true, Does::Acts | Does::Deletes) if is_last => Found::Unproven,
            (true, _) if is_same => {
                self.proves(self.rests_on_itself && self.is_settled(stamp) && sent != Sent::Lost)
            }
            (false, Does::Writes { .. }) if is_last && self.rests_on_itself => Found::Broken,
            // Whatever the method does, it may have done that.
            (false, Does::Acts | Does::Deletes) if is_last => Found::Unproven,
            _ => Found::Unsure,
        }
    }

    fn proves(&self, does: bool) -> Found {
        if does { Found::Fine } else { Found::Unproven }
    }

    /// Whether whoever wrote the record again would have left another stamp.
    fn is_settled(&self, stamp: &Stamp) -> bool {
        match self.family {
            Family::Odoo => self
                .recent
                .as_ref()
                .is_some_and(|recent| stamp.at < *recent),
            // To the microsecond.
            Family::Frappe => true,
        }
    }
}

/// The fields that tell what a stamp says, and by which a record is known.
pub(crate) fn fields(family: Family) -> [&'static str; 3] {
    match family {
        Family::Odoo => ["id", "write_uid", Edition::ODOO],
        Family::Frappe => ["name", "modified_by", Edition::FRAPPE],
    }
}

/// The stamps of the records of an answer: rows, or ids alone.
fn seen(answer: &Value, family: Family) -> Seen {
    let [id, by, at] = fields(family);
    let rows = answer.as_list().unwrap_or_default().iter();
    let records = rows.filter_map(|row| match row {
        Value::Map(row) => {
            let stamp = who(row.get(by)).zip(row.get(at).and_then(Value::as_str));
            let stamp = stamp.map(|(by, at)| Stamp {
                by,
                at: at.to_owned(),
            });
            Some((who(row.get(id))?, stamp))
        }
        id => Some((who(Some(id))?, None)),
    });
    records.collect()
}

/// A number or a name; of a link the number.
fn who(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Int(id) => Some(id.to_string()),
        Value::Text(name) => Some(name.clone()),
        Value::List(pair) => pair.first()?.as_int().map(|id| id.to_string()),
        _ => None,
    }
}

/// The same question of these records, whatever the rule says of them.
fn whatever_the_rule(call: &Call, family: Family, records: &[String]) -> Option<Call> {
    let mut bare = call.clone();
    let ids = |records: &[String]| -> Option<Vec<Value>> {
        let ids = records.iter().map(|id| id.parse().ok().map(Value::Int));
        ids.collect()
    };
    let (name, condition) = match family {
        Family::Odoo => {
            bare.context
                .insert("active_test".to_owned(), Value::Bool(false));
            let ids = Value::List(ids(records)?);
            ("domain", vec![Value::from("id"), Value::from("in"), ids])
        }
        Family::Frappe => {
            let names = records.iter().map(|name| Value::from(name.as_str()));
            let names = Value::List(names.collect());
            (
                "filters",
                vec![Value::from("name"), Value::from("in"), names],
            )
        }
    };
    let condition = Value::List(vec![Value::List(condition)]);
    bare.named.insert(name.to_owned(), condition);
    Some(bare)
}

#[cfg(test)]
mod tests;
