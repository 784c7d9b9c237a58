//! What a body must be like, as a JSON Schema says it.
//!
//! The schema stands for itself: it is not completed from files or the network. Its expressions
//! run in time that grows with the text and no faster.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "what a schema can find is told in the words of its library, but for a few"
)]

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, ValidationError, Validator};
use portcullis_erp::value::{from_json, to_json};
use portcullis_erp::{Fault, FaultKind, Limits, Value};

/// The largest schema, in bytes.
const LARGEST: usize = 256 << 10;

/// The most problems that are told of one body.
const MOST: usize = 8;

/// The longest description of a problem, in bytes.
const LONGEST: usize = 200;

/// A JSON Schema.
#[derive(Debug)]
pub(crate) struct Schema(Validator);

impl Schema {
    /// Reads a schema.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub(crate) fn new(text: &[u8]) -> Result<Self, String> {
        let limits = Limits {
            body: LARGEST,
            ..Limits::default()
        };
        if text.len() > LARGEST {
            return Err(format!("the schema is larger than {LARGEST} bytes"));
        }
        let schema = from_json(text, &limits).map_err(|error| error.to_string())?;
        jsonschema::options()
            .offline()
            .should_validate_formats(true)
            .should_ignore_unknown_formats(false)
            .with_pattern_options(PatternOptions::regex().size_limit(1 << 20))
            .build(&plain(&schema))
            .map(Self)
            .map_err(|error| {
                let (place, what) = told(&error);
                format!("this is no JSON Schema that can be used: {place} {what}")
            })
    }

    /// Checks a body.
    ///
    /// # Errors
    /// What does not fit, each with the JSON pointer of its place.
    pub(crate) fn check(&self, body: &Value) -> Result<(), Fault> {
        let body = plain(body);
        if self.0.is_valid(&body) {
            return Ok(());
        }
        let problems: Vec<(String, String)> = self
            .0
            .iter_errors(&body)
            .take(MOST)
            .map(|error| told(&error))
            .collect();
        let told: Vec<String> = problems
            .iter()
            .map(|(place, what)| format!("{place} {what}"))
            .collect();
        let fault = Fault::new(FaultKind::Validation, told.join("; "));
        Err(match problems.first() {
            Some((place, _)) => fault.about(place),
            None => fault,
        })
    }
}

/// The value as the crate knows it. A number keeps its digits.
fn plain(value: &Value) -> serde_json::Value {
    serde_json::from_slice(&to_json(value)).unwrap_or_default()
}

/// The JSON pointer of a place, and what is wrong there, without the value that was sent.
fn told(error: &ValidationError<'_>) -> (String, String) {
    let at = error.instance_path().as_str();
    let member = |name: &str| format!("{at}/{}", escaped(name));
    let (mut place, mut what) = match error.kind() {
        ValidationErrorKind::Required { property } => (
            member(property.as_str().unwrap_or_default()),
            "is missing".to_owned(),
        ),
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => (
            member(unexpected.first().map_or("", String::as_str)),
            "is not known".to_owned(),
        ),
        _ if at.is_empty() => ("the body".to_owned(), error.masked().to_string()),
        _ => (at.to_owned(), error.masked().to_string()),
    };
    if let Some(rest) = what.strip_prefix("value ") {
        what = rest.to_owned();
    }
    place.truncate(place.floor_char_boundary(LONGEST));
    what.truncate(what.floor_char_boundary(LONGEST));
    (place, what)
}

/// A name as a part of a JSON pointer (RFC 6901).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        from_json(text.as_bytes(), &Limits::default()).unwrap()
    }

    #[test]
    fn what_does_not_fit_is_named_by_its_pointer_and_not_repeated() {
        let schema = Schema::new(
            br#"{"type": "object", "required": ["lines"], "additionalProperties": false,
                 "properties": {"lines": {"type": "array", "items": {"type": "object",
                   "properties": {"qty": {"type": "integer", "minimum": 1}}}},
                   "code": {"type": "string", "pattern": "^[A-Z]{3}$"}}}"#,
        )
        .unwrap();
        let says = |text: &str| schema.check(&value(text)).map_err(|fault| fault.message);
        assert_eq!(says(r#"{"lines": [{"qty": 2}], "code": "ABC"}"#), Ok(()));
        assert_eq!(says("{}"), Err("/lines is missing".to_owned()));
        let wrong = says(r#"{"lines": [{"qty": "secret word"}]}"#).unwrap_err();
        assert!(wrong.starts_with("/lines/0/qty is not of type"), "{wrong}");
        assert!(!wrong.contains("secret word"), "{wrong}");
        assert_eq!(
            says(r#"{"lines": [], "a/b": 1}"#),
            Err("/a~1b is not known".to_owned())
        );
        assert!(says(r#"{"lines": [], "code": "abc"}"#).is_err());
        assert!(says(r#"{"lines": [{"qty": 0}]}"#).is_err());
    }

    #[test]
    fn numbers_keep_their_digits() {
        let schema = Schema::new(br#"{"type": "integer", "maximum": 9007199254740993}"#).unwrap();
        assert!(schema.check(&value("9007199254740993")).is_ok());
        assert!(schema.check(&value("9007199254740994")).is_err());
        assert!(
            schema
                .check(&value("123456789012345678901234567890"))
                .is_err()
        );
    }

    #[test]
    fn a_schema_that_cannot_be_used_is_told() {
        for text in [
            "{",
            r#"{"type": "nothing"}"#,
            r#"{"$ref": "https://example.com/schema.json"}"#,
            r#"{"$ref": "file:///etc/passwd"}"#,
            r#"{"pattern": "(a"}"#,
            r#"{"type": "string", "format": "no-such-format"}"#,
            r#"{"a": 1, "a": 2}"#,
        ] {
            assert!(Schema::new(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn expressions_run_in_time_that_grows_with_the_text() {
        let schema = Schema::new(br#"{"type": "string", "pattern": "^(a+)+$"}"#).unwrap();
        let long = Value::Text("a".repeat(100_000) + "!");
        assert!(schema.check(&long).is_err());
    }
}
