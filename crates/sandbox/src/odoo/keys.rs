//! Which groups a value belongs to, and the months and years that dates are grouped by.

use portcullis_erp::value::Value;

use super::group::By;
use super::record::View;

/// The groups that a value belongs to, each with the condition that selects it.
pub(crate) fn of(view: View<'_>, by: &By<'_>, value: &Value) -> Vec<(Value, Vec<Value>)> {
    let leaf = |operator: &str, value: Value| {
        Value::List(vec![
            Value::from(by.name.as_str()),
            Value::from(operator),
            value,
        ])
    };
    let nothing = || vec![(Value::Bool(false), vec![leaf("=", Value::Bool(false))])];
    let named = |id: i64| {
        let linked = view.record(by.field.relation.unwrap_or_default(), id);
        let name = linked
            .map(|linked| linked.display_name())
            .unwrap_or_default();
        let condition = if by.field.is_x2many() {
            leaf("in", Value::Int(id))
        } else {
            leaf("=", Value::Int(id))
        };
        (
            Value::List(vec![Value::Int(id), Value::Text(name)]),
            vec![condition],
        )
    };
    match (by.field.kind, value, &by.part) {
        ("many2one", Value::Int(id), _) => vec![named(*id)],
        ("one2many" | "many2many", Value::List(ids), _) if !ids.is_empty() => {
            ids.iter().filter_map(Value::as_int).map(named).collect()
        }
        ("many2one" | "one2many" | "many2many", ..) => nothing(),
        ("date" | "datetime", Value::Text(text), Some(part)) => {
            let (from, to, label) = period(text, part);
            let key = Value::List(vec![Value::Text(from.clone()), Value::Text(label)]);
            vec![(
                key,
                vec![leaf(">=", Value::Text(from)), leaf("<", Value::Text(to))],
            )]
        }
        ("date" | "datetime", ..) => nothing(),
        (_, value, _) => vec![(value.clone(), vec![leaf("=", value.clone())])],
    }
}

/// The start and end of the year, quarter, month or day in which a date lies, and its name.
fn period(text: &str, part: &str) -> (String, String, String) {
    let time = if text.len() > 10 { " 00:00:00" } else { "" };
    let number = |from: usize, to: usize| {
        text.get(from..to)
            .and_then(|digits| digits.parse::<u32>().ok())
            .unwrap_or(1)
    };
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    let date = |year: u32, month: u32, day: u32| format!("{year:04}-{month:02}-{day:02}{time}");
    let after = |year: u32, month: u32| {
        if month > 12 {
            (year + 1, month - 12)
        } else {
            (year, month)
        }
    };
    match part {
        "year" => (date(year, 1, 1), date(year + 1, 1, 1), year.to_string()),
        "quarter" => {
            let first = (month.saturating_sub(1) / 3) * 3 + 1;
            let (next_year, next) = after(year, first + 3);
            (
                date(year, first, 1),
                date(next_year, next, 1),
                format!("Q{} {year}", first / 3 + 1),
            )
        }
        "day" => (
            date(year, month, day),
            date(year, month, day + 1),
            format!("{day:02} {month:02} {year}"),
        ),
        _ => {
            const NAMES: [&str; 12] = [
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ];
            let name = usize::try_from(month.saturating_sub(1))
                .ok()
                .and_then(|at| NAMES.get(at))
                .unwrap_or(&"");
            let (next_year, next) = after(year, month + 1);
            (
                date(year, month, 1),
                date(next_year, next, 1),
                format!("{name} {year}"),
            )
        }
    }
}
