//! What the gateway itself asks of an ERP: which version, which uid, what a DocType is.

use super::piece::Piece;
use super::xmlrpc::codec;
use super::{Dialect, Outbound, UpstreamLogin, frappe, jsonrpc};
use crate::fault::{Fault, FaultKind};
use crate::name::Model;
use crate::value::Map;

impl Dialect {
    /// Writes the request that logs a user in and is answered with its uid. JSON-2 has no
    /// log-in: there the user's own context (`res.users.context_get`) holds the uid.
    ///
    /// # Errors
    /// When this dialect has no way to ask.
    pub fn write_login(self, login: &UpstreamLogin<'_>) -> Result<Outbound, Fault> {
        let empty = Map::new();
        let args = vec![
            Piece::Text(login.database.as_str()),
            Piece::Text(login.login),
            Piece::Text(login.secret),
            Piece::Entries(&empty),
        ];
        match self {
            Self::Json2 => {
                let call = crate::Call::new("res.users", "context_get")
                    .map_err(|error| Fault::new(FaultKind::BadArguments, error.to_string()))?;
                self.write(&call, login)
            }
            Self::XmlRpc1 | Self::XmlRpc2 | Self::JsonRpc => self.common("authenticate", args),
            Self::OdooWeb
            | Self::OdooCall
            | Self::FrappeResource
            | Self::FrappeMethod
            | Self::FrappeV2
            | Self::FrappeFile
            | Self::Custom
            | Self::Rest => Err(Fault::new(
                FaultKind::BadArguments,
                "this dialect has no log-in",
            )),
        }
    }

    /// Writes the request that is answered with the server's version.
    ///
    /// # Errors
    /// When this dialect has no way to ask.
    pub fn write_version(self) -> Result<Outbound, Fault> {
        match self {
            Self::Json2 => Ok(Outbound {
                verb: "GET",
                target: "/web/version".to_owned(),
                headers: Vec::new(),
                body: Vec::new(),
            }),
            Self::XmlRpc1 | Self::XmlRpc2 | Self::JsonRpc => self.common("version", Vec::new()),
            Self::OdooWeb
            | Self::OdooCall
            | Self::FrappeResource
            | Self::FrappeMethod
            | Self::FrappeV2
            | Self::FrappeFile
            | Self::Custom
            | Self::Rest => Err(Fault::new(
                FaultKind::BadArguments,
                "this dialect has no version",
            )),
        }
    }

    /// Writes the request that is answered with what a DocType is made of.
    ///
    /// # Errors
    /// When this dialect has no way to ask.
    pub fn write_meta(self, doctype: &Model, login: &UpstreamLogin<'_>) -> Result<Outbound, Fault> {
        match self {
            Self::FrappeResource | Self::FrappeMethod | Self::FrappeV2 => {
                frappe::write_meta(doctype, login)
            }
            Self::XmlRpc1
            | Self::XmlRpc2
            | Self::JsonRpc
            | Self::Json2
            | Self::OdooWeb
            | Self::OdooCall
            | Self::FrappeFile
            | Self::Custom
            | Self::Rest => Err(Fault::new(
                FaultKind::BadArguments,
                "this dialect has no DocTypes",
            )),
        }
    }

    /// Writes a request for the service `common`.
    fn common(self, method: &str, args: Vec<Piece<'_>>) -> Result<Outbound, Fault> {
        if self == Self::JsonRpc {
            let params = Piece::Map(vec![
                ("service", Piece::Text("common")),
                ("method", Piece::Text(method)),
                ("args", Piece::List(args)),
            ]);
            return Ok(jsonrpc::to("/jsonrpc", params));
        }
        let mut body = Vec::with_capacity(512);
        codec::write_pieces(&mut body, method, &args)
            .map_err(|error| Fault::new(FaultKind::BadValue, error.to_string()))?;
        Ok(Outbound {
            verb: "POST",
            target: if self == Self::XmlRpc1 {
                "/xmlrpc/common"
            } else {
                "/xmlrpc/2/common"
            }
            .to_owned(),
            headers: vec![("content-type", "text/xml".to_owned())],
            body,
        })
    }
}

/// The request that begins a session at Odoo's web client, with a password.
pub(crate) fn session_login(login: &UpstreamLogin<'_>) -> Outbound {
    let params = Piece::Map(vec![
        ("db", Piece::Text(login.database.as_str())),
        ("login", Piece::Text(login.login)),
        ("password", Piece::Text(login.secret)),
    ]);
    jsonrpc::to("/web/session/authenticate", params)
}
