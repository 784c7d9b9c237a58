//! Domains and orders: each field on the way must be open, model by model, and where a rule
//! opens only some records of a linked model, the condition is bound to those.

use std::borrow::Cow;

use portcullis_erp::domain::{Domain, FieldKind, FieldPath, Leaf, Node, Operand, Operator};
use portcullis_erp::{FieldName, Value};

use crate::bench::No;
use crate::decision::{Reason, Refusal};
use crate::odoo::view::View;
use crate::operation::Operation;
use crate::protection::Protection;
use crate::sizes;

/// Parts of dates and times that Odoo takes at the end of a path.
const DATE_PARTS: &[&str] = &[
    "year_number",
    "quarter_number",
    "month_number",
    "iso_week_number",
    "day_of_week",
    "day_of_month",
    "day_of_year",
    "hour_number",
    "minute_number",
    "second_number",
];

/// How many models a condition may cross.
const MAX_STEPS: usize = 6;

impl<'a> View<'a> {
    /// Reads and judges a caller's domain. `false` and nothing mean every record.
    pub(crate) fn domain(&self, value: &Value) -> Result<Domain, No> {
        if value.is_nothing() || matches!(value, Value::Text(text) if text.is_empty()) {
            return Ok(Domain::all());
        }
        let domain = Domain::parse(value).map_err(|error| {
            Box::new(
                Refusal::new(
                    Reason::Domain,
                    portcullis_erp::Fault::new(
                        portcullis_erp::FaultKind::BadValue,
                        format!("The domain cannot be read: {error}."),
                    ),
                    "the domain is not well-formed",
                )
                .under(&self.held.full_name()),
            )
        })?;
        self.node(domain.node(), MAX_STEPS)
    }

    /// The rule's own domain, in Odoo's form.
    pub(crate) fn own_domain(&self) -> Result<Option<Cow<'a, Domain>>, No> {
        match &self.held.rule.domain {
            None => Ok(None),
            Some(domain) => match self.bench.odoo_domain(&self.held, domain) {
                Some(odoo) => odoo.map(Some),
                None => Err(self.refuse(
                    Reason::Domain,
                    format!(
                        "This key may not do this with `{}`. Ask whoever gave you the key.",
                        self.model
                    ),
                    "the rule's domain is written in Frappe's form; write it as an Odoo domain",
                )),
            },
        }
    }

    fn node(&self, node: &Node, steps: usize) -> Result<Domain, No> {
        match node {
            Node::And(parts) => self.joined(parts, steps, Domain::and),
            Node::Or(parts) => self.joined(parts, steps, Domain::or),
            Node::Not(inner) => Ok(self.node(inner, steps)?.not()),
            Node::Leaf(leaf) => self.leaf(leaf.path.parts(), leaf, steps),
            Node::True => Ok(Domain::all()),
            Node::False => Ok(Domain::none()),
        }
    }

    /// Joined in halves: one after the other would copy a long domain many times.
    fn joined(
        &self,
        parts: &[Node],
        steps: usize,
        join: fn(Domain, Domain) -> Domain,
    ) -> Result<Domain, No> {
        match parts {
            [one] => self.node(one, steps),
            _ => {
                let (left, right) = parts.split_at(parts.len() / 2);
                Ok(join(
                    self.joined(left, steps, join)?,
                    self.joined(right, steps, join)?,
                ))
            }
        }
    }

    /// Judges a condition whose path is still `parts` long on this model.
    fn leaf(&self, parts: &[FieldName], leaf: &Leaf, steps: usize) -> Result<Domain, No> {
        let Some((first, rest)) = parts.split_first() else {
            return Err(self.bad_domain("a condition without a field"));
        };
        let facts = self.chosen_by(first.as_str(), Protection::ConditionFields)?;
        let [second, ..] = rest else {
            return self.condition(first, leaf, steps);
        };
        if matches!(facts.kind, FieldKind::Date | FieldKind::Datetime)
            && rest.len() == 1
            && DATE_PARTS.contains(&second.as_str())
        {
            return self.plain(&[first, second], leaf);
        }
        let Some(comodel) = facts.relation.as_ref() else {
            return Err(self.bad_domain("a way over a field that is no link"));
        };
        if !Protection::LinkedConditions.is_on() {
            return self.plain(&parts.iter().collect::<Vec<_>>(), leaf);
        }
        let deeper = steps
            .checked_sub(1)
            .ok_or_else(|| self.bad_domain("too many links"))?;
        let mut first_no = None;
        for view in self.linked(first.as_str(), comodel, Operation::Read)? {
            match view
                .leaf(rest, leaf, deeper)
                .and_then(|inner| view.bound(inner))
            {
                Ok(inner) => return Ok(behind(first, inner, view.held.rule.domain.is_none())),
                Err(no) if no.wants.is_some() => return Err(no),
                Err(no) => first_no = first_no.or(Some(no)),
            }
        }
        Err(first_no.unwrap_or_else(|| {
            self.refuse_field(
                Reason::Link,
                first.as_str(),
                format!(
                    "the condition looks into `{comodel}`; no rule lets this role read that model"
                ),
            )
        }))
    }

    /// A domain on this model, bound to the records that the rule opens.
    pub(crate) fn bound(&self, domain: Domain) -> Result<Domain, No> {
        Ok(match self.own_domain()? {
            Some(own) if Protection::OwnRecords.is_on() => domain.and(own.into_owned()),
            _ => domain,
        })
    }

    /// A condition on a field of this model.
    fn condition(&self, field: &FieldName, leaf: &Leaf, steps: usize) -> Result<Domain, No> {
        let facts = self.chosen_by(field.as_str(), Protection::ConditionFields)?;
        match &leaf.operand {
            Operand::Domain(inner) => {
                if matches!(
                    leaf.operator,
                    Operator::AnyUnchecked | Operator::NotAnyUnchecked
                ) {
                    return Err(self.bad_domain("`any!` looks past the ERP's own access rules"));
                }
                let Some(comodel) = facts.relation.as_ref() else {
                    return Err(self.bad_domain("`any` on a field that is no link"));
                };
                let deeper = steps
                    .checked_sub(1)
                    .ok_or_else(|| self.bad_domain("too many links"))?;
                let mut first_no = None;
                for view in self.linked(field.as_str(), comodel, Operation::Read)? {
                    match view
                        .node(inner.node(), deeper)
                        .and_then(|inner| view.bound(inner))
                    {
                        Ok(inner) => {
                            return Ok(Domain::leaf(Leaf {
                                path: one_step(field),
                                operator: leaf.operator,
                                operand: Operand::Domain(Box::new(inner)),
                            }));
                        }
                        Err(no) if no.wants.is_some() => return Err(no),
                        Err(no) => first_no = first_no.or(Some(no)),
                    }
                }
                Err(first_no.unwrap_or_else(|| {
                    self.refuse_field(
                        Reason::Link,
                        field.as_str(),
                        format!("the condition looks into `{comodel}`; no rule lets this role read that model"),
                    )
                }))
            }
            Operand::Value(value) => {
                if !is_plain(value) {
                    return Err(
                        self.bad_domain("a condition compares with a value or a list of values")
                    );
                }
                let hierarchy = Protection::Hierarchies.is_on()
                    && matches!(leaf.operator, Operator::ChildOf | Operator::ParentOf);
                let by_text =
                    Protection::NamesInConditions.is_on() && names_a_record(leaf.operator, value);
                match facts.relation.as_ref() {
                    Some(comodel) if by_text || hierarchy => {
                        let mut first_no = None;
                        for view in self.linked(field.as_str(), comodel, Operation::Read)? {
                            if view.held.rule.domain.is_some() {
                                continue;
                            }
                            match view.found_by(by_text, hierarchy) {
                                Ok(()) => return self.plain(&[field], leaf),
                                Err(no) if no.wants.is_some() => return Err(no),
                                Err(no) => first_no = first_no.or(Some(no)),
                            }
                        }
                        return Err(first_no.unwrap_or_else(|| {
                            self.refuse_field(
                                Reason::Link,
                                field.as_str(),
                                format!("the condition searches `{comodel}` by name or hierarchy; no rule lets this role read all of that model"),
                            )
                        }));
                    }
                    Some(_) => {}
                    None if hierarchy => self.own_hierarchy(field, by_text)?,
                    None if field.as_str() == "display_name" => self.name_searchable()?,
                    None => {}
                }
                self.plain(&[field], leaf)
            }
        }
    }

    /// Whether records of this model may be found by their names, or by their hierarchy.
    fn found_by(&self, by_text: bool, hierarchy: bool) -> Result<(), No> {
        if by_text {
            self.name_searchable()?;
        }
        if hierarchy && !self.is_unrestricted() {
            self.readable("parent_id")?;
        }
        Ok(())
    }

    /// Whether records may be chosen by where they stand among records of their own model. Who
    /// is above or below whom tells of every record on the way: a rule with a domain never
    /// opens that, not even by ids. A text is searched among names.
    fn own_hierarchy(&self, field: &FieldName, by_text: bool) -> Result<(), No> {
        if field.as_str() != "id" {
            return Err(self.bad_domain("a hierarchy on a field that is no link"));
        }
        if self.held.rule.domain.is_some() {
            return Err(self.bad_domain("a hierarchy leads over records that are not open"));
        }
        self.found_by(by_text, true)
    }

    fn plain(&self, path: &[&FieldName], leaf: &Leaf) -> Result<Domain, No> {
        let text = path
            .iter()
            .map(|part| part.as_str())
            .collect::<Vec<_>>()
            .join(".");
        match FieldPath::new(&text) {
            Ok(path) => Ok(Domain::leaf(Leaf {
                path,
                operator: leaf.operator,
                operand: leaf.operand.clone(),
            })),
            Err(_) => Err(self.bad_domain("a way that is too long")),
        }
    }

    pub(crate) fn bad_domain(&self, what: &str) -> No {
        self.refuse(
            Reason::Domain,
            format!("The domain has a condition that cannot be allowed: {what}."),
            format!("the domain cannot be judged: {what}"),
        )
    }

    /// Judges an order: `field [asc|desc] [nulls first|last], …`.
    pub(crate) fn order(&self, text: &str) -> Result<Vec<String>, No> {
        self.held
            .at_most("order", text.split(',').count(), sizes::ORDER)?;
        let mut named = Vec::new();
        for part in text.split(',') {
            let mut words = part.split_whitespace();
            let field = words.next().unwrap_or("");
            let rest: Vec<String> = words.map(str::to_ascii_lowercase).collect();
            let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
            let known = matches!(
                rest.as_slice(),
                [] | ["asc" | "desc"]
                    | ["nulls", "first" | "last"]
                    | ["asc" | "desc", "nulls", "first" | "last"]
            );
            if !known || FieldName::new(field).is_err() {
                return Err(self.refuse(
                    Reason::Argument,
                    "The order cannot be read: write `field asc, field desc`.",
                    "the order is not of the form `field [asc|desc] [nulls first|last], …`",
                ));
            }
            self.sortable(field)?;
            named.push(field.to_owned());
        }
        Ok(named)
    }

    /// Whether rows may be sorted by a field: by a link, the linked names are what sorts.
    pub(crate) fn sortable(&self, field: &str) -> Result<(), No> {
        let facts = self.chosen_by(field, Protection::OrderFields)?;
        match facts.relation.as_ref() {
            Some(comodel) if facts.is_x2many() || !self.names_are_open(field, comodel)? => {
                Err(self.refuse_field(
                    Reason::Link,
                    field,
                    format!("sorting by `{field}` shows the order of the names of `{comodel}`, which are not open"),
                ))
            }
            _ => Ok(()),
        }
    }
}

/// Puts a judged domain of a linked model behind the link.
fn behind(link: &FieldName, inner: Domain, every_record: bool) -> Domain {
    if every_record
        && let Node::Leaf(leaf) = inner.node()
        && leaf.path.parts().len() < FieldPath::MAX
    {
        return Domain::leaf(Leaf {
            path: one_step(link).join(&leaf.path),
            operator: leaf.operator,
            operand: leaf.operand.clone(),
        });
    }
    Domain::leaf(Leaf {
        path: one_step(link),
        operator: Operator::Any,
        operand: Operand::Domain(Box::new(inner)),
    })
}

fn one_step(field: &FieldName) -> FieldPath {
    // INVARIANT: a field name is a path of one step.
    FieldPath::from(field.clone())
}

/// A value, or a list of values; never a map or a list of lists.
pub(crate) fn is_plain(value: &Value) -> bool {
    match value {
        Value::List(items) => items.iter().all(is_scalar),
        _ => is_scalar(value),
    }
}

/// A value that holds no others.
pub(crate) fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::List(_) | Value::Map(_))
}

/// Whether a condition on a link looks for the names of records.
fn names_a_record(operator: Operator, value: &Value) -> bool {
    let by_pattern = matches!(
        operator,
        Operator::Like
            | Operator::NotLike
            | Operator::Ilike
            | Operator::NotIlike
            | Operator::WholeLike
            | Operator::NotWholeLike
            | Operator::WholeIlike
            | Operator::NotWholeIlike
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual
    );
    let number = |value: &Value| matches!(value, Value::Int(_) | Value::Bool(_) | Value::Null);
    by_pattern
        || match value {
            Value::List(items) => !items.iter().all(number),
            _ => !number(value),
        }
}
