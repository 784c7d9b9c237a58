//! Calls of every kind: all methods, argument positions, nestings and contexts, aimed at what is
//! hidden as often as at what is open.

use std::collections::BTreeMap;

use portcullis_erp::{Call, Dialect, Limits, Map, RecordId, Value};
use serde_json::{Value as Json, json};

use crate::chance::Chance;
use crate::world::{COMPANY, HIDDEN, KEYS, STRANGER, World};

/// What stands for the records, the context and the other arguments of a call.
pub(crate) struct Asked {
    pub(crate) call: Call,
    pub(crate) dialect: Dialect,
    pub(crate) key: usize,
}

impl std::fmt::Display for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = |map: &Map| {
            let bytes = portcullis_erp::value::to_json(&Value::Map(map.clone()));
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let Call {
            model,
            method,
            ids,
            named,
            context,
            ..
        } = &self.call;
        let (named, context) = (text(named), text(context));
        write!(
            f,
            "{model}.{method} {ids:?} {named} {context} in {:?} with key {}",
            self.dialect, self.key
        )
    }
}

const DIALECTS: &[Dialect] = &[
    Dialect::XmlRpc1,
    Dialect::XmlRpc2,
    Dialect::JsonRpc,
    Dialect::Json2,
    Dialect::Json2,
    Dialect::OdooCall,
];

const MODELS: &[&str] = &[
    "res.partner",
    "res.partner",
    "res.partner",
    "res.partner",
    "res.partner",
    "res.partner",
    "sale.order",
    "sale.order",
    "sale.order.line",
    "res.partner.category",
    "res.company",
    "res.country",
    "res.currency",
    "product.template",
    "res.users",
    "mail.message",
    "res.partner.bank",
    "ir.model.fields",
    "ir.attachment",
    "mail.tracking.value",
    "crm.team",
    "res.partner.industry",
];

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

/// Methods that no table describes.
const UNLISTED: &[&str] = &[
    "onchange",
    "copy_data",
    "get_formview_action",
    "get_views",
    "fields_view_get",
    "load",
    "search_fetch",
    "fetch",
    "mapped",
    "filtered_domain",
    "get_external_id",
    "message_post",
    "message_subscribe",
    "get_field_translations",
    "update_field_translations",
    "search_panel_select_range",
    "search_panel_select_multi_range",
    "read_progress_bar",
    "get_property_definition",
    "web_read_group",
    "export_xml",
    "_read",
    "_search",
    "name_get",
    "get_empty_list_help",
    "user_has_groups",
    "update_address",
    "action_confirm",
    "open_commercial_entity",
    "address_get",
    "create_company",
    "find_or_create",
    "view_header_get",
    "get_import_templates",
    "sudo",
    "browse",
    "check_access_rule",
    "web_override_translations",
    "has_group",
    "x_orders_of",
];

const CONTEXT: &[(&str, &str)] = &[
    ("show_email", "true"),
    ("show_vat", "true"),
    ("show_address", "true"),
    ("address_inline", "true"),
    ("active_test", "false"),
    ("lang", "\"en_US\""),
    ("tz", "\"Europe/Berlin\""),
    ("bin_size", "true"),
    ("default_email", "\"alpha@hidden.example\""),
    ("default_is_company", "false"),
    ("default_name", "\"Default\""),
    ("allowed_company_ids", "[1]"),
    ("tracking_disable", "true"),
    ("prefetch_fields", "false"),
    ("partner_show_db_id", "true"),
    ("html_format", "true"),
    ("force_company", "1"),
    ("mail_notrack", "true"),
    ("display_website", "true"),
    ("search_default_email", "\"alpha\""),
    ("group_by", "\"email\""),
];

const AIMED: &str = include_str!("aimed.tsv");

/// The maker of calls.
pub(crate) struct Maker {
    pub(crate) chance: Chance,
    fields: BTreeMap<&'static str, Vec<String>>,
    missing: i64,
    order: i64,
}

impl Maker {
    pub(crate) fn new(seed: u64, world: &World) -> Self {
        let mut fields = BTreeMap::new();
        for model in MODELS {
            let (status, told) = world.user(model, "fields_get", &json!({"attributes": ["type"]}));
            let told = told.as_object().filter(|_| status == 200);
            let names = told
                .map(|told| told.keys().cloned().collect())
                .unwrap_or_default();
            fields.insert(*model, names);
        }
        Self {
            chance: Chance::of(seed),
            fields,
            missing: world.missing,
            order: world.order,
        }
    }

    pub(crate) fn next(&mut self) -> Asked {
        let is_aimed = self.chance.happens(25);
        let model = *self.chance.one(MODELS);
        let (model, method, mut named, ids) = if is_aimed {
            self.aimed()
        } else {
            let (method, named, ids) = self.method(model);
            (model, method, named, ids)
        };
        if self.chance.happens(3) {
            let odd = *self.chance.one(&[
                "sudo",
                "fields",
                "domain",
                "groupby",
                "context_extra",
                "count",
                "as_user",
            ]);
            let value = json!(self.some_fields(model));
            named
                .as_object_mut()
                .expect("arguments")
                .entry(odd)
                .or_insert(value);
        }
        let mut call = Call::new(model, &method).expect("names");
        call.named = map(&named);
        call.context = self.context();
        if is_aimed {
            let shows_names = named["fields"] == json!(["display_name"]);
            call.context.retain(|_, _| false);
            if shows_names {
                let more = ("show_email".to_owned(), Value::Bool(true));
                call.context.extend([more]);
            }
        }
        call.ids = ids.map(|ids| ids.into_iter().map(RecordId::Number).collect());
        Asked {
            call,
            dialect: *self.chance.one(DIALECTS),
            key: self.chance.below(KEYS),
        }
    }

    /// A method with its arguments and the records it is called on.
    fn method(&mut self, model: &str) -> (String, Json, Option<Vec<i64>>) {
        let on = |ids: Vec<i64>| Some(ids);
        let limit = [json!(1), json!(3), json!(80), json!(false)][self.chance.below(4)].clone();
        let (method, named, ids) = match self.chance.below(40) {
            0..=2 => (
                "search",
                json!({"domain": self.domain(model), "order": self.order(model), "limit": limit}),
                None,
            ),
            3..=6 => (
                "search_read",
                json!({"domain": self.domain(model), "fields": self.some_fields(model), "order": self.order(model), "limit": limit}),
                None,
            ),
            7 => (
                "search_read",
                json!({"domain": self.domain(model), "limit": limit}),
                None,
            ),
            8 | 9 => ("search_count", json!({"domain": self.domain(model)}), None),
            10 | 11 => (
                "read",
                json!({"fields": self.some_fields(model)}),
                on(self.ids(model)),
            ),
            12 => {
                let specification = self.specification(model, 2);
                (
                    "web_read",
                    json!({"specification": specification}),
                    on(self.ids(model)),
                )
            }
            13 | 14 => {
                let specification = self.specification(model, 2);
                (
                    "web_search_read",
                    json!({"domain": self.domain(model), "specification": specification, "order": self.order(model), "limit": limit}),
                    None,
                )
            }
            15 | 16 => (
                "formatted_read_group",
                json!({
                    "domain": self.domain(model), "groupby": self.groupings(model), "aggregates": self.aggregates(model),
                    "order": if self.chance.happens(30) { json!(self.groupings(model).join(", ")) } else { json!("") },
                }),
                None,
            ),
            17 => (
                "read_group",
                json!({"domain": self.domain(model), "fields": self.aggregates(model), "groupby": self.groupings(model), "lazy": self.chance.happens(50)}),
                None,
            ),
            18 => (
                "formatted_read_grouping_sets",
                json!({"domain": self.domain(model), "grouping_sets": [self.groupings(model), []], "aggregates": ["__count"]}),
                None,
            ),
            19 | 20 => {
                let operator = *self.chance.one(&["ilike", "like", "=", "!=", "not ilike"]);
                (
                    "name_search",
                    json!({"name": self.text(), "domain": self.domain(model), "operator": operator, "limit": limit}),
                    None,
                )
            }
            21 => {
                let specification = self.specification(model, 1);
                (
                    "web_name_search",
                    json!({"name": self.text(), "specification": specification, "domain": []}),
                    None,
                )
            }
            22 => ("name_get", json!({}), on(self.ids(model))),
            23 => (
                "fields_get",
                json!({"allfields": self.some_fields(model)}),
                None,
            ),
            24 => ("fields_get", json!({}), None),
            25 => (
                "default_get",
                json!({"fields": self.some_fields(model)}),
                None,
            ),
            26 => {
                let operation = *self.chance.one(&["read", "write", "create", "unlink"]);
                match self.chance.below(3) {
                    0 => (
                        "check_access_rights",
                        json!({"operation": operation, "raise_exception": false}),
                        None,
                    ),
                    1 => (
                        "has_access",
                        json!({"operation": operation}),
                        on(self.ids(model)),
                    ),
                    _ => (
                        "check_field_access_rights",
                        json!({"operation": operation, "field_names": self.some_fields(model)}),
                        None,
                    ),
                }
            }
            27 => (
                "export_data",
                json!({"fields_to_export": self.paths(model, "/")}),
                on(self.ids(model)),
            ),
            28 => ("get_metadata", json!({}), on(self.ids(model))),
            29 | 30 => (
                "write",
                json!({"vals": self.values(model, 2)}),
                on(self.ids(model)),
            ),
            31 | 32 => (
                "create",
                json!({"vals_list": [self.values(model, 2)]}),
                None,
            ),
            33 => ("name_create", json!({"name": self.text()}), None),
            34 => {
                let method =
                    *self
                        .chance
                        .one(&["unlink", "action_archive", "action_unarchive", "copy"]);
                let ids = match method {
                    // What is open must last for many calls.
                    "copy" => self.ids(model),
                    _ => vec![
                        *self
                            .chance
                            .one(&[STRANGER, self.missing, STRANGER + 12, 99_999]),
                    ],
                };
                let named = if method == "copy" {
                    json!({"default": self.values(model, 0)})
                } else {
                    json!({})
                };
                (method, named, on(ids))
            }
            35 => {
                let specification = self.specification(model, 1);
                (
                    "web_save",
                    json!({"vals": self.values(model, 1), "specification": specification}),
                    on(self.ids(model)),
                )
            }
            36 => {
                let field = self.field(model);
                let specification = self.specification(model, 1);
                (
                    "web_resequence",
                    json!({"specification": specification, "field_name": field}),
                    on(self.ids(model)),
                )
            }
            _ => {
                let method = (*self.chance.one(UNLISTED)).to_owned();
                let named = self.unlisted(model);
                let ids = self.chance.happens(70).then(|| self.ids(model));
                return (method, named, ids);
            }
        };
        (method.to_owned(), named, ids)
    }

    /// A call that is aimed at one thing that is hidden, and says nothing else that would be
    /// refused.
    fn aimed(&mut self) -> (&'static str, String, Json, Option<Vec<i64>>) {
        let lines = AIMED.lines().filter(|line| !line.starts_with('#'));
        let lines: Vec<&'static str> = lines.collect();
        let line = *self.chance.one(&lines);
        let [model, method, ids, named] = line
            .split('\t')
            .collect::<Vec<_>>()
            .try_into()
            .expect("four columns");
        let word = *self.chance.one(&["alpha", "omega", "Person", "Rhea"]);
        let open = *self.chance.one(&[COMPANY, 8, 9, 12, 14]);
        let meanings = [
            ("$WORD", word.to_owned()),
            ("$SECRET", self.secret()),
            ("$HIDDEN", (*self.chance.one(HIDDEN)).to_owned()),
            ("$OPEN", open.to_string()),
            ("$COMPANY", COMPANY.to_string()),
            ("$STRANGER", STRANGER.to_string()),
            ("$MISSING", self.missing.to_string()),
            ("$ORDER", self.order.to_string()),
        ];
        let said = |text: &str| {
            let said = meanings
                .iter()
                .fold(text.to_owned(), |text, (name, value)| {
                    text.replace(name, value)
                });
            serde_json::from_str::<Json>(&said).expect("JSON")
        };
        let ids = (ids != "-").then(|| {
            let ids = said(ids);
            let ids = ids.as_array().expect("ids").iter();
            ids.filter_map(Json::as_i64).collect()
        });
        (model, method.to_owned(), said(named), ids)
    }

    fn unlisted(&mut self, model: &str) -> Json {
        match self.chance.below(6) {
            0 => json!({}),
            1 => json!({"fields": self.some_fields(model)}),
            2 => json!({"default": self.values(model, 0)}),
            3 => {
                json!({"values": {}, "field_names": self.some_fields(model), "fields_spec": self.specification(model, 1)})
            }
            4 => json!({"field_name": self.field(model), "domain": self.domain(model)}),
            _ => json!({"domain": self.domain(model), "fields": self.some_fields(model)}),
        }
    }

    fn context(&mut self) -> Map {
        let mut context = Map::new();
        if self.chance.happens(70) {
            return context;
        }
        for (key, value) in self.chance.some(CONTEXT, 1) {
            let value: Json = serde_json::from_str(value).expect("JSON");
            context.insert(key.to_owned(), of(&value));
        }
        context
    }

    /// A field: one that is hidden as often as one that is open.
    fn field(&mut self, model: &str) -> String {
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
    fn open_field(&mut self, model: &str) -> String {
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

    fn some_fields(&mut self, model: &str) -> Vec<String> {
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
    fn paths(&mut self, model: &str, step: &str) -> Vec<String> {
        let count = 1 + self.chance.below(2);
        (0..count)
            .map(|_| self.path(model).replace('.', step))
            .collect()
    }

    fn path(&mut self, model: &str) -> String {
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

    fn text(&mut self) -> String {
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
    fn secret(&mut self) -> String {
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

    fn value(&mut self) -> Json {
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

    fn leaf(&mut self, model: &str, depth: usize) -> Json {
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

    fn conditions(&mut self, model: &str, depth: usize) -> Json {
        let mut parts = Vec::new();
        match self.chance.below(5) {
            0 => parts.extend([json!("|"), self.leaf(model, depth), self.leaf(model, depth)]),
            1 => parts.extend([json!("!"), self.leaf(model, depth)]),
            2 => parts.extend([self.leaf(model, depth), self.leaf(model, depth)]),
            _ => parts.push(self.leaf(model, depth)),
        }
        Json::Array(parts)
    }

    fn domain(&mut self, model: &str) -> Json {
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

    fn order(&mut self, model: &str) -> Json {
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

    fn groupings(&mut self, model: &str) -> Vec<String> {
        match self.chance.below(4) {
            0 => vec![self.field(model)],
            1 => vec![self.open_field(model), self.field(model)],
            2 => vec![self.path(model)],
            _ => vec![self.open_field(model)],
        }
    }

    fn aggregates(&mut self, model: &str) -> Vec<String> {
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

    fn specification(&mut self, model: &str, depth: usize) -> Json {
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

    fn values(&mut self, model: &str, depth: usize) -> Json {
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

    fn commands(&mut self, model: &str, depth: usize) -> Json {
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
    fn id(&mut self) -> i64 {
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

    fn ids(&mut self, model: &str) -> Vec<i64> {
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

fn of(json: &Json) -> Value {
    portcullis_erp::value::from_json(json.to_string().as_bytes(), &Limits::default())
        .expect("a value")
}

fn map(json: &Json) -> Map {
    of(json).as_map().expect("a map").clone()
}
