//! Who calls, with which groups, and in which context.

use portcullis_erp::value::{Map, Value};

use super::trouble::{Kind, Trouble};

/// What an ERP user may do, as a ready-made set of groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything, contacts and settings included.
    Admin,
    /// Internal, Sales with all documents, may create contacts.
    Sales,
    /// Internal, Sales with own documents only.
    SalesOwn,
    /// Internal and nothing else.
    Internal,
    /// A customer with a log-in.
    Portal,
    /// The anonymous visitor.
    Public,
}

/// A group: its id, its external name, and the name people read.
pub(crate) struct Group {
    pub(crate) id: i64,
    pub(crate) external: &'static str,
    pub(crate) full_name: &'static str,
}

const fn group(id: i64, external: &'static str, full_name: &'static str) -> Group {
    Group {
        id,
        external,
        full_name,
    }
}

/// The groups, with the ids they have in a fresh database.
pub(crate) const GROUPS: &[Group] = &[
    group(1, "base.group_user", "Role / User"),
    group(2, "base.group_erp_manager", "Access Rights"),
    group(3, "base.group_multi_company", "Multi Companies"),
    group(4, "base.group_system", "Role / Administrator"),
    group(5, "base.group_allow_export", "Export / Allowed"),
    group(6, "base.group_partner_manager", "Contact / Creation"),
    group(10, "base.group_portal", "Role / Portal"),
    group(11, "base.group_public", "Role / Public"),
    group(15, "product.group_product_manager", "Products / Create"),
    group(
        22,
        "sales_team.group_sale_salesman",
        "Sales / User: Own Documents Only",
    ),
    group(
        23,
        "sales_team.group_sale_salesman_all_leads",
        "Sales / User: All Documents",
    ),
    group(24, "sales_team.group_sale_manager", "Sales / Administrator"),
    group(
        27,
        "account.group_account_invoice",
        "Accounting / Invoicing",
    ),
];

impl Role {
    /// The ids of the role's groups.
    pub(crate) fn groups(self) -> &'static [i64] {
        match self {
            Self::Admin => &[1, 2, 3, 4, 5, 6, 15, 22, 23, 24, 27],
            Self::Sales => &[1, 6, 22, 23],
            Self::SalesOwn => &[1, 22],
            Self::Internal => &[1],
            Self::Portal => &[10],
            Self::Public => &[11],
        }
    }
}

/// Who calls.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    pub(crate) uid: i64,
    pub(crate) login: String,
    pub(crate) groups: Vec<&'static str>,
}

impl Who {
    pub(crate) fn has(&self, group: &str) -> bool {
        self.groups.contains(&group)
    }

    /// The server itself, for what it does unasked.
    pub(crate) fn server() -> Self {
        Self {
            uid: 1,
            login: "__system__".to_owned(),
            groups: GROUPS.iter().map(|group| group.external).collect(),
        }
    }
}

/// The context of a call.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) active_test: bool,
    pub(crate) values: Map,
}

impl Default for Context {
    fn default() -> Self {
        Self {
            active_test: true,
            values: Map::new(),
        }
    }
}

impl Context {
    pub(crate) fn read(value: Option<Value>) -> Result<Self, Trouble> {
        let values = match value {
            None | Some(Value::Null | Value::Bool(false)) => Map::new(),
            Some(Value::Map(values)) => values,
            Some(_) => {
                return Err(Trouble::new(
                    Kind::Python("TypeError"),
                    "the context is not a dictionary",
                ));
            }
        };
        if let Some(Value::Text(lang)) = values.get("lang")
            && lang != "en_US"
        {
            return Err(Trouble::new(
                Kind::User,
                format!("Invalid language code: {lang}"),
            ));
        }
        let active_test = values.get("active_test").is_none_or(truthy);
        Ok(Self {
            active_test,
            values,
        })
    }
}

/// Whether Python would take the value for true.
pub(crate) fn truthy(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) | Value::Int(0) => false,
        Value::Float(number) => *number != 0.0,
        Value::Text(text) => !text.is_empty(),
        Value::Bytes(bytes) => !bytes.is_empty(),
        Value::List(items) => !items.is_empty(),
        Value::Map(map) => !map.is_empty(),
        Value::Bool(true) | Value::Int(_) | Value::Big(_) | Value::Moment(_) => true,
    }
}
