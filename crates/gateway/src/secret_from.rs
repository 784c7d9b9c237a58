//! Where a secret of the configuration is: in a file, or in the environment. The one place in
//! this crate that reads the environment.
//!
//! A variable may hold the secret or, as containers are given theirs, its name with `_FILE`
//! behind it a file that does.

use std::fmt;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use portcullis_identity::Secret;

/// The most bytes of a secret.
const MOST: u64 = 64 << 10;

/// Where containers are given their secrets, which everybody within may read.
const CONTAINER: &str = "/run/secrets";

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretFrom {
    /// In this file.
    File(PathBuf),
    /// In this variable of the environment, or in the file that the one with `_FILE` names.
    Variable(Variable),
}

/// The name of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable(String);

/// Why there is no secret. Says nothing of what was read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("the secret file {} cannot be read: {source}", path.display())]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others may read the file.
    #[error("the secret file {} can be read by everybody on this machine; `chmod 600` it", .0.display())]
    Loose(PathBuf),
    /// There is nothing in it.
    #[error("{0} is empty")]
    Empty(SecretFrom),
    /// It is no secret, but a text.
    #[error("{0} has more than one line, or is too long")]
    Long(SecretFrom),
    /// Nothing was set.
    #[error("neither `{0}` nor `{0}_FILE` is set in the environment")]
    Unset(String),
    /// Both were set.
    #[error("both `{0}` and `{0}_FILE` are set in the environment; set one")]
    Both(String),
    /// It cannot be read as text.
    #[error("`{0}` of the environment is no text")]
    NoText(String),
}

impl Variable {
    /// A name that programs can be given: of capital letters, digits and `_`.
    pub fn new(name: &str) -> Option<Self> {
        let starts = name.starts_with(|first: char| first.is_ascii_uppercase() || first == '_');
        let is_one = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        (starts && name.chars().all(is_one)).then(|| Self(name.to_owned()))
    }
}

impl SecretFrom {
    /// Reads the secret; the end of its line is no part of it.
    ///
    /// # Errors
    /// When it is not there, or is none.
    pub fn read(&self) -> Result<Secret<String>, SecretError> {
        self.find(|_| Ok(()))
    }

    /// The same, but a file that everybody on the machine may read is refused, unless it is one
    /// of a container.
    ///
    /// # Errors
    /// As for [`SecretFrom::read`], or when it is such a file.
    pub fn read_private(&self) -> Result<Secret<String>, SecretError> {
        self.find(|path| {
            let of_container = path.starts_with(CONTAINER);
            let mode = std::fs::metadata(path)
                .map_err(|source| SecretError::Unreadable {
                    path: path.to_owned(),
                    source,
                })?
                .permissions()
                .mode();
            if mode & 0o004 != 0 && !of_container {
                return Err(SecretError::Loose(path.to_owned()));
            }
            Ok(())
        })
    }

    fn find(
        &self,
        look: impl FnOnce(&Path) -> Result<(), SecretError>,
    ) -> Result<Secret<String>, SecretError> {
        let Variable(name) = match self {
            Self::File(path) => {
                look(path)?;
                return one_line(read(path)?, self);
            }
            Self::Variable(variable) => variable,
        };
        match (environment(name)?, environment(&format!("{name}_FILE"))?) {
            (Some(text), None) => one_line(text, self),
            (None, Some(path)) => {
                let path = PathBuf::from(path);
                look(&path)?;
                one_line(read(&path)?, &Self::File(path))
            }
            (None, None) => Err(SecretError::Unset(name.clone())),
            (Some(_), Some(_)) => Err(SecretError::Both(name.clone())),
        }
    }
}

impl fmt::Display for SecretFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "the secret file {}", path.display()),
            Self::Variable(Variable(name)) => write!(f, "`{name}` of the environment"),
        }
    }
}

fn environment(name: &str) -> Result<Option<String>, SecretError> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where the environment is read"
    )]
    let found = std::env::var(name);
    match found {
        Ok(text) => Ok(Some(text)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(SecretError::NoText(name.to_owned())),
    }
}

fn read(path: &Path) -> Result<String, SecretError> {
    // Never grown, so that no copy is left behind.
    let mut text = String::with_capacity(usize::try_from(MOST).unwrap_or(0));
    std::fs::File::open(path)
        .and_then(|file| file.take(MOST).read_to_string(&mut text))
        .map_err(|source| SecretError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
    Ok(text)
}

fn one_line(mut text: String, from: &SecretFrom) -> Result<Secret<String>, SecretError> {
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    let is_long =
        text.contains(['\r', '\n']) || u64::try_from(text.len()).is_ok_and(|long| long >= MOST);
    let secret = Secret::new(text);
    if secret.expose(String::is_empty) {
        return Err(SecretError::Empty(from.clone()));
    }
    if is_long {
        return Err(SecretError::Long(from.clone()));
    }
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_one_line_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str, mode: u32| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            SecretFrom::File(path)
        };
        let good = put("good", "open sesame\r\n", 0o640);
        let read = good.read_private().unwrap();
        assert!(read.expose(|text| text == "open sesame"));
        let loose = put("loose", "open sesame\n", 0o604);
        assert!(loose.read().is_ok());
        let told = |from: &SecretFrom| from.read_private().unwrap_err().to_string();
        assert!(told(&loose).contains("chmod 600"), "{}", told(&loose));
        assert!(told(&put("empty", "\n", 0o600)).contains("is empty"));
        assert!(told(&put("two", "open\nsesame", 0o600)).contains("more than one line"));
        let none = SecretFrom::File(folder.path().join("none"));
        assert!(told(&none).contains("none cannot be read"));
    }

    #[test]
    fn a_variable_has_a_name_of_capital_letters() {
        for good in ["WEB_SHOP_KEY", "_X", "K2"] {
            assert!(Variable::new(good).is_some(), "{good}");
        }
        for bad in ["", "web_shop", "2K", "A-B", "A=B", "A B"] {
            assert!(Variable::new(bad).is_none(), "{bad}");
        }
        let unset = Variable::new("PORTCULLIS_TEST_OF_WHAT_NOBODY_SETS").unwrap();
        let told = SecretFrom::Variable(unset).read().unwrap_err().to_string();
        assert!(told.contains("NOBODY_SETS_FILE` is set"), "{told}");
    }
}
