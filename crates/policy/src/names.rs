//! By which fields Odoo searches names, for the common models whose code says so.
//! The live server does not tell it, so it is a table here (see [`searched`]).

/// `_rec_names_search` of common models, and what their own name searches look at besides.
const SEARCHED: &[(&str, &[&str])] = &[
    (
        "res.partner",
        &["complete_name", "email", "ref", "vat", "company_registry"],
    ),
    ("res.users", &["name", "login"]),
    ("res.company", &["name"]),
    ("res.country", &["name", "code"]),
    ("res.country.state", &["name", "code", "country_id"]),
    ("res.currency", &["name"]),
    ("res.bank", &["name", "bic"]),
    ("res.partner.bank", &["acc_number", "bank_id", "partner_id"]),
    ("res.partner.category", &["name", "parent_id"]),
    ("product.product", &["name", "default_code", "barcode"]),
    (
        "product.template",
        &["name", "default_code", "barcode", "product_variant_ids"],
    ),
    ("product.category", &["complete_name"]),
    ("product.pricelist", &["name", "currency_id"]),
    ("sale.order", &["name", "partner_id"]),
    ("sale.order.line", &["name", "order_id"]),
    ("purchase.order", &["name", "partner_ref"]),
    ("account.account", &["name", "code", "description"]),
    ("account.journal", &["name", "code"]),
    ("account.move", &["name", "partner_id", "ref"]),
    ("account.move.line", &["name", "move_id", "account_id"]),
    ("account.tax", &["name", "description", "invoice_label"]),
    ("stock.picking", &["name", "origin"]),
    ("stock.location", &["complete_name", "barcode"]),
    (
        "crm.lead",
        &["name", "partner_name", "contact_name", "email_from"],
    ),
    ("project.task", &["name"]),
    ("hr.employee", &["name"]),
];

/// The fields that a search by name looks at besides `display_name` and the name field.
pub(crate) fn searched(model: &str) -> &'static [&'static str] {
    SEARCHED
        .iter()
        .find(|(name, _)| *name == model)
        .map_or(&[], |(_, fields)| fields)
}
