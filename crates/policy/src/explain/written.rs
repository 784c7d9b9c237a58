//! How parts of a rule are written in TOML.

use std::collections::BTreeSet;

use portcullis_erp::value::to_json;
use portcullis_erp::{Dialect, Value};

use crate::rule::RuleDomain;

/// A domain as it is written.
pub(super) fn domain(domain: &RuleDomain) -> Option<String> {
    let value = match (&domain.odoo, &domain.frappe) {
        (Some(odoo), _) => odoo.to_value(),
        (None, Some(frappe)) => {
            let conditions = frappe.all.iter().map(|one| {
                let value = [
                    Value::from(one.field.as_str()),
                    Value::from(one.operator.as_str()),
                    one.value.clone(),
                ];
                Value::List(value.into())
            });
            Value::List(conditions.collect())
        }
        (None, None) => return None,
    };
    String::from_utf8(to_json(&value)).ok()
}

/// A dialect as rules name it.
pub(super) fn dialect(dialect: Dialect) -> Option<&'static str> {
    Some(match dialect {
        Dialect::XmlRpc1 | Dialect::XmlRpc2 => "xmlrpc",
        Dialect::JsonRpc => "jsonrpc",
        Dialect::Json2 => "json2",
        Dialect::OdooWeb | Dialect::OdooCall => "odoo-web",
        Dialect::FrappeResource
        | Dialect::FrappeMethod
        | Dialect::FrappeV2
        | Dialect::FrappeFile => "frappe",
        Dialect::Rest => "rest",
        Dialect::Custom => return None,
    })
}

/// The dialects that rules call by the same word as this one.
pub(super) fn siblings(dialect: Dialect) -> BTreeSet<Dialect> {
    const ALL: &[Dialect] = &[
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
    let same = ALL
        .iter()
        .filter(|one| self::dialect(**one) == self::dialect(dialect));
    same.copied().collect()
}

/// A list of texts.
pub(super) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(quoted).collect();
    format!("[{}]", names.join(", "))
}

/// A text of TOML: as it stands where it can, for domains are full of quotes.
pub(super) fn quoted(text: &str) -> String {
    let plain = |c: char| !c.is_control() && c != '\'';
    if text.contains('"') && text.chars().all(plain) {
        return format!("'{text}'");
    }
    toml::Value::String(text.to_owned()).to_string()
}
