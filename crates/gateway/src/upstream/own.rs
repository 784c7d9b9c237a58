//! The gateway's own questions to an ERP: who am I there, which dialect, which fields.
//!
//! These are the only calls that go upstream without a permit. They are fixed in this file, in
//! `facts`, in `person` and, for administrators, in `rule_book`, carry nothing that a client said but the name of a model, or login
//! and password of somebody who logs in, and their answers go to no client. They are recorded as
//! every other call is.

use std::net::IpAddr;
use std::sync::Arc;

use portcullis_audit::Outcome;
use portcullis_erp::{
    Answer, Call, Dialect, FaultKind, Map, Model, Outbound, Profile, Release, Value,
};
use portcullis_policy::{Family, Schema};
use portcullis_storage::Journal;

use super::link::{Links, Message, Whole, message};
use super::native::is_denial;
use super::{AskError, ErpUser, Upstream};
use crate::audit::{Ledger, OwnQuestion};
use crate::chance::Ids;

/// How many models may be remembered as not being there.
const MOST_ABSENT: usize = 1000;

/// With what the gateway itself asks.
pub struct Asker<'a> {
    pub(crate) links: &'a Links,
    pub(crate) ledger: &'a Ledger,
    pub(crate) ids: &'a Ids,
}

/// What asks an ERP by itself, outside a running gateway: links, a ledger, and ids.
pub struct Clerk {
    links: Links,
    ledger: Ledger,
    ids: Ids,
}

impl Clerk {
    /// A clerk who records in this journal.
    pub fn new(journal: Box<dyn Journal>) -> Self {
        Self {
            links: Links::default(),
            ledger: Ledger::new(journal),
            ids: Ids::new(),
        }
    }

    /// With what is asked.
    pub fn asker(&self) -> Asker<'_> {
        Asker {
            links: &self.links,
            ledger: &self.ledger,
            ids: &self.ids,
        }
    }

    /// Writes what is still to be written of the records.
    pub fn flush(&self) {
        self.ledger.flush();
    }
}

impl Asker<'_> {
    /// Asks within a record: what cannot be recorded is not asked.
    pub(super) async fn ask<T>(
        &self,
        upstream: &Upstream,
        dialect: Dialect,
        asked: (&str, &str),
        question: impl Future<Output = Result<T, Unready>>,
    ) -> Result<T, Unready> {
        self.ask_for(upstream, dialect, asked, None, question).await
    }

    /// Asks within a record that says for which address: none for what the gateway asks unasked.
    pub(super) async fn ask_for<T>(
        &self,
        upstream: &Upstream,
        dialect: Dialect,
        (model, method): (&str, &str),
        address: Option<IpAddr>,
        question: impl Future<Output = Result<T, Unready>>,
    ) -> Result<T, Unready> {
        let request = self.ids.next();
        let name = upstream.name();
        let own = OwnQuestion {
            request,
            upstream: name,
            dialect,
            address,
            model,
            method,
        };
        self.ledger
            .open_own(&own)
            .map_err(|_| Unready::Unrecorded)?;
        let answer = question.await;
        let outcome = match &answer {
            Ok(_) => Outcome::Done,
            Err(Unready::Unreachable) => Outcome::Unknown,
            Err(Unready::Refused(_)) => Outcome::Fault {
                kind: "access-denied",
            },
            Err(_) => Outcome::Fault {
                kind: "not-answered",
            },
        };
        self.ledger.close_own(request, outcome);
        answer
    }
}

/// Why an upstream is not ready.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unready {
    /// It does not answer.
    #[error("it cannot be reached")]
    Unreachable,
    /// The question could not be recorded, so it was not asked.
    #[error("the question could not be recorded")]
    Unrecorded,
    /// It does not take the credential of an ERP user.
    #[error("it does not accept the credential of the ERP user `{0}`")]
    Refused(String),
    /// It answered something else than what was asked.
    #[error("it does not answer like {0}")]
    Strange(&'static str),
}

impl Upstream {
    /// Finds out what must be known before calls can be made: the dialect, the version, and
    /// the uid of each ERP user.
    ///
    /// # Errors
    /// When the ERP cannot be reached or does not accept a credential.
    pub async fn prepare(&self, asker: &Asker<'_>) -> Result<(), Unready> {
        if self.family == Family::Frappe {
            return Ok(());
        }
        let users: Vec<Arc<ErpUser>> = self.users.pin().values().cloned().collect();
        // Who is refused holds up nobody else: somebody may have been archived.
        let mut refused = None;
        for user in users {
            if user.standing().is_archived() || (user.uid().is_some() && self.spoken().is_some()) {
                continue;
            }
            match self.introduce(asker, &user).await {
                Ok(()) => {}
                Err(error @ Unready::Refused(_)) => {
                    user.standing().refused();
                    refused = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        if let (Some(error), None) = (&refused, self.spoken()) {
            return Err(error.clone());
        }
        if self.people.is_some() && self.users.is_empty() && self.spoken().is_none() {
            // Nobody's credential can try the dialects, and persons' calls need none of them.
            let dialect = self
                .profile()
                .map(|profile| profile.dialects.first().copied());
            let dialect = dialect.flatten().unwrap_or(Dialect::JsonRpc);
            self.spoken.get_or_init(|| dialect);
        }
        if self.version.get().is_none()
            && let Ok(version) = self.ask_version(asker).await
        {
            let found = Release::read(&version).and_then(Profile::of_odoo);
            if let Some(found) = found {
                self.profile.get_or_init(|| found);
            }
            self.version.get_or_init(|| version);
        }
        refused.map_or(Ok(()), Err)
    }

    /// Tries the dialects that may be spoken here, the best first, until one accepts the user.
    pub(super) async fn introduce(&self, asker: &Asker<'_>, user: &ErpUser) -> Result<(), Unready> {
        let spoken = self.spoken();
        let candidates = match (&spoken, self.profile()) {
            (Some(dialect), _) => std::slice::from_ref(dialect),
            (None, Some(profile)) => profile.dialects.as_slice(),
            (None, None) => &[Dialect::Json2, Dialect::JsonRpc, Dialect::XmlRpc2],
        };
        let mut worst = Unready::Unreachable;
        for dialect in candidates {
            match self.uid_by(asker, *dialect, user).await {
                Ok(uid) => {
                    self.spoken.get_or_init(|| *dialect);
                    user.learn_uid(uid);
                    return Ok(());
                }
                Err(error) => worst = error,
            }
        }
        Err(worst)
    }

    async fn uid_by(
        &self,
        asker: &Asker<'_>,
        dialect: Dialect,
        user: &ErpUser,
    ) -> Result<i64, Unready> {
        let outbound = user.with_login(&self.database, |login| dialect.write_login(login));
        let outbound = outbound.map_err(|_| Unready::Strange("Odoo"))?;
        let returned = asker
            .ask(
                self,
                dialect,
                ("res.users", "authenticate"),
                self.exchange(asker, outbound),
            )
            .await?;
        match dialect.read_answer(returned.returned(), &portcullis_erp::Limits::default()) {
            Answer::Value(Value::Int(uid)) if uid > 0 => Ok(uid),
            Answer::Value(Value::Map(context)) => context
                .get("uid")
                .and_then(Value::as_int)
                .ok_or(Unready::Strange("Odoo")),
            Answer::Value(Value::Bool(false)) => Err(Unready::Refused(user.login().to_string())),
            Answer::Fault(fault) if fault.kind == FaultKind::AccessDenied => {
                Err(Unready::Refused(user.login().to_string()))
            }
            Answer::Value(_) | Answer::Fault(_) | Answer::DoneWithoutResult => {
                Err(Unready::Strange("Odoo"))
            }
        }
    }

    /// Sends a question that is no call; it takes a place among the calls that may run.
    pub(super) async fn exchange(
        &self,
        asker: &Asker<'_>,
        outbound: Outbound,
    ) -> Result<Whole, Unready> {
        let message = message(&self.target, outbound).ok_or(Unready::Unreachable)?;
        self.exchange_message(asker, message).await
    }

    pub(super) async fn exchange_message(
        &self,
        asker: &Asker<'_>,
        message: Message,
    ) -> Result<Whole, Unready> {
        let place = self.place(&self.places).await;
        let _place = place.map_err(|_| Unready::Unreachable)?;
        let sent = asker.links.send_within(self, message, self.bounds());
        sent.await.map_err(|_| Unready::Unreachable)
    }

    async fn ask_version(&self, asker: &Asker<'_>) -> Result<String, Unready> {
        let spoken = self.spoken().ok_or(Unready::Unreachable)?;
        let outbound = spoken
            .write_version()
            .map_err(|_| Unready::Strange("Odoo"))?;
        let returned = asker
            .ask(
                self,
                spoken,
                ("-", "version"),
                self.exchange(asker, outbound),
            )
            .await?;
        let read = spoken.read_answer(returned.returned(), &portcullis_erp::Limits::default());
        match read {
            Answer::Value(Value::Map(facts)) => ["server_version", "version"]
                .iter()
                .find_map(|key| facts.get(*key).and_then(Value::as_str))
                .map(str::to_owned)
                .ok_or(Unready::Strange("Odoo")),
            Answer::Value(_) | Answer::Fault(_) | Answer::DoneWithoutResult => {
                Err(Unready::Strange("Odoo"))
            }
        }
    }

    /// Forgets what was learned of the models: an upgrade of the ERP may have changed them.
    pub(crate) fn forget_models(&self) {
        self.known.forget();
        self.docs.store(Arc::default());
    }

    /// The language and time zone of an ERP user; asked for once.
    ///
    /// # Errors
    /// When the ERP does not answer, or not with a context.
    pub(crate) async fn context_of(
        &self,
        asker: &Asker<'_>,
        user: &ErpUser,
    ) -> Result<Map, Unready> {
        if let Some(context) = user.context.get() {
            return Ok(context.clone());
        }
        let call = Call::new("res.users", "context_get").map_err(|_| Unready::Strange("Odoo"))?;
        let Answer::Value(Value::Map(context)) = self.ask_for_call(asker, &call, user).await?
        else {
            return Err(Unready::Strange("Odoo"));
        };
        Ok(user.context.get_or_init(|| context).clone())
    }

    /// Asks a question of the gateway's own as an ERP user.
    pub(super) async fn ask_own(
        &self,
        asker: &Asker<'_>,
        call: &Call,
        user: &ErpUser,
    ) -> Result<Answer, Unready> {
        let spoken = self.spoken_for(user).ok_or(Unready::Unreachable)?;
        let question = async {
            // Not again with another credential: it may be this one that is asked about.
            self.ask_once(asker.links, call, user, None)
                .await
                .map(|told| told.answer)
                .map_err(|error| match error {
                    AskError::NotSent
                    | AskError::Lost
                    | AskError::Shown
                    | AskError::Slow(_)
                    | AskError::Over => Unready::Unreachable,
                    AskError::TooLarge | AskError::Unsayable(_) => Unready::Strange("Odoo"),
                })
        };
        let names = (call.model.as_str(), call.method.as_str());
        asker.ask(self, spoken, names, question).await
    }

    /// Asks what a call of this user needs. Whose credential the ERP does not take may have been
    /// archived there: somebody finds out, as where the call itself is refused.
    pub(super) async fn ask_for_call(
        &self,
        asker: &Asker<'_>,
        call: &Call,
        user: &ErpUser,
    ) -> Result<Answer, Unready> {
        let answer = self.ask_own(asker, call, user).await?;
        match &answer {
            Answer::Fault(fault) if user.session().is_none() && is_denial(fault) => {
                user.standing().refused();
                Err(Unready::Refused(user.login().to_string()))
            }
            Answer::Fault(_) | Answer::Value(_) | Answer::DoneWithoutResult => Ok(answer),
        }
    }

    /// Asks for the fields of a model, or what a DocType is made of, as an ERP user, and remembers
    /// them.
    ///
    /// # Errors
    /// When the ERP does not answer, or not with fields.
    pub(crate) async fn learn(
        &self,
        asker: &Asker<'_>,
        model: &Model,
        user: &ErpUser,
    ) -> Result<(), Unready> {
        let told = self.told_of(asker, model, user).await?;
        let learn = match self.family {
            Family::Odoo => Schema::learn,
            Family::Frappe => Schema::learn_doctype,
        };
        self.remember(user, model, told.as_ref(), learn);
        Ok(())
    }

    /// What the ERP tells a user of a model: its fields (Odoo), or what a DocType is made of; none
    /// where it has no such model for the user, or does not tell (Frappe before version 15).
    ///
    /// # Errors
    /// When the ERP does not answer, or not with fields.
    pub async fn told_of(
        &self,
        asker: &Asker<'_>,
        model: &Model,
        user: &ErpUser,
    ) -> Result<Option<Value>, Unready> {
        if self.family == Family::Frappe {
            return self.doctype_told(asker, model, user).await;
        }
        let call = Call::new(model.as_str(), "fields_get").map_err(|_| Unready::Strange("Odoo"))?;
        match self.ask_for_call(asker, &call, user).await? {
            Answer::Value(fields @ Value::Map(_)) => Ok(Some(fields)),
            Answer::Fault(fault) if is_final(fault.kind) => Ok(None),
            Answer::Value(_) | Answer::Fault(_) | Answer::DoneWithoutResult => {
                Err(Unready::Strange("Odoo"))
            }
        }
    }

    async fn doctype_told(
        &self,
        asker: &Asker<'_>,
        model: &Model,
        user: &ErpUser,
    ) -> Result<Option<Value>, Unready> {
        let spoken = self.spoken().ok_or(Unready::Unreachable)?;
        let outbound = user
            .with_login(&self.database, |login| spoken.write_meta(model, login))
            .map_err(|_| Unready::Strange("Frappe"))?;
        let question = self.exchange(asker, self.credited_with(outbound, user));
        let names = (model.as_str(), "get_meta");
        let returned = asker.ask(self, spoken, names, question).await?;
        match self.read(spoken, returned).answer {
            Answer::Value(told @ Value::Map(_)) => Ok(Some(told)),
            Answer::Value(_) | Answer::DoneWithoutResult => Ok(None),
            Answer::Fault(fault) if is_final(fault.kind) => Ok(None),
            Answer::Fault(_) => Err(Unready::Strange("Frappe")),
        }
    }

    /// Takes in what was told of a model; none if there is no such model for the user.
    fn remember(
        &self,
        user: &ErpUser,
        model: &Model,
        told: Option<&Value>,
        learn: impl Fn(&mut Schema, Model, &Value),
    ) {
        self.known.change(user.login(), |known| {
            // Clients name models as they like: what is not there is not remembered for ever.
            if known.absences() >= MOST_ABSENT {
                *known = Schema::new();
            }
            match told {
                Some(told) => learn(known, model.clone(), told),
                None => known.absent(model.clone()),
            }
        });
    }
}

/// Whether this fault says that there is no such model for this user, and not a passing trouble.
pub(super) fn is_final(kind: FaultKind) -> bool {
    matches!(
        kind,
        FaultKind::UnknownModel
            | FaultKind::UnknownMethod
            | FaultKind::AccessError
            | FaultKind::NotFound
            | FaultKind::User
    )
}
