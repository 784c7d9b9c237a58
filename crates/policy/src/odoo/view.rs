//! What may be seen of one Odoo model under one rule.
//!
//! A field is hidden by its data, not by its name: what is related to a field that is not
//! open, or computed from one, is not open either, unless the rule lists it as `derived`.

mod hidden;
mod writing;

use std::collections::BTreeSet;

use portcullis_erp::Model;

use crate::bench::{Bench, Held, No};
use crate::danger;
use crate::decision::{Reason, Refusal};
use crate::mask::Mask;
use crate::operation::Operation;
use crate::protection::Protection;
use crate::rule::{FieldSet, Rule};
use crate::schema::{FieldSchema, ModelSchema};

/// One model under one rule.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) bench: &'a Bench<'a>,
    pub(crate) held: Held<'a>,
    pub(crate) model: &'a Model,
    pub(crate) schema: &'a ModelSchema,
    /// The link over which this model was reached, if something is closed behind it.
    via: Option<Via<'a>>,
}

/// A link behind which a rule or a denial of the model that has it closes something.
#[derive(Debug, Clone, Copy)]
struct Via<'a> {
    rule: &'a Rule,
    model: &'a Model,
    link: &'a str,
}

/// Types of which a mask can be shown.
const MASKED: &[&str] = &[
    "char",
    "text",
    "html",
    "integer",
    "float",
    "monetary",
    "date",
    "datetime",
    "selection",
];

/// How deep "computed from what is computed from …" is followed.
const MAX_DEPTH: usize = 24;

impl<'a> View<'a> {
    pub(crate) fn new(bench: &'a Bench<'a>, held: Held<'a>, model: &'a Model) -> Result<Self, No> {
        Ok(Self {
            bench,
            held,
            model,
            schema: bench.model(model)?,
            via: None,
        })
    }

    /// The views through which the model behind a link may be used so, those of rules that hold
    /// for every record first.
    pub(crate) fn linked(
        &self,
        link: &str,
        model: &'a Model,
        operation: Operation,
    ) -> Result<Vec<View<'a>>, No> {
        let via = self.via(link);
        let mut rules = self.rules_behind(model, operation);
        rules.sort_by_key(|held| held.rule.domain.is_some());
        rules
            .into_iter()
            .map(|held| {
                let view = View::new(self.bench, held, model)?;
                Ok(View { via, ..view })
            })
            .collect()
    }

    /// The link, if something is closed behind it.
    fn via(&self, link: &str) -> Option<Via<'a>> {
        if !Protection::ClosedBehindLinks.is_on() {
            return None;
        }
        let rule = self.held.rule;
        let closed = rule.closes_behind(link);
        let link = closed.or_else(|| self.bench.denied_behind(self.model, link))?;
        Some(Via {
            rule,
            model: self.model,
            link,
        })
    }

    /// The rules that allow an operation on a linked model, in the company that the call works in.
    pub(crate) fn rules_behind(&self, model: &Model, operation: Operation) -> Vec<Held<'a>> {
        let mut rules = self.bench.rules(model, operation, Some(self.model));
        rules.retain(|held| held.pins.hold_within(self.held.pins));
        rules
    }

    /// Whether all fields but credentials are open: of the records that the rule opens.
    pub(crate) fn is_whole(&self) -> bool {
        let rule = self.held.rule;
        rule.fields == FieldSet::All
            && rule.closes_nothing()
            && self.via.is_none()
            && !self.bench.denies_fields(self.model)
    }

    /// Whether all fields but credentials are open, of every record.
    pub(crate) fn is_unrestricted(&self) -> bool {
        self.is_whole() && self.held.rule.domain.is_none()
    }

    /// Whether a field is open, as a column of answers.
    pub(crate) fn readable(&self, field: &str) -> Result<&'a FieldSchema, No> {
        let facts = self.named(field, Operation::Read)?;
        if self.via.is_none() && self.bench.was_open(&self.held, facts) {
            return Ok(facts);
        }
        if let Some(path) = self.hidden_through(field, &mut BTreeSet::new(), MAX_DEPTH)? {
            return Err(self.refuse_field(
                Reason::HiddenByData,
                field,
                format!(
                    "`{field}` shows `{path}`, which is not open to this role; open that, or list `{field}` under `derived` of the rule"
                ),
            ));
        }
        if facts.is_x2many() && !self.links_are_open(facts)? {
            return Err(self.refuse_field(
                Reason::Link,
                field,
                format!(
                    "`{field}` lists records of another model, not all of which are open; add a rule for it without a domain (operation `name` or `read`)"
                ),
            ));
        }
        if matches!(
            facts.type_name.as_str(),
            "properties" | "properties_definition"
        ) && !matches!(&self.held.rule.fields, FieldSet::Only(names) if names.contains(field))
        {
            return Err(self.refuse_field(
                Reason::Field,
                field,
                "properties may hold anything: the rule must list such a field by name",
            ));
        }
        if self.via.is_none() {
            self.bench.keep_open(&self.held, facts);
        }
        Ok(facts)
    }

    /// Whether a field may be shown, as it is or masked. What is masked is only shown: nothing
    /// can be searched, sorted, grouped, computed or written by it.
    pub(crate) fn shown(&self, field: &str) -> Result<(&'a FieldSchema, Option<Mask>), No> {
        let Some(mask) = self.mask(field) else {
            return self.readable(field).map(|facts| (facts, None));
        };
        let facts = self.schema.field(field);
        let denied = self.bench.denies_field(self.model, field, Operation::Read);
        match facts {
            Some(facts)
                if !denied
                    && facts.relation.is_none()
                    && MASKED.contains(&facts.type_name.as_str())
                    && self
                        .hidden_through(field, &mut BTreeSet::new(), MAX_DEPTH)?
                        .is_none() =>
            {
                Ok((facts, Some(mask)))
            }
            _ => Err(self.refuse_field(
                if denied { Reason::Denied } else { Reason::Field },
                field,
                format!("`{field}` is masked, but is no text, number, date or choice of its own, or shows what is not open"),
            )),
        }
    }

    fn mask(&self, field: &str) -> Option<Mask> {
        let own = self.held.rule.mask(field);
        let Some(Via { rule, link, .. }) = self.via else {
            return own;
        };
        match rule.mask(&format!("{link}.{field}")) {
            // Another rule opens it, or masks it as well; what that one does not show at all
            // is not shown here either.
            Some(mask) => match own {
                Some(own) => Some(own.stricter(mask)),
                None => self.held.rule.reads(field).then_some(mask),
            },
            None => own.filter(|_| !rule.closes(&format!("{link}.{field}"))),
        }
    }

    /// Whether records may be searched, sorted or grouped by a field. The same as readable.
    pub(crate) fn chosen_by(
        &self,
        field: &str,
        protection: Protection,
    ) -> Result<&'a FieldSchema, No> {
        match self.schema.field(field) {
            Some(facts) if !protection.is_on() => Ok(facts),
            _ => self.readable(field),
        }
    }

    /// A field that the rule opens by its name, whatever its data.
    pub(super) fn named(&self, field: &str, operation: Operation) -> Result<&'a FieldSchema, No> {
        let facts = self.schema.field(field);
        let open = match operation {
            Operation::Read => self.held.rule.reads(field) || !Protection::ReadableFields.is_on(),
            _ => self.held.rule.writes(field) || !Protection::WritableFields.is_on(),
        };
        let listed = |set: &FieldSet| matches!(set, FieldSet::Only(names) if names.contains(field));
        let set = match (operation, &self.held.rule.write_fields) {
            (Operation::Read, _) | (_, None) => &self.held.rule.fields,
            (_, Some(set)) => set,
        };
        let credential = danger::credential(field) && !listed(set);
        let denied = Protection::DeniedFields.is_on()
            && self.bench.denies_field(self.model, field, operation);
        match facts {
            Some(facts)
                if open && !credential && !denied && !self.is_closed_behind(field, operation) =>
            {
                Ok(facts)
            }
            _ => Err(self.refuse_field(
                if denied {
                    Reason::Denied
                } else {
                    Reason::Field
                },
                field,
                if facts.is_none() {
                    format!("`{}` has no field `{field}`", self.model)
                } else {
                    format!("add `{field}` to `fields` of the rule")
                },
            )),
        }
    }

    /// Whether what led here over a link closes this field behind it.
    fn is_closed_behind(&self, field: &str, operation: Operation) -> bool {
        self.via.is_some_and(|Via { rule, model, link }| {
            let path = format!("{link}.{field}");
            rule.closes(&path)
                || Protection::DeniedFields.is_on()
                    && self.bench.denies_field(model, &path, operation)
        })
    }

    /// Whether every record that a list of links may name is open.
    pub(crate) fn links_are_open(&self, facts: &'a FieldSchema) -> Result<bool, No> {
        let Some(comodel) = facts.relation.as_ref() else {
            return Ok(false);
        };
        if !Protection::LinkedRecords.is_on() {
            return Ok(true);
        }
        Ok([Operation::Read, Operation::Name]
            .into_iter()
            .any(|operation| {
                self.rules_behind(comodel, operation)
                    .iter()
                    .any(|held| held.rule.domain.is_none())
            }))
    }

    /// Whether the display names that stand behind a link are open.
    pub(crate) fn names_are_open(&self, link: &str, comodel: &'a Model) -> Result<bool, No> {
        if !Protection::LinkNames.is_on() {
            return Ok(true);
        }
        // Of several links to one model, each is closed by what is said of it.
        let via = self.via(link);
        let by_name = self.rules_behind(comodel, Operation::Name);
        if via.is_none()
            && by_name.iter().any(|held| held.rule.domain.is_none())
            && !self
                .bench
                .denies_field(comodel, "display_name", Operation::Read)
        {
            return Ok(true);
        }
        let by_read = self.rules_behind(comodel, Operation::Read);
        for held in by_read {
            if held.rule.domain.is_some() {
                continue;
            }
            let shown = via.is_none()
                && held.rule.fields == FieldSet::All
                && held.rule.closes_nothing()
                && !self.bench.denies_fields(comodel);
            if shown || {
                let view = View::new(self.bench, held, comodel)?;
                View { via, ..view }.readable("display_name").is_ok()
            } {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether records of this model may be searched by name under this rule: a search by name
    /// looks at other fields as well, and at the names behind links.
    pub(crate) fn name_searchable(&self) -> Result<(), No> {
        self.readable("display_name")?;
        if self.bench.hides_nothing && self.is_whole() || !Protection::NameSearch.is_on() {
            return Ok(());
        }
        let searched = &self.schema.rec_names_search;
        if !searched.is_empty() {
            for field in searched {
                self.searched_by_name(field)?;
            }
            return self.searched_by_name(self.schema.rec_name());
        }
        if !self.is_whole() {
            return Err(self.refuse_field(
                Reason::HiddenByData,
                "display_name",
                "it is not known by which fields this model searches names; a rule with `fields = \"*\"` and nothing hidden may search them",
            ));
        }
        // It is not known which, so it may be any.
        for (field, facts) in &self.schema.fields {
            if facts.relation.is_some() && self.readable(field.as_str()).is_ok() {
                self.searched_by_name(field.as_str())?;
            }
        }
        Ok(())
    }

    /// Whether a search by name may look at this field; of a link, at the names behind it.
    fn searched_by_name(&self, field: &str) -> Result<(), No> {
        let facts = self.readable(field)?;
        match facts.relation.as_ref() {
            Some(comodel) if !self.names_are_open(field, comodel)? => Err(self.refuse_field(
                Reason::HiddenByData,
                "display_name",
                format!("a search by name may look at the names of `{comodel}` behind `{field}`, which are not open"),
            )),
            _ => Ok(()),
        }
    }

    /// All fields that are open and that a reader who names none gets: no binaries.
    pub(crate) fn all_readable(&self) -> Result<Vec<String>, No> {
        let mut names = Vec::new();
        for (name, facts) in &self.schema.fields {
            if facts.type_name == "binary" || facts.type_name.starts_with("properties") {
                continue;
            }
            match self.shown(name.as_str()) {
                Ok(_) => names.push(name.as_str().to_owned()),
                Err(no) if no.wants.is_some() => return Err(no),
                Err(_) => {}
            }
        }
        Ok(names)
    }

    pub(crate) fn relation(&self, field: &str) -> Option<&'a Model> {
        self.schema.field(field)?.relation.as_ref()
    }

    pub(crate) fn refuse_field(
        &self,
        reason: Reason,
        field: &str,
        advice: impl Into<String>,
    ) -> No {
        Box::new(
            Refusal::access(
                reason,
                format!("This key may not use the field `{field}` of `{}` here. Leave it out, or ask whoever gave you the key.", self.model),
                advice,
            )
            .about(field)
            .under(&self.held.full_name()),
        )
    }

    pub(crate) fn refuse_write(
        &self,
        reason: Reason,
        field: &str,
        advice: impl Into<String>,
    ) -> No {
        Box::new(
            Refusal::access(
                reason,
                format!("This key may not set the field `{field}` of `{}`. Leave it out, or ask whoever gave you the key.", self.model),
                advice,
            )
            .about(field)
            .under(&self.held.full_name()),
        )
    }

    pub(crate) fn refuse(
        &self,
        reason: Reason,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> No {
        Box::new(Refusal::access(reason, message, advice).under(&self.held.full_name()))
    }
}
