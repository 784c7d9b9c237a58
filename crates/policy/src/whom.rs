//! The ERP user as whom a call runs, as far as rules speak of it: `principal.user_id` and the
//! like in a rule's domain stand for what is known of that user.
//!
//! A value that is not known is asked of the ERP once ([`crate::Refusal::wants_user`]). What the
//! ERP does not tell leaves the rule without effect: nothing is ever put in its place.

use std::borrow::Cow;

use portcullis_erp::Value;
use portcullis_erp::domain::{self, Domain, Leaf, Node, Operand};
use portcullis_erp::filters::{self, Condition};
use portcullis_identity::ErpLogin;

use crate::operation::Family;

/// What placeholders begin with.
const PREFIX: &str = "principal.";

/// What an ERP told of one of its users.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFacts {
    /// What a Frappe calls it; its login may be another name.
    pub name: Option<String>,
    /// Its own partner (Odoo).
    pub partner_id: Option<i64>,
    /// The companies that it may work in (Odoo); none where they were not told.
    pub company_ids: Vec<i64>,
}

/// What stands for a value of the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placeholder {
    UserId,
    PartnerId,
    CompanyIds,
    Login,
}

/// The user as whom a call would run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whom<'a> {
    family: Family,
    known: Known<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Known<'a> {
    /// Only whether a call of that form could be allowed is asked: any user does.
    Anybody,
    Somebody {
        uid: Option<i64>,
        login: &'a ErpLogin,
        facts: Option<&'a UserFacts>,
    },
}

/// Why a placeholder has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// The ERP was not asked yet.
    NotAsked,
    /// It does not tell.
    NotTold(&'static str),
}

impl Placeholder {
    const ALL: &[Self] = &[Self::UserId, Self::PartnerId, Self::CompanyIds, Self::Login];

    const fn as_str(self) -> &'static str {
        match self {
            Self::UserId => "principal.user_id",
            Self::PartnerId => "principal.partner_id",
            Self::CompanyIds => "principal.company_ids",
            Self::Login => "principal.login",
        }
    }

    pub(crate) fn read(value: &Value) -> Option<Self> {
        let text = value.as_str()?;
        Self::ALL
            .iter()
            .copied()
            .find(|placeholder| placeholder.as_str() == text)
    }
}

impl<'a> Whom<'a> {
    /// Nobody in particular.
    pub(crate) fn anybody(family: Family) -> Self {
        Self {
            family,
            known: Known::Anybody,
        }
    }

    pub(crate) fn somebody(
        family: Family,
        uid: Option<i64>,
        login: &'a ErpLogin,
        facts: Option<&'a UserFacts>,
    ) -> Self {
        let known = Known::Somebody { uid, login, facts };
        Self { family, known }
    }

    /// Whether this is what the user is called, by its login or by its name.
    pub(crate) fn is_called(&self, text: &str) -> bool {
        match self.known {
            Known::Anybody => true,
            Known::Somebody { login, facts, .. } => {
                let name = facts.and_then(|facts| facts.name.as_deref());
                login.as_str() == text || name == Some(text)
            }
        }
    }

    /// What the ERP's stamps call the user; none where that is not known.
    pub(crate) fn stamp(&self) -> Option<String> {
        let Known::Somebody { uid, login, facts } = self.known else {
            return None;
        };
        match self.family {
            Family::Odoo => uid.map(|uid| uid.to_string()),
            Family::Frappe => {
                // One may log in by another name than that by which a Frappe knows one.
                let is_name = |login: &&str| login.contains('@') || *login == "Administrator";
                let name = facts.and_then(|facts| facts.name.as_deref());
                let name = name.or(Some(login.as_str()).filter(is_name));
                name.map(str::to_owned)
            }
        }
    }

    /// The domain with the user's values in it.
    pub(crate) fn domain(&self, domain: &Domain) -> Result<Domain, Unknown> {
        self.node(domain.node())
    }

    fn node(&self, node: &Node) -> Result<Domain, Unknown> {
        Ok(match node {
            Node::And(parts) => {
                let mut all = Domain::all();
                for part in parts {
                    all = all.and(self.node(part)?);
                }
                all
            }
            Node::Or(parts) => {
                let mut any = Domain::none();
                for part in parts {
                    any = any.or(self.node(part)?);
                }
                any
            }
            Node::Not(inner) => self.node(inner)?.not(),
            Node::Leaf(leaf) => Domain::leaf(Leaf {
                operand: match &leaf.operand {
                    Operand::Value(value) => Operand::Value(self.filled(value)?),
                    Operand::Domain(inner) => Operand::Domain(Box::new(self.domain(inner)?)),
                },
                ..leaf.clone()
            }),
            Node::True => Domain::all(),
            Node::False => Domain::none(),
        })
    }

    /// The condition with the user's values in it.
    pub(crate) fn condition(&self, condition: &Condition) -> Result<Condition, Unknown> {
        Ok(Condition {
            value: self.filled(&condition.value)?,
            ..condition.clone()
        })
    }

    /// A value that a condition compares with.
    pub(crate) fn filled(&self, value: &Value) -> Result<Value, Unknown> {
        if let Value::List(items) = value {
            let mut filled = Vec::with_capacity(items.len());
            for item in items {
                match Placeholder::read(item) {
                    Some(placeholder) => filled.extend(self.values(placeholder)?),
                    None => filled.push(item.clone()),
                }
            }
            return Ok(Value::List(filled));
        }
        let Some(placeholder) = Placeholder::read(value) else {
            return Ok(value.clone());
        };
        // INVARIANT: where one value is wanted, `misplaced` let only placeholders of one stand.
        let mut values = self.values(placeholder)?.into_iter();
        values.next().ok_or(Unknown::NotTold(placeholder.as_str()))
    }

    fn values(&self, placeholder: Placeholder) -> Result<Vec<Value>, Unknown> {
        let untold = Unknown::NotTold(placeholder.as_str());
        let Known::Somebody { uid, login, facts } = self.known else {
            return Ok(vec![match (self.family, placeholder) {
                (Family::Odoo, Placeholder::Login) | (Family::Frappe, _) => Value::from("x"),
                (Family::Odoo, _) => Value::Int(1),
            }]);
        };
        let facts = || facts.ok_or(Unknown::NotAsked);
        let one = match (self.family, placeholder) {
            (Family::Odoo, Placeholder::UserId) => uid.map(Value::Int),
            (Family::Odoo, Placeholder::Login) => Some(Value::from(login.as_str())),
            (Family::Odoo, Placeholder::PartnerId) => facts()?.partner_id.map(Value::Int),
            (Family::Odoo, Placeholder::CompanyIds) => {
                let companies = &facts()?.company_ids;
                // A user without any company is none: an empty list would open what is
                // `not in` it.
                if companies.is_empty() {
                    return Err(untold);
                }
                return Ok(companies.iter().copied().map(Value::Int).collect());
            }
            (Family::Frappe, Placeholder::UserId | Placeholder::Login) => {
                facts()?.name.as_deref().map(Value::from)
            }
            (Family::Frappe, Placeholder::PartnerId | Placeholder::CompanyIds) => None,
        };
        one.map(|one| vec![one]).ok_or(untold)
    }
}

/// Wraps a placeholder behind `in` and its kin, which take lists.
pub(crate) fn listed(value: Value) -> Value {
    let Value::List(mut items) = value else {
        return value;
    };
    if let [.., operator, one] = items.as_mut_slice()
        && operator
            .as_str()
            .is_some_and(|text| matches!(text, "in" | "not in" | "child_of" | "parent_of"))
        && Placeholder::read(one).is_some()
    {
        *one = Value::List(vec![one.clone()]);
    }
    Value::List(items.into_iter().map(listed).collect())
}

/// What is wrong with the placeholders of a rule's domain, if anything is; whether it has any.
pub(crate) fn misplaced(
    odoo: Option<&Domain>,
    frappe: Option<&[Condition]>,
) -> Result<bool, String> {
    let mut found = false;
    if let Some(domain) = odoo {
        in_node(domain.node(), &mut found)?;
    }
    for condition in frappe.into_iter().flatten() {
        use filters::Operator;
        let compares = match condition.operator {
            Operator::Equal | Operator::NotEqual => Compares::WithOne,
            Operator::In | Operator::NotIn => Compares::WithSome,
            _ => Compares::Otherwise,
        };
        found |= in_value(&condition.value, compares)?;
    }
    Ok(found)
}

/// What an operator compares with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Compares {
    WithOne,
    WithSome,
    /// By pattern, order or otherwise: a login with `_` in it would be a pattern.
    Otherwise,
}

fn in_node(node: &Node, found: &mut bool) -> Result<(), String> {
    match node {
        Node::And(parts) | Node::Or(parts) => {
            parts.iter().try_for_each(|part| in_node(part, found))
        }
        Node::Not(inner) => in_node(inner, found),
        Node::Leaf(leaf) => match &leaf.operand {
            Operand::Domain(inner) => in_node(inner.node(), found),
            Operand::Value(value) => {
                use domain::Operator;
                let compares = match leaf.operator {
                    Operator::Equal | Operator::NotEqual => Compares::WithOne,
                    Operator::In | Operator::NotIn | Operator::ChildOf | Operator::ParentOf => {
                        Compares::WithSome
                    }
                    _ => Compares::Otherwise,
                };
                *found |= in_value(value, compares)?;
                Ok(())
            }
        },
        Node::True | Node::False => Ok(()),
    }
}

fn in_value(value: &Value, compares: Compares) -> Result<bool, String> {
    let (items, listed) = match value {
        Value::List(items) => (Cow::Borrowed(items.as_slice()), true),
        one => (Cow::Owned(vec![one.clone()]), false),
    };
    let mut found = false;
    for item in items.iter() {
        let Some(placeholder) = Placeholder::read(item) else {
            if item.as_str().is_some_and(|text| text.starts_with(PREFIX)) {
                return Err(format!(
                    "`{}` is no placeholder (there are principal.user_id, principal.partner_id, principal.company_ids, principal.login)",
                    item.as_str().unwrap_or_default()
                ));
            }
            continue;
        };
        found = true;
        let fits = match compares {
            Compares::WithOne => !listed && placeholder != Placeholder::CompanyIds,
            Compares::WithSome => listed || placeholder != Placeholder::CompanyIds,
            Compares::Otherwise => false,
        };
        if !fits {
            return Err(format!(
                "`{}` stands behind `=`, `!=`, `in`, `not in`, `child_of` or `parent_of`, and `principal.company_ids` behind one of the last four",
                placeholder.as_str()
            ));
        }
    }
    Ok(found)
}
