//! Makes what can be asked of many records out of a domain that is fully rewritten, and
//! finds what the database would refuse.

use std::collections::HashSet;

use super::check::{Check, Span};
use super::eval::Test;
use super::facts::{FieldFacts, FieldKind};
use super::leaf::Operator;
use super::like::Pattern;
use super::moment::{self, Said};
use super::search::Search;
use super::simplify::{is_like, is_order, is_whole_like};
use super::tree::{Condition, Right, Tree};
use super::{Answer3, SearchError, number, python};
use crate::value::Value;

/// The widest that local time lies ahead of, and behind, UTC.
const AHEAD: i64 = 14 * 3600;
const BEHIND: i64 = 12 * 3600;

impl Search<'_> {
    /// Makes a test of a domain.
    pub(super) fn compile(&self, tree: &Tree, model: &str) -> Result<Test, SearchError> {
        let _depth = self.deeper()?;
        Ok(match tree {
            Tree::True => Test::Constant(Answer3::Yes),
            Tree::False => Test::Constant(Answer3::No),
            Tree::Unknown => Test::Constant(Answer3::Unknown),
            Tree::Not(inner) => Test::Not(Box::new(self.compile(inner, model)?)),
            Tree::And(parts) => Test::And(self.compile_all(parts, model)?),
            Tree::Or(parts) => Test::Or(self.compile_all(parts, model)?),
            Tree::Among(found) => Test::Among(found.clone()),
            Tree::Condition(condition) => self.compile_condition(condition, model)?,
        })
    }

    fn compile_all(&self, parts: &[Tree], model: &str) -> Result<Vec<Test>, SearchError> {
        parts.iter().map(|part| self.compile(part, model)).collect()
    }

    fn compile_condition(&self, condition: &Condition, model: &str) -> Result<Test, SearchError> {
        let unknown = Ok(Test::Constant(Answer3::Unknown));
        let Some(facts) = self.facts(model) else { return unknown };
        let name = condition.field();
        let id = FieldFacts::stored(FieldKind::Integer);
        let field = match facts.fields.get(name) {
            Some(field) if name != "id" => field,
            _ if name == "id" => &id,
            _ => return unknown,
        };
        let (operator, negative) = positive(condition.operator);
        let test = if let Right::Sub(sub) = &condition.right {
            let Some(comodel) = field.relation.clone() else { return unknown };
            if self.facts(&comodel).is_none() {
                return unknown;
            }
            if field.kind.is_multiple() {
                let sub = self.with_active((**sub).clone(), &comodel);
                let sub = self.resolve(sub, &comodel)?;
                let test = Box::new(self.compile(&sub, &comodel)?);
                Test::Links { field: name.to_owned(), model: comodel, test }
            } else {
                let test = Box::new(self.compile(sub, &comodel)?);
                Test::Link { field: name.to_owned(), model: comodel, test }
            }
        } else {
            let check = self.check(condition, operator, name, field)?;
            Test::Value { field: name.to_owned(), check }
        };
        Ok(if negative { Test::Not(Box::new(test)) } else { test })
    }

    fn check(
        &self,
        condition: &Condition,
        operator: Operator,
        name: &str,
        field: &FieldFacts,
    ) -> Result<Check, SearchError> {
        let is_date = matches!(field.kind, FieldKind::Date | FieldKind::Datetime);
        if let Some(part) = condition.path.get(1) {
            if !is_date || condition.path.len() > 2 || !moment::PARTS.contains(&part.as_str()) {
                // The zone alone (`tz`) is a part too, of which nothing is known here.
                let zone = is_date && part == "tz";
                return if zone { Ok(Check::Unknown) } else { Err(SearchError::Value) };
            }
            return self.check_part(part, operator, &condition.right);
        }
        let is_id = name == "id";
        match (&condition.right, field.kind) {
            (Right::Set(set), kind) => match kind {
                FieldKind::Boolean => Ok(Check::True),
                FieldKind::Integer if is_id => ids_of_id(set),
                FieldKind::Integer => wholes(set),
                FieldKind::Float => number::floats(set, field.digits),
                FieldKind::Monetary => number::amounts(set),
                FieldKind::Char | FieldKind::Text | FieldKind::Html | FieldKind::Selection => {
                    texts(set, field)
                }
                FieldKind::Many2one => {
                    links_in(set, true, condition.operator == Operator::NotIn)
                }
                FieldKind::One2many | FieldKind::Many2many => links_in(set, false, false),
                FieldKind::Date => days(set),
                FieldKind::Datetime => moments(set),
                FieldKind::Other => Ok(Check::Unknown),
            },
            (Right::One(value), kind) if is_like(condition.operator) => {
                self.like(value, operator, kind, is_id)
            }
            (Right::One(value), kind) if is_order(operator) => {
                self.order(value, operator, kind, is_id, field)
            }
            _ => Err(SearchError::Value),
        }
    }

    fn pattern(&self, text: &str, operator: Operator) -> Pattern {
        let folds = matches!(operator, Operator::Ilike | Operator::WholeIlike);
        Pattern::new(text, is_whole_like(operator), folds, self.records().ignores_accents())
    }

    fn like(
        &self,
        value: &Value,
        operator: Operator,
        kind: FieldKind,
        is_id: bool,
    ) -> Result<Check, SearchError> {
        let Some(text) = value.as_str() else { return Err(SearchError::Value) };
        let pattern = self.pattern(text, operator);
        let whole = is_whole_like(operator);
        match kind {
            FieldKind::Char | FieldKind::Text | FieldKind::Html | FieldKind::Selection => {
                Ok(Check::Like { pattern })
            }
            FieldKind::Integer => Ok(Check::WholeLike { pattern, is_id }),
            FieldKind::Date => Ok(Check::MomentLike { pattern, whole, plain: true }),
            FieldKind::Datetime => Ok(Check::MomentLike { pattern, whole, plain: false }),
            FieldKind::Float | FieldKind::Monetary => Ok(Check::NumberLike { pattern }),
            FieldKind::Boolean
            | FieldKind::Many2one
            | FieldKind::One2many
            | FieldKind::Many2many => Err(SearchError::Value),
            FieldKind::Other => Ok(Check::Unknown),
        }
    }

    fn order(
        &self,
        value: &Value,
        operator: Operator,
        kind: FieldKind,
        is_id: bool,
        field: &FieldFacts,
    ) -> Result<Check, SearchError> {
        match kind {
            FieldKind::Integer if is_id => Ok(match column_number(value)? {
                Some(bound) => Check::WholeOrder { operator, bound },
                None => Check::Unknown,
            }),
            FieldKind::Integer => Ok(match python::whole(value)? {
                #[expect(clippy::cast_precision_loss, reason = "columns hold 32 bits")]
                Some(bound) => Check::WholeOrder { operator, bound: bound as f64 },
                None => Check::Unknown,
            }),
            FieldKind::Float => number::float_order(value, operator, field.digits),
            FieldKind::Monetary => Ok(match python::float(value)? {
                Some(bound) => Check::FloatOrder { operator, bounds: vec![bound] },
                None => Check::Unknown,
            }),
            FieldKind::Char | FieldKind::Text | FieldKind::Html => {
                self.text_order(value, operator, field)
            }
            FieldKind::Selection => match value {
                value if python::is_false(value) => Ok(Check::Never),
                _ => self.text_order(value, operator, field),
            },
            FieldKind::Many2one => match value {
                value if !python::truthy(value) => Ok(Check::Never),
                _ => Ok(match column_number(value)? {
                    Some(bound) => Check::LinkOrder { operator, bound },
                    None => Check::Unknown,
                }),
            },
            FieldKind::Date => match read_date(value)? {
                Some(said) => Ok(Check::DayOrder { operator, bound: day(said) }),
                None => Ok(Check::Unknown),
            },
            FieldKind::Datetime => match read_date(value)? {
                Some(said) => Ok(moment_order(said, operator)),
                None => Ok(Check::Unknown),
            },
            FieldKind::Boolean | FieldKind::One2many | FieldKind::Many2many => {
                Err(SearchError::Value)
            }
            FieldKind::Other => Ok(Check::Unknown),
        }
    }

    fn text_order(
        &self,
        value: &Value,
        operator: Operator,
        field: &FieldFacts,
    ) -> Result<Check, SearchError> {
        if self.records().orders_by_code_point() != Some(true) {
            return Ok(Check::Unknown);
        }
        let selection = field.kind == FieldKind::Selection;
        let unset = (!selection).then(String::new);
        let bounds = if python::is_false(value) {
            vec![String::new()]
        } else if field.kind == FieldKind::Html {
            // What is compared is what an editor would save: a text alone gets a paragraph.
            match value.as_str() {
                Some("") => vec![String::new()],
                Some(text) if !text.contains(['<', '>', '&', '\n']) => {
                    vec![format!("<p>{text}</p>"), text.to_owned()]
                }
                _ => return Ok(Check::Unknown),
            }
        } else {
            match python::text(value) {
                Some(text) => vec![cut(text, field.size)],
                None => return Ok(Check::Unknown),
            }
        };
        Ok(Check::TextOrder { operator, bounds, unset })
    }

    fn check_part(
        &self,
        part: &str,
        operator: Operator,
        right: &Right,
    ) -> Result<Check, SearchError> {
        let part = part.to_owned();
        match right {
            Right::Set(set) => {
                let mut numbers = Vec::new();
                for value in set.iter().filter(|value| !python::is_false(value)) {
                    match column_number(value)? {
                        Some(number) => numbers.push(number),
                        None => return Ok(Check::Unknown),
                    }
                }
                let unset = set.iter().any(python::is_false);
                Ok(Check::PartIn { part, numbers, unset })
            }
            Right::One(value) if is_order(operator) => Ok(match column_number(value)? {
                Some(bound) => Check::PartOrder { part, operator, bound },
                None => Check::Unknown,
            }),
            Right::One(value) if is_like(operator) => {
                let text = value.as_str().ok_or(SearchError::Value)?;
                Ok(Check::PartLike { part, pattern: self.pattern(text, operator) })
            }
            Right::One(_) | Right::Sub(_) => Err(SearchError::Value),
        }
    }
}

/// The positive operator, and whether the answer is then turned round.
fn positive(operator: Operator) -> (Operator, bool) {
    match operator.opposite() {
        Some(opposite) if operator.is_negative() => (opposite, true),
        _ => (operator, false),
    }
}

/// A number that a column of numbers is compared with directly; none where nobody can say.
fn column_number(value: &Value) -> Result<Option<f64>, SearchError> {
    match value {
        Value::Int(_) | Value::Float(_) => python::float(value),
        Value::Big(_) => Ok(None),
        Value::Text(text) => python::decimal(text).ok_or(SearchError::Value),
        Value::Null
        | Value::Bool(_)
        | Value::Bytes(_)
        | Value::Moment(_)
        | Value::List(_)
        | Value::Map(_) => Err(SearchError::Value),
    }
}

fn ids_of_id(set: &[Value]) -> Result<Check, SearchError> {
    let mut numbers = HashSet::new();
    for value in set.iter().filter(|value| !python::is_false(value)) {
        match whole_column(value)? {
            Some(Some(id)) => numbers.insert(id),
            Some(None) => continue,
            None => return Ok(Check::Unknown),
        };
    }
    Ok(Check::Wholes { numbers })
}

/// A whole number that a column of whole numbers may equal: inner none if none can.
fn whole_column(value: &Value) -> Result<Option<Option<i64>>, SearchError> {
    match value {
        Value::Int(id) => Ok(Some(Some(*id))),
        Value::Text(text) => match text.trim().parse() {
            Ok(id) => Ok(Some(Some(id))),
            Err(_) => Err(SearchError::Value),
        },
        _ => Ok(column_number(value)?.map(|number| {
            #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
            let whole = number as i64;
            (number.fract() == 0.0 && number.abs() < 9e15).then_some(whole)
        })),
    }
}

fn wholes(set: &[Value]) -> Result<Check, SearchError> {
    let mut numbers = HashSet::new();
    for value in set {
        match python::whole(value)? {
            Some(number) => numbers.insert(number),
            None => return Ok(Check::Unknown),
        };
    }
    Ok(Check::Wholes { numbers })
}

fn texts(set: &[Value], field: &FieldFacts) -> Result<Check, SearchError> {
    let mut texts = HashSet::new();
    let mut unset = set.iter().any(python::is_false);
    for value in set.iter().filter(|value| !python::is_false(value)) {
        if field.kind == FieldKind::Html && value.as_str().is_none() {
            return Err(SearchError::Value);
        }
        match python::text(value) {
            Some(text) => texts.insert(cut(text, field.size)),
            None => return Ok(Check::Unknown),
        };
    }
    if field.kind != FieldKind::Selection {
        if unset {
            texts.insert(String::new());
        }
        unset |= texts.contains("");
    }
    Ok(Check::Texts { texts, unset })
}

/// A text cut to the size of its column.
fn cut(text: String, size: Option<usize>) -> String {
    match size {
        Some(size) => text.chars().take(size).collect(),
        None => text,
    }
}

/// Ids that a link, or one of several, leads to. `inverted` is for `not in` on a single link:
/// there a zero makes SQL's `NOT IN` true of nothing.
fn links_in(set: &[Value], single: bool, inverted: bool) -> Result<Check, SearchError> {
    let mut ids = HashSet::new();
    let mut unset = false;
    let mut zero = false;
    for value in set {
        match value {
            value if python::is_false(value) => unset = true,
            Value::Int(0) if single => zero = true,
            Value::Int(0) => unset = true,
            Value::Int(id) => drop(ids.insert(*id)),
            Value::Bool(true) if single => return Err(SearchError::Value),
            Value::Float(_) if single => match whole_column(value)? {
                Some(Some(id)) => drop(ids.insert(id)),
                Some(None) => {}
                None => return Ok(Check::Unknown),
            },
            _ => return Ok(Check::Unknown),
        }
    }
    if zero && inverted {
        return Ok(Check::Unknown);
    }
    Ok(if single { Check::LinkIn { ids, unset } } else { Check::LinksIn { ids, unset } })
}

/// Reads a date; none if it is relative to now.
fn read_date(value: &Value) -> Result<Option<Said>, SearchError> {
    match moment::read(value.as_str().ok_or(SearchError::Value)?) {
        said @ (Said::Day(_) | Said::Moment(_)) => Ok(Some(said)),
        Said::Relative => Ok(None),
        Said::Nonsense => Err(SearchError::Value),
    }
}

fn day(said: Said) -> i64 {
    match said {
        Said::Day(day) => day,
        Said::Moment(moment) => moment.div_euclid(moment::DAY),
        Said::Relative | Said::Nonsense => 0,
    }
}

fn days(set: &[Value]) -> Result<Check, SearchError> {
    let mut days = Vec::new();
    for value in set.iter().filter(|value| !python::is_false(value)) {
        match read_date(value)? {
            Some(said) => days.push(day(said)),
            None => return Ok(Check::Unknown),
        }
    }
    let unset = set.iter().any(python::is_false);
    Ok(Check::Days { days, unset })
}

/// The moment that is meant: midnight of a day is that of the user's zone, which is not known.
fn span(said: Said) -> Span {
    match said {
        Said::Day(day) => {
            let midnight = day * moment::DAY;
            Span { first: midnight - AHEAD, last: midnight + BEHIND }
        }
        Said::Moment(moment) => Span { first: moment, last: moment },
        Said::Relative | Said::Nonsense => Span { first: i64::MIN, last: i64::MAX },
    }
}

fn moments(set: &[Value]) -> Result<Check, SearchError> {
    let mut moments = Vec::new();
    for value in set.iter().filter(|value| !python::is_false(value)) {
        match read_date(value)? {
            Some(said) => moments.push(span(said)),
            None => return Ok(Check::Unknown),
        }
    }
    let unset = set.iter().any(python::is_false);
    Ok(Check::Moments { moments, unset })
}

fn moment_order(said: Said, operator: Operator) -> Check {
    let mut bound = span(said);
    let step = if matches!(said, Said::Day(_)) { moment::DAY } else { 1 };
    if matches!(operator, Operator::Greater | Operator::LessOrEqual) {
        bound.first = bound.first.saturating_add(step);
        bound.last = bound.last.saturating_add(step);
    }
    Check::MomentOrder {
        before: matches!(operator, Operator::Less | Operator::LessOrEqual),
        bound,
    }
}
