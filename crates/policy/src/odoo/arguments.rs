//! One attempt to fit a call under one rule: its arguments, judged by the table and rewritten
//! in place.

use std::collections::{BTreeSet, VecDeque};

use portcullis_erp::domain::{Domain, Operator};
use portcullis_erp::{Call, FieldName, Map, RecordId, Shape, Value};

use crate::after::Sets;
use crate::bench::No;
use crate::caps::Cap;
use crate::mask::Mask;
use crate::odoo::groups::Grouping;
use crate::odoo::search::{is_plain, is_scalar};
use crate::odoo::spec;
use crate::odoo::table::{Argument, Kind, Known};
use crate::odoo::values::{Target, Written};
use crate::odoo::view::View;
use crate::odoo::{bad_argument, numbers};
use crate::operation::Operation;
use crate::permit::{Afters, Guard, Permit};
use crate::sizes::{self, Bound};
use crate::terms::{RowTerms, Terms};

/// A call on its way to a permit.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    pub(crate) view: View<'a>,
    pub(crate) known: &'static Known,
    pub(crate) operation: Operation,
    /// The call, rewritten as far as it has been judged.
    pub(crate) call: Call,
    pub(crate) ids: Vec<i64>,
    /// Guards that the values ask for.
    pub(crate) guards: Vec<Guard>,
    /// Whether the values set what the rule rests on.
    pub(crate) sets: Sets,
    /// The caller's domain, bound so far to what may be looked at.
    pub(crate) domain: Domain,
    /// The fields asked for, if any were named.
    pub(crate) fields: Option<Vec<String>>,
    pub(crate) ordered: bool,
    pub(crate) rows: Option<RowTerms>,
    pub(crate) grouping: Grouping,
    pub(crate) grouping_sets: Vec<Grouping>,
    pub(crate) access: Option<Operation>,
    /// The columns of an export, and how they are masked.
    pub(crate) columns: Vec<Option<Mask>>,
    /// Whether as many rows were asked for as may be shown, or fewer.
    is_within: bool,
    /// Whether more rows behind links were asked for than may be shown.
    is_lowered: bool,
    /// Every field that was named anywhere.
    pub(crate) named: BTreeSet<String>,
    /// What else records need.
    how: BTreeSet<String>,
    shape: Shape,
}

impl<'a> Attempt<'a> {
    pub(crate) fn new(
        view: View<'a>,
        known: &'static Known,
        operation: Operation,
        call: &Call,
    ) -> Result<Self, No> {
        let named = call.ids.iter().flatten().count();
        view.held.at_most("ids", named, view.held.records())?;
        let mut ids = numbers(call)?;
        if !call.positional.is_empty() || (!known.on_records && !ids.is_empty()) {
            return Err(bad_argument(&view, "positional"));
        }
        if known.on_records && call.ids.is_none() {
            return Err(bad_argument(&view, "ids"));
        }
        let mut shape = Shape {
            ids: ids.len(),
            ..Shape::default()
        };
        shape.context_keys = call.context.keys().cloned().collect();
        let mut clean = call.clone();
        clean.context = view.context(&call.context)?;
        let shows = matches!(known.kind, Kind::WebSave | Kind::Resequence)
            || known.operation == Operation::Read && known.kind != Kind::Access;
        if let Some(Cap { name, most }) = view.held.page()
            && shows
        {
            let bound = Bound::capped(usize::MAX, name, Some(most));
            view.held.at_most("ids", ids.len(), bound)?;
        }
        if known.on_records && known.operation == Operation::Read {
            // A record that is named often is read once: ids are cheap to send, rows are not.
            let mut seen = BTreeSet::new();
            ids.retain(|id| seen.insert(*id));
            clean.ids = Some(ids.iter().copied().map(RecordId::Number).collect());
        }
        if !known.on_records {
            clean.ids = None;
        }
        Ok(Self {
            view,
            known,
            operation,
            call: clean,
            ids,
            guards: Vec::new(),
            sets: Sets::Other,
            domain: Domain::all(),
            fields: None,
            ordered: false,
            rows: None,
            grouping: Grouping::default(),
            grouping_sets: Vec::new(),
            access: None,
            columns: Vec::new(),
            is_within: false,
            is_lowered: false,
            named: BTreeSet::new(),
            how: BTreeSet::new(),
            shape,
        })
    }

    /// Judges every argument.
    pub(crate) fn arguments(&mut self) -> Result<(), No> {
        let mut later = Vec::new();
        for (name, value) in std::mem::take(&mut self.call.named) {
            let Some((_, argument)) = self
                .known
                .arguments
                .iter()
                .find(|(known, _)| *known == name)
            else {
                return Err(bad_argument(&self.view, &name));
            };
            if matches!(argument, Argument::GroupOrder | Argument::Having) {
                later.push((name, *argument, value));
            } else if let Some(value) = self.argument(&name, *argument, value)? {
                self.call.named.insert(name, value);
            }
        }
        // What sorts and chooses groups may name what they are made of.
        for (name, argument, value) in later {
            if let Some(value) = self.argument(&name, argument, value)? {
                self.call.named.insert(name, value);
            }
        }
        self.named.extend(std::mem::take(&mut self.grouping.fields));
        for set in &mut self.grouping_sets {
            self.named.extend(std::mem::take(&mut set.fields));
        }
        Ok(())
    }

    fn argument(
        &mut self,
        name: &str,
        argument: Argument,
        mut value: Value,
    ) -> Result<Option<Value>, No> {
        let view = self.view;
        let bad = || bad_argument(&view, name);
        let texts = |value: &Value, most: Bound| {
            let texts = texts(value).ok_or_else(bad)?;
            view.held.at_most(name, texts.len(), most).map(|()| texts)
        };
        match argument {
            Argument::Domain => {
                self.domain = view.domain(&value)?;
                if let Ok(asked) = Domain::parse(&value) {
                    self.shape.domain = asked
                        .conditions()
                        .into_iter()
                        .map(|(path, operator)| (path.to_string(), operator.as_str().to_owned()))
                        .collect();
                }
                return Ok(None);
            }
            Argument::Fields => {
                let names = texts(&value, view.held.fields())?;
                for field in &names {
                    view.shown(field)?;
                }
                self.named.extend(names.iter().cloned());
                self.fields = (!names.is_empty()).then_some(names);
                return Ok(None);
            }
            Argument::Specification => {
                let (rows, named) = view.specification(&value)?;
                if let Value::Map(fields) = &mut value {
                    self.is_lowered |= spec::limit_nested(fields, &rows);
                    spec::unpinned(fields, view.held.pins);
                }
                self.rows = Some(rows);
                self.named.extend(named);
            }
            Argument::Order => {
                if value.is_nothing()
                    || matches!(&value, Value::Text(text) if text.trim().is_empty())
                {
                    return Ok(None);
                }
                self.named
                    .extend(view.order(value.as_str().ok_or_else(bad)?)?);
                self.ordered = true;
            }
            Argument::GroupOrder => {
                if value.is_nothing()
                    || matches!(&value, Value::Text(text) if text.trim().is_empty())
                {
                    return Ok(None);
                }
                let text = value.as_str().ok_or_else(bad)?;
                self.grouping.order(&view, text)?;
                self.ordered = true;
            }
            Argument::Limit => return self.limit(&value).ok_or_else(bad),
            Argument::Load => {
                // `_classic_write` gives links as ids without names: less than the ordinary form.
                let known = ["", "_classic_read", "_classic_write"];
                if !value.as_str().is_some_and(|form| known.contains(&form)) && !value.is_nothing()
                {
                    return Err(bad());
                }
            }
            Argument::GroupBy => {
                for text in texts(&value, sizes::GROUPS.into())? {
                    self.grouping.by(&view, &text)?;
                }
            }
            Argument::GroupingSets => {
                let sets = value.as_list().ok_or_else(bad)?;
                view.held.at_most(name, sets.len(), sizes::GROUPS)?;
                for set in sets {
                    let mut grouping = Grouping::default();
                    for text in texts(set, sizes::GROUPS.into())? {
                        grouping.by(&view, &text)?;
                    }
                    // The order is one for all sets, and may name what any of them is made of.
                    self.grouping.shares(&grouping);
                    self.grouping_sets.push(grouping);
                }
            }
            Argument::Aggregates => {
                for text in texts(&value, sizes::GROUPS.into())? {
                    self.grouping.aggregate(&view, &text)?;
                }
            }
            Argument::GroupFields => {
                for text in texts(&value, sizes::GROUPS.into())? {
                    self.grouping.group_field(&view, &text)?;
                }
            }
            Argument::Having => self.grouping.having(&view, &value)?,
            Argument::Values | Argument::Defaults => {
                let values = match &value {
                    Value::Map(values) => values.clone(),
                    nothing if nothing.is_nothing() && argument == Argument::Defaults => Map::new(),
                    _ => return Err(bad()),
                };
                return Ok(Some(Value::Map(self.values(&values)?)));
            }
            Argument::ValuesList => {
                let list = value.as_list().ok_or_else(bad)?;
                view.held.at_most(name, list.len(), view.held.records())?;
                let mut clean = Vec::with_capacity(list.len());
                for values in list {
                    clean.push(Value::Map(self.values(values.as_map().ok_or_else(bad)?)?));
                }
                return Ok(Some(Value::List(clean)));
            }
            Argument::NameText => {
                if !(value.as_str().is_some() || value.is_nothing()) {
                    return Err(bad());
                }
            }
            Argument::NameOperator => {
                let operator = value.as_str().and_then(Operator::read).ok_or_else(bad)?;
                if operator.takes_domain()
                    || matches!(
                        operator,
                        Operator::ChildOf | Operator::ParentOf | Operator::EqualIfGiven
                    )
                {
                    return Err(bad());
                }
            }
            Argument::NewName => {
                let mut values = Map::new();
                values.insert(view.schema.rec_name().to_owned(), value.clone());
                if value.as_str().is_none() || view.own_domain()?.is_some() {
                    return Err(bad());
                }
                self.values(&values)?;
            }
            Argument::Access => {
                self.access = Some(match value.as_str() {
                    Some("read") => Operation::Read,
                    Some("write") => Operation::Write,
                    Some("create") => Operation::Create,
                    Some("unlink") => Operation::Delete,
                    _ => return Err(bad()),
                });
                let asked = value.as_str().map(|right| format!("asks {right}"));
                self.how.extend(asked);
            }
            Argument::Sequence => {
                let field = value.as_str().ok_or_else(bad)?;
                let mut values = Map::new();
                values.insert(field.to_owned(), Value::Int(0));
                self.values(&values)?;
            }
            Argument::TranslatedField => {
                let field = value.as_str().ok_or_else(bad)?;
                view.readable(field)?;
                self.named.insert(field.to_owned());
            }
            Argument::WrittenField => {
                let field = value.as_str().ok_or_else(bad)?;
                view.translated(field)?;
                self.named.insert(field.to_owned());
            }
            Argument::Translations => {
                let langs = value.as_map().ok_or_else(bad)?;
                view.held.at_most(name, langs.len(), sizes::FIELDS)?;
                for text in langs.values() {
                    let plain = match text {
                        Value::Map(terms) => {
                            view.held.at_most(name, terms.len(), sizes::RECORDS)?;
                            terms.values().all(is_scalar)
                        }
                        text => is_scalar(text),
                    };
                    if !plain {
                        return Err(bad());
                    }
                }
            }
            Argument::Paths => {
                let paths = texts(&value, view.held.fields())?;
                for path in &paths {
                    self.columns.push(view.export_path(path)?);
                }
                self.named.extend(paths);
            }
            Argument::AnyFields => {
                let names = texts(&value, view.held.fields())?;
                if names.iter().any(|name| FieldName::new(name).is_err()) {
                    return Err(bad());
                }
                let names: Vec<Value> = names.into_iter().map(Value::from).collect();
                return Ok((!names.is_empty()).then_some(Value::List(names)));
            }
            Argument::Plain => {
                if !is_plain(&value) {
                    return Err(bad());
                }
            }
            Argument::Nothing => {
                if !value.is_nothing() {
                    return Err(bad());
                }
                return Ok(None);
            }
        }
        Ok(Some(value))
    }

    fn values(&mut self, values: &Map) -> Result<Map, No> {
        let mut written = Written::default();
        let ids = std::mem::take(&mut self.ids);
        let target = match self.operation {
            Operation::Create => Target::New,
            _ => Target::These(&ids),
        };
        let clean = self.view.values(values, target, &mut written);
        self.ids = ids;
        self.guards.extend(written.guards);
        if matches!(self.known.kind, Kind::WebSave | Kind::Resequence) {
            let set = written.fields.iter().map(|field| format!("set {field}"));
            self.how.extend(set);
        }
        self.named.extend(written.fields);
        if written.sets == Sets::Conditions {
            self.sets = Sets::Conditions;
        }
        self.how.extend(written.how);
        clean
    }

    /// The number of rows that may be asked for; the outer none: not a number.
    fn limit(&mut self, value: &Value) -> Option<Option<Value>> {
        let asked = match value {
            Value::Int(limit) if *limit > 0 => Some(*limit),
            Value::Int(0) => None,
            nothing if nothing.is_nothing() => None,
            _ => return None,
        };
        let most = self.view.held.page().map(|cap| i64::from(cap.most));
        let most = most.unwrap_or(i64::MAX);
        self.is_within = asked.is_some_and(|asked| asked <= most);
        Some(asked.map(|asked| Value::Int(asked.min(most))))
    }

    /// The permit for the call as it has been rewritten.
    pub(crate) fn permit(mut self, terms: Terms) -> Permit {
        self.shape.fields = self.named.into_iter().collect();
        self.shape.how = self.how.into_iter().collect();
        let page = self.view.held.page();
        let page = page.filter(|_| self.operation == Operation::Read);
        let terms = terms.at_most(page.map(|cap| cap.most));
        // One row for each id, or as many as were asked for.
        let is_within = match self.known.kind {
            Kind::Read | Kind::WebRead | Kind::NameGet | Kind::Metadata => true,
            Kind::GroupLists | Kind::Export => false,
            _ => self.is_within,
        };
        let limits_rows = matches!(terms, Terms::AtMost { .. }) && !is_within;
        Permit {
            rule: self.view.held.full_name(),
            operation: self.operation,
            shape: self.shape,
            guards: VecDeque::from(self.guards),
            call: self.call,
            afters: Afters::default(),
            terms,
            caps: self.view.held.caps,
            paged: page.filter(|_| limits_rows || self.is_lowered),
            would: None,
            approval: false,
        }
    }
}

/// A text or a list of texts; nothing is none.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::List(items) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect(),
        Value::Text(text) if !text.is_empty() => Some(vec![text.clone()]),
        Value::Text(_) => Some(Vec::new()),
        nothing if nothing.is_nothing() => Some(Vec::new()),
        other => {
            debug_assert!(is_scalar(other) || matches!(other, Value::Map(_)));
            None
        }
    }
}
