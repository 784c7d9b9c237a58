//! Filters of lists: what the gateway's own reader and evaluator make of them, with the
//! real server's words where it refuses.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use portcullis_erp::filters::{
    Condition, DocField, Documents, FilterError, FilterFault, Filters, Operator,
};
use portcullis_erp::name::Model;
use portcullis_erp::value::Value;

use super::Turn;
use super::failure::Failure;
use super::schema::{DocType, Schema};
use super::values::{Doc, field, number, plain};
use super::world::{World, folded};

/// Conditions with their DocTypes.
pub(crate) struct Asked {
    all: Vec<(String, Condition)>,
    any: Vec<(String, Condition)>,
}

impl Asked {
    /// Reads `filters` and `or_filters` of a list over a DocType.
    pub(crate) fn read(
        turn: &Turn<'_>,
        kind: &DocType,
        filters: Option<&Value>,
        or_filters: Option<&Value>,
    ) -> Result<Self, Failure> {
        let side = |value: Option<&Value>| -> Result<Vec<(String, Condition)>, Failure> {
            let value = value.unwrap_or(&Value::Null);
            let read = Filters::parse(value, &Value::Null).map_err(|why| refused(why, value))?;
            let placed = read
                .all
                .into_iter()
                .map(|condition| placed(turn, kind, condition));
            placed.collect()
        };
        Ok(Self {
            all: side(filters)?,
            any: side(or_filters)?,
        })
    }

    /// The DocTypes that conditions are on.
    pub(crate) fn doctypes(&self) -> impl Iterator<Item = &str> {
        self.all
            .iter()
            .chain(&self.any)
            .map(|(doctype, _)| doctype.as_str())
    }

    /// Finds what matches.
    pub(crate) fn matching(&self, schema: &Schema, world: &World) -> Result<Matching, Failure> {
        let known = Known::new(schema, world, self.doctypes());
        let find = |doctype: &str, all: Vec<Condition>| -> Result<Set, Failure> {
            let listed = Filters {
                all,
                any: Vec::new(),
            }
            .matching(doctype, &known);
            let listed = listed.map_err(torn)?.unwrap_or_default();
            Ok((doctype.to_owned(), listed.names.into_iter().collect()))
        };
        let mut groups: Vec<(&str, Vec<Condition>)> = Vec::new();
        for (doctype, condition) in &self.all {
            match groups.iter_mut().find(|(known, _)| known == doctype) {
                Some((_, conditions)) => conditions.push(condition.clone()),
                None => groups.push((doctype, vec![condition.clone()])),
            }
        }
        let all: Result<_, _> = groups
            .into_iter()
            .map(|(doctype, conditions)| find(doctype, conditions))
            .collect();
        let any: Result<_, _> = self
            .any
            .iter()
            .map(|(doctype, one)| find(doctype, vec![one.clone()]))
            .collect();
        Ok(Matching {
            all: all?,
            any: any?,
        })
    }
}

type Set = (String, HashSet<String>);

/// The names that match.
pub(crate) struct Matching {
    all: Vec<Set>,
    any: Vec<Set>,
}

impl Matching {
    /// Whether a line of the list matches, told the name that it has in each DocType.
    pub(crate) fn has<'n>(&self, name: impl Fn(&str) -> Option<&'n str>) -> bool {
        let holds = |(doctype, names): &Set| name(doctype).is_some_and(|name| names.contains(name));
        self.all.iter().all(holds) && (self.any.is_empty() || self.any.iter().any(holds))
    }
}

/// Finds the DocType of a condition: the one that was named, else the listed one, else a
/// table of it.
fn placed(
    turn: &Turn<'_>,
    kind: &DocType,
    mut condition: Condition,
) -> Result<(String, Condition), Failure> {
    let name = condition.field.as_str();
    let found = match &condition.doctype {
        Some(named) => turn.doctype(named.as_str())?,
        None if kind.has_column(name) => kind,
        None => {
            let tables = kind
                .tables()
                .filter_map(|table| turn.erp.schema.get(&table.options));
            let holds = |child: &&DocType| child.field(name).is_some();
            tables.into_iter().find(holds).unwrap_or(kind)
        }
    };
    if !found.has_column(name) {
        return Err(not_permitted(name));
    }
    condition.doctype = Model::new(&found.name).ok();
    Ok((found.name.clone(), condition))
}

/// 417 of a field that the table does not have.
pub(crate) fn not_permitted(field: &str) -> Failure {
    Failure::thrown(
        417,
        "DataError",
        format!("Field not permitted in query: {field}"),
    )
}

/// What the real server says to filters that are none.
fn refused(why: FilterError, value: &Value) -> Failure {
    let members = value.as_list().unwrap_or_default();
    match why {
        FilterError::Operator => {
            let known: Vec<&str> = Operator::ALL
                .iter()
                .map(|operator| operator.as_str())
                .collect();
            Failure::invalid(format!("Operator must be one of {}", known.join(", ")))
        }
        FilterError::Name => {
            let fields = members
                .iter()
                .filter_map(Value::as_list)
                .map(|parts| match parts {
                    [field, _, _] | [_, field, ..] | [field] => plain(Some(field)),
                    [] => String::new(),
                });
            let keys = value
                .as_map()
                .into_iter()
                .flat_map(|map| map.keys().cloned());
            let is_name = |text: &String| {
                text.chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
            };
            let bad = fields.chain(keys).find(|name| !is_name(name));
            not_permitted(&bad.unwrap_or_default())
        }
        FilterError::Condition if members.iter().any(|member| member.as_str().is_some()) => {
            let words = "(1064, \"You have an error in your SQL syntax\")";
            Failure::internal("pymysql.err.", "ProgrammingError", words)
        }
        FilterError::Condition
            if members
                .iter()
                .any(|member| member.as_list().is_some_and(|parts| parts.len() < 2)) =>
        {
            Failure::internal("", "IndexError", "list index out of range")
        }
        FilterError::Condition => {
            let words = "Filter must have 4 values (doctype, fieldname, operator, value)";
            Failure::invalid(words)
        }
        FilterError::Form | FilterError::Many | FilterError::Range => {
            Failure::internal("", "TypeError", "filters are of a wrong type")
        }
    }
}

fn torn(why: FilterFault) -> Failure {
    let words = format!("(1064, \"You have an error in your SQL syntax: {why}\")");
    Failure::internal("pymysql.err.", "ProgrammingError", words)
}

/// The look-alike's documents, as the evaluator asks for them.
struct Known<'a> {
    schema: &'a Schema,
    world: &'a World,
    rows: HashMap<&'a str, HashMap<&'a str, &'a Doc>>,
}

impl<'a> Known<'a> {
    fn new<'d>(
        schema: &'a Schema,
        world: &'a World,
        doctypes: impl Iterator<Item = &'d str>,
    ) -> Self {
        let mut rows: HashMap<&'a str, HashMap<&'a str, &'a Doc>> = HashMap::new();
        for child in doctypes
            .filter_map(|name| schema.get(name))
            .filter(|kind| kind.is_child)
        {
            if rows.contains_key(child.name.as_str()) {
                continue;
            }
            let named = world
                .rows(schema, &child.name)
                .map(|row| (field(row, "name"), row));
            rows.insert(&child.name, named.collect());
        }
        Self {
            schema,
            world,
            rows,
        }
    }

    fn doc(&self, doctype: &str, name: &str) -> Option<&Doc> {
        match self.rows.get(doctype) {
            Some(rows) => rows.get(name).copied(),
            None => self.world.get(doctype, name).map(|doc| &**doc),
        }
    }
}

impl Documents for Known<'_> {
    fn field(&self, doctype: &str, field: &str) -> Option<Option<Cow<'_, DocField>>> {
        let field = self.schema.get(doctype)?.field(field);
        Some(field.map(|field| {
            let options = Some(field.options.clone()).filter(|options| !options.is_empty());
            let fieldtype = field.kind.clone();
            Cow::Owned(DocField {
                fieldtype,
                options,
                not_nullable: false,
            })
        }))
    }

    fn names(&self, doctype: &str) -> Option<Cow<'_, [String]>> {
        self.schema.get(doctype)?;
        Some(Cow::Owned(match self.rows.get(doctype) {
            Some(rows) => rows.keys().map(|name| (*name).to_owned()).collect(),
            None => self
                .world
                .all(doctype)
                .map(|doc| field(doc, "name").to_owned())
                .collect(),
        }))
    }

    fn value(&self, doctype: &str, name: &str, field: &str) -> Option<Cow<'_, Value>> {
        let value = self.doc(doctype, name)?.get(field);
        Some(value.map_or(Cow::Owned(Value::Null), Cow::Borrowed))
    }
}

/// Orders two stored values: text without regard to case, numbers by size.
pub(crate) fn order(left: &Value, right: &Value) -> Ordering {
    let fold = |value: &Value| folded(&plain(Some(value)));
    match (left, right) {
        (Value::Int(_) | Value::Float(_), _) => number(Some(left)).total_cmp(&number(Some(right))),
        _ => fold(left).cmp(&fold(right)),
    }
}
