//! Lines read back.

use portcullis_identity::Timestamp;
use serde::{Deserialize, Serialize};

use crate::hash::Hash;
use crate::head::Head;
use crate::ids::RequestId;

/// A line as it was read: where it stands in its lane, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number within the lane.
    pub n: u64,
    /// The hash of the line before, as this line names it.
    pub prev: Hash,
    /// Its own hash, as it names it.
    pub hash: Hash,
    /// What it says.
    pub event: Event,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A segment begins.
    Head(Box<Head>),
    /// A request begins.
    Open(Box<Opened>),
    /// A request ends.
    Close(Box<Closed>),
}

/// An opening that was read back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The request.
    pub request: RequestId,
    /// When it came.
    pub at: Timestamp,
    /// What the caller is called; none where nobody was identified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// What kind of caller.
    #[serde(default, rename = "as", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The key that was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The ERP user as whom the call runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// The archived ERP user in whose place that one stands.
    #[serde(
        default,
        rename = "instead-of",
        skip_serializing_if = "Option::is_none"
    )]
    pub instead_of: Option<String>,
    /// From where.
    pub address: String,
    /// The ERP instance.
    pub upstream: String,
    /// The caller's dialect.
    pub dialect: String,
    /// The model.
    pub model: String,
    /// What kind of operation.
    pub operation: String,
    /// The method.
    pub method: String,
    /// What was administered, where the record is of an administrative act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// The fields that were named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// Path and operator of each leaf of the domain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub domain: Vec<(String, String)>,
    /// The keys of the context.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub context: Vec<String>,
    /// What else is needed to judge it again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub how: Vec<String>,
    /// How many more names there were: what stands here is not all of the call's shape.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cut: u64,
    /// How many records were named by id.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ids: u64,
    /// The version of the policy that judged.
    pub policy: u64,
    /// The rule that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Why it would be refused, where a monitored role let it pass.
    #[serde(
        default,
        rename = "would-be-refused",
        skip_serializing_if = "Option::is_none"
    )]
    pub would: Option<String>,
    /// The rule that came closest to letting it pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closest: Option<String>,
}

/// How a request ended, as it was read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The ERP answered, and the answer went out.
    Done,
    /// It was refused here.
    Refused,
    /// The ERP answered with a fault.
    Fault,
    /// It may have happened or not.
    Unknown,
    /// The gateway failed.
    Panicked,
}

/// A closing that was read back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// The request.
    pub request: RequestId,
    /// When it ended.
    pub at: Timestamp,
    /// How.
    pub outcome: Verdict,
    /// Why it was refused, or which fault it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The HTTP status that the caller got.
    pub status: u16,
    /// How long it took, in microseconds.
    pub us: u64,
    /// The bytes of the answer's body.
    pub bytes: u64,
    /// What was noticed, and how often.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<(String, u64)>,
}

/// Why a line is no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// It has not the form of a record.
    #[error("this line is no record")]
    Form,
    /// It is not the line that its hash was made of.
    #[error("this line was altered")]
    Altered,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    n: u64,
    prev: Hash,
    #[serde(borrow)]
    kind: &'a str,
}

/// What stands behind the hashed part of a line: `,"hash":"…"}`.
const SEAL: usize = 9 + 64 + 2;

impl Line {
    /// Reads a line (without its line feed) and checks that it was not altered. That it follows
    /// the line before is for the verifier to say.
    ///
    /// # Errors
    /// When it is no record, or does not fit its own hash.
    pub fn parse(text: &[u8]) -> Result<Self, LineError> {
        let (body, seal) = text
            .split_at_checked(text.len().wrapping_sub(SEAL))
            .ok_or(LineError::Form)?;
        let hash = seal
            .strip_prefix(b",\"hash\":\"")
            .and_then(|rest| rest.strip_suffix(b"\"}"))
            .and_then(Hash::parse)
            .ok_or(LineError::Form)?;
        if Hash::of(body) != hash {
            return Err(LineError::Altered);
        }
        let Envelope { n, prev, kind } = read(text)?;
        let event = match kind {
            "head" => Event::Head(Box::new(read(text)?)),
            "open" => Event::Open(Box::new(read(text)?)),
            "close" => Event::Close(Box::new(read(text)?)),
            _ => return Err(LineError::Form),
        };
        Ok(Self {
            n,
            prev,
            hash,
            event,
        })
    }

    /// Number and hash that a line gives itself, whether they are right or not: where to go on
    /// behind a line that may have been altered.
    pub fn claims(text: &[u8]) -> Option<(u64, Hash)> {
        #[derive(Deserialize)]
        struct Claims {
            n: u64,
            hash: Hash,
        }
        let Claims { n, hash } = serde_json::from_slice(text).ok()?;
        Some((n, hash))
    }
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

fn read<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, LineError> {
    serde_json::from_slice(text).map_err(|_| LineError::Form)
}
