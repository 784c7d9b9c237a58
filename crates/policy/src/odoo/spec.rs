//! Specifications of `web_read` and its kin: fields, and fields of linked records.

use std::collections::BTreeSet;

use portcullis_erp::domain::FieldKind;
use portcullis_erp::{Map, Value};

use crate::bench::No;
use crate::decision::Reason;
use crate::odoo::view::View;
use crate::operation::Operation;
use crate::pins::Pins;
use crate::protection::Protection;
use crate::terms::{Nested, RowTerms};

/// How deep specifications may lie in one another.
const MAX_DEPTH: usize = 5;

/// Asks for no more rows behind links than may be shown. Answers whether more were asked for.
pub(crate) fn limit_nested(fields: &mut Map, terms: &RowTerms) -> bool {
    let mut is_lowered = false;
    for (field, nested) in &terms.nested {
        let Some(Value::Map(inner)) = fields.get_mut(field) else {
            continue;
        };
        if let Some(most) = nested.most.map(i64::from)
            && nested.many
        {
            let asked = inner.get("limit").and_then(Value::as_int);
            let limit = asked.map_or(most, |asked| asked.min(most));
            is_lowered |= asked != Some(limit);
            inner.insert("limit".to_owned(), Value::Int(limit));
        }
        if let Some(Value::Map(deeper)) = inner.get_mut("fields") {
            is_lowered |= limit_nested(deeper, &nested.terms);
        }
    }
    is_lowered
}

/// Takes out of contexts behind links what the role fixes: it holds there already.
pub(crate) fn unpinned(fields: &mut Map, pins: &Pins) {
    for inner in fields.values_mut() {
        let Value::Map(inner) = inner else { continue };
        if let Some(Value::Map(context)) = inner.get_mut("context") {
            context.retain(|key, _| !pins.replaces(key));
        }
        if let Some(Value::Map(deeper)) = inner.get_mut("fields") {
            unpinned(deeper, pins);
        }
    }
}

impl<'a> View<'a> {
    /// Judges a specification; the answer's rows are bound to what it says.
    pub(crate) fn specification(&self, value: &Value) -> Result<(RowTerms, Vec<String>), No> {
        let mut named = Vec::new();
        let terms = self.specified(value, MAX_DEPTH, &mut named)?;
        Ok((terms, named))
    }

    fn specified(
        &self,
        value: &Value,
        depth: usize,
        named: &mut Vec<String>,
    ) -> Result<RowTerms, No> {
        let fields = value.as_map().ok_or_else(|| self.bad_specification())?;
        self.held
            .at_most("specification", fields.len(), self.held.fields())?;
        let deeper = depth
            .checked_sub(1)
            .ok_or_else(|| self.bad_specification())?;
        let mut terms = RowTerms {
            fields: BTreeSet::from(["id".to_owned()]),
            ..RowTerms::default()
        };
        for (field, inner) in fields {
            let (facts, mask) = self.shown(field)?;
            named.push(field.clone());
            terms.fields.insert(field.clone());
            terms.masked.extend(mask.map(|mask| (field.clone(), mask)));
            let inner = inner.as_map().ok_or_else(|| self.bad_specification())?;
            for (key, value) in inner {
                match key.as_str() {
                    "fields" => {
                        let nested = self.behind_link(field, facts, value, deeper, named)?;
                        terms.nested.insert(field.clone(), nested);
                    }
                    "limit" | "offset"
                        if matches!(value, Value::Int(0..) | Value::Null | Value::Bool(false)) => {}
                    "order" if value.is_nothing() => {}
                    "order" if matches!(value, Value::Text(text) if text.is_empty()) => {}
                    "order" => {
                        let order = self.nested_order(field, facts.relation.as_ref(), value)?;
                        named.extend(order.into_iter().map(|name| format!("{field}.{name}")));
                    }
                    "context" => {
                        let context = value.as_map().ok_or_else(|| self.bad_specification())?;
                        self.nested_context(context)?;
                    }
                    _ => return Err(self.bad_specification()),
                }
            }
            if let Some(comodel) = facts.relation.as_ref()
                && !terms.nested.contains_key(field)
                && !self.names_are_open(field, comodel)?
            {
                terms.nameless.insert(field.clone());
            }
        }
        Ok(terms)
    }

    fn behind_link(
        &self,
        field: &str,
        facts: &'a crate::schema::FieldSchema,
        value: &Value,
        depth: usize,
        named: &mut Vec<String>,
    ) -> Result<Nested, No> {
        let comodel = facts
            .relation
            .as_ref()
            .ok_or_else(|| self.bad_specification())?;
        let most = self.held.page().map(|cap| cap.most);
        let many = facts.kind != FieldKind::Many2one;
        let inner = value.as_map().ok_or_else(|| self.bad_specification())?;
        let only_name = inner.iter().all(|(name, spec)| {
            matches!(name.as_str(), "id" | "display_name")
                && spec.as_map().is_some_and(|spec| spec.is_empty())
        });
        if only_name {
            if inner.contains_key("display_name") && !self.names_are_open(field, comodel)? {
                return Err(self.closed_link(field, comodel.as_str()));
            }
            let terms = RowTerms {
                fields: BTreeSet::from(["id".to_owned(), "display_name".to_owned()]),
                ..RowTerms::default()
            };
            return Ok(Nested { many, terms, most });
        }
        let mut first_no = None;
        for view in self.linked(field, comodel, Operation::Read)? {
            if view.held.rule.domain.is_some() && Protection::NestedSpecifications.is_on() {
                continue;
            }
            let mut inner_named = Vec::new();
            match view.specified(value, depth, &mut inner_named) {
                Ok(terms) => {
                    named.extend(
                        inner_named
                            .into_iter()
                            .map(|name| format!("{field}.{name}")),
                    );
                    let most = most
                        .into_iter()
                        .chain(view.held.page().map(|cap| cap.most))
                        .min();
                    return Ok(Nested { many, terms, most });
                }
                Err(no) if no.wants.is_some() => return Err(no),
                Err(no) => first_no = first_no.or(Some(no)),
            }
        }
        Err(first_no.unwrap_or_else(|| self.closed_link(field, comodel.as_str())))
    }

    fn nested_order(
        &self,
        field: &str,
        comodel: Option<&'a portcullis_erp::Model>,
        value: &Value,
    ) -> Result<Vec<String>, No> {
        let (Some(comodel), Some(text)) = (comodel, value.as_str()) else {
            return Err(self.bad_specification());
        };
        for view in self.linked(field, comodel, Operation::Read)? {
            if view.held.rule.domain.is_none()
                && let Ok(named) = view.order(text)
            {
                return Ok(named);
            }
        }
        Err(self.bad_specification())
    }

    fn closed_link(&self, field: &str, comodel: &str) -> No {
        self.refuse_field(
            Reason::Link,
            field,
            format!("the specification looks into `{comodel}`; no rule without a domain opens these fields there"),
        )
    }

    fn bad_specification(&self) -> No {
        self.refuse(
            Reason::Argument,
            "The specification has something that cannot be allowed.",
            "a specification has a key or nesting that cannot be judged (a nested `context` may hold lang, tz, bin_size and what `context` of the rule names)",
        )
    }
}
