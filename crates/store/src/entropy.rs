//! Where chance enters this crate, and keys are made.

use std::io;
use std::path::Path;

use portcullis_audit::LedgerId;
use portcullis_identity::ApiKey;
use portcullis_storage::{Settings, StoreError};
use zeroize::Zeroizing;

use crate::written;

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

/// The id of the ledger of a folder whose store is elsewhere, in a file of its own; made at the
/// first time of asking.
///
/// # Errors
/// When the file cannot be read or made, or has another form.
pub fn ledger_id_in(file: &Path) -> io::Result<LedgerId> {
    let known = |text: &str| u128::from_str_radix(text.trim(), 16).map(LedgerId);
    let text = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let fresh = u128::from_be_bytes(bytes().map_err(io::Error::other)?);
            written::once(file, &format!("{fresh:032x}\n"))?;
            std::fs::read_to_string(file)?
        }
        read => read?,
    };
    known(&text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}
