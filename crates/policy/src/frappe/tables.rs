//! Rows of child tables are documents of a DocType of their own: what is denied of that one is
//! closed in every table that has such rows.

use std::collections::BTreeSet;

use portcullis_erp::Model;

use crate::frappe::view::FrappeView;
use crate::operation::Operation;
use crate::rule::{FieldSet, table_of};

impl<'a> FrappeView<'a> {
    /// The DocType of a table's rows, where the fields are known. They are asked for wherever a
    /// denial speaks of fields of another DocType.
    fn rows_of(&self, table: &str) -> Option<&'a Model> {
        let known = self.bench.schema.model(self.model)?;
        let field = known.field(table)?;
        field
            .relation
            .as_ref()
            .filter(|_| field.type_name != "Link")
    }

    /// Whether a denial closes this column of a table by the DocType of its rows.
    pub(super) fn denies_column(&self, path: &str, operation: Operation) -> bool {
        let Some((table, column)) = path.split_once('.') else {
            return false;
        };
        self.rows_of(table)
            .is_some_and(|rows| self.bench.denies_field(rows, column, operation))
    }

    /// Whether a column of a table that is open with all fields is a copy of what is closed.
    pub(super) fn copies_column(&self, path: &str) -> bool {
        let rule = self.held.rule;
        let set = rule.write_fields.as_ref().unwrap_or(&rule.fields);
        *set == FieldSet::All && self.bench.is_closed_copy(self.model, path)
    }

    /// Whether a denial closes some column of this table, for reading or for this operation.
    pub(super) fn denies_columns_of(&self, table: &str, operation: Operation) -> bool {
        self.bench.denies_columns(self.model, table, operation)
            || self
                .rows_of(table)
                .is_some_and(|rows| self.bench.denies_fields(rows))
    }

    /// What denials close of the rows of this DocType's tables.
    pub(super) fn columns_denied(&self) -> BTreeSet<String> {
        let known = self.bench.schema.model(self.model);
        let fields = known.into_iter().flat_map(|known| known.fields.keys());
        let tables =
            fields.filter_map(|table| Some((table.as_str(), self.rows_of(table.as_str())?)));
        let mut closed = BTreeSet::new();
        for (table, rows) in tables {
            if self.bench.denies_all_fields(rows) {
                closed.insert(table.to_owned());
            }
            let columns = self.bench.denied_fields(rows);
            let paths = columns.iter().filter(|column| table_of(column).is_none());
            closed.extend(paths.map(|column| format!("{table}.{column}")));
        }
        closed
    }
}
