//! What may be seen of one DocType under one rule.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_erp::filters::{Condition, FilterError, Filters, Operator};
use portcullis_erp::{Call, Edition, Fault, FaultKind, FieldName, Model, Shape, Value};

use crate::after::{self, Does, Watch};
use crate::bench::{Bench, Held, No};
use crate::caps::Cap;
use crate::danger;
use crate::decision::{Reason, Refusal};
use crate::mask::Mask;
use crate::odoo::search::is_plain;
use crate::operation::{Family, Operation};
use crate::permit::{Afters, Check, Guard, Permit, Saves};
use crate::protection::Protection;
use crate::rule::{FieldSet, table_of};
use crate::sizes;
use crate::terms::{DocumentTerms, Terms};

/// One DocType under one rule.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FrappeView<'a> {
    pub(crate) bench: &'a Bench<'a>,
    pub(crate) held: Held<'a>,
    pub(crate) model: &'a Model,
}

/// What the document that a guard asks for is wanted for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Aim {
    /// It is shown.
    Reads,
    /// It is saved, and the save bound to the version that the guard saw.
    Saves,
    /// Something else is done to it, which nothing binds.
    Does(Does),
}

impl FrappeView<'_> {
    /// Whether a field, or a column of a child table (`items.qty`), is open.
    pub(crate) fn readable(&self, field: &str) -> Result<(), No> {
        if self.opens(&self.held.rule.fields, field, Operation::Read)
            || field == "name"
            || !Protection::FrappeFields.is_on()
        {
            return Ok(());
        }
        let no = self.refuse(
            Reason::Field,
            format!("This key may not use the field `{field}` of `{}` here. Leave it out, or ask whoever gave you the key.", self.model),
            format!("add `{field}` to `fields` of the rule"),
        );
        Err(Box::new(no.about(field)))
    }

    /// Whether a field may be shown, as it is or masked.
    pub(crate) fn shown(&self, field: &str) -> Result<Option<Mask>, No> {
        let denied = self.bench.denies_field(self.model, field, Operation::Read);
        match self.held.rule.mask(field) {
            Some(mask) if !denied && !field.contains('.') => Ok(Some(mask)),
            _ => self.readable(field).map(|()| None),
        }
    }

    /// Whether a field, or a column of a child table, may be set.
    pub(crate) fn may_write(&self, field: &str, operation: Operation) -> bool {
        let set = self
            .held
            .rule
            .write_fields
            .as_ref()
            .unwrap_or(&self.held.rule.fields);
        self.opens(set, field, operation) || !Protection::FrappeWritable.is_on()
    }

    /// Whether the rule lists this field among those that may be set.
    pub(crate) fn names_for_writing(&self, field: &str) -> bool {
        let rule = self.held.rule;
        let set = rule.write_fields.as_ref().unwrap_or(&rule.fields);
        matches!(set, FieldSet::Only(names) if names.contains(field))
    }

    /// Whether the rule lists a column of this table among those that may be set, and nothing
    /// closes it.
    pub(crate) fn opens_columns_of(&self, table: &str, operation: Operation) -> bool {
        let rule = self.held.rule;
        let set = rule.write_fields.as_ref().unwrap_or(&rule.fields);
        let is_open =
            |name: &String| table_of(name) == Some(table) && self.may_write(name, operation);
        matches!(set, FieldSet::Only(names) if names.iter().any(is_open))
    }

    fn opens(&self, set: &FieldSet, field: &str, operation: Operation) -> bool {
        let rule = self.held.rule;
        let listed = matches!(set, FieldSet::Only(names) if names.contains(field));
        // `"*"` does not say which tables there are, nor what a link leads to.
        let open = listed
            || (*set == FieldSet::All
                && !field.contains('.')
                && !self.bench.is_closed_copy(self.model, field));
        let column = field.rsplit('.').next().unwrap_or(field);
        open && !rule.closes(field)
            && (listed || !danger::credential(column))
            && !self.bench.denies_field(self.model, field, operation)
            && !self.denies_column(field, operation)
    }

    /// Whether everything but credentials is open: of the documents that the rule opens.
    pub(crate) fn is_whole(&self) -> bool {
        self.held.rule.fields == FieldSet::All
            && self.held.rule.closes_nothing()
            && !self.bench.denies_fields(self.model)
    }

    /// Whether everything but credentials is open, of every document.
    pub(crate) fn is_unrestricted(&self) -> bool {
        self.is_whole() && self.held.rule.domain.is_none()
    }

    /// What documents may hold in answers.
    pub(crate) fn document_terms(&self) -> DocumentTerms {
        let rule = self.held.rule;
        if !Protection::FrappeDocuments.is_on() {
            return DocumentTerms {
                fields: None,
                hidden: BTreeSet::new(),
                masked: BTreeMap::new(),
            };
        }
        let reads = rule.operations.contains(&Operation::Read)
            && !self.bench.denies(self.model, Operation::Read, None);
        let mut hidden = rule.hidden.clone();
        hidden.extend(self.bench.denied_fields(self.model));
        hidden.extend(self.columns_denied());
        if rule.fields == FieldSet::All {
            hidden.extend(self.bench.closed_copies(self.model).iter().cloned());
        }
        let mut fields = match &rule.fields {
            _ if !reads || self.bench.denies_all_fields(self.model) => Some(BTreeSet::new()),
            FieldSet::All => None,
            FieldSet::Only(names) => Some(names.clone()),
        };
        let saves = [Operation::Write, Operation::Submit];
        if saves.iter().any(|save| rule.operations.contains(save))
            && let Some(fields) = &mut fields
        {
            // What a save must carry so that nobody's change is lost, and a submission too.
            fields.insert("modified".to_owned());
        }
        let masked = if reads && !self.bench.denies_all_fields(self.model) {
            rule.masked.clone()
        } else {
            BTreeMap::new()
        };
        DocumentTerms {
            fields,
            hidden,
            masked,
        }
    }

    /// The rule's conditions, bound to this DocType.
    pub(crate) fn own_filters(&self) -> Result<Vec<Condition>, No> {
        let Some(domain) = &self.held.rule.domain else {
            return Ok(Vec::new());
        };
        let Some(filters) = &domain.frappe else {
            return Err(self.refuse(
                Reason::Domain,
                format!("This key may not do this with `{}`. Ask whoever gave you the key.", self.model),
                "the rule's domain cannot be said as Frappe filters: write a list of `[field, operator, value]`",
            ));
        };
        let conditions = self.bench.frappe_conditions(&self.held, filters)?;
        Ok(conditions
            .into_iter()
            .map(|condition| Condition {
                doctype: Some(self.model.clone()),
                ..condition
            })
            .collect())
    }

    /// Judges a caller's filters and adds the rule's.
    pub(crate) fn filters(
        &self,
        filters: &Value,
        or_filters: &Value,
        shape: &mut Shape,
    ) -> Result<Filters, No> {
        let mut read = Filters::parse(filters, or_filters).map_err(|error| {
            // Frappe tells these two apart.
            let kind = match error {
                FilterError::Operator => FaultKind::Validation,
                FilterError::Form
                | FilterError::Condition
                | FilterError::Name
                | FilterError::Range
                | FilterError::Many => FaultKind::BadValue,
            };
            Box::new(
                Refusal::new(
                    Reason::Domain,
                    Fault::new(kind, format!("The filters cannot be read: {error}.")),
                    "the filters are not well-formed",
                )
                .under(&self.held.full_name()),
            )
        })?;
        for condition in read.all.iter_mut().chain(&mut read.any) {
            shape.domain.push((
                condition.field.as_str().to_owned(),
                condition.operator.as_str().to_owned(),
            ));
            self.condition(condition)?;
        }
        // The rule's conditions stand in front: what is behind a condition it can swallow.
        let own = self.own_filters()?.into_iter().rev();
        for condition in own.filter(|_| Protection::FrappeOwnDocuments.is_on()) {
            read = read.and(condition);
        }
        read.untangled(&is_named_as_date).map_err(|error| {
            self.refuse(
                Reason::Domain,
                format!("These filters cannot be allowed: {error}."),
                "a range on a field that is no date takes the next condition, even one of the ERP's own, for its other bound",
            )
        })
    }

    fn condition(&self, condition: &mut Condition) -> Result<(), No> {
        if !is_plain(&condition.value) {
            return Err(self.bad_argument("filters"));
        }
        let tree = matches!(
            condition.operator,
            Operator::DescendantsOf
                | Operator::DescendantsOfInclusive
                | Operator::NotDescendantsOf
                | Operator::AncestorsOf
                | Operator::NotAncestorsOf
        );
        // Which DocType's tree a link leads into is not known: no rule may hide documents then.
        let own = condition.field.as_str() == "name";
        if tree && !(self.is_unrestricted() && (own || !self.bench.hides_records)) {
            return Err(self.refuse(
                Reason::Link,
                "Filters by tree cannot be allowed with this key. Name the values instead.",
                "`descendants of` and `ancestors of` look into a tree of another DocType; a rule with all fields and without a domain may use them, on links only where no rule at all has a domain",
            ));
        }
        match &condition.doctype {
            Some(doctype) if doctype != self.model => {
                self.bench.know(doctype)?;
                let rules = self.bench.rules(doctype, Operation::Read, Some(self.model));
                for held in rules {
                    let view = FrappeView {
                        bench: self.bench,
                        held,
                        model: doctype,
                    };
                    if held.rule.domain.is_none()
                        && (!tree || view.is_unrestricted())
                        && view.readable(condition.field.as_str()).is_ok()
                    {
                        return Ok(());
                    }
                }
                Err(self.refuse(
                    Reason::Link,
                    format!("This key may not filter by fields of `{doctype}`. Leave that out, or ask whoever gave you the key."),
                    format!("no rule without a domain lets this role read `{}` of `{doctype}`", condition.field),
                ))
            }
            _ => {
                if Protection::FrappeConditions.is_on() {
                    self.readable(condition.field.as_str())?;
                }
                if !self.is_whole() {
                    // Without a DocType, Frappe would look in child tables too.
                    condition.doctype = Some(self.model.clone());
                }
                Ok(())
            }
        }
    }

    /// The search that must find this document under the rule; none where it holds for all.
    pub(crate) fn guard(&self, name: &str, aim: Aim) -> Result<Option<Guard>, No> {
        let own = self.own_filters()?;
        let seen = match &self.bench.edition {
            Edition::Seen(seen) => {
                self.readable(Edition::FRAPPE)?;
                Some(seen.clone())
            }
            Edition::Any | Edition::Told => None,
        };
        if own.is_empty() && seen.is_none() || !Protection::FrappeGuarded.is_on() {
            return Ok(None);
        }
        let id = FieldName::new("name").map_err(|_| self.bad_argument("name"))?;
        let mut all = vec![Condition {
            doctype: Some(self.model.clone()),
            ..Condition::new(id, Operator::Equal, name)
        }];
        let watch = match aim {
            Aim::Does(does) if !own.is_empty() && Protection::AfterChecks.is_on() => Some(Watch {
                does,
                rests_on_itself: own.iter().all(|condition| self.is_stamped(condition)),
                user: self.bench.user(),
                recent: None,
                family: Family::Frappe,
            }),
            _ => None,
        };
        all.extend(own);
        let mut fields = vec![Value::from("name"), Value::from("modified")];
        if watch.is_some() {
            fields.push(Value::from("modified_by"));
        }
        let filters = Filters {
            all,
            any: Vec::new(),
        };
        let call = Call::new(self.model.as_str(), "get_list")
            .map_err(|_| self.bad_argument("doctype"))?
            .with("fields", Value::List(fields))
            .with("filters", filters.filters_value())
            .with("limit_page_length", 2);
        Ok(Some(Guard {
            call,
            check: Check::Document {
                name: name.to_owned(),
                saves: match aim {
                    Aim::Saves => Saves::Doc,
                    Aim::Reads | Aim::Does(_) => Saves::Nothing,
                },
                seen,
            },
            watch,
        }))
    }

    /// Whether nobody changes what a condition rests on without leaving a stamp on the document.
    fn is_stamped(&self, condition: &Condition) -> bool {
        let field = condition.field.as_str();
        condition.doctype.as_ref().is_none_or(|of| of == self.model)
            && !field.starts_with('_')
            && !after::fields(Family::Frappe).contains(&field)
    }

    /// How many rows are given at once: what the role says, or the usual cap.
    pub(crate) fn page(&self) -> Cap {
        self.held.page().unwrap_or(Cap {
            name: "page",
            most: sizes::PAGE,
        })
    }

    pub(crate) fn permit(
        &self,
        operation: Operation,
        shape: Shape,
        guards: impl IntoIterator<Item = Guard>,
        call: Call,
        terms: Terms,
    ) -> Permit {
        let page = (operation == Operation::Read).then(|| self.page());
        Permit {
            rule: self.held.full_name(),
            operation,
            shape,
            guards: guards.into_iter().collect(),
            call,
            afters: Afters::default(),
            terms: terms.at_most(page.map(|cap| cap.most)),
            caps: self.held.caps,
            paged: None,
            would: None,
            approval: false,
        }
    }

    pub(crate) fn refuse(
        &self,
        reason: Reason,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> No {
        Box::new(Refusal::access(reason, message, advice).under(&self.held.full_name()))
    }

    /// A Frappe does not let a call be bound to a company.
    pub(crate) fn pinned(&self) -> No {
        self.refuse(
            Reason::Context,
            format!("This key may not do this with `{}`. Ask whoever gave you the key.", self.model),
            "the role fixes the company under `[context]`, which holds before an Odoo only; write a `domain` on `company` instead",
        )
    }

    pub(crate) fn bad_argument(&self, argument: &str) -> No {
        Box::new(
            Refusal::new(
                Reason::Argument,
                portcullis_erp::Fault::new(
                    portcullis_erp::FaultKind::BadArguments,
                    format!("The argument `{argument}` cannot be allowed here. Leave it out, or give it in its plain form."),
                ),
                format!("the argument `{argument}` is not known or not of a form that can be judged"),
            )
            .under(&self.held.full_name()),
        )
    }
}

/// Whether a field's name says that it is a date: only then is a timespan passed on.
fn is_named_as_date(condition: &Condition) -> bool {
    let name = condition.field.as_str();
    condition.operator != Operator::Between
        && (name == "date" || name.ends_with("_date") || name.ends_with("_datetime"))
}
