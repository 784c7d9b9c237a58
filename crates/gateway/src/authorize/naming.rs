//! Arguments that stand in order, before an ERP that takes named ones only.

use std::net::IpAddr;

use portcullis_erp::dialect::signature::live::bind_live;
use portcullis_erp::{Call, Dialect, Fault, FaultKind};
use portcullis_identity::Principal;
use portcullis_policy::{Family, Policy};

use crate::upstream::{Asker, ErpUser, Upstream};

/// Who may ask for the names, and where.
pub(super) struct Names<'a> {
    pub(super) policy: &'a Policy,
    pub(super) principal: &'a Principal,
    pub(super) caller: (Dialect, IpAddr),
    pub(super) upstream: &'a Upstream,
    pub(super) user: &'a ErpUser,
    pub(super) asker: &'a Asker<'a>,
}

impl Names<'_> {
    /// Names the arguments of a call that no table describes, as the ERP tells them, if a rule
    /// lists its method. What it does not tell stays as it is, and cannot be sent.
    ///
    /// # Errors
    /// When the method is not there or does not take them.
    pub(super) async fn give(&self, call: Call) -> Result<Call, Fault> {
        let needed = !call.positional.is_empty()
            && self.upstream.family() == Family::Odoo
            && self.upstream.spoken_for(self.user) == Some(Dialect::Json2)
            && self
                .policy
                .lists(self.principal, self.upstream.name(), self.caller, &call);
        if !needed {
            return Ok(call);
        }
        let told = self.upstream.methods(self.asker, &call.model, self.user);
        let Ok(Some(methods)) = told.await else {
            return Ok(call);
        };
        match methods.get(call.method.as_str()) {
            Some(live) => bind_live(call, live),
            None => Err(Fault::new(
                FaultKind::UnknownMethod,
                "There is no such method.",
            )),
        }
    }
}
