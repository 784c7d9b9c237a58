//! What holds for every search domain and every filter, whatever is in it.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use portcullis_erp::domain::{Answer3, Domain, KnownRecords, Search};
use portcullis_erp::filters::Filters;
use portcullis_erp::{Limits, Value, value};
use proptest::prelude::*;

const RECORDS: &str = r#"{
    "fields": {
        "team": {
            "id": {"type": "integer"},
            "display_name": {"type": "char", "store": false},
            "name": {"type": "char"},
            "score": {"type": "integer"},
            "rate": {"type": "float"},
            "price": {"type": "monetary"},
            "open": {"type": "boolean"},
            "state": {"type": "selection"},
            "note": {"type": "html"},
            "born": {"type": "date"},
            "seen": {"type": "datetime"},
            "lead_id": {"type": "many2one", "relation": "person"},
            "member_ids": {"type": "many2many", "relation": "person"},
            "photo": {"type": "binary"}
        },
        "person": {
            "id": {"type": "integer"},
            "display_name": {"type": "char", "store": false},
            "name": {"type": "char"},
            "active": {"type": "boolean"},
            "boss_id": {"type": "many2one", "relation": "person"},
            "team_ids": {"type": "one2many", "relation": "team"}
        }
    },
    "models": {
        "team": {"rec_name": "name"},
        "person": {"rec_name": "name", "parent": "boss_id", "active": "active"}
    },
    "records": {
        "team": [
            {"id": 1, "name": "Red", "score": 0, "rate": 0.5, "price": 0.0, "open": true,
             "state": "draft", "note": false, "born": "2026-01-31", "seen": "2026-01-31 12:00:00",
             "lead_id": [1, "Ann"], "member_ids": [1, 2, 3]},
            {"id": 2, "name": false, "score": 7, "rate": 0.0, "price": 12.5, "open": false,
             "state": false, "note": "<p>a</p>", "born": false, "seen": false,
             "lead_id": false, "member_ids": []},
            {"id": 3, "name": "", "score": -3, "rate": 2.25, "price": 3.0, "open": false,
             "state": "done", "note": "b", "born": "1999-12-31", "seen": "2026-11-22 00:00:00",
             "lead_id": [3, "Cid"], "member_ids": [3]}
        ],
        "person": [
            {"id": 1, "name": "Ann", "active": true, "boss_id": false, "team_ids": [1]},
            {"id": 2, "name": "Bob", "active": true, "boss_id": [1, "Ann"], "team_ids": []},
            {"id": 3, "name": "Cid", "active": false, "boss_id": [2, "Bob"], "team_ids": [3]}
        ]
    }
}"#;

fn records() -> KnownRecords {
    let records = value::from_json(RECORDS.as_bytes(), &Limits::default()).unwrap();
    KnownRecords::from_value(&records).unwrap()
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-3..8_i64).prop_map(Value::Int),
        any::<i64>().prop_map(Value::Int),
        prop::sample::select(vec![0.0, 0.5, 2.25, 12.5, -1.0, 1e300]).prop_map(Value::Float),
        prop::sample::select(vec![
            "",
            "Ann",
            "a",
            "%",
            "_",
            "\\",
            "Red",
            "draft",
            "2026-01-31",
            "2026-01-31 12:00:00",
            "today -1d",
            "1",
            "é",
            "x [Y]",
            "N (C)",
        ])
        .prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from),
    ]
}

fn operand() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => scalar(),
        1 => prop::collection::vec(scalar(), 0..5).prop_map(Value::List),
    ]
}

fn leaf() -> impl Strategy<Value = Value> {
    let path = prop::sample::select(vec![
        "id",
        "name",
        "display_name",
        "score",
        "rate",
        "price",
        "open",
        "state",
        "note",
        "born",
        "seen",
        "lead_id",
        "member_ids",
        "photo",
        "active",
        "boss_id",
        "team_ids",
        "lead_id.name",
        "member_ids.active",
        "lead_id.boss_id.name",
        "born.month_number",
        "seen.second_number",
        "team_ids.score",
        "nothing",
        "name.nothing",
    ]);
    let operator = prop::sample::select(vec![
        "=",
        "!=",
        "<",
        ">",
        "<=",
        ">=",
        "in",
        "not in",
        "like",
        "not like",
        "ilike",
        "not ilike",
        "=like",
        "=ilike",
        "not =like",
        "not =ilike",
        "=?",
        "child_of",
        "parent_of",
        "==",
        "<>",
    ]);
    (path, operator, operand()).prop_map(|(path, operator, operand)| {
        Value::List(vec![Value::from(path), Value::from(operator), operand])
    })
}

/// Conditions and prefix operators in any mixture; most of it can be read.
fn members() -> impl Strategy<Value = Vec<Value>> {
    let part = leaf().prop_map(|leaf| vec![leaf]);
    part.prop_recursive(5, 40, 3, |inner| {
        let joined = |symbol: &'static str| {
            move |(one, other): (Vec<Value>, Vec<Value>)| {
                let mut members = vec![Value::from(symbol)];
                members.extend(one);
                members.extend(other);
                members
            }
        };
        let any = (
            prop::sample::select(vec!["lead_id", "member_ids", "boss_id", "team_ids", "id"]),
            prop::sample::select(vec!["any", "not any"]),
            inner.clone(),
        )
            .prop_map(|(path, operator, inner)| {
                vec![Value::List(vec![
                    Value::from(path),
                    Value::from(operator),
                    Value::List(inner),
                ])]
            });
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(joined("&")),
            (inner.clone(), inner.clone()).prop_map(joined("|")),
            inner.clone().prop_map(|inner| {
                let mut members = vec![Value::from("!")];
                members.extend(inner);
                members
            }),
            any,
            Just(vec![Value::List(vec![
                Value::Int(1),
                Value::from("="),
                Value::Int(1)
            ])]),
            Just(vec![Value::List(vec![
                Value::Int(0),
                Value::from("="),
                Value::Int(1)
            ])]),
        ]
    })
}

fn domain() -> impl Strategy<Value = Domain> {
    members().prop_map(|members| Domain::parse(&Value::List(members)).unwrap())
}

fn anything() -> impl Strategy<Value = Value> {
    operand().prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
            prop::collection::vec(("\\PC{0,4}", inner), 0..4)
                .prop_map(|pairs| Value::Map(pairs.into_iter().collect())),
            prop::sample::select(vec!["&", "|", "!"]).prop_map(Value::from),
            leaf(),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_written_is_read_back(domain in domain()) {
        prop_assert_eq!(Domain::parse(&domain.to_value()).unwrap(), domain);
    }

    #[test]
    fn nothing_that_is_read_panics(value in anything()) {
        if let Ok(domain) = Domain::parse(&value) {
            prop_assert_eq!(&Domain::parse(&domain.to_value()).unwrap(), &domain);
            let records = records();
            for model in ["team", "person", "nobody"] {
                let search = Search::new(&records);
                let found = search.matching(model, &domain).unwrap_or_default();
                prop_assert!(found.ids.iter().all(|id| !found.unknown.contains(id)));
            }
        }
    }

    // Joined, two conditions on one link may be told where each alone is unknown; what one of
    // them denies stays denied.
    #[test]
    fn one_more_condition_never_makes_a_yes_of_a_no(one in domain(), other in domain()) {
        let records = records();
        let both = one.clone().and(other.clone());
        for id in 1..=3 {
            let search = Search::new(&records);
            if search.judge("team", id, &both) == Answer3::Yes {
                prop_assert_ne!(search.judge("team", id, &one), Answer3::No);
                prop_assert_ne!(search.judge("team", id, &other), Answer3::No);
            }
        }
    }

    #[test]
    fn nothing_is_found_by_a_domain_and_by_its_opposite(domain in domain()) {
        let records = records();
        let opposite = domain.clone().not();
        for id in 1..=3 {
            let search = Search::new(&records);
            let both = search.judge("team", id, &domain) == Answer3::Yes
                && search.judge("team", id, &opposite) == Answer3::Yes;
            prop_assert!(!both);
        }
    }

    #[test]
    fn what_a_search_finds_one_by_one_it_finds_at_once(domain in domain()) {
        let records = records();
        let search = Search::new(&records);
        if let Ok(found) = search.matching("team", &domain) {
            for id in 1..=3 {
                let judged = search.judge("team", id, &domain) == Answer3::Yes;
                prop_assert_eq!(judged, found.ids.contains(&id));
            }
        }
    }

    #[test]
    fn every_path_is_told(one in leaf(), other in leaf()) {
        let path = |leaf: &Value| leaf.as_list().and_then(|leaf| leaf.first()?.as_str()).map(str::to_owned);
        let domain = Domain::parse(&Value::List(vec![one.clone(), other.clone()])).unwrap();
        let told: Vec<String> = domain.fields().iter().map(ToString::to_string).collect();
        prop_assert!(told.contains(&path(&one).unwrap()));
        prop_assert!(told.contains(&path(&other).unwrap()));
    }

    #[test]
    fn filters_are_read_back(value in anything(), or in anything()) {
        if let Ok(filters) = Filters::parse(&value, &or) {
            let again = Filters::parse(&filters.filters_value(), &filters.or_filters_value());
            prop_assert_eq!(again.unwrap(), filters);
        }
    }
}
