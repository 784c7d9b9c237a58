//! Domains, orders, groups.

use serde_json::{Value as Json, json};

use super::calls::Maker;

const OPERATORS: &[&str] = &[
    "=",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "in",
    "not in",
    "like",
    "ilike",
    "not like",
    "not ilike",
    "=like",
    "=ilike",
    "child_of",
    "parent_of",
    "=?",
    "any",
    "not any",
    "any!",
    "not any!",
];

impl Maker {
    pub(super) fn leaf(&mut self, model: &str, depth: usize) -> Json {
        let path = match self.chance.below(3) {
            0 => self.path(model),
            1 => self.field(model),
            _ => self.open_field(model),
        };
        let operator = *self.chance.one(OPERATORS);
        if operator.contains("any") {
            let link = match model {
                "res.partner" => {
                    *self
                        .chance
                        .one(&["parent_id", "child_ids", "category_id", "user_id"])
                }
                "sale.order" => *self.chance.one(&["partner_id", "order_line"]),
                "sale.order.line" => "order_id",
                _ => "partner_id",
            };
            let inner = match (model, link) {
                ("res.partner", "parent_id" | "child_ids") | ("sale.order", "partner_id") => {
                    "res.partner"
                }
                ("sale.order", "order_line") => "sale.order.line",
                ("sale.order.line", _) => "sale.order",
                _ => "res.partner.category",
            };
            let domain = if depth == 0 {
                json!([["name", "ilike", self.text()]])
            } else {
                self.conditions(inner, depth - 1)
            };
            return json!([link, operator, domain]);
        }
        let value = match operator {
            "in" | "not in" => json!([self.value(), self.value()]),
            "child_of" | "parent_of" => json!(self.id()),
            "like" | "ilike" | "not like" | "not ilike" | "=like" | "=ilike" => {
                if self.chance.happens(50) {
                    json!(self.text())
                } else {
                    json!(self.secret())
                }
            }
            _ => self.value(),
        };
        json!([path, operator, value])
    }

    pub(super) fn conditions(&mut self, model: &str, depth: usize) -> Json {
        let mut parts = Vec::new();
        match self.chance.below(5) {
            0 => parts.extend([json!("|"), self.leaf(model, depth), self.leaf(model, depth)]),
            1 => parts.extend([json!("!"), self.leaf(model, depth)]),
            2 => parts.extend([self.leaf(model, depth), self.leaf(model, depth)]),
            _ => parts.push(self.leaf(model, depth)),
        }
        Json::Array(parts)
    }

    pub(super) fn domain(&mut self, model: &str) -> Json {
        match self.chance.below(10) {
            0..=3 => json!([]),
            4 => json!([["id", "in", self.ids(model)]]),
            5 => json!([[
                "id",
                *self.chance.one(&["child_of", "parent_of"]),
                self.id()
            ]]),
            _ => self.conditions(model, 2),
        }
    }

    pub(super) fn order(&mut self, model: &str) -> Json {
        let direction = *self.chance.one(&["asc", "desc", "", "desc nulls last"]);
        match self.chance.below(6) {
            0 | 1 => json!(""),
            2 => json!(format!("{} {direction}", self.field(model))),
            3 => json!(format!(
                "{} {direction}, {}",
                self.open_field(model),
                self.field(model)
            )),
            4 => json!(format!("{} {direction}", self.path(model))),
            _ => json!(format!("{} {direction}, id", self.open_field(model))),
        }
    }

    pub(super) fn groupings(&mut self, model: &str) -> Vec<String> {
        match self.chance.below(4) {
            0 => vec![self.field(model)],
            1 => vec![self.open_field(model), self.field(model)],
            2 => vec![self.path(model)],
            _ => vec![self.open_field(model)],
        }
    }

    pub(super) fn aggregates(&mut self, model: &str) -> Vec<String> {
        let function =
            *self
                .chance
                .one(&["max", "min", "count_distinct", "array_agg", "sum", "count"]);
        match self.chance.below(4) {
            0 => vec![format!("{}:{function}", self.field(model))],
            1 => vec![
                "__count".to_owned(),
                format!("found:{function}({})", self.field(model)),
            ],
            2 => vec![format!("{}:{function}", self.open_field(model))],
            _ => vec!["__count".to_owned()],
        }
    }
}
