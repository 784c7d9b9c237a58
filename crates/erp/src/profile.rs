//! What differs between the ERPs that a gateway stands before, as data.
//!
//! [`profiles.tsv`](../profiles.tsv) has a line for each kind of ERP; whatever behaves
//! differently before one of them reads its profile. A profile is chosen by the configuration,
//! or found by the version that an Odoo tells at the start.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use crate::dialect::Dialect;
use crate::release::Release;

/// What differs about one kind of ERP.
#[derive(Debug, PartialEq)]
pub struct Profile {
    /// Its name.
    pub name: &'static str,
    /// Whether it is an Odoo; else it is a Frappe.
    pub is_odoo: bool,
    /// The releases that it is found by; none if it is only chosen.
    pub releases: Option<RangeInclusive<u16>>,
    /// What it speaks, the best first.
    pub dialects: Vec<Dialect>,
    /// Whether connections serve further requests.
    pub keeps_connections: bool,
    /// The largest request that it takes, in bytes.
    pub request: usize,
    /// Where the database is named.
    pub database: Naming,
    /// Whether the secret of an ERP user must be an API key.
    pub keys_only: bool,
    /// What else one must know of it.
    pub quirks: Vec<Quirk>,
}

/// Where the database or site of an upstream is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// In the configuration.
    Named,
    /// By the first label of the host, if the configuration says nothing.
    Label,
    /// By the whole host, if the configuration says nothing.
    Host,
}

/// A habit of an ERP that an operator should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quirk {
    /// XML-RPC answers a result of nothing with a fault, after it has committed.
    NoneIsAFault,
    /// JSON-RPC answers a result of nothing without a result.
    NoneIsAbsent,
    /// XML-RPC cannot answer whole numbers beyond 32 bits.
    IntegersOf32Bits,
    /// RPC goes on taking a key whose time is over.
    KeysOutliveExpiry,
    /// There is no version 2 of the REST API.
    NoVersion2,
    /// It can be reached beside the gateway.
    ReachedBeside,
}

const QUIRKS: &[(&str, Quirk, &str)] = &[
    (
        "none-is-a-fault",
        Quirk::NoneIsAFault,
        "over XML-RPC it answers a result of nothing with a fault although the call was done; the gateway answers `false`",
    ),
    (
        "none-is-absent",
        Quirk::NoneIsAbsent,
        "over JSON-RPC it answers a result of nothing without a result; so does the gateway",
    ),
    (
        "integers-of-32-bits",
        Quirk::IntegersOf32Bits,
        "over XML-RPC it fails to answer whole numbers beyond 32 bits, after the call was done",
    ),
    (
        "keys-outlive-expiry",
        Quirk::KeysOutliveExpiry,
        "over XML-RPC and JSON-RPC it goes on taking a key whose time is over, until it restarts: delete keys that shall end",
    ),
    ("no-version-2", Quirk::NoVersion2, "it has no `/api/v2`"),
    (
        "reached-beside",
        Quirk::ReachedBeside,
        "it can be reached without the gateway: keep its passwords and keys to the gateway",
    ),
];

impl Quirk {
    /// What it means, in words for the operator.
    pub fn words(self) -> &'static str {
        QUIRKS
            .iter()
            .find(|(_, quirk, _)| *quirk == self)
            .map_or("", |(_, _, words)| words)
    }
}

impl Profile {
    /// All profiles.
    pub fn all() -> &'static [Self] {
        static ALL: LazyLock<Vec<Profile>> = LazyLock::new(|| {
            include_str!("profiles.tsv")
                .lines()
                .filter(|line| !line.starts_with(['#', ' ']) && !line.starts_with("name\t"))
                .filter_map(Profile::read)
                .collect()
        });
        &ALL
    }

    /// The profile of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::all().iter().find(|profile| profile.name == name)
    }

    /// The profile of an Odoo of this release: the nearest, if there is none of its own.
    pub fn of_odoo(release: Release) -> Option<&'static Self> {
        let found = Self::all().iter().filter(|profile| profile.is_odoo);
        found.min_by_key(|profile| match &profile.releases {
            None => u16::MAX,
            Some(releases) if releases.contains(&release.number()) => 0,
            Some(releases) => releases
                .start()
                .abs_diff(release.number())
                .min(releases.end().abs_diff(release.number())),
        })
    }

    /// The release that it stands for, if it stands for one.
    pub fn release(&self) -> Option<Release> {
        self.releases
            .as_ref()
            .map(|releases| Release::new(*releases.start()))
    }

    /// The database of an upstream on this host, if the configuration need not name it.
    pub fn database_on<'a>(&self, host: &'a str) -> Option<&'a str> {
        match self.database {
            Naming::Named => None,
            Naming::Label => host.split('.').next(),
            Naming::Host => Some(host),
        }
    }

    fn read(line: &'static str) -> Option<Self> {
        let mut cells = line.split('\t');
        let mut cell = || cells.next();
        let (name, kind, releases) = (cell()?, cell()?, cell()?);
        let (dialects, connections, request) = (cell()?, cell()?, cell()?);
        let (database, secrets, quirks) = (cell()?, cell()?, cell()?);
        Some(Self {
            name,
            is_odoo: match kind {
                "odoo" => true,
                "frappe" => false,
                _ => return None,
            },
            releases: match releases {
                "-" => None,
                other => Some(range(other)?),
            },
            dialects: dialects.split(' ').map(dialect).collect::<Option<_>>()?,
            keeps_connections: match connections {
                "kept" => true,
                "fresh" => false,
                _ => return None,
            },
            request: request.parse::<usize>().ok()?.checked_mul(1 << 20)?,
            database: match database {
                "named" => Naming::Named,
                "label" => Naming::Label,
                "host" => Naming::Host,
                _ => return None,
            },
            keys_only: match secrets {
                "key" => true,
                "any" => false,
                _ => return None,
            },
            quirks: match quirks {
                "-" => Vec::new(),
                words => words.split(' ').map(quirk).collect::<Option<_>>()?,
            },
        })
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

fn range(text: &str) -> Option<RangeInclusive<u16>> {
    let Some((first, last)) = text.split_once('-') else {
        let one = text.parse().ok()?;
        return Some(one..=one);
    };
    let last = if last.is_empty() {
        u16::MAX
    } else {
        last.parse().ok()?
    };
    Some(first.parse().ok()?..=last)
}

fn dialect(word: &str) -> Option<Dialect> {
    match word {
        "json2" => Some(Dialect::Json2),
        "jsonrpc" => Some(Dialect::JsonRpc),
        "xmlrpc" => Some(Dialect::XmlRpc2),
        "frappe" => Some(Dialect::FrappeResource),
        _ => None,
    }
}

fn quirk(word: &str) -> Option<Quirk> {
    QUIRKS
        .iter()
        .find(|(name, _, _)| *name == word)
        .map(|(_, quirk, _)| *quirk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_profile() {
        let lines = include_str!("profiles.tsv")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .skip(1)
            .count();
        assert_eq!(Profile::all().len(), lines);
        for profile in Profile::all() {
            assert!(!profile.dialects.is_empty(), "{profile}");
            assert_eq!(Profile::named(profile.name), Some(profile));
        }
        assert!(QUIRKS.iter().all(|(_, quirk, _)| {
            Profile::all()
                .iter()
                .any(|profile| profile.quirks.contains(quirk))
        }));
    }

    #[test]
    fn an_odoo_is_found_by_its_release_and_no_other_way() {
        for (version, name) in [
            ("14.0", "odoo-14"),
            ("17.0+e", "odoo-17"),
            ("saas~18.2", "odoo-18"),
            ("19.0", "odoo-19"),
            ("21.0", "odoo-20"),
            ("23.0", "odoo-22"),
            ("13.0", "odoo-14"),
        ] {
            let release = Release::read(version).expect("a version");
            let found = Profile::of_odoo(release).expect("a profile");
            assert_eq!(found.name, name, "{version}");
        }
    }

    #[test]
    fn hosted_ones_name_their_database_by_the_host() {
        let online = Profile::named("odoo-online").expect("a profile");
        assert_eq!(online.database_on("acme.odoo.com"), Some("acme"));
        let cloud = Profile::named("frappe-cloud").expect("a profile");
        assert_eq!(
            cloud.database_on("acme.frappe.cloud"),
            Some("acme.frappe.cloud")
        );
        let own = Profile::named("odoo-19").expect("a profile");
        assert_eq!(own.database_on("erp.example.com"), None);
    }

    #[test]
    fn json_2_is_spoken_from_19_on_and_rpc_until_21() {
        for profile in Profile::all().iter().filter(|profile| profile.is_odoo) {
            let Some(releases) = &profile.releases else {
                continue;
            };
            let speaks = |dialect| profile.dialects.contains(&dialect);
            assert_eq!(speaks(Dialect::Json2), *releases.end() >= 19, "{profile}");
            assert_eq!(
                speaks(Dialect::XmlRpc2),
                *releases.start() < 22,
                "{profile}"
            );
        }
    }
}
