//! The one place in this crate that draws random bytes.

use std::cell::Cell;

use portcullis_audit::RequestId;
use portcullis_identity::SessionToken;
use zeroize::Zeroizing;

/// A new token of a session; none if the system has no randomness to give.
#[expect(clippy::disallowed_methods, reason = "this is where chance enters")]
pub(crate) fn token() -> Option<SessionToken> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    getrandom::fill(&mut *bytes).ok()?;
    Some(SessionToken::from_entropy(&bytes))
}

/// The request ids of one core: 64 random bits, and a count.
pub(crate) struct Ids(Cell<u128>);

impl Ids {
    /// A new row of ids.
    ///
    /// Ids only have to differ; should the system have no randomness to give, they are made of
    /// the clock, and requests go on.
    #[expect(clippy::disallowed_methods, reason = "this is where chance enters")]
    pub(crate) fn new() -> Self {
        let mut bytes = [0_u8; 8];
        if getrandom::fill(&mut bytes).is_err() {
            bytes = crate::clock::now().micros().to_be_bytes();
        }
        Self(Cell::new(u128::from(u64::from_be_bytes(bytes)) << 64))
    }

    /// The next id.
    pub(crate) fn next(&self) -> RequestId {
        let id = self.0.get();
        self.0.set(id.wrapping_add(1));
        RequestId(id)
    }
}
