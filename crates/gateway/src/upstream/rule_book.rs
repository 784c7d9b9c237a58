//! The record rules of an Odoo (`ir.rule`), read and written for an administrator of the gateway,
//! as an ERP user who may. Every question is recorded, as the gateway's own are, and no answer
//! goes to a client.

mod rows;

use std::collections::BTreeSet;
use std::sync::Arc;

use portcullis_erp::{Answer, Call, FaultKind, Map, Model, RecordId, Release, Value};
use portcullis_identity::ErpLogin;
use portcullis_policy::{Family, Mode, UserFacts};

use super::own::{Asker, Unready};
use super::{ErpUser, Upstream};
pub use rows::{NewRule, RuleModel, RuleRow, RuleUser};
use rows::{id, leaf, linked, rule, text, values};

/// The model of the rules.
const RULES: &str = "ir.rule";

/// How many rows are asked for at once.
const MOST: i64 = 10_000;

/// With whom, and where, rules are read and written.
pub struct RuleBook<'a> {
    upstream: &'a Upstream,
    asker: &'a Asker<'a>,
    user: Arc<ErpUser>,
}

/// Why the rules of an ERP cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// It has none.
    #[error("record rules are an Odoo's: this ERP has none")]
    NotOdoo,
    /// The user's groups or rules do not let it.
    #[error("the ERP does not let the user do it: {0}")]
    Forbidden(String),
    /// The ERP refuses.
    #[error("the ERP refuses: {0}")]
    Refused(String),
    /// It could not be asked.
    #[error(transparent)]
    Unready(#[from] Unready),
    /// It answered something else.
    #[error("the ERP answered something that is no list of rules, models or users")]
    Strange,
}

impl<'a> RuleBook<'a> {
    /// The book of an ERP, in the hands of one of its users.
    ///
    /// # Errors
    /// When it is no Odoo, or does not take the user's credential.
    pub async fn open(
        upstream: &'a Upstream,
        asker: &'a Asker<'a>,
        login: &ErpLogin,
    ) -> Result<Self, RuleError> {
        if upstream.family() != Family::Odoo {
            return Err(RuleError::NotOdoo);
        }
        let user = upstream.user(login).ok_or(Unready::Unreachable)?;
        // Who is refused holds up nobody else.
        if upstream.version().is_none() {
            upstream.prepare(asker).await?;
        } else if user.uid().is_none() {
            upstream.try_user(asker, &user).await?;
        }
        Ok(Self {
            upstream,
            asker,
            user,
        })
    }

    /// Whether the user may make, change and delete rules.
    ///
    /// # Errors
    /// When the ERP does not tell.
    pub async fn may_write(&self) -> Result<bool, RuleError> {
        let release = self.upstream.release();
        let is_new = release.is_none_or(|release| release >= Release::new(18));
        for mode in ["create", "write", "unlink"] {
            let call = if is_new {
                call(RULES, "has_access")?.on(Vec::new())
            } else {
                call(RULES, "check_access_rights")?.with("raise_exception", false)
            };
            match self.ask(call.with("operation", mode)).await {
                Ok(Value::Bool(true)) => {}
                Ok(_) | Err(RuleError::Refused(_) | RuleError::Forbidden(_)) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Rules whose name begins so, or in whose domain this stands; those that are switched off
    /// as well.
    ///
    /// # Errors
    /// When the ERP does not tell them.
    pub async fn rules(&self, named: &str, marked: &str) -> Result<Vec<RuleRow>, RuleError> {
        let domain = Value::List(vec![
            Value::from("|"),
            leaf("name", "=like", format!("{named}%")),
            leaf("domain_force", "like", marked),
        ]);
        let mut fields = vec!["name", "model_id", "domain_force", "groups", "active"];
        fields.extend(Mode::ALL.map(Mode::column));
        let rows = self.rows(RULES, domain, &fields, MOST).await?;
        rows.iter().map(rule).collect()
    }

    /// Models by their names.
    ///
    /// # Errors
    /// When the ERP does not tell them.
    pub async fn models(&self, names: &BTreeSet<Model>) -> Result<Vec<RuleModel>, RuleError> {
        let names = names.iter().map(|name| Value::from(name.as_str()));
        self.models_where("model", names.collect()).await
    }

    /// Models by their numbers.
    ///
    /// # Errors
    /// When the ERP does not tell them.
    pub async fn models_of(&self, ids: &BTreeSet<i64>) -> Result<Vec<RuleModel>, RuleError> {
        let ids = ids.iter().copied().map(Value::Int);
        self.models_where("id", ids.collect()).await
    }

    async fn models_where(
        &self,
        field: &str,
        among: Vec<Value>,
    ) -> Result<Vec<RuleModel>, RuleError> {
        if among.is_empty() {
            return Ok(Vec::new());
        }
        let domain = Value::List(vec![leaf(field, "in", Value::List(among))]);
        let fields = ["model", "inherited_model_ids"];
        let rows = self.rows("ir.model", domain, &fields, MOST).await?;
        let known = rows.iter().map(|row| {
            let parents = row.get("inherited_model_ids").and_then(Value::as_list);
            let parents = parents.unwrap_or_default().iter();
            Some(RuleModel {
                id: id(row)?,
                name: text(row, "model")?,
                inherits: parents.filter_map(Value::as_int).collect(),
            })
        });
        known.collect::<Option<_>>().ok_or(RuleError::Strange)
    }

    /// Users by their logins, archived ones as well.
    ///
    /// # Errors
    /// When the ERP does not tell them.
    pub async fn users(&self, logins: &BTreeSet<ErpLogin>) -> Result<Vec<RuleUser>, RuleError> {
        let names = logins.iter().map(|login| Value::from(login.as_str()));
        let domain = Value::List(vec![leaf("login", "in", Value::List(names.collect()))]);
        let fields = ["login", "active", "partner_id", "company_ids"];
        let rows = self.rows("res.users", domain, &fields, MOST).await?;
        let users = rows.iter().map(|row| {
            let companies = row.get("company_ids").and_then(Value::as_list);
            let companies = companies.unwrap_or_default().iter();
            Some(RuleUser {
                login: ErpLogin::new(&text(row, "login")?).ok()?,
                uid: id(row)?,
                is_archived: row.get("active") == Some(&Value::Bool(false)),
                facts: UserFacts {
                    name: None,
                    partner_id: row.get("partner_id").and_then(linked),
                    company_ids: companies.filter_map(Value::as_int).collect(),
                },
            })
        });
        users.collect::<Option<_>>().ok_or(RuleError::Strange)
    }

    /// The numbers of some records of a domain, archived ones as well.
    ///
    /// # Errors
    /// When the ERP does not take the domain, or does not answer.
    pub async fn found(
        &self,
        model: &str,
        domain: Value,
        most: i64,
    ) -> Result<Vec<i64>, RuleError> {
        let rows = self.rows(model, domain, &["id"], most).await?;
        rows.iter()
            .map(id)
            .collect::<Option<_>>()
            .ok_or(RuleError::Strange)
    }

    /// Makes rules, all or none.
    ///
    /// # Errors
    /// When the ERP refuses, or it is not known what it did.
    pub async fn make(&self, rules: &[NewRule]) -> Result<(), RuleError> {
        if rules.is_empty() {
            return Ok(());
        }
        let rules = rules.iter().map(|rule| Value::Map(values(rule)));
        let call = call(RULES, "create")?.with("vals_list", Value::List(rules.collect()));
        self.ask(call).await.map(drop)
    }

    /// Makes a rule what it shall be.
    ///
    /// # Errors
    /// As [`RuleBook::make`].
    pub async fn change(&self, id: i64, rule: &NewRule) -> Result<(), RuleError> {
        let call = call(RULES, "write")?.on(vec![RecordId::Number(id)]);
        self.ask(call.with("vals", Value::Map(values(rule))))
            .await
            .map(drop)
    }

    /// Removes rules.
    ///
    /// # Errors
    /// As [`RuleBook::make`].
    pub async fn remove(&self, ids: &[i64]) -> Result<(), RuleError> {
        if ids.is_empty() {
            return Ok(());
        }
        let ids = ids.iter().copied().map(RecordId::Number).collect();
        self.ask(call(RULES, "unlink")?.on(ids)).await.map(drop)
    }

    async fn rows(
        &self,
        model: &str,
        domain: Value,
        fields: &[&str],
        most: i64,
    ) -> Result<Vec<Map>, RuleError> {
        let fields = fields.iter().copied().map(Value::from).collect();
        let mut call = call(model, "search_read")?
            .with("domain", domain)
            .with("fields", Value::List(fields))
            .with("limit", most)
            .with("order", "id");
        call.context
            .insert("active_test".to_owned(), Value::Bool(false));
        let Value::List(rows) = self.ask(call).await? else {
            return Err(RuleError::Strange);
        };
        let rows = rows.into_iter().map(|row| {
            if let Value::Map(row) = row {
                Ok(row)
            } else {
                Err(RuleError::Strange)
            }
        });
        rows.collect()
    }

    async fn ask(&self, call: Call) -> Result<Value, RuleError> {
        match self.upstream.ask_own(self.asker, &call, &self.user).await? {
            Answer::Value(value) => Ok(value),
            Answer::DoneWithoutResult => Ok(Value::Null),
            Answer::Fault(fault) if fault.kind == FaultKind::AccessError => {
                Err(RuleError::Forbidden(fault.message))
            }
            Answer::Fault(fault) => Err(RuleError::Refused(fault.message)),
        }
    }
}

fn call(model: &str, method: &str) -> Result<Call, RuleError> {
    Call::new(model, method).map_err(|_| RuleError::Strange)
}
