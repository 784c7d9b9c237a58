//! How a rule that was made here is known again: its last line is a comment that names the roles
//! and the user, with a digest of the whole rule. Who changes anything of it by hand, or copies
//! the mark, has not the key of the digest.

use std::collections::BTreeSet;

use portcullis_gateway::upstream::{NewRule, RuleRow};
use portcullis_identity::{ErpLogin, RoleName};
use portcullis_policy::Mode;

use crate::installation::Installation;

/// What names of rules begin with.
pub(super) const NAME: &str = "Portcullis: ";
/// What the last line begins with.
pub(super) const LINE: &str = "# portcullis ";

/// What a mark says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    /// The number of the user whom the rule narrows.
    pub(super) uid: i64,
    /// The roles that it comes from.
    pub(super) roles: BTreeSet<RoleName>,
    digest: String,
}

/// What a rule is called that narrows this user.
pub(super) fn name(login: &ErpLogin) -> String {
    format!("{NAME}{login}")
}

/// A rule with its mark: for this user the records of an expression, for everybody else all.
pub(super) fn rule(
    at: &Installation,
    (model, model_name): (i64, &str),
    modes: &BTreeSet<Mode>,
    expression: &str,
    (login, uid, roles): (&ErpLogin, i64, &BTreeSet<RoleName>),
) -> NewRule {
    let body = format!("{expression} if user.id == {uid} else [(1, '=', 1)]");
    let name = name(login);
    let digest = digest(at, (&name, model_name, modes), (&body, uid, roles));
    NewRule {
        name,
        model,
        modes: modes.clone(),
        text: format!("{body}\n{LINE}user={uid} roles={} {digest}", listed(roles)),
    }
}

/// The mark of a rule, if it has one.
pub(super) fn read(text: &str) -> Option<Mark> {
    let (_, line) = text.rsplit_once('\n')?;
    let mut words = line.strip_prefix(LINE)?.split(' ');
    let uid = words.next()?.strip_prefix("user=")?.parse().ok()?;
    let roles = words.next()?.strip_prefix("roles=")?.split(',');
    let roles = roles.map(RoleName::new).collect::<Result<_, _>>().ok()?;
    let digest = words.next()?.to_owned();
    words
        .next()
        .is_none()
        .then_some(Mark { uid, roles, digest })
}

/// Whether a rule is still as it was made here.
pub(super) fn is_whole(at: &Installation, row: &RuleRow, model_name: &str, mark: &Mark) -> bool {
    let Some((body, _)) = row.text.rsplit_once('\n') else {
        return false;
    };
    let meant = digest(
        at,
        (&row.name, model_name, &row.modes),
        (body, mark.uid, &mark.roles),
    );
    row.is_plain && mark.digest == meant
}

fn listed(roles: &BTreeSet<RoleName>) -> String {
    let names: Vec<&str> = roles.iter().map(RoleName::as_str).collect();
    names.join(",")
}

fn digest(
    at: &Installation,
    (name, model, modes): (&str, &str, &BTreeSet<Mode>),
    (body, uid, roles): (&str, i64, &BTreeSet<RoleName>),
) -> String {
    let modes = super::modes(modes);
    let (uid, roles) = (uid.to_string(), listed(roles));
    let parts = ["record rule", name, model, &modes, body, &uid, &roles];
    let whole = at.safe.digest(&parts.map(str::as_bytes));
    let half = whole.iter().take(16);
    half.map(|byte| format!("{byte:02x}")).collect()
}
