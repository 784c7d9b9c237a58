//! What is wrong with a signature.

/// What is wrong with a signature. Says what to do, and nothing of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// A header stands more than once.
    #[error("there is more than one `{0}` header")]
    Doubled(&'static str),
    /// A header is no plain text.
    #[error("the `{0}` header is not plain ASCII")]
    NotPlain(&'static str),
    /// A header is longer than it may be.
    #[error("the `{0}` header is too long")]
    TooLong(&'static str),
    /// One of the two headers is there without the other.
    #[error("there is no `{0}` header: a signature is `Signature-Input` and `Signature` together")]
    Missing(&'static str),
    /// A header is no structured field in its one canonical form.
    #[error(
        "the `{0}` header is no dictionary in the canonical form of RFC 9651 (one space at the most, nothing twice)"
    )]
    Form(&'static str),
    /// There are several signatures.
    #[error("there is more than one signature; send one")]
    Several,
    /// The two headers name different signatures.
    #[error("`Signature-Input` and `Signature` have different labels")]
    Labels,
    /// The signature is not what a signature is.
    #[error("the signature is not a byte sequence of the length that its algorithm has")]
    Bytes,
    /// Something is covered that is not known here, or with parameters.
    #[error(
        "a covered component is no header in lower case and none of those that docs/signing.md lists, or has parameters"
    )]
    Component,
    /// Something is covered twice.
    #[error("a component is covered twice")]
    Twice,
    /// A covered header is not there exactly once.
    #[error("`{0}` is covered, and does not stand in the request exactly once")]
    Absent(&'static str),
    /// Something is not covered that must be.
    #[error("the signature does not cover `{0}`")]
    Uncovered(&'static str),
    /// A parameter is not known here.
    #[error("the signature's parameters are created, expires, nonce, keyid and alg, and no other")]
    Parameter,
    /// A parameter is missing, or is not what it must be.
    #[error("the signature's parameter `{0}` is missing, or is not what it must be")]
    BadParameter(&'static str),
    /// The digest of the body is missing.
    #[error("there is a body, and no `Content-Digest` with sha-256 or sha-512")]
    NoDigest,
    /// The digest is that of another body.
    #[error("`Content-Digest` is not that of the body")]
    Digest,
    /// The scheme of the key is another one.
    #[error("the key signs in another way than this")]
    Scheme,
    /// The body is none that the scheme can sign.
    #[error("the scheme signs a JSON body, and this is none")]
    Body,
    /// The clock is too far off, or the signature is old.
    #[error("the signature is more than 300 s old, or from the future: compare the clocks")]
    Clock,
    /// The signature has expired by its own word.
    #[error("the signature has expired")]
    Expired,
    /// The signature is not that of the key over this request.
    #[error("the signature is not that of this key over this request")]
    Wrong,
}
