//! The seventh room: nobody asks faster than agreed.
//!
//! Each key has a rate (60 a minute and 10 at once unless configured otherwise), counted by
//! the generic cell rate algorithm. Requests of nobody are counted by address: in `throttle`,
//! and at a route that is open to everybody here, at the route's own rate.

use portcullis_identity::Timestamp;

use crate::authorize::{Granted, Permitted};
use crate::controller::Comers;
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
    let allowance = match (&permitted.holder, &permitted.granted) {
        (Some(holder), _) => count(holder, now).map(Some),
        (None, Granted::Passage { controller, .. }) => match &controller.comers {
            Comers::Everybody(gate) => {
                let (rate, tally) = gate.take(permitted.origin.address, now);
                told(rate, tally).map(Some)
            }
            Comers::Known | Comers::Callers(_) => Ok(None),
        },
        (None, Granted::Call { .. } | Granted::Here(_) | Granted::Session(_)) => Ok(None),
    };
    match allowance {
        Ok(allowance) => Ok(Admitted {
            permitted,
            allowance,
        }),
        Err(wait) => Err(Denial::to(permitted.reply, Why::Limited(wait))),
    }
}

/// Takes one request off a caller's allowance: for a call that is admitted, and for one that
/// is refused.
///
/// # Errors
/// When nothing is left: how long to wait.
pub(crate) fn count(holder: &Holder, now: Timestamp) -> Result<Allowance, Wait> {
    if let Some(person) = &holder.person {
        look(person, now)?;
        look(holder, now)?;
        count(person, now)?;
    }
    told(holder.rate, holder.rate.take(&holder.cell, now))
}

/// Looks at a caller's allowance without taking anything off.
///
/// # Errors
/// When nothing is left: how long to wait.
pub(crate) fn look(holder: &Holder, now: Timestamp) -> Result<Allowance, Wait> {
    if let Some(person) = &holder.person {
        look(person, now)?;
    }
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
