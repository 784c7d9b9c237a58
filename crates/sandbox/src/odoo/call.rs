//! From what a dialect says to what a method takes: arguments by position or by name.

use portcullis_erp::value::{Map, Value};

use super::db::Db;
use super::record::View;
use super::schema::{Model, Schema};
use super::trouble::{Kind, Trouble};
use super::user::{Context, Who};

/// Arguments as they came.
pub(crate) enum Given {
    /// XML-RPC, JSON-RPC and the web client: by position, then by name.
    Positional { args: Vec<Value>, kwargs: Map },
    /// JSON-2: by name, with `ids` and `context` among them.
    Named(Map),
}

/// A method that may be called from outside.
pub(crate) struct Method {
    pub(crate) name: &'static str,
    /// Whether it is called on records, so that ids come first.
    pub(crate) on_records: bool,
    /// The parameters; those that end in `=` may be left out.
    pub(crate) parameters: &'static [&'static str],
    pub(crate) run: Run,
    /// The first and the last release that has it so.
    pub(crate) releases: (u16, u16),
}

impl Method {
    pub(crate) const fn since(mut self, release: u16) -> Self {
        self.releases.0 = release;
        self
    }

    pub(crate) const fn until(mut self, release: u16) -> Self {
        self.releases.1 = release;
        self
    }
}

/// What stands before parameters that are given by name only.
pub(super) const BY_NAME: &str = "*=";
/// The last parameter of methods that take whatever else is named.
const MORE: &str = "**";

/// What a method does.
#[derive(Clone, Copy)]
pub(crate) enum Run {
    Read(fn(View<'_>, &Bound<'_>) -> Result<Value, Trouble>),
    Write(fn(&mut Env<'_>, &Bound<'_>) -> Result<Value, Trouble>),
}

/// A call whose arguments have found their parameters.
pub(crate) struct Bound<'a> {
    pub(crate) model: &'a Model,
    pub(crate) ids: Vec<i64>,
    /// Whether `create` was given one dictionary and not a list, by position.
    pub(crate) single: bool,
    arguments: Vec<Option<Value>>,
}

/// What a method that writes works on.
pub(crate) struct Env<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) db: &'a mut Db,
    pub(crate) who: &'a Who,
    pub(crate) context: &'a Context,
    /// The time of the call, as the ERP writes times.
    pub(crate) now: &'a str,
    /// Passwords that were set, by user: they are kept apart from the rows.
    pub(crate) passwords: Vec<(i64, String)>,
}

impl Env<'_> {
    pub(crate) fn view(&self) -> View<'_> {
        View {
            schema: self.schema,
            db: self.db,
            who: self.who,
            context: self.context,
        }
    }
}

impl<'a> Bound<'a> {
    /// Finds each argument's parameter.
    pub(crate) fn new(
        model: &'a Model,
        method: &Method,
        given: Given,
    ) -> Result<(Self, Option<Value>), Trouble> {
        let mut bound = Self {
            model,
            ids: Vec::new(),
            single: false,
            arguments: vec![None; method.parameters.len()],
        };
        let (named, context) = match given {
            Given::Positional { args, mut kwargs } => {
                let context = kwargs.shift_remove("context");
                let mut args = args.into_iter();
                if method.on_records {
                    let ids = args.next().ok_or_else(|| {
                        Trouble::new(
                            Kind::Python("IndexError"),
                            "the list of arguments holds no ids",
                        )
                    })?;
                    bound.ids = ids_of(&ids);
                }
                let in_order = method.parameters.iter();
                let in_order = in_order.take_while(|parameter| **parameter != BY_NAME);
                let mut slots = bound.arguments.iter_mut().take(in_order.count());
                for argument in args {
                    match slots.next() {
                        Some(slot) => *slot = Some(argument),
                        None => return Err(arguments("too many positional arguments")),
                    }
                }
                bound.single = matches!(bound.arguments.first(), Some(Some(Value::Map(_))));
                (kwargs, context)
            }
            Given::Named(mut named) => {
                let context = named.shift_remove("context");
                if let Some(ids) = named.shift_remove("ids") {
                    if !method.on_records {
                        return Err(arguments(format!(
                            "cannot call {}.{} with ids",
                            model.name, method.name
                        )));
                    }
                    bound.ids = ids_of(&ids);
                }
                (named, context)
            }
        };
        let mut more = Vec::new();
        for (name, argument) in named {
            let at = method
                .parameters
                .iter()
                .position(|parameter| parameter.trim_end_matches('=') == name);
            match at.and_then(|at| bound.arguments.get_mut(at)) {
                Some(slot) if slot.is_none() => *slot = Some(argument),
                None if method.parameters.last() == Some(&MORE) => more.push((name, argument)),
                Some(_) => return Err(arguments(format!("multiple values for argument '{name}'"))),
                None => {
                    return Err(arguments(format!(
                        "got an unexpected keyword argument '{name}'"
                    )));
                }
            }
        }
        if let (true, Some(slot)) = (!more.is_empty(), bound.arguments.last_mut()) {
            *slot = Some(Value::Map(more.into_iter().collect()));
        }
        for (parameter, argument) in method.parameters.iter().zip(&bound.arguments) {
            if argument.is_none() && !parameter.ends_with('=') && *parameter != MORE {
                return Err(arguments(format!(
                    "missing a required argument: '{parameter}'"
                )));
            }
        }
        Ok((bound, context))
    }

    /// An argument by its place; `null` if it was left out.
    pub(crate) fn get(&self, at: usize) -> &Value {
        static LEFT_OUT: Value = Value::Null;
        self.arguments
            .get(at)
            .and_then(Option::as_ref)
            .unwrap_or(&LEFT_OUT)
    }

    /// A whole number that may be left out, 0 and `false` counting as left out.
    pub(crate) fn count(&self, at: usize) -> Option<usize> {
        let number = self.get(at).as_int()?;
        usize::try_from(number).ok().filter(|number| *number > 0)
    }

    pub(crate) fn text(&self, at: usize) -> Option<&str> {
        self.get(at).as_str()
    }
}

fn arguments(message: impl Into<String>) -> Trouble {
    Trouble::new(Kind::Arguments, message)
}

/// The ids of a call: a number, or a list of them; what is no number is no record.
fn ids_of(value: &Value) -> Vec<i64> {
    match value {
        Value::Int(id) => vec![*id],
        Value::List(items) => items.iter().filter_map(Value::as_int).collect(),
        _ => Vec::new(),
    }
}
