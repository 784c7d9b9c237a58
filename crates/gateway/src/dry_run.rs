//! `X-Dry-Run: 1`: a call is judged, limited and recorded as ever, and not sent.
//!
//! The caller is told whether it would have been allowed. A client that wants this must never
//! have its call sent, so any other value of the header is refused, and where it can have no
//! effect, at a log-in, it is refused as well.

use http::{HeaderMap, HeaderName};
use portcullis_erp::dialect::Form;
use portcullis_erp::{Asked, Fault, FaultKind, Local, Map, Reply, Told, Value};

use crate::authorize::Granted;
use crate::once;

/// The header, of requests and of answers.
pub(crate) const NAME: HeaderName = HeaderName::from_static("x-dry-run");

/// What a client says of the sending of its call.
pub(crate) struct Sending {
    /// What the client calls this attempt and its repetitions.
    pub(crate) once: Option<once::Key>,
    /// Whether the call is to be sent at all.
    pub(crate) aim: Aim,
}

/// Whether a call is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Aim {
    /// It is.
    Do,
    /// It is only judged.
    Try {
        /// The rule that allows it, where the caller may know.
        rule: Option<Box<str>>,
    },
}

impl Aim {
    /// What the headers of a request say.
    ///
    /// # Errors
    /// When there is an `X-Dry-Run` that is anything but one `1`.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Fault> {
        let mut values = headers.get_all(NAME).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(Self::Do),
            (Some(value), None) if value.as_bytes() == b"1" => Ok(Self::Try { rule: None }),
            (Some(_), _) => Err(Fault::new(
                FaultKind::Malformed,
                "X-Dry-Run is `1`, once, or is left out; nothing was done",
            )),
        }
    }

    /// Whether the call is only judged.
    pub(crate) fn is_try(&self) -> bool {
        matches!(self, Self::Try { .. })
    }
}

/// Whether a request speaks of a dry run, rightly or not.
pub(crate) fn is_named(headers: &HeaderMap) -> bool {
    headers.contains_key(NAME)
}

/// Refuses to try what cannot be tried: a session is opened by a password that the ERP checks, and
/// ended at the ERP.
///
/// # Errors
/// When this is a log-in, or a log-out.
pub(crate) fn check(asked: &Asked) -> Result<(), Fault> {
    match asked {
        Asked::Local(Local::LogIn | Local::LogOut | Local::LogOutEverywhere) => Err(Fault::new(
            FaultKind::BadArguments,
            "a log-in or log-out cannot be tried: leave X-Dry-Run out; nothing was done",
        )),
        Asked::Local(_) | Asked::Call(_) | Asked::Rest(_) | Asked::Batch(_) => Ok(()),
    }
}

/// What would happen, as far as the caller may know.
pub(crate) fn told(granted: &Granted, aim: &Aim) -> Value {
    let mut told = Map::new();
    told.insert("dry-run".to_owned(), Value::Bool(true));
    told.insert("allowed".to_owned(), Value::Bool(true));
    let (operation, is_guarded) = match granted {
        Granted::Call { permit, .. } => (permit.operation().as_str(), permit.is_guard()),
        Granted::Passage { .. } => ("visit", false),
        Granted::Here(_) | Granted::Session(_) => ("gateway", false),
    };
    told.insert("operation".to_owned(), Value::from(operation));
    // What the ERP would be asked about its records first may still refuse it.
    told.insert("guarded".to_owned(), Value::Bool(is_guarded));
    if let Granted::Call { permit, .. } = granted
        && permit.demands_approval()
    {
        told.insert("approval".to_owned(), Value::Bool(true));
    }
    if let Aim::Try { rule: Some(rule) } = aim {
        told.insert("rule".to_owned(), Value::from(&**rule));
    }
    Value::Map(told)
}

/// How that is written: in the caller's dialect, and not in the form of the call's own answer.
pub(crate) fn manner(reply: Reply) -> Reply {
    Reply {
        form: Form::Value,
        told: Told::AsIs,
        rest: None,
        ..reply
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn aim(values: &[&[u8]]) -> Option<Aim> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(NAME, HeaderValue::from_bytes(value).unwrap());
        }
        Aim::of(&headers).ok()
    }

    #[test]
    fn only_one_1_is_a_dry_run_and_anything_else_is_no_call() {
        assert_eq!(aim(&[]), Some(Aim::Do));
        assert_eq!(aim(&[b"1"]), Some(Aim::Try { rule: None }));
        for bad in [
            "", "0", "01", "1 ", " 1", "1, 1", "1,", "true", "yes", "no", "\"1\"", "?1", "+1",
        ] {
            assert_eq!(aim(&[bad.as_bytes()]), None, "{bad}");
        }
        assert_eq!(aim(&[b"1", b"1"]), None);
        assert_eq!(aim(&[b"1", b""]), None);
        assert_eq!(aim(&[b"\xff"]), None);
    }
}
