//! How parts of a rule are written in TOML.

use std::collections::BTreeSet;

use portcullis_erp::domain::Domain;
use portcullis_erp::filters::Filters;
use portcullis_erp::value::to_json;
use portcullis_erp::{Dialect, Value};

use crate::rule::RuleDomain;

/// A domain as it is written.
pub(crate) fn domain(domain: &RuleDomain) -> Option<String> {
    let value = match (&domain.odoo, &domain.frappe) {
        // A list of conditions that all hold is read the same by both.
        (Some(odoo), Some(frappe)) => {
            let both = conditions(frappe);
            match Domain::parse(&both) {
                Ok(read) if read == *odoo => both,
                _ => odoo.to_value(),
            }
        }
        (Some(odoo), None) => odoo.to_value(),
        (None, Some(frappe)) => conditions(frappe),
        (None, None) => return None,
    };
    String::from_utf8(to_json(&value)).ok()
}

fn conditions(frappe: &Filters) -> Value {
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

/// A dialect as rules name it.
pub(crate) fn dialect(dialect: Dialect) -> Option<&'static str> {
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
pub(crate) fn siblings(dialect: Dialect) -> BTreeSet<Dialect> {
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
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(quoted).collect();
    format!("[{}]", names.join(", "))
}

/// A text of TOML: as it stands where it can, for domains are full of quotes.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |c: char| !c.is_control() && c != '\'';
    if text.contains('"') && text.chars().all(plain) {
        return format!("'{text}'");
    }
    toml::Value::String(text.to_owned()).to_string()
}
