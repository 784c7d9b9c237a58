//! The desk of the people who administer, over what an installation keeps.

use std::sync::Arc;
use std::time::Duration;

use portcullis_administrators::{Desk, Passkeys, Setting};
use portcullis_gateway::config::Config;
use portcullis_gateway::gcra::Rate;
use portcullis_gateway::sessions::{Lasting, OnChange, Secure};

use crate::house::{House, WithVault};

/// How many passwords are hashed at once, at the most: each takes a core, and 19 MiB. It is half
/// of the cores, too: what clients of ERPs call goes on beside it.
const HASHED_AT_ONCE: usize = 4;

/// A desk; without a configuration, one that lets nobody in but changes what is kept.
pub(crate) fn open(
    house: &House,
    config: Option<&Config>,
    passkeys: Option<Passkeys>,
) -> anyhow::Result<Desk> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let setting = Setting {
        lasting: config.map_or(NEVER, |config| config.sessions),
        passkeys,
        address_failures: config.map_or(Rate::default(), |config| config.address_rate),
        account_failures: config.map_or(Rate::default(), |config| config.account_rate),
        hashed_at_once: (cores / 2).clamp(1, HASHED_AT_ONCE),
    };
    Ok(Desk::new(
        Arc::clone(&house.store) as _,
        Arc::new(WithVault(Arc::clone(&house.vault))),
        house.vault.pepper(),
        setting,
    )?)
}

/// Sessions of a command that opens none.
const NEVER: Lasting = Lasting {
    idle: Duration::ZERO,
    absolute: Duration::ZERO,
    per_key: 1,
    secure: Secure::Always,
    on_new_network: OnChange::End,
    on_new_agent: OnChange::End,
};
