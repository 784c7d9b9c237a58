//! What a route takes.

use std::collections::BTreeSet;

use http::HeaderName;
use portcullis_erp::visit::Payload;
use portcullis_erp::{Fault, FaultKind, Map, Value, Visit};

use super::Schema;

/// What is taken.
#[derive(Debug)]
pub(crate) struct Takes {
    /// Whether bodies may be JSON.
    pub(crate) json: bool,
    /// Whether bodies may be forms.
    pub(crate) form: bool,
    /// What a body must be like; none where the route says that anything goes.
    pub(crate) schema: Option<Schema>,
    /// Whether Odoo's envelope is put around the body.
    pub(crate) envelope: bool,
    /// The arguments that the query may have.
    pub(crate) query: BTreeSet<String>,
    /// The headers that are handed on.
    pub(crate) headers: Vec<HeaderName>,
    /// The largest body, in bytes.
    pub(crate) bytes: usize,
}

impl Takes {
    /// Whether a header of this name is handed on.
    pub(crate) fn hands_on(&self, name: &str) -> bool {
        self.headers.iter().any(|known| known == name)
    }

    /// Whether a visit is what is taken.
    ///
    /// # Errors
    /// What of it is not, and what would be.
    pub(crate) fn check(&self, visit: &Visit) -> Result<(), Fault> {
        for name in visit.query_names() {
            if !self.query.contains(name) {
                return Err(self.unknown_argument());
            }
        }
        if !visit.verb().takes_body() {
            return Ok(());
        }
        let form;
        let body = match visit.payload() {
            Payload::Json(value) | Payload::Enveloped(value) if self.json => Some(value),
            Payload::Form(pairs) if self.form => {
                let texts = pairs
                    .iter()
                    .map(|(name, value)| (name.clone(), Value::Text(value.clone())));
                form = Value::Map(texts.collect::<Map>());
                Some(&form)
            }
            Payload::Nothing => None,
            Payload::Json(_) | Payload::Enveloped(_) | Payload::Form(_) => {
                return Err(Fault::new(
                    FaultKind::ContentType,
                    format!("a body here is {}", self.kinds().join(" or ")),
                ));
            }
        };
        match (&self.schema, body) {
            (None, _) => Ok(()),
            (Some(schema), Some(body)) => schema.check(body),
            (Some(_), None) => Err(Fault::new(
                FaultKind::BadArguments,
                format!(
                    "there is no body; send one as {}",
                    self.kinds().join(" or ")
                ),
            )),
        }
    }

    fn unknown_argument(&self) -> Fault {
        let known: Vec<&str> = self.query.iter().map(String::as_str).collect();
        let message = if known.is_empty() {
            "the query has no arguments here".to_owned()
        } else {
            format!("the arguments of the query are {}", known.join(", "))
        };
        Fault::new(FaultKind::BadArguments, message)
    }

    fn kinds(&self) -> Vec<&'static str> {
        [
            (self.json, "application/json"),
            (self.form, "application/x-www-form-urlencoded"),
        ]
        .into_iter()
        .filter_map(|(taken, kind)| taken.then_some(kind))
        .collect()
    }
}
