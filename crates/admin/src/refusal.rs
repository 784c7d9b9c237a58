//! Why something is not done: one closed list for the command line and the API.

use portcullis_administrators::Refused;
use portcullis_storage::StoreError;

use crate::may::Act;

/// Why something is not done, in words that say what to do about it and nothing of the inside.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Nobody that is known asks, whatever was shown.
    #[error(
        "show a credential of the administration over https: `Authorization: Bearer pca_…`, or a \
         log-in; it must be whole, not expired or revoked, and be good from your address; a cookie \
         needs X-CSRF-Token beside it; whoever has no second factor enrols one first \
         (`GET /admin/v1/session` says which)"
    )]
    Unidentified,
    /// Nothing is served to the address.
    #[error("nothing is served to your address (`[addresses]` of the configuration)")]
    NotFromHere,
    /// The address has failed too often.
    #[error("too many failed requests came from your address; wait {0} seconds")]
    Paced(u64),
    /// It cannot be read for whom a proxy asks.
    #[error("the proxy does not say in a readable way for whom it asks")]
    Unreadable,
    /// No role of the caller lets this be done.
    #[error(
        "your administrative roles do not let you do this (`{0}`); `GET /admin/v1/self` says \
         which they are"
    )]
    NotAllowed(Act),
    /// It is beyond the scope of the caller.
    #[error("{0} is beyond your scope")]
    OutOfScope(String),
    /// It is the call of whoever would approve it.
    #[error("this is for another person to approve: {0}")]
    OwnCall(&'static str),
    /// A program asks for what a person decides.
    #[error("this is for a person: log in; an administrative key neither sees nor decides it")]
    NoPerson,
    /// It would run as an administrator of the ERP.
    #[error("{0} runs as an administrator of the ERP: that is for administrators to do")]
    OfErpAdministrator(String),
    /// There is no such thing, or none that the caller may see.
    #[error("there is no {0}")]
    Absent(String),
    /// There is nothing at this path.
    #[error("there is nothing here; docs/administration.md lists what there is")]
    Nowhere,
    /// It cannot be asked with this method.
    #[error("ask with {0}")]
    Verb(String),
    /// The body is of another kind.
    #[error("send JSON, as `Content-Type: application/json`")]
    MediaType,
    /// The body is too large.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// The body does not come.
    #[error("the body did not come in time")]
    Late,
    /// It cannot be read.
    #[error("{0}")]
    Malformed(String),
    /// It can be read, and cannot be done.
    #[error("{0}")]
    Unfit(String),
    /// It does not fit to how things are.
    #[error("{0}")]
    Conflict(String),
    /// The ERP does not do its part.
    #[error("{0}")]
    Erp(String),
    /// It cannot be written down, and so is not done.
    #[error("what is done here is written down first, and that is not possible now; try again")]
    Unrecorded,
    /// The store does not do its part.
    #[error("the store does not answer; try again")]
    Store(#[from] StoreError),
    /// A log-in, or what one logs in with, is refused.
    #[error(transparent)]
    LogIn(Refused),
    /// The gateway failed.
    #[error("this failed; the log says more")]
    Failed,
}

impl Refusal {
    /// The HTTP status, a word for records and problem types, and a title.
    pub fn told(&self) -> (u16, &'static str, &'static str) {
        match self {
            Self::Unidentified => (401, "unidentified", "Nobody is known by this"),
            Self::NotFromHere => (403, "not-from-here", "Not to this address"),
            Self::Paced(_) => (429, "paced", "Too many failures"),
            Self::Unreadable => (400, "unreadable-proxy", "The proxy cannot be read"),
            Self::NotAllowed(_) => (403, "not-allowed", "Not allowed"),
            Self::OutOfScope(_) => (403, "out-of-scope", "Beyond the scope"),
            Self::OwnCall(_) => (403, "own-call", "For another person"),
            Self::NoPerson => (403, "no-person", "For a person"),
            Self::OfErpAdministrator(_) => (403, "out-of-scope", "Beyond the scope"),
            Self::Absent(_) => (404, "absent", "Not found"),
            Self::Nowhere => (404, "nowhere", "Not found"),
            Self::Verb(_) => (405, "verb", "Another method"),
            Self::MediaType => (415, "media-type", "Not JSON"),
            Self::TooLarge(_) => (413, "too-large", "Too large"),
            Self::Late => (408, "late", "Too slow"),
            Self::Malformed(_) => (400, "malformed", "It cannot be read"),
            Self::Unfit(_) => (422, "unfit", "It cannot be done"),
            Self::Conflict(_) => (409, "conflict", "It does not fit"),
            Self::Erp(_) => (502, "erp", "The ERP does not do its part"),
            Self::Unrecorded => (503, "unrecorded", "It cannot be recorded"),
            Self::Store(StoreError::Exists { .. }) => (409, "exists", "It is there already"),
            Self::Store(_) => (503, "store", "The store does not answer"),
            Self::LogIn(refused) => refused.told(),
            Self::Failed => (500, "failed", "It failed"),
        }
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Wait(seconds) => Self::Paced(seconds),
            Refused::Store(error) => Self::Store(error),
            Refused::Unrecorded => Self::Unrecorded,
            refused @ (Refused::Wrong
            | Refused::CodesHeld(_)
            | Refused::Busy
            | Refused::NotLoggedIn
            | Refused::Ambiguous
            | Refused::Forged
            | Refused::OnlyEnrolling
            | Refused::Stale
            | Refused::Ended
            | Refused::Unconfirmed
            | Refused::NoPasskeys
            | Refused::Unverified
            | Refused::LastFactor
            | Refused::Absent(_)
            | Refused::TooMany
            | Refused::Weak(_)
            | Refused::Malformed(_)
            | Refused::Sealed
            | Refused::Unavailable) => Self::LogIn(refused),
        }
    }
}
