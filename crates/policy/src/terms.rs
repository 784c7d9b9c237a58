//! The terms of a permit: what is taken out of an answer before anybody sees it.
//! What has another shape than was asked for is never passed on.

mod groups;
mod meta;
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use portcullis_erp::{Map, Value};

use crate::mask::Mask;
use crate::odoo::search::is_scalar;

/// What rows may hold.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct RowTerms {
    /// The columns.
    pub(crate) fields: BTreeSet<String>,
    /// Links whose names are taken out.
    pub(crate) nameless: BTreeSet<String>,
    /// Columns of which a mask is shown.
    pub(crate) masked: BTreeMap<String, Mask>,
    /// Links that hold rows of their own.
    pub(crate) nested: BTreeMap<String, Nested>,
}

/// Rows behind a link.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Nested {
    /// Whether the link leads to any number of records.
    pub(crate) many: bool,
    /// How many of them may be shown.
    pub(crate) most: Option<u32>,
    /// What those rows may hold.
    pub(crate) terms: RowTerms,
}

/// What groups may hold.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct GroupTerms {
    /// Their keys.
    pub(crate) keys: BTreeSet<String>,
    /// Keys that all lists of one answer may have.
    pub(crate) shared: Arc<BTreeSet<String>>,
    /// Keys with links whose names are taken out.
    pub(crate) nameless: BTreeSet<String>,
}

/// The shape that the answer must have, and what is taken out of it.
#[derive(Debug, PartialEq)]
pub(crate) enum Terms {
    /// One or more ids (or a truth value where nothing came of it).
    Ids,
    /// Ids of what was made, or that it was done.
    IdsOrDone,
    /// A whole number.
    Count,
    /// A truth value, or nothing.
    Done,
    /// Whether something may be done; `false` whatever the ERP says, if the role says no.
    Whether { role_says: bool },
    /// Rows.
    Rows {
        terms: RowTerms,
        order: Option<Vec<i64>>,
    },
    /// `{"length": …, "records": rows}`.
    Page(RowTerms),
    /// Groups; sorted by id where names are taken out.
    Groups(GroupTerms),
    /// A list for each grouping, in order.
    GroupLists(Vec<GroupTerms>),
    /// Pairs of id and name.
    Pairs,
    /// One pair of id and name; the name only if it is open.
    Pair { named: bool },
    /// `{"field": {"attribute": …}}`.
    /// Those that are only shown masked are told to be of no further use.
    FieldsGet {
        fields: BTreeSet<String>,
        masked: BTreeSet<String>,
    },
    /// A list of texts by language, and what kind they are of.
    Translations,
    /// A map with these keys; links as ids.
    Values(BTreeSet<String>),
    /// A list of these texts.
    Names(BTreeSet<String>),
    /// `{"datas": rows of cells}`.
    Export { columns: Vec<Option<Mask>> },
    /// What a listed method answers: anything.
    Anything,
    /// What a listed method answers: only that it was done, and single values.
    Single,
    /// A Frappe document.
    Document(DocumentTerms),
    /// A Frappe document, or nothing to be shown.
    DocumentOrDone(DocumentTerms),
    /// Frappe rows.
    Documents(DocumentTerms),
    /// Frappe: one value, or a map or list of values, of these fields in order.
    FrappeValues(Vec<(String, Option<Mask>)>),
    /// A DocType, with its fields as far as they are open.
    Meta(DocumentTerms),
    /// `{"has_permission": …}`; `false` whatever the ERP says, if the role says no.
    FrappeWhether { role_says: bool },
    /// A list of texts: the names of what was made.
    Texts,
    /// `{"failed_docs": …}`: which documents were not changed, in words of ours.
    FailedDocuments,
    /// The bytes of a file of this name, unread. No value is an answer.
    File { name: String },
    /// No more rows than this, whatever was asked and whatever the ERP made of it.
    AtMost { most: u32, terms: Box<Terms> },
}

/// What a Frappe document may hold. A child table is open as a whole (`items`) or by column
/// (`items.qty`).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DocumentTerms {
    /// The fields; none means all but credentials and those in `hidden`.
    pub(crate) fields: Option<BTreeSet<String>>,
    /// What is not open although everything is.
    pub(crate) hidden: BTreeSet<String>,
    /// Of what a mask is shown.
    pub(crate) masked: BTreeMap<String, Mask>,
}

/// What is wrong with an answer.
pub(crate) type Wrong = &'static str;

impl Terms {
    /// The clean answer, and whether something was taken out; or what is wrong with it.
    pub(crate) fn apply(self, answer: Value) -> Result<(Value, bool), Wrong> {
        let mut cut = false;
        let clean = match self {
            Self::Ids => match answer {
                Value::Int(_) => answer,
                nothing if nothing.is_nothing() => nothing,
                Value::List(ids) if ids.iter().all(|id| matches!(id, Value::Int(_))) => {
                    Value::List(ids)
                }
                _ => return Err("no ids"),
            },
            Self::IdsOrDone => match answer {
                Value::Bool(_) | Value::Null | Value::Int(_) => answer,
                Value::List(ids) if ids.iter().all(|id| matches!(id, Value::Int(_))) => {
                    Value::List(ids)
                }
                _ => return Err("no ids"),
            },
            Self::Count => match answer {
                Value::Int(_) => answer,
                _ => return Err("no number"),
            },
            Self::Done => match answer {
                Value::Bool(_) | Value::Null => answer,
                _ => return Err("no truth value"),
            },
            Self::Whether { role_says } => match answer {
                Value::Bool(_) if role_says => answer,
                // Odoo 19 answers nothing where it was to raise and did not. XML-RPC has no
                // such value, and "false" would say that there is no right.
                Value::Null if role_says => Value::Bool(true),
                Value::Bool(_) | Value::Null => {
                    cut = answer == Value::Bool(true);
                    Value::Bool(false)
                }
                _ => return Err("no truth value"),
            },
            Self::Rows { terms, order } => {
                let rows = terms.rows(answer, &mut cut)?;
                match order {
                    Some(order) => rows::in_order(rows, &order)?,
                    None => Value::List(rows),
                }
            }
            Self::Page(terms) => {
                let Value::Map(mut page) = answer else {
                    return Err("no page of rows");
                };
                let records = page.shift_remove("records").ok_or("a page without rows")?;
                let Some(Value::Int(length)) = page.shift_remove("length") else {
                    return Err("a page without length");
                };
                cut |= !page.is_empty();
                let mut clean = Map::new();
                clean.insert("length".to_owned(), Value::Int(length));
                clean.insert(
                    "records".to_owned(),
                    Value::List(terms.rows(records, &mut cut)?),
                );
                Value::Map(clean)
            }
            Self::Groups(terms) => terms.groups(answer, &mut cut)?,
            Self::GroupLists(lists) => {
                let Value::List(answers) = answer else {
                    return Err("no lists of groups");
                };
                if answers.len() != lists.len() {
                    return Err("another number of groupings");
                }
                let clean: Result<Vec<_>, Wrong> = lists
                    .into_iter()
                    .zip(answers)
                    .map(|(terms, groups)| terms.groups(groups, &mut cut))
                    .collect();
                Value::List(clean?)
            }
            Self::Pairs => {
                let Value::List(pairs) = answer else {
                    return Err("no list of names");
                };
                let mut clean = Vec::with_capacity(pairs.len());
                for pair in pairs {
                    clean.push(rows::pair(pair, true)?);
                }
                Value::List(clean)
            }
            Self::Pair { named } => {
                cut = !named;
                if answer.is_nothing() {
                    answer
                } else {
                    rows::pair(answer, named)?
                }
            }
            Self::FieldsGet { fields, masked } => {
                rows::fields_get(answer, &fields, &masked, &mut cut)?
            }
            Self::Translations => meta::translations(answer, &mut cut)?,
            Self::Values(fields) => {
                let Value::Map(mut values) = answer else {
                    return Err("no values");
                };
                let before = values.len();
                values.retain(|name, _| fields.contains(name));
                cut = values.len() != before;
                Value::Map(values)
            }
            Self::Names(names) => {
                let Value::List(mut found) = answer else {
                    return Err("no list of names");
                };
                let before = found.len();
                found.retain(|name| name.as_str().is_some_and(|name| names.contains(name)));
                cut = found.len() != before;
                Value::List(found)
            }
            Self::Export { columns } => rows::export(answer, &columns, &mut cut)?,
            Self::Anything => answer,
            Self::Single => match answer {
                Value::List(_) | Value::Map(_) | Value::Bytes(_) => {
                    cut = true;
                    Value::Bool(true)
                }
                single => single,
            },
            Self::Document(terms) => {
                let Value::Map(document) = answer else {
                    return Err("no document");
                };
                Value::Map(terms.document(document, &mut cut))
            }
            Self::DocumentOrDone(terms) => match answer {
                Value::Map(document) => Value::Map(terms.document(document, &mut cut)),
                Value::List(_) => return Err("no document"),
                single => {
                    cut = !single.is_nothing();
                    Value::Null
                }
            },
            Self::Documents(terms) => {
                let Value::List(rows) = answer else {
                    return Err("no list");
                };
                Value::List(terms.list(rows, &mut cut)?)
            }
            Self::FrappeValues(fields) => match answer {
                Value::Map(mut values) => {
                    let before = values.len();
                    let fields: BTreeMap<String, Option<Mask>> = fields.into_iter().collect();
                    values.retain(|name, _| fields.contains_key(name));
                    cut = values.len() != before;
                    for (name, value) in &mut values {
                        rows::mask(value, fields.get(name).copied().flatten(), &mut cut);
                    }
                    Value::Map(values)
                }
                // Without names (`as_dict=0`), only the number of values tells what they are.
                Value::List(mut values)
                    if values.len() == fields.len() && values.iter().all(is_scalar) =>
                {
                    for (value, (_, asked)) in values.iter_mut().zip(fields) {
                        rows::mask(value, asked, &mut cut);
                    }
                    Value::List(values)
                }
                Value::List(_) => return Err("no values"),
                mut single if fields.len() == 1 || single.is_nothing() => {
                    let asked = fields.first().and_then(|(_, asked)| *asked);
                    rows::mask(&mut single, asked, &mut cut);
                    single
                }
                _ => return Err("no values"),
            },
            Self::Meta(terms) => terms.meta(answer, &mut cut)?,
            Self::FrappeWhether { role_says } => {
                let told = answer.as_map().and_then(|map| map.get("has_permission"));
                let Some(Value::Bool(may)) = told else {
                    return Err("no truth value");
                };
                cut = *may && !role_says;
                let may = Value::Bool(*may && role_says);
                Value::Map(Map::from_iter([("has_permission".to_owned(), may)]))
            }
            Self::Texts => match answer {
                Value::List(texts) if texts.iter().all(|text| text.as_str().is_some()) => {
                    Value::List(texts)
                }
                _ => return Err("no list of names"),
            },
            Self::FailedDocuments => rows::failed(answer, &mut cut)?,
            Self::File { .. } => return Err("a value where a file was asked"),
            Self::AtMost { most, terms } => {
                let lists = matches!(*terms, Self::GroupLists(_));
                let (mut clean, was_cut) = terms.apply(answer)?;
                cut = was_cut;
                rows::shorten(&mut clean, most as usize, lists, &mut cut);
                clean
            }
        };
        Ok((clean, cut))
    }

    /// The cap, if the answer holds more rows than it.
    pub(crate) fn surplus(&self, answer: &Value) -> Option<u32> {
        let Self::AtMost { most, terms } = self else {
            return None;
        };
        let rows = match answer {
            Value::List(rows) if !matches!(**terms, Self::GroupLists(_)) => rows.len(),
            Value::Map(page) => ["records", "datas"]
                .iter()
                .find_map(|name| page.get(*name)?.as_list())
                .map_or(0, <[Value]>::len),
            _ => 0,
        };
        (rows > *most as usize).then_some(*most)
    }

    /// The same, with a largest number of rows where there are rows at all.
    pub(crate) fn at_most(self, most: Option<u32>) -> Self {
        let rows = matches!(
            self,
            Self::Ids
                | Self::Rows { .. }
                | Self::Page(_)
                | Self::Groups(_)
                | Self::GroupLists(_)
                | Self::Pairs
                | Self::Export { .. }
                | Self::Documents(_)
        );
        match most {
            Some(most) if rows => Self::AtMost {
                most,
                terms: Box::new(self),
            },
            _ => self,
        }
    }
}
