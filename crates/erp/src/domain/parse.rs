//! Reads a domain as Odoo does, within bounds.
//!
//! Prefix notation is read from its end with a stack of finished nodes, so neither a long
//! chain of operators nor a deep one recurses; what remains on the stack is joined by "and".

use super::leaf::{FieldPath, Leaf, Operand, Operator};
use super::python::same;
use super::{Domain, Node, all_of, one_of, opposite};
use crate::value::Value;

/// Why something is no domain that is taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DomainError {
    /// Not a list.
    #[error("a domain is a list of conditions")]
    NotAList,
    /// A member is neither a condition nor `&`, `|`, `!`.
    #[error("a member of a domain is a condition of three or one of `&`, `|`, `!`")]
    Member,
    /// `&`, `|` or `!` without enough conditions behind it.
    #[error("`{0}` lacks a condition")]
    Operand(char),
    /// The path is not made of field names.
    #[error("a condition does not name a field")]
    Path,
    /// The operator is not known.
    #[error("the operator of a condition is not known")]
    Operator,
    /// `any` without a domain.
    #[error("`any` is followed by a domain")]
    NoDomain,
    /// Too deep.
    #[error("the domain is nested more than {MAX_DEPTH} deep")]
    Deep,
    /// Too long.
    #[error("the domain has more than {MAX_SIZE} members")]
    Long,
}

/// How deep trees and sub-domains may lie in one another.
const MAX_DEPTH: usize = 64;
/// How many members a domain may have, those of its sub-domains included.
const MAX_SIZE: usize = 20_000;

impl Domain {
    /// Reads a domain: a list of conditions (lists of three) and prefix operators.
    ///
    /// # Errors
    /// When Odoo would not take it, or it is beyond what is reasonable.
    pub fn parse(value: &Value) -> Result<Self, DomainError> {
        let mut left = MAX_SIZE;
        read(value, MAX_DEPTH, &mut left)
    }
}

fn read(value: &Value, depth: usize, left: &mut usize) -> Result<Domain, DomainError> {
    let Some(members) = value.as_list() else {
        return Err(DomainError::NotAList);
    };
    *left = left.checked_sub(members.len()).ok_or(DomainError::Long)?;
    // Each finished node with its own depth.
    let mut stack: Vec<(Node, usize)> = Vec::new();
    for member in members.iter().rev() {
        let finished = match member {
            Value::Text(text) => {
                let symbol = match text.as_str() {
                    "&" => '&',
                    "|" => '|',
                    "!" => '!',
                    _ => return Err(DomainError::Member),
                };
                let (first, first_depth) = stack.pop().ok_or(DomainError::Operand(symbol))?;
                if symbol == '!' {
                    (opposite(first), first_depth + 1)
                } else {
                    let (second, second_depth) = stack.pop().ok_or(DomainError::Operand(symbol))?;
                    join(symbol, first, second, first_depth.max(second_depth))
                }
            }
            Value::List(condition) => read_condition(condition, depth, left)?,
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Big(_)
            | Value::Float(_)
            | Value::Bytes(_)
            | Value::Moment(_)
            | Value::Map(_) => return Err(DomainError::Member),
        };
        if finished.1 > depth {
            return Err(DomainError::Deep);
        }
        stack.push(finished);
    }
    stack.reverse();
    Ok(Domain {
        node: all_of(stack.into_iter().map(|(node, _)| node).collect()),
    })
}

/// Joins two nodes. A chain of the same operator is one node, so it does not get deeper.
fn join(symbol: char, first: Node, second: Node, depth: usize) -> (Node, usize) {
    let (joins_and, both) = (symbol == '&', [&first, &second]);
    let merges = both.iter().any(|node| {
        if joins_and {
            matches!(node, Node::And(_))
        } else {
            matches!(node, Node::Or(_))
        }
    });
    let node = if joins_and {
        all_of(vec![first, second])
    } else {
        one_of(vec![first, second])
    };
    (node, if merges { depth } else { depth + 1 })
}

fn read_condition(
    condition: &[Value],
    depth: usize,
    left: &mut usize,
) -> Result<(Node, usize), DomainError> {
    let [path, operator, value] = condition else {
        return Err(DomainError::Member);
    };
    let operator = operator.as_str().ok_or(DomainError::Operator)?;
    let path = match path {
        Value::Text(path) => path,
        // The two conditions that name no field: `1 = 1` and `0 = 1`.
        Value::Int(_) | Value::Bool(_) | Value::Float(_)
            if operator == "=" && same(value, &Value::Int(1)) =>
        {
            let constant = match path {
                path if same(path, &Value::Int(1)) => Node::True,
                path if same(path, &Value::Int(0)) => Node::False,
                _ => return Err(DomainError::Path),
            };
            return Ok((constant, 1));
        }
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Big(_)
        | Value::Float(_)
        | Value::Bytes(_)
        | Value::Moment(_)
        | Value::List(_)
        | Value::Map(_) => return Err(DomainError::Path),
    };
    let path = FieldPath::new(path).map_err(|_| DomainError::Path)?;
    let operator = Operator::read(operator).ok_or(DomainError::Operator)?;
    let operand = if operator.takes_domain() {
        if value.as_list().is_none() {
            return Err(DomainError::NoDomain);
        }
        let inner = depth.checked_sub(1).ok_or(DomainError::Deep)?;
        Operand::Domain(Box::new(read(value, inner, left)?))
    } else {
        if let Value::List(items) = value {
            *left = left.checked_sub(items.len()).ok_or(DomainError::Long)?;
        }
        Operand::Value(value.clone())
    };
    Ok((
        Node::Leaf(Leaf {
            path,
            operator,
            operand,
        }),
        1,
    ))
}
