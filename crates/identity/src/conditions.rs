//! Under which conditions a credential opens what it opens.

use std::net::IpAddr;

use crate::networks::Networks;
use crate::style::Style;

/// What must be so for a credential to be good, beside its being the right one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conditions {
    /// The networks it may be shown from.
    pub networks: Networks,
    /// The ways in which it may be shown; none: in any that is taken.
    pub styles: Vec<Style>,
    /// Whether each request must be signed with it.
    pub must_sign: bool,
}

/// Which condition is not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unmet {
    /// It came from another network.
    Address,
    /// It was shown in another way.
    Style,
    /// The request was not signed.
    Unsigned,
    /// The signature is too old, or from the future.
    Clock,
    /// The signature was used before.
    Repeated,
    /// The key's time is over.
    Expired,
    /// The key is suspended.
    Suspended,
    /// The key was revoked.
    Revoked,
    /// The ERP user as whom its calls run is archived, and nobody stands in.
    Archived,
    /// Others may have read it on its way.
    Clear,
}

impl Unmet {
    /// The condition in a word, for records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "key-address",
            Self::Style => "key-style",
            Self::Unsigned => "key-unsigned",
            Self::Clock => "signature-clock",
            Self::Repeated => "signature-repeated",
            Self::Expired => "key-expired",
            Self::Suspended => "key-suspended",
            Self::Revoked => "key-revoked",
            Self::Archived => "erp-user-archived",
            Self::Clear => "key-in-clear",
        }
    }
}

impl Conditions {
    /// Whether a credential may be shown from this address. IPv4 addresses within IPv6 count
    /// as what they are.
    ///
    /// # Errors
    /// When it may not.
    pub fn from_here(&self, address: IpAddr) -> Result<(), Unmet> {
        let met = self.networks.have(address);
        met.then_some(()).ok_or(Unmet::Address)
    }

    /// Whether a credential may be shown in this way.
    ///
    /// # Errors
    /// When it may not.
    pub fn in_this_way(&self, style: Style) -> Result<(), Unmet> {
        if self.must_sign && style != Style::Signature {
            return Err(Unmet::Unsigned);
        }
        let met = self.styles.is_empty() || self.styles.contains(&style);
        met.then_some(()).ok_or(Unmet::Style)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(all: &Conditions, address: &str, style: Style) -> Result<(), Unmet> {
        all.from_here(address.parse().unwrap())?;
        all.in_this_way(style)
    }

    #[test]
    fn no_condition_is_always_met() {
        let open = Conditions::default();
        for style in Style::ALL {
            assert_eq!(met(&open, "192.0.2.1", *style), Ok(()));
        }
    }

    #[test]
    fn each_condition_is_one_of_its_own() {
        let strict = Conditions {
            networks: Networks(vec![
                "192.0.2.0/24".parse().unwrap(),
                "2001:db8::/32".parse().unwrap(),
            ]),
            styles: vec![Style::Bearer, Style::Signature],
            must_sign: false,
        };
        for near in ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1"] {
            assert_eq!(met(&strict, near, Style::Bearer), Ok(()));
        }
        assert_eq!(
            met(&strict, "198.51.100.1", Style::Bearer),
            Err(Unmet::Address)
        );
        assert_eq!(met(&strict, "192.0.2.7", Style::Basic), Err(Unmet::Style));
        let signed = Conditions {
            must_sign: true,
            ..strict
        };
        assert_eq!(
            met(&signed, "192.0.2.7", Style::Bearer),
            Err(Unmet::Unsigned)
        );
        assert_eq!(met(&signed, "192.0.2.7", Style::Signature), Ok(()));
        assert_eq!(
            met(&signed, "192.0.2.7", Style::LegacySignature),
            Err(Unmet::Unsigned),
            "a scheme that leaves something unsigned is no signature"
        );
    }
}
