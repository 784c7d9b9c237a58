//! How an answer is told to a caller whose method was another one.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "answers are matched by shape; other shapes are refused"
)]

use std::borrow::Cow;

use crate::call::RecordId;
use crate::fault::{Fault, FaultKind};
use crate::value::{Map, Value};

/// How an answer is told.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Told {
    /// As it is.
    #[default]
    AsIs,
    /// As the one element of a list.
    InList,
    /// Rows with a display name, as pairs of id and name for these ids, in their order.
    Names(Box<[RecordId]>),
    /// A no is an access error.
    OrRefused,
    /// Groups of `read_group` as `formatted_read_group` tells them.
    Formatted(Box<Groups>),
    /// Groups of `formatted_read_group` as `read_group` told them.
    Unformatted(Box<Groups>),
}

/// What groups are made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Groups {
    /// The fields they are grouped by.
    pub by: Vec<String>,
    /// What is summed up: as the ERP calls it, and as the caller does.
    pub sums: Vec<(String, String)>,
}

impl Told {
    /// Tells an answer.
    ///
    /// # Errors
    /// When the answer cannot be told in the caller's way, or is a no that is told as one.
    pub fn tell<'a>(&self, answer: &'a Value) -> Result<Cow<'a, Value>, Fault> {
        match self {
            Self::AsIs => Ok(Cow::Borrowed(answer)),
            Self::InList => Ok(Cow::Owned(Value::List(vec![answer.clone()]))),
            Self::Names(ids) => names(ids, answer).map(Cow::Owned),
            Self::OrRefused => match answer {
                Value::Bool(false) => Err(Fault::new(
                    FaultKind::AccessError,
                    "You are not allowed to do this.",
                )),
                _ => Ok(Cow::Borrowed(answer)),
            },
            Self::Formatted(groups) => groups.tell(answer, Groups::formatted).map(Cow::Owned),
            Self::Unformatted(groups) => groups.tell(answer, Groups::unformatted).map(Cow::Owned),
        }
    }
}

fn names(ids: &[RecordId], answer: &Value) -> Result<Value, Fault> {
    let rows = answer.as_list().ok_or_else(strange)?;
    let pair = |id: &RecordId| {
        let id = id.to_value();
        let row = rows
            .iter()
            .filter_map(Value::as_map)
            .find(|row| row.get("id") == Some(&id));
        let row = row.ok_or_else(|| {
            Fault::new(
                FaultKind::MissingRecord,
                "Record does not exist or has been deleted.",
            )
        })?;
        let name = row.get("display_name").ok_or_else(strange)?;
        Ok(Value::List(vec![id, name.clone()]))
    };
    ids.iter()
        .map(pair)
        .collect::<Result<_, _>>()
        .map(Value::List)
}

impl Groups {
    fn tell(&self, answer: &Value, one: fn(&Self, &Map) -> Option<Map>) -> Result<Value, Fault> {
        let groups = answer.as_list().ok_or_else(strange)?;
        let tell = |group: &Value| {
            let told = group.as_map().and_then(|group| one(self, group));
            told.map(Value::Map).ok_or_else(strange)
        };
        groups
            .iter()
            .map(tell)
            .collect::<Result<_, _>>()
            .map(Value::List)
    }

    fn formatted(&self, group: &Map) -> Option<Map> {
        let mut told = Map::new();
        let mut conditions = Vec::with_capacity(self.by.len());
        for by in &self.by {
            let value = group.get(by)?;
            let chosen = key(value)?.clone();
            told.insert(by.clone(), value.clone());
            conditions.push(Value::List(vec![
                Value::from(by.as_str()),
                Value::from("="),
                chosen,
            ]));
        }
        // 19 writes an `&` for each condition but the first, and these before them all.
        let mut extra = vec![Value::from("&"); conditions.len().saturating_sub(1)];
        extra.append(&mut conditions);
        told.insert("__extra_domain".to_owned(), Value::List(extra));
        self.sum(group, told)
    }

    fn unformatted(&self, group: &Map) -> Option<Map> {
        let mut told = Map::new();
        for by in &self.by {
            let value = group.get(by)?;
            key(value)?;
            told.insert(by.clone(), value.clone());
        }
        self.sum(group, told)
    }

    /// Sums are told where they are numbers: releases differ in what a sum of nothing is.
    fn sum(&self, group: &Map, mut told: Map) -> Option<Map> {
        for (from, to) in &self.sums {
            match group.get(from)? {
                number @ (Value::Int(_) | Value::Float(_) | Value::Big(_)) => {
                    told.insert(to.clone(), number.clone());
                }
                _ => return None,
            }
        }
        Some(told)
    }
}

/// What chooses a group's records: the id of a link, or the value.
fn key(value: &Value) -> Option<&Value> {
    match value {
        Value::List(pair) => match pair.as_slice() {
            [id @ Value::Int(_), Value::Text(_)] => Some(id),
            _ => None,
        },
        Value::Text(_) | Value::Bool(_) | Value::Int(_) => Some(value),
        _ => None,
    }
}

fn strange() -> Fault {
    Fault::new(
        FaultKind::Internal,
        "the call was done, and its answer cannot be told as your method tells it",
    )
}
