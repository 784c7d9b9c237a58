//! The keys of OCA's `auth_api_key` are taken over: all of a file, or none.
//!
//! Their clients go on with the secrets that they have. The id of such a key comes of its
//! secret, so that a file may be taken over twice, and what was revoked here stays so.

mod directory;
mod file;

use std::collections::{BTreeMap, BTreeSet};

use portcullis_identity::{
    Conditions, ErpLogin, ForeignSecret, KeyId, Networks, Principal, PrincipalName, RoleName,
    Secret, Style, Timestamp, UpstreamName,
};
use portcullis_storage::{KeyOrigin, KeyRow, RateLimit};
use serde_json::{Value, json};

use super::create::{ends, look_at_user};
use crate::approvals::{self, Judge};
use crate::installation::Installation;
use crate::may::Leave;
use crate::refusal::Refusal;
use directory::Directory;
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

impl Imported {
    /// Notes who took the new ones over: whoever did knows their secrets.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn touched(&self, at: &Installation, judge: &Judge<'_>) -> Result<(), Refusal> {
        let new = self.lines.iter().filter(|line| line.fate == Fate::New);
        for id in new.filter_map(|line| line.id) {
            approvals::touched(at, judge, &id, None).await?;
        }
        Ok(())
    }
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
        leave,
        upstream: &upstream,
        wanted: &wanted,
        directory: &directory,
        expires,
        now,
        lines: Vec::new(),
        rows: Vec::new(),
        news: Vec::new(),
        flaws: Vec::new(),
        beyond: None,
    };
    for entry in &file.entries {
        reading.take(entry, file.naming).await?;
    }
    let Reading {
        lines,
        rows,
        news,
        flaws,
        beyond,
        ..
    } = reading;
    if !flaws.is_empty() {
        return Err(all(flaws));
    }
    for (name, _) in &news {
        at.check_name(leave, name)?;
    }
    let mut asides = Vec::new();
    let logins: BTreeSet<&ErpLogin> = news.iter().map(|(_, login)| login).collect();
    for login in logins {
        asides.extend(look_at_user(at, leave, &upstream, login, wanted.administrator).await?);
    }
    if !wanted.is_dry {
        if let Some(line) = beyond {
            return Err(Refusal::OutOfScope(format!("the key of line {line}")));
        }
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

/// A file that is being looked at, line by line.
struct Reading<'a> {
    at: &'a Installation,
    leave: &'a Leave,
    upstream: &'a UpstreamName,
    wanted: &'a Importing,
    directory: &'a Directory,
    expires: Option<Timestamp>,
    now: Timestamp,
    lines: Vec<Line>,
    rows: Vec<KeyRow>,
    /// The name and the user of each key that is new, or told as new: those beyond the leave are,
    /// and all that is asked of the one is asked of the other.
    news: Vec<(PrincipalName, ErpLogin)>,
    flaws: Vec<String>,
    /// The line of a key that is there, and beyond the leave.
    beyond: Option<u64>,
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
        let there = match keys.find(&id).await? {
            Some(row) => Some(row),
            None => keys.of_secret(&digest).await?,
        };
        match &there {
            // Whether there is a key beyond the leave is not for whoever has it to try out.
            Some(row) if !is_within(self.leave, row) => {
                self.news.push((name, user.clone()));
                self.lines.push(line(Some(user), Some(id), Fate::New));
                self.beyond = Some(entry.line);
            }
            Some(row) if row.id != id => {
                flaw(format!("its key is that of {} already", row.id));
            }
            Some(row) if row.revoked.is_some() => {
                flaw(format!(
                    "its key was revoked here ({id}): give the client a new one, and leave this line out"
                ));
            }
            Some(row) if !is_wanted(row, (self.upstream, &user), &self.wanted.roles) => {
                let roles: Vec<&str> = row.roles.iter().map(RoleName::as_str).collect();
                flaw(format!(
                    "its key is there already ({id}) and is another: as `{}` of `{}`, with {}; \
                     leave this line out, or give the client a new one",
                    row.erp_login,
                    row.upstream,
                    roles.join(", ")
                ));
            }
            Some(_) => self.lines.push(line(Some(user), Some(id), Fate::There)),
            None => {
                self.news.push((name.clone(), user.clone()));
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

fn is_within(leave: &Leave, row: &KeyRow) -> bool {
    let within = leave.check(&row.upstream, &row.erp_login, &row.roles);
    within.is_ok()
}

/// Whether a key that is there does what is wanted of the file's.
fn is_wanted(
    row: &KeyRow,
    (upstream, user): (&UpstreamName, &ErpLogin),
    roles: &[RoleName],
) -> bool {
    let all = |roles: &[RoleName]| roles.iter().cloned().collect::<BTreeSet<_>>();
    row.upstream == *upstream && row.erp_login == *user && all(&row.roles) == all(roles)
}
