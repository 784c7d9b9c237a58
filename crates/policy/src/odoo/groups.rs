//! Groups: what is grouped by, what is summed up, how groups are sorted and chosen.

use std::collections::BTreeSet;

use portcullis_erp::Value;
use portcullis_erp::domain::FieldKind;

use crate::bench::No;
use crate::decision::Reason;
use crate::odoo::search::is_plain;
use crate::odoo::view::View;
use crate::protection::Protection;
use crate::sizes;

/// Parts of a date that groups may be made of.
const GRANULARITIES: &[&str] = &[
    "hour",
    "day",
    "week",
    "month",
    "quarter",
    "year",
    "year_number",
    "quarter_number",
    "month_number",
    "iso_week_number",
    "day_of_year",
    "day_of_month",
    "day_of_week",
    "hour_number",
    "minute_number",
    "second_number",
];

/// What values may be summed up with. `recordset` and the like stay inside the ERP.
const AGGREGATES: &[&str] = &[
    "sum",
    "avg",
    "max",
    "min",
    "count",
    "count_distinct",
    "bool_and",
    "bool_or",
    "array_agg",
    "array_agg_distinct",
    "sum_currency",
];

/// What groups consist of: the keys that their rows have.
#[derive(Debug, Default)]
pub(crate) struct Grouping {
    /// Keys of rows that may be shown.
    pub(crate) keys: BTreeSet<String>,
    /// Those of them whose names must be taken out.
    pub(crate) nameless: BTreeSet<String>,
    /// Fields that were named.
    pub(crate) fields: Vec<String>,
}

impl Grouping {
    /// One thing to group by.
    pub(crate) fn by(&mut self, view: &View<'_>, text: &str) -> Result<(), No> {
        let (field, part) = match text.split_once(':') {
            Some((field, part)) => (field, Some(part)),
            None => (text, None),
        };
        let facts = view.chosen_by(field, Protection::GroupFields)?;
        let dated = matches!(facts.kind, FieldKind::Date | FieldKind::Datetime);
        if part.is_some_and(|part| !dated || !GRANULARITIES.contains(&part)) {
            return Err(view.bad_grouping());
        }
        if let Some(comodel) = facts.relation.as_ref()
            && !view.names_are_open(field, comodel)?
        {
            if facts.is_x2many() {
                return Err(view.refuse_field(
                    Reason::Link,
                    field,
                    format!("groups show names of `{comodel}`, which are not open"),
                ));
            }
            self.nameless.insert(text.to_owned());
        }
        self.keys.insert(text.to_owned());
        self.keys.insert(format!("{field}_count"));
        self.fields.push(field.to_owned());
        Ok(())
    }

    /// Takes in what another grouping is made of.
    pub(crate) fn shares(&mut self, other: &Self) {
        self.keys.extend(other.keys.iter().cloned());
        self.nameless.extend(other.nameless.iter().cloned());
    }

    /// One aggregate of `formatted_read_group`: `field:aggregate` or `__count`.
    pub(crate) fn aggregate(&mut self, view: &View<'_>, text: &str) -> Result<(), No> {
        if text != "__count" {
            let (field, function) = text.split_once(':').ok_or_else(|| view.bad_grouping())?;
            self.summed(view, field, function)?;
        }
        self.keys.insert(text.to_owned());
        Ok(())
    }

    /// One entry of `read_group`'s `fields`: `field`, `field:aggregate`, `name:aggregate(field)`.
    pub(crate) fn group_field(&mut self, view: &View<'_>, text: &str) -> Result<(), No> {
        let Some((name, function)) = text.split_once(':') else {
            if text != "__count" {
                view.chosen_by(text, Protection::AggregateFields)?;
                self.fields.push(text.to_owned());
            }
            self.keys.insert(text.to_owned());
            return Ok(());
        };
        let (function, field) = match function.split_once('(') {
            Some((function, field)) => (
                function,
                field.strip_suffix(')').ok_or_else(|| view.bad_grouping())?,
            ),
            None => (function, name),
        };
        let plain = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        if !plain(name) {
            return Err(view.bad_grouping());
        }
        self.summed(view, field, function)?;
        self.keys.insert(name.to_owned());
        Ok(())
    }

    fn summed(&mut self, view: &View<'_>, field: &str, function: &str) -> Result<(), No> {
        if !AGGREGATES.contains(&function) {
            return Err(view.bad_grouping());
        }
        view.chosen_by(field, Protection::AggregateFields)?;
        if function == "sum_currency" {
            view.chosen_by("currency_id", Protection::AggregateFields)?;
        }
        self.fields.push(field.to_owned());
        Ok(())
    }

    /// How groups are sorted: by what they are grouped by, or by aggregates.
    pub(crate) fn order(&mut self, view: &View<'_>, text: &str) -> Result<(), No> {
        view.held
            .at_most("order", text.split(',').count(), sizes::ORDER)?;
        for part in text.split(',') {
            let mut words = part.split_whitespace();
            let key = words.next().unwrap_or("");
            let known = words.all(|word| {
                ["asc", "desc", "nulls", "first", "last"]
                    .contains(&word.to_ascii_lowercase().as_str())
            });
            if !known || key.is_empty() {
                return Err(view.bad_grouping());
            }
            let counted = key.ends_with("_count")
                && view.schema.field(key).is_none()
                && self.keys.contains(key);
            if key == "__count" || counted {
                continue;
            }
            match key.split_once(':') {
                Some((field, part)) if GRANULARITIES.contains(&part) => {
                    view.sortable(field)?;
                }
                Some((field, function)) => self.summed(view, field, function)?,
                None => view.sortable(key)?,
            }
        }
        Ok(())
    }

    /// Conditions on aggregates, in the prefix notation of domains.
    pub(crate) fn having(&mut self, view: &View<'_>, value: &Value) -> Result<(), No> {
        if value.is_nothing() {
            return Ok(());
        }
        let members = value.as_list().ok_or_else(|| view.bad_grouping())?;
        // Each condition may come with an `&`, an `|` and a `!`.
        view.held
            .at_most("having", members.len(), 4 * sizes::GROUPS)?;
        for member in members {
            match member {
                Value::Text(symbol) if matches!(symbol.as_str(), "&" | "|" | "!") => {}
                Value::List(parts) => {
                    let [Value::Text(aggregate), Value::Text(operator), value] = parts.as_slice()
                    else {
                        return Err(view.bad_grouping());
                    };
                    let known = ["=", "!=", "<", "<=", ">", ">=", "in", "not in"];
                    if !known.contains(&operator.as_str()) || !is_plain(value) {
                        return Err(view.bad_grouping());
                    }
                    if aggregate != "__count" {
                        let (field, function) = aggregate
                            .split_once(':')
                            .ok_or_else(|| view.bad_grouping())?;
                        self.summed(view, field, function)?;
                    }
                }
                Value::Text(_)
                | Value::Null
                | Value::Bool(_)
                | Value::Int(_)
                | Value::Big(_)
                | Value::Float(_)
                | Value::Bytes(_)
                | Value::Moment(_)
                | Value::Map(_) => return Err(view.bad_grouping()),
            }
        }
        Ok(())
    }
}

impl View<'_> {
    pub(crate) fn bad_grouping(&self) -> No {
        self.refuse(
            Reason::Argument,
            "The groups cannot be read: name fields, `date:month`, and aggregates such as `amount:sum`.",
            "a grouping, aggregate, order or having is not of a known form",
        )
    }
}
