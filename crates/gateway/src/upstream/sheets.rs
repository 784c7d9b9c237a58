//! Descriptions of the façade: kept while neither the policy nor what is known of the models
//! has changed; and what must be asked for them besides the fields.

use std::sync::Arc;

use portcullis_erp::dialect::rest::Description;
use portcullis_erp::{Answer, Call, Model, Value};
use portcullis_identity::RoleName;
use portcullis_policy::Schema;

use super::own::{Asker, Unready, is_final};
use super::{ErpUser, Upstream};

/// How many descriptions are kept.
const MOST: usize = 256;

/// Whom a description is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct SheetKey {
    pub(crate) roles: Box<[RoleName]>,
    /// Which of their rules hold where the caller is.
    pub(crate) held: Box<[bool]>,
    /// What stands before `/api/v1` in the caller's path.
    pub(crate) base: Box<str>,
}

/// A description, and of what it was made.
pub(crate) struct Sheet {
    pub(crate) policy: u64,
    pub(crate) schema: Arc<Schema>,
    pub(crate) description: Description,
}

/// All that are kept.
#[derive(Default)]
pub(super) struct Sheets(papaya::HashMap<SheetKey, Sheet>);

impl Upstream {
    /// A description that still holds.
    pub(crate) fn sheet(&self, key: &SheetKey, policy: u64) -> Option<Description> {
        let kept = self.sheets.0.pin();
        kept.get(key)
            .filter(|sheet| sheet.policy == policy && Arc::ptr_eq(&sheet.schema, &self.schema()))
            .map(|sheet| sheet.description.clone())
    }

    /// Keeps a description.
    pub(crate) fn keep_sheet(&self, key: SheetKey, sheet: Sheet) {
        let kept = self.sheets.0.pin();
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(key, sheet);
    }

    /// Asks what a DocType is made of, as an ERP user, and remembers it. A Frappe that does not
    /// tell (before version 15) has DocTypes of which nothing is known.
    ///
    /// # Errors
    /// When the ERP does not answer.
    pub(crate) async fn learn_doctype(
        &self,
        asker: &Asker<'_>,
        model: &Model,
        user: &ErpUser,
    ) -> Result<(), Unready> {
        let spoken = self.spoken().ok_or(Unready::Unreachable)?;
        let outbound = user
            .with_login(&self.database, |login| spoken.write_meta(model, login))
            .map_err(|_| Unready::Strange("Frappe"))?;
        let question = self.exchange(asker, outbound);
        let returned = asker
            .ask(self, spoken, (model.as_str(), "meta"), question)
            .await?;
        let told = match self.read(spoken, returned).answer {
            Answer::Value(told @ Value::Map(_)) => Some(told),
            Answer::Value(_) | Answer::DoneWithoutResult => None,
            Answer::Fault(fault) if is_final(fault.kind) => None,
            Answer::Fault(_) => return Err(Unready::Strange("Frappe")),
        };
        self.remember(model, told.as_ref(), Schema::learn_doctype);
        Ok(())
    }

    /// Asks which of the required fields of a model the ERP fills by itself, and remembers their
    /// names. What they are filled with is not kept.
    ///
    /// # Errors
    /// When the ERP does not answer.
    pub(crate) async fn learn_defaults(
        &self,
        asker: &Asker<'_>,
        model: &Model,
        user: &ErpUser,
    ) -> Result<(), Unready> {
        let schema = self.schema();
        let fields = schema
            .model(model)
            .into_iter()
            .flat_map(|known| &known.fields);
        let needed: Vec<Value> = fields
            .filter(|(_, facts)| facts.required)
            .map(|(name, _)| Value::from(name.as_str()))
            .collect();
        let call = Call::new(model.as_str(), "default_get")
            .map_err(|_| Unready::Strange("Odoo"))?
            .with("fields", needed);
        let answer = self.ask_own(asker, &call, user).await?;
        let told = match answer {
            Answer::Value(told) => told,
            Answer::Fault(_) | Answer::DoneWithoutResult => Value::Null,
        };
        self.schema.rcu(|known| {
            let mut next = Schema::clone(known);
            next.learn_defaults(model, &told);
            next
        });
        Ok(())
    }
}
