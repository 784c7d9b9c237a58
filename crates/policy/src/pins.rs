//! What a role fixes of the context of its calls: language, time zone, company.
//!
//! Language and time zone say how values are written, so that the role's take the place of the
//! client's. The company says which records there are: a client that asks for another is refused.

use portcullis_erp::{Map, Value};

use crate::protection::Protection;

/// What is fixed; nothing is as the client says, or as the ERP has it for its user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pins {
    /// The language, as the ERP writes it (`de_DE`).
    pub lang: Option<String>,
    /// The time zone.
    pub tz: Option<String>,
    /// The only company that calls may work in.
    pub company: Option<i64>,
}

/// Keys that choose companies.
const COMPANY: &[&str] = &[
    "allowed_company_ids",
    "company_id",
    "force_company",
    "default_company_id",
];

impl Pins {
    /// Nothing is fixed.
    pub(crate) fn none() -> &'static Self {
        static NONE: Pins = Pins {
            lang: None,
            tz: None,
            company: None,
        };
        &NONE
    }

    /// Each that is set, by its name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, String)> {
        [
            ("lang", self.lang.clone()),
            ("tz", self.tz.clone()),
            ("company", self.company.map(|company| company.to_string())),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }

    /// Whether the role's own value takes this key's place.
    pub(crate) fn replaces(&self, key: &str) -> bool {
        match key {
            "lang" => self.lang.is_some(),
            "tz" => self.tz.is_some(),
            _ => self.chooses(key),
        }
    }

    /// Whether a key asks for another company than the role's.
    pub(crate) fn contradicts(&self, key: &str, value: &Value) -> bool {
        let Some(company) = self.company.filter(|_| self.chooses(key)) else {
            return false;
        };
        match value {
            Value::Int(asked) => *asked != company,
            Value::List(items) => *items != [Value::Int(company)],
            _ => true,
        }
    }

    fn chooses(&self, key: &str) -> bool {
        self.company.is_some() && COMPANY.contains(&key)
    }

    /// Writes what is fixed into a context.
    pub(crate) fn apply(&self, context: &mut Map) {
        if !Protection::PinnedContext.is_on() {
            return;
        }
        if let Some(lang) = &self.lang {
            context.insert("lang".to_owned(), Value::from(lang.as_str()));
        }
        if let Some(tz) = &self.tz {
            context.insert("tz".to_owned(), Value::from(tz.as_str()));
        }
        if let Some(company) = self.company {
            let only = Value::List(vec![Value::Int(company)]);
            context.insert("allowed_company_ids".to_owned(), only);
        }
    }

    /// Whether a rule of a role with these pins may be used within a call under others: it
    /// opens nothing outside of its own company.
    pub(crate) fn hold_within(&self, call: &Self) -> bool {
        self.company.is_none() || self.company == call.company
    }

    /// What two together fix; none where their companies differ. What the first says of
    /// language and time zone goes before what the second says.
    pub(crate) fn both(&self, other: &Self) -> Option<Self> {
        if let (Some(one), Some(other)) = (self.company, other.company)
            && one != other
        {
            return None;
        }
        Some(Self {
            lang: self.lang.clone().or_else(|| other.lang.clone()),
            tz: self.tz.clone().or_else(|| other.tz.clone()),
            company: self.company.or(other.company),
        })
    }
}
