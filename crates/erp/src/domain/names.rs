//! How records are searched by their names.
//!
//! By default a model's own list of fields is searched. Some models of a stock Odoo search
//! by code of their own, which is repeated here; of others nobody can say.

use super::SearchError;
use super::facts::ModelFacts;
use super::leaf::Operator;
use super::search::Search;
use super::simplify::is_like;
use super::tree::{Condition, Right, Tree};
use crate::value::Value;

impl Search<'_> {
    /// What a condition on `display_name` comes to.
    pub(super) fn name_domain(
        &self,
        condition: &Condition,
        model: &str,
        facts: &ModelFacts,
    ) -> Result<Tree, SearchError> {
        let (operator, right) = (condition.operator, &condition.right);
        match model {
            "res.users" => self.names_of_users(operator, right, model, facts),
            "res.country.state" => {
                let plain = self.plain_names(operator, right, facts)?;
                Ok(Tree::one(vec![plain, names_of_states(operator, right)?]))
            }
            "res.partner.category" => self.names_of_categories(operator, right, model, facts),
            "product.product" => Ok(names_of_variants(operator, right)),
            "product.template" => {
                let plain = self.plain_names(operator, right, facts)?;
                let variants = Tree::condition("product_variant_ids", operator, right.clone());
                let both = vec![plain, variants];
                Ok(if operator.is_negative() {
                    Tree::all(both)
                } else {
                    Tree::one(both)
                })
            }
            "res.country" => self.plain_names(operator, right, facts),
            _ if facts.custom_name_search => Ok(Tree::Unknown),
            _ => self.plain_names(operator, right, facts),
        }
    }

    /// The search that models have by default.
    fn plain_names(
        &self,
        operator: Operator,
        right: &Right,
        facts: &ModelFacts,
    ) -> Result<Tree, SearchError> {
        let fields: Vec<&str> = if facts.rec_names_search.is_empty() {
            facts.rec_name.as_deref().into_iter().collect()
        } else {
            facts.rec_names_search.iter().map(String::as_str).collect()
        };
        if fields.is_empty() {
            return Ok(Tree::Unknown);
        }
        let mut parts = Vec::with_capacity(fields.len());
        for field in fields {
            let mut path: Vec<String> = field.split('.').map(str::to_owned).collect();
            let Some(links) = self.ends_in_link(facts, &path) else {
                return Ok(Tree::Unknown);
            };
            if links {
                path.push("display_name".to_owned());
            }
            parts.push(Tree::Condition(Condition {
                path,
                operator,
                right: right.clone(),
            }));
        }
        Ok(if operator.is_negative() {
            Tree::all(parts)
        } else {
            Tree::one(parts)
        })
    }

    /// Whether a path ends in a link; none if it leads out of what is known.
    fn ends_in_link(&self, facts: &ModelFacts, path: &[String]) -> Option<bool> {
        let mut facts = facts;
        let (last, way) = path.split_last()?;
        for step in way {
            facts = self.facts(&self.relation(facts, step)?)?;
        }
        if let Some(field) = facts.fields.get(last) {
            return Some(field.kind.is_link());
        }
        let inherited = facts
            .inherits
            .iter()
            .find_map(|(parent, _)| self.facts(parent)?.fields.get(last));
        // A field that nobody described: it is searched as what it is, which is unknown.
        Some(inherited.is_some_and(|field| field.kind.is_link()))
    }

    /// Users whose login it is; only if there are none, those whose name it is.
    fn names_of_users(
        &self,
        operator: Operator,
        right: &Right,
        model: &str,
        facts: &ModelFacts,
    ) -> Result<Tree, SearchError> {
        let plain = self.plain_names(operator, right, facts)?;
        let logins = match (operator, right) {
            (Operator::In, Right::Set(logins)) => logins.clone(),
            (Operator::Ilike, Right::One(login)) => vec![login.clone()],
            _ => return Ok(plain),
        };
        let by_login = Tree::condition("login", Operator::In, Right::Set(logins));
        let Some(found) = self.find(by_login, model, true)? else {
            return Ok(Tree::Unknown);
        };
        if !found.unsure.is_empty() {
            return Ok(Tree::Unknown);
        }
        Ok(if found.yes.is_empty() {
            plain
        } else {
            Tree::Among(found)
        })
    }

    /// Tags below those that are found.
    fn names_of_categories(
        &self,
        operator: Operator,
        right: &Right,
        model: &str,
        facts: &ModelFacts,
    ) -> Result<Tree, SearchError> {
        if !is_like(operator) {
            return self.plain_names(operator, right, facts);
        }
        let negative = operator.is_negative();
        let positive = if negative {
            operator.opposite()
        } else {
            Some(operator)
        };
        let plain = self.plain_names(positive.unwrap_or(operator), right, facts)?;
        let Some(found) = self.find(plain, model, true)? else {
            return Ok(Tree::Unknown);
        };
        if !found.unsure.is_empty() {
            return Ok(Tree::Unknown);
        }
        let mut ids: Vec<i64> = found.yes.iter().copied().collect();
        ids.sort_unstable();
        let below = if ids.is_empty() {
            Tree::False
        } else {
            let ids = Value::List(ids.into_iter().map(Value::Int).collect());
            Tree::condition("id", Operator::ChildOf, Right::One(ids))
        };
        Ok(if negative { below.invert() } else { below })
    }
}

/// `Name (Country)`: the name, and the country's name or code.
fn names_of_states(operator: Operator, right: &Right) -> Result<Tree, SearchError> {
    let (names, operator): (Vec<&Value>, Operator) = match (operator, right) {
        (Operator::Ilike, Right::One(name)) => (vec![name], Operator::Ilike),
        (Operator::In, Right::Set(names)) => (names.iter().collect(), Operator::Equal),
        _ => return Ok(Tree::False),
    };
    let mut parts = Vec::new();
    for name in names {
        let name = name.as_str().ok_or(SearchError::Value)?;
        let Some((name, country)) = name.strip_suffix(')').and_then(part_at_bracket) else {
            continue;
        };
        let text = |text: &str| Right::One(Value::from(text.trim()));
        let of_country = |field: &str, operator| {
            Tree::Condition(Condition {
                path: vec!["country_id".to_owned(), field.to_owned()],
                operator,
                right: text(country),
            })
        };
        parts.push(Tree::all(vec![
            Tree::condition("name", operator, text(name)),
            Tree::one(vec![
                of_country("name", Operator::Ilike),
                of_country("code", Operator::Equal),
            ]),
        ]));
    }
    Ok(Tree::one(parts))
}

/// Parts `Name (Country` at the last bracket with something on both sides.
fn part_at_bracket(text: &str) -> Option<(&str, &str)> {
    if text.contains('\n') {
        return None;
    }
    let whole = text;
    let mut text = text;
    loop {
        let (before, _) = text.rsplit_once('(')?;
        let behind = whole.get(before.len() + 1..)?;
        if !behind.is_empty() {
            return (!before.is_empty()).then_some((before, behind));
        }
        text = before;
    }
}

/// The template's name, the variant's code or barcode.
fn names_of_variants(operator: Operator, right: &Right) -> Tree {
    let name = Tree::condition("name", operator, right.clone());
    let code = Tree::condition("default_code", operator, right.clone());
    if operator.is_negative() {
        return Tree::all(vec![name, code]);
    }
    let mut parts = vec![name, code];
    match right {
        Right::Set(values) if operator == Operator::In => {
            parts.push(Tree::condition("barcode", Operator::In, right.clone()));
            for value in values {
                let code = value.as_str().and_then(|text| {
                    let (_, behind) = text.split_once('[')?;
                    let (code, _) = behind.split_once(']')?;
                    (!code.contains('\n')).then_some(code)
                });
                if let Some(code) = code {
                    let code = Right::One(Value::from(code));
                    parts.push(Tree::condition("default_code", Operator::Equal, code));
                }
            }
        }
        Right::One(value) if is_like(operator) => {
            let values = Right::Set(vec![value.clone()]);
            parts.push(Tree::condition("barcode", Operator::In, values));
        }
        Right::One(_) | Right::Set(_) | Right::Sub(_) => {}
    }
    Tree::one(parts)
}
