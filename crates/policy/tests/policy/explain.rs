//! What `policy explain` suggests: it lets the call pass, opens what the call needs, and
//! changes no other cell of the matrix.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use portcullis_erp::domain::FieldKind;
use portcullis_erp::{Call, Model, Value};
use portcullis_identity::Timestamp;
use portcullis_policy::{
    Asking, Cell, Decision, Explanation, Family, Operation, Outcome, Question, Reason, Remedy,
    Schema, Suggestion, Way,
};

use crate::common::{Caller, call, document, json, on, within};
use crate::matrix::{frappe_calls, odoo_calls};
use crate::real;

const COMPANIES: &str = r#"
[[rule]]
name = "companies"
models = ["res.partner"]
operations = ["read", "create", "write"]
fields = ["name", "city", "is_company"]
domain = '[["is_company", "=", true]]'
"#;

const ORDERS: &str = r#"
[[rule]]
name = "partners"
models = ["res.partner"]
operations = ["read"]
fields = "*"
[[rule]]
name = "orders"
models = ["sale.order"]
operations = ["read", "create", "write"]
fields = ["name", "partner_id", "tag_ids", "order_line", "note", "state"]
write-fields = ["name", "partner_id", "order_line", "note"]
[[rule]]
name = "lines"
models = ["sale.order.line"]
operations = ["read"]
fields = ["name", "order_id", "product_id", "price_unit"]
[[rule]]
name = "confirm"
models = ["sale.order"]
operations = ["call"]
methods = ["action_confirm"]
"#;

/// It sets a link that it does not show.
const TAGS: &str = r#"
[[rule]]
name = "orders"
models = ["sale.order"]
operations = ["read", "write"]
fields = ["name"]
write-fields = ["tag_ids"]
"#;

const HIDES: &str = r#"
[[rule]]
name = "partners"
models = ["res.partner"]
operations = ["read", "write"]
fields = "*"
hidden = ["email"]
"#;

/// It holds elsewhere: another dialect, another network, another ERP.
const ELSEWHERE: &str = r#"
[[rule]]
name = "by xml"
models = ["res.partner"]
operations = ["read"]
fields = ["name"]
domain = '[["is_company", "=", true]]'
dialects = ["xmlrpc"]
[[rule]]
name = "from inside"
models = ["crm.tag"]
operations = ["read"]
fields = ["name"]
networks = ["192.0.2.0/24"]
[[rule]]
name = "of another"
models = ["product.template"]
operations = ["read"]
fields = ["name"]
upstream = ["other"]
"#;

const CUSTOMERS: &str = r#"
[[rule]]
name = "companies"
models = ["Customer"]
operations = ["read"]
fields = ["customer_name", "customer_type"]
domain = '[["customer_type", "=", "Company"]]'
[[rule]]
name = "orders"
models = ["Sales Order"]
operations = ["read", "create", "write"]
fields = ["customer", "po_no", "items.item_code"]
"#;

/// Refused calls, with the role that refuses them.
fn refused_calls() -> Vec<(Caller, Call)> {
    let lines = include_str!("../explain/refused.tsv").lines();
    let lines = lines.filter(|line| !line.starts_with('#'));
    lines.map(read).collect()
}

fn read(line: &str) -> (Caller, Call) {
    let parts: Vec<&str> = line.split('\t').collect();
    let [family, role, model, method, on_what, named, context] = parts.as_slice() else {
        panic!("{line}")
    };
    let role = match *role {
        "companies" => COMPANIES,
        "orders" => ORDERS,
        "tags" => TAGS,
        "hides" => HIDES,
        "elsewhere" => ELSEWHERE,
        "customers" => CUSTOMERS,
        other => panic!("{other}"),
    };
    let asked = match (*family, *on_what) {
        (_, "") => call(model, method, named),
        ("odoo", ids) => {
            let ids: Vec<i64> = ids.split(',').map(|id| id.parse().expect(id)).collect();
            on(model, method, &ids, named)
        }
        (_, name) => document(model, method, name, named),
    };
    let family = match *family {
        "odoo" => Family::Odoo,
        _ => Family::Frappe,
    };
    (caller(role, family), within(asked, context))
}

fn caller(role: &str, family: Family) -> Caller {
    let mut caller = Caller::new(&[("tested", role)], family);
    if family == Family::Frappe {
        caller.schema = real::erpnext();
    }
    caller
}

fn explained(caller: &Caller, asked: &Call) -> Explanation {
    caller.policy.explain(&Question {
        principal: &caller.principal,
        upstream: &caller.upstream,
        family: caller.family,
        dialect: caller.dialect,
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        now: Timestamp(0),
        schema: &caller.schema,
        uid: Some(7),
        login: caller.principal.erp_login(),
        edition: caller.edition.clone(),
        call: asked.clone(),
    })
}

#[track_caller]
fn suggested(caller: &Caller, asked: &Call) -> Suggestion {
    match explained(caller, asked).remedy {
        Some(Remedy::Suggestion(suggestion)) => suggestion,
        other => panic!("{} {}: {other:?}", asked.model, asked.method),
    }
}

#[track_caller]
fn hopeless(caller: &Caller, asked: &Call) -> String {
    caller.refused(asked);
    match explained(caller, asked).remedy {
        Some(Remedy::None(why)) => why,
        other => panic!("{} {}: {other:?}", asked.model, asked.method),
    }
}

/// The matrix: each call that the printed one has, and each field of each model by itself.
fn cells(caller: &Caller, models: &BTreeSet<String>) -> BTreeMap<Cell, bool> {
    let mut cells: BTreeMap<Cell, bool> = BTreeMap::new();
    let mut put = |model: &str, operation, name: Option<String>, asked: &Call| {
        let allowed = matches!(caller.ask(asked), Decision::Allow(_));
        let cell = Cell {
            model: model.to_owned(),
            operation,
            name,
        };
        *cells.entry(cell).or_default() |= allowed;
    };
    for model in models {
        let calls = match caller.family {
            Family::Odoo => odoo_calls(model),
            Family::Frappe => frappe_calls(model),
        };
        for (at, asked) in calls.iter().enumerate() {
            let operation = done_by(asked);
            put(
                model,
                operation,
                Some(format!("{} #{at}", asked.method)),
                asked,
            );
        }
        let known = caller.schema.model(&Model::new(model).expect("a name"));
        for (name, facts) in known.into_iter().flat_map(|known| &known.fields) {
            let field = name.as_str();
            if field == "id" || (caller.family == Family::Frappe && STANDARD.contains(&field)) {
                continue;
            }
            let value = match facts.kind {
                FieldKind::Many2one | FieldKind::Integer => Value::Int(1),
                FieldKind::Boolean => Value::Bool(true),
                FieldKind::One2many | FieldKind::Many2many if caller.family == Family::Odoo => {
                    json("[[4, 1, 0]]")
                }
                FieldKind::One2many => json("[{}]"),
                FieldKind::Many2many
                | FieldKind::Float
                | FieldKind::Monetary
                | FieldKind::Char
                | FieldKind::Text
                | FieldKind::Html
                | FieldKind::Selection
                | FieldKind::Date
                | FieldKind::Datetime
                | FieldKind::Other => Value::from("x"),
            };
            let one = |value: Value| Value::Map([(field.to_owned(), value)].into_iter().collect());
            let names = || Value::List(vec![Value::from(field)]);
            let (read, create, write) = match caller.family {
                Family::Odoo => (
                    call(model, "search_read", "{}").with("fields", names()),
                    call(model, "create", "{}")
                        .with("vals_list", Value::List(vec![one(value.clone())])),
                    on(model, "write", &[1], "{}").with("vals", one(value)),
                ),
                Family::Frappe => (
                    call(model, "get_list", "{}").with("fields", names()),
                    call(model, "insert", "{}").with("doc", one(value.clone())),
                    document(model, "save", "X", "{}").with("doc", one(value)),
                ),
            };
            for (operation, asked) in [
                (Operation::Read, read),
                (Operation::Create, create),
                (Operation::Write, write),
            ] {
                put(model, operation, Some(field.to_owned()), &asked);
            }
        }
    }
    cells
}

/// Fields that may always be sent, for clients send them back.
const STANDARD: &[&str] = &[
    "name",
    "owner",
    "creation",
    "modified",
    "modified_by",
    "docstatus",
    "idx",
];

/// What a call of the printed matrix does.
fn done_by(asked: &Call) -> Operation {
    match asked.method.as_str() {
        "create" | "name_create" | "copy" | "default_get" | "insert" => {
            match asked.named.get("doc").and_then(Value::as_map) {
                Some(doc) if doc.contains_key("docstatus") => Operation::Submit,
                _ => Operation::Create,
            }
        }
        "write" | "web_save" | "action_archive" | "web_resequence" => Operation::Write,
        "save" => match asked.named.get("doc").and_then(Value::as_map) {
            Some(doc) if doc.contains_key("docstatus") => Operation::Cancel,
            _ => Operation::Write,
        },
        "unlink" | "delete" => Operation::Delete,
        "submit" => Operation::Submit,
        "cancel" => Operation::Cancel,
        "check_access_rights"
            if asked.named.get("operation").and_then(Value::as_str) == Some("unlink") =>
        {
            Operation::Delete
        }
        _ => Operation::Read,
    }
}

/// The call passes; nothing else does that did not, and nothing is refused that was not.
#[track_caller]
fn changes_nothing_else(caller: &Caller, asked: &Call) -> Suggestion {
    let no = caller.refused(asked);
    let suggestion = suggested(caller, asked);
    let policy = suggestion.applied(&caller.policy).expect(&suggestion.toml);
    let after = Caller {
        policy,
        principal: caller.principal.clone(),
        upstream: caller.upstream.clone(),
        family: caller.family,
        dialect: caller.dialect,
        schema: caller.schema.clone(),
        edition: caller.edition.clone(),
    };
    after.allowed(asked);
    let models: BTreeSet<String> = caller
        .schema
        .models()
        .map(|(model, _)| model.to_string())
        .collect();
    let (before, now) = (cells(caller, &models), cells(&after, &models));
    assert_eq!(before.len(), now.len());
    let opens = |model: &str, operation: Operation, name: Option<&str>| {
        suggestion.opens.contains(&Cell {
            model: model.to_owned(),
            operation,
            name: name.map(str::to_owned),
        })
    };
    for (cell, was) in &before {
        if *was == now[cell] {
            continue;
        }
        let Cell {
            model,
            operation,
            name,
        } = cell;
        let name = name.as_deref().expect("cells of this matrix have names");
        let place = format!(
            "{model} {} {name}, {no:?}\n{}",
            operation.as_str(),
            suggestion.toml
        );
        assert!(!was, "refused now: {place}");
        let meant = match name.split_once(" #") {
            // What tells of rights tells of what was opened.
            Some(("fields_get", _)) => suggestion.opens.iter().any(|cell| cell.model == *model),
            Some((method, _)) => {
                opens(model, *operation, None) || opens(model, Operation::Call, Some(method))
            }
            None => opens(model, *operation, Some(name)),
        };
        assert!(meant, "opened as well: {place}");
    }
    suggestion
}

#[test]
fn more_than_fifty_refusals_are_mended_without_opening_anything_else() {
    let mut distinct = BTreeSet::new();
    let mut reasons = BTreeSet::new();
    for (caller, asked) in refused_calls() {
        let no = caller.refused(&asked);
        reasons.insert(no.reason.as_str());
        distinct.insert(asked.canonical());
        changes_nothing_else(&caller, &asked);
    }
    assert!(distinct.len() >= 50, "{}", distinct.len());
    // Every reason that has a remedy.
    let wanted = [
        "no-rule",
        "unknown-method",
        "field",
        "hidden-by-data",
        "write-field",
        "context",
        "link",
        "argument",
    ];
    for reason in wanted {
        assert!(reasons.contains(reason), "{reason} in {reasons:?}");
    }
}

#[test]
fn a_suggestion_is_as_narrow_as_the_call() {
    let caller = caller(COMPANIES, Family::Odoo);
    let asked = call(
        "res.partner",
        "search_read",
        r#"{"fields": ["name", "phone", "city"]}"#,
    );
    let suggestion = suggested(&caller, &asked);
    assert_eq!(suggestion.role, "tested");
    assert_eq!(
        suggestion.toml,
        "[[rule]]\nname = \"read res.partner\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\n\
         fields = [\"city\", \"name\", \"phone\"]\ndomain = '[[\"is_company\",\"=\",true]]'\n"
    );
    assert!(
        suggestion.prose.contains("for the same records"),
        "{}",
        suggestion.prose
    );
    let by_derived = suggested(
        &caller,
        &call(
            "res.partner",
            "search_read",
            r#"{"fields": ["complete_name"]}"#,
        ),
    );
    assert!(
        by_derived
            .toml
            .contains("fields = [\"complete_name\"]\nderived = [\"complete_name\"]\n"),
        "{}",
        by_derived.toml
    );
    let orders = self::caller(ORDERS, Family::Odoo);
    let tags = suggested(
        &orders,
        &on("sale.order", "read", &[3], r#"{"fields": ["tag_ids"]}"#),
    );
    assert!(
        tags.toml.contains(
            "models = [\"crm.tag\"]\nthrough = [\"sale.order\"]\noperations = [\"name\"]\n"
        ),
        "{}",
        tags.toml
    );
    let elsewhere = self::caller(ELSEWHERE, Family::Odoo);
    let by_json = suggested(&elsewhere, &call("res.partner", "search", "{}"));
    assert!(
        by_json.toml.contains("dialects = [\"jsonrpc\"]"),
        "{}",
        by_json.toml
    );
    let from_here = suggested(&elsewhere, &call("crm.tag", "search", "{}"));
    assert!(
        from_here.toml.contains("networks = [\"127.0.0.1/32\"]"),
        "{}",
        from_here.toml
    );
}

#[test]
fn what_a_suggestion_changes_besides_is_told() {
    let asked = on("sale.order", "read", &[3], r#"{"fields": ["tag_ids"]}"#);
    let told = |role: &str| {
        let caller = caller(role, Family::Odoo);
        let asking = Asking {
            principal: &caller.principal,
            upstream: &caller.upstream,
            family: caller.family,
            dialect: caller.dialect,
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            schema: &caller.schema,
        };
        let changes = suggested(&caller, &asked).changes(&caller.policy, &asking);
        let line = |(cell, opened): &(Cell, bool)| {
            let name = cell.name.as_deref().unwrap_or("-");
            format!("{} {} {name} {opened}", cell.model, cell.operation.as_str())
        };
        let changes = changes.expect("the rules can be read");
        changes.iter().map(line).collect::<Vec<_>>()
    };
    assert_eq!(told(ORDERS), [""; 0]);
    // Who may see a tag may link to it: where the link can be set, it is set from now on.
    let settable = ORDERS.replace(
        r#""order_line", "note"]"#,
        r#""order_line", "note", "tag_ids"]"#,
    );
    assert_eq!(
        told(&settable.replace(
            r#", "tag_ids", "order_line", "note", "state"]"#,
            r#", "tag_ids", "order_line", "state"]"#
        )),
        [
            "sale.order create tag_ids true",
            "sale.order write tag_ids true"
        ]
    );
}

#[test]
fn where_nothing_sound_can_be_added_it_is_said_why() {
    let narrow = caller(COMPANIES, Family::Odoo);
    for (asked, word) in [
        (call("res.users.apikeys", "search_read", "{}"), "dangerous"),
        (call("ir.cron", "search_read", "{}"), "dangerous"),
        (on("res.partner", "_write", &[1], "{}"), "private"),
        (
            on("res.partner", "message_post", &[1], r#"{"body": "x"}"#),
            "`mail`",
        ),
        (
            call(
                "res.partner",
                "search_read",
                r#"{"fields": ["signup_token"]}"#,
            ),
            "credential",
        ),
        (
            call(
                "res.partner",
                "search_read",
                r#"{"fields": ["no_such_field"]}"#,
            ),
            "no rule",
        ),
        (
            call("res.partner", "search", r#"{"domain": [["name"]]}"#),
            "domain",
        ),
        (
            call(
                "res.partner",
                "create",
                r#"{"vals_list": [{"is_company": false}]}"#,
            ),
            "all records",
        ),
        (on("res.partner", "copy", &[1], "{}"), "no rule"),
        (
            call("crm.tag", "name_search", r#"{"name": "x"}"#),
            "no rule",
        ),
        (call("no.such.model", "search", "{}"), "no such model"),
    ] {
        let why = hopeless(&narrow, &asked);
        assert!(
            why.contains(word),
            "{} {}: {why}",
            asked.model,
            asked.method
        );
    }
    let denying = format!(
        "{COMPANIES}[[rule]]\nname = \"not the city\"\ndeny = true\nmodels = [\"res.partner\"]\nfields = [\"city\"]\n"
    );
    let denying = caller(&denying, Family::Odoo);
    let why = hopeless(
        &denying,
        &call("res.partner", "search_read", r#"{"fields": ["city"]}"#),
    );
    assert!(why.contains("tested/not the city"), "{why}");
    let capped = format!("[caps]\nids = 2\n{COMPANIES}");
    let capped = caller(&capped, Family::Odoo);
    capped.allowed(&on(
        "res.partner",
        "read",
        &[1, 2],
        r#"{"fields": ["name"]}"#,
    ));
    let why = hopeless(
        &capped,
        &on("res.partner", "read", &[1, 2, 3], r#"{"fields": ["name"]}"#),
    );
    assert!(
        why.contains("ids = 2") && why.contains("several calls"),
        "{why}"
    );
    let customers = caller(CUSTOMERS, Family::Frappe);
    for (asked, word) in [
        (
            call("User", "get_list", r#"{"fields": ["email"]}"#),
            "dangerous",
        ),
        (
            call("Customer", "frappe.client.get_password", "{}"),
            "dangerous",
        ),
        (document("Customer", "_validate", "X", "{}"), "private"),
        (
            call("Customer", "get_list", r#"{"fields": ["count(name)"]}"#),
            "no rule",
        ),
        (
            call("Customer", "get_list", r#"{"fields": ["api_secret"]}"#),
            "credential",
        ),
    ] {
        let why = hopeless(&customers, &asked);
        assert!(
            why.contains(word),
            "{} {}: {why}",
            asked.model,
            asked.method
        );
    }
}

#[test]
fn every_rule_says_why_not_and_the_one_that_decides_is_named() {
    let orders = caller(ORDERS, Family::Odoo);
    let asked = on("sale.order", "read", &[3], r#"{"fields": ["name"]}"#);
    let allowed = explained(&orders, &asked);
    let Outcome::Allowed {
        rule,
        operation,
        sent,
    } = allowed.outcome
    else {
        panic!("refused")
    };
    assert_eq!(
        (rule.as_str(), operation, sent.len()),
        ("tested/orders", Operation::Read, 1)
    );
    assert_eq!(allowed.remedy, None);
    let said: Vec<(&str, bool)> = allowed
        .rules
        .iter()
        .map(|said| (said.rule.as_str(), said.decides))
        .collect();
    assert_eq!(said, [("tested/orders", true), ("tested/confirm", false)]);
    let refused = explained(&orders, &on("sale.order", "unlink", &[3], "{}"));
    let Outcome::Refused { reason, .. } = refused.outcome else {
        panic!("allowed")
    };
    assert_eq!(reason, Reason::NoRule);
    let whys: Vec<&str> = refused
        .rules
        .iter()
        .filter_map(|said| said.why.as_deref())
        .collect();
    assert_eq!(
        whys,
        [
            "it allows read, create, write, not delete",
            "it allows call, not delete"
        ]
    );
    let narrow = caller(COMPANIES, Family::Odoo);
    let why = explained(
        &narrow,
        &call("res.partner", "search_read", r#"{"fields": ["email"]}"#),
    );
    assert_eq!(
        why.rules[0].why.as_deref(),
        Some("add `email` to `fields` of the rule")
    );
}

#[test]
fn what_must_be_known_first_is_named() {
    let mut caller = caller(COMPANIES, Family::Odoo);
    caller.schema = Schema::new();
    let asked = call("res.partner", "search_read", r#"{"fields": ["email"]}"#);
    let Outcome::Unknown(model) = explained(&caller, &asked).outcome else {
        panic!("it is known")
    };
    assert_eq!(model, Model::new("res.partner").ok());
}

#[test]
fn what_shows_a_field_is_found_over_all_models() {
    let schema = real::odoo();
    let partner = Model::new("res.partner").expect("a name");
    let shown: BTreeSet<(String, String, &str)> = schema
        .shown_by(&partner, "email")
        .into_iter()
        .map(|shown| (shown.model, shown.field, shown.way.as_str()))
        .collect();
    for (model, field, way) in [
        ("res.partner", "email_normalized", "computed"),
        ("res.partner", "display_name", "computed"),
        ("res.users", "email", "inherited"),
        ("res.company", "email", "related"),
    ] {
        let wanted = (model.to_owned(), field.to_owned(), way);
        assert!(shown.contains(&wanted), "{wanted:?} in {shown:#?}");
    }
    let cities = schema.shown_by(&partner, "city");
    assert!(cities.iter().any(|shown| shown.field == "contact_address"));
    assert!(!cities.iter().any(|shown| shown.field == "email_normalized"));
    let refs = schema.shown_by(&partner, "ref");
    assert!(refs.iter().any(|shown| shown.way == Way::NameSearch));
    // What a document fetches over a link, it shows.
    let customer = Model::new("Customer").expect("a name");
    let fetched = real::erpnext().shown_by(&customer, "tax_id");
    let lines: Vec<(&str, &str)> = fetched
        .iter()
        .map(|shown| (shown.model.as_str(), shown.field.as_str()))
        .collect();
    assert!(lines.contains(&("Sales Order", "tax_id")), "{lines:?}");
}

#[test]
fn what_shows_a_hidden_field_is_not_open() {
    // What is told of the closure is what the judge goes by.
    let mut caller = caller(HIDES, Family::Odoo);
    caller.schema = real::odoo();
    let partner = Model::new("res.partner").expect("a name");
    let mut looked = 0;
    for shown in caller.schema.shown_by(&partner, "email") {
        if shown.model != "res.partner" || shown.way == Way::NameSearch {
            continue;
        }
        let asked = call("res.partner", "search_read", "{}").with(
            "fields",
            Value::List(vec![Value::from(shown.field.as_str())]),
        );
        caller.refused(&asked);
        looked += 1;
    }
    assert!(looked >= 3, "{looked}");
    let fields = r#"{"fields": ["city", "contact_address"]}"#;
    caller.allowed(&call("res.partner", "search_read", fields));
}
