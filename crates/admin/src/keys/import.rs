//! The keys of OCA's `auth_api_key` are taken over: all of a file, or none.
//!
//! Their clients go on with the secrets that they have. The id of such a key comes of its
//! secret, so that a file may be taken over twice, and what was revoked here stays so.

mod file;

use std::collections::BTreeMap;

use portcullis_identity::{
    Conditions, ErpLogin, ForeignSecret, KeyId, Networks, Principal, PrincipalName, RoleName,
    Secret, Style, Timestamp, UpstreamName,
};
use portcullis_storage::{KeyOrigin, KeyRow, RateLimit};
use serde_json::{Value, json};

use super::create::{ends, look_at_user};
use crate::installation::Installation;
use crate::may::Leave;
use crate::refusal::Refusal;
use file::{Entry, Naming};

/// What the keys of a file are to be.
pub struct Importing {
    /// The ERP that they open; none: the only one there is.
    pub upstream: Option<UpstreamName>,
    /// What they may do.
    pub roles: Vec<RoleName>,
    /// The logins of users whom the file calls otherwise.
    pub users: BTreeMap<String, ErpLogin>,
    /// Who answers for them.
    pub owner: Option<String>,
    /// What they are for.
    pub purpose: Option<String>,
    /// When they end: a moment, or days from now.
    pub expires: Option<String>,
    /// The networks that they are good from.
    pub networks: Networks,
    /// The ways in which they may be shown; none: in a header, as OCA's are.
    pub styles: Vec<Style>,
    /// Whether they may run as administrators of the ERP.
    pub administrator: bool,
    /// Their own rate.
    pub limit: Option<RateLimit>,
    /// Whether nothing is to be done.
    pub is_dry: bool,
}

/// What becomes of a key of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is taken over.
    New,
    /// It was taken over before.
    There,
    /// It is not active in the file, and is left out.
    Inactive,
}

/// A key of a file.
pub struct Line {
    /// Its line.
    pub line: u64,
    /// What the file calls it.
    pub name: String,
    /// The ERP user as whom its calls run; none for what is left out.
    pub user: Option<ErpLogin>,
    /// Its id; none for what is left out.
    pub id: Option<KeyId>,
    /// What becomes of it.
    pub fate: Fate,
}

/// The keys of a file.
pub struct Imported {
    /// Each of them.
    pub lines: Vec<Line>,
    /// The ERP that they open.
    pub upstream: UpstreamName,
    /// When those that are new end.
    pub expires: Option<Timestamp>,
    /// What else whoever took them over should know.
    pub asides: Vec<String>,
}

impl Fate {
    /// It in a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::There => "there",
            Self::Inactive => "inactive",
        }
    }
}

impl Imported {
    /// The keys as JSON, without their secrets.
    pub fn told(&self) -> Value {
        let told = self.lines.iter().map(|line| {
            json!({
                "line": line.line,
                "name": line.name,
                "user": line.user,
                "id": line.id,
                "state": line.fate.as_str(),
            })
        });
        json!({
            "upstream": self.upstream,
            "expires": self.expires.map(Timestamp::to_rfc3339),
            "keys": told.collect::<Vec<_>>(),
            "asides": self.asides,
        })
    }
}

/// Takes over the keys of a file.
///
/// # Errors
/// When one of them cannot be taken over, or is beyond the leave: then none is. Everything that
/// is wrong is told, with its line.
pub async fn import(
    at: &Installation,
    leave: &Leave,
    text: &Secret<Vec<u8>>,
    wanted: Importing,
    now: Timestamp,
) -> Result<Imported, Refusal> {
    let expires = ends(at, wanted.expires.as_deref(), now)?;
    let upstream = at.upstream(wanted.upstream.as_ref())?;
    if wanted.roles.is_empty() {
        let text = "`roles`: a key needs one at least";
        return Err(Refusal::Unfit(text.to_owned()));
    }
    if wanted.administrator && !leave.may_bind_administrators() {
        let what = "a key that runs as an administrator of the ERP";
        return Err(Refusal::OutOfScope(what.to_owned()));
    }
    if let Some(style) = wanted
        .styles
        .iter()
        .find(|style| !ForeignSecret::comes(**style))
    {
        return Err(Refusal::Unfit(format!(
            "`styles`: a secret from elsewhere is not shown as {style}"
        )));
    }
    at.check_roles(&wanted.roles).await?;
    let file = text.expose(|text| file::read(text)).map_err(all)?;
    let directory = Directory::of(at, &upstream).await?;
    for entry in file.entries.iter().filter(|entry| entry.active) {
        if let Some(login) = directory.meant(&entry.user, file.naming, &wanted) {
            leave.check(&upstream, &login, &wanted.roles)?;
        }
    }
    let mut reading = Reading {
        at,
        upstream: &upstream,
        wanted: &wanted,
        directory: &directory,
        expires,
        now,
        lines: Vec::new(),
        rows: Vec::new(),
        flaws: Vec::new(),
    };
    for entry in &file.entries {
        reading.take(entry, file.naming).await?;
    }
    let Reading {
        lines, rows, flaws, ..
    } = reading;
    if !flaws.is_empty() {
        return Err(all(flaws));
    }
    for row in &rows {
        at.check_name(leave, &row.name)?;
    }
    let mut asides = Vec::new();
    let mut logins: Vec<&ErpLogin> = rows.iter().map(|row| &row.erp_login).collect();
    logins.sort_unstable();
    logins.dedup();
    for login in logins {
        asides.extend(look_at_user(at, leave, &upstream, login, wanted.administrator).await?);
    }
    if !wanted.is_dry {
        at.store.keys().insert_all(&rows).await?;
    }
    Ok(Imported {
        lines,
        upstream,
        expires,
        asides,
    })
}

fn all(flaws: Vec<String>) -> Refusal {
    Refusal::Unfit(format!("nothing was done:\n{}", flaws.join("\n")))
}

/// The users of an ERP whose credentials there are, with their numbers where those are known.
/// None where only the data folder is known: names are not checked then.
struct Directory(Option<Vec<(ErpLogin, Option<i64>)>>);

impl Directory {
    async fn of(at: &Installation, upstream: &UpstreamName) -> Result<Self, Refusal> {
        let Some(config) = &at.config else {
            return Ok(Self(None));
        };
        let kept = at.store.erp_users().of(upstream).await?;
        let kept = kept.into_iter().map(|row| (row.login, row.uid));
        let configured = config
            .upstreams
            .iter()
            .filter(|from| from.name == *upstream);
        let configured = configured.flat_map(|from| &from.users);
        let configured = configured.map(|user| (user.login.clone(), user.uid));
        Ok(Self(Some(kept.chain(configured).collect())))
    }

    /// The login of whom a file names so, if it can be one.
    fn meant(&self, named: &str, naming: Naming, wanted: &Importing) -> Option<ErpLogin> {
        if let Some(login) = wanted.users.get(named) {
            return Some(login.clone());
        }
        match naming {
            Naming::Number => {
                let number = named.parse().ok()?;
                let mut users = self.0.iter().flatten();
                let found = users.find(|(_, uid)| *uid == Some(number));
                found.map(|(login, _)| login.clone())
            }
            Naming::Login | Naming::Other => ErpLogin::new(named).ok(),
        }
    }

    /// The same, if there is a credential for it; else what to do.
    fn login(&self, named: &str, naming: Naming, wanted: &Importing) -> Result<ErpLogin, String> {
        let tell = format!("say who `{named}` is (`--as '{named}=LOGIN'`)");
        let Some(login) = self.meant(named, naming, wanted) else {
            return Err(tell);
        };
        let mut users = self.0.iter().flatten();
        if self.0.is_none() || users.any(|(known, _)| *known == login) {
            return Ok(login);
        }
        let add = format!("add one with `portcullis user add {login}`");
        Err(format!(
            "there is no credential for `{login}`: {add}, or {tell}"
        ))
    }
}

/// A file that is being looked at, line by line.
struct Reading<'a> {
    at: &'a Installation,
    upstream: &'a UpstreamName,
    wanted: &'a Importing,
    directory: &'a Directory,
    expires: Option<Timestamp>,
    now: Timestamp,
    lines: Vec<Line>,
    rows: Vec<KeyRow>,
    flaws: Vec<String>,
}

impl Reading<'_> {
    async fn take(&mut self, entry: &Entry, naming: Naming) -> Result<(), Refusal> {
        let line = |user, id, fate| Line {
            line: entry.line,
            name: entry.name.clone(),
            user,
            id,
            fate,
        };
        if !entry.active {
            self.lines.push(line(None, None, Fate::Inactive));
            return Ok(());
        }
        let user = self.directory.login(&entry.user, naming, self.wanted);
        let name = PrincipalName::new(&entry.name).map_err(|error| error.to_string());
        let secret = entry.secret.expose(|text| {
            ForeignSecret::new(text)
                .map(|secret| (secret.id(&self.at.pepper), secret.digest(&self.at.pepper)))
                .map_err(|error| format!("its key cannot be taken over: {error}"))
        });
        let mut flaw = |text: String| {
            self.flaws.push(format!("line {}: {text}", entry.line));
        };
        let (user, name, (id, digest)) = match (user, name, secret) {
            (Ok(user), Ok(name), Ok(secret)) => (user, name, secret),
            (user, name, secret) => {
                let told = [user.err(), name.err(), secret.err()];
                told.into_iter().flatten().for_each(flaw);
                return Ok(());
            }
        };
        let twice = |other: &&Line| other.name == entry.name || other.id == Some(id);
        let earlier = self.lines.iter().filter(|line| line.fate != Fate::Inactive);
        if let Some(other) = earlier.clone().find(twice) {
            flaw(format!("it has the name or the key of line {}", other.line));
            return Ok(());
        }
        let keys = self.at.store.keys();
        match keys.find(&id).await? {
            Some(row) if row.revoked.is_some() => {
                flaw(format!(
                    "its key was revoked here ({id}): give the client a new one, and leave this line out"
                ));
            }
            Some(_) => self.lines.push(line(Some(user), Some(id), Fate::There)),
            None => {
                if let Some(other) = keys.of_secret(&digest).await? {
                    flaw(format!("its key is that of {} already", other.id));
                    return Ok(());
                }
                let roles = self.wanted.roles.clone();
                let upstream = self.upstream.clone();
                let holder = Principal::integration(name, id, upstream, user.clone(), roles);
                let mut styles = self.wanted.styles.clone();
                if styles.is_empty() {
                    styles.push(Style::Header);
                }
                self.rows.push(KeyRow {
                    is_foreign: true,
                    origin: KeyOrigin::Imported,
                    owner: self.wanted.owner.clone(),
                    purpose: self.wanted.purpose.clone(),
                    conditions: Conditions {
                        networks: self.wanted.networks.clone(),
                        styles,
                        must_sign: false,
                    },
                    expires: self.expires,
                    limit: self.wanted.limit,
                    ..KeyRow::new(id, digest, &holder, self.now)
                });
                self.lines.push(line(Some(user), Some(id), Fate::New));
            }
        }
        Ok(())
    }
}
