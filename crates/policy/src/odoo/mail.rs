//! Messages, followers and mail: operations of their own. Who may read or change a record may
//! not tell others of it by that, and nobody is sent what the role hides: a notification tells
//! what a record is called, and a template whatever it likes.

use std::collections::VecDeque;
use std::sync::LazyLock;

use portcullis_erp::domain::{Domain, Leaf, Operator};
use portcullis_erp::{Call, Map, Model, Shape, Value};

use crate::after::Does;
use crate::bench::{Bench, Held, No, no_access};
use crate::decision::Reason;
use crate::egress;
use crate::odoo::values::Written;
use crate::odoo::view::View;
use crate::odoo::{bad_argument, no_rule, numbers};
use crate::operation::{Family, Operation};
use crate::permit::{Afters, Permit};
use crate::rule::Models;
use crate::sizes;
use crate::terms::Terms;

/// What an argument holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// A text that people read.
    Text,
    /// A text that chooses a kind.
    Name(&'static [&'static str]),
    /// Any technical name.
    AnyName,
    /// A number or truth value.
    Plain,
    /// Partners, by their ids.
    Partners,
    /// Files that lie in the ERP, by their ids.
    Attachments,
    /// Files that the caller sends along.
    Files,
    /// Kinds of messages, by their ids.
    Subtypes,
}

/// One method.
#[derive(Debug)]
struct Mailing {
    method: &'static str,
    /// Whether it fills in a template.
    renders: bool,
    arguments: &'static [(&'static str, Holds)],
}

const KINDS: Holds = Holds::Name(&["comment", "notification"]);

const TABLE: &[Mailing] = &[
    Mailing {
        method: "message_post",
        renders: false,
        arguments: &[
            ("body", Holds::Text),
            ("subject", Holds::Text),
            ("message_type", KINDS),
            ("subtype_xmlid", Holds::AnyName),
            ("subtype_id", Holds::Plain),
            ("body_is_html", Holds::Plain),
            ("partner_ids", Holds::Partners),
            ("attachments", Holds::Files),
            ("attachment_ids", Holds::Attachments),
        ],
    },
    Mailing {
        method: "message_notify",
        renders: false,
        arguments: &[
            ("body", Holds::Text),
            ("subject", Holds::Text),
            ("partner_ids", Holds::Partners),
            ("attachments", Holds::Files),
            ("attachment_ids", Holds::Attachments),
        ],
    },
    Mailing {
        method: "message_subscribe",
        renders: false,
        arguments: &[
            ("partner_ids", Holds::Partners),
            ("subtype_ids", Holds::Subtypes),
        ],
    },
    Mailing {
        method: "message_unsubscribe",
        renders: false,
        arguments: &[("partner_ids", Holds::Partners)],
    },
    Mailing {
        method: "message_post_with_source",
        renders: true,
        arguments: &[
            ("source_ref", Holds::AnyName),
            ("subject", Holds::Text),
            ("message_type", KINDS),
            ("subtype_xmlid", Holds::AnyName),
            ("subtype_id", Holds::Plain),
            ("partner_ids", Holds::Partners),
        ],
    },
    Mailing {
        method: "message_mail_with_source",
        renders: true,
        arguments: &[
            ("source_ref", Holds::AnyName),
            ("subject", Holds::Text),
            ("message_type", KINDS),
            ("partner_ids", Holds::Partners),
        ],
    },
];

/// What notifications of a model show besides what the record is called.
const SHOWN: &[(&str, &[&str])] = &[
    ("sale.order", &["amount_total"]),
    ("purchase.order", &["amount_total", "date_order"]),
    (
        "account.move",
        &["amount_total", "invoice_date_due", "payment_state"],
    ),
    ("project.task", &["stage_id", "project_id"]),
    ("helpdesk.ticket", &["stage_id", "team_id"]),
    ("crm.lead", &["stage_id", "expected_revenue"]),
    ("hr.leave", &["holiday_status_id", "date_from", "date_to"]),
    ("hr.applicant", &["job_id", "stage_id"]),
];

fn mailing(method: &str) -> Option<&'static Mailing> {
    TABLE.iter().find(|mailing| mailing.method == method)
}

/// Whether a method is described here.
pub(crate) fn known(method: &str) -> bool {
    mailing(method).is_some()
}

/// The plainest that an argument can hold: a text that is no template, one record.
pub(crate) fn plainest(method: &str, argument: &str) -> Option<Value> {
    let lines = mailing(method)?.arguments;
    let (_, holds) = lines.iter().find(|(known, _)| *known == argument)?;
    Some(match holds {
        Holds::Text | Holds::AnyName => Value::from("x"),
        Holds::Name(names) => Value::from(*names.first()?),
        Holds::Plain => Value::Int(1),
        Holds::Partners | Holds::Attachments | Holds::Subtypes => Value::List(vec![Value::Int(1)]),
        Holds::Files => Value::List(Vec::new()),
    })
}

/// The methods that are described here.
pub(crate) fn methods() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|mailing| mailing.method)
}

/// Judges a call of one of them.
pub(crate) fn judge(bench: &Bench<'_>, call: Call) -> Result<Permit, No> {
    let Some(mailing) = mailing(call.method.as_str()) else {
        return Err(no_rule(bench, &call.model, Operation::Mail));
    };
    if bench.denies(&call.model, Operation::Mail, Some(&call.method)) {
        return Err(no_access(
            &call.model,
            Reason::Denied,
            "a rule with `deny = true` speaks of this",
        ));
    }
    let mut first_no: Option<No> = None;
    for held in bench.rules(&call.model, Operation::Mail, None) {
        match attempt(bench, held, &call, mailing) {
            Ok(permit) => return Ok(permit),
            Err(no) if no.wants.is_some() => return Err(no),
            Err(no) => first_no = first_no.or(Some(no)),
        }
    }
    Err(first_no.unwrap_or_else(|| no_rule(bench, &call.model, Operation::Mail)))
}

fn attempt(
    bench: &Bench<'_>,
    held: Held<'_>,
    call: &Call,
    mailing: &Mailing,
) -> Result<Permit, No> {
    let view = View::new(bench, held, &call.model)?;
    let ids = numbers(call)?;
    held.at_most("ids", ids.len(), held.records())?;
    if !call.positional.is_empty() || ids.is_empty() {
        return Err(bad_argument(&view, "ids"));
    }
    if mailing.renders {
        view.renders_nothing_hidden()?;
    } else {
        view.tells_nothing_hidden()?;
    }
    let mut clean = call.clone();
    clean.context = view.context(&call.context)?;
    let mut written = Written::default();
    for (name, value) in &call.named {
        let line = mailing.arguments.iter().find(|(known, _)| known == name);
        let Some((_, holds)) = line else {
            return Err(bad_argument(&view, name));
        };
        view.mailed(name, *holds, value, &mut written)?;
    }
    let mut guards = VecDeque::from(written.guards);
    let guard = view.guard(&ids, None, &clean.context)?;
    if let Some(guard) = view.watched(guard, Does::Acts)? {
        guards.push_front(guard);
    }
    let shape = Shape {
        fields: call.named.keys().cloned().collect(),
        domain: Vec::new(),
        context_keys: call.context.keys().cloned().collect(),
        ids: ids.len(),
        how: Vec::new(),
    };
    Ok(Permit {
        rule: held.full_name(),
        operation: Operation::Mail,
        shape,
        guards,
        call: clean,
        afters: Afters::default(),
        terms: Terms::IdsOrDone,
        caps: held.caps,
        paged: None,
        would: None,
        approval: false,
    })
}

impl View<'_> {
    /// Refuses a notification that would tell more of a record than the rule opens.
    fn tells_nothing_hidden(&self) -> Result<(), No> {
        if self.is_whole() {
            return Ok(());
        }
        let shown = SHOWN
            .iter()
            .find(|(model, _)| *model == self.model.as_str())
            .map_or(&[][..], |(_, fields)| fields);
        for field in ["display_name"].iter().chain(shown) {
            if self.schema.field(field).is_some() {
                self.readable(field)?;
            }
        }
        Ok(())
    }

    /// Refuses what fills in templates, unless there is nothing that they must not show.
    pub(crate) fn renders_nothing_hidden(&self) -> Result<(), No> {
        if self.is_whole() && self.bench.hides_nothing {
            return Ok(());
        }
        Err(self.refuse(
            Reason::HiddenByData,
            format!(
                "This key may not send texts that are made from records of `{}`. Write the text yourself.",
                self.model
            ),
            "a template shows whatever it likes: the rule must open all fields, and no rule of the caller may hide a field or a record",
        ))
    }

    fn mailed(
        &self,
        name: &str,
        holds: Holds,
        value: &Value,
        written: &mut Written,
    ) -> Result<(), No> {
        let bad = || bad_argument(self, name);
        match (holds, value) {
            (_, nothing) if nothing.is_nothing() => Ok(()),
            (Holds::Text, Value::Text(_)) if egress::is_template(value) => {
                self.renders_nothing_hidden()
            }
            (Holds::Text | Holds::AnyName, Value::Text(_))
            | (Holds::Plain, Value::Int(_) | Value::Bool(_)) => Ok(()),
            (Holds::Name(names), Value::Text(text)) if names.contains(&text.as_str()) => Ok(()),
            (Holds::Partners, value) => {
                static PARTNER: LazyLock<Option<Model>> =
                    LazyLock::new(|| Model::new("res.partner").ok());
                self.named_records(name, PARTNER.as_ref(), value, written)
            }
            (Holds::Attachments, value) => {
                static FILE: LazyLock<Option<Model>> =
                    LazyLock::new(|| Model::new("ir.attachment").ok());
                self.named_records(name, FILE.as_ref(), value, written)
            }
            (Holds::Subtypes, Value::List(ids))
                if ids.iter().all(|id| matches!(id, Value::Int(_))) =>
            {
                self.held.at_most(name, ids.len(), sizes::RECORDS)
            }
            (Holds::Files, Value::List(files)) => {
                self.held.at_most(name, files.len(), sizes::GROUPS)?;
                let plain = |file: &Value| {
                    matches!(
                        file.as_list(),
                        Some([Value::Text(_), Value::Text(_) | Value::Bytes(_)])
                    )
                };
                files.iter().all(plain).then_some(()).ok_or_else(bad)
            }
            _ => Err(bad()),
        }
    }

    /// Records that are named by ids: the role must be able to see them.
    fn named_records(
        &self,
        name: &str,
        model: Option<&'static Model>,
        value: &Value,
        written: &mut Written,
    ) -> Result<(), No> {
        let ids: Option<Vec<i64>> = value
            .as_list()
            .and_then(|ids| ids.iter().map(Value::as_int).collect());
        let (Some(model), Some(ids)) = (model, ids) else {
            return Err(bad_argument(self, name));
        };
        self.held.at_most(name, ids.len(), sizes::RECORDS)?;
        if ids.is_empty() {
            return Ok(());
        }
        self.link(name, model, &ids, written)
    }

    /// Refuses what sends something under a rule that does not name `mail`.
    pub(crate) fn may_send(&self, method: &str, operation: Operation) -> Result<(), No> {
        let sends = match operation {
            Operation::Create | Operation::Write => {
                egress::model(self.model.as_str(), Family::Odoo)
            }
            Operation::Call => {
                egress::model(self.model.as_str(), Family::Odoo)
                    || egress::method(method, Family::Odoo)
            }
            _ => false,
        };
        if !sends {
            return Ok(());
        }
        let rule = self.held.rule;
        if !rule.operations.contains(&Operation::Mail)
            || self.bench.denies(self.model, Operation::Mail, None)
        {
            return Err(self.refuse(
                Reason::NoRule,
                format!(
                    "This key may not send anything by `{}`. Ask whoever gave you the key.",
                    self.model
                ),
                "what is sent to people needs the operation `mail` in the same rule as well",
            ));
        }
        if egress::renders(self.model.as_str())
            || matches!(
                method,
                "message_post_with_view"
                    | "message_post_with_template"
                    | "render_template"
                    | "generate_email"
            )
        {
            self.renders_nothing_hidden()?;
        }
        Ok(())
    }

    /// Refuses texts for records of a model that the role may not send anything of.
    pub(crate) fn composes(&self, values: &Map) -> Result<(), No> {
        if !egress::renders(self.model.as_str()) {
            return Ok(());
        }
        for key in [
            "model",
            "model_id",
            "res_model",
            "mailing_model_id",
            "mailing_model_real",
            "render_model",
        ] {
            let Some(value) = values.get(key).filter(|value| !value.is_nothing()) else {
                continue;
            };
            let model = value.as_str().and_then(|name| Model::new(name).ok());
            let open = model.is_some_and(|model| {
                self.bench
                    .rules(&model, Operation::Mail, None)
                    .iter()
                    .any(|held| held.rule.domain.is_none())
            });
            if !open {
                return Err(self.refuse_write(
                    Reason::Link,
                    key,
                    "no rule without a domain lets this role send anything of records of that model (operation `mail`)",
                ));
            }
        }
        Ok(())
    }

    /// The condition that templates must satisfy that are sent: they are for a model of which
    /// the role may send something. None where this is no template.
    pub(crate) fn of_sendable_models(&self) -> Result<Option<Domain>, No> {
        if self.model.as_str() != "mail.template" {
            return Ok(None);
        }
        let models: Vec<Value> = self
            .bench
            .sendable()
            .map(|model| Value::from(model.as_str()))
            .collect();
        let leaf = Leaf::new("model", Operator::In, Value::List(models));
        leaf.map(|leaf| Some(Domain::leaf(leaf)))
            .map_err(|_| self.bad_domain("models that are none"))
    }
}

impl Bench<'_> {
    /// The models that rules for every record name for `mail`.
    fn sendable(&self) -> impl Iterator<Item = &Model> {
        self.allowing(Operation::Mail)
            .filter(|held| held.rule.domain.is_none())
            .filter_map(|held| match &held.rule.models {
                Models::Named(models) => Some(models),
                Models::All => None,
            })
            .flatten()
            .filter(|model| !self.denies(model, Operation::Mail, None))
    }
}
