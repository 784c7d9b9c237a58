//! The computed fields: one function each, from a record to a value.

use portcullis_erp::value::Value;

use super::record::Record;
use super::user::truthy;

/// How a field is computed.
pub(crate) type Compute = for<'a> fn(Record<'a>) -> Value;

/// The path of fields that are computed by looking elsewhere, without being `related`.
pub(crate) fn path_of(model: &str, field: &str) -> Option<Vec<&'static str>> {
    let own = match (model, field) {
        ("res.company", "street") => "street",
        ("res.company", "street2") => "street2",
        ("res.company", "zip") => "zip",
        ("res.company", "city") => "city",
        ("res.company", "state_id") => "state_id",
        ("res.company", "country_id") => "country_id",
        _ => return None,
    };
    Some(vec!["partner_id", own])
}

/// The text of the field that names a record.
fn named(record: Record<'_>) -> String {
    let name = record.text(record.model.rec_name);
    if name.is_empty() {
        format!("{},{}", record.model.name, record.id)
    } else {
        name
    }
}

/// The function of a field, if it is computed.
pub(crate) fn of(model: &str, field: &str) -> Option<Compute> {
    Some(match (model, field) {
        ("product.product", "display_name") => |record| {
            let (code, name) = (record.text("default_code"), record.text("name"));
            Value::Text(if code.is_empty() {
                name
            } else {
                format!("[{code}] {name}")
            })
        },
        ("product.template", "display_name") => |record| {
            let (code, name) = (record.text("default_code"), record.text("name"));
            Value::Text(if code.is_empty() {
                name
            } else {
                format!("[{code}] {name}")
            })
        },
        ("res.country.state", "display_name") => |record| {
            let code = record
                .link("country_id")
                .map(|country| country.text("code"));
            Value::Text(format!(
                "{} ({})",
                record.text("name"),
                code.unwrap_or_default()
            ))
        },
        ("res.partner.category", "display_name") => |record| Value::Text(lineage(record, " / ")),
        ("product.category", "complete_name") => |record| Value::Text(lineage(record, " / ")),
        (_, "parent_path") => |record| Value::Text(path(record)),
        ("sale.order.line", "display_name") => |record| {
            let order = record
                .link("order_id")
                .map(|order| order.text("name"))
                .unwrap_or_default();
            let name = record.text("name");
            Value::Text(format!(
                "{order} - {}",
                name.lines().next().unwrap_or_default()
            ))
        },
        ("res.partner", "display_name") => |record| {
            let asked = record.view.context.values.get("show_email");
            let email = record.text("email");
            let name = named(record);
            Value::Text(if asked.is_some_and(truthy) && !email.is_empty() {
                format!("{name} <{email}>")
            } else {
                name
            })
        },
        (_, "display_name") => |record| Value::Text(named(record)),
        ("res.partner", _) => return partner(field),
        ("res.users", "all_group_ids") => |record| record.get("group_ids").into_owned(),
        ("res.users", "share") => |record| {
            let internal = record
                .links("group_ids")
                .iter()
                .any(|group| group.text("name") == "User");
            Value::Bool(!internal)
        },
        ("res.users", "state") => |_| Value::from("active"),
        // The password can be set and never read.
        ("res.users", "password" | "new_password") => |_| Value::from(""),
        ("res.users", "tz_offset") => |_| Value::from("+0000"),
        ("product.template" | "product.product", "currency_id") => |_| Value::Int(1),
        ("product.template", "product_variant_id") => {
            |record| first(record.get("product_variant_ids").as_list())
        }
        ("product.template", "product_variant_count") => {
            |record| count(record, "product_variant_ids")
        }
        ("product.template", "uom_name") => |record| {
            record
                .link("uom_id")
                .map_or(Value::Bool(false), |unit| Value::Text(unit.text("name")))
        },
        ("product.product", "lst_price") => |record| record.get("list_price").into_owned(),
        ("product.product", "code") => |record| record.get("default_code").into_owned(),
        ("product.product", "partner_ref") => |record| record.get("display_name").into_owned(),
        ("product.product", "is_product_variant") => |_| Value::Bool(true),
        ("sale.order" | "sale.order.line", _) => return super::compute_sale::of(model, field),
        ("res.groups", "user_ids") => |record| pointing(record, "res.users", "group_ids"),
        ("res.partner.category", "partner_ids") => {
            |record| pointing(record, "res.partner", "category_id")
        }
        ("ir.rule", "global") => |record| {
            Value::Bool(
                record
                    .get("groups")
                    .as_list()
                    .is_none_or(<[Value]>::is_empty),
            )
        },
        ("res.groups", "full_name") => |record| Value::Text(record.text("comment")),
        ("ir.model", "count") => |record| {
            let rows = record.view.db.ids(&record.text("model")).len();
            Value::Int(i64::try_from(rows).unwrap_or_default())
        },
        ("ir.model", "inherited_model_ids") => parents,
        ("ir.model", "modules") => |_| Value::from("base"),
        ("res.currency", "rate" | "inverse_rate") => |_| Value::Float(1.0),
        ("res.currency", "decimal_places") => |_| Value::Int(2),
        ("res.currency", "is_current_company_currency") => |record| Value::Bool(record.id == 1),
        ("res.country", "image_url") => |record| {
            Value::Text(format!(
                "/base/static/img/country_flags/{}.png",
                record.text("code").to_lowercase()
            ))
        },
        _ => return None,
    })
}

fn partner(field: &str) -> Option<Compute> {
    Some(match field {
        "complete_name" => |record| Value::Text(complete_name(record)),
        "company_type" => |record| {
            Value::from(if record.truth("is_company") {
                "company"
            } else {
                "person"
            })
        },
        "commercial_partner_id" => |record| Value::Int(commercial(record).id),
        "commercial_company_name" => |record| {
            let commercial = commercial(record);
            if commercial.truth("is_company") {
                Value::Text(commercial.text("name"))
            } else {
                record.get("company_name").into_owned()
            }
        },
        "email_normalized" => {
            |record| normalized(&record.text("email")).map_or(Value::Bool(false), Value::Text)
        }
        "email_formatted" => |record| {
            let (name, email) = (record.text("name"), record.text("email"));
            if email.is_empty() {
                Value::Bool(false)
            } else {
                Value::Text(format!("\"{name}\" <{email}>"))
            }
        },
        "contact_address" => |record| Value::Text(address(record, "\n")),
        "contact_address_inline" => |record| Value::Text(address(record, ", ")),
        "partner_share" => |record| {
            let users = record.links("user_ids");
            Value::Bool(users.is_empty() || users.iter().any(|user| user.truth("share")))
        },
        "main_user_id" => |record| first(record.get("user_ids").as_list()),
        "sale_order_count" => |record| count(record, "sale_order_ids"),
        "self" => |record| Value::Int(record.id),
        "currency_id" | "active_lang_count" => |_| Value::Int(1),
        "tz_offset" => |_| Value::from("+0000"),
        "vat_label" => |_| Value::from("Tax ID"),
        "company_registry_label" => |_| Value::from("Company ID"),
        "type_address_label" => |_| Value::from("Address"),
        "property_product_pricelist" => |_| Value::Int(1),
        _ => return None,
    })
}

/// The company a person belongs to for business, or the person.
fn commercial(record: Record<'_>) -> Record<'_> {
    let mut record = record;
    for _ in 0..32 {
        if record.truth("is_company") {
            break;
        }
        match record.link("parent_id") {
            Some(parent) => record = parent,
            None => break,
        }
    }
    record
}

fn complete_name(record: Record<'_>) -> String {
    let mut name = record.text("name");
    if record.truth("is_company") {
        return name;
    }
    let company = match record.link("parent_id") {
        Some(_) => record.text("commercial_company_name"),
        None => record.text("company_name"),
    };
    if name.is_empty() {
        let kind = record.text("type");
        name = match kind.as_str() {
            "invoice" => "Invoice".to_owned(),
            "delivery" => "Delivery".to_owned(),
            "other" => "Other".to_owned(),
            _ => name,
        };
    }
    if company.is_empty() {
        name
    } else {
        format!("{company}, {name}")
    }
}

fn normalized(email: &str) -> Option<String> {
    let plain = email
        .rsplit_once('<')
        .map_or(email, |(_, rest)| rest.trim_end_matches('>'))
        .trim();
    let (user, domain) = plain.split_once('@')?;
    let fine = !user.is_empty()
        && !domain.is_empty()
        && !plain.contains([' ', ',', ';'])
        && !domain.contains('@');
    fine.then(|| plain.to_lowercase())
}

fn address(record: Record<'_>, between: &str) -> String {
    let state = record
        .link("state_id")
        .map(|state| state.text("code"))
        .unwrap_or_default();
    let country = record
        .link("country_id")
        .map(|country| country.text("name"))
        .unwrap_or_default();
    let city = [record.text("city"), state, record.text("zip")];
    let city = city
        .iter()
        .filter(|part| !part.is_empty())
        .cloned()
        .collect::<Vec<_>>()
        .join(" ");
    let lines = [record.text("street"), record.text("street2"), city, country];
    lines
        .iter()
        .filter(|line| !line.is_empty())
        .cloned()
        .collect::<Vec<_>>()
        .join(between)
}

fn lineage(record: Record<'_>, between: &str) -> String {
    let mut names = vec![record.text("name")];
    let mut record = record;
    while let Some(parent) = record.link("parent_id") {
        names.push(parent.text("name"));
        record = parent;
        if names.len() > 32 {
            break;
        }
    }
    names.reverse();
    names.join(between)
}

/// The ids from the root down to the record, each with a slash behind it.
fn path(record: Record<'_>) -> String {
    let mut path = format!("{}/", record.id);
    let mut record = record;
    for _ in 0..32 {
        let Some(parent) = record.link("parent_id") else {
            break;
        };
        path = format!("{}/{path}", parent.id);
        record = parent;
    }
    path
}

/// The records of a model whose list of links names this one: the other end of a many2many.
fn pointing(record: Record<'_>, model: &str, field: &str) -> Value {
    let Some((slot, _)) = record
        .view
        .schema
        .model(model)
        .and_then(|model| model.field(field))
    else {
        return Value::List(Vec::new());
    };
    let own = Value::Int(record.id);
    let rows = record.view.db.rows(model);
    let hits = rows.filter(|(_, row)| {
        row.get(slot)
            .and_then(Value::as_list)
            .is_some_and(|links| links.contains(&own))
    });
    Value::List(hits.map(|(id, _)| Value::Int(id)).collect())
}

fn first(items: Option<&[Value]>) -> Value {
    items
        .and_then(<[Value]>::first)
        .cloned()
        .unwrap_or(Value::Bool(false))
}

fn count(record: Record<'_>, field: &str) -> Value {
    let number = record.get(field).as_list().map_or(0, <[Value]>::len);
    Value::Int(i64::try_from(number).unwrap_or_default())
}

/// The model that a model inherits from by a link.
fn parents(record: Record<'_>) -> Value {
    let model = record.view.schema.model(&record.text("model"));
    let Some((parent, _)) = model.and_then(|model| model.inherits) else {
        return Value::List(Vec::new());
    };
    let parent = Value::from(parent);
    let rows = record.view.db.rows("ir.model");
    let rows = rows.filter_map(|(id, _)| record.view.record("ir.model", id));
    let found = rows.filter(|row| *row.get("model") == parent);
    Value::List(found.map(|row| Value::Int(row.id)).collect())
}
