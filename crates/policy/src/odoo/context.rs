//! Odoo's context: an allow-list. Language and time zone pass, what says nothing is dropped,
//! and everything else may change what a call does, so a rule must name it.

use portcullis_erp::{Map, Value};

use crate::bench::No;
use crate::decision::Reason;
use crate::odoo::search::is_plain;
use crate::odoo::view::View;
use crate::operation::{Family, Operation};
use crate::protection::Protection;

/// Keys without a say: the ERP sets them itself, or only its own screens look at them.
const DROPPED: &[&str] = &["uid", "params", "active_id", "active_ids", "active_model"];

impl View<'_> {
    /// The context that is sent.
    pub(crate) fn context(&self, context: &Map) -> Result<Map, No> {
        let mut kept = Map::new();
        for (key, value) in context {
            let named = self.held.rule.context.contains(key);
            if self.held.pins.contradicts(key, value) {
                return Err(self.other_company(key));
            }
            if self.held.pins.replaces(key) {
                continue;
            }
            match key.as_str() {
                _ if is_harmless(key, value) || !Protection::ContextKeys.is_on() => {
                    kept.insert(key.clone(), value.clone());
                }
                key_text if named && is_plain(value) => {
                    kept.insert(key_text.to_owned(), value.clone());
                }
                key_text if DROPPED.contains(&key_text) => {}
                key_text => {
                    let default = key_text.strip_prefix("default_");
                    let open = match default {
                        Some(field) => self.default_is_open(field, value)?,
                        None => false,
                    };
                    if !open {
                        return Err(self.closed_key(key_text));
                    }
                    kept.insert(key.clone(), value.clone());
                }
            }
        }
        self.held.pins.apply(&mut kept);
        Ok(kept)
    }

    /// Judges a context that lies deeper in a call: it holds beside that of the call. What the
    /// role fixes is taken out, for it holds there already.
    pub(crate) fn nested_context(&self, context: &Map) -> Result<Map, No> {
        let mut kept = Map::new();
        for (key, value) in context {
            if self.held.pins.contradicts(key, value) {
                return Err(self.other_company(key));
            }
            if self.held.pins.replaces(key) {
                continue;
            }
            let named = self.held.rule.context.contains(key) && is_plain(value);
            if !named && !is_harmless(key, value) {
                return Err(self.closed_key(key));
            }
            kept.insert(key.clone(), value.clone());
        }
        Ok(kept)
    }

    /// Judges whatever is called `context` within arguments that no table describes.
    pub(crate) fn contexts_within(&self, value: &mut Value) -> Result<(), No> {
        match value {
            Value::List(items) => items
                .iter_mut()
                .try_for_each(|item| self.contexts_within(item)),
            Value::Map(map) => map.iter_mut().try_for_each(|(key, value)| match value {
                Value::Map(context) if key == "context" => {
                    *context = self.nested_context(context)?;
                    Ok(())
                }
                value => self.contexts_within(value),
            }),
            _ => Ok(()),
        }
    }

    fn other_company(&self, key: &str) -> No {
        self.refuse(
            Reason::Context,
            format!("The context key `{key}` asks for another company than this key works in. Leave it out."),
            "the role fixes the company under `[context]`",
        )
    }

    fn closed_key(&self, key: &str) -> No {
        self.refuse(
            Reason::Context,
            format!("The context key `{key}` cannot be allowed. Leave it out, or ask whoever gave you the key."),
            format!("add `{key}` to `context` of the rule"),
        )
    }

    /// A default is a value that is written.
    fn default_is_open(&self, field: &str, value: &Value) -> Result<bool, No> {
        // Records of other models that are made on the way take the same default, and a rule's
        // domain could be undone by it: only plain fields of models without a domain.
        // What is sent, and of which record, is said by values.
        if crate::egress::model(self.model.as_str(), Family::Odoo)
            || self.held.rule.domain.is_some()
            || !self.held.rule.operations.contains(&Operation::Create)
        {
            return Ok(false);
        }
        let facts = self.writable(field, Operation::Create)?;
        Ok(facts.relation.is_none()
            && matches!(
                facts.type_name.as_str(),
                "char"
                    | "text"
                    | "boolean"
                    | "integer"
                    | "float"
                    | "monetary"
                    | "date"
                    | "datetime"
                    | "selection"
            )
            && is_plain(value)
            && !matches!(value, Value::List(_)))
    }
}

/// What changes only how values are shown.
fn is_harmless(key: &str, value: &Value) -> bool {
    match key {
        "lang" | "tz" => is_short_text(value),
        "bin_size" => matches!(value, Value::Bool(_) | Value::Int(_)),
        _ => false,
    }
}

fn is_short_text(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.len() <= 64,
        _ => value.is_nothing(),
    }
}
