//! A request that is signed by RFC 9421, read.
//!
//! The text that was signed is made anew from the request, so whatever is covered is what the
//! request says; what must be covered is checked here, so a signature over less is none.

use std::fmt::Write as _;

use sfv::{BareItem, Dictionary, FieldType as _, InnerList, Item, ListEntry, Parser};

use super::digest::{self, Digests};
use super::flaw::Flaw;
use super::head::Head;
use super::scheme::Scheme;
use crate::key_id::KeyId;
use crate::timestamp::Timestamp;

const INPUT: &str = "signature-input";
const SIGNATURE: &str = "signature";

/// The longest header, in bytes.
const LONGEST: usize = 1024;

/// The longest nonce.
const NONCE: usize = 128;

/// The parts of a request, other than headers, that may be covered; the first three must be, where
/// there are such parts, and the digest of the body and [`MEANING`] too. Any header may be.
const DERIVED: &[&str] = &["@method", "@path", "@query", "@authority"];

/// What flaws call a header that has no meaning here.
const OTHER: &str = "another header";

/// The headers that change what a request does: covered wherever they are sent. Without a body
/// its type means nothing.
const MEANING: &[&str] = &[
    "idempotency-key",
    "if-match",
    "if-none-match",
    "x-dry-run",
    "x-odoo-database",
];

/// A request with one signature that covers what it must. Whether it is good, a
/// [`Verifier`](super::Verifier) says, once the key is known.
#[derive(Clone)]
pub struct Signed {
    label: String,
    key: KeyId,
    created: Timestamp,
    expires: Option<Timestamp>,
    nonce: String,
    named: Option<Scheme>,
    base: String,
    signature: Vec<u8>,
    digests: Option<Digests>,
    covered: Vec<String>,
}

/// What `Signature-Input` says of the one signature.
struct Input {
    label: String,
    covered: Vec<String>,
    parameters: InnerList,
}

impl Signed {
    /// Reads the signature of a request; none if it has none. The body is looked at by
    /// [`Signed::is_of`], once it is here.
    ///
    /// # Errors
    /// When there is more than one signature, it could be read in two ways, or it does not
    /// cover what it must.
    pub fn read(head: &Head<'_>) -> Result<Option<Self>, Flaw> {
        let (input, signature) = match (head.one(INPUT)?, head.one(SIGNATURE)?) {
            (None, None) => return Ok(None),
            (None, Some(_)) => return Err(Flaw::Missing("Signature-Input")),
            (Some(_), None) => return Err(Flaw::Missing("Signature")),
            (Some(input), Some(signature)) => (input, signature),
        };
        let input = Input::read(input)?;
        let signature = bytes(&input.label, signature)?;
        let mut parameters = Parameters::default();
        for (name, value) in &input.parameters.params {
            parameters.take(name.as_str(), value)?;
        }
        let need = |name: &'static str| {
            let covered = input.covers(name);
            covered.then_some(()).ok_or(Flaw::Uncovered(name))
        };
        need("@method")?;
        need("@path")?;
        if head.query.is_some() {
            need("@query")?;
        }
        for header in MEANING {
            if head.has(header) {
                need(header)?;
            }
        }
        if head.has("content-type") && input.covers(digest::NAME) {
            need("content-type")?;
        }
        let digests = match input.covers(digest::NAME) {
            true => {
                let told = head.one(digest::NAME)?.ok_or(Flaw::NoDigest)?;
                Some(Digests::read(told)?)
            }
            false => None,
        };
        Ok(Some(Self {
            base: input.base(head)?,
            label: input.label,
            key: parameters.key.ok_or(Flaw::BadParameter("keyid"))?,
            created: parameters.created.ok_or(Flaw::BadParameter("created"))?,
            expires: parameters.expires,
            nonce: parameters.nonce.ok_or(Flaw::BadParameter("nonce"))?,
            named: parameters.named,
            signature,
            digests,
            covered: input.covered,
        }))
    }

    /// Whether this is the body that was signed. No body needs no digest.
    ///
    /// # Errors
    /// When it is not, or the digest of a body is not covered.
    pub fn is_of(&self, body: &[u8]) -> Result<(), Flaw> {
        match &self.digests {
            Some(digests) => digests.are_of(body),
            None if body.is_empty() => Ok(()),
            None => Err(Flaw::Uncovered(digest::NAME)),
        }
    }

    /// Whether it is taken at this moment.
    ///
    /// # Errors
    /// When it is too old, from the future, or has expired.
    pub fn in_time(&self, now: Timestamp) -> Result<(), Flaw> {
        super::in_time(self.created, now)?;
        match self.expires {
            Some(expires) if expires < now => Err(Flaw::Expired),
            Some(_) | None => Ok(()),
        }
    }

    /// The id of the key that it names.
    pub fn key(&self) -> &KeyId {
        &self.key
    }

    /// When it was made.
    pub fn created(&self) -> Timestamp {
        self.created
    }

    /// What makes it different from every other of its key.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// A digest of the nonce.
    pub fn mark(&self) -> [u8; 32] {
        digest::sha_256(&[b"portcullis nonce 1\0", self.nonce.as_bytes()])
    }

    /// Its label: a name within the headers, without a meaning.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Whether a header, named in lower case, is among what was signed.
    pub fn covers(&self, header: &str) -> bool {
        self.covered.iter().any(|known| known == header)
    }

    /// The text that was signed (RFC 9421, section 2.5).
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The signature.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The scheme that it names, if it names one.
    pub(super) fn named(&self) -> Option<Scheme> {
        self.named
    }
}

#[derive(Default)]
struct Parameters {
    created: Option<Timestamp>,
    expires: Option<Timestamp>,
    nonce: Option<String>,
    key: Option<KeyId>,
    named: Option<Scheme>,
}

impl Parameters {
    fn take(&mut self, name: &str, value: &BareItem) -> Result<(), Flaw> {
        match name {
            "created" => self.created = Some(moment(value).ok_or(Flaw::BadParameter("created"))?),
            "expires" => self.expires = Some(moment(value).ok_or(Flaw::BadParameter("expires"))?),
            "nonce" => {
                let nonce = text(value).filter(|nonce| (1..=NONCE).contains(&nonce.len()));
                self.nonce = Some(nonce.ok_or(Flaw::BadParameter("nonce"))?.to_owned());
            }
            "keyid" => {
                let id = text(value).and_then(|id| KeyId::new(id).ok());
                self.key = Some(id.ok_or(Flaw::BadParameter("keyid"))?);
            }
            "alg" => {
                self.named = Some(match text(value) {
                    Some("hmac-sha256") => Scheme::Hmac,
                    Some("ed25519") => Scheme::Ed25519,
                    Some(_) | None => return Err(Flaw::BadParameter("alg")),
                });
            }
            _ => return Err(Flaw::Parameter),
        }
        Ok(())
    }
}

impl Input {
    fn read(field: &str) -> Result<Self, Flaw> {
        let (label, entry) = only(INPUT, field)?;
        let ListEntry::InnerList(parameters) = entry else {
            return Err(Flaw::Form(INPUT));
        };
        let mut covered = Vec::with_capacity(parameters.items.len());
        for item in &parameters.items {
            let name = component(item).ok_or(Flaw::Component)?;
            if covered.contains(&name) {
                return Err(Flaw::Twice);
            }
            covered.push(name);
        }
        Ok(Self {
            label,
            covered,
            parameters,
        })
    }

    fn covers(&self, name: &str) -> bool {
        self.covered.iter().any(|known| known == name)
    }

    /// The text that is signed: a line for each covered component, and the parameters.
    fn base(&self, head: &Head<'_>) -> Result<String, Flaw> {
        let mut base = String::with_capacity(512);
        for name in &self.covered {
            let value = match name.as_str() {
                "@method" => head.verb.to_owned(),
                "@path" => head.path.to_owned(),
                "@query" => format!("?{}", head.query.unwrap_or_default()),
                "@authority" => {
                    let host = head.one("host")?.ok_or(Flaw::Absent("@authority"))?;
                    host.to_ascii_lowercase()
                }
                header => {
                    let said = meaning(header);
                    let value = head.one_of(header, said)?;
                    value.ok_or(Flaw::Absent(said))?.to_owned()
                }
            };
            write(&mut base, name, &value);
        }
        let parameters = vec![ListEntry::InnerList(self.parameters.clone())];
        let parameters = parameters.serialize().ok_or(Flaw::Form(INPUT))?;
        write(&mut base, "@signature-params", &parameters);
        // The last line has no end.
        base.pop();
        Ok(base)
    }
}

fn write(base: &mut String, name: &str, value: &str) {
    // INVARIANT: writing to a string does not fail.
    writeln!(base, "\"{name}\": {value}").unwrap_or_default();
}

/// The one member of a dictionary. It must stand in its canonical form: whatever stands twice,
/// or could be written in another way, is gone from that.
fn only(name: &'static str, text: &str) -> Result<(String, ListEntry), Flaw> {
    if text.len() > LONGEST {
        return Err(Flaw::TooLong(name));
    }
    let read: Dictionary = Parser::new(text).parse().map_err(|_| Flaw::Form(name))?;
    if read.len() > 1 {
        return Err(Flaw::Several);
    }
    if read.serialize().as_deref() != Some(text) {
        return Err(Flaw::Form(name));
    }
    let (label, entry) = read.into_iter().next().ok_or(Flaw::Form(name))?;
    Ok((label.as_str().to_owned(), entry))
}

/// The signature's bytes.
fn bytes(label: &str, field: &str) -> Result<Vec<u8>, Flaw> {
    let (own, entry) = only(SIGNATURE, field)?;
    if own != label {
        return Err(Flaw::Labels);
    }
    let ListEntry::Item(item) = entry else {
        return Err(Flaw::Bytes);
    };
    let (true, BareItem::ByteSequence(bytes)) = (item.params.is_empty(), item.bare_item) else {
        return Err(Flaw::Bytes);
    };
    // Of HMAC-SHA256, or of Ed25519.
    let has_length = matches!(bytes.len(), 32 | 64);
    has_length.then_some(bytes).ok_or(Flaw::Bytes)
}

/// A part of a request, or a header's name in lower case, without parameters.
fn component(item: &Item) -> Option<String> {
    let name = text(&item.bare_item).filter(|_| item.params.is_empty())?;
    let of_header = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_header = !name.is_empty() && name.bytes().all(of_header);
    (is_header || DERIVED.contains(&name)).then(|| name.to_owned())
}

/// What a flaw calls a header.
fn meaning(header: &str) -> &'static str {
    let known = [digest::NAME, "content-type"];
    let mut known = MEANING.iter().chain(&known);
    known
        .find(|known| **known == header)
        .map_or(OTHER, |known| known)
}

fn text(value: &BareItem) -> Option<&str> {
    let BareItem::String(text) = value else {
        return None;
    };
    Some(text.as_str())
}

/// A moment in whole seconds.
fn moment(value: &BareItem) -> Option<Timestamp> {
    let BareItem::Integer(seconds) = value else {
        return None;
    };
    let seconds = i64::from(*seconds);
    (seconds >= 0).then(|| Timestamp(0).plus_millis(seconds.saturating_mul(1000)))
}
