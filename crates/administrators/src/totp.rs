//! Codes by the time (RFC 6238): SHA-1, six digits, steps of 30 seconds, as every app has them.
//!
//! Pure: the secret and the time come in. A code of the step before or after counts too, for
//! clocks that differ; that a step counts once is for the store to hold.

use std::fmt;

use portcullis_identity::{AdministratorName, Timestamp};
use totp_rs::{Algorithm, Builder};
use zeroize::Zeroizing;

use crate::refused::Refused;

/// Who is named in the holder's app.
const ISSUER: &str = "Portcullis";

/// What a holder's app and the gateway both know.
pub struct Totp(totp_rs::Totp);

impl Totp {
    /// The length of a secret, in bytes: that of the hash, as RFC 4226 recommends.
    pub const SECRET: usize = 20;

    /// Codes of this secret, for this administrator.
    ///
    /// # Errors
    /// When the secret is too short.
    pub fn new(secret: &[u8], name: &AdministratorName) -> Result<Self, Refused> {
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_skew(1)
            .with_step_duration(30)
            .with_secret(secret.to_vec())
            .with_issuer(Some(ISSUER))
            .with_account_name(name.as_str())
            .build()
            .map(Self)
            .map_err(|_| Refused::Unavailable)
    }

    /// The step whose code this is, if it is one of the step now, before or after.
    pub fn step_of(&self, code: &str, now: Timestamp) -> Option<i64> {
        let seconds = u64::try_from(now.micros().div_euclid(1_000_000)).ok()?;
        let step = self.0.check(code, seconds)?;
        i64::try_from(step).ok()
    }

    /// The secret as an app reads it, for the length of one call: an `otpauth` URI, and the
    /// secret alone for those who type it.
    ///
    /// # Errors
    /// When it cannot be written so.
    pub fn expose<R>(&self, use_it: impl FnOnce(&str, &str) -> R) -> Result<R, Refused> {
        let uri = self.0.to_url().map(Zeroizing::new);
        let secret = Zeroizing::new(self.0.secret().to_base32());
        uri.map(|uri| use_it(&uri, &secret))
            .map_err(|_| Refused::Unavailable)
    }
}

impl fmt::Debug for Totp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Totp(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B.
    const SECRET: &[u8] = b"12345678901234567890";

    fn totp() -> Totp {
        Totp::new(SECRET, &AdministratorName::new("anna@example.com").unwrap()).unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1_000_000)
    }

    #[test]
    fn the_codes_of_the_rfc_are_known() {
        // RFC 6238, appendix B, the last six of eight digits.
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(totp().step_of(code, at(seconds)), Some(seconds / 30));
        }
    }

    #[test]
    fn a_code_counts_one_step_early_and_late_and_no_longer() {
        let (code, step) = ("005924", 1_234_567_890 / 30);
        let begin = step * 30;
        assert_eq!(totp().step_of(code, at(begin)), Some(step));
        assert_eq!(totp().step_of(code, at(begin + 59)), Some(step), "late");
        assert_eq!(totp().step_of(code, at(begin - 30)), Some(step), "early");
        assert_eq!(totp().step_of(code, at(begin + 60)), None);
        assert_eq!(totp().step_of(code, at(begin - 31)), None);
        assert_eq!(totp().step_of(code, at(begin + 3600)), None, "an hour ago");
    }

    #[test]
    fn what_is_no_code_is_none() {
        for text in ["", "00592", "0059244", "00592a", "٠٠٥٩٢٤", " 005924 x"] {
            assert_eq!(totp().step_of(text, at(1_234_567_890)), None, "{text}");
        }
        assert_eq!(totp().step_of("005924", Timestamp(-1)), None);
    }

    #[test]
    fn an_app_reads_the_uri() {
        let (uri, secret) = totp()
            .expose(|uri, secret| (uri.to_owned(), secret.to_owned()))
            .unwrap();
        assert_eq!(secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(
            uri.starts_with("otpauth://totp/Portcullis:anna%40example"),
            "{uri}"
        );
        let again = totp_rs::Totp::from_url(&uri).unwrap();
        assert_eq!(again.secret().as_ref(), SECRET);
    }
}
