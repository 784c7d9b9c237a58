//! Filters by the place in a tree: below or above a document.

use super::compile::may_be_unset;
use super::facts::{DocField, Documents};
use super::sql::Sql;
use super::{Condition, Operator};

/// Below or above a document in its tree.
pub(super) fn listed(
    condition: &Condition,
    doctype: &str,
    field: Option<&DocField>,
    documents: &dyn Documents,
) -> Sql {
    let tree = match field {
        Some(field) => match &field.options {
            Some(options) if field.fieldtype == "Link" => options.as_str(),
            _ => return Sql::Unknown,
        },
        None => doctype,
    };
    let Some(names) = documents.names(tree) else {
        return Sql::Unknown;
    };
    let Some(asked) = condition.value.as_str() else {
        return Sql::Unknown;
    };
    let bounds = |name: &str| -> Option<(i64, i64)> {
        let bound = |field: &str| documents.value(tree, name, field)?.as_int();
        Some((bound("lft")?, bound("rgt")?))
    };
    let below = !matches!(
        condition.operator,
        Operator::AncestorsOf | Operator::NotAncestorsOf
    );
    let mut texts: Vec<String> = Vec::new();
    // A name that is not there is found as MariaDB compares names: nobody can say otherwise.
    if !asked.is_empty() {
        if !names.iter().any(|name| name == asked) {
            return Sql::Unknown;
        }
        let Some((left, right)) = bounds(asked) else {
            return Sql::Unknown;
        };
        for name in names.iter() {
            let Some((lft, rgt)) = bounds(name) else {
                return Sql::Unknown;
            };
            let found = if below {
                lft > left && rgt < right
            } else {
                lft < left && rgt > right
            };
            if found {
                texts.push(name.clone());
            }
        }
    }
    if condition.operator == Operator::DescendantsOfInclusive {
        texts.push(asked.to_owned());
    }
    if texts.is_empty() {
        texts.push(String::new());
    }
    let negative = matches!(
        condition.operator,
        Operator::NotDescendantsOf | Operator::NotAncestorsOf
    );
    let mut guarded =
        may_be_unset(condition.field.as_str()) && !field.is_some_and(|field| field.not_nullable);
    if !negative {
        guarded &= asked.is_empty();
    }
    Sql::In {
        texts,
        negative,
        guarded,
    }
}
