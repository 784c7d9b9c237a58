//! JSON Web Tokens of issuers that are trusted (RFC 7519, RFC 8725).
//!
//! An issuer has one algorithm, set by the operator: what a token says of its algorithm must be
//! that, so that no key is ever used in another way than it was made for. Keys come from the
//! issuer's own set and never from the token, whatever it carries or points to.

mod keys;

use std::fmt;

use jsonwebtoken::{Algorithm, Header, Validation};
use serde_json::{Map, Value};

use portcullis_identity::Timestamp;

pub use keys::{KeySetError, TokenKeys};

/// The longest token that is read, in bytes.
const LONGEST: usize = 16 << 10;

/// With what an issuer signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenAlgorithm {
    /// HMAC with SHA-256, by a secret that both sides know.
    Hs256,
    /// RSA with SHA-256.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

/// No algorithm of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the algorithm is HS256, RS256, ES256 or EdDSA")]
pub struct NoAlgorithm;

/// What is asked of an issuer's tokens.
#[derive(Debug, Clone)]
pub struct TokenRules {
    /// Who issues them (`iss`), to the letter.
    pub issuer: String,
    /// For whom they must be (`aud`): one of these; none: for anybody.
    pub audience: Vec<String>,
    /// With what they are signed.
    pub algorithm: TokenAlgorithm,
    /// How far the clocks may be apart, in seconds.
    pub skew: u32,
    /// How long one may still last, in seconds.
    pub longest: u32,
}

/// Why a token is not good. Never told to whoever shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is no token.
    #[error("it cannot be read")]
    Malformed,
    /// Its header asks for something that is not done.
    #[error("its header asks for what is not done")]
    Header,
    /// It is signed with another algorithm than the issuer's.
    #[error("it is signed with another algorithm than the issuer's")]
    Algorithm,
    /// The issuer has no such key.
    #[error("the issuer has no such key")]
    UnknownKey,
    /// The signature is not the issuer's.
    #[error("its signature is wrong")]
    Signature,
    /// Somebody else issued it.
    #[error("another issuer made it")]
    Issuer,
    /// It is for somebody else.
    #[error("it is for somebody else")]
    Audience,
    /// It does not end, or lasts too long.
    #[error("it has no end, or lasts too long")]
    Lifetime,
    /// It is over.
    #[error("it is over")]
    Expired,
    /// It is not good yet.
    #[error("it is not good yet")]
    NotYet,
}

/// What a token says, once it was found good.
#[derive(Debug, Clone)]
pub struct Claims(Map<String, Value>);

/// What a token says of itself before anybody believed it: enough to find who could.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unverified {
    /// Who issued it, if that is to be believed.
    pub(crate) issuer: String,
    /// With which key, if it says so.
    pub(crate) key: Option<String>,
}

impl TokenAlgorithm {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Hs256, Self::Rs256, Self::Es256, Self::EdDsa];

    /// Its name (RFC 7518, RFC 8037).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    const fn known(self) -> Algorithm {
        match self {
            Self::Hs256 => Algorithm::HS256,
            Self::Rs256 => Algorithm::RS256,
            Self::Es256 => Algorithm::ES256,
            Self::EdDsa => Algorithm::EdDSA,
        }
    }
}

impl fmt::Display for TokenAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for TokenAlgorithm {
    type Err = NoAlgorithm;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = |one: &&Self| one.as_str() == text;
        Self::ALL.iter().find(named).copied().ok_or(NoAlgorithm)
    }
}

impl Unverified {
    /// Reads what a token says of itself. Nothing of it may be believed.
    ///
    /// # Errors
    /// When it is no token.
    pub(crate) fn read(token: &str) -> Result<Self, TokenError> {
        if token.len() > LONGEST {
            return Err(TokenError::Malformed);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Malformed)?;
        let claims: Map<String, Value> = jsonwebtoken::dangerous::insecure_decode_claims(token)
            .map_err(|_| TokenError::Malformed)?;
        let issuer = claims.get("iss").and_then(Value::as_str);
        Ok(Self {
            issuer: issuer.ok_or(TokenError::Issuer)?.to_owned(),
            key: header.kid,
        })
    }

    /// Whether a text has the form of a token: three parts, of which the first is JSON.
    pub(crate) fn is_token(text: &str) -> bool {
        text.starts_with("eyJ") && text.bytes().filter(|byte| *byte == b'.').count() == 2
    }
}

impl TokenRules {
    /// Judges a token.
    ///
    /// # Errors
    /// The first reason for which it is not good.
    pub fn judge(
        &self,
        token: &str,
        keys: &TokenKeys,
        now: Timestamp,
    ) -> Result<Claims, TokenError> {
        if token.len() > LONGEST {
            return Err(TokenError::Malformed);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Malformed)?;
        plain(&header)?;
        if header.alg != self.algorithm.known() {
            return Err(TokenError::Algorithm);
        }
        let key = keys
            .find(header.kid.as_deref())
            .ok_or(TokenError::UnknownKey)?;
        // Time comes in as an argument, so the library's own looks at the clock are off, and
        // what it would have looked at is looked at here.
        let mut validation = Validation::new(self.algorithm.known());
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        let claims = jsonwebtoken::decode::<Map<String, Value>>(token, key, &validation)
            .map_err(|_| TokenError::Signature)?
            .claims;
        self.hold(&claims, now)?;
        Ok(Claims(claims))
    }

    /// Whether the claims are such that the token is good now.
    fn hold(&self, claims: &Map<String, Value>, now: Timestamp) -> Result<(), TokenError> {
        if claims.get("iss").and_then(Value::as_str) != Some(self.issuer.as_str()) {
            return Err(TokenError::Issuer);
        }
        if !self.audience.is_empty() && !self.is_for_us(claims.get("aud")) {
            return Err(TokenError::Audience);
        }
        let now = now.micros() / 1_000_000;
        let (skew, longest) = (i64::from(self.skew), i64::from(self.longest));
        let ends = seconds(claims, "exp")?.ok_or(TokenError::Lifetime)?;
        if ends.saturating_add(skew) <= now {
            return Err(TokenError::Expired);
        }
        if ends.saturating_sub(now) > longest.saturating_add(skew) {
            return Err(TokenError::Lifetime);
        }
        for name in ["nbf", "iat"] {
            let begins = seconds(claims, name)?;
            if begins.is_some_and(|begins| begins > now.saturating_add(skew)) {
                return Err(TokenError::NotYet);
            }
        }
        Ok(())
    }

    fn is_for_us(&self, audience: Option<&Value>) -> bool {
        let ours = |one: &Value| {
            one.as_str()
                .is_some_and(|one| self.audience.iter().any(|our| our == one))
        };
        match audience {
            Some(Value::Array(all)) => all.iter().any(ours),
            Some(one) => ours(one),
            None => false,
        }
    }
}

impl Claims {
    /// A claim that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// The texts of a claim: a list of them, or words in one text. A path such as
    /// `realm_access.roles` leads into nested claims.
    pub fn texts(&self, path: &str) -> Vec<&str> {
        let mut parts = path.split('.');
        let first = parts.next().and_then(|name| self.0.get(name));
        let found = parts.fold(first, |found, name| found?.get(name));
        match found {
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(words)) => words.split_ascii_whitespace().collect(),
            Some(_) | None => Vec::new(),
        }
    }
}

/// Refuses headers that bring a key along, point to one, or must be understood otherwise.
fn plain(header: &Header) -> Result<(), TokenError> {
    let brings = header.jwk.is_some()
        || header.jku.is_some()
        || header.x5u.is_some()
        || header.x5c.is_some()
        || header.crit.is_some()
        || header.enc.is_some()
        || header.zip.is_some()
        || header.extras.inner().contains_key("b64");
    let known = header.typ.as_deref().is_none_or(|typ| {
        ["JWT", "at+jwt", "application/at+jwt"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(typ))
    });
    if brings || !known {
        return Err(TokenError::Header);
    }
    Ok(())
}

/// A moment in whole seconds; a part of a second does not count (RFC 7519 section 2).
fn seconds(claims: &Map<String, Value>, name: &str) -> Result<Option<i64>, TokenError> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    if let Some(whole) = value.as_i64() {
        return Ok(Some(whole));
    }
    let text = value.as_number().ok_or(TokenError::Lifetime)?.to_string();
    let whole = text.split('.').next().unwrap_or_default();
    whole.parse().map(Some).map_err(|_| TokenError::Lifetime)
}

#[cfg(test)]
mod tests;
