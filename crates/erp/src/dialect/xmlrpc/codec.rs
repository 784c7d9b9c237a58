//! XML-RPC texts: values, calls and responses, read and written.
//!
//! The reader takes one way of saying a thing: no DTD, no processing instruction, no attribute,
//! no namespace, no element that XML-RPC does not have, no member twice, UTF-8 only. Python's
//! `xmlrpc.client`, on which Odoo stands, takes all of these and silently picks one reading.
//! The writer has the shape of Python's, line breaks included, because clients were built on it.

mod read;
mod source;
#[cfg(test)]
mod tests;
mod write;

pub use read::{read_call, read_response, read_value};
pub(in crate::dialect) use write::write_pieces;
pub use write::{write_call, write_fault, write_response, write_value};

use crate::value::Value;

/// A `methodCall`.
#[derive(Debug, Clone, PartialEq)]
pub struct MethodCall {
    /// The method's name, as it stands there.
    pub method: String,
    /// The parameters.
    pub params: Vec<Value>,
}

/// A `methodResponse`.
#[derive(Debug, Clone, PartialEq)]
pub enum MethodResponse {
    /// The one result.
    Value(Value),
    /// A fault.
    Fault {
        /// `faultCode`: a number by the book; Odoo's `/xmlrpc` says it in text.
        code: Value,
        /// `faultString`.
        text: String,
    },
}

/// Why a text is not XML-RPC that we take. The message names no content of the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason} (byte {position})")]
pub struct XmlError {
    /// What is wrong, in words for the caller.
    pub reason: &'static str,
    /// Where, in bytes from the start.
    pub position: usize,
    /// Whether a limit was passed, rather than a rule broken.
    pub too_large: bool,
}

/// Why a value cannot be said in XML-RPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnsayableError {
    /// XML 1.0 has no way to write NUL, most control characters, U+FFFE and U+FFFF.
    #[error("a text has a control character, which XML cannot carry")]
    Character,
    /// NaN or an infinity.
    #[error("a number is not finite")]
    Number,
}
