//! What a suggestion changes besides what it opens: links lead from one model to another.

use std::collections::BTreeSet;

use portcullis_erp::Model;

use super::suggest::{Cell, Suggestion};
use crate::operation::Operation;
use crate::policy::Policy;
use crate::question::Asking;
use crate::rights::{Depth, Rights};

impl Suggestion {
    /// Every cell of the matrix of rights that would change and is not among what the
    /// suggestion opens, and whether it would be open. What is not known of is not told.
    ///
    /// # Errors
    /// With what is wrong, where the rules cannot be read.
    pub fn changes(
        &self,
        policy: &Policy,
        asking: &Asking<'_>,
    ) -> Result<Vec<(Cell, bool)>, String> {
        let after = self.applied(policy)?;
        let mut changed = Vec::new();
        for model in self.touched(policy, asking) {
            let rights = |policy: &Policy| policy.rights(asking, &model, Depth::Fields);
            let (Ok(was), Ok(is)) = (rights(policy), rights(&after)) else {
                continue;
            };
            let (was, is) = (cells(&model, &was), cells(&model, &is));
            let differ = was.symmetric_difference(&is);
            let besides = differ.filter(|cell| !self.opens.contains(cell));
            changed.extend(besides.map(|cell| (cell.clone(), is.contains(cell))));
        }
        Ok(changed)
    }

    /// Models whose rights may be others: those that are opened, those that link to them, and
    /// those that rules name.
    fn touched(&self, policy: &Policy, asking: &Asking<'_>) -> BTreeSet<Model> {
        let opened: BTreeSet<&str> = self.opens.iter().map(|cell| cell.model.as_str()).collect();
        let is_opened = |model: &Model| opened.contains(model.as_str());
        let mut touched = policy.named(asking).models;
        for (model, known) in asking.schema.models() {
            let mut links = known.fields.values();
            let links = links.any(|facts| facts.relation.as_ref().is_some_and(is_opened));
            if links || is_opened(model) {
                touched.insert(model.clone());
            }
        }
        touched
    }
}

pub(crate) fn cells(model: &Model, rights: &Rights) -> BTreeSet<Cell> {
    let cell = |operation, name: Option<&str>| Cell {
        model: model.to_string(),
        operation,
        name: name.map(str::to_owned),
    };
    let mut cells: BTreeSet<Cell> = BTreeSet::new();
    cells.extend(rights.operations.iter().map(|one| cell(*one, None)));
    for (operation, names) in [
        (Operation::Read, &rights.readable),
        (Operation::Create, &rights.creatable),
        (Operation::Write, &rights.writable),
    ] {
        let names = names.iter().filter(|name| *name != "id");
        cells.extend(names.map(|name| cell(operation, Some(name))));
    }
    let methods = rights.methods.iter().map(|listed| listed.method.as_str());
    cells.extend(methods.map(|method| cell(Operation::Call, Some(method))));
    cells
}
