//! What is written is read back by Python as what it was.

use std::io::Write as _;
use std::process::{Command, Stdio};

use portcullis_erp::Value;
use portcullis_erp::domain::Domain;
use portcullis_erp::value::to_json;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::python;

/// Values of every kind that a rule may compare with, those with quotes and braces above all.
fn compared() -> impl Strategy<Value = Value> {
    let nasty = "['\"\\\\{}%#\\[\\]()\n\r\t a-zäß€😀\u{2028}\u{7f}]{0,12}";
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        "-?[1-9][0-9]{19,60}".prop_map(|digits| Value::Big(digits.into())),
        any::<f64>()
            .prop_filter("no JSON has others", |number| number.is_finite())
            .prop_map(Value::Float),
        nasty.prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2})?".prop_map(Value::from),
    ]
}

const OPERATORS: &[&str] = &[
    "=",
    "!=",
    "<",
    ">=",
    "in",
    "not in",
    "like",
    "not ilike",
    "=like",
    "child_of",
];

fn domains() -> impl Strategy<Value = Value> {
    let path = "[a-z_]{1,8}(\\.[a-z_]{1,8}){0,2}";
    let operand = prop_oneof![
        compared(),
        prop::collection::vec(compared(), 0..4).prop_map(Value::List)
    ];
    let leaf =
        (path, prop::sample::select(OPERATORS), operand).prop_map(|(path, operator, operand)| {
            Value::List(vec![Value::List(vec![
                Value::from(path),
                Value::from(operator),
                operand,
            ])])
        });
    leaf.prop_recursive(4, 24, 3, |inner| {
        let symbol = prop::sample::select(&["&", "|"][..]);
        prop_oneof![
            (symbol, inner.clone(), inner.clone()).prop_map(|(symbol, one, other)| {
                let mut members = vec![Value::from(symbol)];
                members.extend(one.as_list().unwrap().iter().cloned());
                members.extend(other.as_list().unwrap().iter().cloned());
                Value::List(members)
            }),
            inner.clone().prop_map(|inner| {
                let mut members = vec![Value::from("!")];
                members.extend(inner.as_list().unwrap().iter().cloned());
                Value::List(members)
            }),
            inner.prop_map(|inner| {
                let leaf = vec![Value::from("line_ids"), Value::from("any"), inner];
                Value::List(vec![Value::List(leaf)])
            }),
        ]
    })
}

const READER: &str = "
import ast, json, sys
def plain(it):
    return [plain(each) for each in it] if isinstance(it, (list, tuple)) else it
def same(one, other):
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other
count = 0
for line in sys.stdin:
    meant, written = json.loads(line)
    read = plain(ast.literal_eval(written))
    assert same(read, meant), (written, meant)
    count += 1
print(count)
";

#[test]
fn python_reads_back_what_is_written() {
    const MANY: usize = 4_000;
    let python = Command::new("python3")
        .args(["-c", READER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut python) = python else {
        eprintln!("skipped: there is no python3");
        return;
    };
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let mut pipe = python.stdin.take().unwrap();
    let mut sent = 0;
    while sent < MANY {
        let value = domains().new_tree(&mut runner).unwrap().current();
        let domain = Domain::parse(&value).unwrap();
        // What is not written (a NUL, a date from today on) cannot break out of anything.
        let Ok(written) = python::domain(&domain) else {
            continue;
        };
        assert!(written.is_ascii() && !written.contains('\n'), "{written:?}");
        let line = Value::List(vec![domain.to_value(), Value::from(written)]);
        let mut line = to_json(&line);
        line.push(b'\n');
        pipe.write_all(&line).unwrap();
        sent += 1;
    }
    drop(pipe);
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(
        String::from_utf8(output.stdout).unwrap().trim(),
        MANY.to_string()
    );
}
