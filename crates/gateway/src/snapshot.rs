//! What one request is judged by: an immutable snapshot of policy and routes.
//!
//! A request takes the snapshot once; a reload puts a new one beside it, so that a record can
//! name the version that judged it. A bad file keeps the old one.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use portcullis_erp::Limits;
use portcullis_identity::{Networks, UpstreamName};
use portcullis_policy::{Family, Policy};

use crate::controller::Controller;

/// Policy, routes and bounds, all of one version.
pub struct Snapshot {
    /// The roles and their rules.
    pub policy: Policy,
    /// Which upstream a host name or a path means.
    pub routes: Routes,
    /// Bounds of a request's body.
    pub limits: Limits,
    /// The largest body, in bytes, of an RPC dialect from an address that showed no good key.
    pub rpc_body: usize,
}

/// Which upstream a host name or a path means, and which paths lead to custom controllers.
#[derive(Default, Clone)]
pub struct Routes {
    hosts: HashMap<String, UpstreamName>,
    names: HashMap<String, UpstreamName>,
    controllers: Arc<[Arc<Controller>]>,
    /// Those that are a Frappe.
    frappe: HashSet<UpstreamName>,
    served: Arc<Served>,
}

/// Which addresses are served.
#[derive(Debug, Clone, Default)]
pub struct Served {
    /// These, or all if there is none.
    pub allow: Networks,
    /// These are not, whatever the others say.
    pub deny: Networks,
}

impl Served {
    /// Whether an address is served.
    pub(crate) fn has(&self, address: IpAddr) -> bool {
        self.allow.have(address) && !self.deny.name(address)
    }
}

impl Routes {
    /// Adds an upstream and the host names that mean it.
    pub fn add(&mut self, name: &UpstreamName, family: Family, hosts: &[String]) {
        if family == Family::Frappe {
            self.frappe.insert(name.clone());
        }
        self.names.insert(name.as_str().to_owned(), name.clone());
        for host in hosts {
            self.hosts.insert(host.to_ascii_lowercase(), name.clone());
        }
    }

    /// Opens the routes to custom controllers.
    pub fn open(&mut self, controllers: &[Arc<Controller>]) {
        self.controllers = controllers.into();
    }

    /// Serves these addresses only.
    pub fn serve(&mut self, served: Served) {
        self.served = Arc::new(served);
    }

    /// Whether anything is served to an address.
    pub fn serves(&self, address: IpAddr) -> bool {
        self.served.has(address)
    }

    pub(crate) fn controllers(&self) -> &[Arc<Controller>] {
        &self.controllers
    }

    pub(crate) fn by_host(&self, host: &str) -> Option<UpstreamName> {
        if self.hosts.is_empty() {
            return None;
        }
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        self.hosts.get(&name.to_ascii_lowercase()).cloned()
    }

    /// Whether a request may be for a Frappe: the one that it names is, or it names none and
    /// there is one.
    pub(crate) fn may_mean_frappe(&self, named: Option<&UpstreamName>) -> bool {
        named.map_or(!self.frappe.is_empty(), |name| self.frappe.contains(name))
    }

    pub(crate) fn by_name(&self, name: &str) -> Option<UpstreamName> {
        self.names.get(name).cloned()
    }
}
