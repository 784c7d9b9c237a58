//! Specifications, values and commands.

use serde_json::{Value as Json, json};

use super::calls::Maker;
use super::world::{COMPANY, HIDDEN, STRANGER};

impl Maker {
    pub(super) fn specification(&mut self, model: &str, depth: usize) -> Json {
        let mut fields = serde_json::Map::new();
        for field in self.some_fields(model) {
            fields.insert(field, json!({}));
        }
        let links: &[(&str, &str)] = match model {
            "res.partner" => &[
                ("parent_id", "res.partner"),
                ("child_ids", "res.partner"),
                ("category_id", "res.partner.category"),
                ("user_id", "res.users"),
            ],
            "sale.order" => &[
                ("partner_id", "res.partner"),
                ("order_line", "sale.order.line"),
                ("company_id", "res.company"),
            ],
            "sale.order.line" => &[("order_id", "sale.order")],
            _ => &[("partner_id", "res.partner")],
        };
        if depth > 0 && self.chance.happens(60) {
            let (link, behind) = *self.chance.one(links);
            let mut inner = json!({"fields": self.specification(behind, depth - 1)});
            if self.chance.happens(30) {
                inner["order"] = self.order(behind);
            }
            if self.chance.happens(20) {
                inner["context"] = json!({"show_email": true, "active_test": false});
            }
            fields.insert(link.to_owned(), inner);
        }
        Json::Object(fields)
    }

    pub(super) fn values(&mut self, model: &str, depth: usize) -> Json {
        let mut values = serde_json::Map::new();
        let plain: &[(&str, Json)] = match model {
            "res.partner" => &[
                ("name", json!("Twin")),
                ("city", json!("Bath")),
                ("website", json!("http://twin.example")),
                ("is_company", json!(true)),
                ("color", json!(3)),
                ("zip", json!("1")),
            ],
            "sale.order" => &[("client_order_ref", json!("PO-1")), ("note", json!("x"))],
            "sale.order.line" => &[("name", json!("Line")), ("product_uom_qty", json!(2))],
            _ => &[("name", json!("Twin")), ("color", json!(1))],
        };
        for (field, value) in self.chance.some(plain, 2) {
            values.insert(field.to_owned(), value);
        }
        match (model, self.chance.below(10)) {
            ("res.partner", 0) => {
                drop(values.insert((*self.chance.one(HIDDEN)).to_owned(), json!(self.secret())))
            }
            ("res.partner", 1) => drop(values.insert("is_company".to_owned(), json!(false))),
            ("res.partner", 2) => drop(values.insert("parent_id".to_owned(), json!(self.id()))),
            ("res.partner", 3 | 4) if depth > 0 => {
                drop(values.insert("child_ids".to_owned(), self.commands("res.partner", depth)))
            }
            ("res.partner", 5) => {
                let through = *self.chance.one(&[
                    "parent_name",
                    "email_normalized",
                    "company_type",
                    "email_formatted",
                    "contact_address",
                ]);
                values.insert(through.to_owned(), json!("person"));
            }
            ("res.partner", 6) => drop(values.insert(
                "category_id".to_owned(),
                self.commands("res.partner.category", depth),
            )),
            ("sale.order", 0..=4) => drop(values.insert("partner_id".to_owned(), json!(self.id()))),
            ("sale.order", 5 | 6) if depth > 0 => drop(values.insert(
                "order_line".to_owned(),
                self.commands("sale.order.line", depth),
            )),
            ("sale.order.line", 0..=3) => drop(values.insert("order_id".to_owned(), json!(2))),
            ("res.partner.category", 0..=2) => drop(values.insert(
                "partner_ids".to_owned(),
                self.commands("res.partner", depth),
            )),
            _ => {}
        }
        Json::Object(values)
    }

    pub(super) fn commands(&mut self, model: &str, depth: usize) -> Json {
        let id = self.id();
        let values = if depth > 0 {
            self.values(model, depth - 1)
        } else {
            json!({})
        };
        let command = match self.chance.below(8) {
            0 => json!([0, 0, values]),
            1 => json!([1, id, values]),
            2 => json!([2, id, 0]),
            3 => json!([3, id, 0]),
            4 => json!([4, id, 0]),
            5 => json!([5, 0, 0]),
            6 => json!([6, 0, [id]]),
            _ => json!([1, STRANGER, {"email": self.secret(), "name": "Changed"}]),
        };
        json!([command])
    }

    /// A record: hidden in both worlds, in one, or open.
    pub(super) fn id(&mut self) -> i64 {
        *self.chance.one(&[
            COMPANY,
            8,
            9,
            12,
            14,
            STRANGER,
            STRANGER,
            31,
            self.missing,
            self.missing,
            99_999,
        ])
    }

    pub(super) fn ids(&mut self, model: &str) -> Vec<i64> {
        let small = [1, 2, 3, 5];
        let count = 1 + self.chance.below(3);
        (0..count)
            .map(|_| {
                if model == "res.partner" {
                    self.id()
                } else {
                    *self.chance.one(&small)
                }
            })
            .collect()
    }
}
