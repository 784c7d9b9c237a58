//! Fields, ways over links, and values to compare with: what is hidden as often as what is open.

use serde_json::{Value as Json, json};

use super::calls::Maker;
use super::world::HIDDEN;

impl Maker {
    /// A field: one that is hidden as often as one that is open.
    pub(super) fn field(&mut self, model: &str) -> String {
        if model == "res.partner" && self.chance.happens(40) {
            return (*self.chance.one(HIDDEN)).to_owned();
        }
        if model == "sale.order" && self.chance.happens(20) {
            return "date_order".to_owned();
        }
        match self.fields.get(model) {
            Some(names) if !names.is_empty() => self.chance.one(names).clone(),
            _ => "name".to_owned(),
        }
    }

    /// A field that both roles open, most often.
    pub(super) fn open_field(&mut self, model: &str) -> String {
        let open: &[&str] = match model {
            "res.partner" => &[
                "name",
                "city",
                "country_id",
                "website",
                "color",
                "is_company",
                "category_id",
                "display_name",
                "user_id",
            ],
            "sale.order" => &[
                "name",
                "partner_id",
                "state",
                "amount_total",
                "client_order_ref",
                "order_line",
            ],
            "sale.order.line" => &["name", "order_id", "product_uom_qty", "price_unit"],
            _ => &["name", "display_name", "color", "active"],
        };
        (*self.chance.one(open)).to_owned()
    }

    pub(super) fn some_fields(&mut self, model: &str) -> Vec<String> {
        let count = 1 + self.chance.below(3);
        let is_aimed = self.chance.happens(45);
        (0..count)
            .map(|at| {
                if is_aimed && at == 0 {
                    self.field(model)
                } else {
                    self.open_field(model)
                }
            })
            .collect()
    }

    /// Ways over links, most of them to what is hidden.
    pub(super) fn paths(&mut self, model: &str, step: &str) -> Vec<String> {
        let count = 1 + self.chance.below(2);
        (0..count)
            .map(|_| self.path(model).replace('.', step))
            .collect()
    }

    pub(super) fn path(&mut self, model: &str) -> String {
        let hidden = *self.chance.one(HIDDEN);
        let ways: &[&str] = match model {
            "res.partner" => &[
                "",
                "parent_id.",
                "child_ids.",
                "commercial_partner_id.",
                "user_id.partner_id.",
                "sale_order_ids.partner_id.",
                "self.",
            ],
            "sale.order" => &[
                "partner_id.",
                "partner_invoice_id.",
                "user_id.partner_id.",
                "company_id.partner_id.",
                "order_line.order_id.partner_id.",
            ],
            "sale.order.line" => &["order_id.partner_id.", "order_partner_id."],
            "res.company" | "res.users" | "res.partner.bank" => &["partner_id."],
            "res.partner.category" => &["partner_ids."],
            "res.country" => &["state_ids.country_id."],
            "crm.team" => &["user_id.partner_id.", "company_id.partner_id."],
            _ => &[
                "create_uid.partner_id.",
                "company_id.partner_id.",
                "partner_id.",
            ],
        };
        let way = *self.chance.one(ways);
        match self.chance.below(4) {
            0 | 1 => format!("{way}{hidden}"),
            2 => format!("{way}name"),
            _ if way.is_empty() => self.field(model),
            _ => way.trim_end_matches('.').to_owned(),
        }
    }

    pub(super) fn text(&mut self) -> String {
        let texts = [
            "alpha",
            "omega",
            "alpha3",
            "omega5",
            "REF-",
            "hidden.example",
            "Person",
            "Rhea",
            "Nora",
            "Almer",
            "a",
            "",
            "%",
            "+00",
            "City",
            "Zed",
            "@",
            "Lind",
            "e",
        ];
        (*self.chance.one(&texts)).to_owned()
    }

    /// A text as long as a whole hidden value, of one record in one world.
    pub(super) fn secret(&mut self) -> String {
        let (word, factor) = *self.chance.one(&[("alpha", 37), ("omega", 61)]);
        let id = *self.chance.one(&[7_i64, 8, 9, 10, 19, 31]);
        let value = format!("{word}{:02}", (id * factor) % 97);
        match self.chance.below(4) {
            0 => format!("{value}@hidden.example"),
            1 => format!("REF-{value}"),
            2 => format!("+00 {value}"),
            _ => value,
        }
    }

    pub(super) fn value(&mut self) -> Json {
        match self.chance.below(9) {
            0..=2 => json!(self.text()),
            3 => json!(self.secret()),
            4 => json!(self.id()),
            5 => json!([self.id(), self.id()]),
            6 => json!(self.chance.happens(50)),
            7 => json!([self.text(), self.secret()]),
            _ => json!(i64::try_from(self.chance.below(20)).expect("a number")),
        }
    }
}
