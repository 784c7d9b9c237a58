//! An Odoo of our own users, and a place before it.

use std::net::TcpListener;
use std::sync::Arc;

use portcullis_sandbox::odoo::{Key, Odoo, Options, Role, User, Version};
use portcullis_sandbox::{Running, UpstreamLog, serve};
use serde_json::{Value as Json, json};

use crate::serve::Place;

/// Companies only, whatever is done.
pub(super) const COMPANIES: &str = r#"
[[rule]]
name = "companies"
models = ["res.partner"]
operations = ["read", "write", "create", "delete"]
fields = ["name", "is_company", "comment"]
domain = '[["is_company", "=", true]]'
"#;

/// One's own orders.
pub(super) const OWN: &str = r#"
[[rule]]
name = "own"
models = ["sale.order"]
operations = ["read", "write"]
fields = ["name"]
domain = '[["user_id", "=", "principal.user_id"]]'
"#;

/// Every contact.
pub(super) const ALL: &str = r#"
[[rule]]
name = "all"
models = ["res.partner"]
operations = ["read"]
fields = ["name"]
"#;

pub(super) struct World {
    pub(super) place: Place,
    odoo: Arc<Odoo>,
    running: Running,
}

/// What becomes of each rule.
pub(super) fn what(said: &Json) -> Vec<&str> {
    let rules = said["rules"].as_array().expect("rules");
    rules
        .iter()
        .map(|rule| rule["what"].as_str().unwrap())
        .collect()
}

impl World {
    /// The credentials of `narrow` and `other` are kept, that of `absent` is not; `clerk` may not
    /// write rules.
    pub(super) fn start() -> Self {
        Self::of(Version::V19, "")
    }

    /// The same with another release, spoken to in this dialect.
    pub(super) fn of(version: Version, dialect: &str) -> Self {
        let users = [
            ("admin", Role::Admin),
            ("narrow", Role::Sales),
            ("other", Role::Sales),
            ("absent", Role::Sales),
            ("clerk", Role::Internal),
        ];
        let users = users.map(|(login, role)| User {
            login: login.to_owned(),
            name: login.to_uppercase(),
            role,
            password: format!("{login}-password"),
            keys: vec![Key::rpc(format!("{login}-key"))],
        });
        let odoo = Arc::new(Odoo::new(Options {
            version,
            ..Options::new("demo", users.to_vec())
        }));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let running = serve(listener, Arc::clone(&odoo), UpstreamLog::nowhere()).unwrap();
        let text = format!(
            "listen = \"127.0.0.1:0\"\nroles = [\"reader.toml\"]\n\
             [upstream.odoo]\nkind = \"odoo\"\nurl = \"{}\"\ndatabase = \"demo\"\n{dialect}",
            running.url()
        );
        let world = Self {
            place: Place::of(&text, crate::serve::READER),
            odoo,
            running,
        };
        for login in ["admin", "narrow", "other", "clerk"] {
            let file = world.place.path().join(format!("{login}.secret"));
            std::fs::write(&file, format!("{login}-key")).unwrap();
            let file = file.display().to_string();
            let (code, said) = world
                .place
                .run(&["user", "add", login, "--secret-file", &file]);
            assert_eq!(code, 0, "{said}");
        }
        world.role("shop", COMPANIES);
        world
    }

    /// Puts a role into the store.
    pub(super) fn role(&self, name: &str, text: &str) {
        let file = self.place.path().join(format!("{name}.role"));
        std::fs::write(&file, text).unwrap();
        let file = file.display().to_string();
        let (code, said) = self.place.run(&["role", "put", name, &file]);
        assert_eq!(code, 0, "{said}");
    }

    /// Makes a key with roles, with commas between.
    pub(super) fn key(&self, name: &str, user: &str, roles: &str) -> String {
        let mut words = vec!["key", "create", name, "--user", user];
        for role in roles.split(',') {
            words.extend(["--role", role]);
        }
        let (code, said) = self.place.run(&words);
        assert_eq!(code, 0, "{said}");
        said["key"].as_str().unwrap().to_owned()
    }

    /// Runs `policy VERB` as the administrator of the ERP.
    pub(super) fn policy(&self, verb: &str, more: &[&str]) -> (i32, Json) {
        let mut words = vec!["policy", verb, "--as", "admin"];
        words.extend(more);
        self.place.run(&words)
    }

    pub(super) fn install(&self, more: &[&str]) -> (i32, Json) {
        self.policy("install", more)
    }

    /// Asks the ERP itself.
    pub(super) fn erp(&self, who: &str, path: &str, body: &Json) -> (u16, Json) {
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        let agent = ureq::Agent::from(config.build());
        let mut answer = agent
            .post(format!("{}/json/2/{path}", self.running.url()))
            .header("authorization", format!("Bearer {who}-key"))
            .header("content-type", "application/json")
            .send(body.to_string())
            .expect("an answer");
        let text = answer.body_mut().read_to_string().unwrap();
        (
            answer.status().as_u16(),
            serde_json::from_str(&text).unwrap_or(Json::Null),
        )
    }

    pub(super) fn good(&self, who: &str, path: &str, body: &Json) -> Json {
        let (status, answer) = self.erp(who, path, body);
        assert_eq!(status, 200, "{who} {path} {answer}");
        answer
    }

    /// How many contacts somebody sees at the ERP itself.
    pub(super) fn count(&self, who: &str) -> u64 {
        let count = self.good(who, "res.partner/search_count", &json!({"domain": []}));
        count.as_u64().unwrap()
    }

    /// A contact that is no company.
    pub(super) fn person(&self) -> i64 {
        let body =
            json!({"domain": [["is_company", "=", false], ["user_ids", "=", false]], "limit": 1});
        let found = self.good("admin", "res.partner/search", &body);
        found[0].as_i64().unwrap()
    }

    pub(super) fn uid(&self, login: &str) -> i64 {
        self.odoo.uid(login).unwrap()
    }

    /// The rules at the ERP that are called ours.
    pub(super) fn ours(&self) -> Vec<Json> {
        let body = json!({
            "domain": [["name", "=like", "Portcullis: %"]],
            "fields": ["name", "domain_force"],
            "context": {"active_test": false},
        });
        let rows = self.good("admin", "ir.rule/search_read", &body);
        rows.as_array().unwrap().clone()
    }

    pub(super) fn rules(&self) -> usize {
        self.ours().len()
    }
}
