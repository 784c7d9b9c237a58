//! Calls of every kind: all methods, argument positions, nestings and contexts, aimed at what is
//! hidden as often as at what is open.

use std::collections::BTreeMap;

use portcullis_erp::{Call, Dialect, Limits, Map, RecordId, Value};
use serde_json::{Value as Json, json};

use super::world::{COMPANY, HIDDEN, KEYS, STRANGER, Site};
use portcullis_testkit::chance::Chance;

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
    Dialect::Rest,
    Dialect::Rest,
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

impl Iterator for Maker {
    type Item = Asked;

    fn next(&mut self) -> Option<Asked> {
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
        Some(Asked {
            call,
            dialect: *self.chance.one(DIALECTS),
            key: self.chance.below(KEYS),
        })
    }
}

const AIMED: &str = include_str!("aimed.tsv");

/// The maker of calls.
pub(crate) struct Maker {
    pub(super) chance: Chance,
    pub(super) fields: BTreeMap<&'static str, Vec<String>>,
    pub(super) missing: i64,
    pub(super) order: i64,
}

impl Maker {
    pub(crate) fn new(seed: u64, world: &Site) -> Self {
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
}

fn of(json: &Json) -> Value {
    portcullis_erp::value::from_json(json.to_string().as_bytes(), &Limits::default())
        .expect("a value")
}

fn map(json: &Json) -> Map {
    of(json).as_map().expect("a map").clone()
}
