//! Recorded calls of Odoo.

use portcullis_erp::domain::FieldKind;
use portcullis_erp::{Call, Map, Model, RecordId, Value};

use super::{Guess, Recorded, names};
use crate::odoo::table::{self, Kind};
use crate::operation::Operation;
use crate::schema::Schema;

impl Recorded {
    /// As many records as were named.
    pub(super) fn numbered(&self) -> Vec<RecordId> {
        let numbers = (1..=self.ids.min(20_000)).filter_map(|id| i64::try_from(id).ok());
        numbers.map(RecordId::Number).collect()
    }

    pub(super) fn odoo(
        &self,
        call: &mut Call,
        schema: &Schema,
        guess: &Guess,
    ) -> Result<(), &'static str> {
        for key in &self.context {
            let value = match key.as_str() {
                "lang" | "tz" => Value::from("x"),
                _ => Value::Int(1),
            };
            call.context.insert(key.clone(), value);
        }
        let Some(known) = table::known(&self.model, &self.method) else {
            if self.ids > 0 {
                call.ids = Some(self.numbered());
            }
            for name in &self.fields {
                call.named.insert(name.clone(), Value::from("x"));
            }
            return Ok(());
        };
        if known.on_records {
            call.ids = Some(self.numbered());
        }
        let takes = |name: &str| known.arguments.iter().any(|(known, _)| *known == name);
        if takes("domain") {
            let domain = self.conditions(&call.model, schema)?;
            call.named.insert("domain".to_owned(), domain);
        }
        let model = call.model.clone();
        let mut put = |name: &str, value: Value| {
            call.named.insert(name.to_owned(), value);
        };
        match known.kind {
            Kind::Count | Kind::NameGet | Kind::Metadata | Kind::OwnContext => {}
            Kind::Search => {
                if !self.fields.is_empty() {
                    put("order", Value::from(self.fields.join(", ")));
                }
            }
            Kind::SearchRead | Kind::Read if !self.fields.is_empty() => {
                put("fields", names(&self.fields));
            }
            Kind::SearchRead | Kind::Read => {}
            Kind::WebSearchRead | Kind::WebRead | Kind::WebNameSearch => {
                put("specification", Value::Map(specification(&self.fields)));
                if known.kind == Kind::WebNameSearch {
                    put("name", Value::from("x"));
                }
            }
            Kind::NameSearch => put("name", Value::from("x")),
            Kind::Groups => put("groupby", names(&self.fields)),
            Kind::GroupLists => {
                put("grouping_sets", Value::List(vec![names(&self.fields)]));
            }
            Kind::FieldsGet if !self.fields.is_empty() => put("allfields", names(&self.fields)),
            Kind::FieldsGet => {}
            Kind::Export => put("fields_to_export", names(&self.fields)),
            // Any names will do: what is not open is left out of the answer.
            Kind::DefaultGet => put("fields", Value::List(vec![Value::from("name")])),
            Kind::NameCreate => put("name", Value::from("x")),
            Kind::Rights | Kind::Access | Kind::FieldRights => {
                let asked = self.told("asks").next().map(Value::from);
                let plainest = guess.plainest.then(|| Value::from("read"));
                let asked = plainest.or(asked);
                let asked = asked.ok_or("the record does not tell which right was asked about")?;
                put("operation", asked);
                if known.kind == Kind::Rights && guess.plainest {
                    put("raise_exception", Value::Bool(false));
                }
            }
            Kind::Resequence => {
                let mut set = self.told("set");
                let (Some(field), None) = (set.next(), set.next()) else {
                    return Err("the record does not tell what was written from what was read");
                };
                put("field_name", Value::from(field));
                let read = self.fields.iter().filter(|name| *name != field);
                put(
                    "specification",
                    Value::Map(specification(&Vec::from_iter(read.cloned()))),
                );
            }
            Kind::WebSave => {
                let set: Vec<String> = self.told("set").map(str::to_owned).collect();
                if set.is_empty() && !self.fields.is_empty() {
                    return Err("the record does not tell what was written from what was read");
                }
                let values = self.values(&set, "", (&model, schema), guess)?;
                put("vals", Value::Map(values));
                // What was written and read as well is taken to be read.
                put("specification", Value::Map(specification(&self.fields)));
            }
            Kind::Translations | Kind::Change if takes("field_name") => {
                let [field] = self.fields.as_slice() else {
                    return Err("the record does not tell which field's translations it was about");
                };
                put("field_name", Value::from(field.as_str()));
                if known.kind == Kind::Change {
                    put("translations", Value::Map(Map::new()));
                }
            }
            Kind::Translations => {}
            Kind::Activate(_) => {}
            Kind::Change if known.operation == Operation::Delete => {}
            Kind::Create | Kind::Change | Kind::Copy => {
                if self.refused {
                    return Err(
                        "of what was refused the record does not tell which fields were set",
                    );
                }
                let values = self.values(&self.fields, "", (&model, schema), guess)?;
                let values = Value::Map(values);
                match known.kind {
                    Kind::Create => put("vals_list", Value::List(vec![values])),
                    Kind::Copy => put("default", values),
                    _ => put("vals", values),
                }
            }
        }
        Ok(())
    }

    /// Conditions with any value.
    fn conditions(&self, model: &Model, schema: &Schema) -> Result<Value, &'static str> {
        let mut conditions = Vec::new();
        for (path, operator) in &self.domain {
            let kind = kind_at(schema, model, path);
            let value = match (operator.as_str(), kind) {
                ("any" | "not any" | "any!" | "not any!", _) => Value::List(Vec::new()),
                ("in" | "not in", Some(kind)) => Value::List(vec![one(kind)]),
                ("in" | "not in", None) => Value::List(vec![Value::Int(1)]),
                (operator, _) if operator.contains("like") => Value::from("x"),
                (_, Some(kind)) => one(kind),
                (_, None) => Value::Int(1),
            };
            let leaf = [
                Value::from(path.as_str()),
                Value::from(operator.as_str()),
                value,
            ];
            conditions.push(Value::List(leaf.into()));
        }
        Ok(Value::List(conditions))
    }

    /// Values of a record whose fields are those of `all` below `prefix`, such as `order_line.`.
    fn values(
        &self,
        all: &[String],
        prefix: &str,
        (model, schema): (&Model, &Schema),
        guess: &Guess,
    ) -> Result<Map, &'static str> {
        let mut values = Map::new();
        let below = all.iter().filter_map(|path| path.strip_prefix(prefix));
        for name in below.filter(|name| !name.contains('.')) {
            let facts = schema.model(model).and_then(|known| known.field(name));
            let kind = facts.map_or(FieldKind::Char, |facts| facts.kind);
            let value = match (kind, facts.and_then(|facts| facts.relation.as_ref())) {
                (FieldKind::One2many | FieldKind::Many2many, Some(comodel)) => {
                    self.commands(all, &format!("{prefix}{name}"), (comodel, schema), guess)?
                }
                (FieldKind::One2many | FieldKind::Many2many, None) => {
                    return Err("the record does not tell what was done with linked records");
                }
                (FieldKind::Many2one, _) if guess.emptied => Value::Bool(false),
                _ => match guess.wanted.get(name).filter(|_| prefix.is_empty()) {
                    Some(wanted) => wanted.clone(),
                    None => one(kind),
                },
            };
            values.insert(name.to_owned(), value);
        }
        Ok(values)
    }

    /// The commands on a list of links: each kind once.
    fn commands(
        &self,
        all: &[String],
        path: &str,
        (comodel, schema): (&Model, &Schema),
        guess: &Guess,
    ) -> Result<Value, &'static str> {
        let mut commands = Vec::new();
        let mut is_told = false;
        for verb in self.told(path) {
            is_told = true;
            let nested = || self.values(all, &format!("{path}."), (comodel, schema), guess);
            let one = match verb {
                "0" => vec![Value::Int(0), Value::Int(0), Value::Map(nested()?)],
                "1" => vec![Value::Int(1), Value::Int(1), Value::Map(nested()?)],
                "6" => {
                    let ids = if guess.emptied {
                        vec![]
                    } else {
                        vec![Value::Int(1)]
                    };
                    vec![Value::Int(6), Value::Int(0), Value::List(ids)]
                }
                "-" => continue,
                verb => {
                    let verb = verb.parse();
                    let verb = verb.map_err(|_| "the record does not tell of a known command")?;
                    vec![Value::Int(verb), Value::Int(1), Value::Int(0)]
                }
            };
            commands.push(Value::List(one));
        }
        if is_told {
            Ok(Value::List(commands))
        } else {
            Err("the record does not tell what was done with linked records")
        }
    }

    /// The arguments of what sends something, in their plainest form.
    pub(super) fn sent(&self) -> Option<Map> {
        let mut named = Map::new();
        for name in &self.fields {
            named.insert(
                name.clone(),
                crate::odoo::mail::plainest(&self.method, name)?,
            );
        }
        Some(named)
    }
}

/// `partner_id.name` stands for a field of a linked record.
fn specification(paths: &[String]) -> Map {
    let mut fields = Map::new();
    for path in paths {
        let (first, rest) = match path.split_once('.') {
            Some((first, rest)) => (first, Some(rest.to_owned())),
            None => (path.as_str(), None),
        };
        let inner = fields
            .entry(first.to_owned())
            .or_insert_with(|| Value::Map(Map::new()));
        let (Value::Map(inner), Some(rest)) = (inner, rest) else {
            continue;
        };
        let deeper = specification(&[rest]);
        match inner.get_mut("fields") {
            Some(Value::Map(known)) => known.extend(deeper),
            _ => {
                inner.insert("fields".to_owned(), Value::Map(deeper));
            }
        }
    }
    fields
}

/// The kind of the field at the end of a path.
fn kind_at(schema: &Schema, model: &Model, path: &str) -> Option<FieldKind> {
    let mut model = model.clone();
    let mut steps = path.split('.').peekable();
    while let Some(step) = steps.next() {
        let facts = schema.model(&model)?.field(step)?;
        if steps.peek().is_none() {
            return Some(facts.kind);
        }
        model = facts.relation.clone()?;
    }
    None
}

/// A value of a kind.
fn one(kind: FieldKind) -> Value {
    match kind {
        FieldKind::Boolean => Value::Bool(true),
        FieldKind::Integer
        | FieldKind::Float
        | FieldKind::Monetary
        | FieldKind::Many2one
        | FieldKind::One2many
        | FieldKind::Many2many => Value::Int(1),
        FieldKind::Date => Value::from("2026-01-01"),
        FieldKind::Datetime => Value::from("2026-01-01 00:00:00"),
        FieldKind::Char
        | FieldKind::Text
        | FieldKind::Html
        | FieldKind::Selection
        | FieldKind::Other => Value::from("x"),
    }
}
