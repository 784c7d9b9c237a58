//! The credential that a route adds for the ERP.

use std::ops::Range;
use std::path::Path;

use http::HeaderName;
use portcullis_identity::ErpLogin;
use portcullis_policy::Family;
use toml::Spanned;

use super::header;
use crate::config::raw::{RawCredential, RawSource};
use crate::config::{Checker, UpstreamConfig};
use crate::controller::{Credential, How, Whose};

impl Checker<'_> {
    pub(super) fn credential(
        &mut self,
        folder: &Path,
        raw: Spanned<RawCredential>,
        anonymous: bool,
        upstream: Option<&UpstreamConfig>,
    ) -> Option<Credential> {
        let at = raw.span();
        let RawCredential {
            header,
            bearer,
            basic,
            token,
            session,
        } = raw.into_inner();
        let how = [
            header.map(|source| (None, source)),
            bearer.map(|source| (Some(How::Bearer), source)),
            basic.map(|source| (Some(How::Basic), source)),
            token.map(|source| (Some(How::Token), source)),
        ];
        let mut shown = how.into_iter().flatten();
        match (shown.next(), shown.next(), session) {
            (Some((how, source)), None, None) => {
                let how = self.how(how, &source, at.clone())?;
                if how == How::Token && upstream.is_some_and(|one| one.family == Family::Odoo) {
                    let message =
                        "`token` is how Frappe has it; take `bearer` or `header` for Odoo";
                    self.at(at.clone(), message.to_owned());
                }
                let whose = self.whose(folder, source)?;
                self.somebodys(anonymous && whose == Whose::Caller, at);
                Some(Credential::Shown { how, whose })
            }
            (None, None, Some(source)) => {
                if let Some(name) = source.name.as_ref().or(source.secret_file.as_ref()) {
                    let message = "a session is that of an ERP user, named by `user`, whose password lies at `[upstream.NAME.user.LOGIN]` or is sealed by `portcullis user add`";
                    self.at(name.span(), message.to_owned());
                    return None;
                }
                self.somebodys(anonymous && source.user.is_none(), at);
                match self.whose(folder, source)? {
                    Whose::User(login) => Some(Credential::Session(Some(login))),
                    Whose::Caller | Whose::File(_) => Some(Credential::Session(None)),
                }
            }
            _ => {
                let message = "`credential` has one of the tables `header`, `bearer`, `basic`, `token`, `session`";
                self.at(at, message.to_owned());
                None
            }
        }
    }

    /// How a credential is shown; none of the words means in a header of the name given.
    fn how(&mut self, how: Option<How>, source: &RawSource, at: Range<usize>) -> Option<How> {
        match (how, &source.name) {
            (Some(how), None) => Some(how),
            (Some(_), Some(name)) => {
                let message = "`name` is for [route.credential.header]".to_owned();
                self.at(name.span(), message);
                None
            }
            (None, Some(name)) => self.carrier(name).map(How::Header),
            (None, None) => {
                self.at(
                    at,
                    "`name` says in which header the credential is".to_owned(),
                );
                None
            }
        }
    }

    fn somebodys(&mut self, nobodys: bool, at: Range<usize>) {
        if nobodys {
            let message = "whoever comes may be nobody: say whose credential it is by `user` or `secret-file`";
            self.at(at, message.to_owned());
        }
    }

    fn carrier(&mut self, name: &Spanned<String>) -> Option<HeaderName> {
        let carrier = HeaderName::from_bytes(name.get_ref().as_bytes())
            .ok()
            .filter(|name| header::may_carry(name.as_str()));
        if carrier.is_none() {
            let message = "this header cannot carry a credential".to_owned();
            self.at(name.span(), message);
        }
        carrier
    }

    fn whose(&mut self, folder: &Path, source: RawSource) -> Option<Whose> {
        match (source.secret_file, source.user) {
            (None, None) => Some(Whose::Caller),
            (Some(file), None) => Some(Whose::File(folder.join(file.get_ref()))),
            (None, Some(user)) => match ErpLogin::new(user.get_ref()) {
                Ok(login) => Some(Whose::User(login)),
                Err(error) => {
                    self.at(user.span(), error.to_string());
                    None
                }
            },
            (Some(_), Some(user)) => {
                let message = "`user` or `secret-file`, not both".to_owned();
                self.at(user.span(), message);
                None
            }
        }
    }
}
