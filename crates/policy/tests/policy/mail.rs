//! Messages, followers, comments and mail need an operation of their own, and tell nobody what
//! the role hides. The stores that hold copies of what others hold must be named.

use portcullis_identity::RoleName;
use portcullis_policy::{Operation, Reason, Role, UserFacts};

use crate::common;
use crate::common::{call, frappe, on, text, within};

/// A caller before a small Odoo that has the models of mail as well.
fn odoo(role: &str) -> common::Caller {
    let mut caller = common::odoo(role);
    for (model, fields) in [
        (
            "mail.template",
            r#"{"id": {"type": "integer", "store": true}, "name": {"type": "char", "store": true}, "model": {"type": "char", "store": true}}"#,
        ),
        (
            "mail.compose.message",
            r#"{"id": {"type": "integer", "store": true}, "body": {"type": "html", "store": true}, "model": {"type": "char", "store": true}, "res_ids": {"type": "text", "store": true}, "subject": {"type": "char", "store": true}}"#,
        ),
        (
            "mail.message",
            r#"{"id": {"type": "integer", "store": true}, "body": {"type": "html", "store": true}}"#,
        ),
        (
            "ir.attachment",
            r#"{"id": {"type": "integer", "store": true}, "name": {"type": "char", "store": true}}"#,
        ),
    ] {
        let model = portcullis_erp::Model::new(model).unwrap();
        caller.schema.learn(model, &common::json(fields));
    }
    caller
}

const PARTNERS: &str = r#"
[[rule]]
name = "partners"
models = ["res.partner"]
operations = ["read", "write", "mail"]
fields = "*"
"#;

fn post(named: &str) -> portcullis_erp::Call {
    on("res.partner", "message_post", &[7], named)
}

fn without_mail(role: &str) -> String {
    role.replace(", \"mail\"", "")
}

#[test]
fn messages_and_followers_need_the_operation_mail() {
    let asked = [
        post(r#"{"body": "Hello"}"#),
        post(
            r#"{"body": "Hello", "subject": "x", "message_type": "comment", "subtype_xmlid": "mail.mt_note", "partner_ids": [3], "attachments": [["a.txt", "eA=="]]}"#,
        ),
        on(
            "res.partner",
            "message_notify",
            &[7],
            r#"{"body": "x", "partner_ids": [3]}"#,
        ),
        on(
            "res.partner",
            "message_subscribe",
            &[7],
            r#"{"partner_ids": [3], "subtype_ids": [1]}"#,
        ),
        on(
            "res.partner",
            "message_unsubscribe",
            &[7],
            r#"{"partner_ids": [3]}"#,
        ),
    ];
    for asked in &asked {
        let permit = odoo(PARTNERS).allowed(asked);
        assert_eq!(permit.operation(), Operation::Mail);
        let no = odoo(&without_mail(PARTNERS)).refused(asked);
        assert_eq!(no.reason, Reason::NoRule, "{}", asked.method);
    }
    // The answer tells the message's id, and no more.
    let clean = |answer: &str| odoo(PARTNERS).cleaned(&asked[0], answer);
    assert_eq!(clean("5"), "5");
    assert_eq!(clean("[5]"), "[5]");
    let permit = odoo(PARTNERS).allowed(&asked[0]);
    assert!(permit.apply(common::json(r#"{"body": "x"}"#)).is_err());
}

#[test]
fn a_message_is_on_records_that_the_rule_opens_and_to_partners_that_may_be_seen() {
    let bound = format!("{PARTNERS}domain = '[[\"city\", \"=\", \"Bonn\"]]'\n");
    let permit = odoo(&bound).allowed(&post(r#"{"body": "x", "partner_ids": [3]}"#));
    let guards: Vec<String> = permit
        .guards()
        .map(|guard| text(&guard.named["domain"]))
        .collect();
    assert_eq!(guards.len(), 2, "the record, and whoever is written to");
    assert!(guards[0].contains(r#"["id","in",[7]]"#) && guards[0].contains("Bonn"));
    assert!(guards[1].contains(r#"["id","in",[3]]"#) && guards[1].contains("Bonn"));
    let orders = "[[rule]]\nname = \"o\"\nmodels = [\"sale.order\"]\noperations = [\"read\", \"mail\"]\nfields = \"*\"\n";
    let asked = |named: &str| on("sale.order", "message_post", &[7], named);
    odoo(orders).allowed(&asked(r#"{"body": "x"}"#));
    odoo(orders).refused(&asked(r#"{"body": "x", "partner_ids": [3]}"#));
    odoo(orders).refused(&asked(r#"{"body": "x", "attachment_ids": [3]}"#));
}

#[test]
fn nobody_speaks_for_others_and_nothing_unknown_is_passed_on() {
    for named in [
        r#"{"body": "x", "author_id": 3}"#,
        r#"{"body": "x", "email_from": "boss@example.com"}"#,
        r#"{"body": "x", "message_type": "email"}"#,
        r#"{"body": "x", "parent_id": 3}"#,
        r#"{"body": "x", "outgoing_email_to": "x@example.com"}"#,
        r#"{"body": "x", "tracking_value_ids": [[0, 0, {}]]}"#,
        r#"{"body": "x", "render_values": {}}"#,
        r#"{"body": {"a": 1}}"#,
        r#"{"body": "x", "partner_ids": [[6, 0, [3]]]}"#,
        r#"{"body": "x", "attachments": [["a.txt", "eA==", {"x": 1}]]}"#,
    ] {
        odoo(PARTNERS).refused(&post(named));
    }
    let mut positional = post("{}");
    positional.positional.push(common::json(r#""x""#));
    odoo(PARTNERS).refused(&positional);
    odoo(PARTNERS).refused(&call("res.partner", "message_post", r#"{"body": "x"}"#));
}

#[test]
fn what_a_notification_shows_must_be_open() {
    let orders = |fields: &str| {
        odoo(&format!(
            "[[rule]]\nname = \"o\"\nmodels = [\"sale.order\"]\noperations = [\"read\", \"mail\"]\nfields = {fields}\n[[rule]]\nname = \"rest\"\nmodels = [\"res.partner\", \"sale.order.line\"]\noperations = [\"read\"]\nfields = \"*\"\n"
        ))
    };
    let asked = on("sale.order", "message_post", &[7], r#"{"body": "x"}"#);
    orders("\"*\"").allowed(&asked);
    orders(r#"["name", "partner_id", "display_name", "amount_total", "order_line"]"#)
        .allowed(&asked);
    orders(r#"["name", "partner_id", "display_name", "order_line"]"#).refused(&asked);
    orders(r#"["name", "partner_id", "amount_total", "order_line"]"#).refused(&asked);
    let hides = PARTNERS.replace("fields = \"*\"", "fields = \"*\"\nhidden = [\"email\"]");
    // What a partner is called rests on its e-mail address.
    assert_eq!(
        odoo(&hides).refused(&post(r#"{"body": "x"}"#)).reason,
        Reason::HiddenByData
    );
}

#[test]
fn templates_are_filled_in_only_where_nothing_is_hidden() {
    let rendering = [
        on(
            "res.partner",
            "message_post_with_source",
            &[7],
            r#"{"source_ref": "x.y"}"#,
        ),
        on(
            "res.partner",
            "message_mail_with_source",
            &[7],
            r#"{"source_ref": "x.y"}"#,
        ),
        post(r#"{"body": "{{ object.email }}"}"#),
        post(r#"{"body": "x", "subject": "${object.email}"}"#),
        post(r#"{"body": "<t t-out=\"object.email\"/>"}"#),
    ];
    let other = "[[rule]]\nname = \"users\"\nmodels = [\"res.users\"]\noperations = [\"read\"]\nfields = [\"name\"]\n";
    let some = "[[rule]]\nname = \"some\"\nmodels = [\"res.country\"]\noperations = [\"read\"]\nfields = \"*\"\ndomain = '[[\"code\", \"=\", \"DE\"]]'\n";
    let named = PARTNERS.replace("\"*\"", "[\"name\", \"display_name\", \"complete_name\", \"email\", \"is_company\", \"parent_id\", \"company_name\"]");
    for asked in &rendering {
        odoo(PARTNERS).allowed(asked);
        for role in [
            format!("{PARTNERS}{other}"),
            format!("{PARTNERS}{some}"),
            named.clone(),
            PARTNERS.replace("fields = \"*\"", "fields = \"*\"\nhidden = [\"vat\"]"),
            PARTNERS.replace("fields = \"*\"", "fields = \"*\"\nmasked = [\"vat\"]"),
        ] {
            assert_eq!(
                odoo(&role).refused(asked).reason,
                Reason::HiddenByData,
                "{role}"
            );
        }
    }
    odoo(&named).allowed(&post(r#"{"body": "Hello"}"#));
}

#[test]
fn fields_by_which_one_posts_or_subscribes_are_written_by_mail_only() {
    let caller = |role: &str| {
        let mut caller = odoo(role);
        let fields = r#"{"id": {"type": "integer", "store": true}, "name": {"type": "char", "store": true}, "display_name": {"type": "char", "depends": ["name"]}, "message_partner_ids": {"type": "many2many", "relation": "res.partner", "store": true}, "activity_summary": {"type": "char", "store": true}}"#;
        let model = portcullis_erp::Model::new("res.partner").unwrap();
        caller.schema.learn(model, &common::json(fields));
        caller
    };
    let write = |values: &str| {
        on(
            "res.partner",
            "write",
            &[7],
            &format!(r#"{{"vals": {values}}}"#),
        )
    };
    for values in [
        r#"{"message_partner_ids": [[4, 3, 0]]}"#,
        r#"{"activity_summary": "x"}"#,
    ] {
        caller(PARTNERS).allowed(&write(values));
        caller(&without_mail(PARTNERS)).refused(&write(values));
    }
    caller(&without_mail(PARTNERS)).allowed(&write(r#"{"name": "x"}"#));
}

const COMPOSER: &str = r#"
[[rule]]
name = "partners"
models = ["res.partner"]
operations = ["read", "mail"]
fields = "*"

[[rule]]
name = "composer"
models = ["mail.compose.message", "mail.template"]
operations = ["read", "create", "write", "call", "mail"]
methods = ["action_send_mail", "send_mail"]
fields = "*"
"#;

#[test]
fn what_is_there_to_send_is_made_and_sent_by_mail_only() {
    let create = |values: &str| {
        call(
            "mail.compose.message",
            "create",
            &format!(r#"{{"vals_list": [{values}]}}"#),
        )
    };
    let fine = r#"{"model": "res.partner", "res_ids": "[7]", "body": "x"}"#;
    odoo(COMPOSER).allowed(&create(fine));
    let send = on("mail.compose.message", "action_send_mail", &[1], "{}");
    odoo(COMPOSER).allowed(&send);
    // Records of a model that the role may not send anything of.
    for model in ["sale.order", "res.users", "no.such.model"] {
        odoo(COMPOSER).refused(&create(&fine.replace("res.partner", model)));
    }
    let change = on(
        "mail.compose.message",
        "write",
        &[1],
        r#"{"vals": {"model": "sale.order"}}"#,
    );
    odoo(COMPOSER).refused(&change);
    odoo(COMPOSER).allowed(&within(create(fine), "{}"));
    odoo(COMPOSER).refused(&within(create(fine), r#"{"default_model": "sale.order"}"#));
    // Without the operation, and where something is hidden.
    let dumb = COMPOSER.replace("\"call\", \"mail\"", "\"call\"").replace(
        "methods = [\"action_send_mail\", \"send_mail\"]",
        "methods = [\"onchange_template\"]",
    );
    odoo(&dumb).refused(&create(fine));
    odoo(&dumb).refused(&on("mail.compose.message", "onchange_template", &[1], "{}"));
    let hides = COMPOSER.replacen("fields = \"*\"", "fields = \"*\"\nhidden = [\"vat\"]", 1);
    odoo(&hides).refused(&create(fine));
    odoo(&hides).refused(&send);
}

#[test]
fn a_template_is_sent_only_for_models_of_which_something_may_be_sent() {
    let send = on(
        "mail.template",
        "send_mail",
        &[5],
        r#"{"res_id": 7, "force_send": true}"#,
    );
    let permit = odoo(COMPOSER).allowed(&send);
    assert!(permit.is_guard());
    let guard = text(&permit.next().named["domain"]);
    assert!(
        guard.contains(r#"["model","in",["#) && guard.contains("res.partner"),
        "{guard}"
    );
    assert!(!guard.contains("sale.order"));
    assert!(permit.guarded(&common::json("[]")).is_err());
    let alone = odoo(COMPOSER);
    alone.refused(&on("mail.template", "send_mail", &[], r#"{"res_id": 7}"#));
    alone.refused(&on(
        "mail.template",
        "send_mail",
        &[5],
        r#"{"res_id": 7, "email_values": {"email_to": "x"}}"#,
    ));
}

#[test]
fn a_rule_that_lists_what_sends_without_mail_is_an_error() {
    let read = |operations: &str, method: &str| {
        let text = format!(
            "[[rule]]\nname = \"r\"\nmodels = [\"res.partner\"]\noperations = {operations}\nmethods = [\"{method}\"]\n"
        );
        Role::from_toml(RoleName::new("r").unwrap(), &text)
    };
    for method in [
        "message_post",
        "message_post_with_template",
        "send_mail",
        "activity_schedule",
        "frappe.core.doctype.communication.email.make",
        "frappe.desk.form.utils.add_comment",
        "frappe.share.set_permission",
        "frappe.desk.form.assign_to.add_multiple",
    ] {
        assert!(read("[\"call\", \"mail\"]", method).is_ok(), "{method}");
        assert!(read("[\"call\"]", method).is_err(), "{method}");
    }
    assert!(read("[\"call\"]", "action_confirm").is_ok());
    assert!(read("[\"call\"]", "frappe.model.mapper.make_mapped_doc").is_ok());
}

#[test]
fn stores_that_hold_copies_must_be_named() {
    let wide = |models: &str| {
        odoo(&format!(
            "[[rule]]\nname = \"r\"\nmodels = [{models}]\noperations = [\"read\", \"create\", \"write\", \"delete\", \"call\", \"name\", \"mail\"]\nmethods = [\"do_it\"]\nfields = \"*\"\n"
        ))
    };
    let all = wide("\"*\"");
    all.allowed(&call("res.country", "search_read", "{}"));
    for model in [
        "mail.message",
        "mail.tracking.value",
        "mail.mail",
        "mail.notification",
        "mail.followers",
        "mail.activity",
        "mail.template",
        "mail.compose.message",
        "ir.attachment",
        "ir.exports",
        "ir.actions.report",
        "ir.logging",
        "ir.property",
        "base_import.import",
        "bus.bus",
        "rating.rating",
        "sms.sms",
        "snailmail.letter",
        "mailing.trace",
        "sale.report",
        "account.invoice.report",
        "report.stock.quantity",
        "spreadsheet.revision",
        "documents.document",
        "auditlog.log",
        "queue.job",
        "discuss.channel",
    ] {
        for asked in [
            call(model, "search_read", "{}"),
            call(model, "search", "{}"),
            call(
                model,
                "read_group",
                r#"{"domain": [], "fields": ["id"], "groupby": ["id"]}"#,
            ),
            on(model, "read", &[1], "{}"),
            on(
                model,
                "export_data",
                &[1],
                r#"{"fields_to_export": ["id"]}"#,
            ),
        ] {
            let no = all.refused(&asked);
            assert_eq!(no.reason, Reason::Dangerous, "{model} {}", asked.method);
        }
        all.refused(&on(model, "do_it", &[1], "{}"));
    }
    wide("\"mail.message\"").allowed(&call("mail.message", "search_read", "{}"));
    let all = frappe(
        "[[rule]]\nname = \"r\"\nmodels = [\"*\"]\noperations = [\"read\", \"create\"]\nfields = \"*\"\n",
    );
    all.allowed(&call("Customer", "get_list", "{}"));
    for doctype in [
        "Version",
        "Comment",
        "Communication",
        "Communication Link",
        "Activity Log",
        "Access Log",
        "Notification Log",
        "Email Queue",
        "Email Queue Recipient",
        "File",
        "Deleted Document",
        "Data Import",
        "Data Import Log",
        "Data Export",
        "Prepared Report",
        "Auto Email Report",
        "DocShare",
        "Document Share Key",
        "Integration Request",
        "Error Log",
        "Milestone",
        "Tag Link",
        "ToDo",
        "Submission Queue",
        "Newsletter",
    ] {
        all.refused(&call(doctype, "get_list", "{}"));
        all.refused(&common::document(doctype, "get", "x", "{}"));
        frappe(&format!("[[rule]]\nname = \"r\"\nmodels = [\"{doctype}\"]\noperations = [\"read\"]\nfields = \"*\"\n"))
            .allowed(&call(doctype, "get_list", "{}"));
    }
}

const CUSTOMERS: &str = r#"
[[rule]]
name = "customers"
models = ["Customer"]
operations = ["read", "mail"]
fields = "*"
"#;

const MAKE: &str = "frappe.core.doctype.communication.email.make";
const COMMENT: &str = "frappe.desk.form.utils.add_comment";
const ASSIGN: &str = "frappe.desk.form.assign_to.add";
const SHARE: &str = "frappe.share.add";

/// A call as the decoder makes it: of the DocType that an argument `doctype` names.
fn function(method: &str, named: &str) -> portcullis_erp::Call {
    let arguments = common::json(named);
    let doctype = arguments
        .as_map()
        .unwrap()
        .get("doctype")
        .and_then(|one| one.as_str().map(str::to_owned));
    call(doctype.as_deref().unwrap_or("-"), method, named)
}

#[test]
fn in_frappe_comments_mail_assignments_and_shares_need_the_operation_mail() {
    let asked = [
        function(
            MAKE,
            r#"{"doctype": "Customer", "name": "C", "content": "Hello", "subject": "x", "recipients": "a@example.com", "send_email": 1}"#,
        ),
        function(
            COMMENT,
            r#"{"reference_doctype": "Customer", "reference_name": "C", "content": "x", "comment_email": "integration", "comment_by": ""}"#,
        ),
        function(
            ASSIGN,
            r#"{"doctype": "Customer", "name": "C", "assign_to": "[\"a@example.com\"]"}"#,
        ),
        function(
            SHARE,
            r#"{"doctype": "Customer", "name": "C", "user": "a@example.com", "read": 1, "write": 0}"#,
        ),
    ];
    for asked in &asked {
        let permit = frappe(CUSTOMERS).allowed(asked);
        assert_eq!(permit.operation(), Operation::Mail);
        frappe(&without_mail(CUSTOMERS)).refused(asked);
        // A listed function is no way around it.
        let listed = format!(
            "[[rule]]\nname = \"l\"\nmodels = [\"Supplier\", \"-\"]\noperations = [\"call\", \"mail\"]\nmethods = [\"{}\"]\narguments = \"any\"\n",
            asked.method
        );
        frappe(&listed).refused(asked);
    }
    let bound = format!("{CUSTOMERS}domain = '[[\"territory\", \"=\", \"Bonn\"]]'\n");
    let permit = frappe(&bound).allowed(&asked[0]);
    assert!(permit.is_guard() && text(&permit.next().named["filters"]).contains("Bonn"));
    // Titles go out with an assignment.
    frappe(&bound).refused(&asked[2]);
    let some = CUSTOMERS.replace("\"*\"", "[\"customer_name\"]");
    frappe(&some).allowed(&asked[0]);
    frappe(&some).allowed(&asked[1]);
    frappe(&some).refused(&asked[2]);
    frappe(&some).refused(&asked[3]);
}

#[test]
fn in_frappe_nobody_comments_as_somebody_else() {
    let caller = frappe(CUSTOMERS);
    let comment = |email: &str, by: &str| {
        let named = format!(
            r#"{{"reference_doctype": "Customer", "reference_name": "C", "content": "x", "comment_email": {email}, "comment_by": {by}}}"#
        );
        function(COMMENT, &named)
    };
    let (own, other) = (r#""integration""#, r#""boss@example.com""#);
    for nobody in [r#""""#, "null", own] {
        caller.allowed(&comment(own, nobody));
        caller.allowed(&comment(nobody, own));
    }
    for (email, by) in [(other, own), (own, other), (other, r#""""#), ("7", own)] {
        let no = caller.refused(&comment(email, by));
        assert_eq!(no.reason, Reason::Argument, "{email} {by}");
    }
    // What the ERP calls the user may be another name than its login.
    let mut named = frappe(CUSTOMERS);
    let facts = UserFacts {
        name: Some("shop@example.com".to_owned()),
        ..UserFacts::default()
    };
    let login = named.principal.erp_login().clone();
    named.schema.learn_user(login, facts);
    named.allowed(&comment(r#""shop@example.com""#, r#""""#));
    caller.refused(&comment(r#""shop@example.com""#, r#""""#));
}

#[test]
fn in_frappe_nobody_is_sent_what_is_hidden() {
    let make = |more: &str| {
        function(
            MAKE,
            &format!(r#"{{"doctype": "Customer", "name": "C", "content": "x"{more}}}"#),
        )
    };
    let hides = CUSTOMERS.replace("fields = \"*\"", "fields = \"*\"\nhidden = [\"tax_id\"]");
    for more in [
        r#", "print_format": "Standard""#,
        r#", "print_html": "<p>x</p>""#,
        r#", "email_template": "Dunning""#,
        r#", "subject": "{{ doc.tax_id }}""#,
    ] {
        frappe(CUSTOMERS).allowed(&make(more));
        frappe(&hides).refused(&make(more));
    }
    frappe(&hides).allowed(&make(""));
    for more in [
        r#", "sender": "boss@example.com""#,
        r#", "attachments": "[\"file\"]""#,
        r#", "unknown": 1"#,
        r#", "recipients": {"a": 1}"#,
    ] {
        frappe(CUSTOMERS).refused(&make(more));
    }
    frappe(CUSTOMERS).allowed(&make(r#", "attachments": "[]", "sender": "" "#));
    for more in [
        r#""write": 1"#,
        r#""share": 1"#,
        r#""everyone": 1"#,
        r#""submit": "1""#,
    ] {
        frappe(CUSTOMERS).refused(&function(
            SHARE,
            &format!(r#"{{"doctype": "Customer", "name": "C", "user": "a@example.com", {more}}}"#),
        ));
    }
    let comment = |content: &str| {
        function(
            COMMENT,
            &format!(
                r#"{{"reference_doctype": "Customer", "reference_name": "C", "content": "{content}"}}"#
            ),
        )
    };
    frappe(&hides).allowed(&comment("x"));
    frappe(&hides).refused(&comment(
        "<span class='mention' data-id='a@example.com'>a</span>",
    ));
    // Documents that are there to send, made directly.
    let made = call("Communication", "insert", r#"{"doc": {"subject": "x"}}"#);
    let rule = |operations: &str| {
        frappe(&format!(
            "[[rule]]\nname = \"r\"\nmodels = [\"Communication\"]\noperations = {operations}\nfields = \"*\"\n"
        ))
    };
    rule("[\"create\", \"mail\"]").allowed(&made);
    rule("[\"create\"]").refused(&made);
}
