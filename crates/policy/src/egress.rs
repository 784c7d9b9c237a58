//! What leaves the ERP towards people: which models and methods send mail, and what a text may
//! not hold.

use portcullis_erp::Value;

use crate::operation::Family;

/// Models of Odoo that are there to send something: making or changing their records needs the
/// operation `mail` as well. A name with a dot at its end stands for all that begin so.
const ODOO_MODELS: &[&str] = &[
    "mail.compose.message",
    "mail.template",
    "mail.template.preview",
    "mail.mail",
    "mail.message",
    "mail.notification",
    "mail.followers",
    "mail.wizard.invite",
    "mail.followers.edit",
    "mail.scheduled.message",
    "mail.activity",
    "mail.activity.schedule",
    "mailing.",
    "sms.",
    "snailmail.",
    "whatsapp.",
    "account.move.send",
    "account.move.send.",
    "account.invoice.send",
    "survey.invite",
    "calendar.alarm_manager",
    "rating.rating",
    "portal.share",
    "portal.wizard",
    "portal.wizard.user",
    "base.document.layout",
    "digest.digest",
];

/// Those of them that write texts from the values of records of any model.
const RENDERING: &[&str] = &[
    "mail.compose.message",
    "mail.template",
    "mail.template.preview",
    "mail.scheduled.message",
    "mailing.",
    "sms.composer",
    "sms.template",
    "sms.template.preview",
    "whatsapp.",
    "account.move.send",
    "account.move.send.",
    "account.invoice.send",
    "snailmail.",
    "survey.invite",
    "digest.digest",
];

/// DocTypes of Frappe that send something, or say who is sent something.
const FRAPPE_MODELS: &[&str] = &[
    "Communication",
    "Comment",
    "Email Queue",
    "Email Group Member",
    "Email Campaign",
    "Newsletter",
    "Notification",
    "Notification Log",
    "Auto Email Report",
    "DocShare",
    "Document Share Key",
    "Document Follow",
    "ToDo",
    "SMS Center",
];

/// Methods of Odoo that send something and that no table describes.
const ODOO_METHODS: &[&str] = &[
    "send_mail",
    "send_mail_batch",
    "action_send_mail",
    "action_send_mail_mass_mode",
    "action_send_sms",
    "action_send_and_print",
    "action_send_mass_mail",
    "activity_schedule",
    "activity_schedule_with_view",
    "activity_send_mail",
    "message_post_with_view",
    "message_post_with_template",
    "message_route",
    "message_process",
    "message_update",
    "message_track",
    "message_change_thread",
    "message_invite",
    "send",
    "send_get_mail_to",
    "sms_send",
    "_message_sms",
    "render_template",
    "generate_email",
];

/// The same of Frappe: by their last names.
const FRAPPE_METHODS: &[&str] = &[
    "make",
    "sendmail",
    "send_email",
    "send_mail",
    "email_doc",
    "notify",
    "add_comment",
    "add_assignment",
    "assign_to",
    "send_sms",
    "send_newsletter",
    "send_now",
    "retry_sending",
    "set_docshare_permission",
    "get_email_template",
    "render_template",
    "follow_document",
];

/// Fields of Odoo's threads: whoever sets them posts, subscribes or assigns.
const FIELDS: &[&str] = &[
    "message_ids",
    "message_follower_ids",
    "message_partner_ids",
    "website_message_ids",
    "activity_ids",
    "activity_summary",
    "activity_type_id",
    "activity_user_id",
    "activity_date_deadline",
    "rating_ids",
];

/// Whether a field sends something when it is set.
pub(crate) fn field(field: &str) -> bool {
    FIELDS.contains(&field)
}

fn among(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| {
        if known.ends_with('.') {
            name.starts_with(known)
        } else {
            name == *known
        }
    })
}

/// Whether making or changing records of this model sends something.
pub(crate) fn model(model: &str, family: Family) -> bool {
    match family {
        Family::Odoo => among(ODOO_MODELS, model) || among(RENDERING, model),
        Family::Frappe => FRAPPE_MODELS.contains(&model),
    }
}

/// Whether a model writes texts from the values of records of any model.
pub(crate) fn renders(model: &str) -> bool {
    among(RENDERING, model)
}

/// Whether a listed method sends something.
pub(crate) fn method(method: &str, family: Family) -> bool {
    match family {
        Family::Odoo => ODOO_METHODS.contains(&method) || method.starts_with("message_"),
        Family::Frappe => {
            let last = method.rsplit('.').next().unwrap_or(method);
            (FRAPPE_METHODS.contains(&last) && (last != "make" || method.contains("email")))
                || method.contains(".share.")
                || method.contains(".assign_to.")
                || method.contains(".email.")
        }
    }
}

/// Whether a text might be filled in from a record before it is sent.
pub(crate) fn is_template(value: &Value) -> bool {
    const MARKS: &[&str] = &[
        "{{", "{%", "${", "<t ", "<t>", "t-out", "t-esc", "t-field", "t-raw",
    ];
    value
        .as_str()
        .is_some_and(|text| MARKS.iter().any(|mark| text.contains(mark)))
}
