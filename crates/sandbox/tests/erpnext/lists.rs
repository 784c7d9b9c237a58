//! Lists of the ERPNext look-alike, and many callers at once.

use crate::site::Site;
use serde_json::{Value, json};

fn rows(site: &Site, target: &str) -> Vec<Value> {
    let answer = site.ask("integration", "GET", target, "");
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["data"].as_array().unwrap().clone()
}

#[test]
fn a_page_has_twenty_names_unless_asked_otherwise() {
    let site = Site::new();
    assert_eq!(rows(&site, "/api/resource/Customer").len(), 20);
    assert_eq!(rows(&site, "/api/resource/Customer?limit=3").len(), 3);
    assert_eq!(
        rows(&site, "/api/resource/Customer?limit_page_length=0").len(),
        35
    );
    assert_eq!(
        rows(&site, "/api/resource/Customer?limit_start=30").len(),
        5
    );
    let first = &rows(&site, "/api/resource/Customer?limit=1")[0];
    assert_eq!(
        first.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["name"]
    );
}

#[test]
fn rows_may_be_lists() {
    let site = Site::new();
    let found = rows(
        &site,
        "/api/resource/Item?fields=[\"name\",\"item_name\"]&as_dict=false&limit=1",
    );
    assert_eq!(found, [json!(["ANVIL-20", "Anvil, 20 kg"])]);
}

#[test]
fn order_and_groups_are_kept() {
    let site = Site::new();
    let down = rows(&site, "/api/resource/Item?order_by=name%20desc&limit=2");
    assert_eq!(
        down,
        [json!({"name": "VICE-BENCH"}), json!({"name": "TONGS-V"})]
    );
    let groups = rows(
        &site,
        "/api/resource/Customer?fields=[\"territory\",\"count(name)%20as%20n\"]&group_by=territory&order_by=n%20desc",
    );
    let counts: Vec<i64> = groups
        .iter()
        .map(|row| row["n"].as_i64().unwrap())
        .collect();
    assert_eq!(
        (
            counts.iter().sum::<i64>(),
            counts.is_sorted_by(|a, b| a >= b)
        ),
        (35, true)
    );
}

#[test]
fn filters_reach_into_tables_and_trees() {
    let site = Site::new();
    let by_row = rows(
        &site,
        r#"/api/resource/Sales%20Order?filters=[["Sales%20Order%20Item","item_code","=","ANVIL-20"]]"#,
    );
    let all = rows(&site, "/api/resource/Sales%20Order");
    assert!(!by_row.is_empty() && by_row.len() < all.len());
    let below = r#"/api/resource/Customer?filters=[["territory","descendants%20of","All%20Territories"]]&limit_page_length=0"#;
    assert_eq!(rows(&site, below).len(), 35);
    let either =
        r#"/api/resource/Item?or_filters=[["name","=","ANVIL-20"],["name","=","TONGS-V"]]"#;
    assert_eq!(rows(&site, either).len(), 2);
}

#[test]
fn what_is_no_field_is_refused() {
    let site = Site::new();
    for target in [
        "/api/resource/Customer?fields=[\"nothing\"]",
        "/api/resource/Customer?filters={\"nothing\":1}",
    ] {
        let answer = site.ask("integration", "GET", target, "");
        assert_eq!(
            (answer.status, &answer.body["exc_type"]),
            (417, &json!("DataError"))
        );
    }
}

#[test]
fn many_callers_do_not_wait_for_each_other_for_ever() {
    let site = Site::new();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let site = &site;
            scope.spawn(move || {
                for at in 0..40 {
                    let body = format!(
                        r#"{{"customer_name": "T{thread}-{at}", "customer_group": "Commercial", "territory": "Germany"}}"#
                    );
                    assert_eq!(site.ask("integration", "POST", "/api/resource/Customer", &body).status, 200);
                    assert_eq!(rows(site, "/api/resource/Customer?limit=5").len(), 5);
                    let login = "usr=second%40example.com&pwd=second-password";
                    assert_eq!(site.ask("", "POST", "/api/method/login", login).status, 200);
                    let path = "/api/resource/User/portal@example.com";
                    assert_eq!(site.ask("administrator", "PUT", path, r#"{"enabled": 0}"#).status, 200);
                }
            });
        }
    });
    assert_eq!(
        rows(&site, "/api/resource/Customer?limit_page_length=0").len(),
        35 + 160
    );
}
