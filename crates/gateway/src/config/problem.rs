//! What is wrong with a configuration, and where.

use std::fmt;
use std::path::{Path, PathBuf};

/// One problem, with the line that it is on.
#[derive(Debug)]
pub struct Problem {
    file: PathBuf,
    place: Option<Place>,
    message: String,
}

#[derive(Debug)]
struct Place {
    line: usize,
    column: usize,
    text: String,
}

impl Problem {
    /// The problem as JSON: `file`, `line`, `column`, `message`.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "file": self.file,
            "line": self.place.as_ref().map(|place| place.line),
            "column": self.place.as_ref().map(|place| place.column),
            "message": self.message,
        })
    }

    pub(super) fn of_file(file: &Path, message: String) -> Self {
        Self {
            file: file.to_owned(),
            place: None,
            message,
        }
    }

    /// toml's own message quotes nothing but key names; the line itself is shown by us.
    pub(super) fn of_toml(file: &Path, text: &str, error: &toml::de::Error) -> Self {
        let message = error.message().to_owned();
        match error.span() {
            Some(span) => Self::at_offset(file, text, span.start, message),
            None => Self::of_file(file, message),
        }
    }

    pub(super) fn at_offset(file: &Path, text: &str, offset: usize, message: String) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count().saturating_add(1);
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count()
            .saturating_add(1);
        Self::at(file, text, line, column, message)
    }

    /// A problem at a place of a file that was read.
    pub fn at(file: &Path, text: &str, line: usize, column: usize, message: String) -> Self {
        let shown = text
            .lines()
            .nth(line.saturating_sub(1))
            .unwrap_or_default()
            .to_owned();
        Self {
            file: file.to_owned(),
            place: Some(Place {
                line,
                column,
                text: shown,
            }),
            message,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(place) = &self.place else {
            return write!(f, "{}: {}", self.file.display(), self.message);
        };
        let number = place.line.to_string();
        let margin = " ".repeat(number.len());
        writeln!(
            f,
            "{}:{}:{}: {}",
            self.file.display(),
            place.line,
            place.column,
            self.message
        )?;
        writeln!(f, "{margin} |")?;
        writeln!(f, "{number} | {}", place.text)?;
        write!(
            f,
            "{margin} | {}^",
            " ".repeat(place.column.saturating_sub(1))
        )
    }
}
