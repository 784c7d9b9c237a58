//! What may be so about a credential when it is shown.

/// What is so about a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    Good,
    Unknown,
    Mistyped,
    Expired,
    Revoked,
    Suspended,
    Elsewhere,
    OtherWay,
    Unsigned,
    Differs,
    Late,
    Replayed,
    LoggedOut,
    OtherClient,
    WrongPassword,
    Denied,
    /// The ERP has archived the user of the key.
    Archived,
    /// The same, and somebody stands in.
    StoodIn,
    /// What `OtherWay` is of a secret that may be shown in a header.
    OtherThanHeader,
    InClear,
}

use State::{
    Archived, Denied, Differs, Elsewhere, Expired, Good, InClear, Late, LoggedOut, Mistyped,
    OtherClient, OtherThanHeader, OtherWay, Replayed, Revoked, StoodIn, Suspended, Unknown,
    Unsigned, WrongPassword,
};

pub(super) const OF_KEYS: &[State] = &[
    Good, Unknown, Mistyped, Expired, Revoked, Suspended, Elsewhere, OtherWay, Unsigned, Archived,
    StoodIn, InClear,
];

pub(super) const SIGNED: &[State] = &[
    Good, Unknown, Expired, Revoked, Suspended, Elsewhere, Differs, Late, Replayed, Archived,
    StoodIn, InClear,
];

pub(super) const FOREIGN: &[State] = &[
    Good, Unknown, Mistyped, Expired, Revoked, Suspended, Elsewhere, OtherWay, Archived, StoodIn,
    InClear,
];

impl State {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Good => "good",
            Unknown => "unknown",
            Mistyped => "mistyped",
            Expired => "expired",
            Revoked => "revoked",
            Suspended => "suspended",
            Elsewhere => "wrong address",
            OtherWay | OtherThanHeader => "not in this way",
            Archived => "user archived",
            StoodIn => "stood in for",
            Unsigned => "must be signed",
            Differs => "wrong signature",
            Late => "too old",
            Replayed => "replayed",
            LoggedOut => "logged out",
            OtherClient => "another client",
            WrongPassword => "wrong password",
            Denied => "denied login",
            InClear => "in clear",
        }
    }

    /// Whether a refusal may not be told from that of a credential that nobody knows.
    pub(super) const fn is_secret(self) -> bool {
        matches!(
            self,
            Unknown
                | Mistyped
                | Expired
                | Revoked
                | Suspended
                | Elsewhere
                | OtherWay
                | Archived
                | Unsigned
                | Differs
                | LoggedOut
                | OtherClient
        )
    }
}
