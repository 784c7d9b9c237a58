//! Dates and times as domains write them, and the parts of a date.

/// Seconds since 1970-01-01 without a zone, as Odoo keeps its times (UTC).
pub(super) type Seconds = i64;

/// One day in seconds.
pub(super) const DAY: i64 = 86_400;

/// What a text says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// A day, as the days since 1970-01-01.
    Day(i64),
    /// A second of a day.
    Moment(Seconds),
    /// A date relative to now (`today -3d`): this knows no clock.
    Relative,
    /// Nothing that Odoo takes.
    Nonsense,
}

/// Reads a text of a domain.
pub(super) fn read(text: &str) -> Said {
    if let Some(said) = iso(text) {
        return said;
    }
    let mut terms = text.split_whitespace().peekable();
    let Some(first) = terms.peek().copied() else {
        return Said::Nonsense;
    };
    if matches!(first, "today" | "now") {
        terms.next();
    }
    if terms.all(is_offset) {
        Said::Relative
    } else {
        Said::Nonsense
    }
}

/// Whether it is an offset of a relative date (`+3d`, `=monday`).
fn is_offset(term: &str) -> bool {
    let Some(rest) = term.strip_prefix(['+', '-', '=']) else {
        return false;
    };
    let days = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    if days.contains(&rest) || rest == "week_start" {
        return true;
    }
    let Some(number) = rest.strip_suffix(['d', 'm', 'y', 'w', 'H', 'M', 'S']) else {
        return false;
    };
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads the plain forms of ISO 8601.
fn iso(text: &str) -> Option<Said> {
    let day = day(text.get(..10)?)?;
    let rest = text.get(10..)?;
    if rest.is_empty() {
        return Some(Said::Day(day));
    }
    // Any one character may part date and time.
    let mut characters = rest.chars();
    characters.next();
    let time = characters.as_str();
    let (clock, fraction) = match time.split_once(['.', ',']) {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (time, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if fraction.is_some_and(|fraction| !digits(fraction)) {
        return None;
    }
    let parts: Vec<&str> = clock.split(':').collect();
    let mut seconds = 0;
    let limits = [24, 60, 60];
    if parts.is_empty() || parts.len() > 3 || (fraction.is_some() && parts.len() < 3) {
        return None;
    }
    for (at, limit) in limits.into_iter().enumerate() {
        let number = match parts.get(at) {
            Some(part) => two_digits(part)?,
            None => 0,
        };
        if number >= limit {
            return None;
        }
        seconds = seconds * 60 + number;
    }
    Some(Said::Moment(day * DAY + seconds))
}

fn two_digits(text: &str) -> Option<i64> {
    (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())?
}

/// `2026-11-22` as days since 1970-01-01.
fn day(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
        return None;
    }
    let (year, month) = (text.get(..4)?, text.get(5..7)?);
    if !year.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, month, day) = (
        year.parse().ok()?,
        two_digits(month)?,
        two_digits(text.get(8..)?)?,
    );
    let longest = days_of_month(year, month)?;
    (year >= 1 && day >= 1 && day <= longest).then(|| days(year, month, day))
}

fn days_of_month(year: i64, month: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if leap { 29 } else { 28 }),
        _ => None,
    }
}

/// Days from 1970-01-01 to a day of the Gregorian calendar.
pub(super) fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a count of days.
pub(super) fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let years = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * years + years / 4 - years / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    (years + era * 400 + i64::from(month <= 2), month, day)
}

/// The parts of a date that a path may end in.
pub(super) const PARTS: &[&str] = &[
    "year_number",
    "quarter_number",
    "month_number",
    "iso_week_number",
    "day_of_year",
    "day_of_month",
    "day_of_week",
    "hour_number",
    "minute_number",
    "second_number",
];

/// One part of a moment, as PostgreSQL's `date_part` gives it; whole seconds.
pub(super) fn part(name: &str, moment: Seconds) -> Option<i64> {
    let days_since = moment.div_euclid(DAY);
    let of_day = moment.rem_euclid(DAY);
    let (year, month, day) = civil(days_since);
    // Monday is 0; 1970-01-01 was a Thursday.
    let weekday = (days_since + 3).rem_euclid(7);
    Some(match name {
        "year_number" => year,
        "quarter_number" => (month - 1) / 3 + 1,
        "month_number" => month,
        "iso_week_number" => {
            let thursday = days_since - weekday + 3;
            let (year, _, _) = civil(thursday);
            (thursday - days(year, 1, 1)) / 7 + 1
        }
        "day_of_year" => days_since - days(year, 1, 1) + 1,
        "day_of_month" => day,
        "day_of_week" => (weekday + 1) % 7,
        "hour_number" => of_day / 3600,
        "minute_number" => of_day / 60 % 60,
        "second_number" => of_day % 60,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_odoo_reads_them() {
        assert_eq!(read("1970-01-02"), Said::Day(1));
        assert_eq!(
            read("2026-11-22 13:28:37"),
            Said::Moment(20_779 * DAY + 48_517)
        );
        assert_eq!(
            read("2026-11-22T13:28"),
            Said::Moment(20_779 * DAY + 48_480)
        );
        assert_eq!(read("2026-02-30"), Said::Nonsense);
        assert_eq!(read("today -3d"), Said::Relative);
        assert_eq!(read("tomorrow"), Said::Nonsense);
        assert_eq!(read(""), Said::Nonsense);
    }

    #[test]
    fn parts_are_those_of_the_calendar() {
        let Said::Moment(moment) = read("2026-11-22 13:28:37") else {
            panic!("a moment")
        };
        let found: Vec<_> = PARTS
            .iter()
            .map(|name| part(name, moment).unwrap())
            .collect();
        assert_eq!(found, [2026, 4, 11, 47, 326, 22, 0, 13, 28, 37]);
    }
}
