//! How long the lists in a call may be. Judging takes time for each member, and so does the ERP.

use portcullis_erp::{Fault, FaultKind};

use crate::decision::{Reason, Refusal};

/// Things to group by, lists of them, and aggregates.
pub(crate) const GROUPS: usize = 64;
/// Parts of an order.
pub(crate) const ORDER: usize = 32;
/// Fields that are named in one argument, and values of one record or row.
pub(crate) const FIELDS: usize = 1_000;
/// Records, rows of a table, commands on links.
pub(crate) const RECORDS: usize = 10_000;

/// Rows of a page, where neither the call nor the role says less. Frappe has no such cap.
pub(crate) const PAGE: u32 = 1_000;

/// How long something may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bound {
    pub(crate) most: usize,
    /// The cap of the role that says so; none where the gateway itself does.
    cap: Option<&'static str>,
}

impl From<usize> for Bound {
    fn from(most: usize) -> Self {
        Self { most, cap: None }
    }
}

impl Bound {
    /// The smaller of the gateway's own bound and a role's cap.
    pub(crate) fn capped(usual: usize, name: &'static str, cap: Option<u32>) -> Self {
        match cap.and_then(|cap| usize::try_from(cap).ok()) {
            Some(most) if most <= usual => Self {
                most,
                cap: Some(name),
            },
            _ => usual.into(),
        }
    }

    /// What is said of something that is too long.
    pub(crate) fn refusal(self, what: &str) -> Refusal {
        let most = self.most;
        match self.cap {
            None => Refusal::new(
                Reason::Argument,
                Fault::new(
                    FaultKind::BadArguments,
                    format!(
                        "The argument `{what}` is too long: at most {most} at once. Ask in several calls."
                    ),
                ),
                format!("`{what}` holds more than {most}, which is the most that is judged"),
            ),
            Some(cap) => Refusal::new(
                Reason::Cap,
                Fault::new(
                    FaultKind::Capped,
                    format!(
                        "`{what}` holds more than {most} at once, which is the cap `{cap}` of this key's role. Ask in several calls."
                    ),
                ),
                format!("`{what}` holds more than `{cap} = {most}` in `[caps]` of the role"),
            ),
        }
    }
}
