//! Descriptions of the façade: kept while neither the policy nor what is known of the models
//! has changed; and what must be asked for them besides the fields.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use portcullis_erp::dialect::rest::Description;
use portcullis_erp::{Answer, Call, Model, Value};
use portcullis_identity::RoleName;
use portcullis_policy::Schema;
use tokio::sync::Mutex;

use super::own::{Asker, Unready};
use super::{ErpUser, Upstream};
use crate::denial::Why;

/// How many descriptions are kept.
const MOST: usize = 256;

/// How long writing one may take, with the wait for its turn. What was learned by then stays
/// known, so that whoever asks again gets further.
const LONGEST: Duration = Duration::from_secs(15);

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
struct Sheet {
    policy: u64,
    schema: Arc<Schema>,
    description: Description,
}

/// All that are kept. One is written at a time: however many ask an ERP's gateway at once, the
/// ERP is asked by one of them, and the others find what that one wrote.
pub(crate) struct Sheets {
    kept: papaya::HashMap<SheetKey, Sheet>,
    turn: Mutex<()>,
    longest: Duration,
}

impl Default for Sheets {
    fn default() -> Self {
        Self {
            kept: papaya::HashMap::new(),
            turn: Mutex::new(()),
            longest: LONGEST,
        }
    }
}

impl Sheets {
    /// A description that still holds, or else what `write` makes.
    ///
    /// # Errors
    /// Those of `write`; and when it takes too long.
    pub(crate) async fn give(
        &self,
        key: SheetKey,
        policy: u64,
        known: impl Fn() -> Arc<Schema>,
        write: impl Future<Output = Result<Description, Why>>,
    ) -> Result<Description, Why> {
        if let Some(found) = self.found(&key, policy, &known()) {
            return Ok(found);
        }
        let written = async {
            let _turn = self.turn.lock().await;
            if let Some(found) = self.found(&key, policy, &known()) {
                return Ok(found);
            }
            let description = write.await?;
            let sheet = Sheet {
                policy,
                schema: known(),
                description: description.clone(),
            };
            self.keep(key, sheet);
            Ok(description)
        };
        let written = tokio::time::timeout(self.longest, written).await;
        written.unwrap_or(Err(Why::Unschooled))
    }

    fn found(&self, key: &SheetKey, policy: u64, schema: &Arc<Schema>) -> Option<Description> {
        let kept = self.kept.pin();
        kept.get(key)
            .filter(|sheet| {
                let same = Arc::ptr_eq(&sheet.schema, schema) || sheet.schema.knows_as(schema);
                sheet.policy == policy && same
            })
            .map(|sheet| sheet.description.clone())
    }

    fn keep(&self, key: SheetKey, sheet: Sheet) {
        let kept = self.kept.pin();
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(key, sheet);
    }
}

impl Upstream {
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
        let schema = self.schema(user);
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
        let answer = self.ask_for_call(asker, &call, user).await?;
        let told = match answer {
            Answer::Value(told) => told,
            Answer::Fault(_) | Answer::DoneWithoutResult => Value::Null,
        };
        self.known
            .change(user.login(), |known| known.learn_defaults(model, &told));
        Ok(())
    }
}
