//! Steps of rewriting that depend on the kind of field.

use super::facts::FieldKind;
use super::leaf::Operator;
use super::simplify::{Step, is_like, is_order};
use super::tree::{Condition, Right, Tree, contains};
use super::{SearchError, moment, python};
use crate::value::Value;

/// The step that the field's kind asks for.
pub(super) fn step_of_kind(condition: Condition, kind: FieldKind) -> Result<Step, SearchError> {
    match kind {
        FieldKind::Many2one | FieldKind::One2many | FieldKind::Many2many => step_of_link(condition),
        FieldKind::Boolean => step_of_boolean(condition),
        FieldKind::Date | FieldKind::Datetime if condition.is_simple() => step_of_date(condition),
        _ => Ok(Step::Done(condition)),
    }
}

/// A link that is compared with text is searched by the name of what it links to.
fn step_of_link(condition: Condition) -> Result<Step, SearchError> {
    let negative = condition.operator.is_negative();
    let positive = if negative {
        condition.operator.opposite()
    } else {
        Some(condition.operator)
    };
    let positive = positive.unwrap_or(condition.operator);
    let any = if negative {
        Operator::NotAny
    } else {
        Operator::Any
    };
    let by_name = |right: Right| {
        let name = Tree::condition("display_name", positive, right);
        Tree::Condition(condition.with(any, Right::Sub(Box::new(name))))
    };
    match &condition.right {
        Right::One(_) if is_like(condition.operator) => {
            Ok(Step::Again(by_name(condition.right.clone())))
        }
        Right::One(Value::Text(_)) if is_order(condition.operator) => Err(SearchError::Value),
        Right::Set(set) => {
            let (texts, others): (Vec<Value>, Vec<Value>) = set
                .iter()
                .cloned()
                .partition(|value| value.as_str().is_some());
            if texts.is_empty() {
                return Ok(Step::Done(condition));
            }
            let named = by_name(Right::Set(texts));
            if others.is_empty() {
                return Ok(Step::Again(named));
            }
            let rest = Tree::from(condition.with(condition.operator, Right::Set(others)));
            let both = vec![named, rest];
            Ok(Step::Again(if negative {
                Tree::all(both)
            } else {
                Tree::one(both)
            }))
        }
        Right::One(_) | Right::Sub(_) => Ok(Step::Done(condition)),
    }
}

fn step_of_boolean(condition: Condition) -> Result<Step, SearchError> {
    let Right::Set(set) = &condition.right else {
        return Err(SearchError::Value);
    };
    let truth = |value: &Value| match value {
        Value::Text(text) => {
            matches!(
                text.to_lowercase().as_str(),
                "y" | "yes" | "1" | "true" | "t" | "on"
            )
        }
        value => python::truthy(value),
    };
    let mut truths = Vec::new();
    for value in set {
        let value = Value::Bool(truth(value));
        if !contains(&truths, &value) {
            truths.push(value);
        }
    }
    let mut operator = condition.operator;
    if truths == [Value::Bool(false)] {
        operator = operator.opposite().unwrap_or(operator);
        truths = vec![Value::Bool(true)];
    }
    Ok(Step::Done(condition.with(operator, Right::Set(truths))))
}

/// Dates are read here already: what is none is refused before anything is searched.
fn step_of_date(condition: Condition) -> Result<Step, SearchError> {
    let check = |value: &Value| match value {
        value if python::is_false(value) => Ok(()),
        Value::Text(text) => match moment::read(text) {
            moment::Said::Nonsense => Err(SearchError::Value),
            moment::Said::Day(_) | moment::Said::Moment(_) | moment::Said::Relative => Ok(()),
        },
        _ => Err(SearchError::Value),
    };
    match &condition.right {
        Right::Set(set) => set.iter().try_for_each(check)?,
        Right::One(value) if is_order(condition.operator) => {
            if python::is_false(value) {
                return Ok(Step::Again(Tree::False));
            }
            check(value)?;
        }
        Right::One(_) | Right::Sub(_) => {}
    }
    Ok(Step::Done(condition))
}
