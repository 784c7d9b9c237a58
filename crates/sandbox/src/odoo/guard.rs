//! Log-ins: passwords, keys, and who somebody is.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher as _;
use std::sync::{PoisonError, RwLock};

use portcullis_erp::value::Value;

use super::db::Db;
use super::options::User;
use super::record::View;
use super::schema::Schema;
use super::trouble::Trouble;
use super::user::{Context, GROUPS, Who};
use crate::clock;

/// The secrets of all users, apart from the rows so that no answer can hold them.
#[derive(Default)]
pub(crate) struct Guard {
    secrets: RwLock<Secrets>,
}

#[derive(Default)]
struct Secrets {
    passwords: HashMap<i64, String>,
    keys: HashMap<String, KeyState>,
    second_factor: HashSet<i64>,
    /// Pairs that RPC took before, and so takes again without looking.
    taken: HashSet<(i64, String)>,
}

struct KeyState {
    uid: i64,
    usable: bool,
    expired: bool,
}

impl Guard {
    pub(crate) fn learn(&self, uid: i64, user: &User) {
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        secrets.passwords.insert(uid, user.password.clone());
        for key in &user.keys {
            let usable = key.scope.as_deref().is_none_or(|scope| scope == "rpc");
            secrets.keys.insert(
                key.secret.clone(),
                KeyState {
                    uid,
                    usable,
                    expired: false,
                },
            );
        }
    }

    /// Takes passwords that were set over RPC.
    pub(crate) fn change(&self, passwords: Vec<(i64, String)>) {
        if passwords.is_empty() {
            return;
        }
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        for (uid, password) in passwords {
            secrets.taken.retain(|(other, _)| *other != uid);
            secrets.passwords.insert(uid, password);
        }
    }

    pub(crate) fn expire(&self, secret: &str) {
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = secrets.keys.get_mut(secret) {
            key.expired = true;
        }
    }

    pub(crate) fn second_factor(&self, uid: i64) {
        self.secrets
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .second_factor
            .insert(uid);
    }

    /// Whether the password, or a key in its place, is right.
    pub(crate) fn opens(&self, uid: i64, given: &str) -> bool {
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        let password = secrets
            .passwords
            .get(&uid)
            .is_some_and(|own| !own.is_empty() && own == given);
        (password && !secrets.second_factor.contains(&uid)) || secrets.by_key(given) == Some(uid)
    }

    /// Whether an interactive log-in with this password succeeds; keys do not count.
    pub(crate) fn opens_session(&self, uid: i64, given: &str) -> bool {
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        secrets
            .passwords
            .get(&uid)
            .is_some_and(|own| !own.is_empty() && own == given)
    }

    /// As [`Guard::opens`], for calls of the object service, which remembers.
    pub(crate) fn opens_again(&self, uid: i64, given: &str) -> bool {
        let pair = (uid, given.to_owned());
        if self
            .secrets
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .taken
            .contains(&pair)
        {
            return true;
        }
        let opens = self.opens(uid, given);
        if opens {
            self.secrets
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .taken
                .insert(pair);
        }
        opens
    }

    /// How many keys a user has that are taken.
    pub(crate) fn count(&self, uid: i64) -> usize {
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        let own = secrets.keys.values();
        own.filter(|key| key.uid == uid && !key.expired).count()
    }

    /// Makes a key for RPC.
    pub(crate) fn make(&self, uid: i64) -> String {
        // Chance enough for a test double: seeds that the process drew when it began.
        let state = RandomState::new();
        let secret: String = (0..3)
            .map(|n| format!("{:016x}", state.hash_one((n, clock::now()))))
            .collect();
        let secret: String = secret.chars().take(40).collect();
        let key = KeyState {
            uid,
            usable: true,
            expired: false,
        };
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        secrets.keys.insert(secret.clone(), key);
        secret
    }

    /// Removes a key; what RPC remembered of it is forgotten too.
    pub(crate) fn revoke(&self, secret: &str) {
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        secrets.keys.remove(secret);
        secrets.taken.retain(|(_, known)| known != secret);
    }

    /// The user of a key.
    pub(crate) fn bearer(&self, key: &str) -> Option<i64> {
        self.secrets
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .by_key(key)
    }
}

impl Secrets {
    fn by_key(&self, key: &str) -> Option<i64> {
        self.keys
            .get(key)
            .filter(|key| key.usable && !key.expired)
            .map(|key| key.uid)
    }
}

pub(crate) fn uid_of(schema: &Schema, db: &Db, login: &str) -> Option<i64> {
    let model = schema.model("res.users")?;
    let (slot, _) = model.field("login")?;
    let login = Value::from(login);
    db.rows(model.name)
        .find(|(_, row)| row.get(slot) == Some(&login))
        .map(|(id, _)| id)
}

/// Whether the user is not archived: whoever is archived opens nothing.
pub(crate) fn is_active(schema: &Schema, db: &Db, uid: i64) -> bool {
    let slot = schema
        .model("res.users")
        .and_then(|model| model.field("active"));
    let cell = slot.and_then(|(slot, _)| db.row("res.users", uid)?.get(slot));
    cell == Some(&Value::Bool(true))
}

/// Who the user with this id is.
pub(crate) fn who(schema: &Schema, db: &Db, uid: i64) -> Result<Who, Trouble> {
    let (server, context) = (Who::server(), Context::default());
    let view = View {
        schema,
        db,
        who: &server,
        context: &context,
    };
    let user = view
        .record("res.users", uid)
        .ok_or_else(|| Trouble::missing("res.users", &[uid], uid))?;
    let ids = user.get("group_ids").into_owned();
    let ids = ids.as_list().unwrap_or_default();
    let groups = GROUPS
        .iter()
        .filter(|group| ids.contains(&Value::Int(group.id)));
    Ok(Who {
        uid,
        login: user.text("login"),
        groups: groups.map(|group| group.external).collect(),
    })
}
