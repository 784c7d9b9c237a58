//! What a record costs: CPU time for an opening and a closing, with and without the write.
//!
//! `cargo run --release -p portcullis-store --example journal_cost [FOLDER]`
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::error::Error;
use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;

use portcullis_audit::{Chain, Closing, LedgerId, Opening, Outcome, RequestId, Shape, WriterId};
use portcullis_erp::Dialect;
use portcullis_identity::{ErpLogin, KeyId, Principal, PrincipalName, Timestamp, UpstreamName};
use portcullis_storage::Journal as _;
use portcullis_store::{Durability, FileJournal, JournalOptions};

const CALLS: u32 = 200_000;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).map_or_else(
        || std::env::temp_dir().join("portcullis-journal-cost"),
        PathBuf::from,
    );
    let upstream = UpstreamName::new("odoo")?;
    let principal = Principal::integration(
        PrincipalName::new("Shop")?,
        KeyId::new("pck_aaaqeayeaudaocaj")?,
        upstream.clone(),
        ErpLogin::new("integration")?,
        Vec::new(),
    );
    let shape = Shape {
        fields: ["name", "city", "email", "phone"]
            .map(str::to_owned)
            .to_vec(),
        domain: vec![("is_company".to_owned(), "=".to_owned())],
        context_keys: vec!["lang".to_owned()],
        ids: 0,
        how: Vec::new(),
    };
    let opening = |request: u32| Opening {
        request: RequestId(u128::from(request) << 64 | 0x5eed),
        at: Timestamp(1_795_363_200_000_000 + i64::from(request)),
        principal: Some(&principal),
        address: IpAddr::from([192, 168, 10, 20]),
        upstream: &upstream,
        dialect: Dialect::JsonRpc,
        model: "res.partner",
        operation: "read",
        method: "search_read",
        shape: &shape,
        policy_version: 7,
        rule: "companies",
        would: None,
    };
    let closing = |request: u32| Closing {
        request: RequestId(u128::from(request) << 64 | 0x5eed),
        at: Timestamp(1_795_363_200_004_000 + i64::from(request)),
        outcome: Outcome::Done,
        status: 200,
        duration_us: 4_000,
        bytes_out: 1_800,
        notes: &[],
    };

    let mut chain = Chain::begin(WriterId(0));
    let mut buffer = Vec::with_capacity(8192);
    let mut bytes = 0;
    let begun = on_cpu()?;
    for request in 0..CALLS {
        buffer.clear();
        chain.open(&opening(request), &mut buffer);
        chain.close(&closing(request), &mut buffer);
        bytes += buffer.len();
    }
    say("lines and hashes", on_cpu()? - begun, CALLS);
    println!("bytes a call: {}", bytes / usize::try_from(CALLS)?);

    for (name, durability, calls) in [
        ("with write(2)", Durability::Process, CALLS),
        ("with fdatasync", Durability::Disk, 500),
    ] {
        let options = JournalOptions {
            durability,
            ..JournalOptions::new(LedgerId(1))
        };
        let mut journal = FileJournal::open(&folder, 0, options, Timestamp(0))?;
        let begun = on_cpu()?;
        for request in 0..calls {
            journal.open(&opening(request))?;
            journal.close(closing(request));
        }
        say(name, on_cpu()? - begun, calls);
    }
    Ok(())
}

fn say(what: &str, nanos: u64, calls: u32) {
    println!("{what}: {} ns of CPU a call", nanos / u64::from(calls));
}

/// Nanoseconds that this thread was on a CPU: other programs do not count.
fn on_cpu() -> Result<u64, Box<dyn Error>> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(text.split(' ').next().unwrap_or_default().parse()?)
}
