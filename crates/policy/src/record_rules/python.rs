//! Writes a domain as a Python expression.
//!
//! Every value is a literal of its own kind, and texts have no letter in them that is not plain
//! ASCII: whatever stands in a domain, it stays a value. What would not be certain to mean the
//! same is not written.

use std::fmt::Write as _;

use portcullis_erp::Value;
use portcullis_erp::domain::{Domain, Node, Operand, Operator};

use crate::whom::Placeholder;

/// The longest expression, in bytes.
const LONGEST: usize = 100_000;

/// A domain as an expression, or why there is none.
pub(super) fn domain(domain: &Domain) -> Result<String, String> {
    let mut out = String::new();
    top(domain.node(), Sense::Plain, &mut out)?;
    if out.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} letters as a rule"));
    }
    Ok(out)
}

/// Whether more of what a condition finds is more of the whole.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sense {
    Plain,
    Turned,
}

impl Sense {
    const fn turned(self) -> Self {
        match self {
            Self::Plain => Self::Turned,
            Self::Turned => Self::Plain,
        }
    }
}

fn top(node: &Node, sense: Sense, out: &mut String) -> Result<(), String> {
    let mut members = Vec::new();
    match node {
        Node::And(parts) => {
            for part in parts {
                write(part, sense, &mut members)?;
            }
        }
        other => write(other, sense, &mut members)?,
    }
    out.push('[');
    out.push_str(&members.join(", "));
    out.push(']');
    Ok(())
}

fn write(node: &Node, sense: Sense, members: &mut Vec<String>) -> Result<(), String> {
    match node {
        Node::And(parts) => all("'&'", parts, sense, members),
        Node::Or(parts) => all("'|'", parts, sense, members),
        Node::Not(inner) => {
            members.push("'!'".to_owned());
            write(inner, sense.turned(), members)
        }
        Node::Leaf(leaf) => {
            if leaf.operator.is_internal() {
                return Err(format!(
                    "`{}` is for the ERP's own code",
                    leaf.operator.as_str()
                ));
            }
            let sense = if leaf.operator.is_negative() {
                sense.turned()
            } else {
                sense
            };
            let mut out = String::from("(");
            text(&leaf.path.to_string(), &mut out)?;
            out.push_str(", ");
            text(leaf.operator.as_str(), &mut out)?;
            out.push_str(", ");
            match &leaf.operand {
                Operand::Value(compared) => operand(compared, leaf.operator, sense, &mut out)?,
                Operand::Domain(inner) => top(inner.node(), sense, &mut out)?,
            }
            out.push(')');
            members.push(out);
            Ok(())
        }
        Node::True => {
            members.push("(1, '=', 1)".to_owned());
            Ok(())
        }
        Node::False => {
            members.push("(0, '=', 1)".to_owned());
            Ok(())
        }
    }
}

fn all(
    symbol: &str,
    parts: &[Node],
    sense: Sense,
    members: &mut Vec<String>,
) -> Result<(), String> {
    for _ in 1..parts.len() {
        members.push(symbol.to_owned());
    }
    for part in parts {
        write(part, sense, members)?;
    }
    Ok(())
}

/// What a condition compares with: one value, or a list of them.
fn operand(
    value: &Value,
    operator: Operator,
    sense: Sense,
    out: &mut String,
) -> Result<(), String> {
    let compared = value.as_list().unwrap_or(std::slice::from_ref(value));
    if compared.iter().any(|value| moves_on(value, operator)) {
        return Err("it may compare with a time that goes on (`today`, `-1d`)".to_owned());
    }
    let Value::List(items) = value else {
        return one(value, out);
    };
    // The companies are a list of their own; what stands beside them is another.
    let is_companies = |item: &&Value| Placeholder::read(item) == Some(Placeholder::CompanyIds);
    let companies = items.iter().any(|item| is_companies(&item));
    if companies && sense == Sense::Turned {
        return Err(
            "`principal.company_ids` stands behind a negation: a user without companies would have all"
                .to_owned(),
        );
    }
    let others: Vec<&Value> = items.iter().filter(|item| !is_companies(item)).collect();
    if companies {
        out.push_str("user.company_ids.ids");
        if others.is_empty() {
            return Ok(());
        }
        out.push_str(" + ");
    }
    out.push('[');
    for (at, item) in others.into_iter().enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        one(item, out)?;
    }
    out.push(']');
    Ok(())
}

fn one(value: &Value, out: &mut String) -> Result<(), String> {
    if let Some(placeholder) = Placeholder::read(value) {
        out.push_str(match placeholder {
            Placeholder::UserId => "user.id",
            Placeholder::PartnerId => "user.partner_id.id",
            Placeholder::Login => "user.login",
            Placeholder::CompanyIds => "user.company_ids.ids",
        });
        return Ok(());
    }
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::Big(digits) => big(digits, out)?,
        Value::Float(number) if number.is_finite() => {
            // The shortest text that reads back as the same number, always with a point or an `e`.
            out.push_str(&format!("{number:?}"));
        }
        Value::Text(plain) => text(plain, out)?,
        Value::Float(_) | Value::Bytes(_) | Value::Moment(_) | Value::List(_) | Value::Map(_) => {
            return Err("it compares with something that is no text, number or truth value, nor a list of them".to_owned());
        }
    }
    Ok(())
}

/// A number of any length. Python takes no needless zeros in front.
fn big(digits: &str, out: &mut String) -> Result<(), String> {
    let bare = digits.strip_prefix('-').unwrap_or(digits);
    let is_plain = bare.bytes().all(|byte| byte.is_ascii_digit()) && !bare.starts_with('0');
    // Python reads no longer ones.
    if !is_plain || bare.is_empty() || bare.len() > 4_000 {
        return Err("it compares with a number that Python does not read".to_owned());
    }
    out.push_str(digits);
    Ok(())
}

/// A text in single quotes.
fn text(plain: &str, out: &mut String) -> Result<(), String> {
    out.push('\'');
    for letter in plain.chars() {
        let number = u32::from(letter);
        let written = match letter {
            '\0' => return Err("no text of an Odoo holds a NUL".to_owned()),
            '\'' | '\\' => write!(out, "\\{letter}"),
            ' '..='~' => {
                out.push(letter);
                Ok(())
            }
            _ if number <= 0xff => write!(out, "\\x{number:02x}"),
            _ if number <= 0xffff => write!(out, "\\u{number:04x}"),
            _ => write!(out, "\\U{number:08x}"),
        };
        // INVARIANT: writing to memory does not fail.
        written.map_err(|_| "it cannot be written".to_owned())?;
    }
    out.push('\'');
    Ok(())
}

/// Whether this may be a date that Odoo reckons from today (`today -3d`): a rule is remembered
/// by the ERP, a call is not.
fn moves_on(value: &Value, operator: Operator) -> bool {
    let by_order = matches!(
        operator,
        Operator::Equal
            | Operator::NotEqual
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual
            | Operator::In
            | Operator::NotIn
    );
    let Some(plain) = value.as_str().filter(|_| by_order) else {
        return false;
    };
    let is_offset = |term: &str| term.starts_with(['+', '-', '=']) && term.len() > 1;
    let mut terms = plain.split_whitespace();
    match terms.next() {
        Some("today" | "now") => true,
        Some(first) => is_offset(first) && terms.all(is_offset),
        None => false,
    }
}
