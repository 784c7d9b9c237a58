//! `[sessions]`: how long sessions last, how many a key has, and what their cookies say.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::Deserialize;

use crate::sessions::{Lasting, OnChange, Secure};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct RawSessions {
    idle_minutes: NonZeroU32,
    absolute_hours: NonZeroU32,
    per_key: NonZeroU32,
    secure_cookies: SecureCookies,
    on_new_network: Suspicion,
    on_new_agent: Suspicion,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Suspicion {
    End,
    Ignore,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum SecureCookies {
    Always,
    Auto,
    Never,
}

impl Default for RawSessions {
    /// 20 minutes unused, 12 hours in all; 100 sessions a key or person; cookies for encrypted
    /// connections, unless the client is on this machine and no proxy says that it came
    /// encrypted; networks change, clients do not.
    fn default() -> Self {
        let number = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        Self {
            idle_minutes: number(20),
            absolute_hours: number(12),
            per_key: number(100),
            secure_cookies: SecureCookies::Auto,
            on_new_network: Suspicion::Ignore,
            on_new_agent: Suspicion::End,
        }
    }
}

impl RawSessions {
    pub(super) fn lasting(&self) -> Lasting {
        let minutes = |minutes: u64| Duration::from_secs(minutes.saturating_mul(60));
        Lasting {
            idle: minutes(u64::from(self.idle_minutes.get())),
            absolute: minutes(u64::from(self.absolute_hours.get()).saturating_mul(60)),
            per_key: self.per_key.get(),
            secure: match self.secure_cookies {
                SecureCookies::Always => Secure::Always,
                SecureCookies::Auto => Secure::Auto,
                SecureCookies::Never => Secure::Never,
            },
            on_new_network: self.on_new_network.into(),
            on_new_agent: self.on_new_agent.into(),
        }
    }
}

impl From<Suspicion> for OnChange {
    fn from(written: Suspicion) -> Self {
        match written {
            Suspicion::End => Self::End,
            Suspicion::Ignore => Self::Ignore,
        }
    }
}
