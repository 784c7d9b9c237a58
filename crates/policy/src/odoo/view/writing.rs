//! Which fields may be set: those that are open for writing, and whatever they write through to.

use portcullis_erp::domain::FieldKind;

use super::View;
use crate::bench::No;
use crate::decision::Reason;
use crate::egress;
use crate::operation::Operation;
use crate::schema::FieldSchema;

impl<'a> View<'a> {
    /// Whether the translations of a field may be set: it is a text that may be, and no
    /// condition of the rule rests on it, for which of its texts holds is not known here.
    pub(crate) fn translated(&self, field: &str) -> Result<(), No> {
        let facts = self.writable(field, Operation::Write)?;
        let text = matches!(facts.type_name.as_str(), "char" | "text" | "html");
        let own = self.own_domain()?;
        let bound = own.is_some_and(|own| {
            own.fields().iter().any(|path| {
                path.parts()
                    .first()
                    .is_some_and(|first| first.as_str() == field)
            })
        });
        if text && !bound {
            return Ok(());
        }
        Err(self.bad_value(field))
    }

    /// Whether a field may be set.
    pub(crate) fn writable(
        &self,
        field: &str,
        operation: Operation,
    ) -> Result<&'a FieldSchema, No> {
        let facts = self.named(field, operation).map_err(|no| {
            if no.reason == Reason::Denied {
                return no;
            }
            self.refuse_write(
                Reason::WriteField,
                field,
                format!("add `{field}` to `write-fields` (or `fields`) of the rule"),
            )
        })?;
        let mails = self.held.rule.operations.contains(&Operation::Mail)
            && !self.bench.denies(self.model, Operation::Mail, None);
        if egress::field(field) && !mails {
            return Err(self.refuse_write(
                Reason::WriteField,
                field,
                "whoever sets it posts, subscribes or assigns: the rule needs the operation `mail` as well",
            ));
        }
        if facts.type_name.starts_with("properties") {
            return Err(self.bad_value(field));
        }
        if facts.stored && facts.related.is_none()
            || self.held.rule.derived.contains(field)
            || facts.kind == FieldKind::One2many
        {
            return Ok(facts);
        }
        // What is not a column of its own is written somewhere else: that must be open too.
        let target = |path: &str| -> Result<bool, No> {
            let mut view = *self;
            let mut steps = path.split('.').peekable();
            while let Some(step) = steps.next() {
                if steps.peek().is_none() {
                    return Ok(view.named(step, operation).is_ok());
                }
                let comodel = view
                    .schema
                    .field(step)
                    .and_then(|facts| facts.relation.as_ref());
                let Some(comodel) = comodel else {
                    return Ok(view.named(step, operation).is_ok());
                };
                let mut next = view.linked(step, comodel, Operation::Write)?.into_iter();
                match next.find(|view| view.held.rule.domain.is_none()) {
                    Some(found) => view = found,
                    None => return Ok(false),
                }
            }
            Ok(false)
        };
        let targets: Vec<&str> = match facts.related.as_deref() {
            Some(path) => vec![path],
            None => facts.depends.iter().map(String::as_str).collect(),
        };
        let mut open = !targets.is_empty() || (self.is_whole() && !facts.readonly);
        for path in targets {
            open = open && target(path)?;
        }
        if open {
            Ok(facts)
        } else {
            Err(self.refuse_write(
                Reason::HiddenByData,
                field,
                format!("`{field}` is written through to other fields; open those for writing, or list `{field}` under `derived` of the rule"),
            ))
        }
    }
}
