//! A rule, and what its role says besides.

use portcullis_identity::RoleName;

use crate::bench::No;
use crate::caps::{Cap, Caps};
use crate::pins::Pins;
use crate::rule::Rule;
use crate::sizes::{self, Bound};

/// A rule and the role that it stands in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held<'a> {
    pub(crate) role: &'a RoleName,
    pub(crate) rule: &'a Rule,
    /// The role's caps.
    pub(crate) caps: Caps,
    /// What the role fixes of the context.
    pub(crate) pins: &'a Pins,
}

impl Held<'_> {
    pub(crate) fn full_name(&self) -> String {
        format!("{}/{}", self.role, self.rule.name)
    }

    /// The most rows of one answer, and what says so.
    pub(crate) fn page(&self) -> Option<Cap> {
        let cap = |name, most: Option<u32>| most.map(|most| Cap { name, most });
        let page = cap("page", self.caps.page);
        let rows = cap("max-rows", self.rule.max_rows);
        rows.into_iter().chain(page).min_by_key(|cap| cap.most)
    }

    /// How many fields one argument may name.
    pub(crate) fn fields(&self) -> Bound {
        Bound::capped(sizes::FIELDS, "fields", self.caps.fields)
    }

    /// How many records one call may name or make.
    pub(crate) fn records(&self) -> Bound {
        Bound::capped(sizes::RECORDS, "ids", self.caps.ids)
    }

    /// Refuses what is too long.
    pub(crate) fn at_most(
        &self,
        what: &str,
        found: usize,
        bound: impl Into<Bound>,
    ) -> Result<(), No> {
        let bound = bound.into();
        if found <= bound.most {
            return Ok(());
        }
        Err(Box::new(bound.refusal(what).under(&self.full_name())))
    }
}
