//! What the policy is asked.

use std::net::IpAddr;

use portcullis_erp::{Call, Dialect, Edition};
use portcullis_identity::{ErpLogin, Principal, Timestamp, UpstreamName};

use crate::bench::From;
use crate::operation::Family;
use crate::schema::Schema;

/// May this caller do this? The call is owned: the permit keeps it.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// Who asks.
    pub principal: &'a Principal,
    /// Of which ERP.
    pub upstream: &'a UpstreamName,
    /// Which kind of ERP that is.
    pub family: Family,
    /// The dialect in which it was asked.
    pub dialect: Dialect,
    /// The address from which it was asked.
    pub address: IpAddr,
    /// When it was asked.
    pub now: Timestamp,
    /// What is known of the ERP's models (Odoo).
    pub schema: &'a Schema,
    /// The numeric id of the ERP user as whom the call would run, where it is known.
    pub uid: Option<i64>,
    /// The login of that user.
    pub login: &'a ErpLogin,
    /// What is asked of the edition of the one record that the call is on.
    pub edition: Edition,
    /// What is asked.
    pub call: Call,
}

/// Who asks, of which ERP and in which dialect, whatever is asked.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// Who asks.
    pub principal: &'a Principal,
    /// Of which ERP.
    pub upstream: &'a UpstreamName,
    /// Which kind of ERP that is.
    pub family: Family,
    /// The dialect in which it is asked.
    pub dialect: Dialect,
    /// The address from which it is asked.
    pub address: IpAddr,
    /// What is known of the ERP's models.
    pub schema: &'a Schema,
}

impl<'a> Asking<'a> {
    /// From where it is asked, as far as rules ask.
    pub(crate) fn from(&self) -> From<'a> {
        From {
            upstream: self.upstream,
            dialect: self.dialect,
            address: self.address,
        }
    }
}
