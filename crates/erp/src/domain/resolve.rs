//! The last steps of Odoo's rewriting: inherited fields, fields that are searched by code,
//! hierarchies.

use super::SearchError;
use super::facts::FieldKind;
use super::leaf::Operator;
use super::search::Search;
use super::tree::{Condition, Right, Tree};

/// How often a join may be rewritten before it is given up.
const MAX_STEPS: usize = 200;

impl Search<'_> {
    /// Rewrites until only columns, links and sets of records are left.
    pub(super) fn resolve(&self, tree: Tree, model: &str) -> Result<Tree, SearchError> {
        let _depth = self.deeper()?;
        let tree = self.simplify(tree, model)?;
        self.resolve_simple(tree, model)
    }

    fn resolve_simple(&self, tree: Tree, model: &str) -> Result<Tree, SearchError> {
        match tree {
            Tree::True | Tree::False | Tree::Unknown | Tree::Among(_) => Ok(tree),
            Tree::Not(inner) => {
                let inner = self.resolve_simple(*inner, model)?;
                match self.negate(inner, model) {
                    Tree::Not(inner) => Ok(Tree::Not(inner)),
                    negated => self.resolve(negated, model),
                }
            }
            Tree::And(parts) => self.resolve_join(parts, true, model),
            Tree::Or(parts) => self.resolve_join(parts, false, model),
            Tree::Condition(condition) => {
                let before = condition.clone();
                match self.resolve_step(condition, model)? {
                    Tree::Condition(after) if after == before => Ok(Tree::Condition(after)),
                    tree => self.resolve(tree, model),
                }
            }
        }
    }

    fn resolve_join(&self, parts: Vec<Tree>, and: bool, model: &str) -> Result<Tree, SearchError> {
        let mut parts = parts;
        for _ in 0..MAX_STEPS {
            let mut done = Vec::with_capacity(parts.len());
            for part in &parts {
                let part = self.resolve_simple(part.clone(), model)?;
                if matches!((&part, and), (Tree::False, true) | (Tree::True, false)) {
                    return Ok(part);
                }
                done.push(part);
            }
            let joined = if and {
                Tree::all(done)
            } else {
                Tree::one(done)
            };
            let joined = self.simplify(joined, model)?;
            match joined {
                Tree::And(found) if and && found != parts => parts = found,
                Tree::Or(found) if !and && found != parts => parts = found,
                Tree::And(_) if and => return Ok(joined),
                Tree::Or(_) if !and => return Ok(joined),
                other => return self.resolve_simple(other, model),
            }
        }
        Ok(Tree::Unknown)
    }

    fn resolve_step(&self, condition: Condition, model: &str) -> Result<Tree, SearchError> {
        let Some(facts) = self.facts(model) else {
            return Ok(Tree::Unknown);
        };
        let name = condition.field();
        let own = facts.fields.get(name);
        if name != "id" && name != "display_name" && !own.is_some_and(|field| field.stored) {
            let inherited = facts.inherits.iter().find(|(parent, _)| {
                self.facts(parent)
                    .is_some_and(|parent| parent.fields.contains_key(name))
            });
            let Some((_, link)) = inherited else {
                return Ok(Tree::Unknown);
            };
            let sub = Right::Sub(Box::new(Tree::Condition(condition.clone())));
            return Ok(Tree::condition(link, Operator::AnyUnchecked, sub));
        }
        if condition.path == ["display_name"] {
            return self.name_domain(&condition, model, facts);
        }
        match condition.operator {
            Operator::Any
            | Operator::NotAny
            | Operator::AnyUnchecked
            | Operator::NotAnyUnchecked => self.resolve_any(condition, model),
            Operator::ChildOf | Operator::ParentOf => self.hierarchy(&condition, model, facts),
            Operator::In | Operator::NotIn
                if own.is_some_and(|field| field.kind == FieldKind::Boolean) =>
            {
                let both = matches!(&condition.right, Right::Set(set) if set.len() == 2);
                if both {
                    let positive = condition.operator == Operator::In;
                    return Ok(if positive { Tree::True } else { Tree::False });
                }
                Ok(condition.into())
            }
            _ => Ok(condition.into()),
        }
    }

    fn resolve_any(&self, condition: Condition, model: &str) -> Result<Tree, SearchError> {
        let Right::Sub(sub) = &condition.right else {
            return Ok(Tree::Unknown);
        };
        let Some(facts) = self.facts(model) else {
            return Ok(Tree::Unknown);
        };
        let Some(comodel) = self.relation(facts, condition.field()) else {
            return Ok(Tree::Unknown);
        };
        let sub = self.resolve((**sub).clone(), &comodel)?;
        if sub == Tree::False {
            let positive = !condition.operator.is_negative();
            return Ok(if positive { Tree::False } else { Tree::True });
        }
        Ok(condition
            .with(condition.operator, Right::Sub(Box::new(sub)))
            .into())
    }
}
