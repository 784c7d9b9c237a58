//! Field permissions as they are kept beside an ERP: of which fields of a model only some roles
//! see and set the values, `{"doctype": "Customer", "field_permissions": {"credit_limit":
//! ["Sales Manager"]}}`. Each field is denied to every caller none of whose roles is named.

use std::collections::BTreeSet;

use portcullis_erp::value::from_json;
use portcullis_erp::{Limits, Model, Value};
use portcullis_identity::{Networks, RoleName};

use crate::operation::Operation;
use crate::rule::{Arguments, Effect, FieldSet, Models, Rule};

/// One field that only some roles have.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldPermission {
    model: Model,
    field: String,
    roles: BTreeSet<String>,
    deny: Rule,
}

impl FieldPermission {
    /// Reads a file: one object, or a list of them.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_json(text: &str) -> Result<Vec<Self>, String> {
        let read = from_json(text.as_bytes(), &Limits::default()).map_err(|error| {
            let (line, column) = (error.line, error.column);
            format!("line {line}, column {column}: {}", error.reason)
        })?;
        let objects = match read {
            Value::List(objects) => objects,
            one => vec![one],
        };
        let mut all = Vec::new();
        for object in &objects {
            let object = object
                .as_map()
                .ok_or("an object with `doctype` and `field_permissions` is expected")?;
            if let Some(other) = object
                .keys()
                .find(|key| !matches!(key.as_str(), "doctype" | "model" | "field_permissions"))
            {
                return Err(format!("`{other}` is not known here"));
            }
            let named = (object.get("doctype"), object.get("model"));
            let ((Some(Value::Text(model)), None) | (None, Some(Value::Text(model)))) = named
            else {
                return Err("either `doctype` or `model` names what it is about".to_owned());
            };
            let model = Model::new(model).map_err(|_| format!("`{model}` is no model"))?;
            let fields = object.get("field_permissions").and_then(Value::as_map);
            let fields = fields.ok_or("`field_permissions` is an object of fields")?;
            for (field, roles) in fields {
                all.push(Self::read(&model, field, roles)?);
            }
        }
        Ok(all)
    }

    fn read(model: &Model, field: &str, roles: &Value) -> Result<Self, String> {
        use portcullis_erp::domain::FieldPath;
        let is_field = FieldPath::new(field).is_ok() && !matches!(field, "id" | "name");
        if !is_field {
            return Err(format!("`{field}` is no field that can be closed"));
        }
        let named: Option<BTreeSet<String>> = roles
            .as_list()
            .and_then(|roles| roles.iter().map(|role| role.as_str().map(plain)).collect());
        let roles = named.ok_or_else(|| format!("the roles of `{field}` are a list of names"))?;
        let deny = Rule {
            name: format!("{model}.{field}"),
            effect: Effect::Deny,
            upstream: None,
            models: Models::Named(BTreeSet::from([model.clone()])),
            through: None,
            operations: BTreeSet::from([Operation::Read, Operation::Create, Operation::Write]),
            methods: BTreeSet::new(),
            reports: BTreeSet::new(),
            arguments: Arguments::Scalar,
            fields: FieldSet::Only(BTreeSet::from([field.to_owned()])),
            write_fields: None,
            hidden: BTreeSet::new(),
            masked: std::collections::BTreeMap::new(),
            derived: BTreeSet::new(),
            domain: None,
            dialects: None,
            networks: Networks::default(),
            context: BTreeSet::new(),
            max_rows: None,
            approval: false,
        };
        Ok(Self {
            model: model.clone(),
            field: field.to_owned(),
            roles,
            deny,
        })
    }

    /// Whether a role is named.
    pub fn names(&self, role: &RoleName) -> bool {
        self.roles.contains(&plain(role.as_str()))
    }

    /// The field, as `model.field`.
    pub fn field(&self) -> String {
        format!("{}.{}", self.model, self.field)
    }

    /// The denial for whoever has none of the named roles; none for whoever has one.
    pub(crate) fn denial(&self, roles: &[RoleName]) -> Option<&Rule> {
        (!roles.iter().any(|role| self.names(role))).then_some(&self.deny)
    }
}

/// A role's name as it is compared: ERPs write `Sales Manager`, files are called `sales-manager`.
fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for c in name.trim().chars() {
        if c.is_alphanumeric() {
            plain.extend(c.to_lowercase());
        } else if !plain.ends_with('-') {
            plain.push('-');
        }
    }
    plain
}
