//! The first line of a request, written before anything goes upstream.

use std::net::IpAddr;

use portcullis_erp::{Dialect, Shape};
use portcullis_identity::{Principal, Timestamp, UpstreamName};

use crate::ids::RequestId;
use crate::line::{Text, dialect_name};

/// What is about to be done, for whom, and by which rule. It borrows: it lives for one write.
#[derive(Debug, Clone)]
pub struct Opening<'a> {
    /// The request.
    pub request: RequestId,
    /// When it came.
    pub at: Timestamp,
    /// Who calls; none where nobody was identified.
    pub principal: Option<&'a Principal>,
    /// From where.
    pub address: IpAddr,
    /// The ERP instance.
    pub upstream: &'a UpstreamName,
    /// The caller's dialect.
    pub dialect: Dialect,
    /// The model; `-` where there is none.
    pub model: &'a str,
    /// What kind of operation the policy took it for (`read`, `write`, …).
    pub operation: &'a str,
    /// The method, or what was asked of the gateway itself.
    pub method: &'a str,
    /// What the call names.
    pub shape: &'a Shape,
    /// The version of the policy that judged.
    pub policy_version: u64,
    /// The rule that decided; empty where none did.
    pub rule: &'a str,
}

impl Opening<'_> {
    pub(crate) fn write(&self, text: &mut Text<'_>) {
        text.id("request", self.request.0);
        text.number("at", self.at.micros());
        if let Some(principal) = self.principal {
            text.escaped("principal", principal.name().as_str());
            text.plain("as", principal.kind().as_str());
            if let Some(key) = principal.key() {
                text.plain("key", key.as_str());
            }
            text.escaped("login", principal.erp_login().as_str());
        }
        text.address("address", self.address);
        text.plain("upstream", self.upstream.as_str());
        text.plain("dialect", dialect_name(self.dialect));
        text.escaped("model", self.model);
        text.escaped("operation", self.operation);
        text.escaped("method", self.method);
        text.list("fields", self.shape.fields.iter(), |text, field| {
            text.quoted(field)
        });
        text.list(
            "domain",
            self.shape.domain.iter(),
            |text, (path, operator)| {
                text.pair(path, operator);
            },
        );
        text.list("context", self.shape.context_keys.iter(), |text, key| {
            text.quoted(key)
        });
        if self.shape.ids > 0 {
            text.number("ids", i64::try_from(self.shape.ids).unwrap_or(i64::MAX));
        }
        text.number(
            "policy",
            i64::try_from(self.policy_version).unwrap_or(i64::MAX),
        );
        if !self.rule.is_empty() {
            text.escaped("rule", self.rule);
        }
    }
}
