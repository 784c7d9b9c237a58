//! The one place in this crate that draws random bytes.

/// Where one core's request ids begin: 64 random bits, and a count of zero.
///
/// Ids only have to differ; should the system have no randomness to give, they are made of the
/// clock, and requests go on.
#[expect(clippy::disallowed_methods, reason = "this is where chance enters")]
pub(crate) fn first_request_id() -> u128 {
    let mut bytes = [0_u8; 8];
    if getrandom::fill(&mut bytes).is_err() {
        bytes = crate::clock::now().micros().to_be_bytes();
    }
    u128::from(u64::from_be_bytes(bytes)) << 64
}
