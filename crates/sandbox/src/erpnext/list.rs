//! Lists: fields, filters, order, groups, pages.

use portcullis_erp::value::{Map, Value};

use super::Turn;
use super::failure::{Failure, Message};
use super::filter::Asked;
use super::schema::DocType;
use super::values::{Doc, field, plain, text, truthy, whole};
use super::world::World;

mod column;
mod order;

use column::Column;
use order::{compared, order_of, sort, sort_rows};

/// What a list is asked for.
pub(crate) struct Query {
    pub(crate) doctype: String,
    pub(crate) parent: Option<String>,
    pub(crate) fields: Option<Value>,
    pub(crate) filters: Option<Value>,
    pub(crate) or_filters: Option<Value>,
    pub(crate) order_by: Option<String>,
    pub(crate) group_by: Option<String>,
    pub(crate) start: i64,
    /// 0: all.
    pub(crate) length: i64,
    pub(crate) as_rows: bool,
    pub(crate) debug: bool,
}

impl Query {
    /// The arguments that all list calls share.
    pub(crate) fn read(turn: &Turn<'_>, doctype: &str) -> Result<Self, Failure> {
        let params = &turn.params;
        let start = params
            .get("limit_start")
            .map_or(0, |value| whole(Some(value)));
        let as_dict = params
            .get("as_dict")
            .map(|value| plain(Some(value)).to_lowercase());
        Ok(Self {
            doctype: doctype.to_owned(),
            parent: params.text("parent"),
            fields: params.json("fields")?,
            filters: params.json("filters")?,
            or_filters: params.json("or_filters")?,
            order_by: params.text("order_by"),
            group_by: params.text("group_by"),
            start,
            length: 20,
            as_rows: matches!(as_dict.as_deref(), Some("false" | "0")),
            debug: params
                .text("debug")
                .is_some_and(|debug| debug != "0" && debug.to_lowercase() != "false"),
        })
    }
}

/// `GET /api/resource/X`.
pub(crate) fn resource(turn: &mut Turn<'_>, doctype: &str) -> Result<Value, Failure> {
    turn.sees(Some(doctype), "get_list");
    turn.seen.fields = turn.params.text("fields");
    let mut query = Query::read(turn, doctype)?;
    let asked = turn
        .params
        .get("limit_page_length")
        .or_else(|| turn.params.get("limit"));
    query.length = asked.map_or(20, |length| whole(Some(length)));
    run(turn, &query)
}

/// `GET /api/v2/document/X`: the page's length has another name there.
pub(crate) fn document(turn: &mut Turn<'_>, doctype: &str) -> Result<Value, Failure> {
    turn.sees(Some(doctype), "get_list");
    let mut query = Query::read(turn, doctype)?;
    query.length = turn
        .params
        .get("limit")
        .map_or(20, |length| whole(Some(length)));
    query.as_rows = false;
    run(turn, &query)
}

/// `GET /api/v2/doctype/X/count` and `frappe.client.get_count`.
pub(crate) fn count(turn: &mut Turn<'_>, doctype: &str) -> Result<Value, Failure> {
    turn.sees(Some(doctype), "get_count");
    let mut query = Query::read(turn, doctype)?;
    query.fields = None;
    query.length = 0;
    query.start = 0;
    query.order_by = None;
    query.group_by = None;
    query.as_rows = false;
    let rows = run(turn, &query)?;
    Ok(Value::Int(
        i64::try_from(rows.as_list().map_or(0, <[Value]>::len)).unwrap_or(0),
    ))
}

/// One line of a list before it is cut to columns: a document, and a row of its table where
/// the list goes over rows.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    pub(crate) doc: &'a Doc,
    pub(crate) row: Option<&'a Doc>,
}

/// Whether the list may be read at all.
fn admit(turn: &Turn<'_>, kind: &DocType, query: &Query) -> Result<(), Failure> {
    let no_access = |doctype: &str| {
        Failure::forbidden().with_message(Message::plain(format!(
            "User <strong>{}</strong> does not have doctype access via role permission for document \
             <strong>{doctype}</strong>",
            turn.caller.user
        )))
    };
    let may = |kind: &DocType| turn.caller.may(kind, 'r') || turn.caller.may(kind, 'l');
    if kind.is_child {
        let Some(parent) = &query.parent else {
            return Err(Failure::forbidden());
        };
        let parent = turn.doctype(parent)?;
        let holds = parent.tables().any(|table| table.options == kind.name);
        return match (may(parent), holds) {
            (false, _) => Err(no_access(&parent.name)),
            (true, false) => Err(Failure::forbidden()),
            (true, true) => Ok(()),
        };
    }
    if may(kind) {
        return Ok(());
    }
    let failure = no_access(&kind.name);
    Err(if turn.version_2 {
        failure
    } else {
        failure.with_error_message(format!("No permission for {}", kind.name))
    })
}

/// Runs a list.
pub(crate) fn run(turn: &mut Turn<'_>, query: &Query) -> Result<Value, Failure> {
    let kind = turn.doctype(&query.doctype)?;
    admit(turn, kind, query)?;
    let columns = column::read(turn, kind, query)?;
    let asked = Asked::read(
        turn,
        kind,
        query.filters.as_ref(),
        query.or_filters.as_ref(),
    )?;
    let order = order_of(query)?;
    for (name, _) in &order {
        let is_alias = columns.iter().any(|column| column.alias() == name);
        if !is_alias && !kind.has_column(name) {
            let words = format!("(1054, \"Unknown column '{name}' in 'order clause'\")");
            return Err(Failure::internal("pymysql.err.", "OperationalError", words));
        }
    }
    if query.length < 0 || query.start < 0 {
        return Err(bad_sql(turn, kind, query));
    }
    let schema = &turn.erp.schema;
    let table = column::table_of(kind, &columns, asked.doctypes())?;
    let world = turn.world()?;
    let matching = asked.matching(schema, &world)?;
    let meets = |line: &Line<'_>| {
        let own = kind.name != "User"
            || turn.caller.is_administrator()
            || !matches!(field(line.doc, "name"), "Administrator" | "Guest");
        let name = |doctype: &str| {
            let doc = if doctype == kind.name {
                Some(line.doc)
            } else {
                line.row
            };
            doc.map(|doc| field(doc, "name"))
        };
        own && matching.has(name)
    };
    let is_grouped = query.group_by.is_some() || columns.iter().any(Column::is_aggregate);
    let found = lines(schema, &world, kind, table.as_deref(), query).filter(meets);
    // Without an order the first page needs no look at the rest.
    let enough = if order.is_empty() && !is_grouped && query.length > 0 {
        usize::try_from(query.start.saturating_add(query.length)).unwrap_or(usize::MAX)
    } else {
        usize::MAX
    };
    let mut lines: Vec<Line<'_>> = found.take(enough).collect();
    let sort_inside = order.iter().all(|(name, _)| {
        !columns
            .iter()
            .any(|column| column.alias() == name && column.is_computed())
    });
    if sort_inside {
        sort(kind, &order, &mut lines);
    }
    let mut rows: Vec<Vec<(String, Value)>> = if is_grouped {
        grouped(kind, query, &columns, &lines, &world)
    } else {
        page(&lines, query)
            .iter()
            .map(|line| cut(kind, &columns, &[*line], &world))
            .collect()
    };
    if is_grouped {
        if !sort_inside {
            sort_rows(&order, &mut rows);
        }
        let start = usize::try_from(query.start).unwrap_or(usize::MAX);
        let length = usize::try_from(query.length)
            .ok()
            .filter(|length| *length > 0)
            .unwrap_or(usize::MAX);
        rows = rows.into_iter().skip(start).take(length).collect();
    }
    drop(world);
    if query.debug {
        let statement = format!(
            "select `name`\n\t\t\tfrom `tab{}`\n\t\t\t\n\t\t\t\n\t\t\t\n\t\t\tlimit {} offset {}",
            query.doctype, query.length, query.start
        );
        turn.debug.push("Execution time: 0.00 sec".to_owned());
        turn.debug.push(statement);
    }
    let written = rows.into_iter().map(|row| {
        if query.as_rows {
            Value::List(row.into_iter().map(|(_, value)| value).collect())
        } else {
            Value::Map(row.into_iter().collect::<Map>())
        }
    });
    Ok(Value::List(written.collect()))
}

fn bad_sql(turn: &mut Turn<'_>, kind: &DocType, query: &Query) -> Failure {
    let near = format!("{} offset {}", query.length, query.start);
    turn.debug.push(format!(
        "Syntax error in query:\nselect `tab{0}`.`name`\n\t\t\tfrom `tab{0}`\n\t\t\tlimit {near} ",
        kind.name
    ));
    let words = format!(
        "(1064, \"You have an error in your SQL syntax; check the manual that corresponds to your MariaDB \
         server version for the right syntax to use near '{near}' at line 6\")"
    );
    Failure::internal("pymysql.err.", "ProgrammingError", words)
}

fn lines<'a>(
    schema: &'a super::schema::Schema,
    world: &'a World,
    kind: &'a DocType,
    table: Option<&'a str>,
    query: &Query,
) -> Box<dyn Iterator<Item = Line<'a>> + 'a> {
    fn rows<'a>(doc: &'a Doc, table: &str) -> impl Iterator<Item = &'a Doc> + use<'a> {
        let rows = doc.get(table).and_then(Value::as_list).unwrap_or_default();
        rows.iter().filter_map(Value::as_map)
    }
    if kind.is_child {
        let parent = query
            .parent
            .as_deref()
            .and_then(|parent| schema.get(parent));
        let tables = parent.into_iter().flat_map(|parent| {
            let tables = parent.tables().filter(|table| table.options == kind.name);
            tables.map(|table| (parent.name.as_str(), table.name.as_str()))
        });
        return Box::new(tables.flat_map(|(parent, table)| {
            let rows = world.all(parent).flat_map(move |doc| rows(doc, table));
            rows.map(|row| Line {
                doc: row,
                row: None,
            })
        }));
    }
    let documents = world.all(&kind.name);
    let Some(table) = table else {
        return Box::new(documents.map(|doc| Line { doc, row: None }));
    };
    Box::new(documents.flat_map(move |doc| {
        let mut joined = rows(doc, table)
            .map(move |row| Line {
                doc,
                row: Some(row),
            })
            .peekable();
        let alone = joined.peek().is_none().then_some(Line { doc, row: None });
        joined.chain(alone)
    }))
}

fn page<'l, 'a>(lines: &'l [Line<'a>], query: &Query) -> &'l [Line<'a>] {
    let start = usize::try_from(query.start)
        .unwrap_or(usize::MAX)
        .min(lines.len());
    let length = usize::try_from(query.length)
        .ok()
        .filter(|length| *length > 0)
        .unwrap_or(usize::MAX);
    lines
        .get(start..start.saturating_add(length).min(lines.len()))
        .unwrap_or_default()
}

fn grouped(
    kind: &DocType,
    query: &Query,
    columns: &[Column],
    lines: &[Line<'_>],
    world: &World,
) -> Vec<Vec<(String, Value)>> {
    let Some(by) = query
        .group_by
        .as_deref()
        .and_then(|by| by.split([',', ' ']).next())
        .map(column::bare)
    else {
        return vec![cut(kind, columns, lines, world)];
    };
    let mut groups: Vec<(Value, Vec<Line<'_>>)> = Vec::new();
    for line in lines {
        let key = column::stored(kind, *line, &kind.name, &by)
            .cloned()
            .unwrap_or_default();
        match groups
            .iter_mut()
            .find(|(known, _)| compared(known, &key).is_eq())
        {
            Some((_, members)) => members.push(*line),
            None => groups.push((key, vec![*line])),
        }
    }
    groups
        .iter()
        .map(|(_, members)| cut(kind, columns, members, world))
        .collect()
}

fn cut(
    kind: &DocType,
    columns: &[Column],
    lines: &[Line<'_>],
    world: &World,
) -> Vec<(String, Value)> {
    columns
        .iter()
        .map(|column| (column.alias().to_owned(), column.value(kind, lines, world)))
        .collect()
}

/// The names of a DocType's documents that match, for helpers of other methods.
pub(crate) fn first_name(
    turn: &mut Turn<'_>,
    doctype: &str,
    filters: Value,
) -> Result<Option<String>, Failure> {
    let mut query = Query::read(turn, doctype)?;
    query.fields = None;
    query.filters = Some(filters).filter(truthy);
    query.length = 1;
    query.start = 0;
    query.order_by = None;
    let rows = run(turn, &query)?;
    let first = rows
        .as_list()
        .and_then(<[Value]>::first)
        .and_then(Value::as_map);
    Ok(first.map(|row| field(row, "name").to_owned()))
}

/// A list of texts as a value.
pub(crate) fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> Value {
    Value::List(names.into_iter().map(text).collect())
}
