//! Programs that administer the gateway are known by their administrative keys.

use std::sync::Arc;

use http::header::AUTHORIZATION;
use portcullis_identity::{AdminKey, AdminKeyId, Pepper, Unmet};
use portcullis_storage::Store;

use crate::identify::{Look, Recognise, Recognised, Shown};

/// Knows programs by `Authorization: Bearer pca_…`. The store is asked at each request: what
/// was revoked a moment ago opens nothing, and if the store does not answer nobody is known.
pub struct Programs {
    store: Arc<dyn Store>,
    pepper: Pepper,
}

impl Programs {
    /// Knows those whose keys are kept here.
    pub fn new(store: Arc<dyn Store>, pepper: Pepper) -> Self {
        Self { store, pepper }
    }
}

impl Recognise for Programs {
    fn look<'a>(&'a self, shown: Shown<'a>) -> Look<'a> {
        Box::pin(async move {
            let mut lines = shown.headers.get_all(AUTHORIZATION).iter();
            let Some(line) = lines.next() else {
                return Ok(Recognised::NotShown);
            };
            let Some(text) = line.to_str().ok().and_then(bearer) else {
                return Ok(Recognised::NotShown);
            };
            if !text.starts_with(AdminKeyId::PREFIX) {
                return Ok(Recognised::NotShown);
            }
            let is_only = lines.next().is_none();
            let Some(key) = AdminKey::parse(text).ok().filter(|_| is_only) else {
                return Ok(Recognised::Refused(None));
            };
            let keys = self.store.admin_keys();
            let kept = keys.find(&key.id()).await?;
            // The digest is computed for unknown ids too, so that an id is not found out by time.
            let digest = key.digest(&self.pepper);
            let Some(row) = kept.filter(|row| row.digest == digest) else {
                return Ok(Recognised::Refused(None));
            };
            let who = row.administrator();
            if let Err(unmet) = row.is_good(shown.now, shown.address) {
                return Ok(Recognised::Refused(Some((who, unmet))));
            }
            if shown.is_clear {
                if keys.expose(&row.id, shown.now).await? {
                    tracing::warn!(key = %row.id, "an administrative key was sent in clear");
                }
                return Ok(Recognised::Refused(Some((who, Unmet::Clear))));
            }
            keys.used(&row.id, shown.now, shown.address).await?;
            Ok(Recognised::Known(who))
        })
    }
}

fn bearer(line: &str) -> Option<&str> {
    let (scheme, text) = line.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(text.trim_matches(' '))
}
