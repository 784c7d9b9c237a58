//! Records that are wholly known: those of a file, as `policy domains` takes them.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::facts::{Digits, FieldFacts, FieldKind, ModelFacts, Records};
use super::zone::Zone;
use super::{Domain, DomainError, Search, SearchError};
use crate::value::{Map, Value};

/// Why a file of records is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not as it should be")]
pub struct RecordsError(String);

/// Models with all their records.
#[derive(Default)]
pub struct KnownRecords {
    models: BTreeMap<String, KnownModel>,
    zone: Option<Zone>,
}

#[derive(Default)]
struct KnownModel {
    facts: ModelFacts,
    ids: Vec<i64>,
    rows: HashMap<i64, Map>,
}

/// One question: what does this domain find?
pub struct Question {
    model: String,
    domain: Result<Domain, DomainError>,
    inactive: bool,
    zone: Option<String>,
}

/// What became of a question.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuestionError {
    /// The domain is none.
    #[error("{0}")]
    Domain(#[from] DomainError),
    /// Odoo would refuse it.
    #[error("{0}")]
    Search(#[from] SearchError),
}

impl KnownRecords {
    /// Reads `{"fields": …, "models": …, "records": …}`: fields as `fields_get` tells them,
    /// rows as `read` does.
    ///
    /// # Errors
    /// When a part of it is not of its form.
    pub fn from_value(value: &Value) -> Result<Self, RecordsError> {
        let part = |name: &str| {
            value
                .as_map()
                .and_then(|map| map.get(name))
                .and_then(Value::as_map)
                .ok_or_else(|| RecordsError(name.to_owned()))
        };
        let mut known = Self::default();
        for (model, fields) in part("fields")? {
            let fields = fields.as_map().ok_or_else(|| RecordsError(model.clone()))?;
            let entry = known.models.entry(model.clone()).or_default();
            for (name, field) in fields {
                let field = field.as_map().ok_or_else(|| RecordsError(name.clone()))?;
                entry
                    .facts
                    .fields
                    .insert(name.clone(), field_facts(model, name, field));
            }
        }
        for (model, facts) in part("models")? {
            let facts = facts.as_map().ok_or_else(|| RecordsError(model.clone()))?;
            model_facts(
                &mut known.models.entry(model.clone()).or_default().facts,
                facts,
            );
        }
        for (model, rows) in part("records")? {
            let rows = rows.as_list().ok_or_else(|| RecordsError(model.clone()))?;
            let entry = known.models.entry(model.clone()).or_default();
            for row in rows {
                let row = row.as_map().ok_or_else(|| RecordsError(model.clone()))?;
                let id = row.get("id").and_then(Value::as_int);
                let id = id.ok_or_else(|| RecordsError(model.clone()))?;
                entry.ids.push(id);
                entry.rows.insert(id, row.clone());
            }
            entry.ids.sort_unstable();
            entry.ids.dedup();
            entry.infer_digits();
        }
        known.zone = known.common_zone();
        Ok(known)
    }

    /// The time zone that all active internal users have: then it is that of whoever asks.
    fn common_zone(&self) -> Option<Zone> {
        let users = self.models.get("res.users")?;
        let mut zones = users.ids.iter().filter_map(|&id| {
            let truth = |field| {
                self.value("res.users", id, field)
                    .map(|value| value.into_owned())
            };
            let internal = truth("active") == Some(Value::Bool(true))
                && truth("share") == Some(Value::Bool(false));
            internal.then(|| {
                let partner = super::eval::link(&truth("partner_id")?)??;
                let zone = self.value("res.partner", partner, "tz")?.into_owned();
                if zone.is_nothing() {
                    Some("UTC".to_owned())
                } else {
                    zone.as_str().map(str::to_owned)
                }
            })
        });
        let first = zones.next()??;
        zones
            .all(|zone| zone.as_ref() == Some(&first))
            .then(|| Zone::named(&first))?
    }

    /// Answers a question: the ids that match, and those of which nobody can say.
    ///
    /// # Errors
    /// When Odoo would answer with an error.
    pub fn answer(&self, question: &Question) -> Result<super::Matches, QuestionError> {
        let domain = question.domain.as_ref().map_err(Clone::clone)?;
        if domain
            .conditions()
            .iter()
            .any(|(_, operator)| operator.is_internal())
        {
            return Err(DomainError::Operator.into());
        }
        let search = Search::new(self);
        let search = if question.inactive {
            search.with_inactive()
        } else {
            search
        };
        let search = match &question.zone {
            Some(zone) => search.in_zone(zone),
            None => search,
        };
        Ok(search.matching(&question.model, domain)?)
    }
}

impl Question {
    /// Reads `{"model": …, "domain": …, "context": …}`.
    ///
    /// # Errors
    /// When there is no model in it. What is wrong with the domain is told as the answer.
    pub fn from_value(value: &Value) -> Result<Self, RecordsError> {
        let map = value
            .as_map()
            .ok_or_else(|| RecordsError("question".to_owned()))?;
        let model = map.get("model").and_then(Value::as_str);
        let model = model
            .ok_or_else(|| RecordsError("model".to_owned()))?
            .to_owned();
        let domain = Domain::parse(map.get("domain").unwrap_or(&Value::Null));
        let context = map.get("context").and_then(Value::as_map);
        let zone = context
            .and_then(|context| text(context, "tz"))
            .filter(|zone| !zone.is_empty());
        let inactive = context
            .and_then(|context| context.get("active_test"))
            .is_some_and(|test| !super::python::truthy(test));
        Ok(Self {
            model,
            domain,
            inactive,
            zone,
        })
    }
}

fn text(map: &Map, name: &str) -> Option<String> {
    map.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn field_facts(model: &str, name: &str, field: &Map) -> FieldFacts {
    let kind = FieldKind::read(
        field
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default(),
    );
    let keys = field.get("selection").and_then(Value::as_list).map(|keys| {
        keys.iter()
            .filter_map(|key| match key {
                Value::List(pair) => pair.first().and_then(Value::as_str),
                key => key.as_str(),
            })
            .map(str::to_owned)
            .collect()
    });
    let digits = match field.get("digits").and_then(Value::as_list) {
        Some([_, Value::Int(digits)]) => {
            u8::try_from(*digits).map_or(Digits::Unknown, Digits::Exactly)
        }
        _ => Digits::Unknown,
    };
    let size = match field.get("size").and_then(Value::as_int) {
        Some(size) => usize::try_from(size).ok(),
        None => known_size(model, name),
    };
    FieldFacts {
        kind,
        relation: text(field, "relation"),
        stored: field
            .get("store")
            .is_none_or(|stored| *stored == Value::Bool(true)),
        selection: keys,
        digits,
        size,
    }
}

/// Columns of a stock Odoo that are bounded, for files that do not tell.
fn known_size(model: &str, name: &str) -> Option<usize> {
    match (model, name) {
        ("res.country", "code") => Some(2),
        ("res.currency", "name") => Some(3),
        _ => None,
    }
}

fn model_facts(facts: &mut ModelFacts, map: &Map) {
    facts.complete = true;
    facts.rec_name = text(map, "rec_name");
    facts.parent = text(map, "parent");
    facts.active = text(map, "active");
    let names = map
        .get("rec_names_search")
        .and_then(Value::as_list)
        .unwrap_or_default();
    facts.rec_names_search = names
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    facts.inherits = map
        .get("inherits")
        .and_then(Value::as_map)
        .into_iter()
        .flatten()
        .filter_map(|(parent, link)| Some((parent.clone(), link.as_str()?.to_owned())))
        .collect();
    facts.custom_name_search = map
        .get("custom_name_search")
        .is_some_and(|custom| *custom == Value::Bool(true));
}

impl KnownModel {
    /// A field's values show the least to which it can be rounded.
    fn infer_digits(&mut self) {
        for (name, field) in &mut self.facts.fields {
            if field.kind != FieldKind::Float || field.digits != Digits::Unknown {
                continue;
            }
            let decimals = self.rows.values().filter_map(|row| match row.get(name) {
                Some(Value::Float(number)) => {
                    let text = format!("{number}");
                    Some(text.split_once('.').map_or(0, |(_, behind)| behind.len()))
                }
                _ => None,
            });
            let most = decimals
                .max()
                .and_then(|most| u8::try_from(most).ok())
                .unwrap_or(0);
            field.digits = Digits::AtLeast(most);
        }
    }
}

impl Records for KnownRecords {
    fn model(&self, model: &str) -> Option<&ModelFacts> {
        Some(&self.models.get(model)?.facts)
    }

    fn ids(&self, model: &str) -> Option<Cow<'_, [i64]>> {
        Some(Cow::Borrowed(&self.models.get(model)?.ids))
    }

    fn value(&self, model: &str, id: i64, field: &str) -> Option<Cow<'_, Value>> {
        Some(Cow::Borrowed(
            self.models.get(model)?.rows.get(&id)?.get(field)?,
        ))
    }

    fn zone(&self) -> Option<Zone> {
        self.zone
    }

    fn ignores_accents(&self) -> Option<bool> {
        Some(false)
    }

    fn orders_by_code_point(&self) -> Option<bool> {
        Some(true)
    }
}
