//! Where chance enters this crate, and keys are made.

use portcullis_audit::LedgerId;
use portcullis_identity::ApiKey;
use portcullis_storage::{Settings, StoreError};
use zeroize::Zeroizing;

/// The system gave no random bytes. Nothing secret can be made.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct EntropyError(#[source] getrandom::Error);

/// Random bytes of the system.
///
/// # Errors
/// When the system gives none.
pub fn bytes<const N: usize>() -> Result<[u8; N], EntropyError> {
    let mut bytes = [0; N];
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one file of the crate"
    )]
    getrandom::fill(&mut bytes).map_err(EntropyError)?;
    Ok(bytes)
}

/// A new API key.
///
/// # Errors
/// When the system gives no random bytes.
pub fn new_key() -> Result<ApiKey, EntropyError> {
    let entropy = Zeroizing::new(bytes::<42>()?);
    Ok(ApiKey::from_entropy(&entropy))
}

/// The id of the ledger that belongs to a store; made at the first time of asking.
///
/// # Errors
/// When the store does not answer, or no id can be made.
pub async fn ledger_id(settings: &dyn Settings) -> Result<LedgerId, StoreError> {
    let fresh = bytes::<16>().map_err(|error| StoreError::Unavailable {
        what: "make the id of a ledger",
        source: Box::new(error),
    })?;
    let kept = settings.put_if_absent("ledger.id", &fresh).await?;
    let id: [u8; 16] = kept.try_into().map_err(|_| StoreError::Damaged {
        what: "setting `ledger.id`",
    })?;
    Ok(LedgerId(u128::from_be_bytes(id)))
}
