//! Sites that differ only in what is hidden, each with a gateway before it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use portcullis_erp::Dialect;
use portcullis_gateway::gcra::Rate;
use portcullis_policy::Family;
use portcullis_sandbox::erpnext::{Credential, ErpNext, Options};
use portcullis_sandbox::{Handler as _, Request};
use portcullis_testkit::yard::{Plan, Yard};
use serde_json::{Value as Json, json};

use crate::secrets::Secrets;
use crate::timeless::timeless;

/// The fields that the role hides, and that each world has other values in.
pub(crate) const HIDDEN: &[&str] = &["website", "tax_id", "customer_details"];
/// A customer who is there in one world only.
pub(crate) const MISSING: &str = "Rhea Missing";

const ROLES: &[(&str, &str)] = &[("customers", include_str!("../roles/customers.toml"))];

const ADMIN: &str = "token administrator:administrators-secret";
const SECRET: &str = "integration:integrations-secret";

/// One of the sites.
pub(crate) struct Site {
    erp: Arc<ErpNext>,
    yard: Yard,
    /// A person whom the role does not show.
    pub(crate) stranger: String,
    /// Companies, which it shows.
    pub(crate) open: Vec<String>,
}

impl Site {
    pub(crate) async fn made(secrets: Secrets) -> Self {
        Self::under(secrets, ROLES).await
    }

    /// One whose caller has this role.
    pub(crate) async fn under(
        secrets: Secrets,
        roles: &'static [(&'static str, &'static str)],
    ) -> Self {
        let known = |name: &str| Credential {
            password: format!("the password of {name}"),
            api_key: name.to_owned(),
            api_secret: format!("{name}s-secret"),
        };
        let erp = Arc::new(ErpNext::new(Options::new(
            known("administrator"),
            known("integration"),
            known("second"),
            known("portal"),
        )));
        let plan = Plan {
            family: Family::Frappe,
            spoken: Dialect::FrappeResource,
            login: "integration@example.com",
            secret: SECRET,
            uid: None,
            roles,
            rate: Rate {
                per_minute: 1_000_000,
                burst: 1_000_000,
            },
            once: Duration::from_secs(60),
        };
        let yard = Yard::before(Arc::clone(&erp), &plan).await;
        let mut site = Self {
            erp,
            yard,
            stranger: String::new(),
            open: Vec::new(),
        };
        site.furnish(secrets);
        site
    }

    fn furnish(&mut self, secrets: Secrets) {
        let person = json!({"customer_name": MISSING, "customer_type": "Individual", "customer_group": "Individual"});
        self.admin("POST", "/api/resource/Customer", "", &person);
        if !secrets.is_inhabited {
            let gone = format!("/api/resource/Customer/{}", MISSING.replace(' ', "%20"));
            self.admin("DELETE", &gone, "", &json!({}));
        }
        for (at, customer) in self.customers().into_iter().enumerate() {
            let name = customer["name"].as_str().expect("a name").to_owned();
            if name == MISSING {
                continue;
            }
            let number = i64::try_from(at).expect("a number");
            let word = secrets.of(number);
            let mut change = json!({"website": format!("https://{word}.example"), "tax_id": word, "customer_details": word});
            if customer["customer_type"] == "Individual" {
                change["territory"] = json!(if secrets.is_inhabited {
                    "Germany"
                } else {
                    "United States"
                });
                if self.stranger.is_empty() {
                    self.stranger.clone_from(&name);
                }
            } else if self.open.len() < 4 {
                self.open.push(name.clone());
            }
            let path = format!("/api/resource/Customer/{}", encoded(&name));
            self.admin("PUT", &path, "", &change);
        }
    }

    fn customers(&self) -> Vec<Json> {
        let query = "fields=%5B%22name%22%2C%22customer_type%22%2C%22territory%22%2C%22website%22%2C%22tax_id%22%2C%22customer_details%22%5D&limit_page_length=0&order_by=name";
        let told = self.admin("GET", "/api/resource/Customer", query, &json!(null));
        told["data"].as_array().expect("customers").clone()
    }

    /// What no request may change: who is there, and what is hidden of everybody.
    pub(crate) fn all_that_is_hidden(&self) -> Json {
        let all = self.customers().into_iter();
        let persons_and_hidden = all.map(|mut customer| {
            let fields = customer.as_object_mut().expect("a customer");
            if fields["customer_type"] != "Individual" {
                fields.remove("territory");
            }
            customer
        });
        // Companies may be made: without hidden values they say nothing.
        let telling = persons_and_hidden.filter(|customer| {
            customer["customer_type"] == "Individual"
                || HIDDEN.iter().any(|field| !customer[*field].is_null())
        });
        telling.collect()
    }

    fn admin(&self, verb: &str, path: &str, query: &str, body: &Json) -> Json {
        let mut headers = http::HeaderMap::new();
        headers.insert("host", "site".parse().expect("a name"));
        headers.insert("authorization", ADMIN.parse().expect("a header"));
        let body = if body.is_null() {
            Bytes::new()
        } else {
            Bytes::from(body.to_string())
        };
        if !body.is_empty() {
            headers.insert("content-type", "application/json".parse().expect("a type"));
        }
        headers.insert("content-length", body.len().into());
        let response = self.erp.answer(&Request {
            verb: verb.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body,
        });
        let text = String::from_utf8_lossy(&response.body);
        assert!(response.status < 300, "{verb} {path}?{query}: {text}");
        serde_json::from_str(&text).unwrap_or(Json::Null)
    }

    /// Sends a request through the gateway; answers status and body, but for times.
    pub(crate) async fn ask(&self, verb: &str, target: &str, body: &str) -> String {
        let mut request = http::Request::builder()
            .method(verb)
            .uri(target)
            .header("host", "gateway")
            .header("x-api-key", &self.yard.keys[0]);
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        let body = Bytes::from(body.to_owned());
        let (status, body) = self
            .yard
            .exchange(request.body(body).expect("a request"))
            .await;
        timeless(&format!("{status} {}", String::from_utf8_lossy(&body)))
    }
}

/// A part of a path or a query, as it is sent.
pub(crate) fn encoded(text: &str) -> String {
    portcullis_erp::dialect::segment(text).to_string()
}
