//! What is told about a DocType or a document, besides its values.

use portcullis_erp::{Call, Shape, Value};

use super::view::{Aim, FrappeView};
use crate::bench::No;
use crate::decision::Reason;
use crate::operation::Operation;
use crate::permit::Permit;
use crate::terms::Terms;

impl FrappeView<'_> {
    /// The fields of a DocType: those that may be read.
    pub(crate) fn meta(&self, call: &Call) -> Result<Permit, No> {
        if call.ids.is_some() || !call.named.is_empty() {
            return Err(self.bad_argument("doctype"));
        }
        let terms = Terms::Meta(self.document_terms());
        Ok(self.permit(Operation::Read, Shape::default(), None, call.clone(), terms))
    }

    /// `frappe.client.get_single_value`: one field of a DocType that has one document only.
    pub(crate) fn single_value(&self, call: &Call) -> Result<Permit, No> {
        let asked = (call.named.get("field"), call.named.len(), &call.ids);
        let (Some(Value::Text(field)), 2, None) = asked else {
            return Err(self.bad_argument("field"));
        };
        self.own_doctype(call)?;
        let mask = self.shown(field)?;
        if self.held.rule.domain.is_some() {
            return Err(self.refuse(
                Reason::Domain,
                format!(
                    "This key may not do this with `{}`. Ask whoever gave you the key.",
                    self.model
                ),
                "the rule has a domain, and a DocType with one document cannot be searched",
            ));
        }
        let shape = Shape {
            fields: vec![field.clone()],
            ..Shape::default()
        };
        let terms = match mask {
            Some(_) => Terms::FrappeValues(vec![(field.clone(), mask)]),
            None => Terms::Single,
        };
        Ok(self.permit(Operation::Read, shape, None, call.clone(), terms))
    }

    /// `frappe.client.validate_link`: whether a document is there, and some of its fields.
    pub(crate) fn link(&self, call: &Call) -> Result<Permit, No> {
        let name = self.named_document(call, &["fields"])?;
        let mut fields = vec![("name".to_owned(), None)];
        if let Some(asked) = call.named.get("fields").filter(|asked| !asked.is_nothing()) {
            let asked = asked.as_list().ok_or_else(|| self.bad_argument("fields"))?;
            self.held
                .at_most("fields", asked.len(), self.held.fields())?;
            for field in asked {
                let field = field.as_str().ok_or_else(|| self.bad_argument("fields"))?;
                let mask = self.shown(field)?;
                fields.push((field.to_owned(), mask));
            }
        }
        let guard = self.guard(name, Aim::Reads)?;
        let shape = Shape {
            fields: fields.iter().map(|(field, _)| field.clone()).collect(),
            ids: 1,
            ..Shape::default()
        };
        let terms = Terms::FrappeValues(fields);
        Ok(self.permit(Operation::Read, shape, guard, call.clone(), terms))
    }

    /// `frappe.client.has_permission`: what both this role and the ERP say.
    pub(crate) fn whether(&self, call: &Call) -> Result<Permit, No> {
        let name = self.named_document(call, &["perm_type"])?;
        let asked = match call.named.get("perm_type") {
            None | Some(Value::Null) => "read",
            Some(Value::Text(asked)) => asked,
            Some(_) => return Err(self.bad_argument("perm_type")),
        };
        let operation = [
            Operation::Read,
            Operation::Create,
            Operation::Write,
            Operation::Delete,
            Operation::Submit,
            Operation::Cancel,
        ]
        .into_iter()
        .find(|operation| operation.as_str() == asked);
        let role_says = operation
            .is_some_and(|operation| !self.bench.rules(self.model, operation, None).is_empty());
        let guard = self.guard(name, Aim::Reads)?;
        let shape = Shape {
            ids: 1,
            how: vec![format!("asks {asked}")],
            ..Shape::default()
        };
        let terms = Terms::FrappeWhether { role_says };
        Ok(self.permit(Operation::Read, shape, guard, call.clone(), terms))
    }

    /// The document that `docname` names, beside `doctype` and arguments of these names.
    fn named_document<'c>(&self, call: &'c Call, more: &[&str]) -> Result<&'c str, No> {
        self.own_doctype(call)?;
        let known = |name: &str| matches!(name, "doctype" | "docname") || more.contains(&name);
        if let Some(other) = call.named.keys().find(|name| !known(name)) {
            return Err(self.bad_argument(other));
        }
        match (call.named.get("docname"), &call.ids) {
            (Some(Value::Text(name)), None) if !name.is_empty() => Ok(name),
            _ => Err(self.bad_argument("docname")),
        }
    }

    fn own_doctype(&self, call: &Call) -> Result<(), No> {
        let named = call.named.get("doctype").and_then(Value::as_str);
        if named == Some(self.model.as_str()) {
            Ok(())
        } else {
            Err(self.bad_argument("doctype"))
        }
    }
}
