//! The façade of an upstream: `[upstream.NAME.rest]`.

use std::sync::Arc;

use portcullis_erp::Model;
use portcullis_erp::dialect::rest::{Facade, Guarded, Notice, Resource, Seal};
use url::Url;

use super::Checker;
use super::raw::{RawNotice, RawResource, RawRest};

/// What the façade of an upstream is.
#[derive(Debug, Clone)]
pub struct RestConfig {
    /// How many rows a page has where no number is asked for.
    pub page: u32,
    /// How many rows a page has at the most.
    pub page_most: u32,
    /// What is said of the façade as a whole.
    pub notice: Notice,
    /// The resources that were given a name, in order.
    pub resources: Vec<(String, Resource)>,
}

impl Default for RestConfig {
    /// 100 rows a page, 1,000 at the most, and every model under its own name.
    fn default() -> Self {
        Self {
            page: 100,
            page_most: 1000,
            notice: Notice::default(),
            resources: Vec::new(),
        }
    }
}

impl RestConfig {
    /// The façade; the seal tags its cursors.
    pub(crate) fn facade(&self, name: &str, seal: Arc<dyn Seal>) -> Facade {
        let facade = Facade::new(name, seal)
            .paged(self.page, self.page_most)
            .noticed(self.notice.clone());
        self.resources
            .iter()
            .fold(facade, |facade, (name, resource)| {
                facade.with(name, resource.clone())
            })
    }
}

impl Checker<'_> {
    pub(super) fn rest(&mut self, raw: RawRest) -> RestConfig {
        let usual = RestConfig::default();
        let mut resources = Vec::new();
        for (name, resource) in raw.resource {
            resources.extend(self.resource(&name, resource).map(|found| (name, found)));
        }
        RestConfig {
            page: raw.page.map_or(usual.page, std::num::NonZeroU32::get),
            page_most: raw
                .page_most
                .map_or(usual.page_most, std::num::NonZeroU32::get),
            notice: self.going(raw.notice),
            resources,
        }
    }

    fn resource(&mut self, name: &str, raw: RawResource) -> Option<Resource> {
        let at = raw.model.span();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if !name.starts_with(|c: char| c.is_ascii_alphanumeric())
            || !name.chars().all(plain)
            || matches!(name, "openapi.json" | "docs")
        {
            self.at(
                at,
                format!("`{name}` cannot be a resource's name: letters, digits, `.`, `_` and `-`"),
            );
            return None;
        }
        let model = self.spanned(raw.model, "`model` is no valid model or DocType", |text| {
            Model::new(text).ok()
        })?;
        let mut resource = Resource::plain(model)
            .guarded(if raw.require_if_match {
                Guarded::Always
            } else {
                Guarded::Maybe
            })
            .noticed(self.going(raw.notice));
        for (name, field) in raw.fields {
            match resource.clone().calling(&name, field.get_ref()) {
                Ok(next) => resource = next,
                Err(error) => self.at(field.span(), format!("`{name}`: {error}")),
            }
        }
        Some(resource)
    }

    fn going(&mut self, raw: RawNotice) -> Notice {
        let link = raw.link.and_then(|link| {
            self.spanned(link, "`link` is a URL with http:// or https://", |text| {
                let url = Url::parse(text).ok()?;
                matches!(url.scheme(), "http" | "https").then(|| url.to_string())
            })
        });
        Notice {
            deprecation: self.deprecation(raw.deprecated.as_ref()),
            sunset: self.sunset(raw.sunset.as_ref()),
            link,
        }
    }
}
