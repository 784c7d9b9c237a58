//! The older schemes: `X-Signature` beside `X-Timestamp` or `X-Request-Time`.
//!
//! Each signs the endpoint as its client wrote it, which is not always what was sent: clients
//! escape a path after they have signed it, and may take `/u/{upstream}` for a part of the
//! server's address. So there are several texts that may have been signed, each of them this
//! request and no other; a good signature is one over any of them.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use data_encoding::HEXLOWER;
use percent_encoding::percent_decode_str;

use super::digest::sha_256;
use super::flaw::Flaw;
use super::head::Head;
use super::scheme::Scheme;
use super::sorted_json::sorted_json;
use super::verifier::Verifier;
use crate::timestamp::Timestamp;

const SIGNATURE: &str = "x-signature";
const TIMESTAMP: &str = "x-timestamp";
const REQUEST_TIME: &str = "x-request-time";

/// The longest header, in bytes.
const LONGEST: usize = 128;

/// A request with a signature of one of the older schemes. Which of them, the key says.
#[derive(Clone)]
pub struct Legacy {
    verb: String,
    endpoints: Vec<String>,
    /// `X-Timestamp`.
    timestamp: Option<String>,
    /// `X-Request-Time`.
    request_time: Option<String>,
    signature: [u8; 32],
    body: Body,
    /// The digest of the request's bytes.
    bytes: [u8; 32],
}

#[derive(Clone)]
enum Body {
    /// There is none.
    Nothing,
    /// As it is signed.
    Json(String),
    /// No JSON.
    Other,
}

/// Which of the two ways of writing a signature's bytes.
#[derive(PartialEq, Eq)]
enum Written {
    Base64,
    Hexadecimal,
}

/// A signature that was found good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// When it was made.
    pub created: Timestamp,
    /// A digest of the signature and of the bytes that it came with.
    pub mark: [u8; 32],
}

/// The largest body that is put in order, in bytes: it stands in each text that may have been
/// signed, and nobody knows yet who sends it.
const LARGEST: usize = 64 << 10;

impl Legacy {
    /// Reads the signature of a request; none if it has none. `base` is what may stand before
    /// the path that the client has signed.
    ///
    /// # Errors
    /// When a header stands twice, or is not what it must be in any of the schemes.
    pub fn read(head: &Head<'_>, base: &str, body: &[u8]) -> Result<Option<Self>, Flaw> {
        let Some(signature) = short(head, SIGNATURE)? else {
            return Ok(None);
        };
        let (signature, written) = bytes(signature).ok_or(Flaw::Bytes)?;
        let signs_body = written == Written::Base64;
        Ok(Some(Self {
            verb: head.verb.to_ascii_uppercase(),
            endpoints: endpoints(head, base),
            timestamp: short(head, TIMESTAMP)?.map(str::to_owned),
            request_time: short(head, REQUEST_TIME)?.map(str::to_owned),
            signature,
            body: match body {
                [] => Body::Nothing,
                _ if !signs_body || body.len() > LARGEST => Body::Other,
                body => sorted_json(body).map_or(Body::Other, Body::Json),
            },
            bytes: digest_of(head, body),
        }))
    }

    /// Whether the signature is that of a key. `beside` is the secret half of the key, where
    /// it was sent beside the signature.
    ///
    /// # Errors
    /// When it is not, the key signs in another way, or the moment is none.
    pub fn verify(&self, verifier: &Verifier, beside: Option<&str>) -> Result<Found, Flaw> {
        let (scheme, key) = match (verifier, beside) {
            (Verifier::SortedJson(key), _) => (Scheme::LegacySortedJson, key.clone()),
            (Verifier::Beside(scheme), Some(secret)) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
                (*scheme, key)
            }
            (Verifier::Beside(_), None) => return Err(Flaw::Wrong),
            (Verifier::Hmac(_) | Verifier::Ed25519(_), _) => return Err(Flaw::Scheme),
        };
        let (texts, created) = self.texts(scheme)?;
        let mut good = false;
        // All of them are tried, so that the time does not tell which was near.
        for text in texts {
            good |= hmac::verify(&key, text.as_bytes(), &self.signature).is_ok();
        }
        if !good {
            return Err(Flaw::Wrong);
        }
        Ok(Found {
            created,
            // Where the body is signed, other bytes of the same meaning are the same request.
            mark: if scheme == Scheme::LegacySortedJson {
                sha_256(&[b"portcullis once 2\0", &self.signature])
            } else {
                sha_256(&[b"portcullis once 1\0", &self.signature, &self.bytes])
            },
        })
    }

    /// The texts that may have been signed, and the moment that they say.
    ///
    /// # Errors
    /// When the scheme's own header is missing or says no moment, or there is a body that the
    /// scheme cannot sign.
    pub fn texts(&self, scheme: Scheme) -> Result<(Vec<String>, Timestamp), Flaw> {
        let verb = &self.verb;
        let needed = |header: &Option<String>, name| header.clone().ok_or(Flaw::Missing(name));
        match scheme {
            Scheme::LegacySortedJson => {
                let stamp = needed(&self.timestamp, "X-Timestamp")?;
                let created = seconds(&stamp).ok_or(Flaw::BadParameter("X-Timestamp"))?;
                let end = match &self.body {
                    Body::Nothing => String::new(),
                    Body::Json(text) => format!("\n{text}"),
                    Body::Other => return Err(Flaw::Body),
                };
                let text = |endpoint| format!("{verb}\n{endpoint}\n{stamp}{end}");
                Ok((self.endpoints.iter().map(text).collect(), created))
            }
            Scheme::LegacyTimestamp | Scheme::LegacyRequestTime => {
                let (header, name) = if scheme == Scheme::LegacyTimestamp {
                    (&self.timestamp, "X-Timestamp")
                } else {
                    (&self.request_time, "X-Request-Time")
                };
                let stamp = needed(header, name)?;
                let created = moment(&stamp).ok_or(Flaw::BadParameter(name))?;
                let text = |endpoint| format!("{verb}:{endpoint}:{stamp}");
                Ok((self.endpoints.iter().map(text).collect(), created))
            }
            Scheme::Hmac | Scheme::Ed25519 => Err(Flaw::Scheme),
        }
    }
}

fn short<'a>(head: &Head<'a>, name: &'static str) -> Result<Option<&'a str>, Flaw> {
    let value = head.one(name)?;
    if value.is_some_and(|value| value.len() > LONGEST) {
        return Err(Flaw::TooLong(name));
    }
    Ok(value)
}

/// The bytes of a signature. Each has one text in either way of writing them.
fn bytes(text: &str) -> Option<([u8; 32], Written)> {
    let hexadecimal = || {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok()?;
        Some((bytes.try_into().ok()?, Written::Hexadecimal))
    };
    let base64 = || {
        let bytes = STANDARD.decode(text).ok()?;
        Some((bytes.try_into().ok()?, Written::Base64))
    };
    hexadecimal().or_else(base64)
}

/// The texts that a client may have taken for the endpoint.
fn endpoints(head: &Head<'_>, base: &str) -> Vec<String> {
    let mut paths = vec![head.path.to_owned()];
    if let Some(rest) = head.path.strip_prefix(base)
        && rest.starts_with('/')
        && !base.is_empty()
    {
        paths.push(rest.to_owned());
    }
    for sent in paths.clone() {
        // A `?` or a `%` that was escaped must not read as one that was not.
        if let Ok(plain) = percent_decode_str(&sent).decode_utf8()
            && !plain.contains(['?', '%', '#'])
            && !plain.contains(char::is_control)
        {
            paths.push(plain.into_owned());
        }
    }
    let mut endpoints = paths.clone();
    if let Some(query) = head.query {
        let mut queries = vec![query.to_owned()];
        if let Ok(plain) = percent_decode_str(query).decode_utf8()
            && !plain.contains(char::is_control)
        {
            queries.push(plain.into_owned());
        }
        for path in &paths {
            endpoints.extend(queries.iter().map(|query| format!("{path}?{query}")));
        }
    }
    let bare: Vec<String> = endpoints
        .iter()
        .filter_map(|endpoint| endpoint.strip_prefix('/'))
        .map(str::to_owned)
        .collect();
    endpoints.extend(bare);
    // As it was sent comes first.
    let mut seen = std::collections::HashSet::new();
    endpoints.retain(|endpoint| seen.insert(endpoint.clone()));
    endpoints
}

/// Seconds since 1970, as Python's `str(int(…))` writes them.
fn seconds(text: &str) -> Option<Timestamp> {
    let plain = (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds: i64 = plain.then(|| text.parse().ok())??;
    Some(Timestamp(0).plus_millis(seconds.saturating_mul(1000)))
}

/// A moment as Python's `isoformat()` and JavaScript's `toISOString()` write it; without an
/// offset it is in UTC.
fn moment(text: &str) -> Option<Timestamp> {
    let time = text.get(19..)?;
    if time.contains(['Z', '+', '-']) {
        return Timestamp::parse_rfc3339(text).ok();
    }
    Timestamp::parse_rfc3339(&format!("{text}Z")).ok()
}

fn digest_of(head: &Head<'_>, body: &[u8]) -> [u8; 32] {
    let query = head.query.unwrap_or_default();
    // None of the first three can hold a line's end.
    let parts: [&[u8]; 7] = [
        head.verb.as_bytes(),
        b"\n",
        head.path.as_bytes(),
        b"\n",
        query.as_bytes(),
        b"\n",
        body,
    ];
    sha_256(&parts)
}
