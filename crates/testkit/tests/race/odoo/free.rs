//! Everybody does what they like, when they like.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::{Beside, Tally};
use crate::site::{Site, Writes, of_rule, window};
use portcullis_testkit::chance::Chance;

/// Few records, so that everybody meets.
const RECORDS: usize = 5;
const CALLERS: u64 = 4;
const MOVERS: u64 = 2;

/// This many tries, by callers of one key, while others move the records out of the rule and back
/// by a road of their own.
pub(crate) async fn all(tries: u64) -> Tally {
    let site = Rc::new(Site::make().await);
    let names = (0..RECORDS).map(|name| site.erp.company(&format!("Free {name}")));
    let records: Arc<[i64]> = names.collect();
    let over = Arc::new(AtomicBool::new(false));
    let movers: Vec<_> = (0..MOVERS)
        .map(|mover| {
            let (erp, records) = (Arc::clone(&site.erp), Arc::clone(&records));
            let over = Arc::clone(&over);
            thread::spawn(move || {
                let mut chance = Chance::of(mover);
                while !over.load(Ordering::Relaxed) {
                    let record = *chance.one(&records);
                    match chance.below(8) {
                        0 => erp.touches(record),
                        1..=3 => erp.moves(record, crate::hook::OUT),
                        _ => erp.moves(record, crate::hook::BACK),
                    }
                    let pause = u64::try_from(chance.below(1_500)).expect("a number");
                    thread::park_timeout(Duration::from_micros(pause));
                }
            })
        })
        .collect();
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (site, records) = (Rc::clone(&site), Arc::clone(&records));
            tokio::task::spawn_local(async move {
                let mut chance = Chance::of(100 + caller);
                let mut sent = Vec::new();
                for number in (0..tries).filter(|number| number % CALLERS == caller) {
                    let writes = if chance.happens(10) {
                        Writes::Condition
                    } else {
                        Writes::Other
                    };
                    let record = *chance.one(&records);
                    let (_, request) = site.write(record, number, writes).await;
                    sent.push((number, request));
                }
                sent
            })
        })
        .collect();
    let mut sent = Vec::new();
    for caller in callers {
        sent.extend(caller.await.expect("a caller"));
    }
    over.store(true, Ordering::Relaxed);
    for mover in movers {
        mover.join().expect("a mover");
    }
    let noted = site.noted().into_iter();
    let noted: HashMap<_, _> = noted.map(|noted| (noted.request.clone(), noted)).collect();
    let mut tally = Tally::default();
    for (number, request) in sent {
        let noted = &noted[&request];
        let Some(was_inside) = site.erp.was_inside(number) else {
            assert!(of_rule(noted).is_empty(), "nothing was done: {noted:?}");
            continue;
        };
        tally.count(was_inside, &of_rule(noted), Beside::Somebody);
        tally.windows.extend(window(noted));
    }
    tally
}
