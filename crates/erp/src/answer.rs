//! What came back from the ERP.

use crate::fault::Fault;
use crate::value::Value;

/// The ERP's answer to a call, in no particular dialect.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It was done, and this is the result.
    Value(Value),
    /// It was done, but the ERP could not write the result down. Odoo answers a `None` over
    /// XML-RPC with the fault "cannot marshal None" *after* it has committed.
    DoneWithoutResult,
    /// It was refused or failed.
    Fault(Fault),
}
