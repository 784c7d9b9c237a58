//! Two Frappe sites.

mod calls;
mod learnt;
mod world;

use portcullis_policy::Protection;

use self::calls::{Asked, Maker};
use self::world::Site;
use crate::secrets::Secrets;
use crate::twins::{self, World};

impl World for Site {
    type Asked = Asked;
    type Maker = Maker;

    async fn with(secrets: Secrets) -> Self {
        Self::made(secrets).await
    }

    fn maker(&self, seed: u64) -> Maker {
        Maker::new(seed, self)
    }

    async fn answer(&self, asked: &Asked) -> String {
        self.ask(&asked.verb, &asked.target, &asked.body).await
    }

    fn is_refusal(answer: &str) -> bool {
        !answer.starts_with('2')
    }

    fn hidden(&self) -> serde_json::Value {
        self.all_that_is_hidden()
    }
}

#[test]
fn twin_sites_answer_alike() {
    twins::are_alike::<Site>(3_000, 200);
}

#[test]
fn each_protection_of_documents_is_missed() {
    let of_frappe = |protection: &&Protection| format!("{protection:?}").starts_with("Frappe");
    twins::miss_each::<Site>(Protection::ALL.iter().filter(of_frappe), 2_000);
}
