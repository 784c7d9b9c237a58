//! Odoos before which the roles are learnt of a day of clients: what they read is little, and
//! nothing else shows. `tests/learning/run.py` compares the roles with what is learnt.

use serde_json::Value as Json;

use super::calls::{Asked, Maker};
use super::world::Site;
use crate::secrets::Secrets;
use crate::twins::{self, World};

const ROLES: &[(&str, &str)] = &[
    ("learnt", include_str!("../roles/learnt-odoo.toml")),
    ("reader", include_str!("../roles/learnt-odoo-reader.toml")),
];

/// One of the Odoos.
struct Learnt(Site);

impl World for Learnt {
    type Asked = Asked;
    type Maker = Maker;

    async fn with(secrets: Secrets) -> Self {
        Self(Site::under(secrets, ROLES).await)
    }

    fn maker(&self, seed: u64) -> Maker {
        self.0.maker(seed)
    }

    async fn answer(&self, asked: &Asked) -> String {
        self.0.answer(asked).await
    }

    fn is_refusal(answer: &str) -> bool {
        Site::is_refusal(answer)
    }

    fn hidden(&self) -> Json {
        self.0.hidden()
    }
}

#[test]
fn twins_answer_alike_under_learnt_roles() {
    twins::are_alike::<Learnt>(6_000, 100);
}
