//! What a list shows of a document: one column each.

use portcullis_erp::value::Value;

use super::super::Turn;
use super::super::failure::Failure;
use super::super::filter;
use super::super::schema::{DocType, STANDARD};
use super::super::values::{number, plain};
use super::super::world::World;
use super::{Line, Query};

/// One column of a list.
pub(crate) struct Column {
    alias: String,
    source: Source,
}

enum Source {
    /// A field of the document or, with another DocType, of its table's row.
    Field { doctype: String, field: String },
    /// A field of the document that a link leads to.
    Linked {
        link: String,
        doctype: String,
        field: String,
    },
    /// A function over all lines of a group.
    Aggregate { function: Function, field: String },
    /// The field, or a constant where it is null.
    IfNull { field: String, otherwise: Value },
}

#[derive(Clone, Copy)]
enum Function {
    Count,
    Sum,
    Average,
    Least,
    Greatest,
}

impl Column {
    pub(crate) fn alias(&self) -> &str {
        &self.alias
    }

    pub(crate) fn is_aggregate(&self) -> bool {
        matches!(self.source, Source::Aggregate { .. })
    }

    pub(crate) fn is_computed(&self) -> bool {
        !matches!(self.source, Source::Field { .. })
    }

    pub(crate) fn value(&self, kind: &DocType, lines: &[Line<'_>], world: &World) -> Value {
        let first = lines.first().copied();
        let of_first = |doctype: &str, field: &str| {
            first.and_then(|line| stored(kind, line, doctype, field).cloned())
        };
        match &self.source {
            Source::Field { doctype, field } => of_first(doctype, field).unwrap_or_default(),
            Source::Linked {
                link,
                doctype,
                field,
            } => first
                .and_then(|line| world.get(doctype, super::super::values::field(line.doc, link)))
                .and_then(|doc| doc.get(field).cloned())
                .unwrap_or_default(),
            Source::IfNull { field, otherwise } => of_first(&kind.name, field)
                .filter(|value| *value != Value::Null)
                .unwrap_or_else(|| otherwise.clone()),
            Source::Aggregate { function, field } => aggregate(*function, kind, lines, field),
        }
    }
}

fn aggregate(function: Function, kind: &DocType, lines: &[Line<'_>], field: &str) -> Value {
    let values = lines
        .iter()
        .filter_map(|line| stored(kind, *line, &kind.name, field));
    let values: Vec<&Value> = values.filter(|value| **value != Value::Null).collect();
    let sum = || values.iter().map(|value| number(Some(value))).sum::<f64>();
    match function {
        Function::Count if field == "*" => Value::Int(i64::try_from(lines.len()).unwrap_or(0)),
        Function::Count => Value::Int(i64::try_from(values.len()).unwrap_or(0)),
        _ if values.is_empty() => Value::Null,
        Function::Sum => Value::Float(sum()),
        Function::Average => {
            let count = number(Some(&Value::Int(i64::try_from(values.len()).unwrap_or(1))));
            Value::Float(sum() / count)
        }
        Function::Least => values
            .iter()
            .min_by(|a, b| filter::order(a, b))
            .map(|value| (*value).clone())
            .unwrap_or_default(),
        Function::Greatest => values
            .iter()
            .max_by(|a, b| filter::order(a, b))
            .map(|value| (*value).clone())
            .unwrap_or_default(),
    }
}

/// A stored value of a line.
pub(crate) fn stored<'a>(
    kind: &DocType,
    line: Line<'a>,
    doctype: &str,
    field: &str,
) -> Option<&'a Value> {
    if doctype == kind.name {
        line.doc.get(field)
    } else {
        line.row?.get(field)
    }
}

/// A field's name without quotes, table and alias.
pub(crate) fn bare(name: &str) -> String {
    let name = name.trim().replace('`', "");
    match name.rsplit_once('.') {
        Some((table, field)) if table.starts_with("tab") => field.to_owned(),
        _ => name,
    }
}

/// The child table that columns or conditions name, if any.
pub(crate) fn table_of<'c>(
    kind: &DocType,
    columns: &[Column],
    conditions: impl Iterator<Item = &'c str>,
) -> Result<Option<String>, Failure> {
    let named = columns.iter().filter_map(|column| match &column.source {
        Source::Field { doctype, .. } => Some(doctype.clone()),
        Source::Linked { .. } | Source::Aggregate { .. } | Source::IfNull { .. } => None,
    });
    let other = named
        .chain(conditions.map(str::to_owned))
        .find(|name| *name != kind.name);
    let Some(other) = other else { return Ok(None) };
    let table = kind.tables().find(|table| table.options == other);
    match table {
        Some(table) => Ok(Some(table.name.clone())),
        None => Err(Failure::silent(403, "PermissionError", other)),
    }
}

/// Reads `fields`. Those above the caller's permlevel are silently left out.
pub(crate) fn read(turn: &Turn<'_>, kind: &DocType, query: &Query) -> Result<Vec<Column>, Failure> {
    let plain_name = || Column {
        alias: "name".to_owned(),
        source: Source::Field {
            doctype: kind.name.clone(),
            field: "name".to_owned(),
        },
    };
    let asked: Vec<String> = match &query.fields {
        None => return Ok(vec![plain_name()]),
        Some(Value::List(fields)) => fields.iter().map(|field| plain(Some(field))).collect(),
        Some(other) => plain(Some(other)).split(',').map(str::to_owned).collect(),
    };
    let mut columns = Vec::new();
    for field in &asked {
        let field = field.trim();
        if field == "*" || bare(field) == "*" {
            columns.extend(everything(turn, kind));
            continue;
        }
        columns.extend(one(turn, kind, field)?);
    }
    if columns.is_empty() {
        columns.push(plain_name());
    }
    Ok(columns)
}

fn everything<'a>(turn: &'a Turn<'_>, kind: &'a DocType) -> impl Iterator<Item = Column> + 'a {
    let own = kind
        .columns()
        .filter(|field| turn.caller.reaches(kind, field, 'r'))
        .map(|field| field.name.as_str());
    let rows: &[&str] = if kind.is_child {
        &super::super::schema::OF_CHILD
    } else {
        &[]
    };
    STANDARD
        .iter()
        .copied()
        .chain(own)
        .chain(rows.iter().copied())
        .map(|name| Column {
            alias: name.to_owned(),
            source: Source::Field {
                doctype: kind.name.clone(),
                field: name.to_owned(),
            },
        })
}

fn one(turn: &Turn<'_>, kind: &DocType, asked: &str) -> Result<Option<Column>, Failure> {
    let lower = asked.to_lowercase();
    if lower.contains("select ") {
        let inner = lower.split("select ").nth(1).unwrap_or_default();
        return Err(filter::not_permitted(
            inner.split_whitespace().next().unwrap_or_default(),
        ));
    }
    let (expression, alias) = match lower.find(" as ") {
        Some(at) => {
            let (expression, alias) = asked.split_at_checked(at).unwrap_or((asked, ""));
            let alias = alias
                .get(4..)
                .unwrap_or_default()
                .trim()
                .trim_matches(['`', '\'', '"']);
            (expression.trim(), Some(alias.to_owned()))
        }
        None => (asked, None),
    };
    if let Some((function, inner)) = expression.split_once('(') {
        return call(
            turn,
            kind,
            function,
            inner.trim_end_matches(')'),
            alias.unwrap_or_else(|| asked.to_owned()),
        );
    }
    let clean = expression.replace('`', "");
    let (table, name) = match clean.rsplit_once('.') {
        Some((table, name)) => (table.to_owned(), name.to_owned()),
        None => (String::new(), clean.clone()),
    };
    let alias = alias.unwrap_or_else(|| name.clone());
    let own = table.is_empty() || table.strip_prefix("tab") == Some(kind.name.as_str());
    if own {
        return reached(turn, kind, &name).map(|reached| {
            reached.then(|| Column {
                alias,
                source: Source::Field {
                    doctype: kind.name.clone(),
                    field: name,
                },
            })
        });
    }
    let child = kind
        .tables()
        .find(|field| field.name == table || table.strip_prefix("tab") == Some(&field.options));
    if let Some(child) = child {
        let child = turn.doctype(&child.options)?;
        return reached(turn, child, &name).map(|reached| {
            reached.then(|| Column {
                alias,
                source: Source::Field {
                    doctype: child.name.clone(),
                    field: name,
                },
            })
        });
    }
    if let Some(link) = kind.field(&table).filter(|field| field.kind == "Link") {
        let target = turn.doctype(&link.options)?;
        if !turn.caller.may(target, 'r') {
            return Err(Failure::silent(403, "PermissionError", target.name.clone()));
        }
        let (link, doctype) = (link.name.clone(), target.name.clone());
        return reached(turn, target, &name).map(|reached| {
            reached.then(|| Column {
                alias,
                source: Source::Linked {
                    link,
                    doctype,
                    field: name,
                },
            })
        });
    }
    match table.strip_prefix("tab") {
        Some(other) => Err(Failure::silent(403, "PermissionError", other)),
        None => Err(filter::not_permitted(&clean)),
    }
}

/// Whether the field is there (else a failure) and within the caller's reach.
fn reached(turn: &Turn<'_>, kind: &DocType, name: &str) -> Result<bool, Failure> {
    if !kind.has_column(name) {
        return Err(filter::not_permitted(name));
    }
    Ok(kind
        .field(name)
        .is_none_or(|field| turn.caller.reaches(kind, field, 'r')))
}

fn call(
    turn: &Turn<'_>,
    kind: &DocType,
    function: &str,
    inner: &str,
    alias: String,
) -> Result<Option<Column>, Failure> {
    let out_of_range = || Failure::internal("", "IndexError", "list index out of range");
    let mut arguments = inner.split(',').map(bare);
    let name = arguments.next().unwrap_or_default();
    let name = name.trim().trim_start_matches("distinct ").to_owned();
    let function = match function.trim().to_lowercase().as_str() {
        "count" => Some(Function::Count),
        "sum" => Some(Function::Sum),
        "avg" => Some(Function::Average),
        "min" => Some(Function::Least),
        "max" => Some(Function::Greatest),
        "ifnull" => None,
        _ => return Err(out_of_range()),
    };
    if name != "*" && name != "1" && !reached(turn, kind, &name)? {
        return Ok(None);
    }
    let source = match function {
        Some(Function::Count) if name == "*" || name == "1" => Source::Aggregate {
            function: Function::Count,
            field: "*".to_owned(),
        },
        Some(function) => Source::Aggregate {
            function,
            field: name,
        },
        None => {
            let otherwise = arguments.next().unwrap_or_default();
            let otherwise = otherwise.trim().parse().map_or_else(
                |_| Value::Text(otherwise.trim_matches(['\'', '"', ' ']).to_owned()),
                Value::Int,
            );
            Source::IfNull {
                field: name,
                otherwise,
            }
        }
    };
    Ok(Some(Column { alias, source }))
}
