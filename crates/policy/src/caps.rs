//! The caps of a role: how much one call may ask for.
//!
//! A cap refuses and says which it is, or, where an answer has rows, is their limit and is
//! said beside them. It never cuts silently.

use std::fmt;

/// The caps; none is no cap beyond those of the gateway.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caps {
    /// Rows of one answer.
    pub page: Option<u32>,
    /// Fields that are named in one argument.
    pub fields: Option<u32>,
    /// Records that are named or made in one call.
    pub ids: Option<u32>,
    /// Bytes of one answer.
    pub answer_bytes: Option<u32>,
    /// Seconds that the ERP may work on one call.
    pub seconds: Option<u32>,
}

impl Caps {
    /// Each cap that is set, by its name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u32)> {
        [
            ("page", self.page),
            ("fields", self.fields),
            ("ids", self.ids),
            ("answer-bytes", self.answer_bytes),
            ("seconds", self.seconds),
        ]
        .into_iter()
        .filter_map(|(name, cap)| Some((name, cap?)))
    }
}

/// As they are written: `page = 500, seconds = 30`.
impl fmt::Display for Caps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, most)) in self.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{name} = {most}")?;
        }
        Ok(())
    }
}

/// A cap by its name, as it is said to the caller: `page=500`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cap {
    /// Its name.
    pub name: &'static str,
    /// What it allows.
    pub most: u32,
}

impl fmt::Display for Cap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.most)
    }
}
