//! Callers who hang up while their call is under way.

use std::time::Duration;

use crate::hook::{Deed, Fate, OUT, Script, Stage, When};
use crate::site::{Site, Writes, of_rule};

/// However late the caller leaves, it is looked, and written down.
pub(crate) async fn all() {
    let site = Site::make().await;
    for (number, deeds, says) in [
        (1, vec![], &[][..]),
        (
            2,
            vec![(When::Before(Stage::Call), Deed::Moves(OUT))],
            &["rule-broken"][..],
        ),
    ] {
        let record = site.erp.company("Hung up");
        // The first call learns the model.
        site.write(record, 0, Writes::Other).await;
        site.noted();
        site.erp.plays(Some(Script {
            record,
            number,
            deeds,
            fate: Fate::Given,
        }));
        site.erp.holds(true);
        let before = site.erp.arrived();
        {
            let write = site.write(record, number, Writes::Other);
            tokio::pin!(write);
            let arrives = async {
                while site.erp.arrived() == before {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            };
            tokio::select! {
                () = arrives => {}
                _ = &mut write => unreachable!("the call is held back"),
            }
        }
        assert!(site.noted().is_empty(), "nothing is known yet");
        site.erp.holds(false);
        let mut noted = Vec::new();
        for _ in 0..2_000 {
            noted = site.noted();
            if !noted.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        site.erp.plays(None);
        let [noted] = noted.as_slice() else {
            unreachable!("one record: {noted:?}")
        };
        assert!(noted.is_unknown, "nobody was told");
        assert_eq!(of_rule(noted), says);
        assert!(site.erp.was_inside(number).is_some(), "it was done");
    }
}
