//! Odoo search domains: read, bring to one form, evaluate, write.
//!
//! A [`Domain`] is a small tree in which `True` and `False` stand only at the top, no `And`
//! lies directly in an `And`, and no `Not` directly in a `Not`. It is what a rule is judged
//! on and what is sent: [`Domain::to_value`] writes prefix notation that Odoo 19 and
//! older versions read the same way.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of the many kinds of values and operators each step takes a few; the rest is refused or unknown"
)]

mod check;
mod compile;
mod eval;
mod facts;
mod hierarchy;
mod kinds;
mod known;
mod leaf;
mod like;
mod merge;
mod moment;
mod names;
mod number;
mod operand;
mod parse;
mod python;
mod resolve;
mod search;
mod simplify;
mod tree;
mod write;
mod zone;

pub use eval::Answer3;
pub use facts::{Digits, FieldFacts, FieldKind, ModelFacts, Records};
pub use known::{KnownRecords, Question, QuestionError, RecordsError};
pub use leaf::{FieldPath, Leaf, Operand, Operator};
pub use parse::DomainError;
pub use search::{Matches, Search, SearchError};
pub use zone::Zone;

use std::collections::BTreeSet;

/// One node of a domain.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// All of at least two.
    And(Vec<Node>),
    /// One of at least two.
    Or(Vec<Node>),
    /// Not this one; never a `Not`, `True` or `False`.
    Not(Box<Node>),
    /// One condition.
    Leaf(Leaf),
    /// Every record; only at the top.
    True,
    /// No record; only at the top.
    False,
}

/// A search domain in its one form.
#[derive(Debug, Clone, PartialEq)]
pub struct Domain {
    // INVARIANT: made by `all_of`, `one_of`, `opposite` and the leaf constructor only.
    node: Node,
}

impl Domain {
    /// Every record.
    pub fn all() -> Self {
        Self { node: Node::True }
    }

    /// No record.
    pub fn none() -> Self {
        Self { node: Node::False }
    }

    /// One condition.
    pub fn leaf(leaf: Leaf) -> Self {
        Self {
            node: Node::Leaf(leaf),
        }
    }

    /// The tree.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// Whether every record is meant, without looking at any.
    pub fn is_all(&self) -> bool {
        self.node == Node::True
    }

    /// Whether no record is meant, without looking at any.
    pub fn is_none(&self) -> bool {
        self.node == Node::False
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            node: all_of(vec![self.node, other.node]),
        }
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            node: one_of(vec![self.node, other.node]),
        }
    }

    /// The opposite.
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "stands beside `and` and `or`"
    )]
    pub fn not(self) -> Self {
        Self {
            node: opposite(self.node),
        }
    }

    /// Every path that is named, each once, those of sub-domains behind the path that leads
    /// to them. A path may end in a part of a date (`create_date.month_number`).
    pub fn fields(&self) -> BTreeSet<FieldPath> {
        self.conditions()
            .into_iter()
            .map(|(path, _)| path)
            .collect()
    }

    /// Every condition's path and operator in order, those of sub-domains behind the path
    /// that leads to them: the shape of the domain without its values.
    pub fn conditions(&self) -> Vec<(FieldPath, Operator)> {
        let mut found = Vec::new();
        collect(&self.node, None, &mut found);
        found
    }
}

fn collect(node: &Node, prefix: Option<&FieldPath>, found: &mut Vec<(FieldPath, Operator)>) {
    match node {
        Node::And(parts) | Node::Or(parts) => {
            for part in parts {
                collect(part, prefix, found);
            }
        }
        Node::Not(inner) => collect(inner, prefix, found),
        Node::Leaf(leaf) => {
            let path = match prefix {
                Some(prefix) => prefix.join(&leaf.path),
                None => leaf.path.clone(),
            };
            found.push((path.clone(), leaf.operator));
            if let Operand::Domain(inner) = &leaf.operand {
                collect(&inner.node, Some(&path), found);
            }
        }
        Node::True | Node::False => {}
    }
}

pub(crate) fn all_of(parts: Vec<Node>) -> Node {
    let mut kept = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Node::True => {}
            Node::False => return Node::False,
            Node::And(inner) => kept.extend(inner),
            Node::Or(_) | Node::Not(_) | Node::Leaf(_) => kept.push(part),
        }
    }
    match kept.len() {
        0 => Node::True,
        1 => kept.pop().unwrap_or(Node::True),
        _ => Node::And(kept),
    }
}

pub(crate) fn one_of(parts: Vec<Node>) -> Node {
    let mut kept = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Node::False => {}
            Node::True => return Node::True,
            Node::Or(inner) => kept.extend(inner),
            Node::And(_) | Node::Not(_) | Node::Leaf(_) => kept.push(part),
        }
    }
    match kept.len() {
        0 => Node::False,
        1 => kept.pop().unwrap_or(Node::False),
        _ => Node::Or(kept),
    }
}

pub(crate) fn opposite(node: Node) -> Node {
    match node {
        Node::True => Node::False,
        Node::False => Node::True,
        Node::Not(inner) => *inner,
        Node::And(_) | Node::Or(_) | Node::Leaf(_) => Node::Not(Box::new(node)),
    }
}
