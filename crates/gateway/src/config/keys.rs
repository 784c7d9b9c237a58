//! `[keys]`: how long keys last, and for how long one may be left unused.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::Deserialize;

/// How long keys last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyLife {
    /// The longest that a key may be made for, in days; none: there is no end to it.
    pub longest_days: Option<NonZeroU32>,
    /// For how long a key may be left unused before it is suspended; none: for ever.
    pub unused: Option<Duration>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct RawKeys {
    longest_days: u32,
    unused_days: u32,
}

impl Default for RawKeys {
    /// 90 days each.
    fn default() -> Self {
        Self {
            longest_days: 90,
            unused_days: 90,
        }
    }
}

impl RawKeys {
    pub(super) fn life(&self) -> KeyLife {
        const DAY: u64 = 24 * 60 * 60;
        KeyLife {
            longest_days: NonZeroU32::new(self.longest_days),
            unused: NonZeroU32::new(self.unused_days)
                .map(|days| Duration::from_secs(u64::from(days.get()).saturating_mul(DAY))),
        }
    }
}

impl Default for KeyLife {
    fn default() -> Self {
        RawKeys::default().life()
    }
}
