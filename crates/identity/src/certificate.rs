//! What is kept of a client's certificate.

use std::fmt;

use aws_lc_rs::digest;

/// The SHA-256 of a certificate's public key (`SubjectPublicKeyInfo`, DER): it stays the same
/// when the certificate is renewed for the same key pair. No secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertificateDigest([u8; 32]);

impl CertificateDigest {
    /// The digest of a public key in DER.
    pub fn of(public_key: &[u8]) -> Self {
        let mut bytes = [0; 32];
        let digest = digest::digest(&digest::SHA256, public_key);
        for (to, from) in bytes.iter_mut().zip(digest.as_ref()) {
            *to = *from;
        }
        Self(bytes)
    }

    /// A digest as it was kept.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, to be kept.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for CertificateDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for CertificateDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
