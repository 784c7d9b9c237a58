//! The seventh room: nobody asks faster than agreed.
//!
//! Each key has a rate (60 a minute and 10 at once unless configured otherwise), counted by
//! the generic cell rate algorithm. Requests of nobody are counted by address, in `throttle`.

use portcullis_identity::Timestamp;

use crate::authorize::Permitted;
use crate::denial::{Denial, Wait, Why};
use crate::gcra::{Rate, Tally};
use crate::keyring::Holder;
use crate::throttle::seconds;

/// A request that is within its caller's rate.
pub struct Admitted {
    pub(crate) permitted: Permitted,
    pub(crate) allowance: Option<Allowance>,
}

/// What a caller has left, for the `RateLimit-*` headers
/// (draft-ietf-httpapi-ratelimit-headers).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Requests at once.
    pub(crate) limit: u32,
    /// Requests that would be admitted now.
    pub(crate) remaining: u32,
    /// Seconds until all of them would be again.
    pub(crate) reset: u64,
}

/// Counts a request.
///
/// # Errors
/// When its caller asks too fast.
pub fn admit(permitted: Permitted, now: Timestamp) -> Result<Admitted, Denial> {
    let Some(holder) = &permitted.holder else {
        return Ok(Admitted {
            permitted,
            allowance: None,
        });
    };
    let allowance = match count(holder, now) {
        Ok(allowance) => allowance,
        Err(wait) => return Err(Denial::to(permitted.reply, Why::Limited(wait))),
    };
    Ok(Admitted {
        permitted,
        allowance: Some(allowance),
    })
}

/// Takes one request off a caller's allowance: for a call that is admitted, and for one that
/// is refused.
///
/// # Errors
/// When nothing is left: how long to wait.
pub(crate) fn count(holder: &Holder, now: Timestamp) -> Result<Allowance, Wait> {
    told(holder.rate, holder.rate.take(&holder.cell, now))
}

/// Looks at a caller's allowance without taking anything off.
///
/// # Errors
/// When nothing is left: how long to wait.
pub(crate) fn look(holder: &Holder, now: Timestamp) -> Result<Allowance, Wait> {
    told(holder.rate, holder.rate.look(&holder.cell, now))
}

fn told(rate: Rate, tally: Tally) -> Result<Allowance, Wait> {
    let seconds = seconds(tally.wait);
    if tally.admitted {
        Ok(Allowance {
            limit: rate.burst,
            remaining: tally.remaining,
            reset: seconds,
        })
    } else {
        Err(Wait {
            seconds,
            burst: rate.burst,
            per_minute: rate.per_minute,
        })
    }
}
