//! How large a body may be, before it is known who sends it.
//!
//! Whoever shows nothing that exists cannot make the gateway hold large bodies: what the headers
//! show is looked at first, where the body is large enough to matter. Who is calling is still
//! for `identify` to say, once the body was read.

use portcullis_erp::{Dialect, Limits};
use portcullis_identity::{Presented, Timestamp};

use super::credential;
use crate::denial::Why;
use crate::identify::Desk;
use crate::sessions::cookie;
use crate::throttle::Paced;

/// The largest body that is taken from whoever shows no credential that exists, in bytes.
const SMALL: usize = 64 << 10;

/// The most bytes that are taken.
pub(super) struct Bound {
    pub(super) most: usize,
    /// What is said of a larger body, where it would have been taken from somebody else.
    pub(super) otherwise: Option<Why>,
}

impl Bound {
    /// The bound of one request's body.
    pub(super) async fn of(
        paced: &Paced,
        limits: &Limits,
        desk: &Desk<'_>,
        now: Timestamp,
    ) -> Self {
        let routed = &paced.routed;
        let controller = routed.visited.as_ref().map(|visited| &visited.controller);
        let most = controller.map_or(limits.body, |own| limits.body.min(own.takes.bytes));
        let all = Self {
            most,
            otherwise: None,
        };
        if most <= SMALL || routed.received.body.is_within(SMALL) {
            return all;
        }
        let cookie = match controller {
            Some(controller) => controller.cookie,
            None => cookie::name(routed.dialect),
        };
        let is_free = match credential::presented(&routed.received.head.headers, cookie) {
            Ok(Presented::Nothing) => {
                let is_open = controller.is_some_and(|controller| controller.is_open());
                paced.debt.is_none() && (is_open || has_large_slot(routed.dialect))
            }
            Ok(presented) => desk.knows(&presented, paced.debt, now).await,
            Err(_) => false,
        };
        if is_free {
            return all;
        }
        let why = match (paced.debt, routed.dialect) {
            (Some(seconds), _) => Why::Paced(seconds),
            (None, Dialect::OdooCall) => Why::Expired,
            (None, _) => Why::Unidentified,
        };
        Self {
            most: SMALL,
            otherwise: Some(why),
        }
    }
}

/// Whether calls of any size have their credential in the body. Log-ins have it there too, but
/// are small.
fn has_large_slot(dialect: Dialect) -> bool {
    matches!(
        dialect,
        Dialect::XmlRpc1 | Dialect::XmlRpc2 | Dialect::JsonRpc
    )
}
