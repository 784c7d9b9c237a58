//! A record as somebody sees it: its stored values, and those that follow from others.

use std::borrow::Cow;

use portcullis_erp::value::Value;

use super::db::{Db, Row, empty};
use super::schema::{Field, Model, Schema, Source};
use super::user::{Context, Who};

/// Who looks, and at what.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) db: &'a Db,
    pub(crate) who: &'a Who,
    pub(crate) context: &'a Context,
}

/// One record.
#[derive(Clone, Copy)]
pub(crate) struct Record<'a> {
    pub(crate) view: View<'a>,
    pub(crate) model: &'a Model,
    pub(crate) id: i64,
    pub(crate) row: &'a Row,
}

impl<'a> View<'a> {
    pub(crate) fn record(&self, model: &str, id: i64) -> Option<Record<'a>> {
        let model = self.schema.model(model)?;
        Some(Record {
            view: *self,
            model,
            id,
            row: self.db.row(model.name, id)?,
        })
    }
}

impl<'a> Record<'a> {
    /// A field's value: links as ids, lists of ids, `false` for what is empty.
    pub(crate) fn get(&self, name: &str) -> Cow<'a, Value> {
        match self.model.field(name) {
            Some((slot, field)) => self.value(slot, field),
            None => Cow::Borrowed(empty("")),
        }
    }

    pub(crate) fn value(&self, slot: usize, field: &'a Field) -> Cow<'a, Value> {
        match field.source {
            Source::Cell if field.name == "id" => Cow::Owned(Value::Int(self.id)),
            Source::Cell => Cow::Borrowed(self.row.get(slot).unwrap_or(empty(field.kind))),
            Source::Inverse => Cow::Owned(self.inverse(field)),
            Source::Related => self.related(field),
            Source::Computed(function) => Cow::Owned(function(*self)),
            Source::Empty => Cow::Borrowed(empty(field.kind)),
        }
    }

    fn inverse(&self, field: &Field) -> Value {
        let (Some(relation), Some(inverse)) = (field.relation, field.inverse) else {
            return Value::List(Vec::new());
        };
        let Some(comodel) = self.view.schema.model(relation) else {
            return Value::List(Vec::new());
        };
        let Some((slot, _)) = comodel.field(inverse) else {
            return Value::List(Vec::new());
        };
        let active = if self.view.context.active_test && comodel.has_active() {
            comodel.field("active").map(|(slot, _)| slot)
        } else {
            None
        };
        let db = self.view.db;
        let found = db.pointing(relation, slot, self.id).filter(|&id| {
            active.is_none_or(|slot| {
                db.row(relation, id).and_then(|row| row.get(slot)) == Some(&Value::Bool(true))
            })
        });
        Value::List(found.map(Value::Int).collect())
    }

    fn related(&self, field: &'a Field) -> Cow<'a, Value> {
        let mut record = *self;
        let path = field.path.as_deref().unwrap_or_default();
        let Some((last, links)) = path.split_last() else {
            return Cow::Borrowed(empty(field.kind));
        };
        for link in links {
            match record.link(link) {
                Some(next) => record = next,
                None => return Cow::Borrowed(empty(field.kind)),
            }
        }
        record.get(last)
    }

    pub(crate) fn truth(&self, name: &str) -> bool {
        *self.get(name) == Value::Bool(true)
    }

    /// A text, empty if there is none.
    pub(crate) fn text(&self, name: &str) -> String {
        self.get(name).as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn number(&self, name: &str) -> f64 {
        number(&self.get(name))
    }

    pub(crate) fn link_id(&self, name: &str) -> Option<i64> {
        self.get(name).as_int()
    }

    pub(crate) fn link(&self, name: &str) -> Option<Record<'a>> {
        let (slot, field) = self.model.field(name)?;
        let value = self.value(slot, field);
        let id = match &*value {
            Value::List(ids) => ids.first()?.as_int()?,
            other => other.as_int()?,
        };
        self.view.record(field.relation?, id)
    }

    pub(crate) fn links(&self, name: &str) -> Vec<Record<'a>> {
        let Some((slot, field)) = self.model.field(name) else {
            return Vec::new();
        };
        let Some(relation) = field.relation else {
            return Vec::new();
        };
        let value = self.value(slot, field);
        let ids = value.as_list().unwrap_or_default().iter();
        ids.filter_map(|id| self.view.record(relation, id.as_int()?))
            .collect()
    }

    pub(crate) fn display_name(&self) -> String {
        self.text("display_name")
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "amounts and quantities are small"
)]
pub(crate) fn number(value: &Value) -> f64 {
    match value {
        Value::Int(number) => *number as f64,
        Value::Float(number) => *number,
        _ => 0.0,
    }
}
