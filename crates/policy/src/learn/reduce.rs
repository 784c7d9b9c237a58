//! Taking out of copies whatever the calls are judged alike without.

use std::cell::RefCell;
use std::collections::BTreeSet;

use portcullis_erp::Value;

use super::cases::{Case, Known, alike};
use super::drafts::all_fields;
use super::{Draft, Learnt, Lesson};
use crate::operation::{Family, Operation};
use crate::policy::judged;
use crate::rule::{FieldSet, Models, Rule};
use crate::whom::UserFacts;

/// Copies of rules, and what they must do.
pub(super) struct Work<'l, 's, 'a> {
    pub(super) lesson: &'l Lesson<'a>,
    pub(super) drafts: Vec<Draft<'a>>,
    /// The copies as they were made.
    whole: Vec<Draft<'a>>,
    known: Known<'s>,
    /// The order in which cases are looked at: what failed last is the likeliest to fail next.
    order: RefCell<Vec<usize>>,
    named: BTreeSet<String>,
    facts: UserFacts,
    /// Whether rules that say what is hidden of a model are kept.
    keeps_readers: bool,
}

impl<'l, 's, 'a> Work<'l, 's, 'a> {
    pub(super) fn new(lesson: &'l Lesson<'a>, known: Known<'s>, learnt: &mut Learnt) -> Self {
        let named = named(&known);
        let mut drafts = lesson.drafts(&known, &named);
        let home = lesson.roles().next();
        for rule in super::merge::united(&known.suggested) {
            drafts.extend(home.map(|role| Draft {
                origin: None,
                rule,
                role,
            }));
        }
        // Which copy decides is known by its name.
        for (at, draft) in drafts.iter_mut().enumerate() {
            draft.rule.name = at.to_string();
        }
        let mut work = Self {
            lesson,
            whole: drafts.clone(),
            drafts,
            order: RefCell::new((0..known.cases.len()).collect()),
            known,
            named,
            facts: lesson.facts(),
            keeps_readers: false,
        };
        // Copies are judged as their rules are, or it is said that they are not.
        let failing: Vec<usize> = (0..work.known.cases.len())
            .filter(|at| !work.case_holds(*at))
            .collect();
        for at in failing.into_iter().rev() {
            let case = work.known.cases.remove(at);
            let why = "by a rule for each model it is judged otherwise";
            *learnt.untold.entry(why.to_owned()).or_default() += case.count;
            work.known.pins.push(case.sample);
        }
        work.order = RefCell::new((0..work.known.cases.len()).collect());
        work
    }

    /// The same from the beginning, where rules that say what is hidden of a model are kept.
    pub(super) fn anew(mut self) -> Self {
        self.drafts.clone_from(&self.whole);
        self.keeps_readers = true;
        self
    }

    /// The copies that are left, and how many calls they let through.
    pub(super) fn end(self) -> (Vec<Draft<'a>>, u64) {
        let passing = self.known.cases.iter().map(|case| case.count).sum();
        (self.drafts, passing)
    }

    pub(super) fn reduce(&mut self) {
        let mut order: Vec<usize> = (0..self.drafts.len()).rev().collect();
        // Rules for every model first, for the others are copies of them; then the largest.
        order.sort_by_key(|at| {
            self.drafts.get(*at).map(|draft| {
                let all = draft.rule.models == Models::All;
                (!all, usize::MAX - draft.rule.operations.len())
            })
        });
        for at in &order {
            self.attempt(*at, |rule| rule.operations.clear());
        }
        for at in order {
            let is_left = |draft: &Draft<'_>| !draft.rule.operations.is_empty();
            if self.drafts.get(at).is_some_and(is_left) {
                self.reduce_one(at);
            }
        }
        self.drafts
            .retain(|draft| !draft.rule.operations.is_empty());
    }

    fn reduce_one(&mut self, at: usize) {
        for operation in Operation::ALL {
            self.attempt(at, |rule| {
                rule.operations.remove(operation);
            });
        }
        self.attempt(at, |rule| rule.methods.clear());
        let Some(draft) = self.drafts.get(at) else {
            return;
        };
        for method in draft.rule.methods.clone() {
            self.attempt(at, |rule| {
                rule.methods.remove(&method);
            });
        }
        self.reduce_fields(at, |rule| Some(&mut rule.fields));
        self.reduce_fields(at, |rule| rule.write_fields.as_mut());
        let derived = self.drafts.get(at).map(|draft| draft.rule.derived.clone());
        self.thin(at, derived.unwrap_or_default(), |rule| {
            Some(&mut rule.derived)
        });
        self.reduce_masks(at);
        self.reduce_context(at);
    }

    /// What is shown masked whatever `fields` says, and is not asked for.
    fn reduce_masks(&mut self, at: usize) {
        let Some(draft) = self.drafts.get(at) else {
            return;
        };
        let masked: Vec<String> = draft.rule.masked.keys().cloned().collect();
        for field in masked {
            // Unmasked it must not be open, nor be what lies behind a link.
            if field.contains('.') || draft_reads(self.drafts.get(at), &field) {
                continue;
            }
            self.attempt(at, |rule| {
                rule.masked.remove(&field);
            });
        }
    }

    /// Context keys; those behind links stand in no record.
    fn reduce_context(&mut self, at: usize) {
        let nests = |case: &Case<'_>| {
            case.call.named.contains_key("specification") || case.sample.operation == "call"
        };
        if self.known.cases.iter().any(nests) {
            return;
        }
        let keys = self.drafts.get(at).map(|draft| draft.rule.context.clone());
        for key in keys.unwrap_or_default() {
            self.attempt(at, |rule| {
                rule.context.remove(&key);
            });
        }
    }

    fn reduce_fields(&mut self, at: usize, set: impl Fn(&mut Rule) -> Option<&mut FieldSet>) {
        let put = |rule: &mut Rule, names: FieldSet| {
            if let Some(set) = set(rule) {
                *set = names;
            }
        };
        let Some(mut rule) = self.drafts.get(at).map(|draft| draft.rule.clone()) else {
            return;
        };
        if set(&mut rule) == Some(&mut FieldSet::All) {
            let all = all_fields(self.lesson, &rule, &self.named);
            let FieldSet::Only(names) = &all else {
                return;
            };
            // What is computed is open with everything, and needs to be named without.
            let listed = self.attempt(at, |rule| put(rule, all.clone()))
                || self.attempt(at, |rule| {
                    put(rule, all.clone());
                    rule.derived.extend(names.iter().cloned());
                });
            if !listed {
                return;
            }
        }
        let Some(mut rule) = self.drafts.get(at).map(|draft| draft.rule.clone()) else {
            return;
        };
        let Some(FieldSet::Only(names)) = set(&mut rule).cloned() else {
            return;
        };
        self.thin(at, names, |rule| match set(rule) {
            Some(FieldSet::Only(names)) => Some(names),
            Some(FieldSet::All) | None => None,
        });
    }

    /// Takes names out of a set of a copy: all at once, then by halves, for most of what nobody
    /// named is not needed.
    fn thin(
        &mut self,
        at: usize,
        names: BTreeSet<String>,
        set: impl Fn(&mut Rule) -> Option<&mut BTreeSet<String>>,
    ) {
        let (asked, others): (Vec<String>, Vec<String>) = names
            .into_iter()
            .partition(|name| self.named.contains(name));
        let mut chunks = vec![asked, others];
        while let Some(chunk) = chunks.pop().filter(|_| at < self.drafts.len()) {
            let taken = self.attempt(at, |rule| {
                if let Some(names) = set(rule) {
                    chunk.iter().for_each(|name| {
                        names.remove(name);
                    });
                }
            });
            if !taken && chunk.len() > 1 {
                let (one, other) = chunk.split_at(chunk.len() / 2);
                chunks.extend([one.to_vec(), other.to_vec()]);
            }
        }
    }

    /// Changes a copy; answers whether it could be, and undoes it where it could not.
    pub(super) fn attempt(&mut self, at: usize, change: impl FnOnce(&mut Rule)) -> bool {
        let Some(draft) = self.drafts.get_mut(at) else {
            return false;
        };
        let before = draft.rule.clone();
        change(&mut draft.rule);
        if draft.rule == before {
            return true;
        }
        let silenced = self.keeps_readers
            && draft.rule.effect == crate::rule::Effect::Allow
            && before.operations.contains(&Operation::Read)
            && !draft.rule.operations.contains(&Operation::Read);
        if !silenced && self.holds() {
            return true;
        }
        if let Some(draft) = self.drafts.get_mut(at) {
            draft.rule = before;
        }
        false
    }

    /// Whether every call is judged alike, and what records do not tell enough of is kept.
    pub(super) fn holds(&self) -> bool {
        let order = self.order.borrow().clone();
        let failing = order.iter().position(|at| !self.case_holds(*at));
        if let Some(place) = failing {
            let mut order = self.order.borrow_mut();
            let at = order.remove(place);
            order.insert(0, at);
            return false;
        }
        self.known.pins.iter().all(|sample| {
            let kept = |draft: &Draft<'_>| keeps(draft, sample);
            !self.whole.iter().any(kept) || self.drafts.iter().any(kept)
        })
    }

    fn case_holds(&self, at: usize) -> bool {
        let Some(case) = self.known.cases.get(at) else {
            return true;
        };
        let left = self.drafts.iter();
        let left = left.filter(|draft| !draft.rule.operations.is_empty());
        let held = left.map(|draft| draft.role.held(&draft.rule));
        let bench = self.lesson.bench(case.sample, held, &self.facts);
        let Ok(permit) = judged(&bench, case.call.clone()) else {
            return false;
        };
        let Some(present) = &case.permit else {
            return true;
        };
        let name = permit.rule().rsplit('/').next();
        let mut drafts = self.drafts.iter();
        let draft = drafts.find(|draft| Some(draft.rule.name.as_str()) == name);
        // Everybody's own context is by no rule.
        let by_the_same = draft.is_none_or(|draft| draft.origin.as_deref() == Some(present.rule()));
        (by_the_same || present.rule() == permit.rule())
            && alike(&case.call, present, &permit, case.sample)
    }

    /// What is open that was not, but for what is suggested.
    pub(super) fn wider(&self) -> Vec<String> {
        super::merge::wider(self.lesson, &self.drafts, &self.known)
    }
}

/// Every name that the calls hold, and what the present roles named for those that named nothing.
fn named(known: &Known<'_>) -> BTreeSet<String> {
    let samples = known.cases.iter().map(|case| case.sample);
    let mut named = BTreeSet::new();
    for sample in samples.chain(known.pins.iter().copied()) {
        let paths = sample.call.fields.iter();
        let paths = paths.chain(sample.call.domain.iter().map(|(path, _)| path));
        for path in paths {
            named.insert(path.clone());
            named.extend(path.split(['.', '/', ':', ' ']).map(str::to_owned));
        }
    }
    for permit in known.cases.iter().filter_map(|case| case.permit.as_ref()) {
        let fields = permit.call.named.get("fields").and_then(Value::as_list);
        let fields = fields.into_iter().flatten().filter_map(Value::as_str);
        named.extend(fields.map(str::to_owned));
    }
    named
}

fn draft_reads(draft: Option<&Draft<'_>>, field: &str) -> bool {
    draft.is_some_and(|draft| draft.rule.fields.has(field))
}

/// Whether a copy has what a call names of which its record does not tell enough.
fn keeps(draft: &Draft<'_>, sample: &super::Sample) -> bool {
    let rule = &draft.rule;
    let operation = Operation::ALL
        .iter()
        .find(|operation| operation.as_str() == sample.operation);
    let speaks = portcullis_erp::Model::new(&sample.call.model).is_ok_and(|model| {
        [Family::Odoo, Family::Frappe]
            .iter()
            .any(|one| rule.speaks_of(&model, *one))
    });
    let has = |name: &String| {
        let first = name.split('.').next().unwrap_or(name);
        let has = |set: &FieldSet| set.has(name) || set.has(first);
        has(&rule.fields) || rule.write_fields.as_ref().is_some_and(has)
    };
    let calls = operation != Some(&Operation::Call)
        || rule
            .methods
            .iter()
            .any(|method| method.as_str() == sample.call.method);
    let sends = matches!(operation, Some(Operation::Call | Operation::Mail));
    draft.origin.as_deref() == Some(sample.rule.as_str())
        && operation.is_some_and(|operation| rule.operations.contains(operation))
        && speaks
        && calls
        && (sends || sample.call.fields.iter().all(has))
}
