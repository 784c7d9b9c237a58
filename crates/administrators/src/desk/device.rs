//! Devices from which somebody has logged in: each has a pace of its own, so that nobody who shares
//! an address with an administrator, or guesses at the name, keeps the administrator out.
//!
//! A device is known by a cookie that is tagged with the gateway's own key, and opens nothing: who
//! has taken one may try passwords at its pace, as anybody may at that of an address.

use portcullis_gateway::throttle::Account;
use portcullis_identity::{AdministratorName, Timestamp};

use super::Desk;
use crate::chance;
use crate::refused::Refused;

/// How long a device is known, in seconds: 90 days.
pub(crate) const LASTS: i64 = 90 * 24 * 60 * 60;

/// Somebody's device, as a request shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Device<'a> {
    name: &'a str,
    id: &'a str,
}

impl Device<'_> {
    /// What its pace is counted by.
    pub fn account(&self) -> Account {
        Account::device(self.name, self.id)
    }
}

impl Desk {
    /// What a device is known by from now on, from which somebody has logged in.
    ///
    /// # Errors
    /// When there is no randomness.
    pub(crate) fn new_device(
        &self,
        name: &AdministratorName,
        now: Timestamp,
    ) -> Result<String, Refused> {
        let id = data_encoding::HEXLOWER.encode(&chance::bytes::<16>()?);
        let since = (now.micros() / 1_000_000).to_string();
        let tag = data_encoding::HEXLOWER.encode(&self.tag_of(name.as_str(), &id, &since));
        Ok(format!("{id}.{since}.{tag}.{name}"))
    }

    /// The device that a text names, if it is one of somebody's.
    pub fn device<'a>(&self, text: &'a str, now: Timestamp) -> Option<Device<'a>> {
        let mut parts = text.splitn(4, '.');
        let (id, since) = (parts.next()?, parts.next()?);
        let (tag, name) = (parts.next()?, parts.next()?);
        let shown = data_encoding::HEXLOWER.decode(tag.as_bytes()).ok()?;
        let begun: i64 = since.parse().ok()?;
        let lasts = begun.checked_add(LASTS)?;
        // Digests of both are compared, so that nothing of a tag is found out by time.
        let blind = |tag: &[u8]| self.safe.digest(&[b"compared\0", tag]);
        let is_good = blind(&shown) == blind(&self.tag_of(name, id, since));
        (is_good && now.micros() / 1_000_000 < lasts).then_some(Device { name, id })
    }

    /// The device of a log-in, if it is of whoever is named.
    pub(super) fn own_device(&self, shown: &str, name: &str, now: Timestamp) -> Option<Account> {
        let device = self.device(shown, now)?;
        let is_own = Account::administrator(device.name) == Account::administrator(name);
        is_own.then(|| device.account())
    }

    fn tag_of(&self, name: &str, id: &str, since: &str) -> [u8; 32] {
        self.safe.digest(&[
            b"device of an administrator 1\0",
            id.as_bytes(),
            b"\0",
            since.as_bytes(),
            b"\0",
            name.as_bytes(),
        ])
    }
}
