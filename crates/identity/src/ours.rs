//! What credentials of the gateway's own begin with, so that one is known for what it is
//! wherever it is shown: none of them is a password of an ERP.

pub(crate) const KEY: &str = "pck_";
pub(crate) const ADMIN_KEY: &str = "pca_";
pub(crate) const SESSION: &str = "pcs_";
pub(crate) const ADMINISTRATOR: &str = "pcl_";
pub(crate) const ENROLMENT: &str = "pce_";
pub(crate) const SIGNING: &str = "pcsign_";

/// What a text begins with that the gateway gave somebody, or might have given.
pub const PREFIXES: [&str; 6] = [KEY, ADMIN_KEY, SESSION, ADMINISTRATOR, ENROLMENT, SIGNING];

/// Whether a text begins as a credential of the gateway's own does.
pub fn looks_like_ours(text: &str) -> bool {
    PREFIXES.iter().any(|prefix| text.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_beginning_is_explained_to_those_who_find_one() {
        let page = include_str!("../../../docs/keys.md");
        for prefix in PREFIXES {
            let row = format!("\n| `{prefix}` | ");
            assert!(
                page.contains(&row),
                "docs/keys.md does not explain `{prefix}`"
            );
            assert!(looks_like_ours(&format!("{prefix}aaaa")));
        }
        let rows = page.lines().filter(|line| line.starts_with("| `pc"));
        assert_eq!(
            rows.count(),
            PREFIXES.len(),
            "the page explains what there is not"
        );
        assert!(!looks_like_ours("password"));
    }
}
