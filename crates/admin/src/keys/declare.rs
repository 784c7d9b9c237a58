//! The keys that the configuration declares are made what it says, when a gateway starts.
//!
//! They lie in the store as all keys do, each under an id of its name (or its own, if its secret
//! is a key of the gateway), so that lists, limits and revocations are the same for all.

use std::collections::{HashMap, HashSet};

use portcullis_gateway::config::{Config, DeclaredKey, DeclaredSecret};
use portcullis_identity::{ForeignSecret, KeyDigest, KeyId, Principal, PrincipalName, Timestamp};
use portcullis_storage::{Declaration, KeyOrigin, KeyRow, KeyState, RateLimit, StoreError};

use crate::installation::Installation;
use crate::refusal::Refusal;

/// How often it is tried where other gateways start at the same time.
const TRIES: usize = 3;

/// Something that whoever starts the gateway should know of a declared key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The key.
    pub id: KeyId,
    /// What it is called.
    pub name: PrincipalName,
    /// What is to be known.
    pub what: &'static str,
}

/// Makes the keys what the configuration declares; answers what is to be known of them.
///
/// # Errors
/// When a secret is not there, or that of another key, or the store does not answer. Nothing is
/// done then.
pub async fn declare(at: &Installation, now: Timestamp) -> Result<Vec<Said>, Refusal> {
    let Some(config) = &at.config else {
        return Ok(Vec::new());
    };
    let told = config.declared.iter().map(|key| Told::read(at, key));
    let told: Vec<Told<'_>> = told.collect::<Result<_, _>>()?;
    for _ in 1..TRIES {
        match put(at, config, &told, now).await {
            // Somebody else was first: it is looked again what there is.
            Err(Refusal::Store(StoreError::Exists { .. })) => {}
            done => return done,
        }
    }
    put(at, config, &told, now).await
}

/// Whether there is anything to do: something is declared, or once was.
///
/// # Errors
/// When the store does not answer.
pub async fn is_anything_declared(at: &Installation) -> Result<bool, Refusal> {
    let declares = |config: &Config| !config.declared.is_empty();
    if at.config.as_deref().is_some_and(declares) {
        return Ok(true);
    }
    Ok(!at.store.keys().configured().await?.is_empty())
}

async fn put(
    at: &Installation,
    config: &Config,
    told: &[Told<'_>],
    now: Timestamp,
) -> Result<Vec<Said>, Refusal> {
    // Of what may be a million keys, those that the configuration says something of.
    let there = at.store.keys().configured().await?;
    let configured: HashMap<KeyId, &KeyRow> = there.iter().map(|row| (row.id, row)).collect();
    let health = at.store.erp_users().health().await?;
    let is_administrator = |key: &DeclaredKey| {
        let mut users = health.iter();
        let user = users.find(|one| one.upstream == key.upstream && one.login == key.user);
        user.is_some_and(|user| user.administrator == Some(true))
    };
    let mut said = Vec::new();
    let mut say = |id: KeyId, name: &PrincipalName, what| {
        let name = name.clone();
        said.push(Said { id, name, what });
    };
    let mut declaration = Declaration::default();
    let mut live = HashSet::new();
    for Told {
        key,
        id,
        digest,
        is_foreign,
    } in told
    {
        let old = match configured.get(id) {
            Some(row) => Some((*row).clone()),
            None => at.store.keys().find(id).await?,
        };
        let old = old.as_ref();
        let other = if *is_foreign {
            at.store.keys().of_secret(digest).await?
        } else {
            None
        };
        let is_taken = |row: &&KeyRow| row.revoked.is_some() || !row.origin.is_configured();
        let other = other.as_ref().filter(|row| row.id != *id).filter(is_taken);
        if let Some(row) = old.filter(|row| !row.origin.is_configured()).or(other) {
            let state = row.state(now).as_str();
            return Err(Refusal::Conflict(format!(
                "the secret of the declared key `{}` is that of {} (`{}`, {state}), which the \
                 configuration does not declare: give it another secret",
                key.name, row.id, row.name
            )));
        }
        if old.is_some_and(|row| row.revoked.is_some()) {
            live.insert(*id);
            say(
                *id,
                &key.name,
                "it is declared, but was revoked, and stays so",
            );
            continue;
        }
        if is_administrator(key) && !key.administrator {
            say(
                *id,
                &key.name,
                "its ERP user is an administrator of the ERP, and `administrator` is not said: it opens nothing",
            );
            continue;
        }
        live.insert(*id);
        let seen = old.filter(|row| row.digest == *digest);
        let row = row(config, key, (*id, *digest, *is_foreign), seen, now);
        match old {
            Some(old) if is_as(old, &row) => {
                if old.suspended.is_some() {
                    say(
                        *id,
                        &key.name,
                        "it is declared, but was suspended; `key resume` takes it again",
                    );
                }
            }
            Some(_) | None => declaration.rows.push(row.clone()),
        }
        if row.state(now) == KeyState::Expired {
            say(
                *id,
                &key.name,
                "it is declared, but over; give it another secret, or a later end",
            );
        }
        if at.check_user(&key.upstream, &key.user).await.is_err() {
            say(
                *id,
                &key.name,
                "there is no credential for its ERP user: it opens nothing",
            );
        }
        if at.check_roles(&key.roles).await.is_err() {
            say(
                *id,
                &key.name,
                "one of its roles is not there, and opens nothing",
            );
        }
    }
    let gone = there.iter().filter(|row| {
        let is_open = row.suspended.is_none() || row.is_foreign;
        row.origin.is_configured() && row.revoked.is_none() && is_open && !live.contains(&row.id)
    });
    for row in gone {
        declaration.gone.push(row.id);
        say(row.id, &row.name, "it is declared no longer, and suspended");
    }
    if !(declaration.rows.is_empty() && declaration.gone.is_empty()) {
        at.store.keys().declare(&declaration, now).await?;
    }
    Ok(said)
}

/// A declared key, and what is kept of its secret.
struct Told<'a> {
    key: &'a DeclaredKey,
    id: KeyId,
    digest: KeyDigest,
    is_foreign: bool,
}

impl<'a> Told<'a> {
    fn read(at: &Installation, key: &'a DeclaredKey) -> Result<Self, Refusal> {
        let unfit = |why: &str| Refusal::Unfit(format!("the declared key `{}`: {why}", key.name));
        let secret = key.secret().map_err(|why| unfit(&why))?;
        let (id, digest, is_foreign) = match &secret {
            DeclaredSecret::Key(own) => (own.id(), own.digest(&at.pepper), false),
            DeclaredSecret::Foreign(text) => {
                let digest = text.expose(|text| {
                    let secret = ForeignSecret::new(text);
                    secret.map(|secret| secret.digest(&at.pepper))
                });
                let digest = digest.map_err(|error| unfit(&error.to_string()))?;
                (KeyId::declared(&at.pepper, &key.name), digest, true)
            }
        };
        Ok(Self {
            key,
            id,
            digest,
            is_foreign,
        })
    }
}

/// What is to be kept of a declared key; `seen` is what was there of the same secret.
fn row(
    config: &Config,
    key: &DeclaredKey,
    (id, digest, is_foreign): (KeyId, KeyDigest, bool),
    seen: Option<&KeyRow>,
    now: Timestamp,
) -> KeyRow {
    let created = seen.map_or(now, |row| row.created);
    let holder = Principal::integration(
        key.name.clone(),
        id,
        key.upstream.clone(),
        key.user.clone(),
        key.roles.clone(),
    );
    KeyRow {
        is_foreign,
        origin: KeyOrigin::Declared,
        owner: key.owner.clone(),
        purpose: key.purpose.clone(),
        conditions: key.conditions.clone(),
        limit: key.rate.map(|rate| RateLimit {
            per_minute: rate.per_minute,
            burst: rate.burst,
        }),
        expires: key.ends(config.keys, created),
        ..KeyRow::new(id, digest, &holder, created)
    }
}

/// Whether a key is already what is declared of it. Suspensions, marks and who stands in for its
/// ERP user are no matter of the declaration.
fn is_as(old: &KeyRow, declared: &KeyRow) -> bool {
    let like = KeyRow {
        suspended: old.suspended,
        exposed: old.exposed,
        stand_in: old.stand_in.clone(),
        ..declared.clone()
    };
    like == *old
}
