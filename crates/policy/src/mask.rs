//! Masks: what is shown of a field that is neither open nor hidden.

use portcullis_erp::Value;

/// What stands for whatever is not shown.
const STARS: &str = "****";

/// How long a text must be for its end to be shown: of a shorter one that would be too much.
const LONG: usize = 8;

/// What is shown of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mask {
    /// The last four letters of a text, if it has eight or more.
    LastFour,
    /// Nothing, not even whether there is a value.
    Fixed,
}

impl Mask {
    pub(crate) fn read(text: &str) -> Option<Self> {
        match text {
            "last-4" => Some(Self::LastFour),
            "fixed" => Some(Self::Fixed),
            _ => None,
        }
    }

    /// As it is written in rules.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::LastFour => "last-4",
            Self::Fixed => "fixed",
        }
    }

    /// The one that shows less.
    pub(crate) fn stricter(self, other: Self) -> Self {
        match (self, other) {
            (Self::LastFour, Self::LastFour) => Self::LastFour,
            (Self::Fixed, _) | (_, Self::Fixed) => Self::Fixed,
        }
    }

    /// What is shown.
    pub(crate) fn of(self, value: Value) -> Value {
        match (self, value) {
            (Self::LastFour, nothing) if nothing.is_nothing() => nothing,
            (Self::LastFour, Value::Text(text)) if text.is_empty() => Value::Text(text),
            (Self::LastFour, Value::Text(text)) => {
                let length = text.chars().count();
                let shown = if length < LONG { length } else { length - 4 };
                let end: String = text.chars().skip(shown).collect();
                Value::from(format!("{STARS}{end}"))
            }
            _ => Value::from(STARS),
        }
    }
}

/// Whether a value may be one that was shown masked: it is not written.
pub(crate) fn is_masked(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with(STARS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_long_text_is_shown_and_nothing_else() {
        let shown = |text: &str| Mask::LastFour.of(Value::from(text));
        assert_eq!(shown("DE123456789"), Value::from("****6789"));
        assert_eq!(shown("äöüßäöüß"), Value::from("****äöüß"));
        assert_eq!(shown("1234567"), Value::from("****"));
        assert_eq!(shown(""), Value::from(""));
        assert_eq!(
            Mask::LastFour.of(Value::Int(12_345_678)),
            Value::from("****")
        );
        assert_eq!(Mask::LastFour.of(Value::Bool(false)), Value::Bool(false));
        let list = Value::List(vec![Value::from("DE123456789")]);
        assert_eq!(Mask::LastFour.of(list), Value::from("****"));
    }

    #[test]
    fn a_fixed_mask_does_not_tell_whether_there_is_a_value() {
        for value in [
            Value::Bool(false),
            Value::Null,
            Value::from(""),
            Value::from("DE123456789"),
        ] {
            assert_eq!(Mask::Fixed.of(value), Value::from("****"));
        }
        assert_eq!(Mask::Fixed.stricter(Mask::LastFour), Mask::Fixed);
        assert_eq!(Mask::LastFour.stricter(Mask::LastFour), Mask::LastFour);
    }

    #[test]
    fn what_was_shown_is_known_again() {
        let shown = Mask::LastFour.of(Value::from("DE123456789"));
        assert!(is_masked(&shown));
        assert!(!is_masked(&Value::from("DE123456789")));
    }
}
