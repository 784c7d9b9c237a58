//! What a path of the façade stands for, and which verbs such a path takes.
//!
//! `/{resource}/{segment}` is a record's path or a method's: Odoo's records have numbers, and
//! Frappe's methods are named whole, with dots.

use std::sync::Arc;

use super::facade::{Facade, Resource};
use super::request::{Act, Request};
use crate::dialect::frappe;
use crate::fault::Fault;
use crate::name::Method;

/// The verbs of a list.
pub const LIST: &[&str] = &["GET", "POST"];
/// The verbs of what is below a resource: a record, or a method.
pub const BELOW: &[&str] = &["GET", "POST", "PATCH", "PUT", "DELETE"];
/// The verb of a record's method.
pub const METHOD: &[&str] = &["POST"];

/// What a path stands for. A document of Frappe's may be called like a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// It is the list of a resource.
    pub is_list: bool,
    /// It may be a record.
    pub is_record: bool,
    /// It may be this method.
    pub method: Option<&'a str>,
    /// Whether it is one of a record.
    pub on_record: bool,
    /// All verbs that a path of this form takes from anybody.
    pub verbs: &'static [&'static str],
}

impl<'a> Place<'a> {
    fn of(
        behind: &'a [String],
        is_record: impl Fn(&str) -> bool,
        is_method: impl Fn(&str) -> bool,
    ) -> Self {
        let place = Self {
            is_list: false,
            is_record: false,
            method: None,
            on_record: false,
            verbs: LIST,
        };
        match behind {
            [] => Self {
                is_list: true,
                ..place
            },
            [segment] => Self {
                is_record: is_record(segment),
                method: is_method(segment).then_some(segment),
                verbs: BELOW,
                ..place
            },
            [id, method, ..] => Self {
                method: (is_record(id) && Method::new(method.as_str()).is_ok()).then_some(method),
                on_record: true,
                verbs: METHOD,
                ..place
            },
        }
    }
}

impl Request {
    /// The verb that it was sent with.
    pub fn verb(&self) -> &str {
        &self.verb
    }

    /// What its first segment names.
    ///
    /// # Errors
    /// When there can be no such resource.
    pub fn resource(&self, facade: &Facade) -> Result<Arc<Resource>, Fault> {
        facade.resource(&self.resource)
    }

    /// What is wrong with it. A caller is told so if the path takes the verb from it; else it
    /// is told which verbs the path takes.
    pub fn unread(&self) -> Option<&Fault> {
        match &self.act {
            Act::Unread(fault) => Some(fault),
            _ => None,
        }
    }

    /// What its path stands for before an Odoo.
    pub fn place_in_odoo(&self) -> Place<'_> {
        let is_record = |segment: &str| segment.bytes().all(|byte| byte.is_ascii_digit());
        let is_method = |segment: &str| {
            !segment.starts_with(|first: char| first.is_ascii_digit())
                && Method::new(segment).is_ok()
        };
        Place::of(&self.behind, is_record, is_method)
    }

    /// What its path stands for before a Frappe.
    pub fn place_in_frappe(&self) -> Place<'_> {
        let is_record = |segment: &str| frappe::document(segment).is_ok();
        let is_part =
            |part: &str| part.starts_with(|first: char| first == '_' || first.is_ascii_lowercase());
        let is_method = move |segment: &str| {
            segment.contains('.') && segment.split('.').all(is_part) && Method::new(segment).is_ok()
        };
        Place::of(&self.behind, is_record, is_method)
    }
}
