//! The upstreams of a gateway.

use std::sync::Arc;

use portcullis_erp::Dialect;
use portcullis_identity::UpstreamName;

use super::Upstream;

/// Every upstream, in the order of the configuration.
pub struct Upstreams(Vec<Arc<Upstream>>);

impl Upstreams {
    /// Takes the upstreams in.
    pub fn new(upstreams: Vec<Upstream>) -> Self {
        Self(upstreams.into_iter().map(Arc::new).collect())
    }

    /// The upstream of this name.
    pub fn named(&self, name: &UpstreamName) -> Option<Arc<Upstream>> {
        self.0
            .iter()
            .find(|upstream| upstream.name() == name)
            .cloned()
    }

    /// The upstream that speaks this dialect, if there is only one: never a guess.
    pub fn only_for(&self, dialect: Dialect) -> Option<Arc<Upstream>> {
        let mut speaking = self.0.iter().filter(|upstream| upstream.speaks(dialect));
        let first = speaking.next()?;
        speaking.next().is_none().then(|| Arc::clone(first))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Upstream>> {
        self.0.iter()
    }
}
