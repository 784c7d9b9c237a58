//! How long a decision takes: `cargo run --release -p portcullis-policy --example decide`.
//!
//! A caller reads contacts: five fields, a domain of two conditions, under a rule with a domain of
//! its own. That rule stands last among many, of one role or of ten, beside roles of others.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement takes the time, and says what it found"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

use portcullis_erp::value::from_json;
use portcullis_erp::{Call, Dialect, Edition, Limits, Model, Value};
use portcullis_identity::{
    ErpLogin, Principal, PrincipalKind, PrincipalName, RoleName, Timestamp, UpstreamName,
};
use portcullis_policy::{Decision, Family, Policy, Question, Role, Schema};

const TIMES: usize = 20_000;

fn json(text: &str) -> Value {
    from_json(text.as_bytes(), &Limits::default()).expect("JSON")
}

/// Sixty fields, as `fields_get` tells them.
fn schema() -> Schema {
    let mut fields = String::from("{");
    for name in ["name", "city", "zip", "street", "website"] {
        write!(fields, r#""{name}": {{"type": "char", "store": true}},"#).expect("text");
    }
    for number in 0..55 {
        write!(
            fields,
            r#""x_{number}": {{"type": "char", "store": true}},"#
        )
        .expect("text");
    }
    fields.push_str(r#""is_company": {"type": "boolean", "store": true}}"#);
    let mut schema = Schema::new();
    schema.learn(Model::new("res.partner").expect("a name"), &json(&fields));
    schema
}

/// A role with this many rules of other models, and at the end, if asked, the one that counts.
fn role(name: &str, others: usize, counts: bool) -> Role {
    let mut text = String::new();
    for number in 0..others {
        write!(
            text,
            "[[rule]]\nname = \"other-{number}\"\nmodels = [\"x.{number}\"]\noperations = [\"read\"]\n\
             fields = [\"name\"]\ndomain = '[[\"name\", \"!=\", false]]'\n"
        )
        .expect("text");
    }
    if counts {
        text.push_str(
            "[[rule]]\nname = \"contacts\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\n\
             fields = [\"name\", \"city\", \"zip\", \"street\", \"website\", \"is_company\"]\n\
             domain = '[[\"is_company\", \"=\", true]]'\n",
        );
    }
    Role::from_toml(RoleName::new(name).expect("a name"), &text).expect("a role")
}

/// The median and the 99th percentile of a decision, in nanoseconds.
fn measure(held: Vec<Role>, others: Vec<Role>) -> (u128, u128) {
    let schema = schema();
    let upstream = UpstreamName::new("erp").expect("a name");
    let login = ErpLogin::new("integration").expect("a login");
    let names: Vec<RoleName> = held.iter().map(|role| role.name().clone()).collect();
    let principal = Principal::new(
        PrincipalKind::Integration,
        PrincipalName::new("shop").expect("a name"),
        upstream.clone(),
        login.clone(),
        names,
    );
    let policy = Policy::new(1, held.into_iter().chain(others).collect());
    let call = Call::new("res.partner", "search_read")
        .expect("names")
        .with(
            "domain",
            json(r#"[["city", "ilike", "ba"], ["zip", "!=", false]]"#),
        )
        .with(
            "fields",
            json(r#"["name", "city", "zip", "street", "website"]"#),
        )
        .with("limit", 80);
    let mut taken: Vec<u128> = (0..TIMES)
        .map(|_| {
            let question = Question {
                principal: &principal,
                upstream: &upstream,
                family: Family::Odoo,
                dialect: Dialect::Json2,
                address: IpAddr::V4(Ipv4Addr::LOCALHOST),
                now: Timestamp(0),
                schema: &schema,
                uid: Some(7),
                login: &login,
                edition: Edition::Any,
                call: call.clone(),
            };
            let begun = Instant::now();
            let decision = black_box(policy.judge(black_box(question)));
            let taken = begun.elapsed().as_nanos();
            assert!(matches!(decision, Decision::Allow(_)), "it is allowed");
            taken
        })
        .collect();
    taken.sort_unstable();
    let at = |part: usize| taken.get(TIMES * part / 100).copied().unwrap_or(0);
    (at(50), at(99))
}

fn main() {
    let of_others = |count: usize| -> Vec<Role> {
        (0..count)
            .map(|number| role(&format!("other-{number}"), 20, false))
            .collect()
    };
    let ten = || -> Vec<Role> {
        (0..10)
            .map(|number| {
                role(
                    &format!("part-{number}"),
                    20 - usize::from(number == 9),
                    number == 9,
                )
            })
            .collect()
    };
    let cases = [
        ("1 rule", vec![role("one", 0, true)], Vec::new()),
        (
            "200 rules in one role",
            vec![role("many", 199, true)],
            Vec::new(),
        ),
        ("200 rules in ten roles", ten(), Vec::new()),
        (
            "1 rule, beside 1,000 roles of others",
            vec![role("one", 0, true)],
            of_others(1_000),
        ),
        (
            "200 rules, beside 1,000 roles of others",
            vec![role("many", 199, true)],
            of_others(1_000),
        ),
    ];
    for (name, held, others) in cases {
        let (median, high) = measure(held, others);
        println!("{name:<42} median {median:>6} ns, 99 % {high:>6} ns");
    }
}
