//! Time zones, as far as it takes to know when a day begins.

use super::moment::{self, DAY};

/// Where local time lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// So many seconds ahead of UTC, all year.
    Fixed(i64),
    /// So many seconds ahead of UTC in winter, an hour more in the European Union's summer.
    European(i64),
}

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self::Fixed(0);

    /// The zone of that name, if it is one whose rule is known here.
    pub fn named(name: &str) -> Option<Self> {
        const HOUR: i64 = 3600;
        Some(match name {
            "UTC" | "Etc/UTC" | "GMT" | "Etc/GMT" => Self::UTC,
            "Europe/London" | "Europe/Dublin" | "Europe/Lisbon" => Self::European(0),
            "Europe/Amsterdam" | "Europe/Belgrade" | "Europe/Berlin" | "Europe/Bratislava"
            | "Europe/Brussels" | "Europe/Budapest" | "Europe/Copenhagen" | "Europe/Ljubljana"
            | "Europe/Luxembourg" | "Europe/Madrid" | "Europe/Malta" | "Europe/Oslo"
            | "Europe/Paris" | "Europe/Prague" | "Europe/Rome" | "Europe/Stockholm"
            | "Europe/Vienna" | "Europe/Warsaw" | "Europe/Zagreb" | "Europe/Zurich" => {
                Self::European(HOUR)
            }
            "Europe/Athens" | "Europe/Bucharest" | "Europe/Helsinki" | "Europe/Riga"
            | "Europe/Sofia" | "Europe/Tallinn" | "Europe/Vilnius" => Self::European(2 * HOUR),
            "Asia/Dubai" => Self::Fixed(4 * HOUR),
            "Asia/Kolkata" => Self::Fixed(5 * HOUR + HOUR / 2),
            "Asia/Singapore" => Self::Fixed(8 * HOUR),
            "Asia/Tokyo" => Self::Fixed(9 * HOUR),
            _ => return None,
        })
    }

    /// The moment at which a day begins there; none where the rule is not known to hold.
    pub(super) fn midnight(self, day: i64) -> Option<i64> {
        let (year, _, _) = moment::civil(day);
        // Before that the rules were others.
        if !(2000..2100).contains(&year) && self != Self::UTC {
            return None;
        }
        match self {
            Self::Fixed(ahead) => Some(day * DAY - ahead),
            Self::European(winter) => {
                let begins = day * DAY - winter;
                let at_one = |month| last_sunday(year, month) * DAY + 3600;
                let summer = (at_one(3)..at_one(10)).contains(&begins);
                Some(if summer { begins - 3600 } else { begins })
            }
        }
    }
}

/// The last Sunday of a month of 31 days.
fn last_sunday(year: i64, month: i64) -> i64 {
    let last = moment::days(year, month, 31);
    // 1970-01-01 was a Thursday.
    last - (last + 4).rem_euclid(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_earlier_in_summer() {
        let brussels = Zone::named("Europe/Brussels").unwrap();
        let begins = |year, month, day| {
            let day = moment::days(year, month, day);
            (day * DAY - brussels.midnight(day).unwrap()) / 3600
        };
        assert_eq!(begins(2026, 10, 24), 2);
        assert_eq!(begins(2026, 10, 25), 2);
        assert_eq!(begins(2026, 10, 26), 1);
        assert_eq!(begins(2026, 3, 29), 1);
        assert_eq!(begins(2026, 3, 30), 2);
        assert_eq!(begins(2026, 12, 31), 1);
    }
}
