//! The façade of one caller as an OpenAPI 3.1 document.
//!
//! It is written from the caller's [`Rights`], which the judge itself gave; what is not among
//! them is not told. Types are the live ERP's, in the form in which the façade answers them.

mod batch;
mod fields;
mod filter;
mod operations;
mod parameters;
mod problems;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use aws_lc_rs::digest;
use portcullis_erp::dialect::rest::{Description, Facade, Resource};
use portcullis_erp::dialect::segment;
use portcullis_identity::UpstreamName;
use portcullis_policy::{Family, ModelSchema, Operation, Rights, Schema};
use serde_json::{Map, Value as Json, json};

/// What is described.
pub(crate) struct Subject<'a> {
    pub(crate) upstream: &'a UpstreamName,
    pub(crate) facade: &'a Facade,
    pub(crate) family: Family,
    /// What stands before `/api/v1` in the caller's path.
    pub(crate) base: &'a str,
    pub(crate) items: &'a [Item],
    /// Whether there is more that is not told.
    pub(crate) cut: bool,
    /// How many requests a batch may have.
    pub(crate) batch: usize,
}

impl Subject<'_> {
    /// The path of a list that is open, to begin with.
    fn first_list(&self) -> String {
        let open = |item: &&Item| item.rights.operations.contains(&Operation::Read);
        let first = self.items.iter().find(open);
        let name = first.map_or("openapi.json".into(), |item| {
            segment(&item.name).to_string()
        });
        format!("/api/v1/{name}")
    }
}

/// One resource, as far as it is open.
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) resource: Resource,
    pub(crate) rights: Rights,
    /// What the rights were judged with.
    pub(crate) schema: Arc<Schema>,
}

impl Item {
    /// What is known of the model.
    fn model(&self) -> Option<&ModelSchema> {
        self.schema.model(self.resource.model())
    }

    /// The name of its part among the components: letters, digits, `.`, `_` and `-` only.
    fn component(&self) -> String {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        self.name
            .chars()
            .map(|c| if plain(c) { c } else { '_' })
            .collect()
    }

    /// Its fields by the names that they have here.
    fn named<'a>(
        &'a self,
        fields: impl IntoIterator<Item = &'a String>,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        fields
            .into_iter()
            .filter_map(|field| Some((self.resource.outward(field)?, field.as_str())))
    }
}

/// Writes the document.
pub(crate) fn written(subject: &Subject<'_>) -> Description {
    let body = serde_json::to_vec(&document(subject)).unwrap_or_default();
    let digest = digest::digest(&digest::SHA256, &body);
    let tag = digest.as_ref().iter().take(16);
    let tag: String = tag.map(|byte| format!("{byte:02x}")).collect();
    Description {
        body: body.into(),
        tag: tag.into(),
    }
}

fn document(subject: &Subject<'_>) -> Json {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    let mut tags = Vec::new();
    for item in subject.items {
        operations::add(subject, item, &mut paths);
        fields::add(subject, item, &mut schemas);
        if item.rights.operations.contains(&Operation::Read) {
            filter::add(subject, item, &mut schemas);
        }
        tags.push(json!({
            "name": item.name,
            "description": format!("`{}` of the ERP.", item.resource.model()),
        }));
    }
    tags.push(batch::add(subject, &mut paths));
    problems::add(&mut schemas);
    let kind = match subject.family {
        Family::Odoo => "Odoo",
        Family::Frappe => "Frappe",
    };
    let mut description = format!(
        "What this key may do with the {kind} `{}`: exactly these resources, operations and \
         fields. A field that is not here cannot be read or set with it. Where several rules \
         open a resource, the fields of one call must be those of one rule.",
        subject.upstream
    );
    if subject.family == Family::Odoo {
        description.push_str(
            "\n\nBesides these, Odoo's common methods (`search_count`, `name_search`, `copy`, \
             `action_archive`, …) are called as `POST /{resource}/{method}` and \
             `POST /{resource}/{id}/{method}` with named arguments, under the same rights.",
        );
    }
    if subject.cut {
        description.push_str(
            "\n\nThe roles of this key speak of more resources than are listed here; ask for the \
             others by their names.",
        );
    }
    json!({
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": format!("{} through Portcullis", subject.upstream),
            "version": "1",
            "description": description,
        },
        "servers": [{"url": format!("{}/api/v1", subject.base)}],
        "security": [{"bearer": []}],
        "tags": tags,
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key of the gateway, as its operator gave it to you.",
                }
            },
            "schemas": schemas,
            "parameters": parameters::shared(),
            "responses": problems::responses(),
        },
    })
}

fn reference(part: &str, name: &str) -> Json {
    json!({"$ref": format!("#/components/{part}/{name}")})
}
