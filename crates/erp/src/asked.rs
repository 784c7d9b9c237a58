//! A decoded, unjudged request.

use crate::call::Call;
use crate::dialect::rest;
use crate::name::{Database, Model};
use crate::value::Value;

/// What a request asks: a call for the ERP, or something that is answered here.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// A call of a method of a model.
    Call(Call),
    /// A request of the façade: a call, once it is known which ERP it is for.
    Rest(Box<rest::Request>),
    /// Several requests in one.
    Batch(Vec<rest::Item>),
    /// Something that the gateway answers by itself.
    Local(Local),
}

/// What the gateway answers by itself, without asking the ERP.
#[derive(Debug, Clone, PartialEq)]
pub enum Local {
    /// Odoo `common.version`, `/web/webclient/version_info`, `/web/version`, `/json/version`.
    Version,
    /// Odoo `common.about`.
    About,
    /// The same, asked for the version besides.
    AboutVersion,
    /// Odoo `db.server_version`.
    ServerVersion,
    /// Odoo `db.list`, `/web/database/list`.
    Databases,
    /// Odoo `db.db_exist`: whether the caller may know of it.
    DatabaseExists(Option<Database>),
    /// Odoo `common.authenticate` and `common.login`: answers the bound user's uid, or `false`.
    Authenticate,
    /// A log-in that opens a session: Odoo `/web/session/authenticate`, Frappe `login`.
    LogIn,
    /// The end of a session: Odoo `/web/session/destroy`, Frappe `logout`.
    LogOut,
    /// The end of all sessions of whoever asks: of the façade only.
    LogOutEverywhere,
    /// The token against forged requests of a session: of the façade only.
    Token,
    /// Odoo `/web/session/get_session_info`.
    SessionInfo,
    /// Odoo `/web/session/check`: whether there is a session.
    SessionCheck,
    /// Odoo `/doc-bearer/{model}.json`: the arguments of a model's methods.
    Documentation(Model),
    /// The façade's `-/explain-signature`: why a signature differs.
    ExplainSignature(Box<rest::Told>),
    /// Frappe `ping`.
    Ping,
    /// Frappe `frappe.auth.get_logged_user`.
    LoggedUser,
    /// A service method that is shut to everybody (`db.dump`, `db.create_database`, …).
    Shut(Value),
}

/// A credential that lies in the body: what RPC dialects carry beside the call.
#[derive(Clone)]
pub struct SlotCredential {
    /// The database that was named.
    pub database: Option<Database>,
    /// Who is claimed: a uid (`object` calls) or a login (`authenticate`, `login`).
    pub claim: Claim,
    /// The password slot, where gateway keys are put; empty is no credential.
    pub password: String,
}

/// Who an RPC body claims to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The numeric id of `object` calls, after Odoo's own lenient reading of it.
    Uid(i64),
    /// The login name of `authenticate` and `login`.
    Login(String),
}

impl std::fmt::Debug for SlotCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SlotCredential")
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}
