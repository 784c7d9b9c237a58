//! Runs every fuzz seed through its reader, so that what fuzzing found stays found.

use std::path::Path;

#[path = "../../../fuzz/src/lib.rs"]
#[expect(
    unreachable_pub,
    clippy::expect_used,
    reason = "the file is a library elsewhere, and a test may panic"
)]
mod targets;

type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 19] = [
    ("domain", targets::domain),
    ("filters", targets::filters),
    ("frappe_answer", targets::frappe_answer),
    ("frappe_file", targets::frappe_file),
    ("frappe_method", targets::frappe_method),
    ("frappe_resource", targets::frappe_resource),
    ("frappe_upload", targets::frappe_upload),
    ("frappe_v2", targets::frappe_v2),
    ("json2", targets::json2),
    ("json_value", targets::json_value),
    ("jsonrpc", targets::jsonrpc),
    ("odoo_call", targets::odoo_call),
    ("odoo_web", targets::odoo_web),
    ("session_answer", targets::session_answer),
    ("signature_live", targets::signature_live),
    ("visit", targets::visit),
    ("rest", targets::rest),
    ("xmlrpc_answer", targets::xmlrpc_answer),
    ("xmlrpc_request", targets::xmlrpc_request),
];

#[test]
fn every_seed_runs_through_its_reader() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds");
    for (name, target) in TARGETS {
        let files = std::fs::read_dir(seeds.join(name)).unwrap();
        let mut count = 0;
        for file in files {
            target(&std::fs::read(file.unwrap().path()).unwrap());
            count += 1;
        }
        assert!(count > 0, "{name} has no seeds");
    }
}
