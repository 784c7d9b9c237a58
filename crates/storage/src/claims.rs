//! Claims: what was asked with an `Idempotency-Key`, and what came of it.

use portcullis_identity::Timestamp;

use crate::erp_users::Sealed;
use crate::error::Stored;
use crate::presence::ProcessId;

/// A claim before it is made: who will do which call, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The principal.
    pub caller: Box<str>,
    /// The digest of its key.
    pub key: [u8; 32],
    /// The digest of the call.
    pub call: [u8; 32],
    /// The digest of what had to be asked before the call.
    pub guards: [u8; 32],
    /// Who runs the call.
    pub process: ProcessId,
    /// When it was claimed.
    pub claimed: Timestamp,
}

/// How far a claimed call has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimState {
    /// It was claimed, and nothing was heard of it since.
    Running,
    /// It was answered.
    Answered(Sealed),
    /// It was answered, and the answer is not kept: it was too large, or the caller's newer
    /// answers took its room.
    Unkept,
    /// It was sent, and nobody knows what came of it.
    Unknown,
}

/// What came of an attempt to claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claiming {
    /// It is claimed now; the call may go out.
    Claimed,
    /// It was claimed before.
    Taken(Claim, ClaimState),
    /// The caller has as many claims as it may have.
    Full,
}

/// The claims.
pub trait Claims: Send + Sync {
    /// Claims a key, unless it is claimed since `since`, or the caller has `most` claims. Of
    /// several processes that do this at once, one claims.
    fn claim<'a>(&'a self, claim: &'a Claim, since: Timestamp, most: u32) -> Stored<'a, Claiming>;

    /// Ends a claim that is running. Of more than `room` bytes of answers that the caller has,
    /// the oldest are given up, and their claims are [`ClaimState::Unkept`].
    fn end<'a>(
        &'a self,
        caller: &'a str,
        key: &'a [u8; 32],
        state: &'a ClaimState,
        room: u64,
    ) -> Stored<'a, ()>;

    /// Gives up a claim that is running, if it was made so: its call was certainly not made.
    fn release<'a>(&'a self, claim: &'a Claim) -> Stored<'a, ()>;

    /// Forgets what was claimed before this moment; answers how many there were.
    fn forget(&self, before: Timestamp) -> Stored<'_, u64>;
}
