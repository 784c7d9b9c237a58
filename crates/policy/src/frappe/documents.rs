//! Documents: made, saved, submitted, cancelled, deleted.

use std::collections::BTreeSet;

use portcullis_erp::filters::{Condition, Operator};
use portcullis_erp::{Call, FieldName, Map, Shape, Value};

use super::one_name;
use super::view::{Aim, FrappeView};
use crate::after::Does;
use crate::bench::No;
use crate::decision::Reason;
use crate::egress;
use crate::mask::is_masked;
use crate::odoo::search::is_scalar;
use crate::operation::{Family, Operation};
use crate::permit::{Guard, Permit};
use crate::protection::Protection;
use crate::sizes;
use crate::terms::Terms;

/// What clients send back because they were given it; Frappe sets it itself. It is left out.
const DROPPED: &[&str] = &[
    "owner",
    "creation",
    "modified_by",
    "idx",
    "doctype",
    "parent",
    "parentfield",
    "parenttype",
];

/// What would change how Frappe saves, not what it saves.
const NEVER: &[&str] = &[
    "flags",
    "meta",
    "run_method",
    "cmd",
    "permission_type",
    "ignore_permissions",
];

impl FrappeView<'_> {
    pub(crate) fn insert(&self, call: &Call) -> Result<Permit, No> {
        let mut shape = Shape::default();
        let mut clean = call.clone();
        let mut doc = self.doc(&mut clean)?;
        doc.shift_remove("modified");
        let parent = self.parent(&doc)?;
        let mut doc = self.judged(doc, Operation::Create, &mut shape)?;
        for condition in self.own_filters()? {
            if condition.operator == Operator::Equal
                && is_scalar(&condition.value)
                && !doc.contains_key(condition.field.as_str())
            {
                doc.insert(condition.field.as_str().to_owned(), condition.value.clone());
            }
            self.must_hold(&condition, &doc)?;
        }
        if call.ids.is_some() {
            return Err(self.bad_argument("name"));
        }
        let guard = match parent {
            None => None,
            Some((links, guard)) => {
                doc.extend(links);
                guard
            }
        };
        clean.named.insert("doc".to_owned(), Value::Map(doc));
        let terms = Terms::Document(self.document_terms());
        Ok(self.permit(Operation::Create, shape, guard, clean, terms))
    }

    /// What ties a row of a table to its document, if the new document is such a row: it
    /// writes that document.
    fn parent(&self, doc: &Map) -> Result<Option<(Map, Option<Guard>)>, No> {
        let text = |name: &str| {
            doc.get(name)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        let Some(parent) = text("parent") else {
            return Ok(None);
        };
        let (Some(doctype), Some(field)) = (text("parenttype"), text("parentfield")) else {
            return Err(self.bad_argument("parent"));
        };
        let guard = self.target(doctype, parent, Some(field))?;
        let links = ["parent", "parenttype", "parentfield"];
        let links = links
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), doc.get(name)?.clone())));
        Ok(Some((links.collect(), guard)))
    }

    pub(crate) fn save(&self, call: &Call) -> Result<Permit, No> {
        let name = one_name(call).ok_or_else(|| self.bad_argument("name"))?;
        let mut shape = Shape {
            ids: 1,
            ..Shape::default()
        };
        let mut clean = call.clone();
        let doc = self.doc(&mut clean)?;
        let doc = self.changed(doc, name, Operation::Write, &mut shape)?;
        clean.named.insert("doc".to_owned(), Value::Map(doc));
        let guard = self.guard(name, Aim::Saves)?;
        let terms = Terms::Document(self.document_terms());
        Ok(self.permit(Operation::Write, shape, guard, clean, terms))
    }

    /// `delete`, `submit`, `cancel`.
    pub(crate) fn change(&self, call: &Call, operation: Operation) -> Result<Permit, No> {
        let name = one_name(call).ok_or_else(|| self.bad_argument("name"))?;
        let mut shape = Shape {
            ids: 1,
            ..Shape::default()
        };
        let mut clean = call.clone();
        if call.named.contains_key("doc") && operation == Operation::Submit {
            let doc = self.doc(&mut clean)?;
            let doc = self.changed(doc, name, Operation::Write, &mut shape)?;
            let changes = doc
                .keys()
                .any(|key| !matches!(key.as_str(), "name" | "modified" | "docstatus"));
            if changes && !self.also(Operation::Write) {
                return Err(self.needs("write"));
            }
            clean.named.insert("doc".to_owned(), Value::Map(doc));
        } else if !call.named.is_empty() {
            return Err(self.bad_argument("doc"));
        }
        let guard = match operation {
            Operation::Delete => self.guard(name, Aim::Does(Does::Deletes))?,
            _ => self.guard(name, Aim::Saves)?,
        };
        if guard.is_some() && operation != Operation::Delete {
            // Only a save is bound to the version that the guard saw: it submits and cancels, too.
            clean.whole = false;
            clean
                .named
                .entry("doc".to_owned())
                .or_insert_with(|| Value::Map(Map::new()));
        }
        let terms = match operation {
            Operation::Delete => Terms::Single,
            _ => Terms::DocumentOrDone(self.document_terms()),
        };
        Ok(self.permit(operation, shape, guard, clean, terms))
    }

    fn doc(&self, call: &mut Call) -> Result<Map, No> {
        let mut named = std::mem::take(&mut call.named);
        match (named.shift_remove("doc"), named.is_empty()) {
            (Some(Value::Map(doc)), true) => Ok(doc),
            _ => Err(self.bad_argument("doc")),
        }
    }

    /// Values for a document that is there.
    fn changed(
        &self,
        mut doc: Map,
        name: &str,
        operation: Operation,
        shape: &mut Shape,
    ) -> Result<Map, No> {
        let modified = match doc.shift_remove("modified") {
            None => None,
            // A document that was never saved is not the latest: the ERP refuses it.
            Some(Value::Null) => Some(Value::from("")),
            Some(modified @ Value::Text(_)) => Some(modified),
            Some(_) => return Err(self.bad_argument("modified")),
        };
        if doc
            .shift_remove("name")
            .is_some_and(|other| other.as_str() != Some(name))
        {
            return Err(self.bad_argument("name"));
        }
        // It cannot be changed: the ERP refuses a document that has another.
        let creation = doc
            .shift_remove("creation")
            .filter(|creation| matches!(creation, Value::Text(_)));
        let mut doc = self.judged(doc, operation, shape)?;
        doc.extend(creation.map(|creation| ("creation".to_owned(), creation)));
        for condition in self.own_filters()? {
            // What is not touched was asked of the ERP by the guard.
            if doc.contains_key(condition.field.as_str()) {
                self.must_hold(&condition, &doc)?;
            }
        }
        if let Some(modified) = modified {
            doc.insert("modified".to_owned(), modified);
        }
        Ok(doc)
    }

    /// Judges values field by field.
    fn judged(&self, doc: Map, operation: Operation, shape: &mut Shape) -> Result<Map, No> {
        self.may_send(egress::model(self.model.as_str(), Family::Frappe))?;
        self.held.at_most("doc", doc.len(), self.held.fields())?;
        let mut clean = Map::with_capacity(doc.len());
        for (field, value) in doc {
            if NEVER.contains(&field.as_str()) || FieldName::new(&field).is_err() {
                return Err(self.closed(&field));
            }
            if field.starts_with('_') || DROPPED.contains(&field.as_str()) {
                continue;
            }
            shape.fields.push(field.clone());
            let value = match (field.as_str(), value) {
                // A name that says nothing is what clients have of a document before it is made.
                ("name", value @ Value::Null) => value,
                ("name", Value::Text(text)) if text.is_empty() => Value::Text(text),
                ("docstatus", value) => self.docstatus(value, shape)?,
                (_, Value::List(rows)) => Value::List(self.table(&field, rows, operation, shape)?),
                (_, Value::Map(_)) => return Err(self.closed(&field)),
                (_, value) if is_masked(&value) && self.bench.masks(self.model, &field) => {
                    return Err(self.closed(&field));
                }
                (_, value) => {
                    if !self.may_write(&field, operation) || self.is_of_a_file(&field) {
                        return Err(self.closed(&field));
                    }
                    value
                }
            };
            clean.insert(field, value);
        }
        Ok(clean)
    }

    /// Whether a field of `File` says where bytes come from, who sees them, or what they are
    /// attached to. By a document they are set only where the rule names the field: an upload
    /// is judged by its bytes, and by what it is attached to.
    fn is_of_a_file(&self, field: &str) -> bool {
        const FIELDS: &[&str] = &[
            "content",
            "file_url",
            "is_private",
            "attached_to_doctype",
            "attached_to_name",
            "attached_to_field",
        ];
        self.model.as_str() == "File" && FIELDS.contains(&field) && !self.names_for_writing(field)
    }

    /// Saving with another `docstatus` is submitting or cancelling.
    fn docstatus(&self, value: Value, shape: &mut Shape) -> Result<Value, No> {
        let needed = match &value {
            Value::Int(0) | Value::Null | Value::Bool(false) => return Ok(value),
            Value::Text(text) if text == "0" => return Ok(value),
            Value::Int(1) => Operation::Submit,
            Value::Text(text) if text == "1" => Operation::Submit,
            Value::Int(2) => Operation::Cancel,
            Value::Text(text) if text == "2" => Operation::Cancel,
            _ => return Err(self.closed("docstatus")),
        };
        if self.also(needed) {
            let status = if needed == Operation::Submit { 1 } else { 2 };
            shape.how.push(format!("docstatus {status}"));
            Ok(value)
        } else {
            Err(self.needs(needed.as_str()))
        }
    }

    pub(super) fn also(&self, operation: Operation) -> bool {
        self.held.rule.operations.contains(&operation)
            && !self.bench.denies(self.model, operation, None)
    }

    pub(super) fn needs(&self, operation: &str) -> No {
        self.refuse(
            Reason::NoRule,
            format!(
                "This key may not {operation} `{}`. Ask whoever gave you the key.",
                self.model
            ),
            format!("the call needs the operation `{operation}` in the same rule as well"),
        )
    }

    /// Rows of a child table. A save replaces all rows by these, so that it takes a table that
    /// is open as a whole; a new document may have rows of the columns that are open.
    fn table(
        &self,
        field: &str,
        rows: Vec<Value>,
        operation: Operation,
        shape: &mut Shape,
    ) -> Result<Vec<Value>, No> {
        let whole = self.may_write(field, operation);
        // What a row does not name is emptied: a save would do so to columns that are not open.
        let closes_some = operation != Operation::Create
            && (self.held.rule.closes_behind(field).is_some()
                || self.denies_columns_of(field, operation));
        // A row without columns is one as well: some column of the table must be open.
        let closed =
            !whole && (operation != Operation::Create || !self.opens_columns_of(field, operation));
        if closes_some || closed {
            return Err(self.closed(field));
        }
        self.held.at_most(field, rows.len(), sizes::RECORDS)?;
        let mut named = BTreeSet::new();
        let mut clean = Vec::with_capacity(rows.len());
        for row in rows {
            let Value::Map(row) = row else {
                return Err(self.closed(field));
            };
            self.held.at_most(field, row.len(), sizes::FIELDS)?;
            let mut kept = Map::with_capacity(row.len());
            for (column, value) in row {
                if NEVER.contains(&column.as_str())
                    || FieldName::new(&column).is_err()
                    || !is_scalar(&value)
                {
                    return Err(self.closed(&format!("{field}.{column}")));
                }
                // A row has the status of its document, whatever is sent.
                if column.starts_with('_')
                    || column == "docstatus"
                    || DROPPED.contains(&column.as_str())
                {
                    continue;
                }
                let path = format!("{field}.{column}");
                let open = matches!(column.as_str(), "name" | "modified")
                    || (whole
                        && !self.held.rule.closes(&path)
                        && !self.bench.denies_field(self.model, &path, operation)
                        && !self.denies_column(&path, operation)
                        && !self.copies_column(&path))
                    || self.may_write(&path, operation);
                if is_masked(&value) && self.bench.masks(self.model, &path) {
                    return Err(self.closed(&path));
                }
                if !open {
                    return Err(self.closed(&path));
                }
                named.insert(path);
                kept.insert(column, value);
            }
            clean.push(Value::Map(kept));
        }
        shape.fields.extend(named);
        Ok(clean)
    }

    /// Whether new values certainly satisfy a condition of the rule.
    pub(super) fn must_hold(&self, condition: &Condition, doc: &Map) -> Result<(), No> {
        let value = doc.get(condition.field.as_str());
        let holds = match (condition.operator, &condition.value, value) {
            (Operator::Equal, wanted, Some(value)) => wanted == value && is_scalar(value),
            (Operator::In, Value::List(wanted), Some(value)) => {
                is_scalar(value) && wanted.contains(value)
            }
            _ => false,
        };
        if holds || !Protection::FrappeNewValues.is_on() {
            return Ok(());
        }
        Err(self.refuse(
            Reason::Values,
            format!("These values cannot be allowed for `{}` with this key. Ask whoever gave you the key.", self.model),
            format!(
                "`{}` does not, or not certainly, satisfy the rule's domain",
                condition.field
            ),
        ))
    }

    pub(super) fn closed(&self, field: &str) -> No {
        let no = self.refuse(
            Reason::WriteField,
            format!("This key may not set the field `{field}` of `{}`. Leave it out, or ask whoever gave you the key.", self.model),
            format!("add `{field}` to `write-fields` (or `fields`) of the rule, if it can be open at all"),
        );
        Box::new(no.about(field))
    }
}
