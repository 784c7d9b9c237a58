//! Somebody who shows login and password with the request itself (`Authorization: Basic`): the ERP
//! is asked once, and its session is used from then on. Beside a key, the key calls for the
//! person: within the ERP's session of the person, and within what the roles of both allow.

use std::sync::Arc;

use portcullis_erp::asked::Claim;
use portcullis_identity::{Secret, Style, Timestamp};

use crate::clock;
use crate::denial::{Denial, Why};
use crate::identify::{Claimed, Identified, no_entry};
use crate::keyring::Holder;
use crate::limit;
use crate::origin::Origin;
use crate::people::{NoEntry, Pair, People, Turn};
use crate::sessions::Sessions;
use crate::snapshot::Snapshot;
use crate::trail::Trail;
use crate::upstream::{Asker, ErpUser, NoLogIn, Upstream};

/// Somebody who came by Basic, whose password is at hand while the request lasts: when the ERP
/// turns out to have ended its session, it is asked once more.
pub(crate) struct Return(Claimed);

/// With what an ERP is asked about somebody who comes.
struct Gate<'a> {
    asker: &'a Asker<'a>,
    sessions: &'a Sessions,
    upstream: &'a Upstream,
    people: &'a People,
    origin: Origin,
    now: Timestamp,
}

/// What is known of a request after its caller has come in.
pub(crate) struct Inside {
    pub(crate) identified: Identified,
    /// What a key and a person have in common, where both call.
    pub(crate) pair: Option<Arc<Pair>>,
    /// What lets whoever came by Basic in again.
    pub(crate) again: Option<Return>,
}

/// Lets in whoever comes by Basic; others are as they were.
///
/// # Errors
/// When the ERP does not take login and password, or says that this is an administrator.
pub(crate) async fn enter(
    snapshot: &Snapshot,
    (asker, sessions): (&Asker<'_>, &Sessions),
    mut identified: Identified,
    now: Timestamp,
    trail: &mut Trail,
) -> Result<Inside, Denial> {
    let comes = |claimed: &Claimed| claimed.style == Style::Basic;
    let Some(claimed) = identified.person.take_if(|claimed| comes(claimed)) else {
        return Ok(Inside {
            identified,
            pair: None,
            again: None,
        });
    };
    let no = |why| Denial::to(identified.reply.clone(), why);
    let upstream = identified.upstream.clone();
    let upstream = upstream.ok_or_else(|| no(Why::PasswordSent))?;
    let people = upstream.people().ok_or_else(|| no(Why::PasswordSent))?;
    if let Some(key) = &identified.holder {
        limit::look(key, now).map_err(|wait| no(Why::Limited(wait)))?;
    }
    let gate = Gate {
        asker,
        sessions,
        upstream: &upstream,
        people,
        origin: identified.origin,
        now,
    };
    let entered = gate.lets_in(&claimed).await;
    if claimed.held.get() {
        trail.held(upstream.name().clone());
    }
    let person = entered.map_err(no)?;
    let Some(key) = identified.holder.take() else {
        trail.recognised(Arc::clone(&person.principal));
        if !is_who(&claimed, &person) {
            return Err(no(Why::PasswordSent));
        }
        identified.holder = Some(person);
        return Ok(Inside {
            identified,
            pair: None,
            again: Some(Return(claimed)),
        });
    };
    let roles = (key.principal.roles(), person.principal.roles());
    let pair = people.pairs.of(snapshot, roles.0, roles.1);
    let both = Arc::new(Holder::for_person(&key, &person, pair.roles.clone()));
    trail.recognised(Arc::clone(&both.principal));
    if !is_who(&claimed, &person) {
        return Err(no(Why::PasswordSent));
    }
    identified.holder = Some(both);
    Ok(Inside {
        identified,
        pair: Some(pair),
        again: Some(Return(claimed)),
    })
}

impl Return {
    /// Has the ERP check login and password again, where it has ended the session of this user.
    /// None where the session goes on, or where it is somebody else's now.
    pub(crate) async fn anew(
        &self,
        (asker, sessions): (&Asker<'_>, &Sessions),
        (upstream, was): (&Upstream, &ErpUser),
        origin: Origin,
        now: Timestamp,
    ) -> Option<Arc<ErpUser>> {
        if !was.session().is_some_and(|own| own.is_over()) {
            return None;
        }
        let gate = Gate {
            asker,
            sessions,
            upstream,
            people: upstream.people()?,
            origin,
            now,
        };
        let holder = gate.lets_in(&self.0).await.ok()?;
        let user = holder.user.clone()?;
        (user.login() == was.login() && user.uid() == was.uid()).then_some(user)
    }
}

/// Whether the body says that the same one calls.
fn is_who(claimed: &Claimed, holder: &Holder) -> bool {
    match (&claimed.claim, &holder.user) {
        (None, _) => true,
        (Some(Claim::Uid(uid)), Some(user)) => user.uid() == Some(*uid),
        (Some(Claim::Login(named)), _) => named == holder.principal.erp_login().as_str(),
        (Some(_), None) => false,
    }
}

impl Gate<'_> {
    async fn lets_in(&self, claimed: &Claimed) -> Result<Arc<Holder>, Why> {
        let lasting = self.sessions.lasting();
        let entered = &self.people.entered;
        let name = self.upstream.name();
        let mark = claimed
            .password
            .expose(|password| self.sessions.mark(name, claimed.login.as_str(), password));
        if let Some(holder) = entered.known(&mark, lasting, self.now) {
            claimed.proved(&self.origin, self.now);
            return Ok(holder);
        }
        let place = entered.place(mark);
        let asking = match place.turn(lasting, self.now).await {
            Turn::Entered(holder) => return Ok(holder),
            Turn::InVain(no) => return Err(why(no)),
            Turn::Mine(asking) => asking,
        };
        let tried = claimed.begin(&self.origin, self.now).inspect_err(|_| {
            entered.forget(&mark);
        })?;
        let asked = clock::now();
        match self.ask(claimed).await {
            Ok(holder) => {
                claimed.give_back(tried, clock::now());
                claimed.proved(&self.origin, self.now);
                asking.enters(&holder, self.now);
                // What the ERP said of the password may be older than the end of its sessions.
                if entered.is_ended(&holder, asked) {
                    entered.forget(&mark);
                    if let Some(user) = &holder.user {
                        self.upstream.log_out(self.asker, user).await;
                    }
                    return Err(why(NoEntry::Unready));
                }
                Ok(holder)
            }
            Err(no) => {
                match no {
                    NoEntry::Unready => claimed.give_back(tried, clock::now()),
                    NoEntry::Refused | NoEntry::SecondFactor => claimed.failed(tried),
                }
                entered.forget(&mark);
                asking.fails(no);
                Err(why(no))
            }
        }
    }

    /// Has the ERP check login and password, and say whether this is an administrator. One that
    /// does not say lets nobody in.
    async fn ask(&self, claimed: &Claimed) -> Result<Arc<Holder>, NoEntry> {
        let (upstream, asker) = (self.upstream, self.asker);
        let password = Secret::new(claimed.password.expose(String::clone));
        let tried = upstream.log_in(asker, &claimed.login, password, self.origin);
        let user = tried.await.map_err(|no| match no {
            NoLogIn::Refused => NoEntry::Refused,
            NoLogIn::SecondFactor => NoEntry::SecondFactor,
            NoLogIn::Unready => NoEntry::Unready,
        })?;
        let is_administrator = upstream.is_administrator(asker, &user).await;
        let user = Arc::new(user);
        let no = match is_administrator {
            Ok(false) => match self.people.holder(upstream.name(), &user) {
                Some(holder) => return Ok(Arc::new(holder)),
                None => NoEntry::Refused,
            },
            Ok(true) => {
                tracing::warn!(upstream.name = %upstream.name(), "an administrator of the ERP came by Basic, and was refused");
                NoEntry::Refused
            }
            Err(error) => {
                tracing::warn!(upstream.name = %upstream.name(), %error, "nobody can come by Basic");
                NoEntry::Unready
            }
        };
        upstream.log_out(asker, &user).await;
        Err(no)
    }
}

fn why(no: NoEntry) -> Why {
    match no {
        NoEntry::Refused => no_entry(Style::Basic),
        NoEntry::SecondFactor => Why::SecondFactor,
        NoEntry::Unready => Why::Unreachable,
    }
}
