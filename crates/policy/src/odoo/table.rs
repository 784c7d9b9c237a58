//! The methods of Odoo that can be judged: what each does, and what each argument holds.
//!
//! A method or an argument that is not a line of this table cannot be judged here. The ones
//! of the 54 common methods that are missing show or change more than can be seen from their
//! arguments (views, imports, onchange, search panels); a rule may list them
//! under `methods`.

use crate::operation::Operation;

/// What an argument holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Argument {
    /// A search domain.
    Domain,
    /// Names of fields; nothing means all.
    Fields,
    /// A specification: fields, and fields of linked records.
    Specification,
    /// Sorting.
    Order,
    /// Sorting of groups: fields or aggregates.
    GroupOrder,
    /// The largest number of rows.
    Limit,
    /// How links are shown.
    Load,
    /// Fields to group by.
    GroupBy,
    /// Lists of fields to group by.
    GroupingSets,
    /// Aggregates (`amount_total:sum`).
    Aggregates,
    /// Aggregates as `read_group` takes them.
    GroupFields,
    /// Conditions on aggregates.
    Having,
    /// Values of one record.
    Values,
    /// Values of several records.
    ValuesList,
    /// Values that a copy shall have.
    Defaults,
    /// A text that names are searched by.
    NameText,
    /// The operator for that.
    NameOperator,
    /// The name that a new record gets.
    NewName,
    /// `read`, `write`, `create` or `unlink`.
    Access,
    /// The field that is renumbered.
    Sequence,
    /// The field whose translations are read.
    TranslatedField,
    /// The field whose translations are written.
    WrittenField,
    /// Texts by language, or by language and term.
    Translations,
    /// Paths to be exported.
    Paths,
    /// Names of fields of which only the open ones are looked at.
    AnyFields,
    /// Texts, numbers or truth values (or a list of such) that choose nothing by themselves.
    Plain,
    /// Must be nothing.
    Nothing,
}

/// What the method answers and how the call is bound to the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `search`: ids.
    Search,
    /// `search_count`: a number.
    Count,
    /// `search_read`: rows.
    SearchRead,
    /// `read`: rows of these records.
    Read,
    /// `web_search_read`: rows by specification, and their number.
    WebSearchRead,
    /// `web_read`: rows by specification of these records.
    WebRead,
    /// `read_group`, `formatted_read_group`: groups.
    Groups,
    /// `formatted_read_grouping_sets`: lists of groups.
    GroupLists,
    /// `name_search`: pairs of id and name.
    NameSearch,
    /// `web_name_search`: rows by specification.
    WebNameSearch,
    /// `name_get`: pairs of id and name.
    NameGet,
    /// `fields_get`: fields.
    FieldsGet,
    /// `default_get`: values.
    DefaultGet,
    /// `check_access_rights`: whether.
    Rights,
    /// `has_access`, `check_access_rule`: whether, on records.
    Access,
    /// `check_field_access_rights`: names.
    FieldRights,
    /// `create`: ids.
    Create,
    /// `name_create`: id and name.
    NameCreate,
    /// `write`, `unlink`: done.
    Change,
    /// `action_archive` (false), `action_unarchive` (true).
    Activate(bool),
    /// `copy`: ids.
    Copy,
    /// `web_save`: rows by specification.
    WebSave,
    /// `web_resequence`: rows by specification.
    Resequence,
    /// `export_data`: `{"datas": …}`.
    Export,
    /// `get_metadata`: rows.
    Metadata,
    /// `get_field_translations`: texts by language.
    Translations,
    /// `context_get`: the caller's own language and time zone.
    OwnContext,
}

/// One method.
#[derive(Debug)]
pub(crate) struct Known {
    /// Its name.
    pub(crate) method: &'static str,
    /// What it needs.
    pub(crate) operation: Operation,
    /// How it is bound, and what it answers.
    pub(crate) kind: Kind,
    /// Whether it is called on records.
    pub(crate) on_records: bool,
    /// Its arguments.
    pub(crate) arguments: &'static [(&'static str, Argument)],
}

const fn model(
    method: &'static str,
    operation: Operation,
    kind: Kind,
    arguments: &'static [(&'static str, Argument)],
) -> Known {
    Known {
        method,
        operation,
        kind,
        on_records: false,
        arguments,
    }
}

const fn records(
    method: &'static str,
    operation: Operation,
    kind: Kind,
    arguments: &'static [(&'static str, Argument)],
) -> Known {
    Known {
        method,
        operation,
        kind,
        on_records: true,
        arguments,
    }
}

use Argument as A;
use Operation::{Create, Delete, Read, Write};

const TABLE: &[Known] = &[
    model(
        "search",
        Read,
        Kind::Search,
        &[
            ("domain", A::Domain),
            ("offset", A::Plain),
            ("limit", A::Limit),
            ("order", A::Order),
            ("count", A::Nothing),
        ],
    ),
    model(
        "search_count",
        Read,
        Kind::Count,
        &[("domain", A::Domain), ("limit", A::Plain)],
    ),
    model(
        "search_read",
        Read,
        Kind::SearchRead,
        &[
            ("domain", A::Domain),
            ("fields", A::Fields),
            ("offset", A::Plain),
            ("limit", A::Limit),
            ("order", A::Order),
            ("load", A::Load),
        ],
    ),
    records(
        "read",
        Read,
        Kind::Read,
        &[("fields", A::Fields), ("load", A::Load)],
    ),
    model(
        "web_search_read",
        Read,
        Kind::WebSearchRead,
        &[
            ("domain", A::Domain),
            ("specification", A::Specification),
            ("offset", A::Plain),
            ("limit", A::Limit),
            ("order", A::Order),
            ("count_limit", A::Plain),
        ],
    ),
    records(
        "web_read",
        Read,
        Kind::WebRead,
        &[("specification", A::Specification)],
    ),
    model(
        "read_group",
        Read,
        Kind::Groups,
        &[
            ("domain", A::Domain),
            ("fields", A::GroupFields),
            ("groupby", A::GroupBy),
            ("offset", A::Plain),
            ("limit", A::Limit),
            ("orderby", A::GroupOrder),
            ("lazy", A::Plain),
        ],
    ),
    model(
        "formatted_read_group",
        Read,
        Kind::Groups,
        &[
            ("domain", A::Domain),
            ("groupby", A::GroupBy),
            ("aggregates", A::Aggregates),
            ("having", A::Having),
            ("offset", A::Plain),
            ("limit", A::Limit),
            ("order", A::GroupOrder),
        ],
    ),
    model(
        "formatted_read_grouping_sets",
        Read,
        Kind::GroupLists,
        &[
            ("domain", A::Domain),
            ("grouping_sets", A::GroupingSets),
            ("aggregates", A::Aggregates),
            ("order", A::GroupOrder),
        ],
    ),
    model(
        "name_search",
        Read,
        Kind::NameSearch,
        &[
            ("name", A::NameText),
            ("domain", A::Domain),
            ("operator", A::NameOperator),
            ("limit", A::Limit),
        ],
    ),
    model(
        "web_name_search",
        Read,
        Kind::WebNameSearch,
        &[
            ("name", A::NameText),
            ("specification", A::Specification),
            ("domain", A::Domain),
            ("operator", A::NameOperator),
            ("limit", A::Limit),
        ],
    ),
    records("name_get", Read, Kind::NameGet, &[]),
    model(
        "fields_get",
        Read,
        Kind::FieldsGet,
        &[("allfields", A::AnyFields), ("attributes", A::Plain)],
    ),
    model(
        "default_get",
        Create,
        Kind::DefaultGet,
        &[("fields", A::AnyFields)],
    ),
    model(
        "check_access_rights",
        Read,
        Kind::Rights,
        &[("operation", A::Access), ("raise_exception", A::Plain)],
    ),
    records(
        "has_access",
        Read,
        Kind::Access,
        &[("operation", A::Access)],
    ),
    records(
        "check_access_rule",
        Read,
        Kind::Access,
        &[("operation", A::Access)],
    ),
    model(
        "check_field_access_rights",
        Read,
        Kind::FieldRights,
        &[("operation", A::Access), ("field_names", A::AnyFields)],
    ),
    records(
        "export_data",
        Read,
        Kind::Export,
        &[("fields_to_export", A::Paths)],
    ),
    records("get_metadata", Read, Kind::Metadata, &[]),
    model(
        "create",
        Create,
        Kind::Create,
        &[("vals_list", A::ValuesList)],
    ),
    model(
        "name_create",
        Create,
        Kind::NameCreate,
        &[("name", A::NewName)],
    ),
    records("write", Write, Kind::Change, &[("vals", A::Values)]),
    records("unlink", Delete, Kind::Change, &[]),
    records("action_archive", Write, Kind::Activate(false), &[]),
    records("action_unarchive", Write, Kind::Activate(true), &[]),
    records("copy", Create, Kind::Copy, &[("default", A::Defaults)]),
    records(
        "web_save",
        Write,
        Kind::WebSave,
        &[
            ("vals", A::Values),
            ("specification", A::Specification),
            ("next_id", A::Nothing),
        ],
    ),
    records(
        "get_field_translations",
        Read,
        Kind::Translations,
        &[("field_name", A::TranslatedField), ("langs", A::Plain)],
    ),
    records(
        "update_field_translations",
        Write,
        Kind::Change,
        &[
            ("field_name", A::WrittenField),
            ("translations", A::Translations),
            ("source_lang", A::Plain),
        ],
    ),
    records(
        "web_resequence",
        Write,
        Kind::Resequence,
        &[
            ("specification", A::Specification),
            ("field_name", A::Sequence),
            ("offset", A::Plain),
        ],
    ),
];

/// Everybody's own language and time zone, which clients ask for when they log in.
const OWN_CONTEXT: Known = model("context_get", Read, Kind::OwnContext, &[]);

/// Every method that every model has.
pub(crate) fn all() -> &'static [Known] {
    static LINES: &[Known] = TABLE;
    LINES
}

/// The method, if it can be judged.
pub(crate) fn known(model: &str, method: &str) -> Option<&'static Known> {
    static OWN: Known = OWN_CONTEXT;
    if model == "res.users" && method == OWN.method {
        return Some(&OWN);
    }
    all().iter().find(|known| known.method == method)
}

#[cfg(test)]
mod tests {
    use portcullis_erp::dialect::signature::arguments_of;

    use super::TABLE;

    #[test]
    fn every_argument_that_a_method_takes_is_a_line() {
        for known in TABLE {
            let Some(signature) = arguments_of("res.partner", known.method) else {
                panic!("`{}` has no signature", known.method)
            };
            for parameter in signature.parameters {
                let line = known.arguments.iter().any(|(name, _)| name == parameter);
                assert!(line, "`{parameter}` of `{}`", known.method);
            }
            for (name, _) in known.arguments {
                let taken = signature.parameters.contains(name) || signature.more;
                assert!(taken, "`{name}` of `{}`", known.method);
            }
        }
    }
}
