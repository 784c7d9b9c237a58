//! What was signed once and counts once.

use portcullis_storage::{Nonce, Store};

use crate::denial::Why;

/// Spends a nonce in the store, for all processes that share it.
///
/// # Errors
/// When it was spent before, or the store does not answer: whoever cannot know refuses.
pub(crate) async fn spend(store: &dyn Store, nonce: &Nonce) -> Result<(), Why> {
    match store.nonces().spend(nonce).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Why::Repeated),
        Err(error) => {
            tracing::error!(%error, "a nonce could not be spent");
            Err(Why::Blind)
        }
    }
}
