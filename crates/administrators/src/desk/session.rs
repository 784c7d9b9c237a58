//! Sessions: how one is opened, known, and ended.

use portcullis_gateway::sessions::From;
use portcullis_identity::{Administrator, AdministratorToken, Means, PrincipalName, Timestamp};
use portcullis_storage::{AdministratorRow, AdmissionRow, Purpose, Standing};

use super::{Comer, Desk, Known, Opened, Witness};
use crate::chance;
use crate::refused::Refused;

/// How exactly it is noted when a session was used, in microseconds: a minute.
const NOTED: i64 = 60_000_000;

/// How old a log-in may be for changes of what one logs in with, in milliseconds: 15 minutes.
const FRESH: i64 = 15 * 60 * 1000;

/// How long a session may last that is good for an enrolment only, in milliseconds: 15 minutes.
const ENROLLING: i64 = 15 * 60 * 1000;

impl Known {
    /// Who it is, to those who ask what somebody may do.
    ///
    /// # Errors
    /// When the session is good for an enrolment only.
    pub fn administrator(&self) -> Result<Administrator, Refused> {
        if self.session.standing != Standing::Full {
            return Err(Refused::OnlyEnrolling);
        }
        let name = self.administrator.name.as_str();
        Ok(Administrator {
            name: PrincipalName::new(name).map_err(|_| Refused::Unavailable)?,
            roles: self.administrator.roles.clone(),
            scope: self.administrator.scope.clone(),
            by: Means::Session,
        })
    }

    /// Refuses what needs a log-in of the last few minutes.
    pub(super) fn fresh(&self, now: Timestamp) -> Result<(), Refused> {
        match now < self.session.opened.plus_millis(FRESH) {
            true => Ok(()),
            false => Err(Refused::Stale),
        }
    }

    /// Refuses whoever has shown no second factor.
    pub(super) fn full(&self) -> Result<(), Refused> {
        match self.session.standing {
            Standing::Full => Ok(()),
            Standing::Enrolling => Err(Refused::OnlyEnrolling),
        }
    }
}

impl Desk {
    pub(super) async fn open(
        &self,
        administrator: AdministratorRow,
        standing: Standing,
        comer: &Comer,
        now: Timestamp,
    ) -> Result<Opened, Refused> {
        let token = AdministratorToken::from_entropy(&chance::bytes()?);
        let digest = token.digest(&self.pepper);
        let longest = i64::try_from(self.lasting.absolute.as_millis()).unwrap_or(i64::MAX);
        let lasts = match standing {
            Standing::Full => longest,
            Standing::Enrolling => longest.min(ENROLLING),
        };
        let from = self.from(comer);
        let session = AdmissionRow {
            digest,
            administrator: administrator.name.clone(),
            standing,
            opened: now,
            seen: now,
            ends: now.plus_millis(lasts),
            network: from.network,
            agent: from.agent,
        };
        let most = self.lasting.per_key;
        let admissions = self.store.admissions();
        if !admissions.admit(&session, &administrator, most).await? {
            // Locked out, removed, given another password or another second factor, between the
            // check and this.
            return Err(Refused::Wrong);
        }
        let known = Known {
            administrator,
            session,
        };
        Ok(Opened {
            csrf: digest.csrf(&self.pepper),
            token,
            known,
        })
    }

    /// Who shows this token.
    ///
    /// # Errors
    /// When it opens no session, or one that has ended.
    pub async fn known(
        &self,
        token: &str,
        comer: &Comer,
        now: Timestamp,
    ) -> Result<Known, Refused> {
        // A token cannot be guessed: whoever shares an address with somebody who guesses at
        // passwords goes on.
        if let Some(known) = self.of_token(token, comer, now).await? {
            return Ok(known);
        }
        let from = comer.address;
        self.pace_address(from, now)?;
        self.addresses.charge(from, now);
        Err(Refused::NotLoggedIn)
    }

    async fn of_token(
        &self,
        token: &str,
        comer: &Comer,
        now: Timestamp,
    ) -> Result<Option<Known>, Refused> {
        let Ok(token) = AdministratorToken::parse(token) else {
            return Ok(None);
        };
        let digest = token.digest(&self.pepper);
        let Some(session) = self.store.admissions().look_up(&digest).await? else {
            return Ok(None);
        };
        let idle = i64::try_from(self.lasting.idle.as_micros()).unwrap_or(i64::MAX);
        if now >= session.ends || now.since(session.seen) > idle {
            self.store.admissions().end(&digest).await?;
            return Ok(None);
        }
        let opened = From::kept(&session.network, &session.agent);
        if opened.changed(&self.from(comer), &self.lasting) {
            tracing::warn!(
                administrator = %session.administrator,
                "an administrator's session was used from elsewhere, or by another client, and ends"
            );
            self.store.admissions().end(&digest).await?;
            return Ok(None);
        }
        let found = self.store.administrators().find(&session.administrator);
        let Some(administrator) = found.await? else {
            return Ok(None);
        };
        if administrator.locked.is_some() || session.opened < administrator.password_set {
            return Ok(None);
        }
        if now.since(session.seen) >= NOTED {
            self.store.admissions().touch(&digest, now).await?;
        }
        Ok(Some(Known {
            administrator,
            session,
        }))
    }

    fn from(&self, comer: &Comer) -> From {
        From::of(comer.address, &comer.agent, &self.pepper)
    }

    /// Whether this is the session's token against forged requests.
    pub fn is_own(&self, known: &Known, csrf: &str) -> bool {
        known.session.digest.csrf(&self.pepper).is(csrf)
    }

    /// The session's token against forged requests, as text.
    pub fn csrf(&self, known: &Known) -> String {
        known.session.digest.csrf(&self.pepper).text()
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn log_out(&self, known: &Known) -> Result<(), Refused> {
        self.store.admissions().end(&known.session.digest).await?;
        Ok(())
    }

    /// Ends all sessions of somebody; answers how many there were.
    ///
    /// # Errors
    /// When the store does not answer, or the session is good for an enrolment only.
    pub async fn log_out_everywhere(&self, known: &Known) -> Result<u64, Refused> {
        known.full()?;
        Ok(self
            .store
            .admissions()
            .end_of(&known.administrator.name)
            .await?)
    }

    /// Exchanges a code for an enrolment for a session that is good for that alone.
    ///
    /// # Errors
    /// When the code was used or has ended.
    pub async fn enrol_with(
        &self,
        code: &str,
        comer: &Comer,
        witness: &dyn Witness,
        now: Timestamp,
    ) -> Result<Opened, Refused> {
        let from = comer.address;
        self.pace_address(from, now)?;
        let row = match self.take(code, Purpose::Enrolment, now).await {
            Err(Refused::Ended) => {
                self.addresses.charge(from, now);
                return Err(Refused::Ended);
            }
            taken => taken?.0,
        };
        let found = self.store.administrators().find(&row.administrator).await?;
        let administrator = found.ok_or(Refused::Ended)?;
        witness.known(&administrator)?;
        self.open(administrator, Standing::Enrolling, comer, now)
            .await
    }

    /// Removes what has ended; answers how much there was.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn sweep(&self, now: Timestamp) -> Result<u64, Refused> {
        let idle = i64::try_from(self.lasting.idle.as_millis()).unwrap_or(i64::MAX);
        let since = now.plus_millis(idle.saturating_neg());
        Ok(self.store.admissions().sweep(now, since).await?)
    }
}
