//! The first line of an administrative act, written before it is done.

use std::net::IpAddr;

use portcullis_identity::{AdminKeyId, Timestamp};

use crate::ids::RequestId;
use crate::line::Text;
use crate::opening::{ENTRIES, short};

/// What somebody who administers the gateway is about to do. It borrows: it lives for one write.
///
/// It stands in the ledger as an opening whose dialect is the door that it came by, whose model
/// is the kind of thing that is administered, and whose method is what is done with it.
#[derive(Debug, Clone, Copy)]
pub struct Deed<'a> {
    /// The request.
    pub request: RequestId,
    /// When it came.
    pub at: Timestamp,
    /// Who does it; none where nobody was identified.
    pub who: Option<Doer<'a>>,
    /// From where; none: on the machine itself.
    pub address: Option<IpAddr>,
    /// By which door: `admin` (over HTTP) or `cli`.
    pub door: &'static str,
    /// What kind of thing, such as `key`.
    pub thing: &'static str,
    /// What is done with it, such as `create`.
    pub verb: &'static str,
    /// Which one, such as the id of a key; empty where it is none in particular.
    pub on: &'a str,
    /// What was said of it, by name; never what the names stand for.
    pub fields: &'a [String],
}

/// Who does something.
#[derive(Debug, Clone, Copy)]
pub struct Doer<'a> {
    /// The name.
    pub name: &'a str,
    /// What kind: `administrator`, or `operator` at the command line.
    pub kind: &'static str,
    /// The key that was shown.
    pub key: Option<AdminKeyId>,
}

impl Deed<'_> {
    pub(crate) fn write(&self, text: &mut Text<'_>) {
        text.id("request", self.request.0);
        text.number("at", self.at.micros());
        if let Some(who) = &self.who {
            text.escaped("principal", short(who.name));
            text.plain("as", who.kind);
            if let Some(key) = &who.key {
                text.plain("key", key.as_str());
            }
        }
        match self.address {
            Some(address) => text.address("address", address),
            None => text.plain("address", "-"),
        }
        text.plain("upstream", "-");
        text.plain("dialect", self.door);
        text.plain("model", self.thing);
        text.plain("operation", "administer");
        text.plain("method", self.verb);
        if !self.on.is_empty() {
            text.escaped("on", short(self.on));
        }
        let fields = self.fields.iter().take(ENTRIES);
        text.list("fields", fields, |text, field| text.quoted(short(field)));
        text.number("policy", 0);
    }
}
