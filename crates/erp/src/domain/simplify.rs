//! The first steps of Odoo's rewriting: those that need the model's fields only.

use super::facts::{FieldKind, ModelFacts};
use super::kinds::step_of_kind;
use super::leaf::Operator;
use super::merge::merge;
use super::search::Search;
use super::tree::{Condition, Right, Tree};
use super::{SearchError, python};
use crate::value::Value;

/// How often a join may be rewritten before it is given up.
const MAX_STEPS: usize = 200;

/// What a step makes of a condition.
pub(super) enum Step {
    /// Nothing more to do.
    Done(Condition),
    /// Something that has to be simplified in turn.
    Again(Tree),
}

impl Search<'_> {
    /// Simplifies as far as the model's fields alone allow.
    pub(super) fn simplify(&self, tree: Tree, model: &str) -> Result<Tree, SearchError> {
        let _depth = self.deeper()?;
        match tree {
            Tree::True | Tree::False | Tree::Unknown | Tree::Among(_) => Ok(tree),
            Tree::Not(inner) => {
                let inner = self.simplify(*inner, model)?;
                match self.negate(inner, model) {
                    Tree::Not(inner) => Ok(Tree::Not(inner)),
                    negated => self.simplify(negated, model),
                }
            }
            Tree::And(parts) => self.simplify_join(parts, true, model),
            Tree::Or(parts) => self.simplify_join(parts, false, model),
            Tree::Condition(condition) => match self.step(condition, model)? {
                Step::Done(condition) => Ok(Tree::Condition(condition)),
                Step::Again(tree) => self.simplify(tree, model),
            },
        }
    }

    fn simplify_join(&self, parts: Vec<Tree>, and: bool, model: &str) -> Result<Tree, SearchError> {
        let mut parts = parts;
        for _ in 0..MAX_STEPS {
            let mut simple = Vec::with_capacity(parts.len());
            for part in parts {
                let part = self.simplify(part, model)?;
                // The first constant that decides ends it: what stands behind is not looked at.
                if matches!((&part, and), (Tree::False, true) | (Tree::True, false)) {
                    return Ok(part);
                }
                simple.push(part);
            }
            let joined = if and {
                Tree::all(simple)
            } else {
                Tree::one(simple)
            };
            let found = match joined {
                Tree::And(found) if and => found,
                Tree::Or(found) if !and => found,
                other => return Ok(other),
            };
            let before = found.len();
            let merged = merge(found, and, &|field| self.kind(model, field))?;
            let fewer = merged.len() < before;
            let joined = if and {
                Tree::all(merged)
            } else {
                Tree::one(merged)
            };
            match joined {
                Tree::And(found) if and && fewer => parts = found,
                Tree::Or(found) if !and && fewer => parts = found,
                Tree::And(_) if and => return Ok(joined),
                Tree::Or(_) if !and => return Ok(joined),
                single => return self.simplify(single, model),
            }
        }
        Ok(Tree::Unknown)
    }

    fn kind(&self, model: &str, field: &str) -> Option<FieldKind> {
        self.facts(model)?.fields.get(field).map(|facts| facts.kind)
    }

    /// The opposite of what is already simple: `<` becomes `>=` or "not set".
    pub(super) fn negate(&self, tree: Tree, model: &str) -> Tree {
        match tree {
            Tree::And(parts) => Tree::Or(
                parts
                    .into_iter()
                    .map(|part| self.negate(part, model))
                    .collect(),
            ),
            Tree::Or(parts) => Tree::And(
                parts
                    .into_iter()
                    .map(|part| self.negate(part, model))
                    .collect(),
            ),
            Tree::Condition(condition) => {
                let operator = match condition.operator {
                    Operator::Less => Operator::GreaterOrEqual,
                    Operator::LessOrEqual => Operator::Greater,
                    Operator::Greater => Operator::LessOrEqual,
                    Operator::GreaterOrEqual => Operator::Less,
                    _ => return Tree::Condition(condition).invert(),
                };
                let has_falsy = condition.field() != "id"
                    && self
                        .kind(model, condition.field())
                        .is_some_and(FieldKind::has_falsy);
                let unset = condition.with(Operator::In, Right::Set(vec![Value::Bool(false)]));
                let inverse = condition.with(operator, condition.right.clone());
                if has_falsy {
                    inverse.into()
                } else {
                    Tree::Or(vec![unset.into(), inverse.into()])
                }
            }
            Tree::True | Tree::False | Tree::Unknown | Tree::Not(_) | Tree::Among(_) => {
                tree.invert()
            }
        }
    }

    /// One step of a condition.
    fn step(&self, condition: Condition, model: &str) -> Result<Step, SearchError> {
        let Some(facts) = self.facts(model) else {
            return Ok(Step::Again(Tree::Unknown));
        };
        let name = condition.field();
        let kind = match self.field_kind(facts, name) {
            Some(kind) => kind,
            None if facts.complete && !facts.mentions(name) => {
                return Err(SearchError::Field {
                    model: model.into(),
                    field: name.into(),
                });
            }
            None => return Ok(Step::Again(Tree::Unknown)),
        };
        if kind.is_link() && !condition.is_simple() {
            let rest = condition.path.get(1..).unwrap_or_default().to_vec();
            let inner = Condition {
                path: rest,
                ..condition.clone()
            };
            let sub = Right::Sub(Box::new(inner.into()));
            return Ok(Step::Again(Tree::condition(name, Operator::Any, sub)));
        }
        if kind == FieldKind::Other {
            return Ok(Step::Again(Tree::Unknown));
        }
        match self.step_of_operator(condition, kind, facts)? {
            Step::Done(condition) => step_of_kind(condition, kind),
            again => Ok(again),
        }
    }

    /// The kind of a field, of those of the models that are inherited too.
    fn field_kind(&self, facts: &ModelFacts, name: &str) -> Option<FieldKind> {
        if let Some(field) = facts.fields.get(name) {
            return Some(field.kind);
        }
        match name {
            "id" => return Some(FieldKind::Integer),
            "display_name" => return Some(FieldKind::Char),
            _ => {}
        }
        facts
            .inherits
            .iter()
            .find_map(|(parent, _)| self.facts(parent)?.fields.get(name).map(|field| field.kind))
    }

    fn step_of_operator(
        &self,
        condition: Condition,
        kind: FieldKind,
        facts: &ModelFacts,
    ) -> Result<Step, SearchError> {
        let again = |condition: Condition| Ok(Step::Again(condition.into()));
        match (condition.operator, &condition.right) {
            (Operator::EqualIfGiven, Right::One(value)) => {
                if !python::truthy(value) {
                    return Ok(Step::Again(Tree::True));
                }
                again(condition.with(Operator::Equal, condition.right.clone()))
            }
            (Operator::Equal | Operator::NotEqual, Right::One(value)) => {
                let set = match value {
                    Value::List(items) if items.is_empty() => vec![Value::Bool(false)],
                    Value::List(items) => python::set(items)?,
                    _ => python::set(std::slice::from_ref(value))?,
                };
                let positive = condition.operator == Operator::Equal;
                let operator = if positive {
                    Operator::In
                } else {
                    Operator::NotIn
                };
                again(condition.with(operator, Right::Set(set)))
            }
            (Operator::In | Operator::NotIn, Right::One(value)) => {
                let set = match value {
                    Value::List(items) => python::set(items)?,
                    value if !python::truthy(value) => Vec::new(),
                    value => python::set(std::slice::from_ref(value))?,
                };
                again(condition.with(condition.operator, Right::Set(set)))
            }
            (Operator::In | Operator::NotIn, Right::Set(set)) => {
                if set.is_empty() {
                    let constant = if condition.operator == Operator::In {
                        Tree::False
                    } else {
                        Tree::True
                    };
                    return Ok(Step::Again(constant));
                }
                // An id is always set.
                if condition.path == ["id"] && set.iter().any(python::is_false) {
                    let set = set.iter().filter(|value| !python::is_false(value)).cloned();
                    let set = Right::Set(set.collect());
                    return again(condition.with(condition.operator, set));
                }
                Ok(Step::Done(condition))
            }
            (
                Operator::Any
                | Operator::NotAny
                | Operator::AnyUnchecked
                | Operator::NotAnyUnchecked,
                Right::Sub(sub),
            ) => {
                let positive = !condition.operator.is_negative();
                if condition.path == ["id"] {
                    let sub = (**sub).clone();
                    return Ok(Step::Again(if positive { sub } else { sub.invert() }));
                }
                if !kind.is_link() {
                    return Err(SearchError::NoLink);
                }
                let Some(comodel) = self.relation(facts, condition.field()) else {
                    return Ok(Step::Again(Tree::Unknown));
                };
                let sub = self.simplify((**sub).clone(), &comodel)?;
                if sub == Tree::False {
                    return Ok(Step::Again(if positive { Tree::False } else { Tree::True }));
                }
                let right = Right::Sub(Box::new(sub));
                Ok(Step::Done(condition.with(condition.operator, right)))
            }
            (operator, Right::One(value)) if is_like(operator) => {
                Ok(step_of_like(&condition, value, kind)?)
            }
            _ => Ok(Step::Done(condition)),
        }
    }
}

/// Whether the operator matches a pattern.
pub(super) fn is_like(operator: Operator) -> bool {
    is_part_like(operator) || is_whole_like(operator)
}

fn is_part_like(operator: Operator) -> bool {
    use Operator::{Ilike, Like, NotIlike, NotLike};
    matches!(operator, Like | NotLike | Ilike | NotIlike)
}

/// Whether the operator matches a pattern for the whole text.
pub(super) fn is_whole_like(operator: Operator) -> bool {
    use Operator::{NotWholeIlike, NotWholeLike, WholeIlike, WholeLike};
    matches!(
        operator,
        WholeLike | NotWholeLike | WholeIlike | NotWholeIlike
    )
}

fn step_of_like(
    condition: &Condition,
    value: &Value,
    kind: FieldKind,
) -> Result<Step, SearchError> {
    let whole = is_whole_like(condition.operator);
    if !python::truthy(value) {
        let set = condition.operator.is_negative() == whole;
        if kind.is_link() || whole {
            let operator = if set {
                Operator::NotEqual
            } else {
                Operator::Equal
            };
            let unset = condition.with(operator, Right::One(Value::Bool(false)));
            return Ok(Step::Again(unset.into()));
        }
        return Ok(Step::Again(if set { Tree::True } else { Tree::False }));
    }
    match value {
        Value::Text(_) => Ok(Step::Done(condition.clone())),
        _ if whole => Err(SearchError::Value),
        _ => match python::text(value) {
            Some(text) => {
                let text = Right::One(Value::Text(text));
                Ok(Step::Again(condition.with(condition.operator, text).into()))
            }
            None => Ok(Step::Again(Tree::Unknown)),
        },
    }
}

/// Whether the operator asks for an order.
pub(super) fn is_order(operator: Operator) -> bool {
    use Operator::{Greater, GreaterOrEqual, Less, LessOrEqual};
    matches!(operator, Less | LessOrEqual | Greater | GreaterOrEqual)
}
