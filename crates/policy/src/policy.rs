//! The rules of all roles, and the judgement.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use portcullis_erp::{Shape, Value};
use portcullis_identity::RoleName;

use crate::decision::{Decision, Reason, Refusal};
use crate::operation::Operation;
use crate::permit::Permit;
use crate::question::Question;
use crate::role::Role;
use crate::terms::Terms;

/// All roles, in one version.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    version: u64,
    roles: BTreeMap<RoleName, Role>,
}

impl Policy {
    /// A policy of these roles; of two with the same name the later one counts.
    pub fn new(version: u64, roles: Vec<Role>) -> Self {
        Self { version, roles: roles.into_iter().map(|role| (role.name().clone(), role)).collect() }
    }

    /// The version, for records.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The roles by name.
    pub fn roles(&self) -> impl Iterator<Item = &Role> {
        self.roles.values()
    }

    /// A role.
    pub fn role(&self, name: &RoleName) -> Option<&Role> {
        self.roles.get(name)
    }

    /// May this be done?
    pub fn judge(&self, question: Question<'_>) -> Decision {
        let call = &question.call;
        let operation = match call.method.as_str() {
            "search" | "read" | "search_read" | "search_count" | "get" | "get_list" | "get_count" => {
                Operation::Read
            }
            "create" | "insert" => Operation::Create,
            "write" | "save" => Operation::Write,
            "unlink" | "delete" => Operation::Delete,
            _ => Operation::Call,
        };
        for name in question.principal.roles() {
            let Some(role) = self.roles.get(name) else { continue };
            for rule in role.rules() {
                if !rule.holds_for(question.upstream, question.dialect)
                    || !rule.speaks_of(&call.model, question.family)
                    || !rule.operations.contains(&operation)
                    || rule.domain.is_some()
                {
                    continue;
                }
                let named: BTreeSet<String> = match call.named.get("fields") {
                    Some(Value::List(names)) => {
                        names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
                    }
                    _ => BTreeSet::new(),
                };
                if !named.iter().all(|name| rule.reads(name)) {
                    continue;
                }
                let shape = Shape { fields: named.into_iter().collect(), ..Shape::default() };
                return Decision::Allow(Box::new(Permit {
                    rule: format!("{name}/{}", rule.name),
                    operation,
                    shape,
                    guards: VecDeque::new(),
                    call: question.call,
                    terms: Terms::Plain,
                }));
            }
        }
        Decision::Refuse(Box::new(Refusal::access(
            Reason::NoRule,
            format!("this key may not use `{}` of `{}`", call.method, call.model),
            "add a rule",
        )))
    }
}
