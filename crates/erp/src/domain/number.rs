//! How numbers with a fraction are compared: a float is rounded to its field's digits first,
//! and where nobody knows how many those are, every number that they may be has to agree.

use super::check::Check;
use super::facts::Digits;
use super::leaf::Operator;
use super::{SearchError, python};
use crate::value::Value;

/// The most digits behind the point that are thought of.
const MOST: u8 = 8;

/// Rounds half away from zero, as Odoo does: a hair below a half counts as a half.
fn round(number: f64, digits: u8) -> f64 {
    let factor = 10_f64.powi(i32::from(digits));
    let scaled = number * factor;
    if !scaled.is_finite() || scaled == 0.0 {
        return number;
    }
    let hair = 2_f64.powf(scaled.abs().log2() - 52.0) * scaled.signum();
    let whole = (scaled + hair).round();
    format!("{:.*}", usize::from(digits), whole / factor)
        .parse()
        .unwrap_or(number)
}

/// Every number that it may be after rounding, in the order of the roundings.
fn candidates(number: f64, digits: Digits) -> Vec<f64> {
    let least = match digits {
        Digits::Exactly(digits) => return vec![round(number, digits)],
        Digits::Unrounded => return vec![number],
        Digits::AtLeast(least) => least,
        Digits::Unknown => 0,
    };
    let mut found = vec![number];
    found.extend((least..=MOST).map(|digits| round(number, digits)));
    found
}

/// Every text that the database may make of a stored number; none where this cannot tell.
pub(super) fn texts(number: f64, digits: Digits) -> Option<Vec<String>> {
    if number != 0.0 && !(1e-4..1e15).contains(&number.abs()) {
        return None;
    }
    let fixed = |digits: u8| format!("{number:.*}", usize::from(digits));
    if let Digits::Exactly(digits) = digits {
        return Some(vec![fixed(digits)]);
    }
    let mut texts = vec![format!("{number}"), format!("{number:?}")];
    if digits != Digits::Unrounded {
        let exact = |text: &String| text.parse() == Ok(number);
        texts.extend((0..=MOST).map(fixed).filter(exact));
    }
    Some(texts)
}

/// A float among these.
pub(super) fn floats(set: &[Value], digits: Digits) -> Result<Check, SearchError> {
    let mut sets: Vec<Vec<f64>> = Vec::new();
    for value in set {
        let Some(number) = python::float(value)? else {
            return Ok(Check::Unknown);
        };
        let found = candidates(number, digits);
        sets.resize_with(found.len(), Vec::new);
        for (set, number) in sets.iter_mut().zip(found) {
            set.push(number);
        }
    }
    sets.dedup();
    Ok(Check::Floats {
        sets,
        zero_unsure: false,
    })
}

/// A float before or behind this.
pub(super) fn float_order(
    value: &Value,
    operator: Operator,
    digits: Digits,
) -> Result<Check, SearchError> {
    let Some(number) = python::float(value)? else {
        return Ok(Check::Unknown);
    };
    let mut bounds = candidates(number, digits);
    bounds.dedup();
    Ok(Check::FloatOrder { operator, bounds })
}

/// An amount of money among these. Odoo compares the text of the number here: `0` is not the
/// `0.0` that stands for "not set", so with it an amount of zero may be either.
pub(super) fn amounts(set: &[Value]) -> Result<Check, SearchError> {
    let mut numbers = Vec::new();
    let mut unset = false;
    for value in set {
        if python::is_false(value) {
            unset = true;
            continue;
        }
        let Some(text) = python::text(value) else {
            return Ok(Check::Unknown);
        };
        unset |= text == "0.0";
        match python::decimal(&text) {
            Some(Some(number)) => numbers.push(number),
            Some(None) => return Ok(Check::Unknown),
            None => return Err(SearchError::Value),
        }
    }
    if unset {
        numbers.push(0.0);
    }
    let zero_unsure = !unset && numbers.contains(&0.0);
    Ok(Check::Floats {
        sets: vec![numbers],
        zero_unsure,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_as_odoo_rounds_them() {
        assert_eq!(round(1.005, 2), 1.01);
        assert_eq!(round(-1.005, 2), -1.01);
        assert_eq!(round(2.675, 2), 2.68);
        assert_eq!(round(121.5, 0), 122.0);
        assert_eq!(round(0.1, 2), 0.1);
    }
}
