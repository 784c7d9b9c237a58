//! Renaming: a document gets another name, and whatever links to it follows.
//!
//! It writes the document and makes its new name; merged with the document that has that name
//! already, it deletes the old one. A rule must allow each of these.

use portcullis_erp::{Call, Map, Shape, Value};

use super::one_name;
use super::view::{Aim, FrappeView};
use crate::after::Does;
use crate::bench::No;
use crate::operation::Operation;
use crate::permit::Permit;
use crate::terms::Terms;

impl FrappeView<'_> {
    pub(crate) fn rename(&self, call: &Call) -> Result<Permit, No> {
        let old = one_name(call).ok_or_else(|| self.bad_argument("name"))?;
        let (new, merge) = match (call.named.get("new_name"), call.named.get("merge")) {
            (Some(Value::Text(new)), Some(Value::Bool(merge))) if call.named.len() == 2 => {
                (new.as_str(), *merge)
            }
            _ => return Err(self.bad_argument("new_name")),
        };
        if !self.may_write("name", Operation::Write) {
            return Err(self.closed("name"));
        }
        let needed = [Operation::Create, Operation::Delete];
        let needed = needed.iter().take(if merge { 2 } else { 1 });
        if let Some(missing) = needed.copied().find(|operation| !self.also(*operation)) {
            return Err(self.needs(missing.as_str()));
        }
        let renamed = Map::from_iter([("name".to_owned(), Value::from(new))]);
        for condition in self.own_filters()? {
            if condition.field.as_str() == "name" {
                self.must_hold(&condition, &renamed)?;
            }
        }
        let mut guards = Vec::from_iter(self.guard(old, Aim::Does(Does::Acts))?);
        if merge {
            guards.extend(self.guard(new, Aim::Does(Does::Acts))?);
        }
        let shape = Shape {
            fields: vec!["name".to_owned()],
            ids: 1,
            ..Shape::default()
        };
        Ok(self.permit(Operation::Write, shape, guards, call.clone(), Terms::Single))
    }
}
