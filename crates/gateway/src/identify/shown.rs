//! Whose credential the head of a request shows: looked at before a large body is read.

use std::sync::Arc;

use portcullis_identity::signing::Signed;
use portcullis_identity::{Presented, Timestamp};

use super::Desk;
use super::signed::signer;
use super::whose::{by_certificate, by_session, find};
use crate::keyring::Holder;
use crate::origin::Origin;

/// Whose credential the head of a request shows, before its body is read.
pub(crate) enum Shown {
    /// Nobody's that may be used from here.
    Nobodys,
    /// This caller's.
    Of(Arc<Holder>),
    /// The store cannot tell. It is not said that there is no such credential: `caller` tells
    /// that the gateway cannot know.
    Unsure,
}

impl Desk<'_> {
    /// Looks whose credential is shown.
    pub(crate) async fn shown(
        &self,
        presented: &Presented,
        signed: Option<&Signed>,
        origin: &Origin,
        debt: Option<u64>,
        now: Timestamp,
    ) -> Shown {
        let holder = match (presented, signed) {
            (Presented::Key { text, .. }, _) => text.expose(|text| find(self, text, debt, now)),
            (Presented::Session(text), _) => match by_session(self, text, debt, now).await {
                Ok(visitor) => visitor.map(|(holder, _)| holder),
                Err(_) => return Shown::Unsure,
            },
            (Presented::Nothing, Some(signed)) => {
                let signer = signer(self, signed, debt, now);
                signer.filter(|_| signed.in_time(now).is_ok())
            }
            (Presented::Nothing, None) => by_certificate(self, origin, now),
        };
        holder
            .filter(|holder| holder.conditions.from_here(origin.address).is_ok())
            .map_or(Shown::Nobodys, Shown::Of)
    }
}
