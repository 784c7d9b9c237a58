//! Calls of the ledger: what their records tell of them.

use std::net::IpAddr;

use portcullis_audit::{Verdict, dialect_name};
use portcullis_erp::Dialect;
use portcullis_gateway::config::Config;
use portcullis_policy::{Family, Reason, Recorded};
use portcullis_store::Record;

const DIALECTS: &[Dialect] = &[
    Dialect::XmlRpc1,
    Dialect::XmlRpc2,
    Dialect::JsonRpc,
    Dialect::Json2,
    Dialect::OdooWeb,
    Dialect::OdooCall,
    Dialect::FrappeResource,
    Dialect::FrappeMethod,
    Dialect::FrappeV2,
    Dialect::FrappeFile,
    Dialect::Rest,
];

/// Reasons with which the policy refuses, as they stand in records.
const REASONS: &[Reason] = &[
    Reason::NoRule,
    Reason::Denied,
    Reason::UnknownMethod,
    Reason::PrivateMethod,
    Reason::Dangerous,
    Reason::Field,
    Reason::HiddenByData,
    Reason::WriteField,
    Reason::Argument,
    Reason::Domain,
    Reason::Context,
    Reason::Link,
    Reason::Values,
    Reason::Cap,
    Reason::Missing,
];

/// What a record tells of a call.
pub(crate) fn call(record: &Record) -> Recorded {
    let opened = &record.opened;
    Recorded {
        model: opened.model.clone(),
        method: opened.method.clone(),
        fields: opened.fields.clone(),
        domain: opened.domain.clone(),
        context: opened.context.clone(),
        ids: opened.ids,
        how: opened.how.clone(),
        cut: opened.cut,
        refused: was_allowed(record) != Some(true),
    }
}

/// Whether the policy allowed it; none where the record is of something that the policy did not
/// judge, or that something else refused.
pub(crate) fn was_allowed(record: &Record) -> Option<bool> {
    let opened = &record.opened;
    if matches!(opened.operation.as_str(), "gateway" | "visit") || opened.on.is_some() {
        return None;
    }
    match record.outcome() {
        Verdict::Done | Verdict::Fault | Verdict::Unknown | Verdict::Panicked => {
            (opened.operation != "refused").then_some(true)
        }
        Verdict::Refused => {
            let reason = record.closed.as_ref()?.reason.as_deref()?;
            let of_policy = REASONS.iter().any(|one| one.as_str() == reason);
            of_policy.then_some(false)
        }
    }
}

/// The dialect of a record.
pub(crate) fn dialect(record: &Record) -> Option<Dialect> {
    let name = record.opened.dialect.as_str();
    let mut all = DIALECTS.iter().copied();
    all.find(|dialect| dialect_name(*dialect) == name)
}

/// Which kind of ERP a record is of.
pub(crate) fn family(record: &Record, config: Option<&Config>) -> Option<Family> {
    let upstreams = config.into_iter().flat_map(|config| &config.upstreams);
    let mut named = upstreams.filter(|upstream| upstream.name.as_str() == record.opened.upstream);
    if let Some(upstream) = named.next() {
        return Some(upstream.family);
    }
    Some(match dialect(record)? {
        Dialect::XmlRpc1
        | Dialect::XmlRpc2
        | Dialect::JsonRpc
        | Dialect::Json2
        | Dialect::OdooWeb
        | Dialect::OdooCall => Family::Odoo,
        Dialect::FrappeResource
        | Dialect::FrappeMethod
        | Dialect::FrappeV2
        | Dialect::FrappeFile => Family::Frappe,
        Dialect::Rest | Dialect::Custom => return None,
    })
}

/// The address of a record.
pub(crate) fn address(record: &Record) -> Option<IpAddr> {
    record.opened.address.parse().ok()
}
