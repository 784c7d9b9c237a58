//! What is translated is exactly the caller's call; what is not exact is refused.

use super::*;
use crate::call::RecordId;

fn kinds(name: &str) -> Option<FieldKind> {
    match name {
        "partner_id" => Some(FieldKind::Many2one),
        "state" => Some(FieldKind::Selection),
        "name" => Some(FieldKind::Char),
        "date_order" => Some(FieldKind::Datetime),
        "amount_total" => Some(FieldKind::Monetary),
        "tag_ids" => Some(FieldKind::Many2many),
        _ => None,
    }
}

fn between(release: u16, caller: Dialect) -> Between<'static> {
    Between {
        caller,
        release: Release::new(release),
        fields: Some(&kinds),
    }
}

fn asked(method: &str) -> Call {
    Call::new("sale.order", method).unwrap()
}

fn texts(items: &[&str]) -> Value {
    Value::List(items.iter().map(|item| Value::from(*item)).collect())
}

fn translated(release: u16, asked: Call) -> Translated {
    call(asked, &between(release, Dialect::Json2)).unwrap()
}

fn refusal(release: u16, asked: Call) -> FaultKind {
    match call(asked, &between(release, Dialect::Json2)) {
        Err(TranslateError::Refused(fault)) => fault.kind,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn what_the_release_has_stays_as_it_is() {
    for release in [14, 17, 18, 19, 22] {
        let read = asked("read")
            .on(vec![RecordId::Number(1)])
            .with("fields", texts(&["name"]));
        let done = translated(release, read.clone());
        assert_eq!((done.call, done.told), (read, Told::AsIs), "{release}");
    }
    let groups = asked("formatted_read_group").with("groupby", texts(&["date_order:month"]));
    assert_eq!(translated(19, groups.clone()).call, groups);
    assert_eq!(refusal(18, groups), FaultKind::BadArguments);
}

#[test]
fn the_table_is_sorted_and_names_each_method_once() {
    for pair in LINES.windows(2) {
        assert!(pair[0].method < pair[1].method, "{}", pair[1].method);
    }
}

#[test]
fn names_of_records_are_read_where_name_get_is_gone() {
    let ids = vec![RecordId::Number(7), RecordId::Number(3)];
    let old = asked("name_get").on(ids.clone());
    assert_eq!(translated(17, old.clone()).told, Told::AsIs);
    let new = translated(18, old);
    assert_eq!(
        new.call,
        asked("read")
            .on(ids)
            .with("fields", texts(&["display_name"]))
    );
    let row = |id: i64, name: &str| {
        Value::Map(Map::from_iter([
            entry("id", id),
            entry("display_name", name),
        ]))
    };
    let answer = Value::List(vec![row(3, "c"), row(7, "g")]);
    let told = new.told.tell(&answer).unwrap().into_owned();
    let pair = |id: i64, name: &str| Value::List(vec![Value::Int(id), Value::from(name)]);
    assert_eq!(told, Value::List(vec![pair(7, "g"), pair(3, "c")]));
    let missing = new.told.tell(&Value::List(vec![row(3, "c")])).unwrap_err();
    assert_eq!(missing.kind, FaultKind::MissingRecord);
}

#[test]
fn a_right_is_asked_for_as_the_release_has_it() {
    let today = asked("has_access")
        .on(Vec::new())
        .with("operation", "write");
    let before = translated(17, today.clone());
    assert_eq!(before.call.method.as_str(), "check_access_rights");
    assert_eq!(
        before.call.named.get("raise_exception"),
        Some(&Value::Bool(false))
    );
    assert_eq!(before.call.ids, None);
    assert_eq!(translated(18, today.clone()).call, today);
    assert_eq!(
        refusal(17, today.on(vec![RecordId::Number(1)])),
        FaultKind::BadArguments
    );

    let old = asked("check_access_rights").with("operation", "write");
    let raising = translated(20, old.clone());
    assert_eq!(raising.call.method.as_str(), "has_access");
    assert_eq!(
        raising.told.tell(&Value::Bool(true)).unwrap().into_owned(),
        Value::Bool(true)
    );
    let no = raising.told.tell(&Value::Bool(false)).unwrap_err();
    assert_eq!(no.kind, FaultKind::AccessError);
    let quiet = translated(20, old.with("raise_exception", false));
    assert_eq!(
        quiet.told.tell(&Value::Bool(false)).unwrap().into_owned(),
        Value::Bool(false)
    );
}

#[test]
fn a_copy_of_before_is_told_in_a_list_over_json_2_only() {
    let one = asked("copy").on(vec![RecordId::Number(1)]);
    let told = translated(17, one.clone()).told;
    assert_eq!(
        told.tell(&Value::Int(9)).unwrap().into_owned(),
        Value::List(vec![Value::Int(9)])
    );
    let rpc = call(one.clone(), &between(17, Dialect::XmlRpc2)).unwrap();
    assert_eq!(rpc.told, Told::AsIs);
    assert_eq!(translated(18, one).told, Told::AsIs);
    let two = asked("copy").on(vec![RecordId::Number(1), RecordId::Number(2)]);
    assert_eq!(refusal(17, two), FaultKind::BadArguments);
}

#[test]
fn a_search_that_counts_is_a_count() {
    let domain = Value::List(Vec::new());
    let counting = asked("search")
        .with("domain", domain.clone())
        .with("count", true);
    let done = translated(19, counting.clone());
    assert_eq!(
        done.call,
        asked("search_count").with("domain", domain.clone())
    );
    assert_eq!(
        refusal(19, counting.with("limit", 3)),
        FaultKind::BadArguments
    );
    let plain = asked("search").with("domain", domain.clone());
    assert_eq!(
        translated(19, plain.clone().with("count", false)).call,
        plain
    );
}

#[test]
fn what_older_releases_do_not_take_is_refused_or_left_out() {
    let count = asked("search_count").with("domain", Value::List(Vec::new()));
    assert_eq!(
        refusal(15, count.clone().with("limit", 3)),
        FaultKind::BadArguments
    );
    assert_eq!(
        translated(15, count.clone().with("limit", Value::Null)).call,
        count
    );
    assert!(
        translated(16, count.with("limit", 3))
            .call
            .named
            .contains_key("limit")
    );
    let rows = asked("search_read");
    assert_eq!(
        refusal(14, rows.clone().with("load", "")),
        FaultKind::BadArguments
    );
    assert_eq!(
        translated(14, rows.clone().with("load", "_classic_read")).call,
        rows
    );
    for (method, until) in [
        ("web_save", 16),
        ("web_search_read", 16),
        ("web_resequence", 18),
    ] {
        assert_eq!(
            refusal(until, asked(method)),
            FaultKind::UnknownMethod,
            "{method}"
        );
        assert_eq!(translated(until + 1, asked(method)).call, asked(method));
    }
}

#[test]
fn a_flat_web_read_is_a_read() {
    let flat = Value::Map(Map::from_iter([
        entry("name", Map::new()),
        entry("partner_id", Map::new()),
    ]));
    let done = translated(
        16,
        asked("web_read").on(Vec::new()).with("specification", flat),
    );
    let read = asked("read")
        .on(Vec::new())
        .with("fields", texts(&["name", "partner_id"]))
        .with("load", "");
    assert_eq!(done.call, read);
    let inner = Map::from_iter([entry("fields", Map::new())]);
    let nested = Value::Map(Map::from_iter([entry("partner_id", inner)]));
    let nested = asked("web_read").with("specification", nested);
    assert_eq!(refusal(16, nested), FaultKind::BadArguments);
}

#[test]
fn groups_of_today_are_asked_for_and_told_as_before_and_back() {
    let today = asked("formatted_read_group")
        .with("domain", Value::List(Vec::new()))
        .with("groupby", texts(&["partner_id", "state"]))
        .with("aggregates", texts(&["__count", "amount_total:sum"]))
        .with("order", "state desc");
    let done = translated(17, today);
    let before = asked("read_group")
        .with("domain", Value::List(Vec::new()))
        .with("fields", texts(&["aggregate_1:sum(amount_total)"]))
        .with("groupby", texts(&["partner_id", "state"]))
        .with("lazy", false)
        .with("orderby", "state desc");
    assert_eq!(done.call, before);
    let partner = Value::List(vec![Value::Int(4), Value::from("Four")]);
    let group = Map::from_iter([
        entry("partner_id", partner.clone()),
        entry("state", "sale"),
        entry("aggregate_1", Value::Float(12.5)),
        entry("__count", 2),
        entry("__domain", Value::List(Vec::new())),
    ]);
    let leaf =
        |name: &str, value: Value| Value::List(vec![Value::from(name), Value::from("="), value]);
    let extra = vec![
        Value::from("&"),
        leaf("partner_id", Value::Int(4)),
        leaf("state", Value::from("sale")),
    ];
    let told = Map::from_iter([
        entry("partner_id", partner),
        entry("state", "sale"),
        entry("__extra_domain", extra),
        entry("__count", 2),
        entry("amount_total:sum", Value::Float(12.5)),
    ]);
    let answer = Value::List(vec![Value::Map(group.clone())]);
    assert_eq!(
        done.told.tell(&answer).unwrap().into_owned(),
        Value::List(vec![Value::Map(told)])
    );
    let mut nothing = group;
    nothing.insert("aggregate_1".to_owned(), Value::Bool(false));
    let answer = Value::List(vec![Value::Map(nothing)]);
    assert!(
        done.told.tell(&answer).is_err(),
        "a sum of nothing is told differently"
    );
}

#[test]
fn lazy_groups_of_before_are_told_from_todays() {
    let before = asked("read_group")
        .with("domain", Value::List(Vec::new()))
        .with("fields", texts(&["name", "total:sum(amount_total)"]))
        .with("groupby", texts(&["state", "partner_id"]));
    assert_eq!(translated(19, before.clone()).call, before);
    let done = translated(20, before.clone());
    let today = asked("formatted_read_group")
        .with("domain", Value::List(Vec::new()))
        .with("groupby", texts(&["state"]))
        .with("aggregates", texts(&["__count", "amount_total:sum"]));
    assert_eq!(done.call, today);
    let group = Map::from_iter([
        entry("state", "sale"),
        entry("__extra_domain", Value::List(Vec::new())),
        entry("__count", 2),
        entry("amount_total:sum", Value::Float(12.5)),
    ]);
    let told = Map::from_iter([
        entry("state", "sale"),
        entry("state_count", 2),
        entry("total", Value::Float(12.5)),
    ]);
    assert_eq!(
        done.told
            .tell(&Value::List(vec![Value::Map(group)]))
            .unwrap()
            .into_owned(),
        Value::List(vec![Value::Map(told)])
    );
    let bare = before.with("fields", texts(&["amount_total"]));
    assert_eq!(refusal(20, bare), FaultKind::BadArguments);
}

#[test]
fn groups_that_are_told_differently_are_refused() {
    let today = asked("formatted_read_group").with("aggregates", texts(&["__count"]));
    let by = |fields: &[&str]| today.clone().with("groupby", texts(fields));
    assert_eq!(
        translated(18, by(&["state"])).call.method.as_str(),
        "read_group"
    );
    for refused in [
        by(&["date_order:month"]),
        by(&["tag_ids"]),
        by(&[]),
        by(&["unknown"]),
        by(&["state"]).with("having", Value::List(vec![Value::from("x")])),
        by(&["state"]).with("order", "__count desc"),
        by(&["state"]).with("aggregates", texts(&["id:array_agg"])),
    ] {
        assert_eq!(refusal(18, refused), FaultKind::BadArguments);
    }
    let unknown = Between {
        fields: None,
        ..between(18, Dialect::Json2)
    };
    assert_eq!(call(by(&["state"]), &unknown), Err(TranslateError::Fields));
}
