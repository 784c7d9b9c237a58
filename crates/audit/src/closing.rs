//! The last line of a request, written once its outcome is known.

use portcullis_identity::Timestamp;

use crate::ids::RequestId;
use crate::line::Text;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// The ERP answered, and the answer went out.
    Done,
    /// It was refused here; nothing went upstream, or only a guard call.
    Refused {
        /// Why, in a word of the policy's or the gateway's closed list.
        reason: &'a str,
    },
    /// The ERP answered with a fault.
    Fault {
        /// Which kind.
        kind: &'a str,
    },
    /// It went upstream and the answer was lost: it may have happened or not.
    Unknown,
    /// The gateway failed while it handled the request.
    Panicked,
}

/// Something that was noticed on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Note<'a> {
    /// What: a short word of ours, such as `fields-removed`.
    pub what: &'a str,
    /// How often.
    pub count: u64,
}

/// How a request ended, when, and with what.
#[derive(Debug, Clone, Copy)]
pub struct Closing<'a> {
    /// The request.
    pub request: RequestId,
    /// When it ended.
    pub at: Timestamp,
    /// How.
    pub outcome: Outcome<'a>,
    /// The HTTP status that the caller got.
    pub status: u16,
    /// How long it took.
    pub duration_us: u64,
    /// The bytes of the answer's body.
    pub bytes_out: u64,
    /// What was noticed.
    pub notes: &'a [Note<'a>],
}

impl Closing<'_> {
    pub(crate) fn write(&self, text: &mut Text<'_>) {
        text.id("request", self.request.0);
        text.number("at", self.at.micros());
        match self.outcome {
            Outcome::Done => text.plain("outcome", "done"),
            Outcome::Refused { reason } => {
                text.plain("outcome", "refused");
                text.escaped("reason", reason);
            }
            Outcome::Fault { kind } => {
                text.plain("outcome", "fault");
                text.escaped("reason", kind);
            }
            Outcome::Unknown => text.plain("outcome", "unknown"),
            Outcome::Panicked => text.plain("outcome", "panicked"),
        }
        text.number("status", i64::from(self.status));
        text.number("us", i64::try_from(self.duration_us).unwrap_or(i64::MAX));
        text.number("bytes", i64::try_from(self.bytes_out).unwrap_or(i64::MAX));
        text.list("notes", self.notes.iter(), |text, note| {
            text.counted(note.what, note.count)
        });
    }
}
