//! The rows, in memory, with an undo log: a call that fails leaves nothing behind.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use portcullis_erp::value::Value;

use super::schema::{Model, Schema};

/// One record's cells, in the order of the model's fields.
pub(crate) type Row = Vec<Value>;

/// Everything that is stored.
#[derive(Default)]
pub(crate) struct Db {
    tables: HashMap<&'static str, Table>,
    undo: Vec<(&'static str, i64, Option<Arc<Row>>)>,
}

#[derive(Default)]
pub(crate) struct Table {
    rows: BTreeMap<i64, Arc<Row>>,
    /// The same ids, as the evaluator of domains wants them.
    ids: Vec<i64>,
    next: i64,
    /// The links that lists of other models are made of, by cell.
    indexed: Vec<usize>,
    /// Who points where: cell and target to the pointing rows.
    pointing: HashMap<(usize, i64), BTreeSet<i64>>,
}

impl Db {
    pub(crate) fn new(schema: &Schema) -> Self {
        let fresh = || Table {
            next: 1,
            ..Table::default()
        };
        let mut tables: HashMap<_, _> = schema.models.keys().map(|name| (*name, fresh())).collect();
        for field in schema
            .models
            .values()
            .flat_map(|model| model.fields.values())
        {
            let inverse = field.relation.zip(field.inverse);
            let cell =
                inverse.and_then(|(relation, inverse)| schema.model(relation)?.field(inverse));
            if let Some((slot, _)) = cell
                && let Some(table) = field.relation.and_then(|relation| tables.get_mut(relation))
                && !table.indexed.contains(&slot)
            {
                table.indexed.push(slot);
            }
        }
        Self {
            tables,
            undo: Vec::new(),
        }
    }

    pub(crate) fn row(&self, model: &str, id: i64) -> Option<&Row> {
        self.tables.get(model)?.rows.get(&id).map(|row| &**row)
    }

    pub(crate) fn ids(&self, model: &str) -> &[i64] {
        self.tables.get(model).map_or(&[], |table| &table.ids)
    }

    pub(crate) fn rows(&self, model: &str) -> impl Iterator<Item = (i64, &Row)> {
        self.tables
            .get(model)
            .into_iter()
            .flat_map(|table| &table.rows)
            .map(|(id, row)| (*id, &**row))
    }

    /// The rows whose link in this cell, that of a list's other end, leads to that record.
    pub(crate) fn pointing(
        &self,
        model: &str,
        slot: usize,
        target: i64,
    ) -> impl Iterator<Item = i64> {
        let table = self.tables.get(model);
        table
            .and_then(|table| table.pointing.get(&(slot, target)))
            .into_iter()
            .flatten()
            .copied()
    }

    /// The next free id of a model. It is not given twice, even if the call fails later.
    pub(crate) fn next_id(&mut self, model: &str) -> i64 {
        self.tables.get_mut(model).map_or(0, |table| {
            let id = table.next;
            table.next += 1;
            id
        })
    }

    /// Stores a row, or removes it.
    pub(crate) fn put(&mut self, model: &'static str, id: i64, row: Option<Row>) {
        let before = self.set(model, id, row.map(Arc::new));
        self.undo.push((model, id, before));
    }

    fn set(&mut self, model: &'static str, id: i64, row: Option<Arc<Row>>) -> Option<Arc<Row>> {
        let table = self.tables.get_mut(model)?;
        match (table.ids.binary_search(&id), &row) {
            (Err(at), Some(_)) => table.ids.insert(at, id),
            (Ok(at), None) => drop(table.ids.remove(at)),
            (Ok(_), Some(_)) | (Err(_), None) => {}
        }
        table.next = table.next.max(id + 1);
        let after = row.clone();
        let before = match row {
            Some(row) => table.rows.insert(id, row),
            None => table.rows.remove(&id),
        };
        for &slot in &table.indexed {
            let target = |row: &Option<Arc<Row>>| row.as_ref()?.get(slot)?.as_int();
            let (old, new) = (target(&before), target(&after));
            if old == new {
                continue;
            }
            if let Some(old) = old
                && let Some(pointing) = table.pointing.get_mut(&(slot, old))
            {
                pointing.remove(&id);
            }
            if let Some(new) = new {
                table.pointing.entry((slot, new)).or_default().insert(id);
            }
        }
        before
    }

    /// Forgets how to undo what was done so far.
    pub(crate) fn commit(&mut self) {
        self.undo.clear();
    }

    /// Undoes what was done since the last commit.
    pub(crate) fn rollback(&mut self) {
        while let Some((model, id, row)) = self.undo.pop() {
            self.set(model, id, row);
        }
    }
}

/// What an empty field of this kind holds.
pub(crate) fn empty(kind: &str) -> &'static Value {
    static FALSE: Value = Value::Bool(false);
    static ZERO: Value = Value::Int(0);
    static NOTHING: Value = Value::Float(0.0);
    static NONE: Value = Value::List(Vec::new());
    match kind {
        "integer" => &ZERO,
        "float" | "monetary" => &NOTHING,
        "one2many" | "many2many" => &NONE,
        _ => &FALSE,
    }
}

/// A row in which every cell is empty.
pub(crate) fn empty_row(model: &Model) -> Row {
    model
        .fields
        .values()
        .map(|field| empty(field.kind).clone())
        .collect()
}
