//! The tenth room: the ERP is asked. The only part of the gateway that connects to an ERP.
//!
//! What is sent is always written from the permit's own call; the client's bytes never go
//! upstream. Only what was not sent is tried again; what was sent and not answered is unknown.

mod ask;
mod doc;
mod erp_user;
mod errand;
mod facts;
mod forward;
mod known;
mod link;
mod native;
mod own;
mod person;
mod registry;
mod rule_book;
mod seal;
mod session;
mod sheets;
mod standing;
mod stream;
mod tls;
mod underway;
mod visit;

use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use arc_swap::ArcSwap;
use portcullis_erp::dialect::rest::{Facade, Seal};
use portcullis_erp::{Database, Dialect, Profile, Release};
use portcullis_identity::{Conditions, ErpLogin, RouteName, Secret, UpstreamName};
use portcullis_policy::{Family, Schema};
use tokio::sync::Semaphore;

pub use erp_user::ErpUser;
pub use forward::{Answered, Keeps, forward};
pub use link::Links;
pub use native::{Made, NativeError};
pub use own::{Asker, Clerk, Unready};
pub use registry::Upstreams;
pub use rule_book::{NewRule, RuleBook, RuleError, RuleModel, RuleRow, RuleUser};
pub use seal::CursorSeal;
pub(crate) use sheets::{SheetKey, Sheets};
pub(crate) use standing::Asked;
pub use stream::{BrokenOff, Stream};

use crate::config::{Rotation, UpstreamConfig};
use crate::keyring::Holder;
use crate::people::People;
use ask::{AskError, Told};
pub(crate) use ask::{Opened, answer_limits};
pub(crate) use errand::Ended;
pub(crate) use forward::{Done, own_words};
use link::{Bounds, Target};
pub(crate) use person::NoLogIn;
pub(crate) use session::Session as ErpSession;
use underway::Underway;

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
    /// The records that calls are about to change.
    underway: Arc<Underway>,
    /// How many calls may run there at once, over all cores.
    places: Arc<Semaphore>,
    /// How many of them files may have: whoever takes one slowly keeps its place.
    files: Arc<Semaphore>,
    /// What is known of its models, by whom it was told.
    known: known::Known,
    /// What methods take that no table describes.
    docs: ArcSwap<doc::Docs>,
    version: OnceLock<String>,
    /// The secrets of routes to custom controllers, from files.
    secrets: papaya::HashMap<RouteName, Secret<String>>,
    /// Sessions of ERP users, for controllers that know no other credential.
    sessions: papaya::HashMap<ErpLogin, Arc<session::Session>>,
    facade: Facade,
    /// Descriptions of the façade that were written, by whom they are for.
    sheets: Sheets,
    /// Who may log in with the ERP's own password; none: nobody.
    people: Option<People>,
    /// Whether it is told for whom is asked.
    forwarded: bool,
    /// Whether strangers are told the name of its database.
    list_database: bool,
    conditions: Conditions,
    /// How often the credentials of its users are renewed, if at all.
    rotation: Option<Rotation>,
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
            underway: Arc::default(),
            places: Arc::new(Semaphore::new(config.concurrency)),
            files: Arc::new(Semaphore::new(config.concurrency.div_ceil(2))),
            known: known::Known::default(),
            docs: ArcSwap::default(),
            version: OnceLock::new(),
            secrets: papaya::HashMap::new(),
            sessions: papaya::HashMap::new(),
            facade: config.rest.facade(config.name.as_str(), seal),
            sheets: Sheets::default(),
            people: config.people.clone().map(People::new),
            forwarded: config.forwarded,
            list_database: config.list_database,
            conditions: config.conditions.clone(),
            rotation: config.rotation.clone(),
        })
    }

    /// What it is called here.
    pub fn name(&self) -> &UpstreamName {
        &self.name
    }

    /// From where, and in which ways, its callers come.
    pub(crate) fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// How often the credentials of its users are renewed, if at all.
    pub(crate) fn rotation(&self) -> Option<&Rotation> {
        self.rotation.as_ref()
    }

    /// The ERP users that are known here.
    pub(crate) fn users(&self) -> Vec<Arc<ErpUser>> {
        self.users.pin().values().cloned().collect()
    }

    /// Its façade.
    pub(crate) fn facade(&self) -> &Facade {
        &self.facade
    }

    /// The descriptions of its façade.
    pub(crate) fn sheets(&self) -> &Sheets {
        &self.sheets
    }

    /// Odoo or Frappe.
    pub fn family(&self) -> Family {
        self.family
    }

    /// The database, or the site.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Whether strangers are told the name of its database.
    pub(crate) fn lists_its_database(&self) -> bool {
        self.list_database
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

    /// The ERP user as whom the calls of a caller run: a person's own, or the one that the
    /// caller is bound to.
    pub(crate) fn user_of(&self, holder: &Holder) -> Option<Arc<ErpUser>> {
        let own = holder.user.clone();
        own.or_else(|| self.user(holder.principal.erp_login()))
    }

    /// Adds or replaces an ERP user.
    pub fn put_user(&self, user: ErpUser) {
        let users = self.users.pin();
        let user = match users.get(user.login()) {
            Some(old) => user.after(old),
            None => user,
        };
        users.insert(user.login().clone(), Arc::new(user));
    }

    /// Takes in the secret of a route to a custom controller.
    pub fn put_secret(&self, route: RouteName, secret: Secret<String>) {
        self.secrets.pin().insert(route, secret);
    }

    /// Whether calls can be made: the dialect is known, and who each user is. Nobody waits for
    /// those that are archived.
    pub fn is_ready(&self) -> bool {
        let users = self.users.pin();
        let is_known = |user: &Arc<ErpUser>| user.uid().is_some() || user.standing().is_archived();
        self.spoken().is_some() && (self.family == Family::Frappe || users.values().all(is_known))
    }

    /// What a user was told of the models.
    pub(crate) fn schema(&self, user: &ErpUser) -> Arc<Schema> {
        self.known.of(user.login())
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
}
