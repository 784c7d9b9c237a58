//! The text of a line, written by hand: a record is on the way of every call, and a map of a
//! general serialiser would cost more than the rest of the record together.

use std::fmt;
use std::io::Write as _;
use std::net::IpAddr;

use data_encoding::HEXLOWER;
use portcullis_erp::Dialect;

/// A line while it is written, behind its first members.
pub(crate) struct Text<'a>(pub(crate) &'a mut Vec<u8>);

/// A dialect as it stands in records.
pub fn dialect_name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::XmlRpc1 => "xmlrpc1",
        Dialect::XmlRpc2 => "xmlrpc2",
        Dialect::JsonRpc => "jsonrpc",
        Dialect::Json2 => "json2",
        Dialect::OdooWeb => "odoo-web",
        Dialect::OdooCall => "odoo-call",
        Dialect::FrappeResource => "frappe-resource",
        Dialect::FrappeMethod => "frappe-method",
        Dialect::FrappeV2 => "frappe-v2",
        Dialect::FrappeFile => "frappe-file",
        Dialect::Custom => "custom",
        Dialect::Rest => "rest",
    }
}

impl Text<'_> {
    fn name(&mut self, name: &'static str) {
        self.0.extend_from_slice(b",\"");
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    /// A member that needs no escaping: checked names and words of ours.
    pub(crate) fn plain(&mut self, name: &'static str, value: &str) {
        self.name(name);
        self.0.push(b'"');
        self.0.extend_from_slice(value.as_bytes());
        self.0.push(b'"');
    }

    /// A member of 32 hexadecimal digits.
    pub(crate) fn id(&mut self, name: &'static str, value: u128) {
        let mut digits = [0; 32];
        HEXLOWER.encode_mut(&value.to_be_bytes(), &mut digits);
        self.name(name);
        self.0.push(b'"');
        self.0.extend_from_slice(&digits);
        self.0.push(b'"');
    }

    /// A member that is an address. IPv4, the frequent one, without the formatter.
    pub(crate) fn address(&mut self, name: &'static str, value: IpAddr) {
        let IpAddr::V4(value) = value else {
            return self.string(name, &value);
        };
        let [first, rest @ ..] = value.octets();
        self.name(name);
        self.0.push(b'"');
        self.digits(i64::from(first));
        for octet in rest {
            self.0.push(b'.');
            self.digits(i64::from(octet));
        }
        self.0.push(b'"');
    }

    /// A member whose text needs no escaping and is written as it is shown.
    pub(crate) fn string(&mut self, name: &'static str, value: &impl fmt::Display) {
        self.name(name);
        self.0.push(b'"');
        self.display(value);
        self.0.push(b'"');
    }

    pub(crate) fn escaped(&mut self, name: &'static str, value: &str) {
        self.name(name);
        self.quoted(value);
    }

    pub(crate) fn number(&mut self, name: &'static str, value: i64) {
        self.name(name);
        self.digits(value);
    }

    /// A member that is a list; left out when the list is empty.
    pub(crate) fn list<T>(
        &mut self,
        name: &'static str,
        mut items: impl Iterator<Item = T>,
        mut each: impl FnMut(&mut Self, T),
    ) {
        let Some(first) = items.next() else { return };
        self.name(name);
        self.0.push(b'[');
        each(self, first);
        for item in items {
            self.0.push(b',');
            each(self, item);
        }
        self.0.push(b']');
    }

    pub(crate) fn pair(&mut self, one: &str, other: &str) {
        self.0.push(b'[');
        self.quoted(one);
        self.0.push(b',');
        self.quoted(other);
        self.0.push(b']');
    }

    pub(crate) fn counted(&mut self, what: &str, count: u64) {
        self.0.push(b'[');
        self.quoted(what);
        self.0.push(b',');
        self.display(&count);
        self.0.push(b']');
    }

    pub(crate) fn display(&mut self, value: &impl fmt::Display) {
        // INVARIANT: a vector takes every byte, so this does not fail.
        write!(self.0, "{value}").unwrap_or_default();
    }

    /// A JSON string.
    pub(crate) fn quoted(&mut self, value: &str) {
        self.0.push(b'"');
        let bytes = value.as_bytes();
        if bytes
            .iter()
            .all(|byte| *byte >= 0x20 && *byte != b'"' && *byte != b'\\')
        {
            self.0.extend_from_slice(bytes);
        } else {
            for byte in bytes {
                match byte {
                    b'"' => self.0.extend_from_slice(b"\\\""),
                    b'\\' => self.0.extend_from_slice(b"\\\\"),
                    0..0x20 => {
                        write!(self.0, "\\u{byte:04x}").unwrap_or_default();
                    }
                    _ => self.0.push(*byte),
                }
            }
        }
        self.0.push(b'"');
    }

    pub(crate) fn digits(&mut self, value: i64) {
        let mut digits = [0_u8; 20];
        let mut rest = value.unsigned_abs();
        let mut used = 0;
        for slot in digits.iter_mut().rev() {
            *slot = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
            used += 1;
            if rest == 0 {
                break;
            }
        }
        if value < 0 {
            self.0.push(b'-');
        }
        self.0.extend(digits.iter().skip(digits.len() - used));
    }
}
