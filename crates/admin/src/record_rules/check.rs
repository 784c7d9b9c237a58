//! What narrowed users see of an ERP, each asked with its own credential: no record beyond its
//! rules.

use portcullis_erp::Value;
use portcullis_erp::domain::{Domain, Leaf, Operator};
use portcullis_gateway::upstream::{Asker, RuleBook, RuleError};
use portcullis_identity::ErpLogin;
use portcullis_policy::{Mode, RecordRule};

use super::{Narrowed, Where};
use crate::errand::{Errand, credential};
use crate::installation::Installation;
use crate::refusal::Refusal;

/// How many records beyond a rule are looked at.
const MOST: i64 = 1_000;

/// What a user sees of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The user.
    pub login: ErpLogin,
    /// The model.
    pub model: String,
    /// What it sees.
    pub seen: Seen,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// So many records beyond the rule; none is as it should be.
    Beyond(usize),
    /// Nothing at all: its groups do not let it read the model.
    Nothing,
    /// The ERP refuses what it asks: nothing was measured.
    Broken(String),
    /// It could not be asked.
    Unasked(String),
}

impl Checked {
    pub(super) fn is_wanting(&self) -> bool {
        match self.seen {
            Seen::Beyond(count) => count > 0,
            Seen::Broken(_) => true,
            Seen::Nothing | Seen::Unasked(_) => false,
        }
    }
}

/// Asks as each user, of each model that it may read in part.
pub(super) async fn all(
    at: &Installation,
    to: &Where<'_>,
    errand: &Errand,
    asker: &Asker<'_>,
    book: &RuleBook<'_>,
    narrowed: &[Narrowed],
) -> Result<Vec<Checked>, Refusal> {
    let config = at.configured(to.upstream)?;
    let mut all = Vec::new();
    for one in narrowed {
        let login = &one.user.login;
        let reads = |rule: &&RecordRule| rule.modes.contains(&Mode::Read);
        let mut own: Result<RuleBook<'_>, String> =
            Err("its credential is not kept here".to_owned());
        if let Ok(user) = credential(at, config, login).await {
            errand.upstream.put_user(user);
            own = RuleBook::open(&errand.upstream, asker, login)
                .await
                .map_err(|error| error.to_string());
        }
        for rule in one.rules.iter().filter(reads) {
            let seen = match &own {
                Err(why) => Seen::Unasked(why.clone()),
                Ok(own) => seen(book, own, one, rule).await,
            };
            all.push(Checked {
                login: login.clone(),
                model: rule.model.to_string(),
                seen,
            });
        }
    }
    Ok(all)
}

/// Who may not ask: may not read the model at all, or not what the rule's domain speaks of.
async fn forbidden(own: &RuleBook<'_>, model: &str) -> Seen {
    match own.found(model, Domain::all().to_value(), 1).await {
        Err(RuleError::Forbidden(_)) => Seen::Nothing,
        Ok(_) | Err(_) => {
            Seen::Broken("not measured: it may not see what the rule's domain speaks of".to_owned())
        }
    }
}

async fn seen(book: &RuleBook<'_>, own: &RuleBook<'_>, one: &Narrowed, rule: &RecordRule) -> Seen {
    let user = &one.user;
    let model = rule.model.as_str();
    let Some(records) = rule.records_for(user.uid, &user.login, &user.facts) else {
        return Seen::Unasked("the ERP does not tell what the rule says of the user".to_owned());
    };
    let beyond = records.not();
    let ids = match own.found(model, beyond.to_value(), MOST).await {
        Ok(ids) if ids.is_empty() => return Seen::Beyond(0),
        Ok(ids) => ids,
        Err(RuleError::Forbidden(_)) => return forbidden(own, model).await,
        Err(RuleError::Refused(said)) => return Seen::Broken(said),
        Err(error) => return Seen::Unasked(error.to_string()),
    };
    // Where a condition leads over links, the user may not see what the rule sees: whoever writes
    // the rules is asked again.
    let ids = ids.into_iter().map(Value::Int).collect();
    let Ok(those) = Leaf::new("id", Operator::In, Value::List(ids)) else {
        return Seen::Unasked("its records cannot be named".to_owned());
    };
    let those = Domain::leaf(those).and(beyond);
    match book.found(model, those.to_value(), MOST).await {
        Ok(ids) => Seen::Beyond(ids.len()),
        Err(error) => Seen::Unasked(error.to_string()),
    }
}
