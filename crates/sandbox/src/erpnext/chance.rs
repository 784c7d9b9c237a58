//! The only place where the look-alike draws by chance: session ids and row names.
//!
//! The standard library's randomly keyed hasher is enough for a test double; nothing here
//! guards anything real.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

fn next() -> u64 {
    static KEY: OnceLock<RandomState> = OnceLock::new();
    static COUNT: AtomicU64 = AtomicU64::new(0);
    KEY.get_or_init(RandomState::new)
        .hash_one(COUNT.fetch_add(1, Ordering::Relaxed))
}

/// So many bytes, as lower-case hexadecimal text.
pub(crate) fn hex(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes.saturating_mul(2));
    while text.len() < bytes.saturating_mul(2) {
        text.push_str(&format!("{:016x}", next()));
    }
    text.truncate(bytes.saturating_mul(2));
    text
}

/// Ten small letters and digits, as rows are named.
pub(crate) fn row_name() -> String {
    letters(10, "abcdefghijklmnopqrstuv0123456789")
}

/// Thirty letters and digits, as OAuth tokens are made.
pub(crate) fn token() -> String {
    letters(
        30,
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    )
}

fn letters(count: usize, alphabet: &str) -> String {
    let size = u64::try_from(alphabet.len()).unwrap_or(1);
    (0..count)
        .filter_map(|_| {
            let at = usize::try_from(next().checked_rem(size)?).ok()?;
            alphabet.as_bytes().get(at).copied().map(char::from)
        })
        .collect()
}
