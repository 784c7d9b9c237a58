//! Where administrators are let in: log-ins, sessions, second factors.
//!
//! One answer, and the same time, for a name that nobody has, a password that is wrong, and a
//! code that is wrong. Whoever guesses at an administrator does not lock the holder out: accounts
//! are held as those of ERPs are (`portcullis_gateway::throttle`).

mod device;
mod enrol;
mod factor;
mod pace;
mod session;
mod witness;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use portcullis_gateway::archive::Safe;
use portcullis_gateway::gcra::Rate;
use portcullis_gateway::sessions::Lasting;
use portcullis_gateway::throttle::{Account, Accounts, Throttle, network};
use portcullis_identity::{
    AdministratorName, AdministratorToken, CsrfToken, EnrolmentCode, Pepper, RecoveryCode, Secret,
    Timestamp,
};
use portcullis_storage::{
    AdministratorRow, AdmissionRow, FactorKind, Purpose, Sealed, SlipRow, Standing, Store,
};
use serde_json::Value as Json;

use crate::chance;
use crate::hashing::{Asker, Hashing};
use crate::passkeys::Passkeys;
use crate::password::PasswordHash;
use crate::refused::Refused;
pub use device::Device;
pub(crate) use device::LASTS as DEVICE_LASTS;
pub use witness::Witness;

/// The tables of what is sealed.
const PASSWORD: &str = "administrator.password";
const FACTOR: &str = "administrator.factor";
const SLIP: &str = "administrator.slip";

/// How many slips somebody has at a time.
const MOST_SLIPS: u32 = 16;

/// How long a ceremony may take, in milliseconds: five minutes.
const CEREMONY: i64 = 5 * 60 * 1000;

/// How often codes of an app may be wrong beside a right password, from wherever they come: ten at
/// once, and one every six minutes. Of a million codes three are good at a time.
const WRONG_CODES: u32 = 10;
const WRONG_CODE_EVERY: Duration = Duration::from_secs(6 * 60);

/// Where administrators are let in.
pub struct Desk {
    store: Arc<dyn Store>,
    safe: Arc<dyn Safe>,
    pepper: Pepper,
    lasting: Lasting,
    passkeys: Option<Passkeys>,
    hashing: Hashing,
    addresses: Throttle,
    accounts: Accounts,
    /// The hash of a password that nobody knows, for names that nobody has.
    nobody: Vec<u8>,
}

/// What a desk goes by.
#[derive(Debug)]
pub struct Setting {
    /// How long sessions last, and how many somebody has.
    pub lasting: Lasting,
    /// Where passkeys are good, if they are.
    pub passkeys: Option<Passkeys>,
    /// How often an address may fail.
    pub address_failures: Rate,
    /// How often an account may fail.
    pub account_failures: Rate,
    /// How many passwords are hashed at once.
    pub hashed_at_once: usize,
}

/// From where somebody comes, and with what client: a session is good for both, as `[sessions]`
/// says.
#[derive(Debug, Clone)]
pub struct Comer {
    /// Whose address counts.
    pub address: IpAddr,
    /// What the client calls itself.
    pub agent: String,
    /// By what its device is known, if it shows that; else empty.
    pub device: String,
}

/// Somebody who wants to be let in.
#[derive(Debug)]
pub struct LogIn {
    /// The name that was given.
    pub name: String,
    /// The password that was given.
    pub password: Secret<String>,
    /// What was shown with it.
    pub second: Second,
}

/// What is shown beside the password.
#[derive(Debug)]
pub enum Second {
    /// Nothing.
    Nothing,
    /// The code of an app.
    Code(Secret<String>),
    /// A recovery code.
    Recovery(Secret<String>),
    /// A passkey will be shown in the next step.
    Passkey,
}

/// What a log-in leads to.
#[derive(Debug)]
pub enum LoggedIn {
    /// A session.
    Session(Box<Opened>),
    /// The password is right; one of these must be shown with it.
    Needs(Vec<FactorKind>),
    /// The question to an authenticator.
    Passkey(Pending),
}

/// A session that was opened.
#[derive(Debug)]
pub struct Opened {
    /// Its token, which is shown this once.
    pub token: AdministratorToken,
    /// Its token against forged requests.
    pub csrf: CsrfToken,
    /// Whose it is, and what it opens.
    pub known: Known,
}

/// Something that was begun and waits for an answer.
#[derive(Debug)]
pub struct Pending {
    /// What is shown with the answer.
    pub slip: EnrolmentCode,
    /// What the answer is made of.
    pub options: Json,
}

/// A second factor that was enrolled.
#[derive(Debug)]
pub struct Enrolled {
    /// Its id.
    pub id: String,
    /// Recovery codes, which are shown this once, where there were none.
    pub recovery: Vec<RecoveryCode>,
}

/// Somebody who is logged in.
#[derive(Debug, Clone)]
pub struct Known {
    /// Who it is.
    pub administrator: AdministratorRow,
    /// The session.
    pub session: AdmissionRow,
}

/// Whether a password was right.
enum Password {
    /// It is this one's.
    Right(Box<AdministratorRow>),
    /// It is not; who has the name that was tried, if somebody does.
    Wrong(Option<AdministratorName>),
}

impl Desk {
    /// A desk over this store.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn new(
        store: Arc<dyn Store>,
        safe: Arc<dyn Safe>,
        pepper: Pepper,
        setting: Setting,
    ) -> Result<Self, Refused> {
        let unknown = data_encoding::HEXLOWER.encode(&chance::bytes::<32>()?);
        let nobody = PasswordHash::of(&Secret::new(unknown), &chance::bytes()?);
        Ok(Self {
            store,
            safe,
            pepper,
            lasting: setting.lasting,
            passkeys: setting.passkeys,
            hashing: Hashing::new(setting.hashed_at_once),
            addresses: Throttle::new(setting.address_failures),
            accounts: Accounts::new(setting.account_failures),
            nobody: nobody.map_err(|_| Refused::Unavailable)?.bytes(),
        })
    }

    /// Lets somebody in, or asks for more.
    ///
    /// # Errors
    /// When anything of it is wrong, or too much was.
    pub async fn log_in(
        &self,
        asked: LogIn,
        comer: &Comer,
        witness: &dyn Witness,
        now: Timestamp,
    ) -> Result<LoggedIn, Refused> {
        let from = comer.address;
        let device = self.own_device(&comer.device, &asked.name, now);
        let (account, tried) = self.pace(&asked.name, device, from, now)?;
        let whose = (&account, device.is_some());
        let judged = self.judge(asked, whose, comer, witness, now).await;
        self.decided(tried, judged, from, now)
    }

    /// Lets in whoever shows what is right.
    ///
    /// # Errors
    /// [`Refused::Wrong`] counts as a failure, others do not.
    async fn judge(
        &self,
        asked: LogIn,
        (account, is_known): (&Account, bool),
        comer: &Comer,
        witness: &dyn Witness,
        now: Timestamp,
    ) -> Result<LoggedIn, Refused> {
        let from = comer.address;
        let shown = (asked.name.as_str(), asked.password);
        let administrator = match self
            .by_password(shown, (account, is_known), from, now)
            .await?
        {
            Password::Right(administrator) => administrator,
            Password::Wrong(of) => {
                if let Some(name) = of {
                    witness.missed(&name);
                }
                return Err(Refused::Wrong);
            }
        };
        witness.known(&administrator)?;
        let name = &administrator.name;
        let factors = self.store.administrators().factors(name).await?;
        if factors.is_empty() {
            // The recovery codes of somebody whose factors were removed go on.
            let opened = self
                .open(*administrator, Standing::Enrolling, comer, now)
                .await?;
            return Ok(LoggedIn::Session(Box::new(opened)));
        }
        let shown = match &asked.second {
            Second::Nothing => {
                let mut kinds: Vec<FactorKind> = factors.iter().map(|one| one.kind).collect();
                kinds.sort_unstable();
                kinds.dedup();
                return Ok(LoggedIn::Needs(kinds));
            }
            Second::Passkey => {
                let pending = self.begin_passkey(&administrator, &factors, now).await?;
                return Ok(LoggedIn::Passkey(pending));
            }
            Second::Code(code) => self.judge_code(name, &factors, code, now).await?,
            Second::Recovery(code) => self.spend_recovery(name, code).await?,
        };
        if !shown {
            return Err(Refused::Wrong);
        }
        self.accounts.proved(*account, from, now);
        let opened = self
            .open(*administrator, Standing::Full, comer, now)
            .await?;
        Ok(LoggedIn::Session(Box::new(opened)))
    }

    /// The second step of a log-in by passkey.
    ///
    /// # Errors
    /// When the slip was used or has ended, or the authenticator's answer is not taken.
    pub async fn finish_passkey(
        &self,
        (slip, answer): (&str, &str),
        comer: &Comer,
        witness: &dyn Witness,
        now: Timestamp,
    ) -> Result<Opened, Refused> {
        let from = comer.address;
        if self.device(&comer.device, now).is_none() {
            self.pace_address(from, now)?;
        }
        let taken = self.take(slip, Purpose::Authentication, now).await;
        let (row, state) = match taken {
            Err(Refused::Ended) => {
                self.addresses.charge(from, now);
                return Err(Refused::Ended);
            }
            taken => taken?,
        };
        let administrator = self.store.administrators().find(&row.administrator).await?;
        let administrator = administrator.ok_or(Refused::Wrong)?;
        witness.known(&administrator)?;
        let account = Account::administrator(row.administrator.as_str());
        match self
            .check_passkey(&row.administrator, answer, &state, now)
            .await
        {
            Err(Refused::Unverified) => {
                let tried = self.accounts.begin(&account, from, now);
                let tried = tried.map_err(Refused::Wait)?;
                return Err(self.failed(tried, from, now));
            }
            checked => checked?,
        }
        self.accounts.proved(account, from, now);
        self.open(administrator, Standing::Full, comer, now).await
    }

    /// Whether this is the password of somebody who is not locked out. It takes as long where
    /// there is nobody of that name.
    async fn by_password(
        &self,
        (name, password): (&str, Secret<String>),
        (account, is_known): (&Account, bool),
        from: IpAddr,
        now: Timestamp,
    ) -> Result<Password, Refused> {
        let asked = AdministratorName::new(name)
            .or_else(|_| AdministratorName::new("-"))
            .map_err(|_| Refused::Wrong)?;
        let found = self.store.administrators().find(&asked).await?;
        let kept = match &found {
            Some(row) => self
                .safe
                .open(PASSWORD, row.name.as_str(), &row.password)
                .ok_or_else(shut)?,
            None => self.nobody.clone(),
        };
        let hash = PasswordHash::read(kept).map_err(|_| shut())?;
        let asker = Asker {
            network: network(from),
            is_proven: is_known || self.accounts.is_proven(account, from, now),
        };
        let (hash, password, right) = self.hashing.verify(hash, password, asker).await?;
        let row = match found {
            Some(row) if right && row.locked.is_none() => row,
            found => return Ok(Password::Wrong(found.map(|row| row.name))),
        };
        if hash.is_outdated() {
            let new = self.hashing.hash(password, chance::bytes()?, asker).await?;
            let new = self.seal(PASSWORD, row.name.as_str(), new.bytes())?;
            let done = self
                .store
                .administrators()
                .rehash(&row.name, &row.password, &new)
                .await?;
            tracing::info!(
                done,
                "a password's hash is kept with the parameters of today"
            );
        }
        Ok(Password::Right(Box::new(row)))
    }

    fn seal(&self, table: &'static str, row: &str, plain: Vec<u8>) -> Result<Sealed, Refused> {
        self.safe
            .seal(table, row, plain)
            .ok_or(Refused::Unavailable)
    }

    /// Keeps something that is taken once; answers what is shown for it.
    async fn keep(
        &self,
        name: &AdministratorName,
        purpose: Purpose,
        plain: Vec<u8>,
        ends: Timestamp,
    ) -> Result<EnrolmentCode, Refused> {
        let slip = EnrolmentCode::from_entropy(&chance::bytes()?);
        let digest = slip.digest(&self.pepper);
        let row = SlipRow {
            digest,
            administrator: name.clone(),
            purpose,
            sealed: self.seal(SLIP, &data_encoding::HEXLOWER.encode(&digest), plain)?,
            ends,
        };
        match self.store.admissions().put_slip(&row, MOST_SLIPS).await? {
            true => Ok(slip),
            false => Err(Refused::Absent("administrator")),
        }
    }

    /// Takes what was kept, once.
    async fn take(
        &self,
        slip: &str,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<(SlipRow, Vec<u8>), Refused> {
        let slip = EnrolmentCode::parse(slip).map_err(|_| Refused::Ended)?;
        let digest = slip.digest(&self.pepper);
        let row = self
            .store
            .admissions()
            .take_slip(&digest, purpose, now)
            .await?;
        let row = row.ok_or(Refused::Ended)?;
        let place = data_encoding::HEXLOWER.encode(&digest);
        let plain = self.safe.open(SLIP, &place, &row.sealed).ok_or_else(shut)?;
        Ok((row, plain))
    }
}

/// What is sealed does not open.
fn shut() -> Refused {
    tracing::error!("what is kept of an administrator does not open with this master key");
    Refused::Sealed
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Desk(…)")
    }
}
