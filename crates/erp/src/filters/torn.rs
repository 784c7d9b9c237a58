//! What becomes of a range of something that is no date.
//!
//! Frappe writes `field between 0.0` then, and MariaDB takes what stands behind the next `and`
//! as the other bound: by its grammar a column, where the next condition compares one (the
//! comparison is then of the range's truth), a whole condition otherwise, and the alternatives
//! in their brackets at the end.

use super::facts::Column;
use super::sql::{Comparison, Literal, Sql, leading_number};
use crate::domain::Answer3;
use crate::value::Value;

/// One condition, and the value that it is asked of; none where that is not known.
pub(super) struct Piece<'a> {
    pub(super) column: Column,
    pub(super) sql: &'a Sql,
    pub(super) value: Option<&'a Value>,
}

/// What SQL makes of an expression that has a number.
enum Number {
    Is(f64),
    Null,
}

/// Whether all pieces hold, and one of the alternatives, of which there may be none.
pub(super) fn answer(all: &[Piece<'_>], any: &[Piece<'_>]) -> Answer3 {
    let mut rest = all;
    let mut total = Answer3::Yes;
    let mut alternatives_wait = !any.is_empty();
    while let [first, behind @ ..] = rest {
        if !matches!(first.sql, Sql::Torn { .. }) {
            total = total.and(first.holds());
            rest = behind;
            continue;
        }
        alternatives_wait &= !all_torn(rest);
        let (truth, left) = range(rest, any);
        total = total.and(match truth {
            Some(Number::Is(truth)) => Answer3::from(truth != 0.0),
            Some(Number::Null) => Answer3::No,
            None => Answer3::Unknown,
        });
        rest = left;
    }
    if alternatives_wait {
        total = total.and(either(any));
    }
    total
}

/// Whether nothing but torn ranges is left: then the last of them takes the alternatives.
fn all_torn(pieces: &[Piece<'_>]) -> bool {
    let torn = |piece: &Piece<'_>| matches!(piece.sql, Sql::Torn { .. });
    pieces.iter().all(torn)
}

fn either(any: &[Piece<'_>]) -> Answer3 {
    any.iter().map(Piece::holds).fold(Answer3::No, Answer3::or)
}

/// The truth of the torn range at the front, and what is left behind it; no truth where nobody
/// can say.
fn range<'a, 'b>(pieces: &'a [Piece<'b>], any: &[Piece<'_>]) -> (Option<Number>, &'a [Piece<'b>]) {
    let [first, behind @ ..] = pieces else {
        return (None, pieces);
    };
    let [next, left @ ..] = behind else {
        return (within(first.number(), alternatives(any)), behind);
    };
    match next.sql {
        Sql::Torn { .. } => {
            let (bound, left) = range(behind, any);
            (within(first.number(), bound), left)
        }
        Sql::Compare {
            comparison,
            literal,
            ..
        } if !matches!(comparison, Comparison::Like | Comparison::NotLike) => {
            let inner = within(first.number(), next.number());
            (compared(inner, *comparison, literal), left)
        }
        Sql::Compare { .. } | Sql::In { .. } | Sql::Between(..) | Sql::Unknown => {
            (within(first.number(), next.truth()), left)
        }
    }
}

/// `number between 0.0 and bound`.
fn within(number: Option<Number>, bound: Option<Number>) -> Option<Number> {
    Some(match (number?, bound?) {
        (Number::Is(number), Number::Is(bound)) => {
            Number::Is(f64::from(u8::from(0.0 <= number && number <= bound)))
        }
        // Below zero it is no range of any bound.
        (Number::Is(number), Number::Null) if number < 0.0 => Number::Is(0.0),
        (Number::Null, _) | (_, Number::Null) => Number::Null,
    })
}

/// The alternatives in their brackets.
fn alternatives(any: &[Piece<'_>]) -> Option<Number> {
    match either(any) {
        Answer3::Yes => Some(Number::Is(1.0)),
        Answer3::No if any.iter().any(Piece::is_null) => Some(Number::Null),
        Answer3::No => Some(Number::Is(0.0)),
        Answer3::Unknown => None,
    }
}

fn compared(truth: Option<Number>, comparison: Comparison, literal: &Literal) -> Option<Number> {
    let truth = match truth? {
        Number::Is(truth) => truth,
        Number::Null => return Some(Number::Null),
    };
    let other = match literal {
        Literal::Number(number) => *number,
        Literal::Text(text) => leading_number(text),
    };
    let holds = match comparison {
        Comparison::Equal => truth == other,
        Comparison::NotEqual => truth != other,
        Comparison::Less => truth < other,
        Comparison::LessOrEqual => truth <= other,
        Comparison::Greater => truth > other,
        Comparison::GreaterOrEqual => truth >= other,
        Comparison::Like | Comparison::NotLike => return None,
    };
    Some(Number::Is(f64::from(u8::from(holds))))
}

impl Piece<'_> {
    fn holds(&self) -> Answer3 {
        let answer = |value| self.sql.answer(self.column, value);
        self.value.map_or(Answer3::Unknown, answer)
    }

    /// Whether its truth is SQL's `null`.
    fn is_null(&self) -> bool {
        let bare = match self.sql {
            Sql::Compare { fallback, .. } => fallback.is_none(),
            Sql::In { guarded, .. } => !guarded,
            Sql::Between(..) => true,
            Sql::Torn { .. } | Sql::Unknown => false,
        };
        bare && self.value == Some(&Value::Null)
    }

    /// Its truth as a number.
    fn truth(&self) -> Option<Number> {
        if self.is_null() {
            return Some(Number::Null);
        }
        match self.holds() {
            Answer3::Yes => Some(Number::Is(1.0)),
            Answer3::No => Some(Number::Is(0.0)),
            Answer3::Unknown => None,
        }
    }

    /// The number that its column is taken for, beside the number zero.
    fn number(&self) -> Option<Number> {
        let (Column::Text | Column::Whole | Column::Decimal) = self.column else {
            return None;
        };
        match self.value? {
            Value::Null => match self.sql {
                Sql::Torn { or_zero: true } => Some(Number::Is(0.0)),
                Sql::Compare {
                    fallback: Some(Literal::Text(text)),
                    ..
                } => Some(Number::Is(leading_number(text))),
                Sql::Compare {
                    fallback: Some(Literal::Number(number)),
                    ..
                } => Some(Number::Is(*number)),
                _ => Some(Number::Null),
            },
            Value::Bool(truth) => Some(Number::Is(f64::from(u8::from(*truth)))),
            #[expect(clippy::cast_precision_loss, reason = "columns hold small numbers")]
            Value::Int(number) => Some(Number::Is(*number as f64)),
            Value::Float(number) => Some(Number::Is(*number)),
            Value::Text(text) => Some(Number::Is(leading_number(text))),
            _ => None,
        }
    }
}
