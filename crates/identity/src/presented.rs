//! What a request carried to say who is calling, before anybody believed it.

use crate::secret::Secret;
use crate::style::Style;

/// What a request carried.
#[derive(Debug)]
pub enum Presented {
    /// No credential at all.
    Nothing,
    /// A text that may be a key; a pair is joined by `:`.
    Key {
        /// The text as it was sent.
        text: Secret<String>,
        /// In which way it was shown.
        style: Style,
    },
    /// The text of a session cookie.
    Session(Secret<String>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_debug_shows_a_secret() {
        let key = Presented::Key {
            text: "open sesame".into(),
            style: Style::Bearer,
        };
        let session = Presented::Session("open sesame".into());
        let shown = format!("{key:?} {session:#?}");
        assert!(shown.contains("Bearer"));
        assert!(!shown.contains("sesame"));
    }
}
