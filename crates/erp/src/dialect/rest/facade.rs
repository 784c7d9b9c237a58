//! What the façade of one ERP is configured to be: resources, fields, pages, what is going away.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bad;
use super::cursor::Seal;
use super::query::shown;
use crate::fault::{Fault, FaultKind};
use crate::name::{FieldName, Model, NameError};

/// The façade of one ERP.
pub struct Facade {
    /// What tells its cursors from those of another one.
    name: String,
    resources: BTreeMap<String, Arc<Resource>>,
    usual: u32,
    most: u32,
    notice: Notice,
    seal: Arc<dyn Seal>,
}

/// A model under the names that the façade gives to it and to its fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    pub(super) model: Model,
    /// The façade's field → the ERP's.
    fields: BTreeMap<String, String>,
    /// The ERP's field → the façade's.
    back: BTreeMap<String, String>,
    pub(super) guarded: Guarded,
    pub(super) notice: Notice,
}

/// Whether a change must name the edition that it is made on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Guarded {
    /// It may.
    #[default]
    Maybe,
    /// It must: a change without `If-Match` is refused.
    Always,
}

/// What is said of a resource that is going away, or of the façade as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notice {
    /// `Deprecation` (RFC 9745), as it is sent.
    pub deprecation: Option<String>,
    /// `Sunset` (RFC 8594), as it is sent.
    pub sunset: Option<String>,
    /// Where more about it is to be read.
    pub link: Option<String>,
}

/// Why a resource cannot be so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FacadeError {
    /// A name is none.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Two names for one field.
    #[error("`{0}` has two names")]
    Twice(String),
    /// The id has its name.
    #[error("the id is called `id`, and nothing else is")]
    Id,
}

impl Facade {
    /// A façade without resources of its own: every model is one, by its name.
    pub fn new(name: impl Into<String>, seal: Arc<dyn Seal>) -> Self {
        Self {
            name: name.into(),
            resources: BTreeMap::new(),
            usual: 100,
            most: 1000,
            notice: Notice::default(),
            seal,
        }
    }

    /// The same with pages of so many rows usually, and at the most.
    #[must_use]
    pub fn paged(mut self, usual: u32, most: u32) -> Self {
        (self.usual, self.most) = (usual.min(most), most);
        self
    }

    /// The same with this said of all of it.
    #[must_use]
    pub fn noticed(mut self, notice: Notice) -> Self {
        self.notice = notice;
        self
    }

    /// The same with this resource.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, resource: Resource) -> Self {
        self.resources.insert(name.into(), Arc::new(resource));
        self
    }

    /// The names that resources were given, with what they stand for.
    pub fn resources(&self) -> impl Iterator<Item = (&str, &Resource)> {
        self.resources
            .iter()
            .map(|(name, resource)| (name.as_str(), &**resource))
    }

    /// How many rows a page has where no number is asked for, and at the most.
    pub fn pages(&self) -> (u32, u32) {
        (self.usual, self.most)
    }

    /// The resource of a path.
    pub(super) fn resource(&self, name: &str) -> Result<Arc<Resource>, Fault> {
        if let Some(known) = self.resources.get(name) {
            return Ok(Arc::clone(known));
        }
        let model = Model::new(name).map_err(|_| {
            Fault::new(
                FaultKind::UnknownModel,
                format!("there is no resource `{}`", shown(name)),
            )
        })?;
        Ok(Arc::new(Resource::plain(model)))
    }

    /// How many rows a page has.
    pub(super) fn page(&self, asked: Option<u32>) -> u32 {
        asked.unwrap_or(self.usual).min(self.most)
    }

    /// What is said with every answer of a resource.
    pub(super) fn notice(&self, resource: &Resource) -> Notice {
        let one =
            |own: &Option<String>, all: &Option<String>| own.as_ref().or(all.as_ref()).cloned();
        Notice {
            deprecation: one(&resource.notice.deprecation, &self.notice.deprecation),
            sunset: one(&resource.notice.sunset, &self.notice.sunset),
            link: one(&resource.notice.link, &self.notice.link),
        }
    }

    pub(super) fn seal(&self) -> &Arc<dyn Seal> {
        &self.seal
    }

    /// What a resource of this façade is called over all façades.
    pub(super) fn full_name(&self, resource: &str) -> String {
        format!("{}/{resource}", self.name)
    }
}

impl Resource {
    /// A model under its own name, and its fields under theirs.
    pub fn plain(model: Model) -> Self {
        Self {
            model,
            fields: BTreeMap::new(),
            back: BTreeMap::new(),
            guarded: Guarded::Maybe,
            notice: Notice::default(),
        }
    }

    /// The same with another name for a field of the ERP's.
    ///
    /// # Errors
    /// When either is no name, the field has another name already, or it is the id.
    pub fn calling(mut self, name: &str, field: &str) -> Result<Self, FacadeError> {
        let (name, field) = (FieldName::new(name)?, FieldName::new(field)?);
        if name.as_str() == "id" || field.as_str() == "id" {
            return Err(FacadeError::Id);
        }
        let (name, field) = (name.as_str().to_owned(), field.as_str().to_owned());
        if self.back.insert(field.clone(), name.clone()).is_some() {
            return Err(FacadeError::Twice(field));
        }
        self.fields.insert(name, field);
        Ok(self)
    }

    /// The same, whose changes must name the edition that they are made on.
    #[must_use]
    pub fn guarded(mut self, guarded: Guarded) -> Self {
        self.guarded = guarded;
        self
    }

    /// The same with this said of it.
    #[must_use]
    pub fn noticed(mut self, notice: Notice) -> Self {
        self.notice = notice;
        self
    }

    /// Whether a change must name the edition that it is made on.
    pub fn is_guarded(&self) -> bool {
        self.guarded == Guarded::Always
    }

    /// Whether it is going away.
    pub fn is_deprecated(&self) -> bool {
        self.notice.deprecation.is_some() || self.notice.sunset.is_some()
    }

    /// The model that it stands for.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// What the ERP calls a field, or the first field of a dotted path.
    ///
    /// # Errors
    /// When the ERP's own name was used for a field that has another one here: one field has
    /// one name, or it could be said twice in one record.
    pub(super) fn inward(&self, path: &str) -> Result<String, Fault> {
        let (first, rest) = match path.split_once('.') {
            Some((first, rest)) => (first, Some(rest)),
            None => (path, None),
        };
        let first = match (self.fields.get(first), self.back.get(first)) {
            (Some(field), _) => field.as_str(),
            (None, Some(name)) => {
                return Err(
                    bad(format!("the field `{first}` is called `{name}` here")).about(first)
                );
            }
            (None, None) => first,
        };
        Ok(match rest {
            Some(rest) => format!("{first}.{rest}"),
            None => first.to_owned(),
        })
    }

    /// What a field of the ERP's is called here; none for one whose name means another here.
    pub fn outward<'a>(&'a self, field: &'a str) -> Option<&'a str> {
        match self.back.get(field) {
            Some(name) => Some(name),
            None if self.fields.contains_key(field) => None,
            None => Some(field),
        }
    }

    /// The same fault with the field's name as it is here.
    pub(super) fn told(&self, fault: &Fault) -> Fault {
        let mut fault = fault.clone();
        let Some(field) = fault.field.as_deref() else {
            return fault;
        };
        let first = field.split('.').next().unwrap_or(field);
        if let Some(name) = self.back.get(first) {
            fault.message = fault
                .message
                .replace(&format!("`{first}`"), &format!("`{name}`"));
            fault.field = Some(name.as_str().into());
        }
        fault
    }
}
