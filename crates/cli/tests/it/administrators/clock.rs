//! What the time does: the desk by itself, over stores in memory and on disk, with a clock that
//! the tests move.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use portcullis_administrators::{
    Comer, Desk, Known, LogIn, LoggedIn, Opened, Refused, Second, Setting,
};
use portcullis_gateway::archive::Safe;
use portcullis_gateway::gcra::Rate;
use portcullis_gateway::sessions::{Lasting, OnChange, Secure};
use portcullis_identity::{AdminRole, AdministratorName, Scope, Secret, Timestamp};
use portcullis_storage::{Sealed, Standing, Store};
use portcullis_store::{Place, SqlStore, Vault};

use super::PASSWORD;
use super::office::app;

/// A store and a vault, at which several desks may be opened, as several gateways do.
pub(super) struct Hall {
    _folder: tempfile::TempDir,
    pub(super) store: Arc<SqlStore>,
    vault: Arc<Vault>,
}

struct Sealer(Arc<Vault>);

impl Safe for Sealer {
    fn seal(&self, table: &'static str, row: &str, plain: Vec<u8>) -> Option<Sealed> {
        self.0.seal_bytes(&Place::of(table, &[row]), plain).ok()
    }
    fn open(&self, table: &'static str, row: &str, sealed: &Sealed) -> Option<Vec<u8>> {
        self.0.unseal_bytes(&Place::of(table, &[row]), sealed).ok()
    }
    fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.0.digest(parts)
    }
}

impl Hall {
    pub(super) async fn build() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            store: Arc::new(
                SqlStore::open(&folder.path().join("store.db"))
                    .await
                    .unwrap(),
            ),
            vault: Arc::new(Vault::open(&folder.path().join("master.key")).unwrap()),
            _folder: folder,
        }
    }

    pub(super) fn desk(&self) -> Desk {
        let setting = Setting {
            lasting: Lasting {
                idle: Duration::from_secs(20 * 60),
                absolute: Duration::from_secs(12 * 60 * 60),
                per_key: 100,
                secure: Secure::Auto,
                on_new_network: OnChange::Ignore,
                on_new_agent: OnChange::End,
            },
            passkeys: None,
            address_failures: Rate {
                per_minute: 60,
                burst: 1000,
            },
            account_failures: Rate {
                per_minute: 1,
                burst: 5,
            },
            hashed_at_once: 2,
        };
        let safe = Arc::new(Sealer(Arc::clone(&self.vault)));
        Desk::new(
            Arc::clone(&self.store) as _,
            safe,
            self.vault.pepper(),
            setting,
        )
        .unwrap()
    }
}

pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp((1_800_000_000 + seconds) * 1_000_000)
}

pub(super) fn comer(last: u8) -> Comer {
    Comer {
        address: IpAddr::from([192, 0, 2, last]),
        agent: "client".to_owned(),
        device: String::new(),
    }
}

pub(super) fn anna() -> AdministratorName {
    AdministratorName::new("anna").unwrap()
}

/// Adds Anna with an app; answers its secret.
async fn settle(desk: &Desk) -> String {
    let may = (vec![AdminRole::Administrator], Scope::default());
    assert!(
        desk.add(&anna(), may, PASSWORD.into(), at(-3600))
            .await
            .unwrap()
    );
    let (slip, totp) = desk.begin_totp(&anna(), at(-3600)).await.unwrap();
    let secret = totp.expose(|_, secret| secret.to_owned()).unwrap();
    let slip = slip.expose(str::to_owned);
    let code = code(&secret, -3600);
    desk.finish_totp((&anna(), None), &slip, &code, at(-3600))
        .await
        .unwrap();
    secret
}

fn code(secret: &str, seconds: i64) -> String {
    let at = u64::try_from(at(seconds).micros() / 1_000_000).unwrap();
    app(secret).generate(at).to_string()
}

async fn try_code(desk: &Desk, code: &str, seconds: i64) -> Result<Opened, Refused> {
    let asked = LogIn {
        name: "anna".to_owned(),
        password: PASSWORD.into(),
        second: Second::Code(Secret::new(code.to_owned())),
    };
    match desk.log_in(asked, &comer(1), &(), at(seconds)).await? {
        LoggedIn::Session(opened) => Ok(*opened),
        LoggedIn::Needs(_) | LoggedIn::Passkey(_) => panic!("it asks for more"),
    }
}

async fn known(desk: &Desk, opened: &Opened, seconds: i64) -> Result<Known, Refused> {
    let token = opened.token.expose(str::to_owned);
    desk.known(&token, &comer(1), at(seconds)).await
}

#[tokio::test]
async fn a_code_is_good_in_its_time_once_at_every_desk() {
    let hall = Hall::build().await;
    let (one, other) = (hall.desk(), hall.desk());
    let secret = settle(&one).await;
    let first = code(&secret, 0);
    assert!(try_code(&one, &first, 0).await.is_ok());
    for desk in [&one, &other] {
        let again = try_code(desk, &first, 1).await;
        assert!(matches!(again, Err(Refused::Wrong)), "once: {again:?}");
    }
    let older = try_code(&other, &code(&secret, -30), 1).await;
    assert!(matches!(older, Err(Refused::Wrong)), "nor one before it");
    assert!(
        try_code(&other, &code(&secret, 30), 2).await.is_ok(),
        "an early one"
    );
    let hour = try_code(&other, &code(&secret, 3600), 7200).await;
    assert!(matches!(hour, Err(Refused::Wrong)), "of an hour ago");
    assert!(
        try_code(&other, &code(&secret, 7200), 7200 + 29)
            .await
            .is_ok(),
        "late"
    );
    assert!(try_code(&one, &code(&secret, 9000), 9000).await.is_ok());
}

#[tokio::test]
async fn a_session_ends_unused_and_in_any_case() {
    let hall = Hall::build().await;
    let desk = hall.desk();
    let secret = settle(&desk).await;
    const MINUTE: i64 = 60;
    let idle = try_code(&desk, &code(&secret, 0), 0).await.unwrap();
    let busy = try_code(&desk, &code(&secret, 30), 1).await.unwrap();
    assert!(known(&desk, &idle, 0).await.is_ok());
    for minute in (15..=710).step_by(15) {
        let used = known(&desk, &busy, minute * MINUTE).await;
        assert!(used.is_ok(), "minute {minute}: {used:?}");
    }
    let unused = known(&desk, &idle, 21 * MINUTE).await;
    assert!(matches!(unused, Err(Refused::NotLoggedIn)), "{unused:?}");
    assert!(known(&desk, &busy, 719 * MINUTE).await.is_ok());
    let over = known(&desk, &busy, 721 * MINUTE).await;
    assert!(
        matches!(over, Err(Refused::NotLoggedIn)),
        "after 12 hours: {over:?}"
    );
    assert!(
        hall.store.admissions().all().await.unwrap().is_empty(),
        "and is forgotten"
    );
}

#[tokio::test]
async fn what_one_logs_in_with_is_changed_soon_after_a_log_in_only() {
    let hall = Hall::build().await;
    let desk = hall.desk();
    let secret = settle(&desk).await;
    let opened = try_code(&desk, &code(&secret, 0), 0).await.unwrap();
    let soon = known(&desk, &opened, 14 * 60).await.unwrap();
    assert!(desk.own_recovery_codes(&soon, at(14 * 60)).await.is_ok());
    let last = desk.remove_factor(&soon, "app", at(14 * 60)).await;
    assert!(matches!(last, Err(Refused::LastFactor)), "{last:?}");
    let late = known(&desk, &opened, 16 * 60).await.unwrap();
    for refused in [
        desk.own_recovery_codes(&late, at(16 * 60)).await.map(drop),
        desk.remove_factor(&late, "app", at(16 * 60)).await,
        desk.may_enrol(&late, at(16 * 60)),
        desk.change_password(
            &late,
            PASSWORD.into(),
            "seven calm hippos swim".into(),
            comer(1).address,
            at(16 * 60),
        )
        .await,
    ] {
        assert!(matches!(refused, Err(Refused::Stale)), "{refused:?}");
    }
}

#[tokio::test]
async fn a_code_for_an_enrolment_is_good_once_and_for_a_quarter_of_an_hour() {
    let hall = Hall::build().await;
    let desk = hall.desk();
    settle(&desk).await;
    let code = async || {
        let (code, ends) = desk.enrolment_code(&anna(), at(0)).await.unwrap();
        assert_eq!(ends, at(15 * 60));
        code.expose(str::to_owned)
    };
    let good = code().await;
    let opened = desk
        .enrol_with(&good, &comer(1), &(), at(14 * 60))
        .await
        .unwrap();
    assert_eq!(opened.known.session.standing, Standing::Enrolling);
    let administrator = opened.known.administrator();
    assert!(matches!(administrator, Err(Refused::OnlyEnrolling)));
    let again = desk.enrol_with(&good, &comer(1), &(), at(14 * 60)).await;
    assert!(matches!(again, Err(Refused::Ended)), "{again:?}");
    let late = desk
        .enrol_with(&code().await, &comer(1), &(), at(15 * 60))
        .await;
    assert!(matches!(late, Err(Refused::Ended)), "{late:?}");
    let over = known(&desk, &opened, 30 * 60).await;
    assert!(
        matches!(over, Err(Refused::NotLoggedIn)),
        "nor does its session last"
    );
}

#[tokio::test]
async fn a_hash_with_the_parameters_of_another_day_is_made_anew_at_a_log_in() {
    let hall = Hall::build().await;
    let desk = hall.desk();
    let secret = settle(&desk).await;
    let row = async || {
        hall.store
            .administrators()
            .find(&anna())
            .await
            .unwrap()
            .unwrap()
    };
    let place = Place::of("administrator.password", &["anna"]);
    let kept = hall.vault.unseal(&place, &row().await.password).unwrap();
    let today = "$argon2id$v=19$m=19456,t=2,p=1$";
    assert!(kept.expose(|kept| kept.starts_with(today)));
    // `four rather odd giraffes` with the salt `01234567`, 64 KiB and one pass.
    let weaker = argon2_of_another_day();
    let weaker = hall.vault.seal(&place, &Secret::new(weaker)).unwrap();
    let old = row().await;
    assert!(
        hall.store
            .administrators()
            .rehash(&anna(), &old.password, &weaker)
            .await
            .unwrap()
    );
    let opened = try_code(&desk, &code(&secret, 0), 0).await.unwrap();
    let kept = hall.vault.unseal(&place, &row().await.password).unwrap();
    assert!(kept.expose(|kept| kept.starts_with(today)), "{kept:?}");
    assert!(
        known(&desk, &opened, 1).await.is_ok(),
        "its session goes on"
    );
    assert!(
        try_code(&desk, &code(&secret, 60), 60).await.is_ok(),
        "and the password"
    );
}

fn argon2_of_another_day() -> String {
    use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, Version};
    let params = Params::new(64, 1, 1, None).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = argon2.hash_password_with_salt(PASSWORD.as_bytes(), b"0123456789abcdef");
    hash.unwrap().to_string()
}
