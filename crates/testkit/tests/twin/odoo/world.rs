//! Odoos that differ only in what is hidden, each with a gateway before it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use portcullis_erp::dialect::UpstreamLogin;
use portcullis_erp::{Call, Database, Dialect};
use portcullis_gateway::gcra::Rate;
use portcullis_policy::Family;
use portcullis_sandbox::odoo::{Key, Odoo, Options, Role, User};
use portcullis_sandbox::{Handler as _, Request};
use portcullis_testkit::yard::{Plan, Yard};
use serde_json::{Value as Json, json};

use super::facade;
use crate::secrets::Secrets;
use crate::timeless::timeless;

const ROLES: &[(&str, &str)] = &[
    ("named", include_str!("../roles/named.toml")),
    ("starred", include_str!("../roles/starred.toml")),
    ("behind", include_str!("../roles/behind.toml")),
];

/// How many roles there are, each with a key.
pub(crate) const KEYS: usize = ROLES.len();

/// The fields that both roles hide.
pub(crate) const HIDDEN: &[&str] = &["email", "phone", "ref", "comment", "street2"];

const SECRET: &str = "a key of the ERP user";
const ADMIN: &str = "a key of the administrator";

/// A person whom no role shows, with other values in each world.
pub(crate) const STRANGER: i64 = 19;
/// The company that this person, and the one who is missing in one world, belong to.
pub(crate) const COMPANY: i64 = 7;

/// One of the Odoos.
pub(crate) struct Site {
    odoo: Arc<Odoo>,
    yard: Yard,
    uid: i64,
    /// The person who is there in one world only.
    pub(crate) missing: i64,
    /// An order of the stranger's.
    pub(crate) order: i64,
}

/// The hidden fields of one record.
fn hidden_fields(secrets: Secrets, id: i64) -> Json {
    let word = secrets.of(id);
    json!({
        "email": format!("{word}@hidden.example"),
        "phone": format!("+00 {word}"),
        "ref": format!("REF-{word}"),
        "comment": format!("<p>{word}</p>"),
        "street2": format!("behind {word}"),
    })
}

impl Site {
    pub(crate) async fn made(secrets: Secrets) -> Self {
        Self::under(secrets, ROLES).await
    }

    /// One whose callers have these roles, as many as there are keys.
    pub(crate) async fn under(
        secrets: Secrets,
        roles: &'static [(&'static str, &'static str)],
    ) -> Self {
        let user = |login: &str, role, key: &str| User {
            login: login.to_owned(),
            name: login.to_owned(),
            role,
            password: format!("the password of {login}"),
            keys: vec![Key::rpc(key)],
        };
        let users = vec![
            user("admin", Role::Admin, ADMIN),
            // The ERP shows everything to this user: what is hidden, the gateway hides.
            user("integration", Role::Admin, SECRET),
        ];
        let odoo = Arc::new(Odoo::new(Options::new("demo", users)));
        let uid = odoo.uid("integration").expect("a user");
        let plan = Plan {
            family: Family::Odoo,
            spoken: Dialect::Json2,
            login: "integration",
            secret: SECRET,
            uid: Some(uid),
            roles,
            rate: Rate {
                per_minute: 1_000_000,
                burst: 1_000_000,
            },
            once: Duration::from_secs(60),
        };
        let yard = Yard::before(Arc::clone(&odoo), &plan).await;
        let mut world = Self {
            odoo,
            yard,
            uid,
            missing: 0,
            order: 0,
        };
        world.furnish(secrets);
        world
    }

    fn furnish(&mut self, secrets: Secrets) {
        let all = json!({"domain": [], "context": {"active_test": false}});
        let partners = self.admin("res.partner", "search", &all);
        for id in partners.as_array().expect("ids") {
            let id = id.as_i64().expect("an id");
            let mut values = hidden_fields(secrets, id);
            if id == STRANGER || id == STRANGER + 12 {
                let more = json!({
                    "name": format!("Person {}", secrets.of(id)),
                    "city": format!("City {}", secrets.of(id)),
                    "function": secrets.word,
                    "color": id * secrets.factor % 11,
                });
                let more = more.as_object().expect("values").clone();
                values.as_object_mut().expect("values").extend(more);
            }
            let change = json!({"ids": [id], "vals": values});
            self.admin("res.partner", "write", &change);
        }
        let person = json!({"vals_list": [{
            "name": "Rhea Missing", "parent_id": COMPANY, "category_id": [[6, 0, [5]]], "city": "Nowhere",
        }]});
        self.missing = self.admin("res.partner", "create", &person)[0]
            .as_i64()
            .expect("an id");
        if !secrets.is_inhabited {
            let gone = json!({"ids": [self.missing]});
            self.admin("res.partner", "unlink", &gone);
        }
        let order = json!({"vals_list": [{"partner_id": STRANGER}]});
        self.order = self.admin("sale.order", "create", &order)[0]
            .as_i64()
            .expect("an id");
        self.hide_by_company(secrets);
        let tags = self.admin("res.partner.category", "search", &all);
        for id in tags.as_array().expect("ids") {
            let id = id.as_i64().expect("an id");
            let change = json!({"ids": [id], "vals": {"color": id * secrets.factor % 11}});
            self.admin("res.partner.category", "write", &change);
        }
        // By its date a model's own order is one that is hidden.
        let orders = self.admin("sale.order", "search", &all);
        for id in orders.as_array().expect("ids") {
            let id = id.as_i64().expect("an id");
            let day = 1 + (id * secrets.factor) % 28;
            let change =
                json!({"ids": [id], "vals": {"date_order": format!("2026-05-{day:02} 08:00:00")}});
            self.admin("sale.order", "write", &change);
        }
    }

    /// The stranger's account belongs to another company, whose accounts the ERP shows to whoever
    /// works in it: the ERP user does, unless the role says in which company it works.
    fn hide_by_company(&self, secrets: Secrets) {
        let made = |model: &str, values: Json| -> i64 {
            let made = self.admin(model, "create", &json!({"vals_list": [values]}));
            made[0].as_i64().expect("an id")
        };
        let company = made("res.company", json!({"name": "Elsewhere"}));
        let stranger = json!({"ids": [STRANGER], "vals": {"company_id": company}});
        self.admin("res.partner", "write", &stranger);
        let works = json!({"ids": [self.uid], "vals": {"company_ids": [[6, 0, [1, company]]]}});
        self.admin("res.users", "write", &works);
        let number = format!("ACC {}", secrets.of(STRANGER));
        made(
            "res.partner.bank",
            json!({"partner_id": STRANGER, "acc_number": number}),
        );
        let model = json!({"domain": [["model", "=", "res.partner.bank"]]});
        let model = self.admin("ir.model", "search", &model)[0].clone();
        let domain = "[('partner_id.company_id', 'in', company_ids + [False])]";
        made(
            "ir.rule",
            json!({"name": "companies", "model_id": model, "domain_force": domain}),
        );
    }

    /// Asks the ERP itself, as its administrator.
    pub(crate) fn admin(&self, model: &str, method: &str, arguments: &Json) -> Json {
        let (status, answer) = self.directly(ADMIN, model, method, arguments);
        assert_eq!(status, 200, "{model}.{method} {arguments}: {answer}");
        answer
    }

    /// Asks the ERP itself, as the user as whom the gateway's calls run.
    pub(crate) fn user(&self, model: &str, method: &str, arguments: &Json) -> (u16, Json) {
        self.directly(SECRET, model, method, arguments)
    }

    fn directly(&self, key: &str, model: &str, method: &str, arguments: &Json) -> (u16, Json) {
        let mut headers = http::HeaderMap::new();
        let bearer = format!("Bearer {key}");
        headers.insert("authorization", bearer.parse().expect("a header"));
        headers.insert("host", "erp".parse().expect("a name"));
        headers.insert("content-type", "application/json".parse().expect("a type"));
        let body = Bytes::from(arguments.to_string());
        headers.insert("content-length", body.len().into());
        let response = self.odoo.answer(&Request {
            verb: "POST".to_owned(),
            path: format!("/json/2/{model}/{method}"),
            query: String::new(),
            headers,
            body,
        });
        let text = String::from_utf8_lossy(&response.body);
        let answer = serde_json::from_str(&text).unwrap_or_else(|_| json!(text));
        (response.status, answer)
    }

    /// Makes a call through the gateway; answers status and body as they came, but for times.
    pub(crate) async fn call(&self, call: &Call, dialect: Dialect, key: usize) -> String {
        if dialect == Dialect::Rest {
            return match facade::request(call, &self.yard.keys[key % self.yard.keys.len()]) {
                Some(request) => self.ask(request).await,
                None => "cannot be said".to_owned(),
            };
        }
        let database = Database::new("demo").expect("a name");
        let login = UpstreamLogin {
            database: &database,
            uid: self.uid,
            login: "integration",
            secret: &self.yard.keys[key % self.yard.keys.len()],
        };
        let Ok(outbound) = dialect.write(call, &login) else {
            return "cannot be said".to_owned();
        };
        let mut request = http::Request::builder()
            .method(outbound.verb)
            .uri(&*outbound.target)
            .header("host", "gateway");
        for (name, value) in &outbound.headers {
            request = request.header(*name, value.as_str());
        }
        if dialect == Dialect::OdooCall {
            request = request.header("x-api-key", login.secret);
        }
        let body = Bytes::from(outbound.body.to_vec());
        self.ask(request.body(body).expect("a request")).await
    }

    /// Makes a call in JSON-2 with the first key; the answer as it is read, not as it is spelt.
    pub(crate) async fn post(&self, model: &str, method: &str, arguments: &Json) -> String {
        let request = http::Request::post(format!("/json/2/{model}/{method}"))
            .header("host", "gateway")
            .header("content-type", "application/json")
            .header("x-api-key", &self.yard.keys[0]);
        let body = Bytes::from(arguments.to_string());
        let (status, body) = self
            .yard
            .exchange(request.body(body).expect("a request"))
            .await;
        let answer: Json = serde_json::from_slice(&body).expect("JSON");
        timeless(&format!("{status} {answer}"))
    }

    async fn ask(&self, request: http::Request<Bytes>) -> String {
        let (status, body) = self.yard.exchange(request).await;
        timeless(&format!("{status} {}", String::from_utf8_lossy(&body)))
    }

    /// What no call may change: who is there, and what is hidden of everybody.
    pub(crate) fn all_that_is_hidden(&self) -> Json {
        let mut fields = vec!["name", "city", "function", "is_company", "parent_id"];
        fields.extend(HIDDEN);
        let persons = json!({
            "domain": [["is_company", "=", false]], "fields": fields, "order": "id",
            "context": {"active_test": false},
        });
        let companies = json!({
            "domain": [["is_company", "=", true], ["id", "<=", self.missing]], "fields": HIDDEN, "order": "id",
            "context": {"active_test": false},
        });
        json!([
            self.admin("res.partner", "search_read", &persons),
            self.admin("res.partner", "search_read", &companies),
        ])
    }
}
