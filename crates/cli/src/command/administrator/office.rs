//! Where the commands work on administrators: each act is written down before it is done.

use portcullis_admin::administrators;
use portcullis_admin::{Installation, Refusal};
use portcullis_administrators::Desk;
use portcullis_identity::{AdminRole, AdministratorName, Scope};
use portcullis_storage::{AdminKeys, Administrators, Admissions, Store as _};

use crate::command::recorded;
use crate::desk;
use crate::house::House;
use crate::place::Place;

/// What is kept of administrators, and where it is written down what is done with it.
pub(super) struct Office<'a> {
    place: &'a Place,
    house: House,
    at: Installation,
}

impl<'a> Office<'a> {
    /// Opens what a place keeps.
    pub(super) async fn open(place: &'a Place) -> anyhow::Result<Self> {
        let house = place.house().await?;
        let at = house.installation(place.config.clone());
        Ok(Self { place, house, at })
    }

    pub(super) fn administrators(&self) -> &dyn Administrators {
        self.house.store.administrators()
    }

    pub(super) fn admin_keys(&self) -> &dyn AdminKeys {
        self.house.store.admin_keys()
    }

    pub(super) fn admissions(&self) -> &dyn Admissions {
        self.house.store.admissions()
    }

    /// Where administrators are let in, which knows how what they show is kept.
    pub(super) fn desk(&self) -> anyhow::Result<Desk> {
        desk::open(&self.house, self.place.config.as_deref(), None)
    }

    /// Checks that there are such roles, and a scope that goes with them.
    pub(super) async fn check(&self, roles: &[AdminRole], scope: &Scope) -> anyhow::Result<()> {
        Ok(administrators::check(&self.at, roles, scope).await?)
    }

    /// Does something with an administrator, which is written down. None: there is no such one,
    /// or nothing was to be done; that is written down, too.
    pub(super) async fn act<T>(
        &self,
        verb: &'static str,
        name: &AdministratorName,
        work: impl Future<Output = Result<Option<T>, Refusal>>,
    ) -> anyhow::Result<Option<T>> {
        self.act_on(verb, name.as_str(), work).await
    }

    /// The same, with something that is an administrator's.
    pub(super) async fn act_on<T>(
        &self,
        verb: &'static str,
        on: &str,
        work: impl Future<Output = Result<Option<T>, Refusal>>,
    ) -> anyhow::Result<Option<T>> {
        let work = async {
            let done = work.await?;
            done.ok_or_else(|| Refusal::Absent(format!("administrator `{on}` to be changed so")))
        };
        match recorded(&self.at, ("administrator", verb), on, work).await {
            Ok(done) => Ok(Some(done)),
            Err(Refusal::Absent(_)) => Ok(None),
            Err(refusal) => Err(refusal.into()),
        }
    }
}

/// What was done, if it was.
pub(super) fn done(is_done: bool) -> Option<()> {
    is_done.then_some(())
}
