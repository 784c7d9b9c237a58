//! Second factors at a log-in: whether what is shown counts.

use portcullis_identity::{AdministratorName, RecoveryCode, Secret, Timestamp};
use portcullis_storage::{AdministratorRow, FactorKind, FactorRow, Purpose};

use super::{CEREMONY, Desk, FACTOR, Pending, WRONG_CODE_EVERY, WRONG_CODES, shut};
use crate::refused::Refused;
use crate::totp::Totp;

impl Desk {
    /// Whether this is a code of an app, beside a right password. Whoever has the password has
    /// shown who it is not to be guessed for: wrong codes are counted by account, in the store,
    /// from wherever they come, and the account's own network is no excuse.
    pub(super) async fn judge_code(
        &self,
        name: &AdministratorName,
        factors: &[FactorRow],
        code: &Secret<String>,
        now: Timestamp,
    ) -> Result<bool, Refused> {
        let administrators = self.store.administrators();
        let every = i64::try_from(WRONG_CODE_EVERY.as_micros()).unwrap_or(i64::MAX);
        let span = every.saturating_mul(i64::from(WRONG_CODES.saturating_sub(1)));
        // It is taken before the code is looked at, so that many at once are no more than many
        // one after the other.
        if !administrators.take_try(name, (every, span), now).await? {
            let row = administrators.find(name).await?.ok_or(Refused::Wrong)?;
            let wait = row.tries.since(now).saturating_sub(span);
            tracing::warn!(
                "too many wrong codes came with the right password of an administrator; codes of \
                 the app are held"
            );
            let seconds = u64::try_from(wait).unwrap_or(0).div_ceil(1_000_000);
            return Err(Refused::CodesHeld(seconds.max(1)));
        }
        let counted = self.count_code(name, factors, code, now).await?;
        if counted {
            administrators.give_try_back(name, every).await?;
        }
        Ok(counted)
    }

    /// Whether this is a code of an app; if so, it is counted, and counts no more.
    async fn count_code(
        &self,
        name: &AdministratorName,
        factors: &[FactorRow],
        code: &Secret<String>,
        now: Timestamp,
    ) -> Result<bool, Refused> {
        for row in factors.iter().filter(|row| row.kind == FactorKind::Totp) {
            let secret = self.open_factor(row)?;
            let totp = Totp::new(&secret, name)?;
            if let Some(step) = code.expose(|code| totp.step_of(code.trim(), now)) {
                let counted = self
                    .store
                    .administrators()
                    .count_step(name, &row.id, step, now);
                return Ok(counted.await?);
            }
        }
        Ok(false)
    }

    /// Whether this is a recovery code that was not used; if so, it is used now.
    pub(super) async fn spend_recovery(
        &self,
        name: &AdministratorName,
        code: &Secret<String>,
    ) -> Result<bool, Refused> {
        let Ok(code) = code.expose(|text| RecoveryCode::parse(text)) else {
            return Ok(false);
        };
        let digest = code.digest(&self.pepper, name);
        Ok(self
            .store
            .administrators()
            .spend_recovery(name, &digest)
            .await?)
    }

    /// Asks the authenticators of somebody.
    pub(super) async fn begin_passkey(
        &self,
        administrator: &AdministratorRow,
        factors: &[FactorRow],
        now: Timestamp,
    ) -> Result<Pending, Refused> {
        let passkeys = self.passkeys.as_ref().ok_or(Refused::NoPasskeys)?;
        let known = self.known_passkeys(factors)?;
        if known.is_empty() {
            return Err(Refused::Absent("passkey"));
        }
        let begun = passkeys.begin_authentication(&known)?;
        let ends = now.plus_millis(CEREMONY);
        let name = &administrator.name;
        let slip = self
            .keep(name, Purpose::Authentication, begun.state, ends)
            .await?;
        Ok(Pending {
            slip,
            options: begun.options,
        })
    }

    /// Checks the answer of an authenticator, and notes what is known of it since.
    pub(super) async fn check_passkey(
        &self,
        name: &AdministratorName,
        answer: &str,
        state: &[u8],
        now: Timestamp,
    ) -> Result<(), Refused> {
        let passkeys = self.passkeys.as_ref().ok_or(Refused::NoPasskeys)?;
        let factors = self.store.administrators().factors(name).await?;
        let rows: Vec<&FactorRow> = factors
            .iter()
            .filter(|row| row.kind == FactorKind::Passkey)
            .collect();
        let known = self.known_passkeys(&factors)?;
        let (at, kept) = passkeys.finish_authentication(answer, state, &known)?;
        let row = rows.get(at).ok_or(Refused::Unverified)?;
        let new = self.seal(FACTOR, &place(row), kept.bytes)?;
        let noted = self
            .store
            .administrators()
            .used_passkey(name, &row.id, &row.sealed, &new, now);
        // Used elsewhere at the same moment, or removed: whoever it is begins again.
        match noted.await? {
            true => Ok(()),
            false => Err(Refused::Unverified),
        }
    }

    pub(super) fn known_passkeys(&self, factors: &[FactorRow]) -> Result<Vec<Vec<u8>>, Refused> {
        let passkeys = factors.iter().filter(|row| row.kind == FactorKind::Passkey);
        passkeys.map(|row| self.open_factor(row)).collect()
    }

    fn open_factor(&self, row: &FactorRow) -> Result<Vec<u8>, Refused> {
        self.safe
            .open(FACTOR, &place(row), &row.sealed)
            .ok_or_else(shut)
    }
}

/// Where what is known of a second factor is sealed for. No name has a space.
pub(super) fn place(row: &FactorRow) -> String {
    format!("{} {}", row.administrator, row.id)
}
