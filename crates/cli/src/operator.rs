//! Who runs the program, for the record: the system's own word on it, not the environment's.

use std::os::unix::fs::MetadataExt as _;

/// The name of the system's user, or its number where it has none.
pub(crate) fn name() -> String {
    let Ok(own) = std::fs::metadata("/proc/self") else {
        return "operator".to_owned();
    };
    let uid = own.uid();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    named(&users, uid).unwrap_or_else(|| format!("uid {uid}"))
}

/// The name of a user in the system's list.
fn named(users: &str, uid: u32) -> Option<String> {
    users.lines().find_map(|line| {
        let mut parts = line.split(':');
        let name = parts.next()?;
        let found: u32 = parts.nth(1)?.parse().ok()?;
        (found == uid).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_known_by_the_number() {
        let users = "root:x:0:0:root:/root:/bin/sh\nann:x:1000:100::/home/ann:/bin/sh\nbad\n";
        assert_eq!(named(users, 1000).as_deref(), Some("ann"));
        assert_eq!(named(users, 7), None);
        assert!(!name().is_empty());
    }
}
