//! What methods take, as a live Odoo tells it: asked once for a model, and forgotten in time.
//!
//! Only where a rule lists a method whose arguments cannot be named otherwise; as the ERP user,
//! recorded like every other question of the gateway's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_erp::dialect::Returned;
use portcullis_erp::dialect::signature::live::{self, Methods};
use portcullis_erp::{Dialect, Model};
use portcullis_identity::ErpLogin;

use super::own::{Asker, Unready};
use super::{ErpUser, Upstream};

/// Of how many models the methods are remembered, over all users.
const MOST: usize = 256;

/// The methods of models, as each user is told; none for a model of which the ERP tells nothing.
pub(super) type Docs = BTreeMap<(ErpLogin, Model), Option<Arc<Methods>>>;

impl Upstream {
    /// The methods of a model, asked for if they are not known. None if the ERP does not tell.
    ///
    /// # Errors
    /// When the ERP does not answer.
    pub(crate) async fn methods(
        &self,
        asker: &Asker<'_>,
        model: &Model,
        user: &ErpUser,
    ) -> Result<Option<Arc<Methods>>, Unready> {
        let whose = (user.login().clone(), model.clone());
        if let Some(known) = self.docs.load().get(&whose) {
            return Ok(known.clone());
        }
        let outbound = user.with_login(&self.database, |login| live::ask(model, login));
        let names = (model.as_str(), "doc");
        let question = self.exchange(asker, outbound);
        let returned = asker.ask(self, Dialect::Json2, names, question).await?;
        let told = live::read(Returned {
            status: returned.status,
            content_type: &returned.content_type,
            body: &returned.body,
        });
        let told = told.map(Arc::new);
        self.docs.rcu(|known| {
            let mut next = if known.len() < MOST {
                Docs::clone(known)
            } else {
                Docs::new()
            };
            next.insert(whose.clone(), told.clone());
            next
        });
        Ok(told)
    }
}
