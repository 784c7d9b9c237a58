//! What an ERP answers is no more trusted than what a client asks: the first byte says in which
//! dialect, the second the status.
#![no_main]

use portcullis_erp::dialect::Returned;
use portcullis_erp::{Answer, Dialect, Limits, Reply};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let [first, second, body @ ..] = data else {
        return;
    };
    let all = [
        (Dialect::XmlRpc2, "text/xml"),
        (Dialect::XmlRpc1, "text/xml"),
        (Dialect::JsonRpc, "application/json"),
        (Dialect::Json2, "application/json"),
        (Dialect::FrappeResource, "application/json"),
        (Dialect::FrappeMethod, "application/json"),
    ];
    let (dialect, content_type) = all[usize::from(*first) % all.len()];
    let status = [200, 202, 401, 403, 404, 409, 417, 422, 500, 502][usize::from(*second) % 10];
    let answer = dialect.read_answer(
        Returned {
            status,
            content_type,
            body,
        },
        &Limits::default(),
    );
    for (to, _) in all {
        let reply = Reply::plain(to);
        match &answer {
            Answer::Value(value) => drop(reply.write_answer(value)),
            Answer::Fault(fault) => drop(reply.write_fault(fault)),
            Answer::DoneWithoutResult => {}
        }
    }
});
