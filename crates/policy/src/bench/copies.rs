//! What must be known of a DocType before it is judged: its tables, and what it fetches from
//! others.

use std::collections::BTreeSet;
use std::rc::Rc;

use portcullis_erp::Model;

use crate::bench::{Bench, Held, No};
use crate::frappe::copies;
use crate::operation::Operation;
use crate::rule::{Effect, FieldSet};

impl Bench<'_> {
    /// Has it asked for what is needed of a DocType, if a rule opens anything of it: what is
    /// denied of the DocType of rows is closed in the tables that have them, and what is fetched
    /// from a closed field is closed, wherever the ERP tells of tables and copies.
    pub(crate) fn know(&self, doctype: &Model) -> Result<(), No> {
        if !self.knows(doctype) {
            return Ok(());
        }
        if self.denies_fields_elsewhere(doctype) && !self.schema.is_absent(doctype) {
            self.model(doctype)?;
        }
        let closed = Rc::new(copies::closed(self, doctype)?);
        let mut known = self.copies.borrow_mut();
        known.retain(|(of, _)| of != doctype);
        known.push((doctype.clone(), closed));
        Ok(())
    }

    /// The fields of a DocType, and columns of its rows, that are copies of what is closed.
    pub(crate) fn closed_copies(&self, doctype: &Model) -> Rc<BTreeSet<String>> {
        let known = self.copies.borrow();
        let found = known.iter().find(|(of, _)| of == doctype);
        found
            .map(|(_, closed)| Rc::clone(closed))
            .unwrap_or_default()
    }

    /// Whether a field, or a column of rows, is one of them. Of a DocType that was not looked at,
    /// it is not known, and counts as one.
    pub(crate) fn is_closed_copy(&self, doctype: &Model, field: &str) -> bool {
        let known = self.copies.borrow();
        let found = known.iter().find(|(of, _)| of == doctype);
        found.map_or_else(
            || self.opens_all_but_some(doctype),
            |(_, closed)| closed.contains(field),
        )
    }

    /// Whether a rule opens all fields of this DocType, while rules on others close some of theirs.
    pub(crate) fn opens_all_but_some(&self, doctype: &Model) -> bool {
        let opens_all =
            |held: Held<'_>| held.rule.effect == Effect::Allow && held.rule.opens_all_fields();
        let closes_elsewhere = |held: Held<'_>| {
            let rule = held.rule;
            let elsewhere = rule
                .models()
                .is_none_or(|models| models.iter().any(|named| named != doctype));
            let whole = rule.fields == FieldSet::All
                && rule.closes_nothing()
                && rule.operations.contains(&Operation::Read)
                && rule.effect != Effect::Deny;
            elsewhere && !whole
        };
        self.about_model(doctype).any(opens_all) && self.all_here().any(closes_elsewhere)
    }
}
