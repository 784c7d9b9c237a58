//! The small part of Python in which record rules are written: literals, lists, `user.name.name`,
//! `+`, comparisons, `and`, `or`, `not`, and `A if B else C`. Everything else is an error, and so
//! is what is long or deep.

mod read;
mod run;

use portcullis_erp::value::Value;

use super::record::View;

/// An expression that was read.
#[derive(Debug)]
enum Expression {
    Literal(Value),
    List(Vec<Expression>),
    Name(String),
    /// `.name` of something
    Attribute(Box<Expression>, String),
    /// A method, with its only argument.
    Call(Box<Expression>, String, Box<Expression>),
    Sum(Box<Expression>, Box<Expression>),
    Compared(Box<Expression>, Comparison, Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Not(Box<Expression>),
    /// The condition, what it is then, and otherwise.
    If(Box<Expression>, Box<Expression>, Box<Expression>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    In,
    NotIn,
}

/// What an expression is worth for whoever looks.
pub(crate) fn evaluate(text: &str, view: View<'_>) -> Result<Value, String> {
    run::value(&read::expression(text)?, view)
}

#[cfg(test)]
mod tests;
