//! A moment. Time is an argument everywhere; this is its type.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// Why a text is no moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a moment such as 2026-11-22T08:00:00Z (RFC 3339)")]
pub struct TimestampError;

impl Timestamp {
    /// Microseconds since 1970 UTC.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The moment `millis` later (or earlier); stays at the end of time instead of wrapping.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis.saturating_mul(1000)))
    }

    /// The moment `micros` later (or earlier); stays at the end of time instead of wrapping.
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Microseconds from `earlier` to this moment; negative when it is later.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The moment as RFC 3339 text in UTC with microseconds.
    pub fn to_rfc3339(self) -> String {
        let days = self.0.div_euclid(86_400_000_000);
        let micros = self.0.rem_euclid(86_400_000_000);
        let (year, month, day) = civil(days);
        let second = micros / 1_000_000;
        format!(
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:06}Z",
            second / 3600,
            second / 60 % 60,
            second % 60,
            micros % 1_000_000
        )
    }

    /// Reads RFC 3339 text, in any offset; what is finer than a microsecond is dropped.
    ///
    /// # Errors
    /// When the text is no such moment.
    pub fn parse_rfc3339(text: &str) -> Result<Self, TimestampError> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| TimestampError)?;
        let micros = moment.unix_timestamp_nanos().div_euclid(1000);
        i64::try_from(micros).map(Self).map_err(|_| TimestampError)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar.
/// The year is taken to begin in March, so that the leap day is its last one.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_moments() {
        assert_eq!(Timestamp(0).to_rfc3339(), "1970-01-01T00:00:00.000000Z");
        assert_eq!(Timestamp(-1).to_rfc3339(), "1969-12-31T23:59:59.999999Z");
        let leap = Timestamp::parse_rfc3339("2024-02-29T23:59:59.5+01:00");
        assert_eq!(
            leap.map(Timestamp::to_rfc3339).as_deref(),
            Ok("2024-02-29T22:59:59.500000Z")
        );
        assert_eq!(Timestamp::parse_rfc3339("yesterday"), Err(TimestampError));
    }

    #[test]
    fn the_end_of_time_does_not_wrap() {
        assert_eq!(Timestamp(i64::MAX).plus_millis(1), Timestamp(i64::MAX));
        assert_eq!(Timestamp(7).since(Timestamp(5)), 2);
        assert!(Timestamp(i64::MAX).to_rfc3339() > Timestamp(i64::MIN).to_rfc3339());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(micros in -62_135_596_800_000_000_i64..253_402_300_800_000_000) {
            let moment = Timestamp(micros);
            prop_assert_eq!(Timestamp::parse_rfc3339(&moment.to_rfc3339()), Ok(moment));
        }
    }
}
