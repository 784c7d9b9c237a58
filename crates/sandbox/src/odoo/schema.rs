//! What the look-alike knows of the models: read once from `data/schema.tsv`.

use indexmap::IndexMap;
use portcullis_erp::domain::{Digits, FieldFacts, FieldKind, ModelFacts};

use super::compute::{self, Compute};

const TEXT: &str = include_str!("data/schema.tsv");

/// Fields that every model has: name, type, flags, relation, label.
const COMMON: &[(&str, &str, &str, &str, &str)] = &[
    ("id", "integer", "softg", "", "ID"),
    ("display_name", "char", "of", "", "Display Name"),
    ("create_uid", "many2one", "softg", "res.users", "Created by"),
    ("create_date", "datetime", "softg", "", "Created on"),
    (
        "write_uid",
        "many2one",
        "softg",
        "res.users",
        "Last Updated by",
    ),
    ("write_date", "datetime", "softg", "", "Last Updated on"),
];

/// All models.
pub(crate) struct Schema {
    pub(crate) models: IndexMap<&'static str, Model>,
}

/// One model.
pub(crate) struct Model {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    /// The default order.
    pub(crate) order: &'static str,
    pub(crate) rec_name: &'static str,
    /// The link to the parent in a hierarchy.
    pub(crate) parent: Option<&'static str>,
    /// The inherited model and the linking field.
    pub(crate) inherits: Option<(&'static str, &'static str)>,
    /// The fields; a row has one cell for each, in this order.
    pub(crate) fields: IndexMap<&'static str, Field>,
    /// The same, as the evaluator of domains wants it.
    pub(crate) facts: ModelFacts,
}

/// One field.
#[derive(Clone)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) label: &'static str,
    pub(crate) flags: &'static str,
    pub(crate) relation: Option<&'static str>,
    pub(crate) inverse: Option<&'static str>,
    pub(crate) depends: Vec<String>,
    /// The path of a related field.
    pub(crate) related: Option<Vec<&'static str>>,
    /// The groups one of which a reader must have.
    pub(crate) groups: Vec<&'static str>,
    pub(crate) selection: Vec<(&'static str, &'static str)>,
    /// The way to the value, where it lies in another record.
    pub(crate) path: Option<Vec<&'static str>>,
    /// Where its value comes from.
    pub(crate) source: Source,
}

/// Where a field's value comes from.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    /// The row's cell.
    Cell,
    /// The records whose link points here.
    Inverse,
    /// Another field, over links.
    Related,
    /// A function.
    Computed(Compute),
    /// Always empty: the look-alike does not do what fills it.
    Empty,
}

impl Field {
    pub(crate) fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    pub(crate) fn is_x2many(&self) -> bool {
        matches!(self.kind, "one2many" | "many2many")
    }
}

impl Schema {
    pub(crate) fn load() -> Self {
        let mut models: IndexMap<&'static str, Model> = IndexMap::new();
        for line in TEXT.lines().filter(|line| !line.starts_with('#')) {
            if let Some(head) = line.strip_prefix("= ") {
                let model = Model::begin(head);
                models.insert(model.name, model);
            } else if let Some((_, model)) = models.last_mut()
                && let Some(field) = Field::read(model.name, line)
            {
                model.fields.insert(field.name, field);
            }
        }
        let inherited: Vec<_> = models
            .values()
            .filter_map(|model| {
                let (parent, link) = model.inherits?;
                let fields = models.get(parent)?.fields.values();
                Some((
                    model.name,
                    fields
                        .filter_map(|field| field.inherited(link))
                        .collect::<Vec<_>>(),
                ))
            })
            .collect();
        for (name, fields) in inherited {
            if let Some(model) = models.get_mut(name) {
                for field in fields {
                    model.fields.entry(field.name).or_insert(field);
                }
            }
        }
        for model in models.values_mut() {
            model.fields.sort_keys();
            model.facts = model.facts();
        }
        Self { models }
    }

    pub(crate) fn model(&self, name: &str) -> Option<&Model> {
        self.models.get(name)
    }
}

impl Model {
    fn begin(head: &'static str) -> Self {
        let mut parts = head.split('\t');
        let mut next = || parts.next().unwrap_or_default();
        let (name, label, order, rec_name, search) = (next(), next(), next(), next(), next());
        let (parent, inherits) = (next(), next());
        let mut model = Self {
            name,
            label,
            order,
            rec_name,
            parent: some(parent),
            inherits: inherits.split_once(':'),
            fields: IndexMap::new(),
            facts: ModelFacts {
                rec_names_search: list(search).map(str::to_owned).collect(),
                ..ModelFacts::default()
            },
        };
        for &(field, kind, flags, relation, label) in COMMON {
            let source = match compute::of(name, field) {
                Some(function) => Source::Computed(function),
                None => Source::Cell,
            };
            let field = Field {
                name: field,
                kind,
                label,
                flags,
                relation: some(relation),
                inverse: None,
                depends: Vec::new(),
                related: None,
                groups: Vec::new(),
                selection: Vec::new(),
                path: None,
                source,
            };
            model.fields.insert(field.name, field);
        }
        model
    }

    pub(crate) fn field(&self, name: &str) -> Option<(usize, &Field)> {
        let (slot, _, field) = self.fields.get_full(name)?;
        Some((slot, field))
    }

    /// Whether records can be archived.
    pub(crate) fn has_active(&self) -> bool {
        self.fields.contains_key("active")
    }

    fn facts(&self) -> ModelFacts {
        ModelFacts {
            fields: self
                .fields
                .values()
                .map(|field| (field.name.to_owned(), field.facts()))
                .collect(),
            complete: true,
            rec_name: Some(self.rec_name.to_owned()),
            rec_names_search: self.facts.rec_names_search.clone(),
            parent: self.parent.map(str::to_owned),
            active: self.has_active().then(|| "active".to_owned()),
            inherits: self
                .inherits
                .map(|(model, link)| vec![(model.to_owned(), link.to_owned())])
                .unwrap_or_default(),
            custom_name_search: false,
        }
    }
}

impl Field {
    fn read(model: &'static str, line: &'static str) -> Option<Self> {
        let mut parts = line.split('\t');
        let mut next = || parts.next().unwrap_or_default();
        let (name, kind, flags, relation, inverse) = (next(), next(), next(), next(), next());
        let (depends, related, groups, selection, label) = (next(), next(), next(), next(), next());
        let related: Option<Vec<_>> = some(related).map(|path| path.split('.').collect());
        let path = related.clone().or_else(|| compute::path_of(model, name));
        let source = if let Some(function) = compute::of(model, name) {
            Source::Computed(function)
        } else if path.is_some() {
            Source::Related
        } else if kind == "one2many" && !inverse.is_empty() {
            Source::Inverse
        } else if flags.contains('s') {
            Source::Cell
        } else {
            Source::Empty
        };
        let depends = match &related {
            Some(path) => vec![path.join(".")],
            None => list(depends).map(str::to_owned).collect(),
        };
        Some(Self {
            name: some(name)?,
            kind,
            label,
            flags,
            relation: some(relation),
            inverse: some(inverse),
            depends,
            related,
            groups: list(groups).collect(),
            selection: selection
                .split(';')
                .filter_map(|pair| pair.split_once('='))
                .collect(),
            path,
            source,
        })
    }

    /// This field as a model sees it that inherits its model over this link.
    fn inherited(&self, link: &'static str) -> Option<Self> {
        if COMMON.iter().any(|(name, ..)| *name == self.name) {
            return None;
        }
        let flags = match (self.has('o'), self.has('r'), self.has('f'), self.has('t')) {
            (true, _, true, true) => "ofgt",
            (true, _, true, false) => "of",
            (true, ..) => "o",
            (false, true, ..) => "rftg",
            (false, false, true, true) => "ftg",
            (false, false, ..) => "f",
        };
        Some(Self {
            flags,
            depends: vec![format!("{link}.{}", self.name)],
            related: Some(vec![link, self.name]),
            path: Some(vec![link, self.name]),
            source: Source::Related,
            ..self.clone()
        })
    }

    fn facts(&self) -> FieldFacts {
        FieldFacts {
            kind: match self.kind {
                // Whether there is a picture can be asked as of a text.
                "binary" => FieldKind::Text,
                kind => FieldKind::read(kind),
            },
            relation: self.relation.map(str::to_owned),
            // Whatever can be searched has a value here, stored or not; names are searched by name.
            stored: self.has('s') || (self.has('f') && self.name != "display_name"),
            selection: (self.kind == "selection").then(|| {
                self.selection
                    .iter()
                    .map(|(key, _)| (*key).to_owned())
                    .collect()
            }),
            digits: Digits::Unrounded,
            size: None,
        }
    }
}

fn some(text: &'static str) -> Option<&'static str> {
    (!text.is_empty()).then_some(text)
}

fn list(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.split(',').filter(|part| !part.is_empty())
}
