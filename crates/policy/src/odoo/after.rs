//! How Odoo is asked after a call: by the guard's own search, with the stamps of what it finds.

use portcullis_erp::domain::{FieldKind, Leaf, Node, Operand, Operator};
use portcullis_erp::{Call, Method, Value};

use crate::after::{self, Does, Watch};
use crate::bench::No;
use crate::odoo::view::View;
use crate::operation::Family;
use crate::permit::Guard;
use crate::protection::Protection;
use crate::schema::ModelSchema;

impl View<'_> {
    /// A guard of records to which the call does this: it is asked again after the call.
    pub(crate) fn watched(&self, guard: Option<Guard>, does: Does) -> Result<Option<Guard>, No> {
        let Some(guard) = guard else {
            return Ok(None);
        };
        if !Protection::AfterChecks.is_on() {
            return Ok(Some(guard));
        }
        let own = self.own_domain()?;
        let watch = Watch {
            does,
            rests_on_itself: own.is_none_or(|own| node(own.node(), self.schema)),
            user: self.bench.user(),
            recent: self.bench.recently(),
            family: Family::Odoo,
        };
        Ok(Some(Guard {
            call: telling(guard.call, self.schema),
            check: guard.check,
            watch: Some(watch),
        }))
    }
}

/// The search as one that tells the stamps of what it finds, where the model has any.
fn telling(mut call: Call, schema: &ModelSchema) -> Call {
    let [_, by, at] = after::fields(Family::Odoo);
    let has_stamps = schema.field(by).is_some() && schema.field(at).is_some();
    if has_stamps && let Ok(method) = Method::new("search_read") {
        call.method = method;
        let fields = Value::List([by, at].map(Value::from).to_vec());
        call.named.insert("fields".to_owned(), fields);
    }
    call
}

/// Whether conditions rest on columns of the records themselves only, which nobody changes
/// without leaving a stamp on the record.
fn node(of: &Node, schema: &ModelSchema) -> bool {
    match of {
        Node::And(parts) | Node::Or(parts) => parts.iter().all(|part| node(part, schema)),
        Node::Not(inner) => node(inner, schema),
        Node::True | Node::False => true,
        Node::Leaf(one) => leaf(one, schema),
    }
}

fn leaf(leaf: &Leaf, schema: &ModelSchema) -> bool {
    let ([field], Operand::Value(value)) = (leaf.path.parts(), &leaf.operand) else {
        return false;
    };
    if field.as_str() == "id" {
        return true;
    }
    let Some(facts) = schema.field(field.as_str()) else {
        return false;
    };
    // What is computed and kept is stamped as well when it is computed anew (`_write_multi`).
    let is_column = facts.stored
        && !facts.is_x2many()
        // Every write sets these, the call's own too.
        && !after::fields(Family::Odoo).contains(&field.as_str());
    // Names behind a link, and places above and below, are other records' business.
    let is_own = match (leaf.operator, value) {
        (Operator::ChildOf | Operator::ParentOf, _) => false,
        _ if facts.kind != FieldKind::Many2one => true,
        (Operator::Equal | Operator::NotEqual, value) => value.as_str().is_none(),
        (Operator::In | Operator::NotIn, Value::List(items)) => {
            items.iter().all(|item| item.as_str().is_none())
        }
        _ => false,
    };
    is_column && is_own
}
