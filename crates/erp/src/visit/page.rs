//! The answer of a custom controller, and what of it may be handed on.
//!
//! A page leaves with a status of its own, a content type that the route lists, and the headers
//! that it lists; a redirection, a failure and an error in Odoo's envelope become faults. What
//! an error says of the ERP's inside is replaced by words of ours.

use crate::answer::Answer;
use crate::dialect::{Dialect, Media, Reply, Returned, is_inside, read_envelope, words};
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;
use crate::value::{Value, from_json, to_json};

/// On which terms an answer is handed on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageTerms {
    /// The content types that the answer may have, lower case, without parameters.
    pub kinds: Vec<String>,
    /// Whether Odoo's envelope stands around the answer and is taken off.
    pub envelope: bool,
}

/// An answer on which the terms were applied.
#[derive(PartialEq)]
pub struct Page {
    status: u16,
    /// The content type; empty if there is no body.
    content_type: String,
    body: Vec<u8>,
}

/// Members of an error in which ERPs tell of their inside.
const INSIDE: &[&str] = &[
    "traceback",
    "debug",
    "exc",
    "exception",
    "_server_messages",
    "_debug_messages",
    "stack",
    "stacktrace",
];

impl Page {
    /// Reads an answer.
    ///
    /// # Errors
    /// When it is an error that has no page, or is not on these terms.
    pub fn read(answer: Returned<'_>, terms: &PageTerms, limits: &Limits) -> Result<Self, Fault> {
        if terms.envelope {
            return match read_envelope(answer, limits) {
                Answer::Value(value) => Ok(Self::json(200, &value)),
                Answer::DoneWithoutResult => Ok(Self::json(200, &Value::Null)),
                Answer::Fault(fault) => Err(fault),
            };
        }
        let failed = match answer.status {
            200..=299 => false,
            401 => return Err(told(FaultKind::AccessDenied)),
            400..=499 => true,
            500 => return Err(told(FaultKind::Internal)),
            502..=504 => return Err(told(FaultKind::Unknown)),
            _ => return Err(withheld("an answer of this status")),
        };
        if answer.body.is_empty() {
            return Ok(Self {
                status: answer.status,
                content_type: String::new(),
                body: Vec::new(),
            });
        }
        let media = Media::of(answer.content_type);
        let json = media.essence == "application/json" || media.essence.ends_with("+json");
        let listed = terms.kinds.contains(&media.essence);
        if !listed && (!failed || !json) {
            return Err(if failed {
                of_status(answer.status)
            } else {
                withheld("an answer of a content type that its route does not list")
            });
        }
        if !json {
            // An error in words may say anything; ours say what matters.
            return if failed {
                Err(of_status(answer.status))
            } else {
                Ok(Self {
                    status: answer.status,
                    content_type: media.with_charset(),
                    body: answer.body.to_vec(),
                })
            };
        }
        let Ok(mut value) = from_json(answer.body, limits) else {
            return Err(withheld("an answer that is not well-formed JSON"));
        };
        if let Some(page) = Self::rpc_error(answer, &value, limits) {
            return Ok(page);
        }
        if failed {
            clean(&mut value);
        } else if let Value::Map(map) = &mut value {
            for name in ["error", "errors", "exception", "traceback"] {
                if let Some(error) = map.get_mut(name) {
                    clean(error);
                }
            }
        }
        Ok(Self {
            content_type: media.with_charset(),
            ..Self::json(answer.status, &value)
        })
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The content type; empty if there is no body.
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// The body.
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }

    fn json(status: u16, value: &Value) -> Self {
        Self {
            status,
            content_type: "application/json".to_owned(),
            body: to_json(value),
        }
    }

    /// An error in the envelope that the client itself has put around its request: it is told
    /// as every JSON-RPC fault is, without Odoo's traceback.
    fn rpc_error(answer: Returned<'_>, value: &Value, limits: &Limits) -> Option<Self> {
        let map = value.as_map()?;
        if !map.contains_key("jsonrpc") || !map.contains_key("error") {
            return None;
        }
        let Answer::Fault(fault) = read_envelope(answer, limits) else {
            return None;
        };
        let reply = Reply {
            id: Box::new(map.get("id").cloned().unwrap_or_default()),
            ..Reply::plain(Dialect::JsonRpc)
        };
        let written = reply.write_fault(&fault);
        Some(Self {
            status: if answer.status == 200 {
                written.status
            } else {
                answer.status
            },
            content_type: "application/json".to_owned(),
            body: written.body,
        })
    }
}

/// Takes out of an error what it tells of the ERP's inside.
fn clean(value: &mut Value) {
    match value {
        Value::Text(text) if is_inside(text) || tells_of_a_place(text) => {
            *text = words(FaultKind::Internal).to_owned();
        }
        Value::List(items) => items.iter_mut().for_each(clean),
        Value::Map(map) => {
            map.retain(|name: &String, _| !INSIDE.contains(&name.as_str()));
            map.values_mut().for_each(clean);
        }
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Big(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::Bytes(_)
        | Value::Moment(_) => {}
    }
}

/// Whether an error names a file of the server, or speaks SQL.
fn tells_of_a_place(text: &str) -> bool {
    [
        "/usr/",
        "/home/",
        "/opt/",
        "/srv/",
        "/var/lib/",
        "-packages",
        ".py\"",
        "SELECT ",
        "INSERT INTO ",
        "relation \"",
    ]
    .iter()
    .any(|sign| text.contains(sign))
}

/// The fault for an error of this status whose words are not handed on.
fn of_status(status: u16) -> Fault {
    told(match status {
        403 => FaultKind::AccessError,
        404 | 410 => FaultKind::NotFound,
        405 => FaultKind::Verb,
        409 | 412 => FaultKind::Conflict,
        413 => FaultKind::TooLarge,
        415 => FaultKind::ContentType,
        422 => FaultKind::Validation,
        429 => FaultKind::TooMany,
        _ => FaultKind::Malformed,
    })
}

fn told(kind: FaultKind) -> Fault {
    Fault::new(kind, words(kind))
}

fn withheld(what: &str) -> Fault {
    Fault::new(
        FaultKind::Internal,
        format!("the controller gave {what}, which is not handed on"),
    )
}
