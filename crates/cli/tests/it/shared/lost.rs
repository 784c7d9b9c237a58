//! A database that lost its last changes: a server that took over without them, or a backup.

use super::place::{Two, places};
use super::{become_both, count};
use crate::demo::Demo;
use crate::pause;

#[test]
fn what_a_database_has_lost_opens_nothing_at_gateways_that_knew_it() {
    let demo = Demo::start();
    let (database, place, elsewhere) = places(&demo, demo.fact("/odoo"));
    let (stays, _) = place.key("stays", &[]);
    let two = Two::serve(&place, &elsewhere);
    become_both(&two, &stays, 200);
    let kept = database.sql("SELECT n FROM change");
    let (lost, id) = place.key("lost", &[]);
    become_both(&two, &lost, 200);
    // The state of before, as no trigger saw it come.
    database.sql(&format!(
        "SET session_replication_role = replica; BEGIN; \
         DELETE FROM api_key WHERE id = '{id}'; \
         DELETE FROM change_log WHERE n > {kept}; \
         UPDATE change SET n = {kept}; COMMIT"
    ));
    become_both(&two, &lost, 401);
    become_both(&two, &stays, 200);
    // And the next change is one that they learn of.
    let (next, next_id) = elsewhere.key("next", &[]);
    become_both(&two, &next, 200);
    assert_eq!(place.run(&["key", "revoke", &next_id]).0, 0);
    pause(1500);
    for served in [&two.one, &two.other] {
        assert_eq!(count(served, &next), 401);
        assert_eq!(count(served, &stays), 200);
    }
}
