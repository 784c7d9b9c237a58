//! Recorded calls of Frappe.

use portcullis_erp::{Call, Map, RecordId, Value};

use super::{Guess, Recorded, names};

impl Recorded {
    pub(super) fn frappe(&self, call: &mut Call, guess: &Guess) -> Result<(), &'static str> {
        let named = || vec![RecordId::Name("X".into())];
        let filters = || {
            let conditions = self.domain.iter().map(|(field, operator)| {
                let value = match operator.as_str() {
                    "in" | "not in" => Value::List(vec![Value::from("x")]),
                    "between" | "not between" if guess.plainest => {
                        let (from, to) = ("2026-01-01", "2026-12-31");
                        Value::List(vec![Value::from(from), Value::from(to)])
                    }
                    "between" | "not between" => return None,
                    "is" => Value::from("set"),
                    _ => Value::from("x"),
                };
                let leaf = [
                    Value::from(field.as_str()),
                    Value::from(operator.as_str()),
                    value,
                ];
                Some(Value::List(leaf.into()))
            });
            let conditions: Option<Vec<Value>> = conditions.collect();
            conditions
                .map(Value::List)
                .ok_or("the record does not tell what a range is of")
        };
        match self.method.as_str() {
            "get_list" => {
                let mut fields = self.fields.clone();
                if self.how.iter().any(|word| word == "every") {
                    fields.push("*".to_owned());
                }
                call.named.insert("fields".to_owned(), names(&fields));
                call.named.insert("filters".to_owned(), filters()?);
            }
            "get_count" => {
                call.named.insert("filters".to_owned(), filters()?);
            }
            "get" if self.ids == 0 => {
                call.named.insert("filters".to_owned(), filters()?);
            }
            "get" | "delete" | "cancel" => call.ids = Some(named()),
            "get_meta" => {}
            "submit" if self.fields.is_empty() => call.ids = Some(named()),
            "insert" | "save" | "submit" => {
                if self.refused {
                    return Err(
                        "of what was refused the record does not tell which fields were set",
                    );
                }
                let mut doc = document(&self.fields, guess);
                if let Some(status) = doc.get_mut("docstatus") {
                    *status = self.docstatus(guess)?;
                }
                call.named.insert("doc".to_owned(), Value::Map(doc));
                if self.method != "insert" {
                    call.ids = Some(named());
                }
            }
            "frappe.client.get_value" => {
                call.named
                    .insert("fieldname".to_owned(), names(&self.fields));
                call.named.insert("filters".to_owned(), filters()?);
            }
            "frappe.client.get_single_value" => {
                let field = self.fields.first();
                let field = field.ok_or("the record does not tell which field was asked for")?;
                call.named
                    .insert("doctype".to_owned(), Value::from(self.model.as_str()));
                call.named
                    .insert("field".to_owned(), Value::from(field.as_str()));
            }
            "frappe.client.has_permission" | "frappe.client.validate_link" => {
                call.named
                    .insert("doctype".to_owned(), Value::from(self.model.as_str()));
                call.named.insert("docname".to_owned(), Value::from("X"));
                if self.method.ends_with("validate_link") {
                    call.named.insert("fields".to_owned(), names(&self.fields));
                } else {
                    let asked = self.told("asks").next();
                    let asked =
                        asked.ok_or("the record does not tell which right was asked about")?;
                    call.named
                        .insert("perm_type".to_owned(), Value::from(asked));
                }
            }
            "insert_many" | "bulk_update" => {
                let mut doctypes = self.told("doctype");
                let (Some(doctype), None) = (doctypes.next(), doctypes.next()) else {
                    return Err("the record does not tell what belongs to which document");
                };
                let mut doc = document(&self.fields, guess);
                if let Some(status) = doc.get_mut("docstatus") {
                    *status = self.docstatus(guess)?;
                }
                doc.insert("doctype".to_owned(), Value::from(doctype));
                if self.method == "bulk_update" {
                    doc.insert("docname".to_owned(), Value::from("X"));
                }
                let docs = Value::List(vec![Value::Map(doc)]);
                call.named.insert("docs".to_owned(), docs);
            }
            "upload_file" => {
                for field in &self.fields {
                    let (name, value) = match field.as_str() {
                        "content" => ("content", Value::Bytes(b"x".to_vec())),
                        "is_private" => {
                            let public = self.how.iter().any(|word| word == "public");
                            ("is_private", Value::Bool(!public))
                        }
                        "attached_to_doctype" => {
                            let doctype = self.told("doctype").next();
                            let doctype = doctype
                                .ok_or("the record does not tell what the file was attached to")?;
                            ("doctype", Value::from(doctype))
                        }
                        "attached_to_name" => ("docname", Value::from("X")),
                        "attached_to_field" => ("fieldname", Value::from("image")),
                        other => (other, Value::from("x")),
                    };
                    call.named.insert(name.to_owned(), value);
                }
            }
            "rename" if guess.plainest => {
                call.ids = Some(named());
                call.named.insert("new_name".to_owned(), Value::from("Y"));
                call.named.insert("merge".to_owned(), Value::Bool(false));
            }
            "download_file" => {
                call.named
                    .insert("file_url".to_owned(), Value::from("/private/files/x"));
            }
            method if crate::frappe::operation(method).is_some() => {
                return Err("the record does not hold the arguments of this method");
            }
            _ => {
                if self.ids > 0 {
                    call.ids = Some(named());
                }
                for name in &self.fields {
                    call.named.insert(name.clone(), Value::from("x"));
                }
            }
        }
        Ok(())
    }
    /// The status that was set.
    fn docstatus(&self, guess: &Guess) -> Result<Value, &'static str> {
        match self.told("docstatus").next() {
            Some("1") => Ok(Value::Int(1)),
            Some("2") => Ok(Value::Int(2)),
            _ if guess.plainest => Ok(Value::Int(0)),
            _ => Err("the record does not tell which status was set"),
        }
    }
}

/// A document with any values: `items.qty` is a column of a row.
fn document(fields: &[String], guess: &Guess) -> Map {
    let mut doc = Map::new();
    for field in fields {
        match field.split_once('.') {
            None => {
                let wanted = guess.wanted.get(field).cloned();
                let value = wanted.unwrap_or_else(|| Value::from("x"));
                doc.entry(field.clone()).or_insert(value);
            }
            Some((table, column)) => {
                let rows = doc
                    .entry(table.to_owned())
                    .or_insert_with(|| Value::List(Vec::new()));
                if !matches!(rows, Value::List(_)) {
                    *rows = Value::List(Vec::new());
                }
                if let Value::List(rows) = rows {
                    if rows.is_empty() {
                        rows.push(Value::Map(Map::new()));
                    }
                    if let Some(Value::Map(row)) = rows.first_mut() {
                        row.insert(column.to_owned(), Value::from("x"));
                    }
                }
            }
        }
    }
    doc
}
