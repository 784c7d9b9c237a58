//! Approvals: calls that wait until another person says yes, and what became of them.
//!
//! An entry stands for one call of one caller, is decided once and used once, over all processes.

use portcullis_audit::RequestId;
use portcullis_identity::{ErpLogin, KeyId, Timestamp, UpstreamName};

use crate::erp_users::Sealed;
use crate::error::Stored;
use crate::part::Part;

/// A call that waits, or waited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRow {
    /// What it is called: the request that was the first to ask for it.
    pub id: RequestId,
    /// Whose it is, as one word.
    pub caller: Box<str>,
    /// A keyed digest of the call, its caller, and as whom it would run.
    pub call: [u8; 32],
    /// When it was asked.
    pub asked: Timestamp,
    /// Until when it stands as it is: it is decided before that, or used.
    pub ends: Timestamp,
    /// What the caller is called.
    pub name: String,
    /// What kind of caller it is.
    pub kind: String,
    /// The key that was shown, if one was.
    pub key: Option<KeyId>,
    /// The ERP.
    pub upstream: UpstreamName,
    /// The ERP user as whom it would run.
    pub login: ErpLogin,
    /// The model.
    pub model: String,
    /// The method.
    pub method: String,
    /// What is done.
    pub operation: String,
    /// The rule that demands the approval, as `role/rule`.
    pub rule: String,
    /// The call with its values, sealed; none once they are of no more use.
    pub sealed: Option<Sealed>,
    /// How far it has come.
    pub state: ApprovalState,
    /// Who decided, and what else was said.
    pub decided: Option<Decided>,
}

/// How far an entry has come. Whether its time is over is for `ends` to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovalState {
    /// Nobody has decided.
    Waits,
    /// It may be sent, once.
    Approved,
    /// It may not be sent.
    Rejected,
    /// It was let through.
    Used,
}

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Who decided.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// What was said of it.
    pub why: Option<String>,
}

/// How many entries may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Of one caller.
    pub per_caller: u32,
    /// Of all.
    pub most: u32,
}

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// It waits from now on.
    Queued,
    /// It waits already.
    Waits(Box<ApprovalRow>),
    /// It was approved, and is used up now: the call may go out.
    Used(Box<ApprovalRow>),
    /// It was rejected.
    Rejected(Box<ApprovalRow>),
    /// As many wait as may.
    Full,
}

/// The approvals.
pub trait Approvals: Send + Sync {
    /// Asks whether a call may go out, at the moment `row.asked`. Of several processes that do
    /// this at once, one uses an approval up, and one makes an entry that waits.
    fn ask<'a>(&'a self, row: &'a ApprovalRow, most: Waiting) -> Stored<'a, Asked>;

    /// An entry.
    fn find(&self, id: RequestId) -> Stored<'_, Option<ApprovalRow>>;

    /// A part of all of them, the newest first, without what is sealed.
    fn part<'a>(&'a self, part: &'a Part<(Timestamp, RequestId)>) -> Stored<'a, Vec<ApprovalRow>>;

    /// Decides an entry that waits and whose time is not over at `decided.at`; it then stands
    /// until `ends`. Answers whether this call did it.
    fn decide<'a>(
        &'a self,
        id: RequestId,
        state: ApprovalState,
        decided: &'a Decided,
        ends: Timestamp,
    ) -> Stored<'a, bool>;

    /// Forgets the values of entries whose time is over at `now`, and the entries themselves
    /// whose time was over before `before`. Answers how many those were.
    fn forget(&self, now: Timestamp, before: Timestamp) -> Stored<'_, u64>;

    /// Notes that somebody had a key in hands: made or rotated it. A key has what its
    /// predecessor had, too.
    fn touched<'a>(
        &'a self,
        key: &'a KeyId,
        predecessor: Option<&'a KeyId>,
        by: &'a str,
    ) -> Stored<'a, ()>;

    /// Who had a key in hands, as far as it was noted.
    fn hands<'a>(&'a self, key: &'a KeyId) -> Stored<'a, Vec<String>>;
}

impl ApprovalState {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Waits, Self::Approved, Self::Rejected, Self::Used];

    /// The state as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waits => "waits",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Used => "used",
        }
    }
}

impl ApprovalRow {
    /// What it is at a moment: its state, or `expired`.
    pub fn standing(&self, now: Timestamp) -> &'static str {
        let may_end = matches!(self.state, ApprovalState::Waits | ApprovalState::Approved);
        if may_end && self.ends <= now {
            return "expired";
        }
        self.state.as_str()
    }
}
