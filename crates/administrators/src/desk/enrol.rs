//! What an administrator logs in with: how it is enrolled, changed and removed.

use std::net::IpAddr;

use portcullis_gateway::throttle::network;
use portcullis_identity::{
    AdminRole, AdministratorName, EnrolmentCode, RecoveryCode, RecoveryDigest, Scope, Secret,
    Timestamp,
};
use portcullis_storage::{
    AdministratorRow, Ending, FactorKind, FactorRow, Purpose, Removal, Removed, Sealed, Standing,
};
use zeroize::Zeroizing;

use super::factor::place;
use super::{CEREMONY, Desk, Enrolled, FACTOR, Known, PASSWORD, Password, Pending};
use crate::chance;
use crate::hashing::Asker;
use crate::refused::Refused;
use crate::strength;
use crate::totp::Totp;

/// How long a code for an enrolment is good, in milliseconds: 15 minutes.
const CODE: i64 = 15 * 60 * 1000;

/// How many second factors somebody has.
const MOST: usize = 10;

/// The id of the one app that somebody has.
const TOTP: &str = "app";

/// The address of the command line, for places in the row of hashing.
const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

impl Known {
    /// Which sessions end when this one enrols a second factor: one that was good for an
    /// enrolment has served, and all others of its holder end with it. Whoever else began one, by
    /// the password alone, enrols nothing more.
    fn ending(&self) -> Ending<'_> {
        match self.session.standing {
            Standing::Full => Ending::None,
            Standing::Enrolling => Ending::AllWith(&self.session.digest),
        }
    }
}

impl Desk {
    /// Adds an administrator.
    ///
    /// # Errors
    /// When the password is not good enough, or there is one of that name.
    pub async fn add(
        &self,
        name: &AdministratorName,
        (roles, scope): (Vec<AdminRole>, Scope),
        password: Secret<String>,
        now: Timestamp,
    ) -> Result<bool, Refused> {
        let row = AdministratorRow {
            name: name.clone(),
            roles,
            scope,
            password: self.hashed(name, password, HERE).await?,
            password_set: now,
            handle: chance::bytes()?,
            created: now,
            locked: None,
            epoch: 0,
            tries: Timestamp(0),
        };
        match self.store.administrators().add(&row).await {
            Ok(()) => Ok(true),
            Err(portcullis_storage::StoreError::Exists { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Sets the password of somebody, and ends their sessions; answers whether there is such a
    /// one.
    ///
    /// # Errors
    /// When the password is not good enough.
    pub async fn set_password(
        &self,
        name: &AdministratorName,
        password: Secret<String>,
        now: Timestamp,
    ) -> Result<bool, Refused> {
        let sealed = self.hashed(name, password, HERE).await?;
        Ok(self
            .store
            .administrators()
            .set_password(name, &sealed, now)
            .await?)
    }

    /// Changes one's own password; all sessions end.
    ///
    /// # Errors
    /// When the log-in is too long ago, the old one is wrong, or the new one is not good enough.
    pub async fn change_password(
        &self,
        known: &Known,
        old: Secret<String>,
        new: Secret<String>,
        from: IpAddr,
        now: Timestamp,
    ) -> Result<(), Refused> {
        known.full()?;
        known.fresh(now)?;
        let name = &known.administrator.name;
        let (account, tried) = self.pace(name.as_str(), None, from, now)?;
        let shown = (name.as_str(), old);
        let judged = self.by_password(shown, (&account, true), from, now).await;
        let judged = judged.and_then(|password| match password {
            Password::Right(_) => Ok(()),
            Password::Wrong(_) => Err(Refused::Wrong),
        });
        self.decided(tried, judged, from, now)?;
        let sealed = self.hashed(name, new, from).await?;
        self.store
            .administrators()
            .set_password(name, &sealed, now)
            .await?;
        Ok(())
    }

    async fn hashed(
        &self,
        name: &AdministratorName,
        password: Secret<String>,
        from: IpAddr,
    ) -> Result<Sealed, Refused> {
        strength::judge(&password, name)?;
        // Whoever sets a password is known already.
        let asker = Asker {
            network: network(from),
            is_proven: true,
        };
        let hash = self.hashing.hash(password, chance::bytes()?, asker).await?;
        self.seal(PASSWORD, name.as_str(), hash.bytes())
    }

    /// A code with which somebody enrols a second factor from a browser, once.
    ///
    /// # Errors
    /// When there is no such one, or one who is locked out.
    pub async fn enrolment_code(
        &self,
        name: &AdministratorName,
        now: Timestamp,
    ) -> Result<(EnrolmentCode, Timestamp), Refused> {
        let ends = now.plus_millis(CODE);
        let code = self
            .keep(name, Purpose::Enrolment, Vec::new(), ends)
            .await?;
        Ok((code, ends))
    }

    /// Begins the enrolment of an app; answers the slip and what the app must know.
    ///
    /// # Errors
    /// When there is no such administrator.
    pub async fn begin_totp(
        &self,
        name: &AdministratorName,
        now: Timestamp,
    ) -> Result<(EnrolmentCode, Totp), Refused> {
        let secret = Zeroizing::new(chance::bytes::<{ Totp::SECRET }>()?);
        let totp = Totp::new(&*secret, name)?;
        let ends = now.plus_millis(CEREMONY);
        let slip = self
            .keep(name, Purpose::Totp, secret.to_vec(), ends)
            .await?;
        Ok((slip, totp))
    }

    /// Enrols an app whose code confirms it, in the place of the one that there is, from a
    /// session or from the machine itself. The code counts: it is good for no log-in.
    ///
    /// # Errors
    /// When the slip was used or has ended, or the code is none of the secret.
    pub async fn finish_totp(
        &self,
        (name, session): (&AdministratorName, Option<&Known>),
        slip: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<Enrolled, Refused> {
        let (taken, secret) = self.take(slip, Purpose::Totp, now).await?;
        let secret = Zeroizing::new(secret);
        if taken.administrator != *name {
            return Err(Refused::Ended);
        }
        let step = Totp::new(&secret, name)?.step_of(code.trim(), now);
        let step = step.ok_or(Refused::Unconfirmed)?;
        let row = FactorRow {
            administrator: name.clone(),
            id: TOTP.to_owned(),
            kind: FactorKind::Totp,
            label: "app".to_owned(),
            sealed: Sealed(Vec::new()),
            step: Some(step),
            created: now,
            used: None,
        };
        let ending = session.map_or(Ending::All, Known::ending);
        self.enrol(row, secret.to_vec(), ending).await
    }

    /// Begins the registration of a passkey.
    ///
    /// # Errors
    /// When passkeys are not to be had.
    pub async fn begin_registration(
        &self,
        known: &Known,
        now: Timestamp,
    ) -> Result<Pending, Refused> {
        self.may_enrol(known, now)?;
        let passkeys = self.passkeys.as_ref().ok_or(Refused::NoPasskeys)?;
        let administrator = &known.administrator;
        let factors = self
            .store
            .administrators()
            .factors(&administrator.name)
            .await?;
        let others = self.known_passkeys(&factors)?;
        let begun =
            passkeys.begin_registration(&administrator.handle, &administrator.name, &others)?;
        let ends = now.plus_millis(CEREMONY);
        let name = &administrator.name;
        let slip = self
            .keep(name, Purpose::Registration, begun.state, ends)
            .await?;
        Ok(Pending {
            slip,
            options: begun.options,
        })
    }

    /// Registers a passkey.
    ///
    /// # Errors
    /// When the slip was used or has ended, or the authenticator's answer is not taken.
    pub async fn finish_registration(
        &self,
        known: &Known,
        (slip, answer): (&str, &str),
        label: &str,
        now: Timestamp,
    ) -> Result<Enrolled, Refused> {
        self.may_enrol(known, now)?;
        let passkeys = self.passkeys.as_ref().ok_or(Refused::NoPasskeys)?;
        let (taken, state) = self.take(slip, Purpose::Registration, now).await?;
        let name = &known.administrator.name;
        if taken.administrator != *name {
            return Err(Refused::Ended);
        }
        let kept = passkeys.finish_registration(answer, &state)?;
        let digest = self.safe.digest(&[b"passkey", &kept.credential]);
        let short = digest.get(..10).unwrap_or_default();
        let id = data_encoding::BASE32_NOPAD.encode(short).to_lowercase();
        let row = FactorRow {
            administrator: name.clone(),
            id: format!("passkey-{id}"),
            kind: FactorKind::Passkey,
            label: label.to_owned(),
            sealed: Sealed(Vec::new()),
            step: None,
            created: now,
            used: None,
        };
        self.enrol(row, kept.bytes, known.ending()).await
    }

    /// Refuses whoever may not enrol a second factor, whose log-in is long ago.
    ///
    /// # Errors
    /// When that is so.
    pub fn may_enrol(&self, known: &Known, now: Timestamp) -> Result<(), Refused> {
        known.fresh(now)
    }

    async fn enrol(
        &self,
        mut row: FactorRow,
        plain: Vec<u8>,
        ending: Ending<'_>,
    ) -> Result<Enrolled, Refused> {
        let administrators = self.store.administrators();
        let factors = administrators.factors(&row.administrator).await?;
        if factors.len() >= MOST && factors.iter().all(|other| other.id != row.id) {
            return Err(Refused::TooMany);
        }
        row.sealed = self.seal(FACTOR, &place(&row), plain)?;
        if !administrators.put_factor(&row, ending).await? {
            // Another session of the kind has served meanwhile.
            return Err(Refused::NotLoggedIn);
        }
        let left = administrators.recovery_left(&row.administrator).await?;
        let recovery = match left {
            0 => self.recovery_codes(&row.administrator).await?,
            _ => Vec::new(),
        };
        Ok(Enrolled {
            id: row.id,
            recovery,
        })
    }

    /// New recovery codes in the place of those that there are; they are shown this once.
    ///
    /// # Errors
    /// When there is no such administrator.
    pub async fn recovery_codes(
        &self,
        name: &AdministratorName,
    ) -> Result<Vec<RecoveryCode>, Refused> {
        let codes: Vec<RecoveryCode> = (0..RecoveryCode::SET)
            .map(|_| chance::bytes().map(|bits| RecoveryCode::from_entropy(&bits)))
            .collect::<Result<_, _>>()?;
        let digests: Vec<RecoveryDigest> = codes
            .iter()
            .map(|code| code.digest(&self.pepper, name))
            .collect();
        match self
            .store
            .administrators()
            .put_recovery(name, &digests)
            .await?
        {
            true => Ok(codes),
            false => Err(Refused::Absent("administrator")),
        }
    }

    /// New recovery codes for oneself.
    ///
    /// # Errors
    /// When the log-in is too long ago.
    pub async fn own_recovery_codes(
        &self,
        known: &Known,
        now: Timestamp,
    ) -> Result<Vec<RecoveryCode>, Refused> {
        known.full()?;
        known.fresh(now)?;
        self.recovery_codes(&known.administrator.name).await
    }

    /// Removes a second factor of one's own; the last one stays.
    ///
    /// # Errors
    /// When it is the last one, or there is none of that id.
    pub async fn remove_factor(
        &self,
        known: &Known,
        id: &str,
        now: Timestamp,
    ) -> Result<(), Refused> {
        known.full()?;
        known.fresh(now)?;
        let name = &known.administrator.name;
        let removed = self
            .store
            .administrators()
            .remove_factor(name, id, Removal::Own);
        match removed.await? {
            Removed::Done => Ok(()),
            Removed::Last => Err(Refused::LastFactor),
            Removed::Absent => Err(Refused::Absent("second factor")),
        }
    }

    /// The second factors of somebody.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn factors(&self, name: &AdministratorName) -> Result<Vec<FactorRow>, Refused> {
        Ok(self.store.administrators().factors(name).await?)
    }
}
