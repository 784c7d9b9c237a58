//! What a call does, and to which kind of ERP.

use serde::Deserialize;

/// What is done with a model. A rule names those it allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// Reading, searching, counting.
    Read,
    /// Making records.
    Create,
    /// Changing records.
    Write,
    /// Deleting records.
    Delete,
    /// Calling the methods that the rule lists.
    Call,
    /// Seeing the display name of a record through a link to it, and linking to it.
    Name,
    /// Sending something to people: messages, followers, assignments, shares, mail.
    Mail,
    /// Frappe: submitting a document.
    Submit,
    /// Frappe: cancelling a document.
    Cancel,
}

impl Operation {
    /// Every operation.
    pub const ALL: &[Self] = &[
        Self::Read,
        Self::Create,
        Self::Write,
        Self::Delete,
        Self::Call,
        Self::Name,
        Self::Mail,
        Self::Submit,
        Self::Cancel,
    ];

    /// As it is written in rules and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::Call => "call",
            Self::Name => "name",
            Self::Mail => "mail",
            Self::Submit => "submit",
            Self::Cancel => "cancel",
        }
    }
}

/// Which kind of ERP an upstream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Odoo.
    Odoo,
    /// Frappe and ERPNext.
    Frappe,
}
