//! The one place in this crate that draws random bytes.

use crate::refused::Refused;

/// Random bytes of the system.
///
/// # Errors
/// When the system gives none.
#[expect(clippy::disallowed_methods, reason = "this is where chance enters")]
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Refused> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Refused::Unavailable)?;
    Ok(bytes)
}
