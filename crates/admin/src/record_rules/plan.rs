//! What is there, what shall be there, and the steps from the one to the other.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_gateway::upstream::{NewRule, RuleBook, RuleError, RuleModel, RuleRow};
use portcullis_identity::{ErpLogin, RoleName};
use portcullis_policy::Mode;

use super::mark::{self, Mark};
use super::{Narrowed, Wanted, told};
use crate::installation::Installation;
use crate::refusal::Refusal;

/// What becomes of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// It is made.
    Make,
    /// It is made what it shall be.
    Change,
    /// It is as it shall be.
    Keep,
    /// It is removed.
    Remove,
    /// It is left, for whoever it narrows may still have to be narrowed.
    Stay,
    /// Somebody changed it by hand: it is left as it is.
    Leave,
    /// The ERP does not take its domain: it is not made.
    Refused,
    /// It was written, and is not there as it was.
    Lost,
}

/// A rule, and what becomes of it.
#[derive(Debug, Clone)]
pub struct Step {
    /// What becomes of it.
    pub deed: Deed,
    /// Its number, if it is there.
    pub id: Option<i64>,
    /// Its model.
    pub model: String,
    /// For what it holds.
    pub modes: BTreeSet<Mode>,
    /// Whom it narrows, as its name says.
    pub login: String,
    /// The roles that it comes from, as far as it says.
    pub roles: BTreeSet<RoleName>,
    /// Its domain as it is, or shall be.
    pub text: String,
    /// Why it is not made.
    pub why: Option<String>,
    /// What it shall be.
    pub(super) rule: Option<NewRule>,
}

impl Deed {
    /// In one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Make => "made",
            Self::Change => "changed",
            Self::Keep => "as it is",
            Self::Remove => "removed",
            Self::Stay => "left there",
            Self::Leave => "changed by hand",
            Self::Refused => "refused",
            Self::Lost => "lost",
        }
    }
}

impl Step {
    pub(super) fn is_wanting(&self) -> bool {
        matches!(self.deed, Deed::Leave | Deed::Refused | Deed::Lost)
    }
}

/// A rule that is there.
pub(super) struct Present {
    row: RuleRow,
    model: String,
    mark: Option<Mark>,
    /// Whether it is as it was made.
    is_whole: bool,
}

impl Present {
    fn login(&self) -> &str {
        self.row
            .name
            .strip_prefix(mark::NAME)
            .unwrap_or(&self.row.name)
    }

    fn is_of(&self, wanted: &Wanted<'_>) -> bool {
        let roles = self.mark.as_ref().map(|mark| &mark.roles);
        roles.is_some_and(|roles| wanted.roles.iter().any(|role| roles.contains(role)))
    }

    fn step(&self, deed: Deed) -> Step {
        Step {
            deed,
            id: Some(self.row.id),
            model: self.model.clone(),
            modes: self.row.modes.clone(),
            login: self.login().to_owned(),
            roles: self
                .mark
                .as_ref()
                .map(|mark| mark.roles.clone())
                .unwrap_or_default(),
            text: self.row.text.clone(),
            why: None,
            rule: None,
        }
    }

    /// As it stands in a list.
    pub(super) fn listed(self) -> Step {
        self.step(if self.is_whole {
            Deed::Keep
        } else {
            Deed::Leave
        })
    }

    /// One that is left there, and why.
    fn left(&self, why: String) -> Step {
        Step {
            why: Some(why),
            ..self.step(Deed::Stay)
        }
    }

    /// What is done with one that shall not be there.
    fn gone(&self, wanted: &Wanted<'_>) -> Step {
        self.step(if self.is_whole || wanted.force {
            Deed::Remove
        } else {
            Deed::Leave
        })
    }
}

/// The rules that are there, made here or called as those are.
pub(super) async fn present(
    at: &Installation,
    book: &RuleBook<'_>,
) -> Result<Vec<Present>, Refusal> {
    let rows = book.rules(mark::NAME, mark::LINE).await.map_err(told)?;
    let models = rows.iter().map(|row| row.model).collect();
    let models = book.models_of(&models).await.map_err(told)?.into_iter();
    let models: BTreeMap<i64, String> = models.map(|model| (model.id, model.name)).collect();
    let present = rows.into_iter().map(|row| {
        let model = models.get(&row.model).cloned().unwrap_or_default();
        let mark = mark::read(&row.text);
        let whole = |mark: &Mark| mark::is_whole(at, &row, &model, mark);
        Present {
            is_whole: mark.as_ref().is_some_and(whole),
            mark,
            row,
            model,
        }
    });
    Ok(present.collect())
}

/// What shall be there: each rule is tried on the ERP first, for it looks at a rule only when
/// the user asks for something, and then refuses everything.
pub(super) async fn wanted(
    at: &Installation,
    book: &RuleBook<'_>,
    narrowed: &[Narrowed],
    models: &[RuleModel],
) -> Result<Vec<Step>, Refusal> {
    let mut steps = Vec::new();
    for one in narrowed {
        let user = &one.user;
        for rule in &one.rules {
            let name = rule.model.as_str();
            let mut step = Step {
                deed: Deed::Make,
                id: None,
                model: name.to_owned(),
                modes: rule.modes.clone(),
                login: user.login.to_string(),
                roles: one.roles.clone(),
                text: rule.expression.clone(),
                why: None,
                rule: None,
            };
            let model = models.iter().find(|known| known.name == name);
            let records = rule.records_for(user.uid, &user.login, &user.facts);
            let why = match (model, records) {
                (None, _) => Some("the ERP has no such model".to_owned()),
                (_, None) => Some("the ERP does not tell what it says of the user".to_owned()),
                (Some(model), Some(records)) => {
                    let new = mark::rule(
                        at,
                        (model.id, name),
                        &rule.modes,
                        &rule.expression,
                        (&user.login, user.uid, &one.roles),
                    );
                    step.text.clone_from(&new.text);
                    step.rule = Some(new);
                    match book.found(name, records.to_value(), 1).await {
                        Ok(_) => None,
                        Err(RuleError::Refused(said) | RuleError::Forbidden(said)) => {
                            Some(format!("its domain is not taken: {said}"))
                        }
                        Err(error) => return Err(told(error)),
                    }
                }
            };
            if why.is_some() {
                (step.deed, step.why, step.rule) = (Deed::Refused, why, None);
            }
            steps.push(step);
        }
    }
    Ok(steps)
}

/// The steps to what shall be there. Of the rules that are there only those of the users that are
/// narrowed are touched. Who has none of the roles by a key (any more) may have been named, or may
/// come as a person: such rules are told, and left.
pub(super) fn steps(
    mut wanted_steps: Vec<Step>,
    present: Vec<Present>,
    narrowed: &[Narrowed],
    wanted: &Wanted<'_>,
) -> Vec<Step> {
    let is_theirs = |there: &Present| {
        narrowed.iter().any(|one| {
            let by_mark = there
                .mark
                .as_ref()
                .is_some_and(|mark| mark.uid == one.user.uid);
            by_mark || there.row.name == mark::name(&one.user.login)
        })
    };
    let (mut there, others): (Vec<Present>, Vec<Present>) = present
        .into_iter()
        .filter(|there| is_theirs(there) || (wanted.users.is_none() && there.is_of(wanted)))
        .partition(is_theirs);
    // Those that are right already, before any other is taken for one that shall be changed.
    for step in &mut wanted_steps {
        let Some(rule) = &step.rule else { continue };
        let same = there
            .iter()
            .position(|there| there.is_whole && is_same(&there.row, rule));
        if let Some(at) = same {
            step.id = Some(there.swap_remove(at).row.id);
            step.deed = Deed::Keep;
        }
    }
    for step in &mut wanted_steps {
        let Some(rule) = step.rule.as_ref().filter(|_| step.deed == Deed::Make) else {
            continue;
        };
        let other = there
            .iter()
            .position(|there| there.row.name == rule.name && there.row.model == rule.model);
        if let Some(at) = other {
            let there = there.swap_remove(at);
            step.id = Some(there.row.id);
            if there.is_whole || wanted.force {
                step.deed = Deed::Change;
            } else {
                *step = there.step(Deed::Leave);
            }
        }
    }
    there.sort_by_key(|there| there.row.id);
    wanted_steps.extend(there.iter().map(|there| there.gone(wanted)));
    wanted_steps.extend(others.iter().map(|there| {
        there.left(
            "no key that runs as this user has the role: `policy uninstall` takes the rule out"
                .to_owned(),
        )
    }));
    wanted_steps
}

fn is_same(row: &RuleRow, rule: &NewRule) -> bool {
    row.text == rule.text
        && row.name == rule.name
        && row.model == rule.model
        && row.modes == rule.modes
}

/// What is done to take rules out.
pub(super) fn removals(present: Vec<Present>, wanted: &Wanted<'_>) -> Vec<Step> {
    let is_meant = |there: &&Present| {
        let named = |login: &ErpLogin| there.row.name == mark::name(login);
        let of_user = wanted.users.is_none_or(|users| users.iter().any(named));
        // Whose mark is gone does not say of which roles it was.
        let of_role = wanted.roles.is_empty() || there.mark.is_none() || there.is_of(wanted);
        of_user && of_role
    };
    let meant = present.iter().filter(is_meant);
    meant
        .map(|there| match others(there, wanted) {
            Some(others) => there.left(format!(
                "it is of the role {others} as well: take that out too, or lay it anew with `policy install`"
            )),
            None => there.gone(wanted),
        })
        .collect()
}

/// The roles from which a rule comes besides those that are taken out.
fn others(there: &Present, wanted: &Wanted<'_>) -> Option<String> {
    let roles = &there.mark.as_ref()?.roles;
    let others: Vec<String> = roles
        .iter()
        .filter(|role| !wanted.roles.contains(role))
        .map(|role| format!("`{role}`"))
        .collect();
    (!wanted.roles.is_empty() && !others.is_empty()).then(|| others.join(", "))
}

/// Looks whether what was written is there.
pub(super) fn confirm(steps: &mut [Step], present: &[Present]) {
    for step in steps {
        if !matches!(step.deed, Deed::Make | Deed::Change) {
            continue;
        }
        let Some(rule) = &step.rule else { continue };
        let mut whole = present.iter().filter(|there| there.is_whole);
        match whole.find(|there| is_same(&there.row, rule)) {
            Some(there) => step.id = Some(there.row.id),
            None => step.deed = Deed::Lost,
        }
    }
}
