//! Conditions on the same field that stand beside each other become one.
//!
//! This matters for what is answered: `child_ids.name = x or child_ids.active = false` asks
//! one sub-search that names the active field, and so finds inactive records by both.

use super::SearchError;
use super::facts::FieldKind;
use super::leaf::Operator;
use super::tree::{Condition, Right, Tree, difference, intersection, union};

/// The order in which Odoo puts conditions before it merges neighbours.
fn key(part: &Tree) -> (String, String, &'static str) {
    match part {
        Tree::Condition(condition) => {
            let positive = if condition.operator.is_negative() {
                condition.operator.opposite().unwrap_or(condition.operator)
            } else {
                condition.operator
            };
            let order = match positive {
                Operator::In => "0in",
                Operator::Any => "1any",
                Operator::AnyUnchecked => "2any",
                Operator::Like | Operator::Ilike | Operator::WholeLike | Operator::WholeIlike => {
                    "like"
                }
                other => other.as_str(),
            };
            (
                condition.path.join("."),
                order.to_owned(),
                condition.operator.as_str(),
            )
        }
        Tree::And(_) => ("~".to_owned(), String::new(), "&"),
        Tree::Or(_) => ("~".to_owned(), String::new(), "|"),
        Tree::Not(_) => ("~".to_owned(), String::new(), "!"),
        Tree::True | Tree::False | Tree::Unknown | Tree::Among(_) => {
            ("~".to_owned(), "~".to_owned(), "")
        }
    }
}

/// Sorts the parts of a join and merges neighbours.
///
/// # Errors
/// When a kind of merge cannot be done (never for what the steps before leave).
pub(super) fn merge(
    mut parts: Vec<Tree>,
    and: bool,
    kind: &dyn Fn(&str) -> Option<FieldKind>,
) -> Result<Vec<Tree>, SearchError> {
    parts.sort_by_cached_key(key);
    let mut merged: Vec<Tree> = Vec::with_capacity(parts.len());
    for part in parts {
        let joined = match (merged.last(), &part) {
            (Some(Tree::Condition(before)), Tree::Condition(condition)) => {
                join(before, condition, and, kind(condition.field()))
            }
            (Some(before), part) if before == part => Some(part.clone()),
            _ => None,
        };
        match joined {
            Some(joined) => {
                merged.pop();
                merged.push(joined);
            }
            None => merged.push(part),
        }
    }
    Ok(merged)
}

fn join(one: &Condition, other: &Condition, and: bool, kind: Option<FieldKind>) -> Option<Tree> {
    if one == other {
        return Some(Tree::Condition(one.clone()));
    }
    if one.path != other.path {
        return None;
    }
    let kind = kind?;
    match (&one.right, &other.right) {
        (Right::Set(left), Right::Set(right)) => {
            let (operator, set) = if kind.is_multiple() {
                match (one.operator, other.operator) {
                    (Operator::In, Operator::In) if !and => (Operator::In, union(left, right)),
                    (Operator::NotIn, Operator::NotIn) if and => {
                        (Operator::NotIn, union(left, right))
                    }
                    _ => return None,
                }
            } else {
                match (one.operator, other.operator, and) {
                    (Operator::In, Operator::In, true) => (Operator::In, intersection(left, right)),
                    (Operator::In, Operator::In, false) => (Operator::In, union(left, right)),
                    (Operator::NotIn, Operator::NotIn, true) => {
                        (Operator::NotIn, union(left, right))
                    }
                    (Operator::NotIn, Operator::NotIn, false) => {
                        (Operator::NotIn, intersection(left, right))
                    }
                    (Operator::In, Operator::NotIn, true) => {
                        (Operator::In, difference(left, right))
                    }
                    (Operator::NotIn, Operator::In, true) => {
                        (Operator::In, difference(right, left))
                    }
                    (Operator::In, Operator::NotIn, false) => {
                        (Operator::NotIn, difference(right, left))
                    }
                    (Operator::NotIn, Operator::In, false) => {
                        (Operator::NotIn, difference(left, right))
                    }
                    _ => return None,
                }
            };
            Some(Tree::Condition(one.with(operator, Right::Set(set))))
        }
        (Right::Sub(left), Right::Sub(right)) if one.operator == other.operator => {
            let positive = !one.operator.is_negative();
            // For several links, one sub-search says the same only for "any … or any …" and
            // "not any … and not any …".
            if kind != FieldKind::Many2one && positive == and {
                return None;
            }
            let parts = vec![(**left).clone(), (**right).clone()];
            let sub = if positive == and {
                Tree::all(parts)
            } else {
                Tree::one(parts)
            };
            Some(Tree::Condition(
                one.with(one.operator, Right::Sub(Box::new(sub))),
            ))
        }
        _ => None,
    }
}
