//! How long sessions last, and what ends them early: `[sessions]` as it was checked.

use std::time::Duration;

/// How long sessions last, how many a key has, and what their cookies say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lasting {
    /// How long an unused session lasts.
    pub idle: Duration,
    /// How long any session lasts.
    pub absolute: Duration,
    /// How many a key has at a time.
    pub per_key: u32,
    /// Whether cookies are for encrypted connections only.
    pub secure: Secure,
    /// What becomes of a session that is used from another network.
    pub on_new_network: OnChange,
    /// What becomes of a session that is used by another client.
    pub on_new_agent: OnChange,
}

/// What becomes of a session that looks like somebody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnChange {
    /// It ends.
    End,
    /// It goes on.
    Ignore,
}

/// Whether cookies are for encrypted connections only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secure {
    /// Always.
    Always,
    /// Unless the client is on this machine and no proxy says that it came encrypted.
    Auto,
    /// Never.
    Never,
}
