//! What rules may speak of the ERP user as whom a call runs: asked of the ERP once, as that user
//! and about itself, kept beside what is known of the models, and forgotten with it.

use portcullis_erp::{Answer, Call, RecordId, Value};
use portcullis_policy::{Family, UserFacts};

use super::own::is_final;
use super::{Asker, ErpUser, Unready, Upstream};

impl Upstream {
    /// Asks who a user is, and remembers it.
    ///
    /// # Errors
    /// When the ERP does not answer, or something else.
    pub(crate) async fn learn_user(
        &self,
        asker: &Asker<'_>,
        user: &ErpUser,
    ) -> Result<(), Unready> {
        let facts = match self.family() {
            Family::Frappe => UserFacts {
                name: Some(self.name_of(asker, user).await?),
                ..UserFacts::default()
            },
            Family::Odoo => {
                // Who may see the partner may not see the companies everywhere.
                let both = ["partner_id", "company_ids"];
                match self.own_row(asker, user, &both).await? {
                    Some(facts) => facts,
                    None => {
                        let partner = self.own_row(asker, user, &["partner_id"]).await?;
                        partner.unwrap_or_default()
                    }
                }
            }
        };
        self.known.change(user.login(), |known| {
            known.learn_user(user.login().clone(), facts.clone());
        });
        Ok(())
    }

    /// Some fields of an Odoo user's own record; none where it may not read them.
    async fn own_row(
        &self,
        asker: &Asker<'_>,
        user: &ErpUser,
        fields: &[&str],
    ) -> Result<Option<UserFacts>, Unready> {
        const STRANGE: Unready = Unready::Strange("Odoo");
        let uid = user.uid().ok_or(STRANGE)?;
        let fields = fields.iter().copied().map(Value::from).collect();
        let call = Call::new("res.users", "read")
            .map_err(|_| STRANGE)?
            .on(vec![RecordId::Number(uid)])
            .with("fields", Value::List(fields));
        match self.ask_own(asker, &call, user).await? {
            Answer::Value(rows) => read(&rows, uid).map(Some).ok_or(STRANGE),
            Answer::Fault(fault) if is_final(fault.kind) => Ok(None),
            Answer::Fault(_) | Answer::DoneWithoutResult => Err(STRANGE),
        }
    }
}

/// Reads the only row of an answer, which must be the user's own.
fn read(rows: &Value, uid: i64) -> Option<UserFacts> {
    let [row] = rows.as_list()? else {
        return None;
    };
    let row = row.as_map()?;
    if row.get("id").and_then(Value::as_int) != Some(uid) {
        return None;
    }
    let partner_id = row.get("partner_id").and_then(|link| match link.as_list() {
        Some([id, ..]) => id.as_int(),
        Some([]) => None,
        None => link.as_int(),
    });
    let companies = row.get("company_ids").and_then(Value::as_list);
    Some(UserFacts {
        name: None,
        partner_id: partner_id.filter(|id| *id > 0),
        company_ids: companies.map_or_else(Vec::new, |ids| {
            ids.iter().filter_map(Value::as_int).collect()
        }),
    })
}

#[cfg(test)]
mod tests {
    use portcullis_erp::Limits;
    use portcullis_erp::value::from_json;

    use super::*;

    fn told(rows: &str) -> Option<UserFacts> {
        read(&from_json(rows.as_bytes(), &Limits::default()).unwrap(), 7)
    }

    #[test]
    fn what_is_told_is_read_from_the_own_row_only() {
        let facts = told(r#"[{"id": 7, "partner_id": [9, "Ann"], "company_ids": [1, 2]}]"#);
        let facts = facts.unwrap();
        assert_eq!(facts.partner_id, Some(9));
        assert_eq!(facts.company_ids, [1, 2]);
        assert_eq!(
            told(r#"[{"id": 7, "partner_id": 9}]"#).unwrap().partner_id,
            Some(9)
        );
        let nothing = told(r#"[{"id": 7, "partner_id": false}]"#).unwrap();
        assert_eq!(nothing, UserFacts::default());
        assert_eq!(told(r#"[{"id": 8, "partner_id": 9}]"#), None);
        assert_eq!(told("[]"), None);
    }
}
