//! `[credentials]`: how credentials may be shown.

use serde::Deserialize;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct RawCredentials {
    in_clear: InClear,
}

/// From where credentials are taken that others may have read on their way.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "kebab-case")]
enum InClear {
    /// From this machine, where nobody else reads.
    #[default]
    Local,
    /// From anywhere.
    Anywhere,
}

impl RawCredentials {
    pub(super) fn takes_clear(&self) -> bool {
        self.in_clear == InClear::Anywhere
    }
}
