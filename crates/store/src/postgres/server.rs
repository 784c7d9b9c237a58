//! Which server, and how this process shows who it is.

use std::fmt;
use std::path::PathBuf;

use portcullis_identity::Secret;
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;

/// A database of a server.
pub struct Server {
    /// `postgres://user@host/database`, without a password.
    pub url: String,
    /// The password; without it `PGPASSWORD`, `PGPASSFILE` or the server's trust must do.
    pub password: Option<Secret<String>>,
    /// Authorities of the server's certificate, in PEM, beside the public ones.
    pub authorities: Option<PathBuf>,
}

impl Server {
    pub(super) fn options(&self) -> Result<PgConnectOptions, sqlx::Error> {
        let mut options: PgConnectOptions = self.url.parse()?;
        // A URL has an IPv6 address in brackets, a socket's address has none.
        let host = options.get_host();
        let bare = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        if let Some(bare) = bare.map(str::to_owned) {
            options = options.host(&bare);
        }
        if let Some(password) = &self.password {
            options = password.expose(|plain| options.password(plain));
        }
        if let Some(authorities) = &self.authorities {
            options = options.ssl_root_cert(authorities);
        }
        Ok(options
            .application_name("portcullis")
            .disable_statement_logging())
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Server(…)")
    }
}

/// The same for connections that work: whoever does not answer holds nobody up. The server ends
/// a statement that takes too long, a transaction that does not go on, and the connection of a
/// machine that is gone.
pub(super) fn bounded(options: PgConnectOptions) -> PgConnectOptions {
    options.options([
        ("default_transaction_isolation", "read committed"),
        ("statement_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "10s"),
        ("tcp_keepalives_idle", "5"),
        ("tcp_keepalives_interval", "5"),
        ("tcp_keepalives_count", "3"),
    ])
}
