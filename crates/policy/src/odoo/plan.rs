//! From judged arguments to the plan: the rule is put into the call, or before it.

use std::collections::BTreeSet;
use std::sync::Arc;

use portcullis_erp::{Edition, FieldName, Map, Method, Value};

use crate::after::{Does, Stamps};
use crate::bench::No;
use crate::caps::Cap;
use crate::decision::Reason;
use crate::odoo::arguments::Attempt;
use crate::odoo::bad_argument;
use crate::odoo::groups::Grouping;
use crate::odoo::table::Kind;
use crate::odoo::view::View;
use crate::operation::Operation;
use crate::permit::Permit;
use crate::protection::Protection;
use crate::terms::{GroupTerms, RowTerms, Terms};

/// Makes the permit.
pub(crate) fn permit(mut attempt: Attempt<'_>) -> Result<Permit, No> {
    let view = attempt.view;
    match attempt.known.kind {
        Kind::Search => {
            attempt.bind_domain()?;
            attempt.clamp();
            attempt.settle_order();
            Ok(attempt.permit(Terms::Ids))
        }
        Kind::Count => {
            attempt.bind_domain()?;
            Ok(attempt.permit(Terms::Count))
        }
        Kind::SearchRead => {
            attempt.bind_domain()?;
            attempt.clamp();
            attempt.settle_order();
            let terms = attempt.columns_asked()?;
            Ok(attempt.permit(Terms::Rows { terms, order: None }))
        }
        Kind::Read => {
            let terms = attempt.columns_asked()?;
            let order = attempt.as_search("search_read")?;
            Ok(attempt.permit(Terms::Rows { terms, order }))
        }
        Kind::WebSearchRead => {
            attempt.bind_domain()?;
            attempt.clamp();
            attempt.settle_order();
            let terms = attempt.specified()?;
            Ok(attempt.permit(Terms::Page(terms)))
        }
        Kind::WebRead | Kind::Resequence => {
            if attempt.known.kind == Kind::Resequence {
                attempt.guard_changed(Stamps::Perhaps)?;
                attempt.also(Operation::Read)?;
                if !attempt.call.named.contains_key("field_name") {
                    return Err(bad_argument(&view, "field_name"));
                }
            } else {
                attempt.guard_ids()?;
            }
            let terms = attempt.specified()?;
            Ok(attempt.permit(Terms::Rows { terms, order: None }))
        }
        Kind::Groups => {
            attempt.bind_domain()?;
            let grouping = std::mem::take(&mut attempt.grouping);
            attempt.only_whole_groups(&grouping)?;
            if grouping.nameless.is_empty() {
                attempt.clamp();
            }
            Ok(attempt.permit(Terms::Groups(group_terms(grouping, &Arc::default()))))
        }
        Kind::GroupLists => {
            attempt.bind_domain()?;
            let shared = std::mem::take(&mut attempt.grouping);
            attempt.only_whole_groups(&shared)?;
            let sets = std::mem::take(&mut attempt.grouping_sets);
            // Of what is shared, aggregates stand in every list; groupings have their own keys.
            let mut keys = shared.keys;
            keys.retain(|key| key.contains(':') || key == "__count");
            let keys = Arc::new(keys);
            let lists = sets
                .into_iter()
                .map(|set| group_terms(set, &keys))
                .collect();
            Ok(attempt.permit(Terms::GroupLists(lists)))
        }
        Kind::NameSearch => {
            view.name_searchable()?;
            attempt.bind_domain()?;
            attempt.clamp();
            Ok(attempt.permit(Terms::Pairs))
        }
        Kind::WebNameSearch => {
            view.name_searchable()?;
            attempt.bind_domain()?;
            attempt.clamp();
            let terms = attempt.specified()?;
            Ok(attempt.permit(Terms::Rows { terms, order: None }))
        }
        Kind::NameGet => {
            view.readable("display_name")?;
            attempt.guard_ids()?;
            Ok(attempt.permit(Terms::Pairs))
        }
        Kind::DefaultGet => {
            let mut open = BTreeSet::new();
            for name in view.schema.fields.keys() {
                match view.writable(name.as_str(), Operation::Create) {
                    Ok(_) => {
                        open.insert(name.as_str().to_owned());
                    }
                    Err(no) if no.wants.is_some() => return Err(no),
                    Err(_) => {}
                }
            }
            if let Some(Value::List(names)) = attempt.call.named.get_mut("fields") {
                names.retain(|name| name.as_str().is_some_and(|name| open.contains(name)));
            }
            if !attempt.call.named.contains_key("fields") {
                return Err(bad_argument(&view, "fields"));
            }
            Ok(attempt.permit(Terms::Values(open)))
        }
        Kind::Access => {
            let asked = attempt
                .access
                .ok_or_else(|| bad_argument(&view, "operation"))?;
            let role_says = !view.bench.rules(view.model, asked, None).is_empty();
            attempt.guard_ids()?;
            Ok(attempt.permit(Terms::Whether { role_says }))
        }
        Kind::FieldRights => {
            let asked = attempt
                .access
                .ok_or_else(|| bad_argument(&view, "operation"))?;
            let mut open = BTreeSet::new();
            for name in view.schema.fields.keys() {
                let shown = match asked {
                    Operation::Read => view.shown(name.as_str()).is_ok(),
                    _ => view.writable(name.as_str(), asked).is_ok(),
                };
                if shown {
                    open.insert(name.as_str().to_owned());
                }
            }
            Ok(attempt.permit(Terms::Names(open)))
        }
        Kind::Create => Ok(attempt.permit(Terms::Ids)),
        Kind::NameCreate => {
            let named = view.readable("display_name").is_ok()
                && view.held.rule.operations.contains(&Operation::Read);
            Ok(attempt.permit(Terms::Pair { named }))
        }
        Kind::Translations => {
            if !attempt.call.named.contains_key("field_name") {
                return Err(bad_argument(&view, "field_name"));
            }
            attempt.guard_ids()?;
            Ok(attempt.permit(Terms::Translations))
        }
        Kind::Change => {
            match attempt.known.method {
                "unlink" => attempt.guard_first(Some(Does::Deletes))?,
                "write" => attempt.guard_changed(Stamps::Always)?,
                _ => attempt.guard_changed(Stamps::Perhaps)?,
            }
            attempt.guard_edition()?;
            Ok(attempt.permit(Terms::Done))
        }
        Kind::Activate(active) => {
            view.writable("active", Operation::Write)?;
            let mut values = Map::new();
            values.insert("active".to_owned(), Value::Bool(active));
            attempt.sets = view.bind_changed(&values)?;
            attempt.named.insert("active".to_owned());
            attempt.guard_changed(Stamps::Perhaps)?;
            // Some models answer an action for their screens.
            Ok(attempt.permit(Terms::Single))
        }
        Kind::Copy => {
            attempt.also(Operation::Read)?;
            if !view.is_unrestricted() && Protection::WholeCopies.is_on() {
                return Err(view.refuse(
                    Reason::HiddenByData,
                    format!("This key may not copy records of `{}`. Make new ones instead.", view.model),
                    "a copy takes all fields along: the rule must open all fields, hide none, and have no domain",
                ));
            }
            Ok(attempt.permit(Terms::Ids))
        }
        Kind::WebSave => {
            attempt.also(Operation::Read)?;
            attempt.guard_changed(Stamps::Always)?;
            let terms = attempt.specified()?;
            Ok(attempt.permit(Terms::Rows { terms, order: None }))
        }
        Kind::Export => {
            attempt.guard_ids()?;
            let columns = std::mem::take(&mut attempt.columns);
            if columns.is_empty() {
                return Err(bad_argument(&view, "fields_to_export"));
            }
            Ok(attempt.permit(Terms::Export { columns }))
        }
        Kind::Metadata => {
            attempt.guard_ids()?;
            let terms = metadata(&view)?;
            Ok(attempt.permit(Terms::Rows { terms, order: None }))
        }
        // Judged before any rule is tried.
        Kind::FieldsGet | Kind::Rights | Kind::OwnContext => Err(bad_argument(&view, "method")),
    }
}

impl Attempt<'_> {
    /// The caller's domain and the rule's.
    fn bind_domain(&mut self) -> Result<(), No> {
        let asked = std::mem::replace(&mut self.domain, portcullis_erp::domain::Domain::all());
        let bound = self.view.bound(asked)?;
        self.call
            .named
            .insert("domain".to_owned(), bound.to_value());
        Ok(())
    }

    /// Where no limit was given, the rule's.
    fn clamp(&mut self) {
        if let Some(Cap { most, .. }) = self.view.held.page()
            && !self.call.named.contains_key("limit")
        {
            self.call
                .named
                .insert("limit".to_owned(), Value::Int(i64::from(most)));
        }
    }

    /// A model's own order may rest on fields that are hidden, and it is not known.
    fn settle_order(&mut self) {
        if !self.ordered && !self.view.is_whole() && Protection::SettledOrder.is_on() {
            self.call
                .named
                .insert("order".to_owned(), Value::from("id"));
        }
    }

    /// The columns, named in the call; all that are open where none were asked for.
    fn columns_asked(&mut self) -> Result<RowTerms, No> {
        let view = self.view;
        let fields = match self.fields.take() {
            Some(mut fields) => {
                if self.tells_edition() && !fields.iter().any(|field| field == Edition::ODOO) {
                    fields.push(Edition::ODOO.to_owned());
                }
                fields
            }
            None => view.all_readable()?,
        };
        view.held
            .at_most("fields", fields.len(), view.held.fields())?;
        let mut terms = RowTerms::default();
        for field in &fields {
            if let (_, Some(mask)) = view.shown(field)? {
                terms.masked.insert(field.clone(), mask);
            }
            if let Some(comodel) = view.relation(field)
                && view
                    .schema
                    .field(field)
                    .is_some_and(|facts| !facts.is_x2many())
                && !view.names_are_open(field, comodel)?
            {
                terms.nameless.insert(field.clone());
            }
        }
        terms.fields = fields.iter().cloned().collect();
        terms.fields.insert("id".to_owned());
        // An empty list would mean all fields.
        let asked = if fields.is_empty() {
            vec!["id".to_owned()]
        } else {
            fields
        };
        let asked = asked.into_iter().map(Value::from).collect();
        self.call
            .named
            .insert("fields".to_owned(), Value::List(asked));
        Ok(terms)
    }

    /// The rows of a specification; without one there is nothing to answer.
    fn specified(&mut self) -> Result<RowTerms, No> {
        let mut rows = self
            .rows
            .take()
            .ok_or_else(|| bad_argument(&self.view, "specification"))?;
        if self.tells_edition()
            && let Some(Value::Map(asked)) = self.call.named.get_mut("specification")
        {
            asked
                .entry(Edition::ODOO.to_owned())
                .or_insert_with(|| Value::Map(Map::new()));
            rows.fields.insert(Edition::ODOO.to_owned());
        }
        Ok(rows)
    }

    /// Turns a read of ids into a search, where the rule opens only some records.
    fn as_search(&mut self, method: &str) -> Result<Option<Vec<i64>>, No> {
        let view = self.view;
        let Some(own) = view
            .own_domain()?
            .filter(|_| Protection::RecordsRead.is_on())
        else {
            return Ok(None);
        };
        let domain = view.these(&self.ids)?.and(own.into_owned());
        self.call.method = Method::new(method).map_err(|_| bad_argument(&view, "method"))?;
        self.call.ids = None;
        self.call
            .named
            .insert("domain".to_owned(), domain.to_value());
        self.call
            .named
            .insert("order".to_owned(), Value::from("id"));
        Ok(Some(std::mem::take(&mut self.ids)))
    }

    /// Asks last whether the record is still as the caller saw it.
    fn guard_edition(&mut self) -> Result<(), No> {
        if let Edition::Seen(seen) = &self.view.bench.edition {
            let guard = self
                .view
                .edition_guard(&self.ids, seen, &self.call.context)?;
            self.guards.push(guard);
        }
        Ok(())
    }

    /// Whether the answer is to tell the record's edition, and may.
    fn tells_edition(&self) -> bool {
        self.view.bench.edition == Edition::Told && self.view.readable(Edition::ODOO).is_ok()
    }

    /// Asks first whether all ids are such that the rule speaks of them.
    fn guard_ids(&mut self) -> Result<(), No> {
        self.guard_first(None)
    }

    /// The same, and asks again once they were written.
    fn guard_changed(&mut self, stamps: Stamps) -> Result<(), No> {
        let sets = self.sets;
        self.guard_first(Some(Does::Writes { stamps, sets }))
    }

    fn guard_first(&mut self, does: Option<Does>) -> Result<(), No> {
        let mut guard = self.view.guard(&self.ids, None, &self.call.context)?;
        if let Some(does) = does {
            guard = self.view.watched(guard, does)?;
        }
        if let Some(guard) = guard
            && Protection::RecordsGuarded.is_on()
        {
            self.guards.insert(0, guard);
        }
        Ok(())
    }

    /// Needs this operation of the same rule as well.
    fn also(&self, operation: Operation) -> Result<(), No> {
        let view = self.view;
        if view.held.rule.operations.contains(&operation)
            && !view.bench.denies(view.model, operation, None)
        {
            return Ok(());
        }
        Err(view.refuse(
            Reason::NoRule,
            format!(
                "This key may not do this with `{}`. Ask whoever gave you the key.",
                view.model
            ),
            format!(
                "the method needs `{}` in the same rule as well",
                operation.as_str()
            ),
        ))
    }

    /// Groups without names are sorted again here, which needs all of them.
    fn only_whole_groups(&self, grouping: &Grouping) -> Result<(), No> {
        let nothing = |name: &str| {
            self.call
                .named
                .get(name)
                .is_none_or(|value| value.is_nothing() || *value == Value::Int(0))
        };
        if grouping.nameless.is_empty() || (nothing("limit") && nothing("offset") && !self.ordered)
        {
            return Ok(());
        }
        Err(self.view.refuse(
            Reason::Link,
            "Groups of a link whose names are not open are given all at once, in the order of their ids: leave out limit, offset and order.",
            "the groups would be sorted by names that are not open; open them with operation `name`",
        ))
    }
}

fn group_terms(grouping: Grouping, shared: &Arc<BTreeSet<String>>) -> GroupTerms {
    GroupTerms {
        keys: grouping.keys,
        shared: Arc::clone(shared),
        nameless: grouping.nameless,
    }
}

/// `get_metadata` shows who made and changed a record, and its external ids.
fn metadata(view: &View<'_>) -> Result<RowTerms, No> {
    let mut terms = RowTerms {
        fields: BTreeSet::from(["id".to_owned()]),
        ..RowTerms::default()
    };
    for field in ["create_uid", "create_date", "write_uid", "write_date"] {
        if FieldName::new(field).is_ok() && view.readable(field).is_ok() {
            terms.fields.insert(field.to_owned());
            if let Some(comodel) = view.relation(field)
                && !view.names_are_open(field, comodel)?
            {
                terms.nameless.insert(field.to_owned());
            }
        }
    }
    if view.is_whole() {
        terms
            .fields
            .extend(["xmlid", "xmlids", "noupdate"].map(str::to_owned));
    }
    Ok(terms)
}
