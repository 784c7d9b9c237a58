//! What is the façade for this caller? Its rights are found out, and written down as OpenAPI.
//!
//! The ERP is asked for what is not known of the models that the caller's rules speak of; the
//! answers go into the schema, and nothing but names and types of what is open into the document.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use portcullis_erp::dialect::rest::{Description, Manner, Place, Request, Resource};
use portcullis_erp::{Dialect, Fault, FaultKind, Model};
use portcullis_identity::Principal;
use portcullis_policy::{Asking, Depth, Family, Listed, Operation, Rights, Schema};

use super::asking;
use crate::denial::Why;
use crate::openapi::{self, Item, Subject};
use crate::snapshot::Snapshot;
use crate::upstream::{Asker, ErpUser, SheetKey, Upstream};

/// How many resources a document describes.
const MOST_ITEMS: usize = 64;

/// How many models one document may ask the ERP about.
const MOST_LESSONS: usize = 400;

/// Who asks, and of what.
pub(super) struct Desk<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) asker: &'a Asker<'a>,
    pub(super) principal: &'a Principal,
    pub(super) address: IpAddr,
    pub(super) upstream: &'a Upstream,
    pub(super) user: &'a ErpUser,
}

impl Desk<'_> {
    /// How the description is given.
    ///
    /// # Errors
    /// When the ERP does not tell what must be known.
    pub(super) async fn described(&self, request: &Request) -> Result<Manner, Why> {
        let description = self.description(request.base()).await?;
        request
            .described(self.upstream.facade(), description)
            .map_err(Why::Unreadable)
    }

    /// What a caller is told whose request cannot be read: what is wrong with it, or which verbs
    /// its path takes from this caller if the request's is not among them.
    pub(super) async fn unread(&self, request: &Request, fault: Fault) -> Why {
        let place = asking::place(request, self.upstream.family());
        let Ok(resource) = request.resource(self.upstream.facade()) else {
            return Why::Unreadable(fault);
        };
        let mut lessons = MOST_LESSONS;
        let rights = self
            .rights(resource.model(), Depth::Operations, &mut lessons)
            .await;
        let offered = match rights {
            Ok(Some((rights, _))) => offered(place, &rights),
            Ok(None) => Vec::new(),
            Err(why) => return why,
        };
        // Of what is closed to the caller it is told no more than of what there is not.
        if offered.is_empty() && fault.kind == FaultKind::Verb {
            return Why::Unoffered(Cow::Borrowed(place.verbs));
        }
        if offered.is_empty() || offered.contains(&request.verb()) {
            return Why::Unreadable(fault);
        }
        Why::Unoffered(Cow::Owned(offered))
    }

    async fn description(&self, base: &str) -> Result<Description, Why> {
        let key = SheetKey {
            roles: self.principal.roles().into(),
            held: self
                .snapshot
                .policy
                .held_from(self.principal, self.address)
                .into(),
            base: base.into(),
        };
        let policy = self.snapshot.policy.version();
        let known = || self.upstream.schema(self.user);
        let written = self.written(base);
        self.upstream
            .sheets()
            .give(key, policy, known, written)
            .await
    }

    async fn written(&self, base: &str) -> Result<Description, Why> {
        let (items, cut) = self.items().await?;
        Ok(openapi::written(&Subject {
            upstream: self.upstream.name(),
            facade: self.upstream.facade(),
            family: self.upstream.family(),
            base,
            items: &items,
            cut,
            batch: self.snapshot.limits.batch,
        }))
    }

    /// What may be used, and whether there is more than is told.
    async fn items(&self) -> Result<(Vec<Item>, bool), Why> {
        let mut lessons = MOST_LESSONS;
        let mut items = Vec::new();
        let mut cut = false;
        for (name, resource) in self.named() {
            if items.len() >= MOST_ITEMS {
                cut = true;
                break;
            }
            if let Some((rights, schema)) = self
                .rights(resource.model(), Depth::Fields, &mut lessons)
                .await?
            {
                items.push(Item {
                    name,
                    resource,
                    rights,
                    schema,
                });
            }
            // Other requests of this core wait meanwhile.
            tokio::task::yield_now().await;
        }
        Ok((items, cut))
    }

    /// The resources that may be open: by the names of the configuration, and for other models
    /// that rules name, or that are known already where a rule speaks of all, by their own.
    fn named(&self) -> Vec<(String, Resource)> {
        let schema = self.upstream.schema(self.user);
        let mut named: Vec<(String, Resource)> = Vec::new();
        let mut models: BTreeSet<Model> = BTreeSet::new();
        for (name, resource) in self.upstream.facade().resources() {
            named.push((name.to_owned(), resource.clone()));
            models.insert(resource.model().clone());
        }
        let spoken = self.snapshot.policy.named(&self.asking(&schema));
        let known = spoken.all.then(|| schema.models().map(|(model, _)| model));
        let others = spoken.models.iter().chain(known.into_iter().flatten());
        for model in others {
            if models.insert(model.clone()) {
                named.push((model.as_str().to_owned(), Resource::plain(model.clone())));
            }
        }
        named
    }

    fn asking<'s>(&'s self, schema: &'s Schema) -> Asking<'s> {
        Asking {
            principal: self.principal,
            upstream: self.upstream.name(),
            family: self.upstream.family(),
            dialect: Dialect::Rest,
            address: self.address,
            schema,
        }
    }

    /// The rights on a model, and what they were judged with; none where there are none.
    async fn rights(
        &self,
        model: &Model,
        depth: Depth,
        lessons: &mut usize,
    ) -> Result<Option<(Rights, Arc<Schema>)>, Why> {
        if self.upstream.family() == Family::Frappe && depth == Depth::Fields {
            self.learn(model, lessons).await?;
        }
        loop {
            let schema = self.upstream.schema(self.user);
            let rights = match self
                .snapshot
                .policy
                .rights(&self.asking(&schema), model, depth)
            {
                Ok(rights) => rights,
                Err(wanted) => {
                    self.learn(&wanted, lessons).await?;
                    continue;
                }
            };
            if rights.is_empty() {
                return Ok(None);
            }
            let makes = depth == Depth::Fields && rights.operations.contains(&Operation::Create);
            if makes && schema.model(model).is_some_and(|known| !known.filled) {
                self.spend(lessons)?;
                self.upstream
                    .learn_defaults(self.asker, model, self.user)
                    .await
                    .map_err(|_| Why::Unschooled)?;
                continue;
            }
            return Ok(Some((rights, schema)));
        }
    }

    /// Has the ERP asked for a model, and for the rows of a DocType.
    async fn learn(&self, model: &Model, lessons: &mut usize) -> Result<(), Why> {
        let mut wanted = vec![model.clone()];
        while let Some(next) = wanted.pop() {
            let schema = self.upstream.schema(self.user);
            if schema.model(&next).is_some() || schema.is_absent(&next) {
                continue;
            }
            self.spend(lessons)?;
            let learned = self.upstream.learn(self.asker, &next, self.user).await;
            learned.map_err(|_| Why::Unschooled)?;
            if self.upstream.family() == Family::Frappe && next == *model {
                let schema = self.upstream.schema(self.user);
                let fields = schema
                    .model(&next)
                    .into_iter()
                    .flat_map(|known| &known.fields);
                wanted.extend(
                    fields
                        .filter(|(_, facts)| facts.is_x2many())
                        .filter_map(|(_, facts)| facts.relation.clone()),
                );
            }
        }
        Ok(())
    }

    fn spend(&self, lessons: &mut usize) -> Result<(), Why> {
        *lessons = lessons.checked_sub(1).ok_or(Why::Unschooled)?;
        Ok(())
    }
}

/// The verbs that a path takes from a caller, in one order.
fn offered(place: Place<'_>, rights: &Rights) -> Vec<&'static str> {
    let may = |operation| rights.operations.contains(&operation);
    let (of_list, of_record) = (place.is_list, place.is_record);
    let listed = |listed: &Listed| {
        let here = if place.on_record {
            listed.on_record
        } else {
            listed.alone
        };
        here && place.method == Some(listed.method.as_str())
    };
    let of_frappe = |operation: Operation| {
        place.on_record && place.method == Some(operation.as_str()) && may(operation)
    };
    let calls = rights.methods.iter().any(listed)
        || of_frappe(Operation::Submit)
        || of_frappe(Operation::Cancel);
    [
        ("GET", (of_list || of_record) && may(Operation::Read)),
        ("POST", calls || (of_list && may(Operation::Create))),
        ("PATCH", of_record && may(Operation::Write)),
        ("PUT", of_record && may(Operation::Write)),
        ("DELETE", of_record && may(Operation::Delete)),
    ]
    .into_iter()
    .filter_map(|(verb, taken)| taken.then_some(verb))
    .collect()
}
