//! Persons whose sessions were all ended, in whichever process: who came here by Basic before
//! that is forgotten, and the ERP's session is ended, too, as far as the ERP answers.

use std::rc::Rc;
use std::sync::Arc;

use portcullis_storage::{PersonEnd, StoreError};

use super::{Control, Own};
use crate::clock;
use crate::upstream::{Asker, ErpUser, Links, Upstream};

impl Control {
    /// Takes over whose sessions were all ended.
    pub(super) async fn learn_ends(&self, own: &Rc<Own>) -> Result<(), StoreError> {
        let told = self.store.sessions().ends().await?;
        for upstream in self.shared.upstreams.iter() {
            let Some(people) = upstream.people() else {
                continue;
            };
            let of_it: Vec<PersonEnd> = told
                .iter()
                .filter(|end| end.upstream == *upstream.name())
                .cloned()
                .collect();
            let ended = people.entered.learn(&of_it, clock::now());
            if !ended.is_empty() {
                // An ERP that does not answer holds up nothing else.
                let (upstream, own) = (Arc::clone(upstream), Rc::clone(own));
                tokio::task::spawn_local(log_out(upstream, own, ended));
            }
        }
        Ok(())
    }
}

async fn log_out(upstream: Arc<Upstream>, own: Rc<Own>, ended: Vec<Arc<ErpUser>>) {
    let links = Links::default();
    let asker = Asker {
        links: &links,
        ledger: &own.ledger,
        ids: &own.ids,
    };
    for user in ended {
        upstream.log_out(&asker, &user).await;
    }
    own.ledger.flush();
}
