//! One condition of a domain: a path, an operator, and what it is compared with.

use std::fmt;

use super::Domain;
use crate::name::{FieldName, NameError};
use crate::value::Value;

/// A field, or a way over links to one (`order_id.partner_id.name`); never empty.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldPath(Vec<FieldName>);

impl FieldPath {
    /// The longest way that is taken.
    pub const MAX: usize = 16;

    /// Reads a dotted path.
    ///
    /// # Errors
    /// When a part is no field name, or there are too many.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let parts = text
            .split('.')
            .map(FieldName::new)
            .collect::<Result<Vec<_>, _>>()?;
        if parts.len() > Self::MAX {
            // An empty name is the shortest way to that error.
            return FieldName::new("").map(|name| Self(vec![name]));
        }
        Ok(Self(parts))
    }

    /// The parts in order.
    pub fn parts(&self) -> &[FieldName] {
        &self.0
    }

    /// This path, then the other.
    #[must_use]
    pub fn join(&self, behind: &Self) -> Self {
        Self(self.0.iter().chain(&behind.0).cloned().collect())
    }
}

impl From<FieldName> for FieldPath {
    fn from(field: FieldName) -> Self {
        Self(vec![field])
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, part) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(".")?;
            }
            f.write_str(part.as_str())?;
        }
        Ok(())
    }
}

impl fmt::Debug for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

macro_rules! operators {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, not $opposite:expr;)*) => {
        /// What a condition asks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Operator {
            $($(#[$doc])* $variant,)*
        }

        impl Operator {
            /// Every operator.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// As it is written.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The operator that asks the opposite, where there is one.
            pub fn opposite(self) -> Option<Self> {
                match self { $(Self::$variant => $opposite,)* }
            }
        }
    };
}

operators! {
    /// `=` (also written `==`)
    Equal = "=", not Some(Self::NotEqual);
    /// `!=` (also written `<>`)
    NotEqual = "!=", not Some(Self::Equal);
    /// `<`
    Less = "<", not None;
    /// `<=`
    LessOrEqual = "<=", not None;
    /// `>`
    Greater = ">", not None;
    /// `>=`
    GreaterOrEqual = ">=", not None;
    /// `in`
    In = "in", not Some(Self::NotIn);
    /// `not in`
    NotIn = "not in", not Some(Self::In);
    /// `like`: contains, case counts
    Like = "like", not Some(Self::NotLike);
    /// `not like`
    NotLike = "not like", not Some(Self::Like);
    /// `ilike`: contains, case does not count
    Ilike = "ilike", not Some(Self::NotIlike);
    /// `not ilike`
    NotIlike = "not ilike", not Some(Self::Ilike);
    /// `=like`: a pattern for the whole text
    WholeLike = "=like", not Some(Self::NotWholeLike);
    /// `not =like`
    NotWholeLike = "not =like", not Some(Self::WholeLike);
    /// `=ilike`
    WholeIlike = "=ilike", not Some(Self::NotWholeIlike);
    /// `not =ilike`
    NotWholeIlike = "not =ilike", not Some(Self::WholeIlike);
    /// `=?`: equal, or everything when there is nothing to compare with
    EqualIfGiven = "=?", not None;
    /// `any`: a linked record matches
    Any = "any", not Some(Self::NotAny);
    /// `not any`
    NotAny = "not any", not Some(Self::Any);
    /// `any!`: the same past the access rules
    AnyUnchecked = "any!", not Some(Self::NotAnyUnchecked);
    /// `not any!`
    NotAnyUnchecked = "not any!", not Some(Self::AnyUnchecked);
    /// `child_of`: below, or one of them
    ChildOf = "child_of", not None;
    /// `parent_of`: above, or one of them
    ParentOf = "parent_of", not None;
}

impl Operator {
    /// Reads an operator as Odoo does: letter case does not count, older spellings do.
    pub fn read(text: &str) -> Option<Self> {
        match text {
            "==" => return Some(Self::Equal),
            "<>" => return Some(Self::NotEqual),
            _ => {}
        }
        Self::ALL
            .iter()
            .copied()
            .find(|operator| operator.as_str().eq_ignore_ascii_case(text))
    }

    /// Whether it looks past the ERP's own rules. Odoo takes it from its own code only, and
    /// refuses it in a domain that comes from outside.
    pub fn is_internal(self) -> bool {
        matches!(self, Self::AnyUnchecked | Self::NotAnyUnchecked)
    }

    /// Whether what stands behind it is a domain on the linked model.
    pub fn takes_domain(self) -> bool {
        matches!(
            self,
            Self::Any | Self::NotAny | Self::AnyUnchecked | Self::NotAnyUnchecked
        )
    }

    /// Whether it asks that something is not so.
    pub fn is_negative(self) -> bool {
        matches!(
            self,
            Self::NotEqual
                | Self::NotIn
                | Self::NotLike
                | Self::NotIlike
                | Self::NotWholeLike
                | Self::NotWholeIlike
                | Self::NotAny
                | Self::NotAnyUnchecked
        )
    }
}

/// What stands behind the operator.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A value, or a list of them.
    Value(Value),
    /// A domain on the linked model (`any`, `not any`).
    Domain(Box<Domain>),
}

/// One condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf {
    /// The field, or the way to it.
    pub path: FieldPath,
    /// What is asked.
    pub operator: Operator,
    /// What it is compared with.
    pub operand: Operand,
}

impl Leaf {
    /// A condition on a value.
    ///
    /// # Errors
    /// When the path is none.
    pub fn new(path: &str, operator: Operator, value: impl Into<Value>) -> Result<Self, NameError> {
        Ok(Self {
            path: FieldPath::new(path)?,
            operator,
            operand: Operand::Value(value.into()),
        })
    }
}
