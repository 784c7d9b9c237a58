//! Rules, models and users as an Odoo tells them, and rules as they are written.

use std::collections::BTreeSet;

use portcullis_erp::{Map, Value};
use portcullis_identity::ErpLogin;
use portcullis_policy::{Mode, UserFacts};

use super::RuleError;

/// A rule as the ERP has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRow {
    /// Its number.
    pub id: i64,
    /// What it is called.
    pub name: String,
    /// The number of its model.
    pub model: i64,
    /// For what it holds.
    pub modes: BTreeSet<Mode>,
    /// Its domain, a Python expression.
    pub text: String,
    /// Whether it is on, and for everybody: not of groups.
    pub is_plain: bool,
}

/// A rule as it shall be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRule {
    /// What it is called.
    pub name: String,
    /// The number of its model.
    pub model: i64,
    /// For what it holds.
    pub modes: BTreeSet<Mode>,
    /// Its domain, a Python expression.
    pub text: String,
}

/// A model of the ERP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleModel {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The numbers of those that it inherits from by a link.
    pub inherits: Vec<i64>,
}

/// A user of the ERP, as an administrator there sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleUser {
    /// The login.
    pub login: ErpLogin,
    /// The number.
    pub uid: i64,
    /// Whether it is archived.
    pub is_archived: bool,
    /// What a rule may speak of.
    pub facts: UserFacts,
}

pub(super) fn leaf(field: &str, operator: &str, value: impl Into<Value>) -> Value {
    Value::List(vec![
        Value::from(field),
        Value::from(operator),
        value.into(),
    ])
}

pub(super) fn values(rule: &NewRule) -> Map {
    let mut values = Map::from_iter([
        ("name".to_owned(), Value::from(rule.name.as_str())),
        ("model_id".to_owned(), Value::Int(rule.model)),
        ("domain_force".to_owned(), Value::from(rule.text.as_str())),
        ("active".to_owned(), Value::Bool(true)),
        // None: whatever groups somebody has given it.
        (
            "groups".to_owned(),
            Value::List(vec![Value::List(vec![
                Value::Int(6),
                Value::Int(0),
                Value::List(Vec::new()),
            ])]),
        ),
    ]);
    for mode in Mode::ALL {
        let holds = rule.modes.contains(&mode);
        values.insert(mode.column().to_owned(), Value::Bool(holds));
    }
    values
}

pub(super) fn rule(row: &Map) -> Result<RuleRow, RuleError> {
    let is = |name: &str| row.get(name) == Some(&Value::Bool(true));
    let groups = row.get("groups").and_then(Value::as_list);
    Ok(RuleRow {
        id: id(row).ok_or(RuleError::Strange)?,
        // A rule need have no name, nor a domain.
        name: text(row, "name").unwrap_or_default(),
        model: row
            .get("model_id")
            .and_then(linked)
            .ok_or(RuleError::Strange)?,
        modes: Mode::ALL
            .into_iter()
            .filter(|mode| is(mode.column()))
            .collect(),
        text: text(row, "domain_force").unwrap_or_default(),
        is_plain: is("active") && groups.is_some_and(<[Value]>::is_empty),
    })
}

pub(super) fn id(row: &Map) -> Option<i64> {
    row.get("id")?.as_int()
}

pub(super) fn text(row: &Map, name: &str) -> Option<String> {
    row.get(name)?.as_str().map(str::to_owned)
}

/// The number of a linked record, told with its name or without.
pub(super) fn linked(link: &Value) -> Option<i64> {
    match link.as_list() {
        Some([id, ..]) => id.as_int(),
        Some([]) => None,
        None => link.as_int(),
    }
}
