//! What the tests share: a small Odoo's fields, callers with roles, questions.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::LazyLock;

use portcullis_erp::value::{from_json, to_json};
use portcullis_erp::{Call, Dialect, Edition, Limits, Model, RecordId, Value};
use portcullis_identity::{
    ErpLogin, Principal, PrincipalKind, PrincipalName, RoleName, Timestamp, UpstreamName,
};
use portcullis_policy::{Decision, Family, Permit, Policy, Question, Refusal, Role, Schema};

/// The ERP's number of the user as whom calls run.
pub(crate) const UID: i64 = 7;

/// Reads JSON.
pub(crate) fn json(text: &str) -> Value {
    from_json(text.as_bytes(), &Limits::default()).expect(text)
}

/// Writes JSON.
pub(crate) fn text(value: &Value) -> String {
    String::from_utf8(to_json(value)).expect("JSON is UTF-8")
}

/// A whole call as text: wherever a forbidden name stood, it would be seen here.
pub(crate) fn whole(call: &Call) -> String {
    let mut map = portcullis_erp::Map::new();
    map.insert("model".into(), Value::from(call.model.as_str()));
    map.insert("method".into(), Value::from(call.method.as_str()));
    map.insert("named".into(), Value::Map(call.named.clone()));
    map.insert("positional".into(), Value::List(call.positional.clone()));
    map.insert("context".into(), Value::Map(call.context.clone()));
    let ids = call.ids.iter().flatten().map(RecordId::to_value).collect();
    map.insert("ids".into(), Value::List(ids));
    text(&Value::Map(map))
}

/// Fields as lines of `name type [option…]`: `=model` links, `<-field` leads back,
/// `@path` depends, `~path` mirrors, `-` is no column, `!` is required.
fn fields(lines: &str) -> Value {
    let standard = "id integer\ndisplay_name char - @name\ncreate_uid many2one =res.users\n\
        write_uid many2one =res.users\ncreate_date datetime\nwrite_date datetime";
    let mut map = portcullis_erp::Map::new();
    for line in standard.lines().chain(lines.lines()) {
        let mut words = line.split_whitespace();
        let (Some(name), Some(kind)) = (words.next(), words.next()) else {
            continue;
        };
        let mut field = portcullis_erp::Map::new();
        let mut depends = Vec::new();
        field.insert("type".into(), Value::from(kind));
        field.insert("string".into(), Value::from(name));
        field.insert("store".into(), Value::Bool(true));
        field.insert("readonly".into(), Value::Bool(false));
        field.insert("searchable".into(), Value::Bool(true));
        for word in words {
            if let Some(model) = word.strip_prefix('=') {
                field.insert("relation".into(), Value::from(model));
            } else if let Some(back) = word.strip_prefix("<-") {
                field.insert("relation_field".into(), Value::from(back));
            } else if let Some(path) = word.strip_prefix('@') {
                depends.push(Value::from(path));
            } else if let Some(path) = word.strip_prefix('~') {
                field.insert("related".into(), Value::from(path));
                field.insert("store".into(), Value::Bool(false));
                depends.push(Value::from(path));
            } else if word == "-" {
                field.insert("store".into(), Value::Bool(false));
            } else if word == "!" {
                field.insert("required".into(), Value::Bool(true));
            }
        }
        field.insert("depends".into(), Value::List(depends));
        map.insert(name.to_owned(), Value::Map(field));
    }
    Value::Map(map)
}

/// A small Odoo.
pub(crate) fn schema() -> Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(read_schema);
    SCHEMA.clone()
}

fn read_schema() -> Schema {
    let models = [
        (
            "res.partner",
            "name char
            complete_name char @is_company @name @parent_id.name @company_name
            display_name char - @complete_name @email @name
            email char
            email_normalized char @email
            city char
            ref char
            vat char
            company_registry char
            phone char
            active boolean
            is_company boolean
            company_type selection - @is_company
            company_name char
            credit_limit float
            parent_id many2one =res.partner
            parent_name char - ~parent_id.name
            child_ids one2many =res.partner <-parent_id
            country_id many2one =res.country
            country_code char - ~country_id.code
            category_id many2many =res.partner.category
            user_id many2one =res.users
            user_ids one2many =res.users <-partner_id
            bank_ids one2many =res.partner.bank <-partner_id
            image_1920 binary
            contact_address char - @city @country_id
            signup_token char
            mystery char -
            props properties",
        ),
        (
            "res.users",
            "name char - ~partner_id.name
            login char !
            password char -
            totp_secret char
            email char - ~partner_id.email
            active boolean
            partner_id many2one =res.partner !",
        ),
        ("res.company", "name char\npartner_id many2one =res.partner"),
        ("res.country", "name char !\ncode char\nphone_code integer"),
        (
            "res.partner.category",
            "name char !\nparent_id many2one =res.partner.category\npartner_ids many2many =res.partner",
        ),
        (
            "res.partner.bank",
            "acc_number char\npartner_id many2one =res.partner",
        ),
        ("res.currency", "name char"),
        (
            "sale.order",
            "name char !
            display_name char - @name @partner_id
            state selection
            partner_id many2one =res.partner !
            partner_email char - ~partner_id.email
            user_id many2one =res.users
            company_id many2one =res.company
            currency_id many2one =res.currency
            date_order datetime
            note html
            access_token char
            order_line one2many =sale.order.line <-order_id
            tag_ids many2many =crm.tag
            origin_ref reference
            amount_total monetary @order_line.price_subtotal",
        ),
        (
            "sale.order.line",
            "name text
            order_id many2one =sale.order !
            product_id many2one =product.product
            product_uom_qty float
            price_unit float
            discount float
            margin float
            price_subtotal monetary @product_uom_qty @price_unit
            salesman_id many2one ~order_id.user_id =res.users",
        ),
        (
            "product.product",
            "name char - ~product_tmpl_id.name\ndefault_code char\nbarcode char\nstandard_price float\nproduct_tmpl_id many2one =product.template",
        ),
        (
            "product.template",
            "name char\ndefault_code char\nbarcode char\nproduct_variant_ids one2many =product.product <-product_tmpl_id",
        ),
        ("crm.tag", "name char"),
        ("ir.actions.server", "name char\ncode text"),
        ("ir.cron", "name char\ncode text"),
        ("res.users.apikeys", "name char\nscope char"),
    ];
    let mut schema = Schema::new();
    for (model, lines) in models {
        schema.learn(Model::new(model).expect(model), &fields(lines));
    }
    schema.absent(Model::new("no.such.model").expect("a name"));
    schema
}

/// A caller with roles, before one ERP.
pub(crate) struct Caller {
    pub(crate) policy: Policy,
    pub(crate) principal: Principal,
    pub(crate) upstream: UpstreamName,
    pub(crate) family: Family,
    pub(crate) dialect: Dialect,
    pub(crate) schema: Schema,
    pub(crate) edition: Edition,
}

/// A caller with one role, before the small Odoo.
pub(crate) fn odoo(role: &str) -> Caller {
    Caller::new(&[("tested", role)], Family::Odoo)
}

/// A caller with one role, before a Frappe.
pub(crate) fn frappe(role: &str) -> Caller {
    Caller::new(&[("tested", role)], Family::Frappe)
}

impl Caller {
    pub(crate) fn new(roles: &[(&str, &str)], family: Family) -> Self {
        let read = |(name, text): &(&str, &str)| {
            let name = RoleName::new(name).expect("a role's name");
            Role::from_toml(name, text).unwrap_or_else(|errors| panic!("{errors:?}"))
        };
        let roles: Vec<Role> = roles.iter().map(read).collect();
        let upstream = UpstreamName::new("erp").expect("a name");
        let principal = Principal::new(
            PrincipalKind::Integration,
            PrincipalName::new("shop").expect("a name"),
            upstream.clone(),
            ErpLogin::new("integration").expect("a login"),
            roles
                .iter()
                .map(|role| role.name().clone())
                .collect::<Vec<_>>(),
        );
        Self {
            policy: Policy::new(1, roles),
            principal,
            upstream,
            family,
            dialect: match family {
                Family::Odoo => Dialect::JsonRpc,
                Family::Frappe => Dialect::FrappeResource,
            },
            schema: schema(),
            edition: Edition::Any,
        }
    }

    /// The same caller, with what its roles `one` and `other` allow together.
    pub(crate) fn together(mut self) -> Self {
        let name = |text: &str| RoleName::new(text).expect("a role's name");
        let (both, roles) = self.policy.of_both(&[name("one")], &[name("other")]);
        self.policy = both;
        self.principal = Principal::new(
            PrincipalKind::Integration,
            self.principal.name().clone(),
            self.upstream.clone(),
            self.principal.erp_login().clone(),
            roles,
        );
        self
    }

    pub(crate) fn ask(&self, call: &Call) -> Decision {
        self.ask_at(call, Timestamp(0))
    }

    /// The judgement at some moment.
    pub(crate) fn ask_at(&self, call: &Call, now: Timestamp) -> Decision {
        self.policy.judge(Question {
            principal: &self.principal,
            upstream: &self.upstream,
            family: self.family,
            dialect: self.dialect,
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            now,
            schema: &self.schema,
            uid: Some(UID),
            login: self.principal.erp_login(),
            edition: self.edition.clone(),
            call: call.clone(),
        })
    }

    /// The permit for what must be allowed.
    #[track_caller]
    pub(crate) fn allowed(&self, call: &Call) -> Permit {
        match self.ask(call) {
            Decision::Allow(permit) => *permit,
            Decision::Refuse(no) => panic!("refused: {no:?}\n{}", whole(call)),
        }
    }

    /// The refusal of what must be refused.
    #[track_caller]
    pub(crate) fn refused(&self, call: &Call) -> Refusal {
        match self.ask(call) {
            Decision::Refuse(no) => {
                assert!(no.wants().is_none(), "a model is not known: {no:?}");
                *no
            }
            Decision::Allow(permit) => panic!("allowed: {}", whole(permit.next())),
        }
    }

    /// What is left of an answer.
    #[track_caller]
    pub(crate) fn cleaned(&self, call: &Call, answer: &str) -> String {
        let clean = self
            .allowed(call)
            .apply(json(answer))
            .expect("the answer can be judged");
        text(clean.value())
    }
}

/// A call; `named` is a JSON object of its arguments.
pub(crate) fn call(model: &str, method: &str, named: &str) -> Call {
    let mut call = Call::new(model, method).expect("a call");
    let Value::Map(named) = json(named) else {
        panic!("arguments are an object")
    };
    call.named = named;
    call
}

/// A call on records.
pub(crate) fn on(model: &str, method: &str, ids: &[i64], named: &str) -> Call {
    call(model, method, named).on(ids.iter().copied().map(RecordId::Number).collect())
}

/// A call on a document.
pub(crate) fn document(doctype: &str, method: &str, name: &str, named: &str) -> Call {
    call(doctype, method, named).on(vec![RecordId::Name(name.into())])
}

/// The same call with a context.
pub(crate) fn within(mut call: Call, context: &str) -> Call {
    let Value::Map(context) = json(context) else {
        panic!("a context is an object")
    };
    call.context = context;
    call
}
