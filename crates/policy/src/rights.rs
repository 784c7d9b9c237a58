//! What a caller's roles allow with a model, found by asking the judge itself.
//!
//! Nothing is worked out here a second time: each operation and each field is put before the
//! judge as the smallest call that uses it. What the judge allows is a right, and nothing else
//! is, so that what is told of rights cannot differ from what is judged.

mod probes;

use std::collections::{BTreeMap, BTreeSet};

use portcullis_erp::{Call, Map, Method, Model, RecordId, Value};

use crate::bench::Bench;
use crate::decision::Want;
use crate::operation::{Family, Operation};
use crate::policy::judged;
use probes::Probes;

/// What is allowed with one model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights {
    /// What may be done, with some arguments at least.
    pub operations: BTreeSet<Operation>,
    /// The fields that may be read.
    pub readable: BTreeSet<String>,
    /// The links that may be followed to the names behind them.
    pub expandable: BTreeSet<String>,
    /// The fields that may be set when a record is made.
    pub creatable: BTreeSet<String>,
    /// The fields that may be changed.
    pub writable: BTreeSet<String>,
    /// Of child tables, the columns that may be set.
    pub columns: BTreeMap<String, Columns>,
    /// The methods that rules list by name.
    pub methods: Vec<Listed>,
}

/// The columns of a child table that may be set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// When the document is made.
    pub creatable: BTreeSet<String>,
    /// When it is changed.
    pub writable: BTreeSet<String>,
}

/// A method that a rule lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub method: Method,
    /// Whether it may be called on a record.
    pub on_record: bool,
    /// Whether it may be called without one.
    pub alone: bool,
}

/// The models that a caller's rules speak of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// Those that are named.
    pub models: BTreeSet<Model>,
    /// Whether a rule speaks of every model as well.
    pub all: bool,
}

impl Rights {
    /// Whether anything at all is allowed.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty() && self.methods.is_empty()
    }
}

/// How much is found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Operations and methods only, which takes few questions.
    Operations,
    /// Each field as well.
    Fields,
}

/// The rights on a model. The error is a model that must be known first.
pub(crate) fn of(bench: &Bench<'_>, model: &Model, depth: Depth) -> Result<Rights, Model> {
    let mut rights = Rights::default();
    let probes = Probes::of(bench, model);
    let judge = Judge { bench, model };
    let odoo = bench.family == Family::Odoo;
    let all = depth == Depth::Fields;
    for field in probes.fields().filter(|_| all) {
        let names = vec![Value::from(field)];
        let list = if odoo { "search_read" } else { "get_list" };
        if judge.allows(list, None, &[("fields", Value::List(names))])? {
            rights.readable.insert(field.to_owned());
        }
        if odoo && probes.links(field) && judge.allows("web_read", Some(1), &[behind(field)])? {
            rights.expandable.insert(field.to_owned());
        }
    }
    let (get, create, change, delete) = if odoo {
        ("read", "create", "write", "unlink")
    } else {
        ("get", "insert", "save", "delete")
    };
    let only_id = [("fields", Value::List(vec![Value::from("id")]))];
    if judge.allows(get, Some(1), if odoo { &only_id } else { &[] })? {
        rights.operations.insert(Operation::Read);
    } else {
        rights.readable.clear();
        rights.expandable.clear();
    }
    for base in probes.bases() {
        let new = |values| {
            if odoo {
                ("vals_list", Value::List(vec![values]))
            } else {
                ("doc", values)
            }
        };
        if !judge.allows(create, None, &[new(Value::Map(base.clone()))])? {
            continue;
        }
        rights.operations.insert(Operation::Create);
        for field in probes.fields().filter(|_| all) {
            for value in probes.values(field) {
                let mut values = base.clone();
                values.insert(field.to_owned(), value);
                if !rights.creatable.contains(field)
                    && judge.allows(create, None, &[new(Value::Map(values))])?
                {
                    rights.creatable.insert(field.to_owned());
                }
            }
        }
    }
    for field in probes.fields() {
        if !all && rights.operations.contains(&Operation::Write) {
            break;
        }
        for value in probes.values(field) {
            let values = Value::Map([(field.to_owned(), value)].into_iter().collect());
            let named = (if odoo { "vals" } else { "doc" }, values);
            if !rights.writable.contains(field) && judge.allows(change, Some(1), &[named])? {
                rights.writable.insert(field.to_owned());
                rights.operations.insert(Operation::Write);
            }
        }
    }
    if !all && !odoo && !rights.operations.contains(&Operation::Write) {
        // Where a rule opens all fields of a DocType, any name stands for them.
        let any = Value::Map([("any".to_owned(), Value::from("x"))].into_iter().collect());
        if judge.allows(change, Some(1), &[("doc", any)])? {
            rights.operations.insert(Operation::Write);
        }
    }
    if all && !odoo {
        for (table, column) in probes.columns() {
            let row = Value::Map(
                [(column.to_owned(), Value::from("x"))]
                    .into_iter()
                    .collect(),
            );
            let of = |base: &Map| {
                let mut doc = base.clone();
                doc.insert(table.to_owned(), Value::List(vec![row.clone()]));
                [("doc", Value::Map(doc))]
            };
            let open = rights.columns.entry(table.to_owned()).or_default();
            for base in probes.bases() {
                if judge.allows(create, None, &of(&base))? {
                    open.creatable.insert(column.to_owned());
                }
            }
            if judge.allows(change, Some(1), &of(&Map::new()))? {
                open.writable.insert(column.to_owned());
            }
        }
    }
    if judge.allows(delete, Some(1), &[])? {
        rights.operations.insert(Operation::Delete);
    }
    if !odoo {
        for operation in [Operation::Submit, Operation::Cancel] {
            if judge.allows(operation.as_str(), Some(1), &[])? {
                rights.operations.insert(operation);
            }
        }
    }
    for method in bench.listed(model) {
        let name = method.as_str();
        let on_record = odoo && judge.allows(name, Some(1), &[])?;
        let alone = judge.allows(name, None, &[])?;
        if on_record || alone {
            rights.methods.push(Listed {
                method,
                on_record,
                alone,
            });
        }
    }
    Ok(rights)
}

/// What `web_read` is asked for the name behind a link.
fn behind(field: &str) -> (&'static str, Value) {
    let one = |name: &str, value| Value::Map([(name.to_owned(), value)].into_iter().collect());
    let nothing = Value::Map(Map::new());
    let inner = one("fields", one("display_name", nothing));
    ("specification", one(field, inner))
}

/// The judge, for calls on one model.
struct Judge<'a> {
    bench: &'a Bench<'a>,
    model: &'a Model,
}

impl Judge<'_> {
    /// Whether a call is allowed; on the record with this number, or on none.
    fn allows(
        &self,
        method: &str,
        id: Option<i64>,
        named: &[(&str, Value)],
    ) -> Result<bool, Model> {
        let Ok(mut call) = Call::new(self.model.as_str(), method) else {
            return Ok(false);
        };
        if let Some(id) = id {
            call = call.on(vec![match self.bench.family {
                Family::Odoo => RecordId::Number(id),
                Family::Frappe => RecordId::Name(id.to_string().into()),
            }]);
        }
        for (name, value) in named {
            call = call.with(name, value.clone());
        }
        match judged(self.bench, call) {
            Ok(_) => Ok(true),
            Err(no) => match no.wants {
                Some(Want::Model(model)) => Err(model),
                // Nobody in particular is asked about.
                Some(Want::User) | None => Ok(false),
            },
        }
    }
}
