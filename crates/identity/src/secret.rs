//! A value that must not be seen.

use std::fmt;

use zeroize::Zeroize;

/// Holds a secret: it is wiped when dropped, prints as `Secret(…)`, cannot be cloned or
/// serialised, and is read only through [`Secret::expose`], so that every place that reads
/// one is found by one search.
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes a value in.
    pub fn new(plain: T) -> Self {
        Self(plain)
    }

    /// Shows the value to `use_it` for the length of one call.
    pub fn expose<R>(&self, use_it: impl FnOnce(&T) -> R) -> R {
        use_it(&self.0)
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl From<&str> for Secret<String> {
    fn from(plain: &str) -> Self {
        Self(plain.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_not_seen_in_debug() {
        let secret = Secret::new("open sesame".to_owned());
        assert_eq!(secret.expose(|plain| plain.len()), 11);
        assert_eq!(format!("{secret:?} {secret:#?}"), "Secret(…) Secret(…)");
    }

    #[test]
    fn it_is_wiped_when_dropped() {
        struct Watched<'a>(&'a std::cell::Cell<bool>);
        impl Zeroize for Watched<'_> {
            fn zeroize(&mut self) {
                self.0.set(true);
            }
        }
        let wiped = std::cell::Cell::new(false);
        drop(Secret::new(Watched(&wiped)));
        assert!(wiped.get());
    }
}
