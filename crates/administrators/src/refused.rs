//! Why something was refused, and what whoever asked is told.

use portcullis_storage::StoreError;

use crate::strength::Weakness;

/// Why something was refused.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The name, the password, the code or the passkey is wrong; it is not told which.
    #[error("the name, the password or the second factor is wrong")]
    Wrong,
    /// Too many attempts failed; seconds until one more is judged.
    #[error("too many attempts failed: try again in {0} seconds")]
    Wait(u64),
    /// Too many codes of the app were wrong beside the right password; seconds until one more is
    /// judged.
    #[error(
        "too many codes of the app were wrong: a passkey or a recovery code goes on, a code in {0} \
         seconds; if those were not yours, somebody has your password: change it"
    )]
    CodesHeld(u64),
    /// More attempts are being judged than there is memory for.
    #[error("too much is going on: try again in a moment")]
    Busy,
    /// No session was shown, or one that has ended.
    #[error("nobody is logged in, or the session has ended: log in")]
    NotLoggedIn,
    /// More than one credential was shown, or one that cannot be read.
    #[error("show one credential: the cookie, or a bearer's token")]
    Ambiguous,
    /// A request by cookie did not show the session's token.
    #[error(
        "requests by cookie that change something show the token of the session in X-CSRF-Token"
    )]
    Forged,
    /// The session is good for the enrolment of a second factor only.
    #[error("a second factor is required: enrol one, and log in with it")]
    OnlyEnrolling,
    /// The log-in is too long ago for this.
    #[error("this needs a log-in of the last few minutes: log in again")]
    Stale,
    /// What was begun has ended, or was used before.
    #[error("this was used before, or has ended: begin again")]
    Ended,
    /// The code of an app does not confirm what was begun.
    #[error("this code does not belong to the secret: begin again, and check the clock")]
    Unconfirmed,
    /// Passkeys are not to be had here.
    #[error("passkeys need the origin of the administration's pages: set it in the configuration")]
    NoPasskeys,
    /// The authenticator's answer was not taken.
    #[error("the answer of the authenticator was not taken: begin again")]
    Unverified,
    /// It is the only second factor.
    #[error("this is the only second factor: enrol another one first")]
    LastFactor,
    /// There is no such thing.
    #[error("there is no such {0}")]
    Absent(&'static str),
    /// There is too much of it.
    #[error("there are too many second factors: remove one first")]
    TooMany,
    /// The password is not good enough.
    #[error(transparent)]
    Weak(#[from] Weakness),
    /// The request cannot be read.
    #[error("the request cannot be read: {0}")]
    Malformed(&'static str),
    /// The store does not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What must be written down before it is done cannot be.
    #[error("what is done here is written down first, and that is not possible now: try again")]
    Unrecorded,
    /// What is kept does not open with the master key that the gateway has.
    #[error("what is kept of administrators does not open: the gateway's log says more")]
    Sealed,
    /// Something that is needed does not answer.
    #[error("this cannot be done right now")]
    Unavailable,
}

impl Refused {
    /// The HTTP status, a word for records and programs, and a title.
    pub const fn told(&self) -> (u16, &'static str, &'static str) {
        match self {
            Self::Wrong => (401, "wrong", "The log-in is wrong"),
            Self::NotLoggedIn => (401, "not-logged-in", "Nobody is logged in"),
            Self::Wait(_) => (429, "paced", "Too many failures"),
            Self::CodesHeld(_) => (429, "codes-held", "Too many wrong codes"),
            Self::Busy => (503, "busy", "Too much is going on"),
            Self::Store(_) => (503, "store", "The store does not answer"),
            Self::Unrecorded => (503, "unrecorded", "It cannot be recorded"),
            Self::Sealed => (503, "sealed", "It does not open"),
            Self::Unavailable => (503, "unavailable", "Not right now"),
            Self::Ambiguous => (400, "ambiguous-credential", "Several credentials"),
            Self::Malformed(_) => (400, "malformed", "It cannot be read"),
            Self::Forged => (403, "csrf-token-needed", "No token of the session"),
            Self::OnlyEnrolling => (403, "second-factor-required", "A second factor is required"),
            Self::Stale => (403, "log-in-again", "The log-in is too old"),
            Self::Ended => (410, "ended", "It has ended"),
            Self::Unconfirmed => (422, "unconfirmed", "The code is wrong"),
            Self::Unverified => (422, "unverified", "The authenticator is not taken"),
            Self::Weak(Weakness::Short) => (422, "password-too-short", "The password is weak"),
            Self::Weak(Weakness::Long) => (422, "password-too-long", "The password is too long"),
            Self::Weak(Weakness::Control) => (422, "password-unreadable", "Not a password"),
            Self::Weak(Weakness::Guessable(_)) => {
                (422, "password-too-easy", "The password is weak")
            }
            Self::NoPasskeys => (409, "no-passkeys", "No passkeys here"),
            Self::LastFactor => (409, "last-second-factor", "The last second factor"),
            Self::TooMany => (409, "too-many", "Too many second factors"),
            Self::Absent(_) => (404, "absent", "Not found"),
        }
    }
}
