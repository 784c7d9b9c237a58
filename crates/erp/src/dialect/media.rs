//! Reads `Content-Type`.

/// A content type, taken apart.
pub(crate) struct Media {
    /// Type and subtype, in lower case; empty if there is none.
    pub(crate) essence: String,
    /// Whether the text is UTF-8, by what is said or for want of a word on it.
    pub(crate) utf8: bool,
}

impl Media {
    /// Reads the header's value.
    pub(crate) fn of(content_type: &str) -> Self {
        let mut parts = content_type.split(';');
        let essence = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let utf8 = parts.all(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let value = value.trim().trim_matches('"');
            !name.trim().eq_ignore_ascii_case("charset")
                || ["utf-8", "utf8", "us-ascii"]
                    .iter()
                    .any(|known| value.eq_ignore_ascii_case(known))
        });
        Self { essence, utf8 }
    }

    /// Whether this is JSON of one of these kinds, in UTF-8.
    pub(crate) fn is(&self, kinds: &[&str]) -> bool {
        self.utf8 && kinds.contains(&self.essence.as_str())
    }

    /// As a header's value, for text with the word that it is UTF-8.
    pub(crate) fn with_charset(&self) -> String {
        if self.utf8 && self.essence.starts_with("text/") {
            format!("{}; charset=utf-8", self.essence)
        } else {
            self.essence.clone()
        }
    }
}
