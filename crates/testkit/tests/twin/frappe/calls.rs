//! Requests of every kind to a site, aimed at what is hidden as often as at what is open.

use serde_json::{Value as Json, json};

use super::world::{HIDDEN, MISSING, Site, encoded};
use portcullis_testkit::chance::Chance;

const AIMED: &str = include_str!("aimed.tsv");

const OPERATORS: &[&str] = &[
    "=",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "like",
    "not like",
    "in",
    "not in",
    "is",
    "between",
    "timespan",
    "descendants of",
    "ancestors of",
    "not descendants of",
    "regexp",
];

/// A request, as it is sent.
pub(crate) struct Asked {
    pub(crate) verb: String,
    pub(crate) target: String,
    pub(crate) body: String,
}

/// The maker of requests.
pub(crate) struct Maker {
    chance: Chance,
    stranger: String,
    open: Vec<String>,
}

impl Maker {
    pub(crate) fn new(seed: u64, site: &Site) -> Self {
        Self {
            chance: Chance::of(seed),
            stranger: site.stranger.clone(),
            open: site.open.clone(),
        }
    }

    fn aimed(&mut self) -> Asked {
        let lines: Vec<&str> = AIMED
            .lines()
            .filter(|line| !line.starts_with('#'))
            .collect();
        let line = *self.chance.one(&lines);
        let word = *self.chance.one(&["alpha", "omega", "Rhea", "Robin"]);
        let open = self.chance.one(&self.open).clone();
        let hidden = *self.chance.one(HIDDEN);
        let said = |text: &str, path: bool| {
            let as_is = |text: &str| if path { encoded(text) } else { text.to_owned() };
            text.replace("$WORD", word)
                .replace("$SECRET", &format!("{word}37"))
                .replace("$HIDDEN", hidden)
                .replace("$OPEN", &as_is(&open))
                .replace("$STRANGER", &as_is(&self.stranger))
                .replace("$MISSING", &as_is(MISSING))
        };
        let [verb, path, parameters, body] = line
            .split('\t')
            .collect::<Vec<_>>()
            .try_into()
            .expect("four columns");
        let path = said(path, true).replace(' ', "%20");
        let parameters = serde_json::from_str(&said(parameters, false)).expect("JSON");
        let body = if body == "-" {
            String::new()
        } else {
            said(body, false)
        };
        asked(verb, &path, &parameters, &body)
    }

    fn field(&mut self) -> String {
        let open = [
            "name",
            "customer_name",
            "territory",
            "customer_group",
            "creation",
            "status",
            "grand_total",
        ];
        let odd = [
            "_user_tags",
            "customer.tax_id",
            "items.rate",
            "tabCustomer.tax_id",
            "modified_by",
            "docstatus",
        ];
        match self.chance.below(20) {
            0..=2 => (*self.chance.one(HIDDEN)).to_owned(),
            3 => (*self.chance.one(&odd)).to_owned(),
            _ => (*self.chance.one(&open)).to_owned(),
        }
    }

    fn fields(&mut self) -> Vec<String> {
        let count = 1 + self.chance.below(3);
        (0..count)
            .map(|_| match self.chance.below(8) {
                0 => format!(
                    "{}({}) as found",
                    *self.chance.one(&["max", "count", "min", "sum"]),
                    self.field()
                ),
                1 => format!("{} as other", self.field()),
                2 => "*".to_owned(),
                _ => self.field(),
            })
            .collect()
    }

    fn filters(&mut self) -> Json {
        let count = 1 + self.chance.below(3);
        let leaves = (0..count).map(|_| {
            let operator = *self.chance.one(OPERATORS);
            let text = *self.chance.one(&[
                "alpha",
                "omega",
                "%alpha%",
                "%omega%",
                "Germany",
                "Individual",
                "Company",
                "%",
                "Robin",
                "",
            ]);
            let value = match operator {
                "in" | "not in" | "between" => json!([text, "Zurich"]),
                "is" => json!(*self.chance.one(&["set", "not set"])),
                _ => json!(text),
            };
            let field = self.field();
            if self.chance.happens(15) {
                json!(["Customer", field, operator, value])
            } else {
                json!([field, operator, value])
            }
        });
        leaves.collect()
    }
}

impl Iterator for Maker {
    type Item = Asked;

    fn next(&mut self) -> Option<Asked> {
        if self.chance.happens(40) {
            return Some(self.aimed());
        }
        let doctype = *self.chance.one(&[
            "Customer",
            "Customer",
            "Customer",
            "Sales Order",
            "Item",
            "Territory",
            "User",
            "Comment",
        ]);
        let mut parameters = serde_json::Map::new();
        let mut put = |name: &str, value: Json| drop(parameters.insert(name.to_owned(), value));
        if self.chance.happens(60) {
            put("fields", json!(self.fields()));
        }
        if self.chance.happens(60) {
            put("filters", self.filters());
        }
        if self.chance.happens(25) {
            put("or_filters", self.filters());
        }
        if self.chance.happens(35) {
            let direction = *self.chance.one(&["asc", "desc", ""]);
            put("order_by", json!(format!("{} {direction}", self.field())));
        }
        if self.chance.happens(10) {
            put("group_by", json!(self.field()));
        }
        put("limit_page_length", json!(self.chance.below(30)));
        let (path, named) = match self.chance.below(5) {
            0 => ("/api/method/frappe.client.get_list".to_owned(), true),
            1 => ("/api/method/frappe.client.get_count".to_owned(), true),
            2 => (format!("/api/v2/document/{}", encoded(doctype)), false),
            _ => (format!("/api/resource/{}", encoded(doctype)), false),
        };
        if named {
            put("doctype", json!(doctype));
        }
        if path.ends_with("get_count") {
            parameters.retain(|name, _| matches!(name.as_str(), "doctype" | "filters"));
        }
        Some(asked("GET", &path, &Json::Object(parameters), ""))
    }
}

impl std::fmt::Display for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.verb, self.target, self.body)
    }
}

fn asked(verb: &str, path: &str, parameters: &Json, body: &str) -> Asked {
    let pairs = parameters
        .as_object()
        .expect("parameters")
        .iter()
        .map(|(name, value)| {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            format!("{name}={}", encoded(&text))
        });
    let query = pairs.collect::<Vec<_>>().join("&");
    let target = if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    };
    Asked {
        verb: verb.to_owned(),
        target,
        body: body.to_owned(),
    }
}
