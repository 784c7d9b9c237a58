//! Binding and spreading are each other's inverse; what does not fit is refused.

use super::*;

fn int(number: i64) -> Value {
    Value::Int(number)
}

fn list(items: &[Value]) -> Value {
    Value::List(items.to_vec())
}

fn map(pairs: &[(&str, Value)]) -> Map {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}

fn call(model: &str, method: &str, bound: Bound) -> Call {
    let mut call = Call::new(model, method).unwrap();
    (call.ids, call.named, call.positional, call.context) =
        (bound.ids, bound.named, bound.positional, bound.context);
    call
}

#[test]
fn the_table_is_sorted_and_restricted_ones_come_first() {
    for pair in table::SIGNATURES.windows(2) {
        assert!(
            pair[0].method <= pair[1].method,
            "{} {}",
            pair[0].method,
            pair[1].method
        );
        assert!(pair[0].method != pair[1].method || !pair[0].models.is_empty());
    }
    assert!(
        table::SIGNATURES
            .iter()
            .all(|known| !known.parameters.contains(&"context"))
    );
}

#[test]
fn known_methods_are_found_where_they_are() {
    assert_eq!(
        arguments_of("res.partner", "search").unwrap().parameters[0],
        "domain"
    );
    assert!(arguments_of("sale.order", "action_confirm").is_some());
    assert!(arguments_of("res.partner", "action_confirm").is_none());
    assert!(arguments_of("account.move", "get_portal_url").is_some());
    assert!(arguments_of("res.partner", "nope").is_none());
    assert!(arguments_of("res.partner", "zzz").is_none());
}

#[test]
fn positions_and_names_mean_the_same() {
    let domain = list(&[]);
    let by_position = bind(
        "res.partner",
        "search",
        vec![domain.clone(), int(0), int(5)],
        Map::new(),
    )
    .unwrap();
    let by_name = bind(
        "res.partner",
        "search",
        vec![domain.clone()],
        map(&[("offset", int(0)), ("limit", int(5))]),
    )
    .unwrap();
    let named = bind_named(
        "res.partner",
        "search",
        map(&[("domain", domain), ("offset", int(0)), ("limit", int(5))]),
    )
    .unwrap();
    assert_eq!(by_position, by_name);
    assert_eq!(by_position, named);
    assert_eq!(by_position.ids, None);
}

#[test]
fn ids_are_taken_out() {
    let fields = list(&[Value::from("name")]);
    let bound = bind(
        "res.partner",
        "read",
        vec![list(&[int(1), int(2)]), fields.clone()],
        Map::new(),
    )
    .unwrap();
    assert_eq!(
        bound.ids,
        Some(vec![RecordId::Number(1), RecordId::Number(2)])
    );
    assert_eq!(bound.named, map(&[("fields", fields)]));
    let call = call("res.partner", "read", bound);
    let spread = spread(&call);
    assert_eq!(spread.ids.unwrap().len(), 2);
    assert_eq!((spread.positional.len(), spread.keyword.len()), (1, 0));
    assert_eq!(
        bind("res.partner", "unlink", vec![int(3)], Map::new())
            .unwrap()
            .ids
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        bind(
            "res.partner",
            "unlink",
            vec![Value::Bool(false)],
            Map::new()
        )
        .unwrap()
        .ids,
        Some(vec![])
    );
    assert_eq!(
        bind_named("res.partner", "read", Map::new()).unwrap().ids,
        Some(vec![])
    );
}

#[test]
fn ids_that_are_no_numbers_are_refused() {
    for ids in [
        Value::from("1"),
        list(&[Value::from("1")]),
        Value::Bool(true),
        Value::Float(1.0),
        list(&[Value::Bool(true)]),
    ] {
        assert!(bind("res.partner", "unlink", vec![ids.clone()], Map::new()).is_err());
        assert!(bind_named("res.partner", "unlink", map(&[("ids", ids)])).is_err());
    }
    assert!(bind("res.partner", "unlink", vec![], Map::new()).is_err());
    assert!(
        bind(
            "res.partner",
            "unlink",
            vec![int(1)],
            map(&[("ids", int(2))])
        )
        .is_err()
    );
    assert!(
        bind_named(
            "res.partner",
            "search",
            map(&[("ids", list(&[int(1)])), ("domain", list(&[]))])
        )
        .is_err()
    );
}

#[test]
fn what_a_known_method_does_not_take_is_refused() {
    let domain = || vec![list(&[])];
    assert!(bind("res.partner", "search", domain(), map(&[("limit", int(1))])).is_ok());
    assert!(
        bind(
            "res.partner",
            "search",
            domain(),
            map(&[("counted", Value::Bool(true))])
        )
        .is_err()
    );
    assert!(
        bind(
            "res.partner",
            "search",
            domain(),
            map(&[("domain", list(&[]))])
        )
        .is_err()
    );
    assert!(
        bind(
            "res.partner",
            "search",
            domain(),
            map(&[("args", list(&[]))])
        )
        .is_err()
    );
    assert!(bind("res.partner", "unlink", vec![int(1), int(2)], Map::new()).is_err());
    assert!(
        bind(
            "res.partner",
            "search_read",
            domain(),
            map(&[("load", Value::from(""))])
        )
        .is_ok()
    );
}

#[test]
fn old_names_are_brought_to_the_present_ones() {
    let bound = bind(
        "res.partner",
        "name_search",
        vec![Value::from("a")],
        map(&[("args", list(&[]))]),
    )
    .unwrap();
    assert_eq!(bound.named.keys().collect::<Vec<_>>(), ["name", "domain"]);
    let bound = bind(
        "res.partner",
        "default_get",
        vec![],
        map(&[("fields_list", list(&[]))]),
    )
    .unwrap();
    assert!(bound.named.contains_key("fields"));
}

#[test]
fn the_context_is_found_where_clients_put_it() {
    let context = || map(&[("lang", Value::from("de_DE"))]);
    let keyword = bind(
        "res.partner",
        "search",
        vec![list(&[])],
        map(&[("context", context().into())]),
    )
    .unwrap();
    assert_eq!(keyword.context, context());
    let last = vec![
        list(&[]),
        int(0),
        Value::Null,
        Value::Null,
        Value::Bool(false),
        context().into(),
    ];
    assert_eq!(
        bind("res.partner", "search", last, Map::new())
            .unwrap()
            .context,
        context()
    );
    let read = vec![int(1), list(&[]), context().into()];
    assert_eq!(
        bind("res.partner", "read", read, Map::new())
            .unwrap()
            .context,
        context()
    );
    let twice = vec![int(1), context().into(), context().into()];
    assert!(
        bind(
            "res.partner",
            "write",
            twice,
            map(&[("context", context().into())])
        )
        .is_err()
    );
    assert!(
        bind(
            "res.partner",
            "search",
            vec![list(&[])],
            map(&[("context", int(1))])
        )
        .is_err()
    );
}

#[test]
fn one_record_to_create_is_a_list_of_one() {
    let one = map(&[("name", Value::from("x"))]);
    let bound = bind(
        "res.partner",
        "create",
        vec![one.clone().into()],
        Map::new(),
    )
    .unwrap();
    assert!(bound.single);
    let many = bind(
        "res.partner",
        "create",
        vec![list(&[one.into()])],
        Map::new(),
    )
    .unwrap();
    assert!(!many.single);
    assert_eq!(bound.named, many.named);
    assert!(bind("res.partner", "create", vec![int(1)], Map::new()).is_err());
}

#[test]
fn unknown_methods_keep_their_order() {
    let bound = bind(
        "res.partner",
        "x_do",
        vec![list(&[int(1)]), int(2)],
        map(&[("a", int(3))]),
    )
    .unwrap();
    assert_eq!((bound.ids.as_ref(), bound.positional.len()), (None, 2));
    let call = call("res.partner", "x_do", bound);
    let spread = spread(&call);
    assert_eq!((spread.positional.len(), spread.keyword.len()), (2, 1));
    let action = bind(
        "stock.picking",
        "action_assign",
        vec![list(&[int(1)])],
        Map::new(),
    )
    .unwrap();
    assert_eq!(action.ids, Some(vec![RecordId::Number(1)]));
    let other = bind(
        "stock.picking",
        "action_assign",
        vec![Value::from("x")],
        Map::new(),
    )
    .unwrap();
    assert_eq!((other.ids, other.positional.len()), (None, 1));
}

#[test]
fn a_gap_ends_what_is_given_by_position() {
    let bound = bind_named(
        "res.partner",
        "search_read",
        map(&[("domain", list(&[])), ("limit", int(5))]),
    )
    .unwrap();
    let call = call("res.partner", "search_read", bound);
    let spread = spread(&call);
    assert_eq!(spread.positional.len(), 1);
    assert_eq!(spread.keyword[0].0, "limit");
}

#[test]
fn name_search_without_a_name_is_spread_by_position() {
    let bound = bind_named(
        "res.partner",
        "name_search",
        map(&[("domain", list(&[])), ("limit", int(5))]),
    )
    .unwrap();
    let call = call("res.partner", "name_search", bound);
    let spread = spread(&call);
    assert_eq!(spread.positional, [&Value::from(""), &list(&[])]);
    assert_eq!(spread.keyword.len(), 1);
}

#[test]
fn what_a_method_takes_by_name_only_is_spread_by_name() {
    let named = map(&[("body", Value::from("Hello"))]);
    let bound = bind("res.partner", "message_post", vec![list(&[int(7)])], named).unwrap();
    let call = call("res.partner", "message_post", bound);
    let spread = spread(&call);
    assert!(spread.positional.is_empty());
    assert_eq!(spread.keyword, [("body", &Value::from("Hello"))]);
    let by_position = vec![list(&[int(7)]), Value::from("Hello")];
    assert!(bind("res.partner", "message_post", by_position, Map::new()).is_err());

    let sorted = map(&[
        ("domain", list(&[])),
        ("grouping_sets", list(&[])),
        ("aggregates", list(&[])),
        ("order", Value::from("state")),
    ]);
    let bound = bind_named("sale.order", "formatted_read_grouping_sets", sorted).unwrap();
    let call = self::call("sale.order", "formatted_read_grouping_sets", bound);
    let spread = self::spread(&call);
    assert_eq!((spread.positional.len(), spread.keyword[0].0), (3, "order"));
}
