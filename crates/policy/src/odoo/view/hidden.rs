//! Hidden by data: a field shows what it is computed from, so it is as closed as that.

use std::collections::BTreeSet;

use portcullis_erp::Model;

use super::View;
use crate::bench::No;
use crate::operation::Operation;
use crate::protection::Protection;

/// Fields that a record has without anybody's doing, and that say nothing of others.
const OWN: &[&str] = &["id", "create_date", "write_date", "create_uid", "write_uid"];

impl<'a> View<'a> {
    /// The first path that a field's value comes from and that is not open.
    pub(super) fn hidden_through(
        &self,
        field: &str,
        seen: &mut BTreeSet<(Model, String)>,
        depth: usize,
    ) -> Result<Option<String>, No> {
        if !Protection::HiddenByData.is_on()
            || OWN.contains(&field)
            || (self.bench.hides_nothing && self.is_whole())
            || self.held.rule.derived.contains(field)
        {
            return Ok(None);
        }
        let Some(facts) = self.schema.field(field) else {
            return Ok(Some(field.to_owned()));
        };
        if depth == 0 {
            return Ok(Some("too much to follow".to_owned()));
        }
        let mut sources: Vec<&str> = facts.depends.iter().map(String::as_str).collect();
        sources.extend(facts.related.as_deref());
        if field == "display_name" && sources.is_empty() {
            sources.push(self.schema.rec_name());
        }
        if sources.is_empty() && !facts.stored && !self.is_whole() {
            return Ok(Some("what the server does not tell".to_owned()));
        }
        // What is asked already, further out, is answered there.
        if sources.is_empty() || !seen.insert((self.model.clone(), field.to_owned())) {
            return Ok(None);
        }
        for path in sources {
            if !self.source_is_open(path, seen, depth)? {
                return Ok(Some(path.to_owned()));
            }
        }
        Ok(None)
    }

    /// Whether everything on a path that a value comes from is open.
    fn source_is_open(
        &self,
        path: &str,
        seen: &mut BTreeSet<(Model, String)>,
        depth: usize,
    ) -> Result<bool, No> {
        // A path may have more steps than are followed.
        let Some(below) = depth.checked_sub(1) else {
            return Ok(false);
        };
        let mut steps = path.splitn(2, '.');
        let (Some(first), rest) = (steps.next(), steps.next()) else {
            return Ok(false);
        };
        if self.named(first, Operation::Read).is_err()
            || self.hidden_through(first, seen, below)?.is_some()
        {
            return Ok(false);
        }
        let Some(rest) = rest else { return Ok(true) };
        let Some(comodel) = self
            .schema
            .field(first)
            .and_then(|facts| facts.relation.as_ref())
        else {
            // A date's part, or a property: as open as the field itself.
            return Ok(true);
        };
        // Where nothing is said of that model, "all fields" means its fields as well; a list of
        // fields does not.
        if !self.bench.restricts(comodel) && !self.is_whole() {
            return Ok(false);
        }
        self.end_is_open((first, comodel), rest, seen, depth)
    }

    /// Whether what a path names on a linked model is open there for every record.
    fn end_is_open(
        &self,
        (link, comodel): (&str, &'a Model),
        rest: &str,
        seen: &mut BTreeSet<(Model, String)>,
        depth: usize,
    ) -> Result<bool, No> {
        let Some(below) = depth.checked_sub(1) else {
            return Ok(false);
        };
        if !self.bench.restricts(comodel) {
            // The way may lead on to a model of which something is said.
            let Some((step, behind)) = rest.split_once('.') else {
                return Ok(true);
            };
            let schema = match self.bench.model(comodel) {
                Ok(schema) => schema,
                Err(no) if no.wants.is_some() => return Err(no),
                Err(_) => return Ok(false),
            };
            let next = schema.field(step).and_then(|facts| facts.relation.as_ref());
            let Some(next) = next else { return Ok(true) };
            let bridge = Self {
                model: comodel,
                schema,
                ..*self
            };
            return bridge.end_is_open((step, next), behind, seen, below);
        }
        for view in self.linked(link, comodel, Operation::Read)? {
            if view.held.rule.domain.is_none() && view.source_is_open(rest, seen, below)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
