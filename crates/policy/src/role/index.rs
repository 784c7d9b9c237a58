//! A role's rules by the models that they speak of: most rules of a large role have nothing to do
//! with a call, and are not to be looked at for it.

use std::collections::BTreeMap;

use portcullis_erp::Model;
use portcullis_identity::Networks;

use crate::rule::{Hides, Models, Rule};

/// Where the rules of a model stand.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Index {
    /// By model: the rules that name it, and those that speak of every model.
    named: BTreeMap<Model, Vec<usize>>,
    /// The rules that speak of every model.
    any: Vec<usize>,
    /// What the rules hide that hold wherever a call comes from.
    always: Hides,
    /// The rules that hold only for some ERPs, dialects or addresses.
    sometimes: Vec<usize>,
    /// Whether some rule demands approval.
    approval: bool,
}

impl Index {
    pub(crate) fn of(rules: &[Rule]) -> Self {
        let mut index = Self::default();
        for rule in rules {
            for model in rule.models().into_iter().flatten() {
                index.named.entry(model.clone()).or_default();
            }
        }
        for (at, rule) in rules.iter().enumerate() {
            index.approval |= rule.approval;
            match &rule.models {
                Models::All => {
                    index.any.push(at);
                    index.named.values_mut().for_each(|rules| rules.push(at));
                }
                Models::Named(models) => {
                    for model in models {
                        index.named.entry(model.clone()).or_default().push(at);
                    }
                }
            }
            let everywhere = rule.upstream.is_none()
                && rule.dialects.is_none()
                && rule.networks == Networks::default();
            if everywhere {
                index.always.add(rule.hides());
            } else {
                index.sometimes.push(at);
            }
        }
        index
    }

    /// Whether some rule demands approval, wherever it holds.
    pub(crate) fn demands_approval(&self) -> bool {
        self.approval
    }

    /// The rules that speak of a model, in order.
    pub(crate) fn about(&self, model: &Model) -> &[usize] {
        self.named.get(model).unwrap_or(&self.any)
    }

    /// What the rules hide that hold wherever a call comes from.
    pub(crate) fn always(&self) -> Hides {
        self.always
    }

    /// The rules that hold only for some ERPs, dialects or addresses.
    pub(crate) fn sometimes(&self) -> &[usize] {
        &self.sometimes
    }
}
