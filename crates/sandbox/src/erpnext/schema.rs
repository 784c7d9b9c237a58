//! The DocTypes that the look-alike knows, read once from `doctypes.tsv`.

use std::collections::HashMap;

use super::CustomField;

const TABLE: &str = include_str!("doctypes.tsv");

/// Columns that every document has, in order.
pub(crate) const STANDARD: [&str; 7] = [
    "name",
    "owner",
    "creation",
    "modified",
    "modified_by",
    "docstatus",
    "idx",
];
/// Columns that child rows have besides.
pub(crate) const OF_CHILD: [&str; 3] = ["parent", "parentfield", "parenttype"];
/// Columns that may be asked for in lists and are always empty here.
pub(crate) const OPTIONAL: [&str; 4] = ["_user_tags", "_comments", "_assign", "_liked_by"];

/// All DocTypes.
pub(crate) struct Schema {
    types: HashMap<String, DocType>,
}

/// One DocType.
#[derive(Default)]
pub(crate) struct DocType {
    pub(crate) name: String,
    pub(crate) module: String,
    pub(crate) autoname: String,
    pub(crate) title_field: String,
    pub(crate) search_fields: Vec<String>,
    pub(crate) is_child: bool,
    pub(crate) is_submittable: bool,
    pub(crate) is_single: bool,
    pub(crate) fields: Vec<Field>,
    pub(crate) permissions: Vec<Permission>,
    by_name: HashMap<String, usize>,
    has_levels: bool,
}

/// One field of a DocType.
#[derive(Default, Clone)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) options: String,
    pub(crate) default: String,
    pub(crate) permlevel: u8,
    pub(crate) flags: String,
}

/// What one role may do, at one permlevel.
pub(crate) struct Permission {
    pub(crate) role: String,
    pub(crate) level: u8,
    pub(crate) rights: String,
}

impl Field {
    pub(crate) fn is(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    pub(crate) fn is_table(&self) -> bool {
        self.kind.starts_with("Table")
    }

    pub(crate) fn is_whole(&self) -> bool {
        matches!(self.kind.as_str(), "Check" | "Int")
    }

    pub(crate) fn is_float(&self) -> bool {
        matches!(
            self.kind.as_str(),
            "Currency" | "Float" | "Percent" | "Rating" | "Duration"
        )
    }

    /// The label as messages show it.
    pub(crate) fn label(&self) -> String {
        label(&self.name)
    }
}

/// A field's label, made from its name.
pub(crate) fn label(name: &str) -> String {
    match name {
        "creation" => return "Created On".to_owned(),
        "owner" => return "Created By".to_owned(),
        "uom" | "stock_uom" => return name.replace("stock_uom", "Stock UOM").replace("uom", "UOM"),
        "naming_series" => return "Series".to_owned(),
        _ => {}
    }
    let words = name.split('_').map(|word| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_uppercase().chain(letters).collect::<String>()
        })
    });
    words.collect::<Vec<_>>().join(" ")
}

impl DocType {
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.by_name.get(name).and_then(|at| self.fields.get(*at))
    }

    /// The child tables.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.is_table())
    }

    /// The fields that are columns of the table.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &Field> {
        self.fields
            .iter()
            .filter(|field| !field.is_table() && !field.is('v'))
    }

    /// Whether the table has this column.
    pub(crate) fn has_column(&self, name: &str) -> bool {
        STANDARD.contains(&name)
            || OPTIONAL.contains(&name)
            || (self.is_child && OF_CHILD.contains(&name))
            || self
                .field(name)
                .is_some_and(|field| !field.is_table() && !field.is('v'))
    }

    /// Whether a field of it lies above the lowest level.
    pub(crate) fn has_levels(&self) -> bool {
        self.has_levels
    }

    fn add(&mut self, field: Field) {
        self.has_levels |= field.permlevel > 0;
        self.by_name.insert(field.name.clone(), self.fields.len());
        self.fields.push(field);
    }
}

impl Schema {
    /// Reads the embedded table and adds the fields that this site has of its own.
    pub(crate) fn read(custom: &[CustomField]) -> Self {
        let mut types = HashMap::new();
        let mut current = DocType::default();
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let mut cells = line
                .split('\t')
                .map(|cell| if cell == "-" { "" } else { cell });
            let mut next = || cells.next().unwrap_or_default().to_owned();
            match next().as_str() {
                "doctype" => {
                    let (name, module, autoname) = (next(), next(), next());
                    let (title_field, search, flags) = (next(), next(), next());
                    let search = search.split(',').filter(|one| !one.is_empty());
                    let made = DocType {
                        is_child: flags.contains('t'),
                        is_submittable: flags.contains('s'),
                        is_single: flags.contains('1'),
                        search_fields: search.map(str::to_owned).collect(),
                        name,
                        module,
                        autoname,
                        title_field,
                        ..DocType::default()
                    };
                    let done = std::mem::replace(&mut current, made);
                    types.insert(done.name.clone(), done);
                }
                "perm" => {
                    let (role, level, rights) = (next(), next(), next());
                    let level = level.parse().unwrap_or_default();
                    current.permissions.push(Permission {
                        role,
                        level,
                        rights,
                    });
                }
                _ => {
                    let (name, kind, options) = (next(), next(), next());
                    let (flags, default) = (next(), next());
                    let level = flags
                        .chars()
                        .find_map(|flag| flag.to_digit(10))
                        .unwrap_or(0);
                    let permlevel = u8::try_from(level).unwrap_or(u8::MAX);
                    current.add(Field {
                        name,
                        kind,
                        options,
                        default,
                        permlevel,
                        flags,
                    });
                }
            }
        }
        types.insert(current.name.clone(), current);
        types.remove("");
        for field in custom {
            if let Some(doctype) = types.get_mut(&field.doctype) {
                doctype.add(Field {
                    name: field.fieldname.clone(),
                    kind: field.fieldtype.clone(),
                    permlevel: field.permlevel,
                    ..Field::default()
                });
            }
        }
        Self { types }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&DocType> {
        self.types.get(name)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &DocType> {
        self.types.values()
    }
}
