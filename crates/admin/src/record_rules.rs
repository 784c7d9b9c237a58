//! Rules of roles in the ERP itself: what an Odoo can hold of them as record rules (`ir.rule`),
//! for the users as whom keys with those roles run, and nobody else.
//!
//! A rule there is for everybody (a rule of a group would only add to what other groups give),
//! and its domain excepts everybody but one user: so it can take from that user, and does nothing
//! else. What was made here is known by a mark that nobody else can make; what was changed since
//! is told, and left alone.

mod check;
mod holders;
mod mark;
mod plan;

use std::collections::{BTreeMap, BTreeSet};

use portcullis_erp::Model;
use portcullis_gateway::upstream::{NewRule, RuleBook, RuleError, RuleModel, RuleUser};
use portcullis_identity::{ErpLogin, RoleName, UpstreamName};
use portcullis_policy::{Heirs, Left, Mode, RecordRule, RecordRules, Role};

use crate::errand::Errand;
use crate::installation::Installation;
use crate::may::Leave;
use crate::refusal::Refusal;
use crate::roles;
pub use check::{Checked, Seen};
pub use plan::{Deed, Step};

/// Where, and as whom, rules are written.
pub struct Where<'a> {
    /// The ERP.
    pub upstream: &'a UpstreamName,
    /// The ERP user who may write them, whose credential is kept.
    pub by: &'a ErpLogin,
}

/// What is wanted.
pub struct Wanted<'a> {
    /// The roles.
    pub roles: &'a [RoleName],
    /// The ERP users; none: those as whom keys with the roles run.
    pub users: Option<&'a [ErpLogin]>,
    /// Whether what was changed by hand is made as it shall be.
    pub force: bool,
    /// Whether nothing is written.
    pub dry: bool,
}

/// What was done, or would be.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Rules, one by one.
    pub steps: Vec<Step>,
    /// What the ERP does not hold of the roles of a user, and why.
    pub left: Vec<(ErpLogin, Left)>,
    /// What somebody should know of a user.
    pub warnings: Vec<(ErpLogin, &'static str)>,
    /// What users see, after it.
    pub checked: Vec<Checked>,
}

impl Outcome {
    /// Whether somebody should look: something that was wanted is not there, or is not ours.
    pub fn is_wanting(&self) -> bool {
        self.steps.iter().any(Step::is_wanting)
            || self.left.iter().any(|(_, left)| left.prevents)
            || self.checked.iter().any(Checked::is_wanting)
    }
}

/// A user for whom rules are wanted, with all roles as which its calls run.
struct Narrowed {
    user: RuleUser,
    roles: BTreeSet<RoleName>,
    rules: Vec<RecordRule>,
}

/// Lays the rules of some roles into an Odoo, or says what would be done.
///
/// # Errors
/// When a role or a user is not there, or the ERP refuses.
pub async fn install(
    at: &Installation,
    to: &Where<'_>,
    wanted: &Wanted<'_>,
) -> Result<Outcome, Refusal> {
    at.check_roles(wanted.roles).await?;
    let (known, _) = roles::list(at, &Leave::All).await?;
    let known: BTreeMap<RoleName, Role> = known
        .into_iter()
        .map(|known| (known.role.name().clone(), known.role))
        .collect();
    let holders = holders::of(at, to.upstream, wanted).await?;
    let errand = Errand::as_user(at, to.upstream, to.by).await?;
    let asker = errand.clerk.asker();
    let book = open(&errand, &asker, to, wanted.dry).await?;
    let held = |names: &BTreeSet<RoleName>| -> Vec<&Role> {
        names.iter().filter_map(|name| known.get(name)).collect()
    };
    let all = held(&holders.values().flatten().cloned().collect());
    let models = RecordRules::models(&all, to.upstream);
    let models = book.models(&models).await.map_err(told)?;
    let heirs = heirs(&models);
    let mut outcome = Outcome::default();
    let logins = holders.keys().cloned().collect();
    let users = book.users(&logins).await.map_err(told)?;
    let mut narrowed = Vec::new();
    for (login, roles) in holders {
        let Some(user) = users.iter().find(|user| user.login == login) else {
            let why = "the ERP has no such user; nothing is installed for it";
            outcome.warnings.push((login, why));
            continue;
        };
        let RecordRules { rules, left } = RecordRules::of(&held(&roles), to.upstream, &heirs);
        let left = left.into_iter().map(|left| (login.clone(), left));
        outcome.left.extend(left);
        outcome.warnings.extend(warning(at, to, user).await?);
        // Nothing holds for the superuser.
        let rules = if user.uid == SUPERUSER {
            Vec::new()
        } else {
            rules
        };
        narrowed.push(Narrowed {
            user: user.clone(),
            roles,
            rules,
        });
    }
    let present = plan::present(at, &book).await?;
    let made = plan::wanted(at, &book, &narrowed, &models).await?;
    outcome.steps = plan::steps(made, present, &narrowed, wanted);
    if !wanted.dry {
        carry_out(&book, &outcome.steps).await?;
        let present = plan::present(at, &book).await?;
        plan::confirm(&mut outcome.steps, &present);
        outcome.checked = check::all(at, to, &errand, &asker, &book, &narrowed).await?;
    }
    errand.clerk.flush();
    Ok(outcome)
}

/// Takes rules out again: those of some roles, or, where none is named, all that were made here.
///
/// # Errors
/// When the ERP refuses.
pub async fn uninstall(
    at: &Installation,
    to: &Where<'_>,
    wanted: &Wanted<'_>,
) -> Result<Outcome, Refusal> {
    let errand = Errand::as_user(at, to.upstream, to.by).await?;
    let asker = errand.clerk.asker();
    let book = open(&errand, &asker, to, wanted.dry).await?;
    let present = plan::present(at, &book).await?;
    let steps = plan::removals(present, wanted);
    if !wanted.dry {
        carry_out(&book, &steps).await?;
    }
    errand.clerk.flush();
    Ok(Outcome {
        steps,
        ..Outcome::default()
    })
}

/// The rules that are there: those made here, and those that were changed since.
///
/// # Errors
/// When the ERP does not tell them.
pub async fn installed(at: &Installation, to: &Where<'_>) -> Result<Vec<Step>, Refusal> {
    let errand = Errand::as_user(at, to.upstream, to.by).await?;
    let asker = errand.clerk.asker();
    let book = open(&errand, &asker, to, true).await?;
    let present = plan::present(at, &book).await?;
    errand.clerk.flush();
    Ok(present.into_iter().map(plan::Present::listed).collect())
}

/// The user whom no record rule holds.
const SUPERUSER: i64 = 1;

async fn open<'a>(
    errand: &'a Errand,
    asker: &'a portcullis_gateway::upstream::Asker<'a>,
    to: &Where<'_>,
    is_read: bool,
) -> Result<RuleBook<'a>, Refusal> {
    let book = RuleBook::open(&errand.upstream, asker, to.by).await;
    let book = book.map_err(told)?;
    if !is_read && !book.may_write().await.map_err(told)? {
        return Err(Refusal::Erp(format!(
            "`{}` may not write record rules at `{}`: name an ERP user with --as who has the \
             group \"Access Rights\" (base.group_erp_manager) there, and whose credential is kept",
            to.by, to.upstream
        )));
    }
    Ok(book)
}

/// Which of some models inherit from which.
fn heirs(models: &[RuleModel]) -> Heirs {
    let mut heirs = Heirs::new();
    for heir in models {
        let parents = models
            .iter()
            .filter(|model| heir.inherits.contains(&model.id));
        for parent in parents {
            if let (Ok(parent), Ok(heir)) = (Model::new(&parent.name), Model::new(&heir.name)) {
                heirs.entry(parent).or_default().insert(heir);
            }
        }
    }
    heirs
}

async fn warning(
    at: &Installation,
    to: &Where<'_>,
    user: &RuleUser,
) -> Result<Option<(ErpLogin, &'static str)>, Refusal> {
    let health = at.store.erp_users().health().await?;
    let is_administrator = health.iter().any(|known| {
        known.upstream == *to.upstream
            && known.login == user.login
            && known.administrator == Some(true)
    });
    let why = if user.uid == SUPERUSER {
        "it is the superuser, for whom no record rule holds; nothing is installed for it"
    } else if is_administrator || user.uid == 2 || user.login == *to.by {
        "it is an administrator of the ERP, and can take the rules away again"
    } else if user.is_archived {
        "it is archived in the ERP"
    } else {
        return Ok(None);
    };
    Ok(Some((user.login.clone(), why)))
}

/// Makes first, then changes, and removes last, so that nobody is wider in between than before.
async fn carry_out(book: &RuleBook<'_>, steps: &[Step]) -> Result<(), Refusal> {
    let made: Vec<NewRule> = steps
        .iter()
        .filter(|step| step.deed == Deed::Make)
        .filter_map(|step| step.rule.clone())
        .collect();
    book.make(&made).await.map_err(told)?;
    for step in steps.iter().filter(|step| step.deed == Deed::Change) {
        if let (Some(id), Some(rule)) = (step.id, &step.rule) {
            book.change(id, rule).await.map_err(told)?;
        }
    }
    let gone: Vec<i64> = steps
        .iter()
        .filter(|step| step.deed == Deed::Remove)
        .filter_map(|step| step.id)
        .collect();
    book.remove(&gone).await.map_err(told)
}

fn told(error: RuleError) -> Refusal {
    match error {
        RuleError::NotOdoo => Refusal::Unfit(error.to_string()),
        RuleError::Forbidden(_)
        | RuleError::Refused(_)
        | RuleError::Unready(_)
        | RuleError::Strange => Refusal::Erp(error.to_string()),
    }
}

/// Modes as rules of roles call them.
pub fn modes(modes: &BTreeSet<Mode>) -> String {
    let names: Vec<&str> = modes.iter().map(|mode| mode.as_str()).collect();
    names.join(", ")
}
