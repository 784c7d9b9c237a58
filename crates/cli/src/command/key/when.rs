//! Moments and lengths of time, as they are written on the command line.

use portcullis_identity::Timestamp;

pub(super) const DAY: i64 = 24 * 60 * 60 * 1000;

/// `2027-01-31T00:00:00Z`, or `90d`: days from now.
pub(super) fn moment(text: &str, now: Timestamp) -> anyhow::Result<Timestamp> {
    let moment = match days(text) {
        Some(days) => now.plus_millis(days * DAY),
        None => Timestamp::parse_rfc3339(text)?,
    };
    anyhow::ensure!(moment > now, "--expires: {moment} is not in the future");
    Ok(moment)
}

/// `7d`, `12h` or `0d`: a length of time from now.
pub(super) fn after(text: &str, now: Timestamp) -> anyhow::Result<Timestamp> {
    let hours = |text: &str| text.strip_suffix('h')?.parse::<u32>().ok();
    let millis = match (days(text), hours(text)) {
        (Some(days), _) => days * DAY,
        (None, Some(hours)) => i64::from(hours) * (DAY / 24),
        (None, None) => anyhow::bail!("--overlap: say days (7d) or hours (12h)"),
    };
    Ok(now.plus_millis(millis))
}

fn days(text: &str) -> Option<i64> {
    text.strip_suffix('d')?.parse::<u32>().ok().map(i64::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show;

    #[test]
    fn moments_are_read_in_both_forms() {
        let now = Timestamp::parse_rfc3339("2026-11-22T12:00:00Z").unwrap();
        assert_eq!(
            show::second(moment("2d", now).unwrap()),
            "2026-11-24T12:00:00Z"
        );
        assert_eq!(
            show::second(moment("2027-01-31T00:00:00Z", now).unwrap()),
            "2027-01-31T00:00:00Z"
        );
        assert!(moment("2026-01-31T00:00:00Z", now).is_err());
        assert!(moment("0d", now).is_err());
        assert!(moment("soon", now).is_err());
        assert!(moment("-1d", now).is_err());
        assert_eq!(
            show::second(after("12h", now).unwrap()),
            "2026-11-23T00:00:00Z"
        );
        assert_eq!(after("0d", now).unwrap(), now);
        assert!(after("soon", now).is_err() && after("-1d", now).is_err());
    }
}
