//! Why a call failed, in no particular dialect.
//!
//! Each dialect has one table from [`FaultKind`] to its own shape, and one back. Messages of
//! kinds that an ERP makes from its own insides (paths, SQL, tracebacks) never pass: a reader
//! of answers replaces them by words of ours.

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The credential is missing, unknown or not accepted.
    AccessDenied,
    /// Nobody says who is calling, and somebody must.
    Stranger,
    /// The session is over, or there is none.
    SessionExpired,
    /// The request may come from another site's page, and carries no proof that it does not.
    Forged,
    /// The caller is known and may not do this.
    AccessError,
    /// A record is not there, or the caller may not know of it.
    MissingRecord,
    /// There is no such model, or the caller may not know of it.
    UnknownModel,
    /// There is no such method, or the caller may not know of it.
    UnknownMethod,
    /// The values break a constraint (`ValidationError`).
    Validation,
    /// The ERP refuses for a business reason (`UserError`).
    User,
    /// A field, domain or value makes no sense (`ValueError`).
    BadValue,
    /// Arguments are missing, unknown, or cannot be named (`TypeError`).
    BadArguments,
    /// The request is not well-formed, before any call could be read from it.
    Malformed,
    /// The body, or a part of it, is larger than allowed.
    TooLarge,
    /// The content type is not one of this dialect.
    ContentType,
    /// The verb is not one of this path.
    Verb,
    /// The path is not served.
    NotFound,
    /// There is a record like this already, or somebody else changed it (`LockError`,
    /// `TimestampMismatchError`, `DuplicateEntryError`).
    Conflict,
    /// The record is no longer in the version that the caller named (`If-Match`).
    Stale,
    /// The record may be changed only by whoever names the version that was seen.
    Unconditional,
    /// Too many requests; the caller should wait.
    TooMany,
    /// More is asked at once than a cap of the caller's role allows.
    Capped,
    /// An `Idempotency-Key` that was used for another call.
    KeyReused,
    /// The first request with this `Idempotency-Key` still runs, or nobody knows how it ended.
    Underway,
    /// The call waits until another person has approved it.
    Waiting,
    /// The ERP cannot be reached, and the call was not sent.
    Unreachable,
    /// The call was sent and the answer was lost: nobody knows whether it was done.
    Unknown,
    /// Something went wrong here or inside the ERP.
    Internal,
}

impl FaultKind {
    /// Every kind.
    pub const ALL: &[Self] = &[
        Self::AccessDenied,
        Self::Stranger,
        Self::SessionExpired,
        Self::Forged,
        Self::AccessError,
        Self::MissingRecord,
        Self::UnknownModel,
        Self::UnknownMethod,
        Self::Validation,
        Self::User,
        Self::BadValue,
        Self::BadArguments,
        Self::Malformed,
        Self::TooLarge,
        Self::ContentType,
        Self::Verb,
        Self::NotFound,
        Self::Conflict,
        Self::Stale,
        Self::Unconditional,
        Self::TooMany,
        Self::Capped,
        Self::KeyReused,
        Self::Underway,
        Self::Waiting,
        Self::Unreachable,
        Self::Unknown,
        Self::Internal,
    ];
}

/// A failure, with a message for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong.
    pub kind: FaultKind,
    /// What the caller is told: what to do, and nothing about the inside.
    pub message: String,
    /// The id of the request, where it is known: dialects that have room for it say it.
    pub request: Option<Box<str>>,
    /// The field that it is about, where one is known.
    pub field: Option<Box<str>>,
    /// How the ERP calls it, if it has a name for it that is finer than the kind.
    pub named: Option<&'static str>,
    /// In which parts Frappe told it, if a Frappe did.
    pub parts: Option<Parts>,
}

/// In which parts Frappe tells an error, besides its class. Its clients go by which are there:
/// one without `exc` is no error to some of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// `exception` and `exc`.
    pub traced: bool,
    /// The message that goes with it.
    pub said: Said,
    /// Whether another message goes before that one.
    pub before: bool,
    /// `_error_message`.
    pub summary: bool,
}

/// How Frappe tells a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Not at all.
    Nothing,
    /// With a title.
    Plain,
    /// With a title and a colour.
    Marked,
    /// The same, thrown: with the id of its exception.
    Thrown,
}

impl Parts {
    /// An exception without words of its own.
    pub const SILENT: Self = Self {
        traced: true,
        said: Said::Nothing,
        before: false,
        summary: false,
    };
    /// One that is thrown with a message.
    pub const THROWN: Self = Self {
        said: Said::Thrown,
        ..Self::SILENT
    };
    /// One that is thrown where no traceback is told.
    pub const UNTRACED: Self = Self {
        traced: false,
        ..Self::THROWN
    };
    /// No right to a document.
    pub const DOCUMENT: Self = Self {
        said: Said::Plain,
        ..Self::SILENT
    };
    /// No right to a DocType.
    pub const DOCTYPE: Self = Self {
        summary: true,
        ..Self::DOCUMENT
    };
}

impl Fault {
    /// A fault of this kind with this message.
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            request: None,
            field: None,
            named: None,
            parts: None,
        }
    }

    /// The same fault, of the request with this id.
    #[must_use]
    pub fn of_request(mut self, id: impl Into<Box<str>>) -> Self {
        self.request = Some(id.into());
        self
    }

    /// The same, about this field.
    #[must_use]
    pub fn about(mut self, field: &str) -> Self {
        self.field = Some(field.into());
        self
    }
}
