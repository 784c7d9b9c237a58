//! What each administrative role may do, printed: what changes here is seen in the change.
#![expect(clippy::unwrap_used, reason = "this file is tests")]

use std::fmt::Write as _;

use portcullis_admin::may::{Act, Reach, acts, reach};
use portcullis_identity::{AdminRole, Administrator, Means, PrincipalName, Scope};

fn who(roles: &[AdminRole]) -> Administrator {
    Administrator {
        name: PrincipalName::new("x").unwrap(),
        roles: roles.to_vec(),
        scope: Scope::default(),
        by: Means::Session,
    }
}

fn printed() -> String {
    let mut text = format!("{:24}", "");
    for role in AdminRole::ALL {
        write!(text, "{role:15}").unwrap();
    }
    let mut text = format!("{}\n", text.trim_end());
    for act in acts() {
        let mut line = format!("{:24}", format!("{} {}", act.thing, act.verb));
        for role in AdminRole::ALL {
            let may = match reach(&who(&[*role]), act) {
                None => "-",
                Some(Reach::Scope) => "in its scope",
                Some(Reach::All) => "yes",
            };
            write!(line, "{may:15}").unwrap();
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[test]
fn the_matrix_is_the_one_in_git() {
    let printed = printed();
    assert_eq!(
        include_str!("matrix.txt"),
        printed,
        "tests/matrix.txt would be:\n{printed}"
    );
}

#[test]
fn no_role_is_no_leave_and_two_are_the_wider() {
    let create = Act::new("key", "create");
    assert_eq!(reach(&who(&[]), create), None);
    assert_eq!(reach(&who(&[AdminRole::Auditor]), create), None);
    assert_eq!(
        reach(&who(&[AdminRole::Auditor, AdminRole::KeyManager]), create),
        Some(Reach::Scope)
    );
    let list = Act::new("key", "list");
    assert_eq!(
        reach(&who(&[AdminRole::KeyManager, AdminRole::Auditor]), list),
        Some(Reach::All)
    );
    assert_eq!(
        reach(&who(AdminRole::ALL), Act::new("key", "lend")),
        None,
        "what is not in the table is a no"
    );
}
