//! Mail, comments, assignments and shares: operations of their own. They are functions that name
//! the document they are about; the rule that opens `mail` for it opens them, and nothing that
//! fills in templates or prints the document, unless all of it is open.

use portcullis_erp::value::from_json;
use portcullis_erp::{Call, Limits, Model, Shape, Value};

use super::view::{Aim, FrappeView};
use crate::after::Does;
use crate::bench::{Bench, No, no_access};
use crate::decision::Reason;
use crate::egress;
use crate::operation::Operation;
use crate::permit::Permit;
use crate::terms::Terms;

/// What an argument holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// A text that people read.
    Text,
    /// Addresses or users: a text, or a list of texts, also as JSON.
    People,
    /// A number, truth value or name that chooses nothing of the document.
    Plain,
    /// Who speaks: the ERP user itself, or nobody, for whom the ERP puts that user.
    Oneself,
    /// Something that must be nothing: it would give more than is told here.
    Nothing,
    /// What shows the document itself.
    Whole,
}

/// One function.
struct Mailing {
    method: &'static str,
    doctype: &'static str,
    name: &'static str,
    /// Whether what is sent holds more of the document than its name.
    shows: bool,
    arguments: &'static [(&'static str, Holds)],
}

const TABLE: &[Mailing] = &[
    Mailing {
        method: "frappe.core.doctype.communication.email.make",
        doctype: "doctype",
        name: "name",
        shows: false,
        arguments: &[
            ("content", Holds::Text),
            ("subject", Holds::Text),
            ("recipients", Holds::People),
            ("cc", Holds::People),
            ("bcc", Holds::People),
            ("send_email", Holds::Plain),
            ("sent_or_received", Holds::Plain),
            ("communication_medium", Holds::Plain),
            ("communication_type", Holds::Plain),
            ("send_me_a_copy", Holds::Plain),
            ("read_receipt", Holds::Plain),
            ("now", Holds::Plain),
            ("add_signature", Holds::Plain),
            ("sender", Holds::Nothing),
            ("sender_full_name", Holds::Nothing),
            ("attachments", Holds::Nothing),
            ("print_html", Holds::Whole),
            ("print_format", Holds::Whole),
            ("print_letterhead", Holds::Whole),
            ("print_language", Holds::Whole),
            ("email_template", Holds::Whole),
        ],
    },
    Mailing {
        method: "frappe.desk.form.utils.add_comment",
        doctype: "reference_doctype",
        name: "reference_name",
        shows: false,
        arguments: &[
            ("content", Holds::Text),
            ("comment_email", Holds::Oneself),
            ("comment_by", Holds::Oneself),
        ],
    },
    Mailing {
        method: "frappe.desk.form.assign_to.add",
        doctype: "doctype",
        name: "name",
        shows: true,
        arguments: &[
            ("assign_to", Holds::People),
            ("description", Holds::Text),
            ("date", Holds::Plain),
            ("priority", Holds::Plain),
            ("notify", Holds::Plain),
        ],
    },
    Mailing {
        method: "frappe.desk.form.assign_to.remove",
        doctype: "doctype",
        name: "name",
        shows: true,
        arguments: &[("assign_to", Holds::People)],
    },
    Mailing {
        method: "frappe.share.add",
        doctype: "doctype",
        name: "name",
        shows: true,
        arguments: &[
            ("user", Holds::People),
            ("read", Holds::Plain),
            ("notify", Holds::Plain),
            ("write", Holds::Nothing),
            ("submit", Holds::Nothing),
            ("share", Holds::Nothing),
            ("everyone", Holds::Nothing),
        ],
    },
    Mailing {
        method: "frappe.desk.form.document_follow.follow_document",
        doctype: "doctype",
        name: "doc_name",
        shows: true,
        arguments: &[("user", Holds::People)],
    },
];

fn mailing(method: &str) -> Option<&'static Mailing> {
    TABLE.iter().find(|mailing| mailing.method == method)
}

/// Whether a function is described here.
pub(crate) fn known(method: &str) -> bool {
    mailing(method).is_some()
}

/// Judges a call of one of them.
pub(super) fn judge(bench: &Bench<'_>, call: &Call) -> Result<Permit, No> {
    let unnamed = || {
        no_access(
            &call.model,
            Reason::Argument,
            "the call does not name one document that it is about",
        )
    };
    let mailing = mailing(call.method.as_str()).ok_or_else(unnamed)?;
    let text = |name: &str| {
        let text = call.named.get(name).and_then(Value::as_str);
        text.filter(|text| !text.is_empty()).ok_or_else(unnamed)
    };
    let (doctype, name) = (text(mailing.doctype)?, text(mailing.name)?);
    let model = Model::new(doctype).map_err(|_| unnamed())?;
    bench.know(&model)?;
    if bench.denies(&model, Operation::Mail, Some(&call.method)) {
        return Err(no_access(
            &model,
            Reason::Denied,
            "a rule with `deny = true` speaks of this",
        ));
    }
    let mut first_no: Option<No> = None;
    for held in bench.rules(&model, Operation::Mail, None) {
        let view = FrappeView {
            bench,
            held,
            model: &model,
        };
        match view.mail(call, mailing, name) {
            Ok(permit) => return Ok(permit),
            Err(no) if no.wants.is_some() => return Err(no),
            Err(no) => first_no = first_no.or(Some(no)),
        }
    }
    Err(first_no.unwrap_or_else(|| {
        no_access(
            &model,
            Reason::NoRule,
            format!("no rule of the caller's roles allows `mail` on `{model}`; add one"),
        )
    }))
}

impl FrappeView<'_> {
    fn mail(&self, call: &Call, mailing: &Mailing, name: &str) -> Result<Permit, No> {
        if self.held.pins.company.is_some() {
            return Err(self.pinned());
        }
        if !call.positional.is_empty() || !call.context.is_empty() || call.ids.is_some() {
            return Err(self.bad_argument("positional"));
        }
        // The ERP's own words on an assignment or a share hold the document's title.
        if mailing.shows {
            self.shows_nothing_hidden()?;
        }
        for (argument, value) in &call.named {
            if argument == mailing.doctype || argument == mailing.name {
                continue;
            }
            let line = mailing
                .arguments
                .iter()
                .find(|(known, _)| known == argument);
            let Some((_, holds)) = line else {
                return Err(self.bad_argument(argument));
            };
            self.mailed(argument, *holds, value)?;
        }
        let guard = self.guard(name, Aim::Does(Does::Acts))?;
        let shape = Shape {
            fields: call.named.keys().cloned().collect(),
            ids: 1,
            ..Shape::default()
        };
        Ok(self.permit(Operation::Mail, shape, guard, call.clone(), Terms::Single))
    }

    fn mailed(&self, argument: &str, holds: Holds, value: &Value) -> Result<(), No> {
        let nothing = value.is_nothing()
            || *value == Value::Int(0)
            || matches!(value.as_str(), Some("" | "0" | "null" | "None" | "[]"))
            || value.as_list().is_some_and(<[Value]>::is_empty);
        let fits = match (holds, value) {
            _ if nothing => true,
            (Holds::Text, Value::Text(text)) => {
                // A mention notifies somebody, with the document's title.
                if egress::is_template(value) || text.contains("mention") {
                    self.shows_nothing_hidden()?;
                }
                true
            }
            (Holds::People, Value::Text(text)) if text.trim_start().starts_with(['[', '{']) => {
                from_json(text.as_bytes(), &Limits::default()).is_ok_and(|read| are_texts(&read))
            }
            (Holds::People, Value::Text(_)) => true,
            (Holds::People, value) => are_texts(value),
            (Holds::Plain, Value::Text(_) | Value::Int(_) | Value::Bool(_)) => true,
            (Holds::Oneself, Value::Text(user)) => {
                if !self.bench.runs_as(user) {
                    return Err(self.speaks_as_another(argument));
                }
                true
            }
            (Holds::Whole, Value::Text(_) | Value::Int(_) | Value::Bool(_)) => {
                self.shows_nothing_hidden()?;
                true
            }
            _ => false,
        };
        if fits {
            Ok(())
        } else {
            Err(self.bad_argument(argument))
        }
    }

    fn speaks_as_another(&self, argument: &str) -> No {
        self.refuse(
            Reason::Argument,
            format!(
                "This key does not speak as somebody else. Leave `{argument}` empty, or give the user of the ERP as whom it calls."
            ),
            format!("`{argument}` is not the ERP user as whom the call runs"),
        )
    }

    /// Refuses what would show more of a document than the rule opens.
    fn shows_nothing_hidden(&self) -> Result<(), No> {
        if self.is_whole() && self.bench.hides_nothing {
            return Ok(());
        }
        Err(self.refuse(
            Reason::HiddenByData,
            format!(
                "This key may not send what is made from documents of `{}`. Write the text yourself.",
                self.model
            ),
            "what is sent shows the document or its title: the rule must open all fields, and no rule of the caller may hide a field or a document",
        ))
    }

    /// Refuses what sends something under a rule that does not name `mail`.
    pub(super) fn may_send(&self, sends: bool) -> Result<(), No> {
        if !sends || self.also(Operation::Mail) {
            return Ok(());
        }
        Err(self.needs("mail"))
    }
}

fn are_texts(value: &Value) -> bool {
    value
        .as_list()
        .is_some_and(|items| items.iter().all(|item| item.as_str().is_some()))
}
