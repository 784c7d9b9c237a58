//! What one value of a record is asked.

use std::collections::HashSet;

use super::eval::{Answer3, link, links};
use super::facts::Digits;
use super::leaf::Operator;
use super::like::Pattern;
use super::moment::{self, Said, Seconds};
use super::number;
use crate::value::Value;

/// Two numbers or texts, as an operator of order sees them.
pub(super) fn in_order<T: PartialOrd>(operator: Operator, one: &T, other: &T) -> bool {
    match operator {
        Operator::Less => one < other,
        Operator::LessOrEqual => one <= other,
        Operator::Greater => one > other,
        Operator::GreaterOrEqual => one >= other,
        _ => false,
    }
}

/// A moment that is not known exactly: the earliest and the latest it may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) first: Seconds,
    pub(super) last: Seconds,
}

/// What a value is asked.
pub(super) enum Check {
    /// A boolean that is true.
    True,
    /// Nobody can say.
    Unknown,
    /// Compared with nothing: never so.
    Never,
    /// A text among these; or unset.
    Texts { texts: HashSet<String>, unset: bool },
    /// A text in order before or behind one of these (which one, is not known); unset counts
    /// as that, if as anything.
    TextOrder {
        operator: Operator,
        bounds: Vec<String>,
        unset: Option<String>,
    },
    /// A text that matches.
    Like { pattern: Pattern },
    /// A whole number among these; an unset one counts as zero.
    Wholes { numbers: HashSet<i64> },
    /// A whole number in order.
    WholeOrder { operator: Operator, bound: f64 },
    /// A whole number whose digits match; zero may be unset.
    WholeLike { pattern: Pattern, is_id: bool },
    /// A number among one of these sets (which one, is not known). If zero may be unset and
    /// only one of both is among them, `zero_unsure`.
    Floats {
        sets: Vec<Vec<f64>>,
        zero_unsure: bool,
    },
    /// A number in order before or behind one of these (which one, is not known).
    FloatOrder {
        operator: Operator,
        bounds: Vec<f64>,
    },
    /// A link to one of these; or none.
    LinkIn { ids: HashSet<i64>, unset: bool },
    /// A link in order.
    LinkOrder { operator: Operator, bound: f64 },
    /// Links to one of these; or to none.
    LinksIn { ids: HashSet<i64>, unset: bool },
    /// A number whose text matches, however it is written.
    NumberLike { pattern: Pattern, digits: Digits },
    /// A day among these; or unset.
    Days { days: Vec<i64>, unset: bool },
    /// A day in order.
    DayOrder { operator: Operator, bound: i64 },
    /// A moment within one second of these; or unset.
    Moments { moments: Vec<Span>, unset: bool },
    /// A moment at or behind this (`>=`), or before it.
    MomentOrder { before: bool, bound: Span },
    /// A date or moment whose text matches.
    MomentLike { pattern: Pattern, plain: bool },
    /// A part of a date or moment among these.
    PartIn {
        part: String,
        numbers: Vec<f64>,
        unset: bool,
    },
    /// A part of a date or moment in order.
    PartOrder {
        part: String,
        operator: Operator,
        bound: f64,
    },
    /// A part of a date or moment whose digits match.
    PartLike { part: String, pattern: Pattern },
}

/// The text of a value; outer none if it is no text, inner none if it is unset.
fn text(value: &Value) -> Option<Option<&str>> {
    if value.is_nothing() {
        Some(None)
    } else {
        value.as_str().map(Some)
    }
}

/// The whole number of a value, unset as zero.
fn whole(value: &Value) -> Option<i64> {
    if value.is_nothing() {
        Some(0)
    } else {
        value.as_int()
    }
}

/// The number of a value, unset as zero.
fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Null | Value::Bool(false) => Some(0.0),
        #[expect(clippy::cast_precision_loss, reason = "amounts are far below 2^53")]
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

/// The day of a value; outer none if it is no date, inner none if it is unset.
fn said(value: &Value) -> Option<Option<Said>> {
    match text(value)? {
        None => Some(None),
        Some(text) => match moment::read(text) {
            said @ (Said::Day(_) | Said::Moment(_)) => Some(Some(said)),
            Said::Relative | Said::Nonsense => None,
        },
    }
}

fn seconds(said: Said) -> Seconds {
    match said {
        Said::Day(day) => day * moment::DAY,
        Said::Moment(moment) => moment,
        Said::Relative | Said::Nonsense => 0,
    }
}

/// All the same, or unknown.
fn agreed(mut answers: impl Iterator<Item = bool>) -> Answer3 {
    match answers.next() {
        Some(first) if answers.all(|answer| answer == first) => Answer3::from(first),
        _ => Answer3::Unknown,
    }
}

impl Check {
    /// The answer for a value as `read` gives it.
    pub(super) fn answer(&self, value: &Value) -> Answer3 {
        self.ask(value).unwrap_or(Answer3::Unknown)
    }

    /// None where the value is not of the kind that is asked.
    fn ask(&self, value: &Value) -> Option<Answer3> {
        Some(match self {
            Self::Unknown => Answer3::Unknown,
            Self::True => match value {
                Value::Bool(truth) => Answer3::from(*truth),
                Value::Null => Answer3::No,
                _ => return None,
            },
            Self::Never => Answer3::No,
            Self::Texts { texts, unset } => Answer3::from(match text(value)? {
                None => *unset,
                Some(text) => texts.contains(text),
            }),
            Self::TextOrder {
                operator,
                bounds,
                unset,
            } => {
                let one = match (text(value)?, unset) {
                    (Some(text), _) => text,
                    (None, Some(unset)) => unset,
                    (None, None) => return Some(Answer3::No),
                };
                agreed(
                    bounds
                        .iter()
                        .map(|bound| in_order(*operator, &one, &bound.as_str())),
                )
            }
            Self::Like { pattern } => match text(value)? {
                None => Answer3::No,
                Some(text) => pattern.matches(text),
            },
            Self::Wholes { numbers } => Answer3::from(numbers.contains(&whole(value)?)),
            #[expect(clippy::cast_precision_loss, reason = "columns hold 32 bits")]
            Self::WholeOrder { operator, bound } => {
                Answer3::from(in_order(*operator, &(whole(value)? as f64), bound))
            }
            Self::WholeLike { pattern, is_id } => {
                let number = whole(value)?;
                match pattern.matches(&number.to_string()) {
                    Answer3::Yes if number == 0 && !is_id => Answer3::Unknown,
                    answer => answer,
                }
            }
            Self::Floats { sets, zero_unsure } => {
                let number = float(value)?;
                if *zero_unsure && number == 0.0 {
                    return Some(Answer3::Unknown);
                }
                agreed(sets.iter().map(|set| set.contains(&number)))
            }
            Self::FloatOrder { operator, bounds } => {
                let number = float(value)?;
                agreed(
                    bounds
                        .iter()
                        .map(|bound| in_order(*operator, &number, bound)),
                )
            }
            Self::LinkIn { ids, unset } => Answer3::from(match link(value)? {
                None => *unset,
                Some(id) => ids.contains(&id),
            }),
            #[expect(clippy::cast_precision_loss, reason = "ids are far below 2^53")]
            Self::LinkOrder { operator, bound } => Answer3::from(match link(value)? {
                None => false,
                Some(id) => in_order(*operator, &(id as f64), bound),
            }),
            Self::LinksIn { ids, unset } => {
                let linked = links(value)?;
                Answer3::from(
                    (*unset && linked.is_empty()) || linked.iter().any(|id| ids.contains(id)),
                )
            }
            Self::NumberLike { pattern, digits } => {
                let number = float(value)?;
                // Zero may be an unset column, which is like nothing.
                let mut answer = (number == 0.0).then_some(Answer3::No);
                for text in number::texts(number, *digits)? {
                    let one = pattern.matches(&text);
                    if answer.is_some_and(|answer| answer != one) {
                        return None;
                    }
                    answer = Some(one);
                }
                answer?
            }
            Self::Days { days, unset } => match said(value)? {
                None => Answer3::from(*unset),
                Some(said) => Answer3::from(days.contains(&seconds(said).div_euclid(moment::DAY))),
            },
            Self::DayOrder { operator, bound } => match said(value)? {
                None => Answer3::No,
                Some(said) => {
                    let day = seconds(said).div_euclid(moment::DAY);
                    Answer3::from(in_order(*operator, &day, bound))
                }
            },
            Self::Moments { moments, unset } => match said(value)? {
                None => Answer3::from(*unset),
                Some(said) => at_one_of(moments, seconds(said)),
            },
            Self::MomentOrder { before, bound } => match said(value)? {
                None => Answer3::No,
                Some(said) => {
                    let moment = seconds(said);
                    let answer = if moment >= bound.last {
                        Answer3::Yes
                    } else if moment < bound.first {
                        Answer3::No
                    } else {
                        Answer3::Unknown
                    };
                    if *before { answer.not() } else { answer }
                }
            },
            Self::MomentLike { pattern, plain } => match text(value)? {
                None => Answer3::No,
                Some(text) if *plain => pattern.matches(text),
                // Behind the seconds there may be a fraction that `read` does not show.
                Some(text) => pattern.matches_with_fraction(text),
            },
            Self::PartIn {
                part,
                numbers,
                unset,
            } => match said(value)? {
                None => Answer3::from(*unset),
                Some(said) => {
                    let (number, rough) = number_of_part(part, said)?;
                    if rough && numbers.iter().any(|asked| asked.floor() == number) {
                        Answer3::Unknown
                    } else {
                        Answer3::from(numbers.contains(&number))
                    }
                }
            },
            Self::PartOrder {
                part,
                operator,
                bound,
            } => match said(value)? {
                None => Answer3::No,
                Some(said) => {
                    let (number, rough) = number_of_part(part, said)?;
                    let least = in_order(*operator, &number, bound);
                    let most = in_order(*operator, &(number + 0.999_999), bound);
                    if rough && least != most {
                        Answer3::Unknown
                    } else {
                        Answer3::from(least)
                    }
                }
            },
            Self::PartLike { part, pattern } => match said(value)? {
                None => Answer3::No,
                Some(said) => match number_of_part(part, said)? {
                    (_, true) => Answer3::Unknown,
                    (number, false) => pattern.matches(&number.to_string()),
                },
            },
        })
    }
}

/// A part of a date, and whether a hidden fraction may follow.
fn number_of_part(part: &str, said: Said) -> Option<(f64, bool)> {
    let number = moment::part(part, seconds(said))?;
    #[expect(clippy::cast_precision_loss, reason = "parts of a date are small")]
    let number = number as f64;
    Some((
        number,
        part == "second_number" && matches!(said, Said::Moment(_)),
    ))
}

fn at_one_of(moments: &[Span], moment: Seconds) -> Answer3 {
    let mut answer = Answer3::No;
    for span in moments {
        if span.first == span.last {
            if span.first == moment {
                return Answer3::Yes;
            }
        // Zones lie whole quarters of an hour apart.
        } else if (span.first..=span.last).contains(&moment) && (moment - span.first) % 900 == 0 {
            answer = Answer3::Unknown;
        }
    }
    answer
}
