//! After-checks of calls that are done once, and of callers in a hurry.

use serde_json::json;

use crate::hook::{Deed, Fate, OUT, Script, Stage, When};
use crate::site::{Caller, Site, of_rule};

/// A first answer says what was found; what repeats it asks the ERP nothing.
pub(crate) async fn replayed() {
    let site = Site::make().await;
    let record = site.erp.company("Once");
    let write = json!({"ids": [record], "vals": {"city": "Bonn"}});
    site.erp.plays(Some(Script {
        record,
        number: 1,
        deeds: vec![(When::Before(Stage::Call), Deed::Moves(OUT))],
        fate: Fate::Given,
    }));
    let (status, request) = site.call("write", &write, Caller::Once("k")).await;
    site.erp.plays(None);
    assert_eq!(status, 200);
    assert_eq!(of_rule(&site.noted_of(&request)), ["rule-broken"]);

    let before = site.yard.log.lines().len();
    let (status, request) = site.call("write", &write, Caller::Once("k")).await;
    assert_eq!(status, 200, "it was done");
    assert_eq!(site.yard.log.lines().len(), before, "nobody was asked");
    let noted = site.noted_of(&request);
    assert_eq!(noted.notes, [("answer-repeated".to_owned(), 1)]);
}

/// A role's seconds are for the call: whoever has used them up is looked after all the same.
pub(crate) async fn late() {
    let site = Site::make().await;
    for (stage, status, says) in [
        (Stage::After, 200, &[][..]),
        (Stage::Call, 504, &["rule-broken"][..]),
    ] {
        let (other, record) = (site.erp.company("Early"), site.erp.company("Late"));
        let deeds = match stage {
            Stage::Call => vec![(When::Before(Stage::Call), Deed::Moves(OUT))],
            Stage::Guard | Stage::After => Vec::new(),
        };
        // The first call learns the model.
        let write = json!({"ids": [other], "vals": {"city": "Bonn"}});
        site.call("write", &write, Caller::Hurried).await;
        let write = json!({"ids": [record], "vals": {"city": "Bonn"}});
        site.erp.plays(Some(Script {
            record,
            number: 1,
            deeds,
            fate: Fate::Late(stage, 1_500),
        }));
        let (given, request) = site.call("write", &write, Caller::Hurried).await;
        site.erp.plays(None);
        assert_eq!(given, status, "{stage:?}");
        assert_eq!(of_rule(&site.noted_of(&request)), says, "{stage:?}");
    }
}
