//! What a filter asks.

macro_rules! operators {
    ($($(#[$doc:meta])* $variant:ident = $text:literal;)*) => {
        /// What a filter asks.
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
        }
    };
}

operators! {
    /// `=`
    Equal = "=";
    /// `!=`
    NotEqual = "!=";
    /// `<`
    Less = "<";
    /// `<=`
    LessOrEqual = "<=";
    /// `>`
    Greater = ">";
    /// `>=`
    GreaterOrEqual = ">=";
    /// `like`
    Like = "like";
    /// `not like`
    NotLike = "not like";
    /// `in`: a list, or a text parted by commas
    In = "in";
    /// `not in`
    NotIn = "not in";
    /// `is`: followed by `set` or `not set`
    Is = "is";
    /// `between`: followed by two values
    Between = "between";
    /// `timespan`: followed by a name such as `last week`
    Timespan = "timespan";
    /// `previous`: an older name for timespans
    Previous = "previous";
    /// `next`: an older name for timespans
    Next = "next";
    /// `descendants of`: below it in a tree
    DescendantsOf = "descendants of";
    /// `descendants of (inclusive)`: it, and below it
    DescendantsOfInclusive = "descendants of (inclusive)";
    /// `not descendants of`
    NotDescendantsOf = "not descendants of";
    /// `ancestors of`: above it in a tree
    AncestorsOf = "ancestors of";
    /// `not ancestors of`
    NotAncestorsOf = "not ancestors of";
}

impl Operator {
    /// Whether it becomes SQL's `between`.
    pub fn is_range(self) -> bool {
        matches!(
            self,
            Self::Between | Self::Timespan | Self::Previous | Self::Next
        )
    }

    /// Reads an operator as Frappe does: letter case does not count.
    pub fn read(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        Self::ALL
            .iter()
            .copied()
            .find(|operator| operator.as_str() == lower)
    }
}
