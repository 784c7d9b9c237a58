//! How often somebody may fail: by address, and by account. A try at an account is counted before
//! it is judged, so that many at once are no more than one after the other.

use std::net::IpAddr;

use portcullis_gateway::throttle::{Account, Try};
use portcullis_identity::Timestamp;

use super::Desk;
use crate::refused::Refused;

impl Desk {
    /// Refuses whoever has failed too often; answers the account that is tried, and the
    /// try. A device from which this one has logged in has a pace of its own.
    pub(super) fn pace(
        &self,
        name: &str,
        device: Option<Account>,
        from: IpAddr,
        now: Timestamp,
    ) -> Result<(Account, Try), Refused> {
        if device.is_none() {
            self.pace_address(from, now)?;
        }
        let account = Account::administrator(name);
        match self.accounts.begin(&device.unwrap_or(account), from, now) {
            Err(seconds) => {
                self.addresses.charge(from, now);
                Err(Refused::Wait(seconds))
            }
            Ok(tried) => Ok((account, tried)),
        }
    }

    pub(super) fn pace_address(&self, from: IpAddr, now: Timestamp) -> Result<(), Refused> {
        self.addresses
            .wait(from, now)
            .map_or(Ok(()), |seconds| Err(Refused::Wait(seconds)))
    }

    /// Counts a failure.
    pub(super) fn failed(&self, tried: Try, from: IpAddr, now: Timestamp) -> Refused {
        self.addresses.charge(from, now);
        if tried.failed() {
            tracing::warn!(address = %from, "an administrator's account is held for strangers");
        }
        Refused::Wrong
    }

    /// Counts a try that failed; what was right, or was not judged, is no failure.
    pub(super) fn decided<T>(
        &self,
        tried: Try,
        judged: Result<T, Refused>,
        from: IpAddr,
        now: Timestamp,
    ) -> Result<T, Refused> {
        if matches!(judged, Err(Refused::Wrong)) {
            return Err(self.failed(tried, from, now));
        }
        self.accounts.give_back(tried, now);
        judged
    }
}
