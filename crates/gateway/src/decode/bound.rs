//! How large a body may be, before it is known who sends it.
//!
//! Whoever shows nothing that exists cannot make the gateway hold large bodies: what the headers
//! show is looked at first, where the body is large enough to matter. The dialects that have
//! the key in the body show nothing before it was read; there it counts whether a good key came
//! from the same address lately. Who is calling is still for `identify` to say.

use std::sync::Arc;

use portcullis_erp::{Dialect, Fault, FaultKind};
use portcullis_identity::{Presented, Secret, Timestamp};

use super::{credential, signature};
use crate::denial::Why;
use crate::identify::{Desk, Shown};
use crate::limit;
use crate::sessions::cookie;
use crate::snapshot::Snapshot;
use crate::throttle::Paced;
use crate::trail::Trail;

/// The largest body that is taken from whoever shows no credential that exists, in bytes.
const SMALL: usize = 64 << 10;

/// The most bytes that are taken.
pub(super) struct Bound {
    pub(super) most: usize,
    /// Of a larger body, up to so many bytes are read all the same, and kept nowhere.
    pub(super) passed: usize,
    /// What is said of a larger body, where it would have been taken from somebody else.
    pub(super) otherwise: Option<Why>,
}

impl Bound {
    /// The bound of one request's body.
    pub(super) async fn of(
        paced: &Paced,
        in_query: Option<&Secret<String>>,
        snapshot: &Snapshot,
        desk: &Desk<'_>,
        now: Timestamp,
        trail: &mut Trail,
    ) -> Self {
        let routed = &paced.routed;
        let controller = routed.visited.as_ref().map(|visited| &visited.controller);
        let limit = snapshot.limits.body;
        let most = controller.map_or(limit, |own| limit.min(own.takes.bytes));
        let all = Self {
            most,
            passed: 0,
            otherwise: None,
        };
        if most <= SMALL || routed.received.body.is_within(SMALL) {
            return all;
        }
        let cookie = match controller {
            Some(controller) => controller.cookie,
            None => cookie::name(routed.dialect),
        };
        let shown =
            match credential::presented(&routed.received.head.headers, in_query, cookie, desk.ways)
            {
                Ok((presented, _)) => {
                    let signed = signature::of_head(&routed.received.head).ok().flatten();
                    let has_older = routed.received.head.headers.contains_key("x-signature");
                    let signatures = (signed.as_ref(), has_older);
                    let shown = desk
                        .shown(&presented, signatures, &paced.origin, paced.debt, now)
                        .await;
                    let is_nothing = matches!(presented, Presented::Nothing) && signed.is_none();
                    if matches!(shown, Shown::Nobodys) && is_nothing && paced.debt.is_none() {
                        if controller.is_some_and(|controller| controller.is_open()) {
                            return all;
                        }
                        if has_slot(routed.dialect) {
                            let is_free = snapshot.rpc_body >= most
                                || desk.proven.knows(paced.origin.address, now);
                            return if is_free {
                                all
                            } else {
                                Self::of_stranger(snapshot.rpc_body, most)
                            };
                        }
                    }
                    shown
                }
                Err(_) => Shown::Nobodys,
            };
        match shown {
            Shown::Unsure => return all,
            // Whoever has nothing left is told before the body is read.
            Shown::Of(holder) => {
                let Err(wait) = limit::look(&holder, now) else {
                    return all;
                };
                trail.recognised(Arc::clone(&holder.principal));
                return Self {
                    most: SMALL,
                    passed: 0,
                    otherwise: Some(Why::Limited(wait)),
                };
            }
            Shown::Nobodys => {}
        }
        let why = match (paced.debt, routed.dialect) {
            (Some(seconds), _) => Why::Paced(seconds),
            (None, Dialect::OdooCall) => Why::Expired,
            (None, _) => Why::Unidentified,
        };
        Self {
            most: SMALL,
            passed: 0,
            otherwise: Some(why),
        }
    }

    fn of_stranger(most: usize, passed: usize) -> Self {
        let fault = Fault::new(
            FaultKind::TooLarge,
            format!(
                "the body is larger than the {most} bytes that are read of an address from which no good key came lately; log in first, or show the key in the header X-API-Key and leave the password empty"
            ),
        );
        Self {
            most,
            passed,
            otherwise: Some(Why::Unreadable(fault)),
        }
    }
}

/// Whether calls of any size have their credential in the body. Log-ins have it there too, but
/// are small.
pub(crate) fn has_slot(dialect: Dialect) -> bool {
    matches!(
        dialect,
        Dialect::XmlRpc1 | Dialect::XmlRpc2 | Dialect::JsonRpc
    )
}
