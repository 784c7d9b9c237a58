//! Whose credential the head of a request shows: looked at before a large body is read.

use std::sync::Arc;

use portcullis_identity::signing::Signed;
use portcullis_identity::{Presented, Style, Timestamp};

use super::Desk;
use super::foreign;
use super::person::entered;
use super::showing::{Showing, Use};
use super::signed::{Signer, signer};
use super::stand_in;
use super::whose::{Visitor, by_certificate, by_session, find};
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
    /// Looks whose credential is shown. It must be good in this way and from here, else the
    /// size that is taken would tell that it is one.
    pub(crate) async fn shown(
        &self,
        presented: &Presented,
        (signed, has_older): (Option<&Signed>, bool),
        origin: &Origin,
        debt: Option<u64>,
        now: Timestamp,
    ) -> Shown {
        let (holder, style) = match (presented, signed) {
            (Presented::Key { text, style }, None) => {
                let holder = text.expose(|text| {
                    let may = *style == Style::Basic && debt.is_none();
                    find(self, text, debt, now)
                        .or_else(|| foreign::holder(self, (text, *style), origin, debt, now))
                        .or_else(|| entered(self, text, origin, now).filter(|_| may))
                });
                (holder, Some(*style))
            }
            (Presented::Session(text), _) => match by_session(self, text, debt, now).await {
                Ok(Visitor::Of(holder, session)) => (Some(holder), session.style),
                Ok(Visitor::Past(_) | Visitor::Nobody) => (None, None),
                Err(_) => return Shown::Unsure,
            },
            (Presented::Key { .. } | Presented::Nothing, Some(signed)) => {
                let signer = signer(self, signed, debt, now);
                let holder = match signer {
                    Some(Signer::Good(holder)) if signed.in_time(now).is_ok() => Some(holder),
                    Some(Signer::Good(_) | Signer::Past(_)) | None => None,
                };
                (holder, Some(Style::Signature))
            }
            (Presented::Nothing, None) => {
                (by_certificate(self, origin, now), Some(Style::Certificate))
            }
        };
        let used = match presented {
            Presented::Session(_) => Use::Session,
            Presented::Key { .. } | Presented::Nothing => Use::Request,
        };
        let may = |holder: &Arc<Holder>| {
            let erp = self.upstreams.named(holder.principal.upstream());
            let takes = |style| {
                let showing = Showing {
                    address: origin.address,
                    style,
                    used,
                };
                self.takes(holder, erp.as_deref(), &showing).is_ok()
            };
            // Whether an older signature is good is known when the body is here.
            takes(style) || (has_older && takes(Some(Style::LegacySignature)))
        };
        let bound = |holder: Arc<Holder>| {
            let erp = self.upstreams.named(holder.principal.upstream());
            stand_in::bound(holder, erp.as_deref(), now).ok()
        };
        holder
            .filter(may)
            .and_then(bound)
            .map_or(Shown::Nobodys, Shown::Of)
    }
}
