//! What Frappe fetches over a link (`fetch_from`) is a copy: `fields = "*"` does not open it where
//! what it is a copy of is not open. A rule that lists the field by name does.

use std::collections::BTreeSet;

use crate::frappe::view::FrappeView;
use crate::operation::Operation;

impl FrappeView<'_> {
    /// Whether a field is fetched from one that is not open to the caller. Of a DocType of which
    /// no rule says anything, all is as open as its copies.
    pub(super) fn copies_closed(&self, field: &str) -> bool {
        self.is_copy_of_closed(field).unwrap_or(false)
    }

    fn is_copy_of_closed(&self, field: &str) -> Option<bool> {
        let known = self.bench.schema.model(self.model)?;
        let (link, source) = known.field(field)?.fetched.as_deref()?.split_once('.')?;
        let linked = known.field(link)?.relation.as_ref()?;
        if !self.bench.restricts(linked) {
            return Some(false);
        }
        let mut rules = self
            .bench
            .rules(linked, Operation::Read, Some(self.model))
            .into_iter();
        let is_open = rules.any(|held| {
            let view = FrappeView {
                bench: self.bench,
                held,
                model: linked,
            };
            // Of a field that is masked there, a copy would show all.
            held.rule.mask(source).is_none() && view.readable(source).is_ok()
        });
        Some(!is_open)
    }

    /// The fields of this DocType that are such copies.
    pub(super) fn closed_copies(&self) -> BTreeSet<String> {
        let known = self.bench.schema.model(self.model);
        let names = known.into_iter().flat_map(|known| known.fields.keys());
        let closed = names.filter(|name| self.copies_closed(name.as_str()));
        closed.map(|name| name.as_str().to_owned()).collect()
    }
}
