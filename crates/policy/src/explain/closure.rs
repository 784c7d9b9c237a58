//! Hidden by data: everything that shows a field, so that whoever hides it knows what is
//! hidden with it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use portcullis_erp::Model;

use crate::schema::{FieldSchema, ModelSchema, Schema};

/// A field that shows another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shown {
    /// Its model.
    pub model: String,
    /// Its name.
    pub field: String,
    /// How it shows it.
    pub way: Way,
    /// The path by which its value comes from there.
    pub path: String,
}

/// How a field shows another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// It is the same field of a record that this one is made of.
    Inherited,
    /// It mirrors it.
    Related,
    /// It is computed from it.
    Computed,
    /// It is filled from it once a link is set (Frappe's `fetch_from`).
    Fetched,
    /// A search by name looks at it.
    NameSearch,
}

impl Way {
    /// In one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inherited => "inherited",
            Self::Related => "related",
            Self::Computed => "computed",
            Self::Fetched => "fetched",
            Self::NameSearch => "name-search",
        }
    }
}

/// A field of a model.
type Field = (Model, String);

/// Of each field what shows it.
type Showing = BTreeMap<Field, Vec<(Field, Way, String)>>;

impl Schema {
    /// Every field that shows this one, directly or by others, in the models that are known.
    pub fn shown_by(&self, model: &Model, field: &str) -> Vec<Shown> {
        let showing = self.showing();
        let first: Field = (model.clone(), field.to_owned());
        let mut seen = BTreeSet::from([first.clone()]);
        let mut next = VecDeque::from([first]);
        let mut found = Vec::new();
        while let Some(source) = next.pop_front() {
            for (by, way, path) in showing.get(&source).into_iter().flatten() {
                // A name search shows no more than that something is found.
                let ends = *way == Way::NameSearch;
                if !ends && !seen.insert(by.clone()) {
                    continue;
                }
                let shown = Shown {
                    model: by.0.to_string(),
                    field: by.1.clone(),
                    way: *way,
                    path: path.clone(),
                };
                if !found.contains(&shown) {
                    found.push(shown);
                }
                if !ends {
                    next.push_back(by.clone());
                }
            }
        }
        found
    }

    fn showing(&self) -> Showing {
        let mut showing = Showing::new();
        for (model, known) in self.models() {
            for (name, facts) in &known.fields {
                let by: Field = (model.clone(), name.as_str().to_owned());
                for (path, way) in sources(known, name.as_str(), facts) {
                    for source in self.steps(model, &path) {
                        let line = (by.clone(), way, path.clone());
                        showing.entry(source).or_default().push(line);
                    }
                }
            }
            // Who searches names is told of what is searched.
            let searched = known.rec_names_search.iter().map(String::as_str);
            let searched: BTreeSet<&str> = searched.chain([known.rec_name()]).collect();
            if known.field("display_name").is_none() {
                continue;
            }
            for source in searched {
                let by = (model.clone(), "display_name".to_owned());
                let line = (by, Way::NameSearch, source.to_owned());
                let source = (model.clone(), source.to_owned());
                showing.entry(source).or_default().push(line);
            }
        }
        showing
    }

    /// Every field on a path, model by model.
    fn steps(&self, model: &Model, path: &str) -> Vec<Field> {
        let mut at = Some(model.clone());
        let mut steps = Vec::new();
        for step in path.split('.') {
            let Some(model) = at.take() else { break };
            let known = self.model(&model).and_then(|known| known.field(step));
            at = known.and_then(|facts| facts.relation.clone());
            steps.push((model, step.to_owned()));
        }
        steps
    }
}

/// The paths that a field's value comes from.
fn sources(known: &ModelSchema, name: &str, facts: &FieldSchema) -> Vec<(String, Way)> {
    let mut sources = Vec::new();
    if let Some(path) = &facts.related {
        let same = path.rsplit('.').next() == Some(name) && !facts.stored;
        let way = if same { Way::Inherited } else { Way::Related };
        sources.push((path.clone(), way));
    }
    let computed = facts.depends.iter();
    let computed = computed.filter(|path| Some(*path) != facts.related.as_ref());
    sources.extend(computed.map(|path| (path.clone(), Way::Computed)));
    sources.extend(
        facts
            .fetched
            .iter()
            .map(|path| (path.clone(), Way::Fetched)),
    );
    if name == "display_name" && sources.is_empty() {
        sources.push((known.rec_name().to_owned(), Way::Computed));
    }
    sources
}
