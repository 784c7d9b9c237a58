//! Writes a domain in prefix notation.

use super::leaf::{Leaf, Operand, Operator};
use super::{Domain, Node};
use crate::value::Value;

impl Domain {
    /// The domain as every version of Odoo reads it. Parsing it gives the same domain.
    pub fn to_value(&self) -> Value {
        let mut members = Vec::new();
        match &self.node {
            Node::True => {}
            Node::And(parts) => {
                for part in parts {
                    write(part, &mut members);
                }
            }
            Node::Or(_) | Node::Not(_) | Node::Leaf(_) | Node::False => {
                write(&self.node, &mut members);
            }
        }
        Value::List(members)
    }
}

fn write(node: &Node, members: &mut Vec<Value>) {
    match node {
        Node::And(parts) => write_all("&", parts, members),
        Node::Or(parts) => write_all("|", parts, members),
        Node::Not(inner) => {
            members.push(Value::from("!"));
            write(inner, members);
        }
        Node::Leaf(leaf) => write_leaf(leaf, members),
        Node::True => members.push(constant(1)),
        Node::False => members.push(constant(0)),
    }
}

fn write_all(symbol: &str, parts: &[Node], members: &mut Vec<Value>) {
    for _ in 1..parts.len() {
        members.push(Value::from(symbol));
    }
    for part in parts {
        write(part, members);
    }
}

fn write_leaf(leaf: &Leaf, members: &mut Vec<Value>) {
    let operand = match &leaf.operand {
        Operand::Value(value) => value.clone(),
        Operand::Domain(domain) => domain.to_value(),
    };
    members.push(Value::List(vec![
        Value::from(leaf.path.to_string()),
        Value::from(leaf.operator.as_str()),
        operand,
    ]));
}

fn constant(number: i64) -> Value {
    Value::List(vec![
        Value::Int(number),
        Value::from(Operator::Equal.as_str()),
        Value::Int(1),
    ])
}
