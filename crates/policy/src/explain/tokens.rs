//! Every word of a call that could be the name of a field: which of them are needed is found
//! out by asking the judge without them.

use std::collections::BTreeSet;

use portcullis_erp::{Call, Map, Value};

/// How many words of a call are looked at.
const MOST: usize = 4_000;

/// What a call names, whatever it is.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    /// Single words.
    pub(super) words: BTreeSet<String>,
    /// Whole texts that may be the names of models.
    pub(super) texts: BTreeSet<String>,
    /// `table.column` of documents and lists.
    pub(super) paths: BTreeSet<String>,
}

impl Tokens {
    pub(super) fn of(call: &Call) -> Self {
        let mut tokens = Self::default();
        tokens.map(&call.named, None);
        call.positional
            .iter()
            .for_each(|value| tokens.value(value, None));
        for key in call.context.keys() {
            tokens.text(key.strip_prefix("default_").unwrap_or(key));
        }
        tokens
    }

    fn map(&mut self, map: &Map, within: Option<&str>) {
        for (key, value) in map {
            self.text(key);
            if let Some(table) = within {
                self.path(table, key);
            }
            self.value(value, Some(key));
        }
    }

    fn value(&mut self, value: &Value, within: Option<&str>) {
        match value {
            Value::Text(text) => self.text(text),
            Value::List(items) => items.iter().for_each(|item| self.value(item, within)),
            Value::Map(map) => self.map(map, within),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Big(_)
            | Value::Float(_)
            | Value::Bytes(_)
            | Value::Moment(_) => {}
        }
    }

    fn text(&mut self, text: &str) {
        if text.len() > 2_000 || self.words.len() > MOST {
            return;
        }
        self.texts.insert(text.to_owned());
        if let Some((model, id)) = text.split_once(',')
            && id.parse::<i64>().is_ok()
        {
            self.texts.insert(model.to_owned());
        }
        for part in text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')) {
            self.word(part);
        }
    }

    fn word(&mut self, text: &str) {
        if let Some((table, column)) = text.split_once('.') {
            self.path(table, column);
        }
        for word in text.split('.') {
            if word.is_empty() || word.starts_with(|c: char| c.is_ascii_digit()) {
                continue;
            }
            self.words.insert(word.to_owned());
            // `partner_id_count` of groups, `amount:sum` was split before.
            if let Some(field) = word.strip_suffix("_count") {
                self.words.insert(field.to_owned());
            }
        }
    }

    fn path(&mut self, table: &str, column: &str) {
        if self.paths.len() <= MOST && !table.is_empty() && !column.is_empty() {
            self.paths.insert(format!("{table}.{column}"));
        }
    }
}
