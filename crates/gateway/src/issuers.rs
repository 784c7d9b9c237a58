//! Issuers of tokens (JWT): whose word on their callers is believed, and how far.
//!
//! An issuer opens one ERP. What its tokens may do is said here, by roles that each bearer gets
//! and by roles for what a claim says; a token names no role that was not given a meaning.
//! Keys of a set that is fetched are kept by `control`, which fetches them again from time to
//! time, and when a token names a key that is not among them; a set that could not be fetched
//! for too long counts no more.

pub(crate) mod fetch;
mod token;

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use papaya::HashMap;
use portcullis_identity::{
    ErpLogin, Principal, PrincipalKind, PrincipalName, RoleName, Timestamp, UpstreamName,
};
use url::Url;

pub(crate) use token::{Claims, Unverified};
pub use token::{KeySetError, TokenAlgorithm, TokenError, TokenKeys, TokenRules};

use crate::gcra::Rate;
use crate::keyring::Holder;
use crate::secret_from::{SecretError, SecretFrom};

/// How old a fetched set may be.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// How far a clock may be set back before what it tells of an age is not believed.
const BACK: Duration = Duration::from_secs(60);

/// How many callers are remembered; the memory is forgotten when it is full.
const MOST: usize = 100_000;

/// An issuer, as it is configured.
#[derive(Debug, Clone)]
pub struct IssuerConfig {
    /// What the operator calls it; its callers' names begin so.
    pub name: PrincipalName,
    /// What is asked of its tokens.
    pub rules: TokenRules,
    /// Where its keys are.
    pub keys: KeysFrom,
    /// The ERP that it opens.
    pub upstream: UpstreamName,
    /// As whom its callers' calls run.
    pub user: UserFrom,
    /// What each bearer may do.
    pub roles: Vec<RoleName>,
    /// The claim that says what else.
    pub roles_claim: Option<String>,
    /// What its words mean.
    pub meanings: BTreeMap<String, Vec<RoleName>>,
    /// Whether its callers are persons.
    pub persons: bool,
    /// How often each of them may call, if not as often as a key.
    pub rate: Option<Rate>,
}

/// Where an issuer's keys are.
#[derive(Debug, Clone)]
pub enum KeysFrom {
    /// A secret that both sides know.
    Secret(SecretFrom),
    /// A set of public keys, in a file.
    File(PathBuf),
    /// A set of public keys, fetched.
    Url(Url),
}

/// As whom a caller's calls run.
#[derive(Debug, Clone)]
pub enum UserFrom {
    /// As this ERP user, whoever it is.
    Fixed(ErpLogin),
    /// As the ERP user whom this claim names.
    Claim(String),
}

/// The issuers that are trusted.
pub struct Issuers {
    all: Vec<Trusted>,
    rate: Rate,
    holders: HashMap<Principal, Arc<Holder>>,
    /// What each bearer has left of its rate.
    cells: HashMap<(PrincipalName, UpstreamName), Arc<AtomicI64>>,
    /// Tokens that were good, by a hash that nobody else can make: these alone are verified for
    /// an address in debt, for a signature costs more than a look.
    seen: HashMap<u64, ()>,
    hasher: RandomState,
}

struct Trusted {
    config: IssuerConfig,
    keys: ArcSwapOption<Known>,
    /// Whether a token named a key that is not known.
    wanted: AtomicBool,
}

struct Known {
    keys: TokenKeys,
    /// When they were fetched; none: they do not get old.
    fetched: Option<Timestamp>,
}

/// Why an issuer cannot be trusted.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// Its file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Its keys cannot be used.
    #[error("{}: {source}", path.display())]
    Keys {
        /// In which file.
        path: PathBuf,
        /// Why.
        source: KeySetError,
    },
    /// Its secret is not there.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Its secret cannot be used.
    #[error("{from}: {source}")]
    Unfit {
        /// Which one.
        from: SecretFrom,
        /// Why.
        source: KeySetError,
    },
}

/// Why the bearer of a token is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoBearer {
    /// The token is not good.
    Token(TokenError),
    /// It does not say who bears it, or in a way that cannot be a name.
    Nobody,
    /// Nothing of what it says has a meaning here.
    NoRole,
}

impl IssuerConfig {
    /// Reads the keys that lie in a file; none if they are fetched.
    ///
    /// # Errors
    /// When they cannot be read or used.
    pub fn keys(&self) -> Result<Option<TokenKeys>, IssuerError> {
        let read = |path: &PathBuf| {
            std::fs::read(path).map_err(|source| IssuerError::Unreadable {
                path: path.clone(),
                source,
            })
        };
        let (path, keys) = match &self.keys {
            KeysFrom::Url(_) => return Ok(None),
            KeysFrom::File(path) => (path, TokenKeys::of_set(&read(path)?, self.rules.algorithm)),
            KeysFrom::Secret(from) => {
                let keys = TokenKeys::of_secret(&from.read()?);
                return keys.map(Some).map_err(|source| IssuerError::Unfit {
                    from: from.clone(),
                    source,
                });
            }
        };
        let path = path.clone();
        keys.map(Some)
            .map_err(|source| IssuerError::Keys { path, source })
    }
}

impl Issuers {
    /// The issuers of a configuration; the rate is that of a key which has none of its own.
    ///
    /// # Errors
    /// When the keys of one cannot be read or used.
    pub fn new(configs: &[IssuerConfig], rate: Rate) -> Result<Self, IssuerError> {
        let trust = |config: &IssuerConfig| {
            let known = config.keys()?.map(|keys| Known {
                keys,
                fetched: None,
            });
            Ok::<_, IssuerError>(Trusted {
                config: config.clone(),
                keys: ArcSwapOption::from_pointee(known),
                wanted: AtomicBool::new(false),
            })
        };
        Ok(Self {
            all: configs.iter().map(trust).collect::<Result<_, _>>()?,
            rate,
            holders: HashMap::new(),
            cells: HashMap::new(),
            seen: HashMap::new(),
            hasher: RandomState::new(),
        })
    }

    /// The bearer of a token.
    pub(crate) fn bearer(&self, token: &str, now: Timestamp) -> Result<Arc<Holder>, NoBearer> {
        let said = Unverified::read(token).map_err(NoBearer::Token)?;
        let mut last = NoBearer::Token(TokenError::Issuer);
        // Several may have one name: an issuer whose tokens open several ERPs, by audience.
        for trusted in &self.all {
            if trusted.config.rules.issuer != said.issuer {
                continue;
            }
            match self.borne(trusted, &said, token, now) {
                Ok(holder) => {
                    let seen = self.seen.pin();
                    if seen.len() >= MOST {
                        seen.clear();
                    }
                    seen.insert(self.hasher.hash_one(token), ());
                    return Ok(holder);
                }
                Err(no) => last = no,
            }
        }
        Err(last)
    }

    /// Whether this token was good before.
    pub(crate) fn knows(&self, token: &str) -> bool {
        self.seen.pin().contains_key(&self.hasher.hash_one(token))
    }

    fn borne(
        &self,
        trusted: &Trusted,
        said: &Unverified,
        token: &str,
        now: Timestamp,
    ) -> Result<Arc<Holder>, NoBearer> {
        let no_key = NoBearer::Token(TokenError::UnknownKey);
        let Some(known) = trusted.known(now) else {
            trusted.wanted.store(true, Ordering::Release);
            return Err(no_key);
        };
        if !known.keys.has(said.key.as_deref()) {
            trusted.wanted.store(true, Ordering::Release);
            return Err(no_key);
        }
        let config = &trusted.config;
        let claims = config
            .rules
            .judge(token, &known.keys, now)
            .map_err(NoBearer::Token)?;
        let principal = config.principal(&claims)?;
        Ok(self.holder(principal, config.rate.unwrap_or(self.rate)))
    }

    /// The holder of a bearer's rights. Its rate is one for all its tokens, whatever they say
    /// that it may do.
    fn holder(&self, principal: Principal, rate: Rate) -> Arc<Holder> {
        let holders = self.holders.pin();
        if let Some(holder) = holders.get(&principal) {
            return Arc::clone(holder);
        }
        let cells = self.cells.pin();
        if holders.len() >= MOST {
            holders.clear();
            cells.clear();
        }
        let bearer = (principal.name().clone(), principal.upstream().clone());
        let cell = Arc::clone(cells.get_or_insert_with(bearer, Arc::default));
        let holder = Arc::new(Holder::without_key(principal.clone(), rate, cell));
        Arc::clone(holders.get_or_insert(principal, holder))
    }
}

impl Trusted {
    /// The keys, unless they are too old to be believed.
    fn known(&self, now: Timestamp) -> Option<Arc<Known>> {
        let known = self.keys.load_full()?;
        let fresh = known
            .fetched
            .is_none_or(|fetched| is_within(STALE, fetched, now));
        fresh.then_some(known)
    }
}

/// Whether less than this has passed since then. A clock that was set back does not make anything
/// young for ever: what seems to lie ahead is as good as over.
fn is_within(limit: Duration, since: Timestamp, now: Timestamp) -> bool {
    let micros = |duration: Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    let age = now.micros().saturating_sub(since.micros());
    (-micros(BACK)..micros(limit)).contains(&age)
}

impl IssuerConfig {
    /// Who bears a token that was found good.
    fn principal(&self, claims: &Claims) -> Result<Principal, NoBearer> {
        let name = match claims.text("sub") {
            Some(subject) => format!("{}:{subject}", self.name),
            None => self.name.to_string(),
        };
        let login = match &self.user {
            UserFrom::Fixed(login) => login.clone(),
            UserFrom::Claim(claim) => {
                let named = claims.text(claim).ok_or(NoBearer::Nobody)?;
                ErpLogin::new(named).map_err(|_| NoBearer::Nobody)?
            }
        };
        let mut roles = self.roles.clone();
        if let Some(claim) = &self.roles_claim {
            for word in claims.texts(claim) {
                roles.extend(self.meanings.get(word).into_iter().flatten().cloned());
            }
        }
        roles.sort();
        roles.dedup();
        if roles.is_empty() {
            return Err(NoBearer::NoRole);
        }
        let kind = if self.persons {
            PrincipalKind::Person
        } else {
            PrincipalKind::Integration
        };
        let name = PrincipalName::new(&name).map_err(|_| NoBearer::Nobody)?;
        Ok(Principal::new(
            kind,
            name,
            self.upstream.clone(),
            login,
            roles,
        ))
    }
}

#[cfg(test)]
mod tests;
