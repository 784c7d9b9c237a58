//! Makes what can be asked of many records out of a domain that is fully rewritten, and
//! finds what the database would refuse.

use super::check::Check;
use super::eval::Test;
use super::facts::{Digits, FieldFacts, FieldKind};
use super::leaf::Operator;
use super::like::Pattern;
use super::moment;
use super::search::Search;
use super::simplify::{is_like, is_order, is_whole_like};
use super::tree::{Condition, Right, Tree};
use super::{Answer3, SearchError, number, operand, python};
use crate::value::Value;

impl Search<'_> {
    /// Makes a test of a domain.
    pub(super) fn compile(&self, tree: &Tree, model: &str) -> Result<Test, SearchError> {
        let _depth = self.deeper()?;
        Ok(match tree {
            Tree::True => Test::Constant(Answer3::Yes),
            Tree::False => Test::Constant(Answer3::No),
            Tree::Unknown => Test::Constant(Answer3::Unknown),
            Tree::Not(inner) => Test::Not(Box::new(self.compile(inner, model)?)),
            Tree::And(parts) => Test::And(self.compile_all(parts, model)?),
            Tree::Or(parts) => Test::Or(self.compile_all(parts, model)?),
            Tree::Among(found) => Test::Among(found.clone()),
            Tree::Condition(condition) => self.compile_condition(condition, model)?,
        })
    }

    fn compile_all(&self, parts: &[Tree], model: &str) -> Result<Vec<Test>, SearchError> {
        parts.iter().map(|part| self.compile(part, model)).collect()
    }

    fn compile_condition(&self, condition: &Condition, model: &str) -> Result<Test, SearchError> {
        let unknown = Ok(Test::Constant(Answer3::Unknown));
        let Some(facts) = self.facts(model) else {
            return unknown;
        };
        let name = condition.field();
        let id = FieldFacts::stored(FieldKind::Integer);
        let field = match facts.fields.get(name) {
            Some(field) if name != "id" => field,
            _ if name == "id" => &id,
            _ => return unknown,
        };
        let (operator, negative) = positive(condition.operator);
        let test = if let Right::Sub(sub) = &condition.right {
            let Some(comodel) = field.relation.clone() else {
                return unknown;
            };
            let multiple = field.kind.is_multiple();
            let test = if self.facts(&comodel).is_none() {
                // Only that nothing is linked could be said then.
                Test::Constant(Answer3::Unknown)
            } else if multiple {
                let sub = self.with_active((**sub).clone(), &comodel);
                self.compile(&self.resolve(sub, &comodel)?, &comodel)?
            } else {
                self.compile(sub, &comodel)?
            };
            let (field, model, test) = (name.to_owned(), comodel, Box::new(test));
            if multiple {
                Test::Links { field, model, test }
            } else {
                Test::Link { field, model, test }
            }
        } else {
            let check = self.check(condition, operator, name, field)?;
            Test::Value {
                field: name.to_owned(),
                check,
            }
        };
        Ok(if negative {
            Test::Not(Box::new(test))
        } else {
            test
        })
    }

    fn check(
        &self,
        condition: &Condition,
        operator: Operator,
        name: &str,
        field: &FieldFacts,
    ) -> Result<Check, SearchError> {
        let is_date = matches!(field.kind, FieldKind::Date | FieldKind::Datetime);
        if let Some(part) = condition.path.get(1) {
            if !is_date || condition.path.len() > 2 || !moment::PARTS.contains(&part.as_str()) {
                // The zone alone (`tz`) is a part too, of which nothing is known here.
                let zone = is_date && part == "tz";
                return if zone {
                    Ok(Check::Unknown)
                } else {
                    Err(SearchError::Value)
                };
            }
            if field.kind == FieldKind::Datetime && self.shifts_parts() {
                return Ok(Check::Unknown);
            }
            return self.check_part(part, operator, &condition.right);
        }
        let is_id = name == "id";
        match (&condition.right, field.kind) {
            (Right::Set(set), kind) => match kind {
                FieldKind::Boolean if **set == [Value::Bool(true)] => Ok(Check::True),
                FieldKind::Boolean => Ok(Check::Unknown),
                FieldKind::Integer if is_id => operand::ids_of_id(set),
                FieldKind::Integer => operand::wholes(set),
                FieldKind::Float => number::floats(set, field.digits),
                FieldKind::Monetary => number::amounts(set),
                FieldKind::Char | FieldKind::Text | FieldKind::Html | FieldKind::Selection => {
                    operand::texts(set, field)
                }
                FieldKind::Many2one => {
                    operand::links_in(set, true, condition.operator == Operator::NotIn)
                }
                FieldKind::One2many | FieldKind::Many2many => operand::links_in(set, false, false),
                FieldKind::Date => operand::days(set),
                FieldKind::Datetime => operand::moments(set, self.zone()),
                FieldKind::Other => Ok(Check::Unknown),
            },
            (Right::One(value), _) if is_like(condition.operator) => {
                self.like(value, operator, field, is_id)
            }
            (Right::One(value), kind) if is_order(operator) => {
                self.order(value, operator, kind, is_id, field)
            }
            _ => Err(SearchError::Value),
        }
    }

    fn pattern(&self, text: &str, operator: Operator) -> Pattern {
        let folds = matches!(operator, Operator::Ilike | Operator::WholeIlike);
        Pattern::new(
            text,
            is_whole_like(operator),
            folds,
            self.records().ignores_accents(),
        )
    }

    fn like(
        &self,
        value: &Value,
        operator: Operator,
        field: &FieldFacts,
        is_id: bool,
    ) -> Result<Check, SearchError> {
        let Some(text) = value.as_str() else {
            return Err(SearchError::Value);
        };
        let pattern = self.pattern(text, operator);
        match field.kind {
            FieldKind::Char | FieldKind::Text | FieldKind::Html | FieldKind::Selection => {
                Ok(Check::Like { pattern })
            }
            FieldKind::Integer => Ok(Check::WholeLike { pattern, is_id }),
            FieldKind::Date => Ok(Check::MomentLike {
                pattern,
                plain: true,
            }),
            FieldKind::Datetime => Ok(Check::MomentLike {
                pattern,
                plain: false,
            }),
            FieldKind::Float => Ok(Check::NumberLike {
                pattern,
                digits: field.digits,
            }),
            FieldKind::Monetary => Ok(Check::NumberLike {
                pattern,
                digits: Digits::Unknown,
            }),
            FieldKind::Boolean
            | FieldKind::Many2one
            | FieldKind::One2many
            | FieldKind::Many2many => Err(SearchError::Value),
            FieldKind::Other => Ok(Check::Unknown),
        }
    }

    fn order(
        &self,
        value: &Value,
        operator: Operator,
        kind: FieldKind,
        is_id: bool,
        field: &FieldFacts,
    ) -> Result<Check, SearchError> {
        match kind {
            FieldKind::Integer if is_id => Ok(match operand::column_number(value)? {
                Some(bound) => Check::WholeOrder { operator, bound },
                None => Check::Unknown,
            }),
            FieldKind::Integer => Ok(match python::whole(value)? {
                #[expect(clippy::cast_precision_loss, reason = "columns hold 32 bits")]
                Some(bound) => Check::WholeOrder {
                    operator,
                    bound: bound as f64,
                },
                None => Check::Unknown,
            }),
            FieldKind::Float => number::float_order(value, operator, field.digits),
            FieldKind::Monetary => Ok(match python::float(value)? {
                Some(bound) => Check::FloatOrder {
                    operator,
                    bounds: vec![bound],
                },
                None => Check::Unknown,
            }),
            FieldKind::Char | FieldKind::Text | FieldKind::Html => {
                self.text_order(value, operator, field)
            }
            FieldKind::Selection => match value {
                value if python::is_false(value) => Ok(Check::Never),
                _ => self.text_order(value, operator, field),
            },
            FieldKind::Many2one => match value {
                value if !python::truthy(value) => Ok(Check::Never),
                _ => Ok(match operand::column_number(value)? {
                    Some(bound) => Check::LinkOrder { operator, bound },
                    None => Check::Unknown,
                }),
            },
            FieldKind::Date => match operand::read_date(value)? {
                Some(said) => Ok(Check::DayOrder {
                    operator,
                    bound: operand::day(said),
                }),
                None => Ok(Check::Unknown),
            },
            FieldKind::Datetime => match operand::read_date(value)? {
                Some(said) => Ok(operand::moment_order(said, operator, self.zone())),
                None => Ok(Check::Unknown),
            },
            FieldKind::Boolean | FieldKind::One2many | FieldKind::Many2many => {
                Err(SearchError::Value)
            }
            FieldKind::Other => Ok(Check::Unknown),
        }
    }

    fn text_order(
        &self,
        value: &Value,
        operator: Operator,
        field: &FieldFacts,
    ) -> Result<Check, SearchError> {
        if self.records().orders_by_code_point() != Some(true) {
            return Ok(Check::Unknown);
        }
        let selection = field.kind == FieldKind::Selection;
        let unset = (!selection).then(String::new);
        let bounds = if python::is_false(value) {
            vec![String::new()]
        } else if field.kind == FieldKind::Html {
            // What is compared is what an editor would save: a text alone gets a paragraph.
            match value.as_str() {
                Some("") => vec![String::new()],
                Some(text) if !text.contains(['<', '>', '&', '\n']) => {
                    vec![format!("<p>{text}</p>"), text.to_owned()]
                }
                _ => return Ok(Check::Unknown),
            }
        } else {
            match python::text(value) {
                Some(text) => vec![operand::cut(text, field.size)],
                None => return Ok(Check::Unknown),
            }
        };
        Ok(Check::TextOrder {
            operator,
            bounds,
            unset,
        })
    }

    fn check_part(
        &self,
        part: &str,
        operator: Operator,
        right: &Right,
    ) -> Result<Check, SearchError> {
        let part = part.to_owned();
        match right {
            Right::Set(set) => {
                let mut numbers = Vec::new();
                for value in set.iter().filter(|value| !python::is_false(value)) {
                    match operand::column_number(value)? {
                        Some(number) => numbers.push(number),
                        None => return Ok(Check::Unknown),
                    }
                }
                let unset = set.iter().any(python::is_false);
                Ok(Check::PartIn {
                    part,
                    numbers,
                    unset,
                })
            }
            Right::One(value) if is_order(operator) => Ok(match operand::column_number(value)? {
                Some(bound) => Check::PartOrder {
                    part,
                    operator,
                    bound,
                },
                None => Check::Unknown,
            }),
            Right::One(value) if is_like(operator) => {
                let text = value.as_str().ok_or(SearchError::Value)?;
                Ok(Check::PartLike {
                    part,
                    pattern: self.pattern(text, operator),
                })
            }
            Right::One(_) | Right::Sub(_) => Err(SearchError::Value),
        }
    }
}

/// The positive operator, and whether the answer is then turned round.
fn positive(operator: Operator) -> (Operator, bool) {
    match operator.opposite() {
        Some(opposite) if operator.is_negative() => (opposite, true),
        _ => (operator, false),
    }
}
