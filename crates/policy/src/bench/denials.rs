//! What denials say: of operations, fields and columns, whatever other rules allow.

use portcullis_erp::{Method, Model};

use crate::bench::{Bench, Held};
use crate::operation::Operation;
use crate::rule::{self, Effect, FieldSet, Models};

impl<'a> Bench<'a> {
    fn denying_on(&self, model: &Model) -> impl Iterator<Item = Held<'a>> {
        self.about_model(model)
            .filter(|held| held.rule.effect == Effect::Deny)
    }

    /// Whether a denial speaks of this operation (of this method, where one is asked).
    pub(crate) fn denies(
        &self,
        model: &Model,
        operation: Operation,
        method: Option<&Method>,
    ) -> bool {
        self.denying_on(model).any(|held| {
            let rule = held.rule;
            rule.operations.contains(&operation)
                && matches!(&rule.fields, FieldSet::Only(fields) if fields.is_empty())
                && (rule.methods.is_empty()
                    || method.is_some_and(|method| rule.methods.contains(method)))
        })
    }

    /// Whether a denial speaks of this field, or of the table that it is a column of.
    pub(crate) fn denies_field(&self, model: &Model, field: &str, operation: Operation) -> bool {
        self.denying_on(model).any(|held| {
            held.rule.operations.contains(&operation)
                && match &held.rule.fields {
                    FieldSet::All => field != "id",
                    FieldSet::Only(fields) => rule::names(fields, field),
                }
        })
    }

    /// A link behind which a denial of this model closes something.
    pub(crate) fn denied_behind(&self, model: &Model, link: &str) -> Option<&'a str> {
        self.denying_on(model).find_map(|held| {
            let FieldSet::Only(paths) = &held.rule.fields else {
                return None;
            };
            let mut tables = paths.iter().filter_map(|path| rule::table_of(path));
            tables.find(|table| *table == link)
        })
    }

    /// Whether a denial speaks of a column of this table, for reading or for this operation.
    pub(crate) fn denies_columns(&self, model: &Model, table: &str, operation: Operation) -> bool {
        self.denying_on(model).any(|held| {
            let rule = held.rule;
            let is_column = |path: &String| rule::table_of(path) == Some(table);
            [Operation::Read, operation]
                .iter()
                .any(|operation| rule.operations.contains(operation))
                && matches!(&rule.fields, FieldSet::Only(paths) if paths.iter().any(is_column))
        })
    }

    /// Whether denials name fields of other models than this one.
    pub(crate) fn denies_fields_elsewhere(&self, model: &Model) -> bool {
        self.all_here().any(|held| {
            let fields = match &held.rule.fields {
                FieldSet::All => true,
                FieldSet::Only(fields) => !fields.is_empty(),
            };
            let elsewhere = match &held.rule.models {
                Models::All => true,
                Models::Named(models) => models.iter().any(|named| named != model),
            };
            held.rule.effect == Effect::Deny && fields && elsewhere
        })
    }

    /// Whether a denial speaks of any field of this model.
    pub(crate) fn denies_fields(&self, model: &Model) -> bool {
        self.denying_on(model)
            .any(|held| !matches!(&held.rule.fields, FieldSet::Only(fields) if fields.is_empty()))
    }

    /// The fields of this model that denials name.
    pub(crate) fn denied_fields(&self, model: &Model) -> Vec<String> {
        let mut names = Vec::new();
        for held in self.denying_on(model) {
            if let FieldSet::Only(fields) = &held.rule.fields
                && held.rule.operations.contains(&Operation::Read)
            {
                names.extend(fields.iter().cloned());
            }
        }
        names
    }

    /// Whether a denial speaks of all fields of this model.
    pub(crate) fn denies_all_fields(&self, model: &Model) -> bool {
        self.denying_on(model).any(|held| {
            held.rule.fields == FieldSet::All && held.rule.operations.contains(&Operation::Read)
        })
    }
}
