//! What Frappe asks MariaDB for a filter, and how MariaDB answers for one value.

use std::cmp::Ordering;

use super::collation;
use super::facts::Column;
use crate::domain::Answer3;
use crate::value::Value;

/// What a column is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Text(String),
    Number(f64),
}

/// How it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
    NotLike,
}

/// One condition of the query.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sql {
    /// `column ? literal`, or `ifnull(column, fallback) ? literal`.
    Compare {
        comparison: Comparison,
        literal: Literal,
        fallback: Option<Literal>,
    },
    /// `column in (…)`, or `ifnull(column, '') in (…)`.
    In {
        texts: Vec<String>,
        negative: bool,
        guarded: bool,
    },
    /// `column between … and …`.
    Between(String, String),
    /// `column between 0.0`, or `ifnull(column, 0) between 0.0`: the other bound is missing.
    Torn { or_zero: bool },
    /// Nobody can say.
    Unknown,
}

/// A value as MariaDB sees it in an expression.
enum Seen {
    Unset,
    Text(String),
    Number(f64),
    Moment(String),
}

impl Sql {
    /// The answer for one value of the column.
    pub(super) fn answer(&self, column: Column, value: &Value) -> Answer3 {
        self.ask(column, value).unwrap_or(Answer3::Unknown)
    }

    fn ask(&self, column: Column, value: &Value) -> Option<Answer3> {
        Some(match self {
            Self::Unknown | Self::Torn { .. } => Answer3::Unknown,
            Self::Compare {
                comparison,
                literal,
                fallback,
            } => {
                let seen = match (seen(column, value)?, fallback) {
                    (Seen::Unset, None) => return Some(Answer3::No),
                    (Seen::Unset, Some(fallback)) => match fallback {
                        Literal::Number(number) => Seen::Number(*number),
                        Literal::Text(text) => Seen::Text(text.clone()),
                    },
                    (seen, Some(Literal::Text(_))) => Seen::Text(text_of(column, &seen, value)?),
                    (seen, _) => seen,
                };
                if matches!(comparison, Comparison::Like | Comparison::NotLike) {
                    let Literal::Text(pattern) = literal else {
                        return None;
                    };
                    let text = text_of(column, &seen, value)?;
                    let alike = Answer3::from(collation::like(&text, pattern)?);
                    return Some(if *comparison == Comparison::Like {
                        alike
                    } else {
                        alike.not()
                    });
                }
                compare(&seen, *comparison, literal)?
            }
            Self::In {
                texts,
                negative,
                guarded,
            } => {
                let seen = match seen(column, value)? {
                    Seen::Unset if !guarded => return Some(Answer3::No),
                    Seen::Unset => Seen::Text(String::new()),
                    seen if *guarded => Seen::Text(text_of(column, &seen, value)?),
                    seen => seen,
                };
                let mut found = Answer3::No;
                for text in texts {
                    let literal = Literal::Text(text.clone());
                    let equal = compare(&seen, Comparison::Equal, &literal);
                    found = found.or(equal.unwrap_or(Answer3::Unknown));
                }
                if *negative { found.not() } else { found }
            }
            Self::Between(from, to) => {
                let seen = seen(column, value)?;
                if matches!(seen, Seen::Unset) {
                    return Some(Answer3::No);
                }
                let from = Literal::Text(from.clone());
                let to = Literal::Text(to.clone());
                compare(&seen, Comparison::GreaterOrEqual, &from)?.and(compare(
                    &seen,
                    Comparison::LessOrEqual,
                    &to,
                )?)
            }
        })
    }
}

fn seen(column: Column, value: &Value) -> Option<Seen> {
    if *value == Value::Null {
        return Some(Seen::Unset);
    }
    Some(match column {
        Column::Text => Seen::Text(value.as_str()?.to_owned()),
        Column::Whole | Column::Decimal => Seen::Number(number(value)?),
        Column::Date | Column::Datetime => Seen::Moment(moment(value.as_str()?)?),
        Column::Other => return None,
    })
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
        #[expect(clippy::cast_precision_loss, reason = "columns hold small numbers")]
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

/// The text that MariaDB makes of a column's value.
fn text_of(column: Column, seen: &Seen, value: &Value) -> Option<String> {
    match seen {
        Seen::Text(text) => Some(text.clone()),
        Seen::Number(number) if column == Column::Decimal => Some(format!("{number:.9}")),
        Seen::Number(number) => Some(format!("{number}")),
        // A moment's text has all six digits of its fraction; a day's has no time.
        Seen::Moment(text) if column == Column::Datetime => Some(text.clone()),
        Seen::Moment(_) => value.as_str().map(str::to_owned),
        Seen::Unset => None,
    }
}

/// The number that MariaDB reads at the beginning of a text; none else is zero.
pub(super) fn leading_number(text: &str) -> f64 {
    let text = text.trim_start();
    let end = |digits: &str| digits.bytes().take_while(u8::is_ascii_digit).count();
    let signed = usize::from(text.starts_with(['+', '-']));
    let mut length = signed + end(text.get(signed..).unwrap_or_default());
    if text.get(length..).is_some_and(|rest| rest.starts_with('.')) {
        length += 1 + end(text.get(length + 1..).unwrap_or_default());
    }
    let plain = text.get(..length).unwrap_or_default();
    if let Some(rest) = text
        .get(length..)
        .filter(|rest| rest.starts_with(['e', 'E']))
    {
        let signed = usize::from(
            rest.get(1..)
                .is_some_and(|rest| rest.starts_with(['+', '-'])),
        );
        let digits = end(rest.get(1 + signed..).unwrap_or_default());
        let exact = text
            .get(..length + 1 + signed + digits)
            .and_then(|text| text.parse().ok());
        if let (true, Some(exact)) = (digits > 0, exact) {
            return exact;
        }
    }
    plain.parse().unwrap_or(0.0)
}

/// A date or moment in its long form; none if it is none that is surely read.
pub(super) fn moment(text: &str) -> Option<String> {
    let text = text.trim();
    let (day, time) = match text.split_once([' ', 'T']) {
        Some((day, time)) => (day, time),
        None => (text, "00:00:00"),
    };
    let digits = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let mut parts = day.split('-');
    let (year, month, day_of_month) = (parts.next()?, parts.next()?, parts.next()?);
    let is_day = parts.next().is_none()
        && digits(year, 4)
        && digits(month, 2)
        && digits(day_of_month, 2)
        && ("01"..="12").contains(&month)
        && ("01"..="31").contains(&day_of_month);
    if !is_day {
        return None;
    }
    let (clock, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut clock_parts = clock.split(':');
    let (hour, minute) = (clock_parts.next()?, clock_parts.next()?);
    let second = clock_parts.next().unwrap_or("00");
    if clock_parts.next().is_some()
        || !(digits(hour, 2) && digits(minute, 2) && digits(second, 2))
        || hour > "23"
        || minute > "59"
        || second > "59"
        || fraction.len() > 6
        || !fraction.bytes().all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    Some(format!("{day} {hour}:{minute}:{second}.{fraction:0<6}"))
}

fn compare(seen: &Seen, comparison: Comparison, literal: &Literal) -> Option<Answer3> {
    let order = match (seen, literal) {
        (Seen::Unset, _) => return None,
        (Seen::Text(one), Literal::Text(other)) => collation::compare(one, other)?,
        (Seen::Text(one), Literal::Number(other)) => leading_number(one).partial_cmp(other)?,
        (Seen::Number(one), Literal::Number(other)) => one.partial_cmp(other)?,
        (Seen::Number(one), Literal::Text(other)) => one.partial_cmp(&leading_number(other))?,
        (Seen::Moment(one), Literal::Text(other)) => match moment(other) {
            Some(other) => one.as_str().cmp(&other),
            // What is no date at all is compared as a text.
            None if other.len() < 3 || !other.starts_with(|c: char| c.is_ascii_digit()) => {
                collation::compare(one, other)?
            }
            None => return None,
        },
        // A moment is a number of fourteen digits then.
        (Seen::Moment(_), Literal::Number(other)) if other.abs() < 1e7 => Ordering::Greater,
        (Seen::Moment(_), Literal::Number(_)) => return None,
    };
    Some(Answer3::from(match comparison {
        Comparison::Equal => order == Ordering::Equal,
        Comparison::NotEqual => order != Ordering::Equal,
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::GreaterOrEqual => order != Ordering::Less,
        Comparison::Like | Comparison::NotLike => return None,
    }))
}
