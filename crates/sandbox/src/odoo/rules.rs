//! Record rules: which records somebody's calls reach. Rules without groups all apply; of those
//! of the caller's groups one is enough; and what holds of an inherited record holds of whoever
//! inherits it. A rule that cannot be evaluated lets nothing through.

use portcullis_erp::domain::{Domain, FieldPath, Leaf, Operand, Operator};
use portcullis_erp::value::{Map, Value};

use super::access::Op;
use super::call::Env;
use super::db::{Db, Row};
use super::python;
use super::record::{Record, View};
use super::schema::{Model, Schema};
use super::search;
use super::trouble::{Kind, Trouble};
use super::user::{GROUPS, Who};

const TEXT: &str = include_str!("data/rules.tsv");

/// The user whom no rule holds.
const SUPERUSER: i64 = 1;

/// What a record must fulfil for whoever looks.
pub(crate) fn domain(view: View<'_>, model: &Model, op: Op) -> Domain {
    if view.who.uid == SUPERUSER {
        return Domain::all();
    }
    let mut all = Domain::all();
    if let Some((parent, link)) = model.inherits
        && let Some(parent) = view.schema.model(parent)
    {
        let inner = domain(view, parent, op);
        if !inner.is_all() {
            all = all.and(behind(link, inner));
        }
    }
    let (mut of_groups, mut has_groups) = (Domain::none(), false);
    let mut own: Option<Vec<Value>> = None;
    for rule in on(view, model, op) {
        let groups = rule.get("groups");
        let groups = groups.as_list().unwrap_or_default();
        if groups.is_empty() {
            all = all.and(read(view, rule));
            continue;
        }
        let own = own.get_or_insert_with(|| groups_of(view));
        if groups.iter().any(|group| own.contains(group)) {
            has_groups = true;
            of_groups = of_groups.or(read(view, rule));
        }
    }
    if has_groups { all.and(of_groups) } else { all }
}

/// The rules on a model that are switched on.
fn on<'a>(view: View<'a>, model: &Model, op: Op) -> impl Iterator<Item = Record<'a>> {
    let name = Value::from(model.name);
    let ids = view.db.ids("ir.rule").iter();
    ids.filter_map(move |&id| view.record("ir.rule", id))
        .filter(move |rule| {
            rule.truth("active")
                && rule.truth(op.column())
                && rule
                    .link("model_id")
                    .is_some_and(|on| *on.get("model") == name)
        })
}

fn read(view: View<'_>, rule: Record<'_>) -> Domain {
    let text = rule.get("domain_force");
    let Some(text) = text.as_str().filter(|text| !text.trim().is_empty()) else {
        return Domain::all();
    };
    let value = python::evaluate(text.trim(), view);
    let domain = value.ok().and_then(|value| Domain::parse(&value).ok());
    domain.unwrap_or_else(Domain::none)
}

fn groups_of(view: View<'_>) -> Vec<Value> {
    let user = view.record("res.users", view.who.uid);
    let groups = user.map(|user| user.get("all_group_ids"));
    groups
        .as_deref()
        .and_then(Value::as_list)
        .unwrap_or_default()
        .to_vec()
}

fn behind(link: &str, domain: Domain) -> Domain {
    let Ok(path) = FieldPath::new(link) else {
        return Domain::none();
    };
    Domain::leaf(Leaf {
        path,
        operator: Operator::Any,
        operand: Operand::Domain(Box::new(domain)),
    })
}

/// Refuses a rule that cannot be one, as it was written.
pub(crate) fn check(env: &Env<'_>, id: i64) -> Result<(), Trouble> {
    let refused = |message: String| Err(Trouble::new(Kind::Validation, message));
    let view = env.view();
    let Some(rule) = view.record("ir.rule", id) else {
        return Ok(());
    };
    if Op::ALL.iter().all(|op| !rule.truth(op.column())) {
        return refused("A rule must be for one operation at least.".to_owned());
    }
    let named = rule.link("model_id").map(|on| on.text("model"));
    let Some(model) = named.and_then(|name| env.schema.model(&name)) else {
        return Ok(());
    };
    if model.name == "ir.rule" {
        return refused("No rule is made on rules.".to_owned());
    }
    let text = rule.text("domain_force");
    if !rule.truth("active") || text.trim().is_empty() {
        return Ok(());
    }
    // The domain is tried for whoever writes it only.
    let server = Who::server();
    match python::evaluate(text.trim(), view) {
        Err(error) => refused(format!("Invalid domain: {error}")),
        Ok(value) => {
            let past = View {
                who: &server,
                ..view
            };
            match search::read(past, model, &value) {
                Err(trouble) => refused(format!("Invalid domain: {}", trouble.message)),
                Ok(_) => Ok(()),
            }
        }
    }
}

/// Puts the rules that there are from the beginning.
pub(crate) fn install(db: &mut Db, schema: &Schema, fresh: impl Fn(&Model) -> Row) {
    let (Some(ir_rule), Some(ir_model)) = (schema.model("ir.rule"), schema.model("ir.model"))
    else {
        return;
    };
    for line in TEXT.lines().filter(|line| !line.starts_with('#')) {
        let [model, name, groups, modes, domain] = *line.split('\t').collect::<Vec<_>>().as_slice()
        else {
            continue;
        };
        let id_of = |name: &str| GROUPS.iter().find(|group| group.external == name);
        let groups = groups.split(',').filter_map(id_of);
        let groups = groups.map(|group| Value::Int(group.id)).collect();
        let slot = ir_model.field("model").map(|(slot, _)| slot);
        let on = db.rows(ir_model.name).find(|(_, row)| {
            slot.and_then(|slot| row.get(slot)).and_then(Value::as_str) == Some(model)
        });
        let mut cells = Map::from_iter([
            ("name".to_owned(), Value::from(name)),
            ("active".to_owned(), Value::Bool(true)),
            ("domain_force".to_owned(), Value::from(domain)),
            ("groups".to_owned(), Value::List(groups)),
            (
                "model_id".to_owned(),
                on.map_or(Value::Bool(false), |(id, _)| Value::Int(id)),
            ),
        ]);
        for op in Op::ALL {
            let is_for = modes.contains(op.letter());
            cells.insert(op.column().to_owned(), Value::Bool(is_for));
        }
        let mut row = fresh(ir_rule);
        for (name, value) in cells {
            super::write::set(ir_rule, &mut row, &name, value);
        }
        let id = db.next_id(ir_rule.name);
        db.put(ir_rule.name, id, Some(row));
    }
}
