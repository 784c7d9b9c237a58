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
    /// Why it would be refused, and which rule came closest, where a monitored role lets it pass.
    pub would: Option<Would<'a>>,
}

/// The refusal in whose place a monitored role lets a call pass.
#[derive(Debug, Clone, Copy)]
pub struct Would<'a> {
    /// Why, in a word of the policy.
    pub reason: &'a str,
    /// The rule that came closest, if one did.
    pub closest: Option<&'a str>,
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
            if let Some(archived) = principal.instead_of() {
                text.escaped("instead-of", archived.as_str());
            }
        }
        text.address("address", self.address);
        text.plain("upstream", self.upstream.as_str());
        text.plain("dialect", dialect_name(self.dialect));
        text.escaped("model", short(self.model));
        text.escaped("operation", self.operation);
        text.escaped("method", short(self.method));
        let fields = self.shape.fields.iter().take(ENTRIES);
        text.list("fields", fields, |text, field| text.quoted(short(field)));
        let domain = self.shape.domain.iter().take(ENTRIES);
        text.list("domain", domain, |text, (path, operator)| {
            text.pair(short(path), short(operator));
        });
        let context = self.shape.context_keys.iter().take(ENTRIES);
        text.list("context", context, |text, key| text.quoted(short(key)));
        let how = self.shape.how.iter().take(ENTRIES);
        text.list("how", how, |text, word| text.quoted(short(word)));
        let cut = self.cut();
        if cut > 0 {
            text.number("cut", cut);
        }
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
        if let Some(would) = self.would {
            text.escaped("would-be-refused", would.reason);
            if let Some(closest) = would.closest {
                text.escaped("closest", closest);
            }
        }
    }

    /// How much of what the call names is left out, in entries.
    fn cut(&self) -> i64 {
        let Shape {
            fields,
            domain,
            context_keys,
            ids: _,
            how,
        } = self.shape;
        let over = [fields.len(), domain.len(), context_keys.len(), how.len()]
            .iter()
            .map(|count| count.saturating_sub(ENTRIES))
            .sum::<usize>();
        let long = fields
            .iter()
            .chain(context_keys)
            .chain(how)
            .take(3 * ENTRIES)
            .filter(|name| is_long(name));
        let long_leaves = domain
            .iter()
            .take(ENTRIES)
            .filter(|(path, word)| is_long(path) || is_long(word));
        i64::try_from(over + long.count() + long_leaves.count()).unwrap_or(i64::MAX)
    }
}

/// What a caller names may be endless; a record is not. No honest call comes near.
pub(crate) const ENTRIES: usize = 256;
const LETTERS: usize = 280;

fn is_long(name: &str) -> bool {
    name.len() > LETTERS
}

pub(crate) fn short(name: &str) -> &str {
    name.get(..name.floor_char_boundary(LETTERS))
        .unwrap_or_default()
}
