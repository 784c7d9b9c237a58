//! A key and a person on one request: what the roles of both allow.

use std::sync::Arc;

use papaya::HashMap;
use portcullis_identity::RoleName;

use crate::snapshot::Snapshot;

/// How many pairs of roles are remembered; the memory is forgotten when it is full.
const MOST: usize = 1_000;

/// The roles of a key and of a person, and the version of the policy that they are of.
type Of = (u64, Box<[RoleName]>, Box<[RoleName]>);

/// What pairs of roles have in common, as it was worked out.
#[derive(Default)]
pub(crate) struct Pairs(HashMap<Of, Arc<Pair>>);

/// What the roles of both allow.
pub(crate) struct Pair {
    /// By what their requests are judged.
    pub(crate) snapshot: Snapshot,
    /// The roles that they have there.
    pub(crate) roles: Vec<RoleName>,
}

impl Pairs {
    /// What a key with some roles may do for a person with others.
    pub(crate) fn of(&self, now: &Snapshot, key: &[RoleName], person: &[RoleName]) -> Arc<Pair> {
        let of = (now.policy.version(), key.into(), person.into());
        let pairs = self.0.pin();
        if let Some(known) = pairs.get(&of) {
            return Arc::clone(known);
        }
        let (policy, roles) = now.policy.of_both(key, person);
        let pair = Arc::new(Pair {
            snapshot: Snapshot {
                policy,
                routes: now.routes.clone(),
                limits: now.limits,
                rpc_body: now.rpc_body,
            },
            roles,
        });
        let is_of_now = |of: &Of| of.0 == now.policy.version();
        pairs.retain(|of, _| is_of_now(of));
        if pairs.len() >= MOST {
            pairs.clear();
        }
        pairs.insert(of, Arc::clone(&pair));
        pair
    }
}
