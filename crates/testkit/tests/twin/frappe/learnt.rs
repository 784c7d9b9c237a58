//! Sites before which the role is learnt of a day of clients. Documents are read whole on that day,
//! so that what is hidden was hidden then; `tests/learning/run.py` compares the role with what is
//! learnt.

use super::calls::{Asked, Maker};
use super::world::Site;
use crate::secrets::Secrets;
use crate::twins::{self, World};

const ROLES: &[(&str, &str)] = &[("learnt", include_str!("../roles/learnt-customers.toml"))];

/// One of the sites.
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

    fn hidden(&self) -> serde_json::Value {
        self.0.hidden()
    }
}

#[test]
fn twin_sites_answer_alike_under_a_learnt_role() {
    twins::are_alike::<Learnt>(3_000, 20);
}
