//! Which release an Odoo is of. Methods, arguments and answers differ by it.

/// A release of Odoo, as its major number: `saas~18.2` is of 18 and not yet 19.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release(u16);

impl Release {
    /// The first release that speaks JSON-2, and the one whose methods ours are named after.
    pub const NAMED: Self = Self(19);

    /// The release of this number.
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// Reads what a server says of its version: `19.0`, `17.0+e`, `saas~18.2`, `18.0-20260101`.
    pub fn read(version: &str) -> Option<Self> {
        let number = version.strip_prefix("saas~").unwrap_or(version);
        let digits = number.split(['.', '+', '-', 'a']).next()?;
        digits.parse().ok().filter(|number| *number > 0).map(Self)
    }

    /// The major number.
    pub const fn number(self) -> u16 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Release;

    #[test]
    fn the_major_number_is_read_out_of_every_form() {
        for (version, number) in [
            ("19.0", 19),
            ("17.0+e", 17),
            ("saas~18.2", 18),
            ("saas~18.2+e", 18),
            ("16.0-20260101", 16),
            ("20.0alpha1", 20),
            ("14", 14),
        ] {
            assert_eq!(
                Release::read(version),
                Some(Release::new(number)),
                "{version}"
            );
        }
        for version in ["", "0", "nineteen", "saas~", "-1.0"] {
            assert_eq!(Release::read(version), None, "{version}");
        }
    }
}
