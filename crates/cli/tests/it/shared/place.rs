//! Gateways over one database.

use portcullis_testkit::postgres::{Cluster, Database};

use crate::demo::Demo;
use crate::serve::{Place, Served};

/// May make, change and read contacts.
const MAKER: &str = r#"
[[rule]]
name = "contacts"
models = ["res.partner"]
operations = ["create", "write", "read"]
fields = ["name", "email", "city"]
"#;

/// As many requests as the tests send.
const LIMITS: &str = "[limits]\nper-minute = 60000000\nburst = 1000000\naddress-failures-per-minute = 600000\naddress-failures-burst = 100000\n";

/// Two gateways that run.
pub(super) struct Two {
    pub(super) one: Served,
    pub(super) other: Served,
}

impl Two {
    pub(super) fn serve(place: &Place, elsewhere: &Place) -> Self {
        Self {
            one: place.serve(),
            other: elsewhere.serve(),
        }
    }
}

/// A place before the Odoo at this URL, over this database.
pub(super) fn before(demo: &Demo, odoo: &str, store: &str) -> Place {
    with(demo, odoo, &format!("store = \"{store}\"\n"))
}

/// The same, with these settings of the store.
pub(super) fn with(demo: &Demo, odoo: &str, settings: &str) -> Place {
    let place = Place::before_url(demo, odoo, &format!("{settings}{LIMITS}"));
    place.put_role(MAKER);
    place
}

/// Puts a master key where it belongs, before the first start.
pub(super) fn put_master(place: &Place, text: &[u8]) {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    let folder = place.path().join("data");
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(&folder).unwrap();
    let file = folder.join("master.key");
    std::fs::write(&file, text).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Two places over a database: what their gateways share beside it is the master key.
pub(super) fn places(demo: &Demo, odoo: &str) -> (Database, Place, Place) {
    let database = Cluster::shared().database();
    let (one, other) = over(demo, odoo, &database);
    (database, one, other)
}

/// The same, over this database.
pub(super) fn over(demo: &Demo, odoo: &str, database: &Database) -> (Place, Place) {
    let one = before(demo, odoo, &database.url());
    let other = before(demo, odoo, &database.url());
    assert_eq!(one.run(&["key", "list"]).0, 0);
    let master = std::fs::read(one.path().join("data/master.key")).unwrap();
    put_master(&other, &master);
    (one, other)
}
