//! A domain while it is brought to the form that is evaluated.
//!
//! Odoo rewrites a domain step by step before it asks the database, and what it rewrites
//! decides which errors it gives and whether inactive records count. So the steps are
//! repeated here: this is the tree they work on.

use std::collections::HashSet;
use std::rc::Rc;

use super::leaf::{Leaf, Operand, Operator};
use super::{Domain, Node, python};
use crate::value::Value;

/// Records found by a search, and those of which nobody can say.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Found {
    pub(super) yes: HashSet<i64>,
    pub(super) unsure: HashSet<i64>,
}

/// What a condition compares with.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Right {
    /// One value.
    One(Value),
    /// A set (`in`, `not in`).
    Set(Vec<Value>),
    /// A domain on the linked model (`any`, `not any`).
    Sub(Box<Tree>),
}

/// One condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condition {
    pub(super) path: Vec<String>,
    pub(super) operator: Operator,
    pub(super) right: Right,
}

/// A domain.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    True,
    False,
    /// Nobody can say; Odoo may even refuse.
    Unknown,
    Not(Box<Tree>),
    And(Vec<Tree>),
    Or(Vec<Tree>),
    Condition(Condition),
    /// The record is one of these.
    Among(Rc<Found>),
}

impl Condition {
    /// A condition on a field of the model itself.
    pub(super) fn new(field: &str, operator: Operator, right: Right) -> Self {
        Self {
            path: vec![field.to_owned()],
            operator,
            right,
        }
    }

    /// The field that the path begins with.
    pub(super) fn field(&self) -> &str {
        self.path.first().map_or("", String::as_str)
    }

    /// Whether the path is one field and no more.
    pub(super) fn is_simple(&self) -> bool {
        self.path.len() == 1
    }

    /// The same with another operator and value.
    pub(super) fn with(&self, operator: Operator, right: Right) -> Self {
        Self {
            path: self.path.clone(),
            operator,
            right,
        }
    }
}

impl From<Condition> for Tree {
    fn from(condition: Condition) -> Self {
        Self::Condition(condition)
    }
}

impl Tree {
    /// The tree of a domain as it was written.
    pub(super) fn of(domain: &Domain) -> Self {
        of_node(domain.node())
    }

    /// A condition on a field of the model itself.
    pub(super) fn condition(field: &str, operator: Operator, right: Right) -> Self {
        Self::Condition(Condition::new(field, operator, right))
    }

    /// All of these.
    pub(super) fn all(parts: Vec<Self>) -> Self {
        join(parts, true)
    }

    /// One of these.
    pub(super) fn one(parts: Vec<Self>) -> Self {
        join(parts, false)
    }

    /// The opposite, without knowing the model: `=` becomes `!=`, and so on.
    #[must_use]
    pub(super) fn invert(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Not(inner) => *inner,
            Self::And(parts) => Self::Or(parts.into_iter().map(Self::invert).collect()),
            Self::Or(parts) => Self::And(parts.into_iter().map(Self::invert).collect()),
            Self::Condition(condition) => match condition.operator.opposite() {
                Some(operator) if condition.is_simple() => Self::Condition(Condition {
                    operator,
                    ..condition
                }),
                _ => Self::Not(Box::new(Self::Condition(condition))),
            },
            Self::Unknown | Self::Among(_) => Self::Not(Box::new(self)),
        }
    }

    /// Whether a condition names this field of the model itself.
    pub(super) fn names(&self, field: &str) -> bool {
        match self {
            Self::True | Self::False | Self::Unknown | Self::Among(_) => false,
            Self::Not(inner) => inner.names(field),
            Self::And(parts) | Self::Or(parts) => parts.iter().any(|part| part.names(field)),
            Self::Condition(condition) => condition.is_simple() && condition.field() == field,
        }
    }

    /// Whether there is something in it of which nobody can say.
    pub(super) fn is_unsure(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::True | Self::False | Self::Among(_) => false,
            Self::Not(inner) => inner.is_unsure(),
            Self::And(parts) | Self::Or(parts) => parts.iter().any(Self::is_unsure),
            Self::Condition(condition) => match &condition.right {
                Right::Sub(inner) => inner.is_unsure(),
                Right::One(_) | Right::Set(_) => false,
            },
        }
    }
}

fn of_node(node: &Node) -> Tree {
    match node {
        Node::True => Tree::True,
        Node::False => Tree::False,
        Node::And(parts) => Tree::And(parts.iter().map(of_node).collect()),
        Node::Or(parts) => Tree::Or(parts.iter().map(of_node).collect()),
        Node::Not(inner) => of_node(inner).invert(),
        Node::Leaf(leaf) => Tree::Condition(of_leaf(leaf)),
    }
}

fn of_leaf(leaf: &Leaf) -> Condition {
    let path = leaf
        .path
        .parts()
        .iter()
        .map(|part| part.as_str().to_owned())
        .collect();
    let right = match &leaf.operand {
        Operand::Value(Value::Null) => Right::One(Value::Bool(false)),
        Operand::Value(value) => Right::One(value.clone()),
        Operand::Domain(domain) => Right::Sub(Box::new(Tree::of(domain))),
    };
    Condition {
        path,
        operator: leaf.operator,
        right,
    }
}

/// Joins and simplifies: a constant that decides ends it, the other is left out, and a join
/// of the same kind is opened.
fn join(parts: Vec<Tree>, and: bool) -> Tree {
    let mut kept = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Tree::True | Tree::False if (part == Tree::True) == and => {}
            Tree::True | Tree::False => return part,
            Tree::And(inner) if and => kept.extend(inner),
            Tree::Or(inner) if !and => kept.extend(inner),
            Tree::And(_)
            | Tree::Or(_)
            | Tree::Not(_)
            | Tree::Unknown
            | Tree::Condition(_)
            | Tree::Among(_) => kept.push(part),
        }
    }
    if kept.len() > 1 {
        return if and { Tree::And(kept) } else { Tree::Or(kept) };
    }
    kept.pop()
        .unwrap_or(if and { Tree::True } else { Tree::False })
}

/// Members of the one that are in the other.
pub(super) fn intersection(one: &[Value], other: &[Value]) -> Vec<Value> {
    one.iter()
        .filter(|value| contains(other, value))
        .cloned()
        .collect()
}

/// Members of the one that are not in the other.
pub(super) fn difference(one: &[Value], other: &[Value]) -> Vec<Value> {
    one.iter()
        .filter(|value| !contains(other, value))
        .cloned()
        .collect()
}

/// Members of either.
pub(super) fn union(one: &[Value], other: &[Value]) -> Vec<Value> {
    let mut both = one.to_vec();
    both.extend(difference(other, one));
    both
}

/// Whether a set has a member.
pub(super) fn contains(set: &[Value], value: &Value) -> bool {
    set.iter().any(|member| python::same(member, value))
}
