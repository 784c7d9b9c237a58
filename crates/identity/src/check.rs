//! The check at the end of keys and session tokens: a text that was cut or mistyped is told
//! from a wrong one before any store is asked.

use aws_lc_rs::digest;

use crate::base32;

/// The length of a check.
pub(crate) const CHECK: usize = 7;

/// The first 35 bits of SHA-256, as 7 characters.
pub(crate) fn of(body: &[u8]) -> [u8; CHECK] {
    let hash = digest::digest(&digest::SHA256, body);
    let mut text = String::with_capacity(52);
    base32::encode(hash.as_ref(), &mut text);
    let mut check = [0; CHECK];
    for (to, from) in check.iter_mut().zip(text.bytes()) {
        *to = from;
    }
    check
}
