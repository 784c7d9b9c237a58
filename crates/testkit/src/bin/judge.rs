//! Reads requests, judges them, and says what would be sent: `judge odoo|frappe` for
//! `tests/judged/run.py`, which compares the two with readers of its own.
//!
//! A line in is a request: `{"n", "role", "verb", "path", "query", "type", "body"}` (the body in
//! base64). A line out is what became of it: `refused`, or `steps`, each with the call that the
//! policy judged (`judged`) and the request that each upstream dialect makes of it (`sent`).
//! Reading, translating, judging and writing are the gateway's own; sockets and keys are left out.

use std::io::{self, BufRead as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis_erp::dialect::{Inbound, Outbound, UpstreamLogin};
use portcullis_erp::translate::{self, Between, TranslateError};
use portcullis_erp::value::{Map, from_json};
use portcullis_erp::{Asked, Call, Database, Dialect, Limits, Model, Release, Value};
use portcullis_gateway::listener::Path;
use portcullis_gateway::{clock, route};
use portcullis_identity::{
    ErpLogin, Principal, PrincipalKind, PrincipalName, RoleName, UpstreamName,
};
use portcullis_policy::{Decision, Family, Permit, Policy, Question, Role, Schema};
use portcullis_sandbox::odoo::{Key, Odoo, Options, User};
use portcullis_sandbox::{Handler as _, Request};
use portcullis_testkit::roles;
use serde_json::{Value as Json, json};

/// The login with which everything is written; the test leaves it out of its comparison.
const SECRET: &str = "the-gateways-own-secret";
const DATABASE: &str = "lab";
const UID: i64 = 2;

/// How many models one judgement may ask about.
const MOST_LESSONS: usize = 64;

fn main() -> anyhow::Result<()> {
    let mut bench = match std::env::args().nth(1).as_deref() {
        Some("odoo") => Bench::odoo()?,
        Some("frappe") => Bench::frappe()?,
        _ => anyhow::bail!("usage: judge odoo|frappe"),
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let request: Json = serde_json::from_str(&line?)?;
        writeln!(out, "{}", bench.take(&request)?)?;
    }
    out.flush()?;
    Ok(())
}

/// What judging needs.
struct Bench {
    family: Family,
    policy: Policy,
    upstream: UpstreamName,
    database: Database,
    schema: Schema,
    /// Who tells of models.
    erp: Option<Odoo>,
    /// The dialects in which an ERP of this kind is spoken to.
    spoken: &'static [Dialect],
}

impl Bench {
    fn odoo() -> anyhow::Result<Self> {
        let user = User {
            login: "admin".to_owned(),
            name: "Administrator".to_owned(),
            role: portcullis_sandbox::odoo::Role::Admin,
            password: SECRET.to_owned(),
            keys: vec![Key::rpc(SECRET)],
        };
        let roles = [("wide", roles::ODOO_WIDE), ("narrow", roles::ODOO_NARROW)];
        Ok(Self {
            erp: Some(Odoo::new(Options::new(DATABASE, vec![user]))),
            spoken: &[
                Dialect::Json2,
                Dialect::JsonRpc,
                Dialect::XmlRpc2,
                Dialect::XmlRpc1,
            ],
            ..Self::of(Family::Odoo, roles)?
        })
    }

    fn frappe() -> anyhow::Result<Self> {
        let roles = [
            ("wide", roles::FRAPPE_WIDE),
            ("narrow", roles::FRAPPE_NARROW),
        ];
        Ok(Self {
            schema: Schema::frappe(),
            spoken: &[Dialect::FrappeResource],
            ..Self::of(Family::Frappe, roles)?
        })
    }

    fn of(family: Family, texts: [(&str, &str); 2]) -> anyhow::Result<Self> {
        let mut roles = Vec::new();
        for (name, text) in texts {
            let role = Role::from_toml(RoleName::new(name)?, text);
            roles.push(role.map_err(|errors| anyhow::anyhow!("{name}: {errors:?}"))?);
        }
        Ok(Self {
            family,
            policy: Policy::new(1, roles),
            upstream: UpstreamName::new("erp")?,
            database: Database::new(DATABASE)?,
            schema: Schema::new(),
            erp: None,
            spoken: &[],
        })
    }

    fn take(&mut self, request: &Json) -> anyhow::Result<Json> {
        let text = |name: &str| request.get(name).and_then(Json::as_str).unwrap_or_default();
        let n = request.get("n").cloned().unwrap_or_default();
        let refused = |why: &str| json!({"n": n, "refused": why});
        let body = STANDARD.decode(text("body"))?;
        let Ok(path) = Path::read(text("path")) else {
            return Ok(refused("path"));
        };
        let found = route::line(&path).filter(|line| line.verbs.contains(&text("verb")));
        let Some(found) = found else {
            return Ok(refused("route"));
        };
        let inbound = Inbound {
            // As the gateway reads it: who asks for the head alone asks for the same.
            verb: match text("verb") {
                "HEAD" => "GET",
                verb => verb,
            },
            segments: found.rest_of(&path),
            query: text("query"),
            content_type: text("type"),
            body: &body,
        };
        let reading = match found.dialect.read(inbound, &Limits::default()) {
            Ok(reading) => reading,
            Err(error) => return Ok(refused(&format!("{:?}", error.fault.kind))),
        };
        let Asked::Call(call) = reading.asked else {
            return Ok(refused("answered here"));
        };
        let asked = told(&call);
        let principal = Principal::new(
            PrincipalKind::Integration,
            PrincipalName::new("shop")?,
            self.upstream.clone(),
            ErpLogin::new("admin")?,
            vec![RoleName::new(text("role"))?],
        );
        let Some(mut permit) = self.judge(&principal, found.dialect, &call) else {
            return Ok(refused("policy"));
        };
        let (mut steps, mut stopped) = (Vec::new(), false);
        loop {
            let sent: Vec<Json> = self
                .spoken
                .iter()
                .map(|spoken| self.send(*spoken, permit.next()))
                .collect();
            steps.push(json!({"judged": told(permit.next()), "sent": sent}));
            if !permit.is_guard() {
                break;
            }
            // The guard is told that all that it asks for is there.
            let answer = content(permit.next());
            match permit.guarded(&answer) {
                Ok(next) => *permit = next,
                Err(_) => {
                    stopped = true;
                    break;
                }
            }
        }
        Ok(json!({"n": n, "asked": asked, "steps": steps, "guard_refused": stopped}))
    }

    fn judge(
        &mut self,
        principal: &Principal,
        dialect: Dialect,
        call: &Call,
    ) -> Option<Box<Permit>> {
        for _ in 0..MOST_LESSONS {
            let call = match self.translated(dialect, call) {
                Ok(call) => call,
                Err(TranslateError::Fields) => {
                    self.learn(call.model.clone());
                    continue;
                }
                Err(TranslateError::Refused(_)) => return None,
            };
            let decision = self.policy.judge(Question {
                edition: portcullis_erp::Edition::Any,
                principal,
                upstream: &self.upstream,
                family: self.family,
                dialect,
                address: [127, 0, 0, 1].into(),
                now: clock::now(),
                schema: &self.schema,
                uid: Some(UID),
                login: principal.erp_login(),
                call,
            });
            match decision {
                Decision::Allow(permit) => return Some(permit),
                Decision::Refuse(refusal) => {
                    let model = refusal.wants()?.clone();
                    self.learn(model);
                }
            }
        }
        None
    }

    /// The call as the look-alike's release has it: that is what is judged.
    fn translated(&self, caller: Dialect, call: &Call) -> Result<Call, TranslateError> {
        if self.family != Family::Odoo {
            return Ok(call.clone());
        }
        let known = self.schema.model(&call.model);
        let kinds = |name: &str| known?.field(name).map(|field| field.kind);
        let between = Between {
            caller,
            release: Release::NAMED,
            fields: known.is_some().then_some(&kinds),
        };
        translate::call(call.clone(), &between).map(|translated| translated.call)
    }

    /// Asks the look-alike for a model's fields, as the gateway asks an ERP.
    fn learn(&mut self, model: Model) {
        match self.fields(&model) {
            Some(fields) => self.schema.learn(model, &fields),
            None => self.schema.absent(model),
        }
    }

    fn fields(&self, model: &Model) -> Option<Value> {
        let call = Call::new(model.as_str(), "fields_get").ok()?;
        let asked = Dialect::Json2.write(&call, &self.login()).ok()?;
        let mut headers = http::HeaderMap::new();
        headers.insert("host", http::HeaderValue::from_static("erp"));
        headers.insert("content-length", asked.body.len().into());
        for (name, value) in asked.headers {
            headers.insert(name, value.parse().ok()?);
        }
        let answer = self.erp.as_ref()?.answer(&Request {
            verb: asked.verb.to_owned(),
            path: asked.target,
            query: String::new(),
            headers,
            body: asked.body.into(),
        });
        let limits = Limits {
            body: 1 << 26,
            depth: 64,
            values: 1 << 22,
            batch: 0,
        };
        from_json(&answer.body, &limits)
            .ok()
            .filter(|_| answer.status == 200)
    }

    fn login(&self) -> UpstreamLogin<'_> {
        UpstreamLogin {
            database: &self.database,
            uid: UID,
            login: "admin",
            secret: SECRET,
        }
    }

    fn send(&self, spoken: Dialect, call: &Call) -> Json {
        match spoken.write(call, &self.login()) {
            Err(fault) => json!({"dialect": format!("{spoken:?}"), "unsayable": fault.message}),
            Ok(Outbound {
                verb,
                target,
                headers,
                body,
            }) => json!({
                "dialect": format!("{spoken:?}"),
                "verb": verb,
                "target": target,
                "headers": headers,
                "body": STANDARD.encode(body),
            }),
        }
    }
}

/// A call, so that nothing of it is lost in JSON.
fn told(call: &Call) -> Json {
    json!({
        "model": call.model.as_str(),
        "method": call.method.as_str(),
        "ids": call.ids.as_ref().map(|ids| ids.iter().map(|id| typed(&id.to_value())).collect::<Vec<_>>()),
        "named": entries(&call.named),
        "positional": call.positional.iter().map(typed).collect::<Vec<_>>(),
        "context": entries(&call.context),
    })
}

fn entries(map: &Map) -> Json {
    map.iter()
        .map(|(key, value)| json!([key, typed(value)]))
        .collect()
}

/// A value with its type: numbers as text, so that every digit is there.
fn typed(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(truth) => json!(truth),
        Value::Int(number) => json!({"int": number.to_string()}),
        Value::Big(digits) => json!({"int": &**digits}),
        Value::Float(number) => json!({"float": format!("{number:?}")}),
        Value::Text(text) => json!(text),
        Value::Bytes(bytes) => json!({"bytes": STANDARD.encode(bytes)}),
        Value::Moment(text) => json!({"moment": &**text}),
        Value::List(items) => items.iter().map(typed).collect(),
        Value::Map(map) => json!({"map": entries(map)}),
    }
}

/// Everything that a guard's call speaks of, as it would be answered if it were there: ids of
/// Odoo's records, or rows of Frappe's documents.
fn content(call: &Call) -> Value {
    let mut found = Vec::new();
    for value in call.named.values() {
        gather(value, &mut found);
    }
    for id in call.ids.iter().flatten() {
        gather(&id.to_value(), &mut found);
    }
    Value::List(found)
}

fn gather(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Int(_) => found.push(value.clone()),
        Value::Text(_) => {
            let row = [
                ("name".to_owned(), value.clone()),
                (
                    "modified".to_owned(),
                    Value::from("2026-11-22 09:01:53.724595"),
                ),
            ];
            found.push(Value::Map(Map::from_iter(row)));
        }
        Value::List(items) => items.iter().for_each(|item| gather(item, found)),
        Value::Map(map) => map.values().for_each(|value| gather(value, found)),
        Value::Null
        | Value::Bool(_)
        | Value::Big(_)
        | Value::Float(_)
        | Value::Bytes(_)
        | Value::Moment(_) => {}
    }
}
