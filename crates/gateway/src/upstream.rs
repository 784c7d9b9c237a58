//! The tenth room: the ERP is asked. The only part of the gateway that connects to an ERP.
//!
//! What is sent is always written from the permit's own call; the client's bytes never go
//! upstream. Only what was not sent is tried again; what was sent and not answered is unknown.

mod doc;
mod erp_user;
mod errand;
mod link;
mod own;
mod registry;
mod seal;
mod session;
mod sheets;
mod stream;
mod tls;
mod visit;

use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use arc_swap::ArcSwap;
use portcullis_erp::dialect::UpstreamLogin;
use portcullis_erp::dialect::rest::{Facade, Seal};
use portcullis_erp::{
    Answer, Call, Database, Dialect, Fault, FaultKind, Limits, Outbound, Profile, Release, Reply,
};
use portcullis_identity::{ErpLogin, RouteName, Secret, Timestamp, UpstreamName};
use portcullis_policy::{Family, Passage, Permit, Schema};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use erp_user::ErpUser;
pub use link::Links;
pub use own::{Asker, Unready};
pub use registry::Upstreams;
pub use seal::CursorSeal;
pub(crate) use sheets::{Sheet, SheetKey};
pub use stream::{BrokenOff, Stream};

use crate::archive::Archive;
use crate::authorize::Granted;
use crate::config::UpstreamConfig;
use crate::controller::Controller;
use crate::denial::{Denial, Why};
use crate::limit::Allowance;
use crate::once::{Claimed, Kept, Turn};
use crate::sessions::Sessions;
use crate::sessions::act::{self, Acted};
use crate::trail::Trail;
pub(crate) use errand::Ended;
use errand::Errand;
use link::{Bounds, SendError, Target, Whole, message};

/// One ERP instance.
pub struct Upstream {
    name: UpstreamName,
    family: Family,
    database: Database,
    target: Target,
    patience: Duration,
    answer: usize,
    /// What differs about it: configured, or found out at the start.
    profile: OnceLock<&'static Profile>,
    /// The largest request that is sent, if the configuration says it.
    request: Option<usize>,
    /// The dialect it is spoken to in: configured, or found out at the start.
    spoken: OnceLock<Dialect>,
    users: papaya::HashMap<ErpLogin, Arc<ErpUser>>,
    /// How many calls may run there at once, over all cores.
    places: Arc<Semaphore>,
    schema: ArcSwap<Schema>,
    /// What methods take that no table describes.
    docs: ArcSwap<doc::Docs>,
    version: OnceLock<String>,
    /// The secrets of routes to custom controllers, from files.
    secrets: papaya::HashMap<RouteName, Secret<String>>,
    /// Sessions of ERP users, for controllers that know no other credential.
    sessions: papaya::HashMap<ErpLogin, Arc<session::Session>>,
    facade: Facade,
    /// Descriptions of the façade that were written, by whom they are for.
    sheets: sheets::Sheets,
}

/// A request that the ERP has answered.
pub struct Answered {
    pub(crate) done: Done,
    pub(crate) reply: Reply,
    pub(crate) allowance: Option<Allowance>,
}

/// What there is to be filtered.
pub(crate) enum Done {
    /// A custom controller answered, as the ERP gave it.
    Page(Box<Passage>, Arc<Controller>, Whole),
    /// The ERP did the call; its result is still as the ERP gave it.
    Result(Box<Permit>, portcullis_erp::Value),
    /// The ERP did the call when it was asked first; nothing was sent now.
    Again(Box<Permit>, portcullis_erp::Value),
    /// The ERP hands out a file.
    File(Box<Permit>, Opened),
    /// The ERP refused or failed.
    Fault(Fault),
    /// Nobody was asked: the gateway answered.
    Here(portcullis_erp::Value),
    /// A session was opened or ended.
    Acted(Acted),
}

/// A file that the ERP has begun to send.
pub(crate) struct Opened {
    /// What the ERP says of its type.
    pub(crate) content_type: String,
    pub(crate) stream: Stream,
}

impl Upstream {
    /// An upstream by its configuration. The seal tags the cursors of its lists.
    ///
    /// # Errors
    /// When the TLS roots of this machine cannot be read.
    pub fn new(config: &UpstreamConfig, seal: Arc<dyn Seal>) -> Result<Self, tls::TlsError> {
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
            profile: config.profile.map_or_else(OnceLock::new, OnceLock::from),
            request: config.request,
            spoken,
            users: papaya::HashMap::new(),
            places: Arc::new(Semaphore::new(config.concurrency)),
            schema: ArcSwap::from_pointee(Schema::default()),
            docs: ArcSwap::default(),
            version: OnceLock::new(),
            secrets: papaya::HashMap::new(),
            sessions: papaya::HashMap::new(),
            facade: config.rest.facade(config.name.as_str(), seal),
            sheets: sheets::Sheets::default(),
        })
    }

    /// What it is called here.
    pub fn name(&self) -> &UpstreamName {
        &self.name
    }

    /// Its façade.
    pub(crate) fn facade(&self) -> &Facade {
        &self.facade
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

    /// What differs about it, once that is known.
    pub fn profile(&self) -> Option<&'static Profile> {
        self.profile.get().copied()
    }

    /// The release of an Odoo: what it told, else what its profile stands for.
    pub(crate) fn release(&self) -> Option<Release> {
        self.version()
            .and_then(Release::read)
            .or_else(|| self.profile().and_then(Profile::release))
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

    /// Takes in the secret of a route to a custom controller.
    pub fn put_secret(&self, route: RouteName, secret: Secret<String>) {
        self.secrets.pin().insert(route, secret);
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
            | Dialect::OdooWeb
            | Dialect::OdooCall => self.family == Family::Odoo,
            Dialect::FrappeResource
            | Dialect::FrappeMethod
            | Dialect::FrappeV2
            | Dialect::FrappeFile => self.family == Family::Frappe,
            Dialect::Custom | Dialect::Rest => true,
        }
    }

    /// How long an answer may take, and how large it may be.
    fn bounds(&self) -> Bounds {
        Bounds {
            patience: self.patience,
            answer: self.answer,
        }
    }

    /// Sends one call as one ERP user, and reads the answer.
    async fn ask(&self, links: &Links, call: &Call, user: &ErpUser) -> Result<Told, AskError> {
        let (dialect, outbound) = self.written(call, user)?;
        let _place = self.place().await?;
        let whole = links.send(self, outbound).await?;
        Ok(self.read(dialect, whole))
    }

    /// Asks for a file as one ERP user: its bytes, or what the ERP says instead.
    async fn fetch(
        &self,
        links: &Links,
        call: &Call,
        user: &ErpUser,
    ) -> Result<Result<Opened, Told>, AskError> {
        let (dialect, outbound) = self.written(call, user)?;
        let place = self.place().await?;
        let message = message(&self.target, outbound).ok_or(AskError::NotSent)?;
        let (sender, answer) = links.exchange(self, message, self.bounds()).await?;
        let is_file = answer.status() == http::StatusCode::OK
            && answer
                .headers()
                .contains_key(http::header::CONTENT_DISPOSITION);
        if !is_file {
            let whole = links.finish(self, sender, answer, self.bounds()).await?;
            return Ok(Err(self.read(dialect, whole)));
        }
        let (head, body) = answer.into_parts();
        Ok(Ok(Opened {
            content_type: link::content_type(&head),
            stream: Stream::new(body, self.patience, sender, place),
        }))
    }

    /// A call in the dialect that is spoken here, with the credential of the ERP user.
    fn written(&self, call: &Call, user: &ErpUser) -> Result<(Dialect, Outbound), AskError> {
        let dialect = self.spoken().ok_or(AskError::NotSent)?;
        let outbound = user.with_login(&self.database, |login: &UpstreamLogin<'_>| {
            dialect.write(call, login)
        });
        let outbound = outbound.map_err(AskError::Unsayable)?;
        self.fits(&outbound)?;
        Ok((dialect, outbound))
    }

    /// Whether a request is within what this ERP takes.
    fn fits(&self, outbound: &Outbound) -> Result<(), AskError> {
        let most = self
            .request
            .or_else(|| self.profile().map(|profile| profile.request));
        if most.is_some_and(|most| outbound.body.len() > most) {
            return Err(AskError::Unsayable(Fault::new(
                FaultKind::TooLarge,
                "the request is larger than the ERP takes; nothing was done",
            )));
        }
        Ok(())
    }

    /// A place among the calls that may run at once.
    async fn place(&self) -> Result<OwnedSemaphorePermit, AskError> {
        let places = Arc::clone(&self.places);
        match tokio::time::timeout(self.patience, places.acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(AskError::NotSent),
        }
    }

    fn read(&self, dialect: Dialect, whole: Whole) -> Told {
        Told {
            answer: dialect.read_answer(whole.returned(), &answer_limits(self.answer)),
            whole,
        }
    }
}

/// Within which bounds an answer is read.
pub(crate) fn answer_limits(body: usize) -> Limits {
    Limits {
        body,
        depth: 64,
        values: 5_000_000,
        batch: 0,
    }
}

/// What the ERP answered, read, and in its own words.
struct Told {
    answer: Answer,
    whole: Whole,
}

/// Why a call has no answer.
enum AskError {
    NotSent,
    Lost,
    /// It takes longer than so many seconds, which is what the role has.
    Slow(u32),
    TooLarge,
    Unsayable(Fault),
}

impl AskError {
    fn why(self) -> Why {
        match self {
            Self::NotSent => Why::Unreachable,
            Self::Lost => Why::Lost,
            Self::Slow(seconds) => Why::Slow(seconds),
            Self::TooLarge => Why::Unclean,
            Self::Unsayable(fault) => Why::Unsayable(fault),
        }
    }
}

impl From<SendError> for AskError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::NotSent => Self::NotSent,
            SendError::Lost => Self::Lost,
            SendError::TooLarge => Self::TooLarge,
        }
    }
}

/// What there is to be kept of what is done.
pub struct Keeps<'a> {
    pub(crate) sessions: &'a Sessions,
    pub(crate) archive: &'a Arc<Archive>,
}

/// Asks the ERP what the permit says: its guards, if it has any, and then the call. What was
/// answered before is not asked again.
///
/// # Errors
/// When the ERP cannot be reached, its answer is lost, the call cannot be said in its dialect,
/// or the guards' answers make the policy refuse.
pub async fn forward(
    asker: &Asker<'_>,
    keeps: &Keeps<'_>,
    claimed: Claimed,
    now: Timestamp,
    trail: &mut Trail,
) -> Result<Answered, Denial> {
    let Claimed { recorded, turn } = claimed;
    let links = asker.links;
    let allowance = recorded.allowance;
    let permitted = recorded.permitted;
    let reply = permitted.reply;
    let errand = match permitted.granted {
        Granted::Here(value) => {
            return Ok(Answered {
                done: Done::Here(value),
                reply,
                allowance,
            });
        }
        Granted::Passage {
            passage,
            controller,
            upstream,
            user,
        } => {
            let whole = upstream
                .visit(asker, &passage, &controller, user.as_ref())
                .await
                .map_err(|error| Denial::to(reply.clone(), error.why()))?;
            return Ok(Answered {
                done: Done::Page(passage, controller, whole),
                reply,
                allowance,
            });
        }
        Granted::Session(act) => {
            let acted = act::perform(keeps.sessions, act, &reply, permitted.plain, now);
            return match acted.await {
                Ok(acted) => Ok(Answered {
                    done: Done::Acted(acted),
                    reply,
                    allowance,
                }),
                Err(why) => Err(Denial::to(reply, why)),
            };
        }
        Granted::Call {
            permit,
            upstream,
            user,
        } => Errand {
            permit,
            upstream,
            user,
            request: trail.request(),
            archive: Arc::clone(keeps.archive),
        },
    };
    let done = match turn {
        Turn::Free => errand.run(links).await.done,
        // It goes on when the caller hangs up: whoever repeats the request awaits its answer.
        Turn::First(ticket) => {
            let links = links.clone();
            let running = tokio::task::spawn_local(async move {
                let ended = errand.run(&links).await;
                ticket.end(&ended).await;
                ended.done
            });
            running.await.unwrap_or(Err(Why::Panicked))
        }
        Turn::Again { kept, is_guarded } => {
            trail.repeated();
            match kept {
                Kept::Fault(fault) => Ok(Done::Fault(fault)),
                Kept::Value(value) if is_guarded => Ok(Done::Again(errand.permit, value)),
                Kept::Value(value) => errand.run_again(links, value).await.done,
            }
        }
    };
    match done {
        Ok(done) => Ok(Answered {
            done: if let Done::Fault(fault) = done {
                Done::Fault(own_words(fault))
            } else {
                done
            },
            reply,
            allowance,
        }),
        Err(why) => Err(Denial::to(reply, why)),
    }
}

/// A fault that the ERP made of the gateway's own credential is not the caller's business.
pub(crate) fn own_words(fault: Fault) -> Fault {
    if fault.kind != FaultKind::AccessDenied {
        return fault;
    }
    Fault::new(
        FaultKind::Internal,
        "the gateway's own credential for the ERP was not accepted; tell the operator of the gateway",
    )
}
