//! May this visit to a custom controller be made?
//!
//! First who, then what: what a route takes is told to those only who may come through it.

use std::sync::Arc;

use portcullis_erp::{Dialect, Reply, Visit};
use portcullis_identity::Timestamp;
use portcullis_policy::Knock;

use super::Granted;
use crate::controller::Controller;
use crate::denial::{Denial, Why};
use crate::keyring::Holder;
use crate::limit;
use crate::snapshot::Snapshot;
use crate::trail::Trail;
use crate::upstream::Upstream;

/// Judges a visit. Where the policy says no, the caller sees a path that is not served.
pub(super) fn grant(
    snapshot: &Snapshot,
    visit: Visit,
    controller: Arc<Controller>,
    (holder, upstream): (Option<&Holder>, Option<Arc<Upstream>>),
    now: Timestamp,
    trail: &mut Trail,
) -> Result<Granted, Denial> {
    let to = |why| Denial::to(Reply::plain(Dialect::Custom), why);
    // Whoever has nothing left is told before anything is judged.
    if let Some(holder) = holder {
        limit::look(holder, now).map_err(|wait| to(Why::Limited(wait)))?;
    }
    let upstream = upstream.ok_or_else(|| to(Why::Unidentified))?;
    let user = holder.and_then(|holder| upstream.user_of(holder));
    // A refusal costs as much as a visit: guessing what is allowed is not free.
    let paid = || match holder {
        Some(holder) => limit::count(holder, now)
            .map(drop)
            .map_err(|wait| to(Why::Limited(wait))),
        None => Ok(()),
    };
    let shape = visit.shape();
    let passage = snapshot.policy.admit(Knock {
        principal: holder.map(|holder| &*holder.principal),
        route: &controller.name,
        door: controller.door(),
        visit,
        terms: controller.gives.terms.clone(),
    });
    let passage = match passage {
        Ok(passage) => passage,
        Err(refusal) => {
            trail.refused(shape);
            paid()?;
            return Err(Denial::nowhere(Why::Refused(refusal)));
        }
    };
    if let Err(fault) = controller.takes.check(passage.visit()) {
        trail.refused(shape);
        paid()?;
        return Err(to(Why::Unfit(fault)));
    }
    Ok(Granted::Passage {
        passage: Box::new(passage),
        controller,
        upstream,
        user,
    })
}
