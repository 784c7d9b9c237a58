//! Whether a call is the approver's own, as far as names tell.

use portcullis_storage::ApprovalRow;

/// Why a call is somebody's own, if it is: by who made or rotated its key, who answers for the
/// key (`owner`), or what its caller and the ERP user are called.
///
/// Names are compared without regard to capitals, whole and up to an `@`. That two names which
/// have nothing in common are one person's is not known here.
pub fn own(
    name: &str,
    row: &ApprovalRow,
    owner: Option<&str>,
    hands: &[String],
) -> Option<&'static str> {
    if hands.iter().any(|hand| is_one(name, hand)) {
        return Some("you made its key, or rotated it");
    }
    if owner
        .into_iter()
        .flat_map(words)
        .any(|word| is_one(name, word))
    {
        return Some("you are named as the owner of its key");
    }
    if is_one(name, row.login.as_str()) || is_one(name, &row.name) {
        return Some("its caller is called as you are");
    }
    None
}

/// The names in a text for people, such as `Ann Example <ann@example.com>`.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let within = |letter: char| letter.is_alphanumeric() || "._-+@".contains(letter);
    let words = text.split(move |letter| !within(letter));
    words.chain([text]).filter(|word| !word.is_empty())
}

fn is_one(one: &str, other: &str) -> bool {
    let forms = |name: &str| {
        let whole = name.trim().to_lowercase();
        let short = whole.split('@').next().unwrap_or_default().to_owned();
        [whole, short]
    };
    let other = forms(other);
    forms(one)
        .iter()
        .any(|form| !form.is_empty() && other.contains(form))
}

#[cfg(test)]
mod tests {
    use portcullis_audit::RequestId;
    use portcullis_identity::{ErpLogin, Timestamp, UpstreamName};
    use portcullis_storage::ApprovalState;

    use super::*;

    fn call(name: &str, login: &str) -> ApprovalRow {
        ApprovalRow {
            id: RequestId(1),
            caller: "one".into(),
            call: [1; 32],
            asked: Timestamp(1),
            ends: Timestamp(2),
            name: name.to_owned(),
            kind: "integration".to_owned(),
            key: None,
            upstream: UpstreamName::new("odoo").unwrap(),
            login: ErpLogin::new(login).unwrap(),
            model: "res.partner".to_owned(),
            method: "write".to_owned(),
            operation: "write".to_owned(),
            rule: "a/b".to_owned(),
            sealed: None,
            state: ApprovalState::Waits,
            decided: None,
        }
    }

    #[test]
    fn somebody_else_is_somebody_else() {
        let row = call("shop", "integration");
        let hands = ["carl".to_owned()];
        assert_eq!(
            own("ann", &row, Some("Carl Example <carl@example.com>"), &hands),
            None
        );
        assert_eq!(
            own("ann", &call("ann-shop", "anna"), Some("Annabel"), &[]),
            None
        );
        assert_eq!(own("ann", &row, Some(""), &[]), None);
    }

    #[test]
    fn whoever_made_owns_or_is_the_caller_is_known() {
        let row = call("shop", "integration");
        assert!(own("ann", &row, None, &["Ann".to_owned()]).is_some());
        for owner in [
            "ann",
            "Ann Example <x@example.com>",
            "sales, ann@example.com",
            "ANN",
        ] {
            assert!(own("ann", &row, Some(owner), &[]).is_some(), "{owner}");
        }
        assert!(own("ann@example.com", &row, Some("ann"), &[]).is_some());
        assert!(own("Ann Example", &row, Some("Ann Example"), &[]).is_some());
        assert!(own("ann", &call("shop", "ann@example.com"), None, &[]).is_some());
        assert!(own("ann", &call("ANN", "integration"), None, &[]).is_some());
    }
}
