//! What nobody may use unless a rule names it: models and methods that make credentials, run
//! code, act later for somebody else, hold copies of others' data, or take the name of a
//! model or method as an argument. And fields that no `"*"` reaches.

use crate::operation::Family;

/// Models of Odoo that `models = ["*"]` does not cover; a name with a dot at its end stands
/// for every model that begins so.
const ODOO_MODELS: &[&str] = &[
    "ir.",
    "base.",
    "res.users",
    "res.users.",
    "res.groups",
    "res.groups.",
    "res.config",
    "res.config.",
    "res.device",
    "res.device.",
    "reset.",
    "change.password.",
    "auth.",
    "auth_totp.",
    "auth_passkey.",
    "iap.",
    "payment.",
    "fetchmail.",
    "mail.",
    "sms.",
    "snailmail.",
    "bus.",
    "discuss.",
    "digest.",
    "studio.",
    "spreadsheet.",
    "documents.",
    "export.",
    "report.",
    "privacy.",
    "google.",
    "microsoft.",
    "certificate.",
    "account_edi_proxy_client.",
    "cloud.",
    "web_editor.",
    "im_livechat.",
    "portal.",
    "base_import.",
    "mailing.",
    "whatsapp.",
    "rating.",
    "queue.",
    "auditlog.",
];

/// How names of models end that show what other models hold, summed up by the database.
const ODOO_REPORTS: &[&str] = &[".report", ".analysis"];

/// DocTypes of Frappe that `models = ["*"]` does not cover.
const FRAPPE_MODELS: &[&str] = &[
    "User",
    "Has Role",
    "Role",
    "Role Profile",
    "Module Profile",
    "DocPerm",
    "Custom DocPerm",
    "DocShare",
    "User Permission",
    "DocType",
    "DocField",
    "Custom Field",
    "Property Setter",
    "Customize Form",
    "Server Script",
    "Client Script",
    "System Console",
    "Scheduled Job Type",
    "Scheduled Job Log",
    "OAuth Client",
    "OAuth Bearer Token",
    "OAuth Authorization Code",
    "OAuth Provider Settings",
    "Connected App",
    "Token Cache",
    "Social Login Key",
    "LDAP Settings",
    "Website Settings",
    "System Settings",
    "Print Format",
    "Report",
    "Prepared Report",
    "Auto Email Report",
    "Auto Repeat",
    "Notification",
    "Webhook",
    "Webhook Request Log",
    "Email Account",
    "Email Domain",
    "Email Queue",
    "Email Template",
    "Communication",
    "Comment",
    "Version",
    "File",
    "Data Import",
    "Data Export",
    "Deleted Document",
    "Activity Log",
    "Access Log",
    "Error Log",
    "Route History",
    "View Log",
    "Workflow",
    "Workflow Action",
    "Assignment Rule",
    "Energy Point Rule",
    "Document Naming Rule",
    "Document Naming Settings",
    "Transaction Log",
    "Package",
    "Patch Log",
    "Installed Application",
    "Installed Applications",
    "Module Def",
    "Page",
    "Web Page",
    "Web Form",
    "Website Script",
    "Custom HTML Block",
    "Dashboard Chart",
    "Number Card",
    "Bulk Update",
    "Document Follow",
    "Google Settings",
    "Google Calendar",
    "Google Contacts",
    "Google Drive",
    "Dropbox Settings",
    "S3 Backup Settings",
    "SMS Settings",
    "Push Notification Settings",
    "User Type",
    "Session Default Settings",
    "Domain Settings",
    "Global Search Settings",
    "Navbar Settings",
    "Network Printer Settings",
    "Personal Data Download Request",
    "Personal Data Deletion Request",
    "User Group",
    "RQ Job",
    "RQ Worker",
    "Recorder",
    "Permission Inspector",
    "API Request Log",
    "Audit Trail",
    "Background Task",
    "Singles",
    "Bank Integration Settings",
    "Plaid Settings",
    "Payment Gateway",
    "Communication Link",
    "Email Queue Recipient",
    "Data Import Log",
    "Integration Request",
    "Milestone",
    "Tag Link",
    "Submission Queue",
    "Bulk Transaction Log",
    "SMS Log",
    "Session Default",
    "User Email",
    "Log Settings",
];

/// Methods of Odoo that are not covered by any operation: they must be listed in `methods`
/// of a rule that names the model.
const ODOO_METHODS: &[&str] = &[
    "change_password",
    "preference_change_password",
    "action_reset_password",
    "api_key_wizard",
    "generate",
    "make_key",
    "revoke",
    "revoke_all_devices",
    "run",
    "method_direct_trigger",
    "create_action",
    "send_mail",
    "send_mail_batch",
    "render_template",
    "get_views",
    "get_view",
    "load",
    "onchange",
    "web_override_translations",
    "run_doc_method",
    "exec_workflow",
    "search_panel_select_range",
    "search_panel_select_multi_range",
    "get_property_definition",
    "copy_translations",
    "name_create",
];

/// Methods of Frappe that judge a name given as an argument, or make credentials.
const FRAPPE_METHODS: &[&str] = &[
    "run_doc_method",
    "runserverobj",
    "make_mapped_doc",
    "map_docs",
    "get_password",
    "generate_keys",
    "update_password",
    "reset_password",
    "impersonate",
    "get_api_key",
    "execute_code",
    "bulk_update",
    "insert_many",
    "rename_doc",
    "attach_file",
    "upload_file",
    "get_js",
    "validate_link",
    "add_to_share",
    "set_permission",
    "query_report.run",
    "reportview.get",
    "reportview.export_query",
];

/// Methods of Odoo that answer values of records, whatever fields they are asked for: a rule
/// that lists them opens nothing that the caller may not read anyway.
const ODOO_SHOWING: &[&str] = &[
    "onchange",
    "copy_data",
    "read_progress_bar",
    "search_panel_select_range",
    "search_panel_select_multi_range",
    "web_read_group",
    "web_save_multi",
    "copy_translations",
    "web_override_translations",
    "get_property_definition",
];

/// The same of Frappe.
const FRAPPE_SHOWING: &[&str] = &[
    "frappe.desk.reportview.get",
    "frappe.desk.reportview.get_list",
    "frappe.desk.reportview.get_count",
    "frappe.desk.reportview.get_stats",
    "frappe.desk.reportview.get_filter_dashboard_data",
    "frappe.desk.reportview.export_query",
    "frappe.desk.form.load.getdoc",
    "frappe.desk.form.load.get_docinfo",
    "frappe.desk.form.linked_with.get",
    "frappe.desk.search.search_link",
    "frappe.desk.search.search_widget",
    "frappe.desk.listview.get_group_by_count",
    "frappe.model.db_query.get_list",
    "frappe.www.printview.get_html_and_style",
    "frappe.utils.print_format.download_pdf",
    "frappe.utils.weasyprint.download_pdf",
    "frappe.core.doctype.data_export.exporter.export_data",
];

/// Whether a listed method answers values of records, whatever is hidden.
pub(crate) fn shows(method: &str, family: Family) -> bool {
    match family {
        Family::Odoo => ODOO_SHOWING.contains(&method),
        Family::Frappe => FRAPPE_SHOWING.contains(&method),
    }
}

/// Fields that hold credentials: never part of `"*"`, and never searched or shown by it.
const CREDENTIALS: &[&str] = &[
    "password",
    "new_password",
    "password_crypt",
    "totp_secret",
    "totp_last_counter",
    "totp_enabled",
    "api_key",
    "api_keys",
    "api_key_ids",
    "api_secret",
    "secret",
    "client_secret",
    "access_token",
    "refresh_token",
    "signup_token",
    "signup_url",
    "signup_type",
    "oauth_access_token",
    "session_token",
    "key",
    "private_key",
    "token",
    "auth_passkey_key_ids",
    "reset_password_key",
    "access_url",
    "smtp_pass",
    "otp_secret",
    "login_token",
    "user_api_key",
    "webhook_secret",
    "payment_token_ids",
];

/// Whether `models = ["*"]` leaves this model out.
pub(crate) fn model(model: &str, family: Family) -> bool {
    match family {
        Family::Odoo => {
            ODOO_REPORTS.iter().any(|end| model.ends_with(end))
                || crate::egress::model(model, Family::Odoo)
                || ODOO_MODELS.iter().any(|name| {
                    if name.ends_with('.') {
                        model.starts_with(name)
                    } else {
                        model == *name
                    }
                })
        }
        Family::Frappe => {
            FRAPPE_MODELS.contains(&model) || crate::egress::model(model, Family::Frappe)
        }
    }
}

/// Whether `models = ["*"]` leaves this model out, of whichever ERP it is.
pub(crate) fn of_any(name: &str) -> bool {
    model(name, Family::Odoo) || model(name, Family::Frappe)
}

/// Whether a method must be listed in a rule that names the model.
pub(crate) fn method(method: &str, family: Family) -> bool {
    match family {
        Family::Odoo => ODOO_METHODS.contains(&method),
        Family::Frappe => FRAPPE_METHODS.iter().any(|name| {
            method == *name
                || method
                    .strip_suffix(name)
                    .is_some_and(|head| head.ends_with('.'))
        }),
    }
}

/// Whether a field holds a credential, so that it must be named to be open.
pub(crate) fn credential(field: &str) -> bool {
    CREDENTIALS.contains(&field)
        || field.ends_with("_password")
        || field.ends_with("_secret")
        || field.ends_with("_token")
        || field.ends_with("_api_key")
        || field.ends_with("_passwd")
}
