//! Calls that a role opens: their answers are the ERP's own.

use serde_json::{Value as Json, json};

use portcullis_testkit::chance::Chance;

/// What the role `named` opens of companies, as an ERP is asked for it directly.
const COMPANIES: &str = "is_company";

/// A call, as a caller makes it and as the ERP is asked directly.
pub(crate) struct Open {
    pub(crate) model: &'static str,
    pub(crate) method: &'static str,
    pub(crate) asked: Json,
    pub(crate) direct: Json,
}

/// The maker of open calls.
pub(crate) struct Opener {
    chance: Chance,
    /// Records that were made here.
    made: Vec<i64>,
    count: usize,
}

impl Opener {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            chance: Chance::of(seed),
            made: vec![8, 9, 10],
            count: 0,
        }
    }

    /// Takes up what a call made.
    pub(crate) fn learn(&mut self, call: &Open, answer: &Json) {
        if call.model == "res.partner"
            && call.method == "create"
            && let Some(id) = answer[0].as_i64()
        {
            self.made.push(id);
        }
    }

    pub(crate) fn next(&mut self) -> Open {
        self.count += 1;
        match self.chance.below(10) {
            0..=3 => self.companies(),
            4 => self.groups(),
            5 => self.read(),
            6 => self.create(),
            7 => self.write(),
            8 => self.orders(),
            _ => self.around(),
        }
    }

    fn companies(&mut self) -> Open {
        let method =
            *self
                .chance
                .one(&["search_read", "search", "search_count", "web_search_read"]);
        let mut asked = json!({"domain": self.domain()});
        if method != "search_count" {
            let order = *self
                .chance
                .one(&["name", "city desc", "color", "customer_rank desc"]);
            asked["order"] = json!(format!("{order}, id"));
            asked["limit"] = json!(1 + self.chance.below(12));
            asked["offset"] = json!(self.chance.below(4));
        }
        if method == "search_read" {
            asked["fields"] = json!(self.fields());
        }
        if method == "web_search_read" {
            asked["specification"] = json!({
                "name": {}, "city": {}, "country_id": {"fields": {"display_name": {}}}, "category_id": {"fields": {"name": {}}},
            });
        }
        let mut direct = asked.clone();
        bind(&mut direct);
        Open {
            model: "res.partner",
            method,
            asked,
            direct,
        }
    }

    fn groups(&mut self) -> Open {
        let by = *self
            .chance
            .one(&["country_id", "city", "is_company", "customer_rank"]);
        let aggregate = *self
            .chance
            .one(&["color:sum", "__count", "customer_rank:max"]);
        let asked = json!({"domain": self.domain(), "groupby": [by], "aggregates": [aggregate], "order": by});
        let mut direct = asked.clone();
        bind(&mut direct);
        // The domain of a group would show the rule's: it is not told.
        Open {
            model: "res.partner",
            method: "formatted_read_group",
            asked,
            direct,
        }
    }

    fn read(&mut self) -> Open {
        let mut ids = self.chance.some(&self.made.clone(), 4);
        // A record that is named twice is given once by the gateway, as often by the ERP.
        ids.sort_unstable();
        ids.dedup();
        let asked = json!({"ids": ids, "fields": self.fields()});
        same("res.partner", "read", asked)
    }

    fn create(&mut self) -> Open {
        let city = *self.chance.one(&["Bath", "Turin", "Oslo"]);
        let asked = json!({"vals_list": [{
            "name": format!("Company {}", self.count), "city": city, "is_company": true,
            "color": self.chance.below(9), "category_id": [[6, 0, [1 + self.chance.below(4)]]],
        }]});
        same("res.partner", "create", asked)
    }

    fn write(&mut self) -> Open {
        let id = *self.chance.one(&self.made.clone());
        let vals = match self.chance.below(3) {
            0 => json!({"city": format!("City {}", self.count)}),
            1 => {
                json!({"website": format!("http://{}.example", self.count), "color": self.chance.below(9)})
            }
            _ => {
                json!({"category_id": [[4, 1 + self.chance.below(4), 0]], "zip": format!("{}", self.count)})
            }
        };
        same("res.partner", "write", json!({"ids": [id], "vals": vals}))
    }

    fn orders(&mut self) -> Open {
        match self.chance.below(3) {
            0 => {
                let lines = json!([[0, 0, {"product_id": 1 + self.chance.below(5), "product_uom_qty": 1 + self.chance.below(6)}]]);
                let asked = json!({"vals_list": [{
                    "partner_id": *self.chance.one(&[7, 8, 9, 12]), "client_order_ref": format!("PO-{}", self.count), "order_line": lines,
                }]});
                same("sale.order", "create", asked)
            }
            1 => {
                let asked = json!({
                    "domain": [["amount_total", ">", self.chance.below(900)]], "order": "amount_total desc, id",
                    "fields": ["name", "state", "amount_total", "client_order_ref", "order_line"], "limit": 1 + self.chance.below(20),
                });
                same("sale.order", "search_read", asked)
            }
            _ => {
                let asked = json!({
                    "domain": [["product_uom_qty", ">=", self.chance.below(5)], ["order_id.state", "=", "draft"]],
                    "fields": ["name", "product_uom_qty", "price_unit", "order_id"], "order": "id", "limit": 1 + self.chance.below(20),
                });
                same("sale.order.line", "search_read", asked)
            }
        }
    }

    fn around(&mut self) -> Open {
        let limit = 1 + self.chance.below(10);
        let offset = self.chance.below(9);
        if self.chance.happens(50) {
            let asked = json!({
                "domain": [["list_price", ">", self.chance.below(300)]], "fields": ["name", "list_price"],
                "order": "list_price, id", "limit": limit, "offset": offset,
            });
            return same("product.template", "search_read", asked);
        }
        let asked = json!({
            "domain": [["name", "ilike", *self.chance.one(&["a", "e", "", "r"])]], "fields": ["name", "parent_id", "display_name"],
            "order": "id", "limit": limit, "offset": offset,
        });
        same("res.partner.category", "search_read", asked)
    }

    fn fields(&mut self) -> Vec<&'static str> {
        let all = [
            "name",
            "city",
            "street",
            "zip",
            "country_id",
            "category_id",
            "website",
            "function",
            "color",
            "type",
            "customer_rank",
            "is_company",
            "company_name",
            "industry_id",
        ];
        let mut fields = self.chance.some(&all, 4);
        fields.sort_unstable();
        fields.dedup();
        fields
    }

    fn domain(&mut self) -> Json {
        let leaf = |chance: &mut Chance| match chance.below(6) {
            0 => json!(["city", "ilike", *chance.one(&["a", "o", "Bath", "ü"])]),
            1 => json!([
                "country_id",
                *chance.one(&["=", "!="]),
                1 + chance.below(22)
            ]),
            2 => json!([
                "customer_rank",
                *chance.one(&[">", "<=", "="]),
                chance.below(4)
            ]),
            3 => json!(["category_id", "in", [1 + chance.below(5)]]),
            4 => json!(["website", *chance.one(&["=", "!="]), false]),
            _ => json!([
                "category_id.name",
                "ilike",
                *chance.one(&["Cust", "ret", "Sup"])
            ]),
        };
        let one = leaf(&mut self.chance);
        match self.chance.below(4) {
            0 => json!([]),
            1 => json!(["|", one, leaf(&mut self.chance)]),
            2 => json!(["!", one]),
            _ => json!([one, leaf(&mut self.chance)]),
        }
    }
}

fn same(model: &'static str, method: &'static str, asked: Json) -> Open {
    Open {
        model,
        method,
        direct: asked.clone(),
        asked,
    }
}

/// What the rule adds to a domain.
fn bind(direct: &mut Json) {
    let domain = direct["domain"].as_array_mut().expect("a domain");
    domain.insert(0, json!([COMPANIES, "=", true]));
}
