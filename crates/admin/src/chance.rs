//! The one place in this crate that draws random bytes.

use portcullis_audit::RequestId;
use portcullis_identity::signing::SigningSecret;
use portcullis_identity::{AdminKey, ApiKey};
use zeroize::Zeroizing;

use crate::refusal::Refusal;

fn bytes<const N: usize>() -> Result<Zeroizing<[u8; N]>, Refusal> {
    let mut bytes = Zeroizing::new([0; N]);
    #[expect(clippy::disallowed_methods, reason = "this is where chance enters")]
    getrandom::fill(&mut *bytes).map_err(|error| {
        tracing::error!(%error, "the system gives no random bytes");
        Refusal::Failed
    })?;
    Ok(bytes)
}

/// A new API key.
///
/// # Errors
/// When the system gives no random bytes.
pub fn api_key() -> Result<ApiKey, Refusal> {
    Ok(ApiKey::from_entropy(&*bytes()?))
}

/// A new administrative key.
///
/// # Errors
/// When the system gives no random bytes.
pub fn admin_key() -> Result<AdminKey, Refusal> {
    Ok(AdminKey::from_entropy(&*bytes()?))
}

/// A new signing secret.
///
/// # Errors
/// When the system gives no random bytes.
pub fn signing_secret() -> Result<SigningSecret, Refusal> {
    Ok(SigningSecret::from_entropy(&*bytes()?))
}

/// The id of a request.
///
/// # Errors
/// When the system gives no random bytes.
pub fn request() -> Result<RequestId, Refusal> {
    Ok(RequestId(u128::from_be_bytes(*bytes()?)))
}
