//! The ninth room: the ERP is asked. The only part of the gateway that connects to an ERP.
//!
//! What is sent is always written from the permit's own call; the client's bytes never go
//! upstream. Only what was not sent is tried again; what was sent and not answered is unknown.

mod erp_user;
mod link;
mod own;
mod registry;
mod tls;

use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use arc_swap::ArcSwap;
use portcullis_erp::dialect::{Returned, UpstreamLogin};
use portcullis_erp::{Answer, Call, Database, Dialect, Fault, FaultKind, Limits, Reply};
use portcullis_identity::{ErpLogin, UpstreamName};
use portcullis_policy::{Family, Permit, Schema};
use tokio::sync::Semaphore;

pub use erp_user::ErpUser;
pub use link::Links;
pub use own::{Asker, Unready};
pub use registry::Upstreams;

use crate::audit::Recorded;
use crate::config::UpstreamConfig;
use crate::denial::{Denial, Why};
use crate::limit::Allowance;
use link::{SendError, Target};

/// One ERP instance.
pub struct Upstream {
    name: UpstreamName,
    family: Family,
    database: Database,
    target: Target,
    patience: Duration,
    answer: usize,
    /// The dialect it is spoken to in: configured, or found out at the start.
    spoken: OnceLock<Dialect>,
    users: papaya::HashMap<ErpLogin, Arc<ErpUser>>,
    /// How many calls may run there at once, over all cores.
    places: Semaphore,
    schema: ArcSwap<Schema>,
    version: OnceLock<String>,
}

/// A request that the ERP has answered.
pub struct Answered {
    pub(crate) done: Done,
    pub(crate) reply: Reply,
    pub(crate) allowance: Option<Allowance>,
}

/// What there is to be filtered.
pub(crate) enum Done {
    /// The ERP did the call; its result is still as the ERP gave it.
    Result(Box<Permit>, portcullis_erp::Value),
    /// The ERP refused or failed.
    Fault(Fault),
    /// Nobody was asked: the gateway answered.
    Here(portcullis_erp::Value),
}

impl Upstream {
    /// An upstream by its configuration.
    ///
    /// # Errors
    /// When the TLS roots of this machine cannot be read.
    pub fn new(config: &UpstreamConfig) -> Result<Self, tls::TlsError> {
        let spoken = OnceLock::new();
        if let Some(dialect) = config.dialect {
            spoken.get_or_init(|| dialect);
        }
        Ok(Self {
            name: config.name.clone(),
            family: config.family,
            database: config.database.clone(),
            target: Target::new(&config.url, config.keep_alive)?,
            patience: config.patience,
            answer: config.answer,
            spoken,
            users: papaya::HashMap::new(),
            places: Semaphore::new(config.concurrency),
            schema: ArcSwap::from_pointee(Schema::default()),
            version: OnceLock::new(),
        })
    }

    /// What it is called here.
    pub fn name(&self) -> &UpstreamName {
        &self.name
    }

    /// Odoo or Frappe.
    pub fn family(&self) -> Family {
        self.family
    }

    /// The database, or the site.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The dialect it is spoken to in, once that is known.
    pub fn spoken(&self) -> Option<Dialect> {
        self.spoken.get().copied()
    }

    /// The server's version, once it has told it.
    pub fn version(&self) -> Option<&str> {
        self.version.get().map(String::as_str)
    }

    /// An ERP user as whom calls may run here.
    pub fn user(&self, login: &ErpLogin) -> Option<Arc<ErpUser>> {
        self.users.pin().get(login).cloned()
    }

    /// Adds or replaces an ERP user.
    pub fn put_user(&self, user: ErpUser) {
        self.users
            .pin()
            .insert(user.login().clone(), Arc::new(user));
    }

    /// Whether calls can be made: the dialect is known, and who each user is.
    pub(crate) fn is_ready(&self) -> bool {
        let users = self.users.pin();
        self.spoken().is_some()
            && (self.family == Family::Frappe || users.values().all(|user| user.uid().is_some()))
    }

    /// What is known of the models.
    pub(crate) fn schema(&self) -> Arc<Schema> {
        self.schema.load_full()
    }

    /// Whether a dialect belongs to this kind of ERP.
    pub(crate) fn speaks(&self, dialect: Dialect) -> bool {
        match dialect {
            Dialect::XmlRpc1
            | Dialect::XmlRpc2
            | Dialect::JsonRpc
            | Dialect::Json2
            | Dialect::OdooWeb => self.family == Family::Odoo,
            Dialect::FrappeResource | Dialect::FrappeMethod => self.family == Family::Frappe,
        }
    }

    /// Sends one call as one ERP user, and reads the answer.
    async fn ask(&self, links: &Links, call: &Call, user: &ErpUser) -> Result<Answer, AskError> {
        let dialect = self.spoken().ok_or(AskError::NotSent)?;
        let outbound = user.with_login(&self.database, |login: &UpstreamLogin<'_>| {
            dialect.write(call, login)
        });
        let outbound = outbound.map_err(AskError::Unsayable)?;
        let place = tokio::time::timeout(self.patience, self.places.acquire()).await;
        let Ok(Ok(_place)) = place else {
            return Err(AskError::NotSent);
        };
        let returned = links
            .send(self, outbound)
            .await
            .map_err(|error| match error {
                SendError::NotSent => AskError::NotSent,
                SendError::Lost => AskError::Lost,
                SendError::TooLarge => AskError::TooLarge,
            })?;
        let limits = Limits {
            body: self.answer,
            depth: 64,
            values: 5_000_000,
        };
        let answer = Returned {
            status: returned.status,
            content_type: &returned.content_type,
            body: &returned.body,
        };
        Ok(dialect.read_answer(answer, &limits))
    }
}

/// Why a call has no answer.
enum AskError {
    NotSent,
    Lost,
    TooLarge,
    Unsayable(Fault),
}

/// Asks the ERP what the permit says: its guards, if it has any, and then the call.
///
/// # Errors
/// When the ERP cannot be reached, its answer is lost, the call cannot be said in its dialect,
/// or the guards' answers make the policy refuse.
pub async fn forward(links: &Links, recorded: Recorded) -> Result<Answered, Denial> {
    let Recorded {
        permitted,
        allowance,
    } = recorded;
    let reply = permitted.reply;
    let (mut permit, upstream, user) = match permitted.granted {
        crate::authorize::Granted::Here(value) => {
            return Ok(Answered {
                done: Done::Here(value),
                reply,
                allowance,
            });
        }
        crate::authorize::Granted::Call {
            permit,
            upstream,
            user,
        } => (permit, upstream, user),
    };
    loop {
        let answer = upstream.ask(links, permit.next(), &user).await;
        let answer = answer.map_err(|error| {
            let why = match error {
                AskError::NotSent => Why::Unreachable,
                AskError::Lost => Why::Lost,
                AskError::TooLarge => Why::Unclean,
                AskError::Unsayable(fault) => Why::Unsayable(fault),
            };
            Denial::to(reply.clone(), why)
        })?;
        let value = match answer {
            Answer::Value(value) => value,
            Answer::DoneWithoutResult => portcullis_erp::Value::Null,
            Answer::Fault(fault) => {
                let done = Done::Fault(own_words(fault));
                return Ok(Answered {
                    done,
                    reply,
                    allowance,
                });
            }
        };
        if !permit.is_guard() {
            return Ok(Answered {
                done: Done::Result(permit, value),
                reply,
                allowance,
            });
        }
        match permit.guarded(&value) {
            Ok(next) => permit = Box::new(next),
            Err(refusal) => return Err(Denial::to(reply, Why::GuardRefused(refusal))),
        }
    }
}

/// A fault that the ERP made of the gateway's own credential is not the caller's business.
fn own_words(fault: Fault) -> Fault {
    if fault.kind != FaultKind::AccessDenied {
        return fault;
    }
    Fault::new(
        FaultKind::Internal,
        "the gateway's own credential for the ERP was not accepted; tell the operator of the gateway",
    )
}
