//! Moments and lengths of time, as administrators write them.

use portcullis_identity::Timestamp;

use crate::refusal::Refusal;

pub(super) const DAY: i64 = 24 * 60 * 60 * 1000;

/// How far away a moment may be, in days: ten years. What is further is a slip, and as good as
/// no end.
const FURTHEST: i64 = 3653;

/// `2027-01-31T00:00:00Z`, or `90d`: days from now.
pub(super) fn moment(text: &str, now: Timestamp) -> Result<Timestamp, Refusal> {
    let moment = match days(text) {
        Some(days) => now.plus_millis(days * DAY),
        None => Timestamp::parse_rfc3339(text).map_err(|_| {
            let forms = "`expires`: say a moment (2027-01-31T00:00:00Z), or days (90d)";
            Refusal::Unfit(forms.to_owned())
        })?,
    };
    if moment > now.plus_millis(FURTHEST * DAY) {
        let far = "`expires`: this is more than ten years away; say a nearer moment";
        return Err(Refusal::Unfit(far.to_owned()));
    }
    if moment > now {
        return Ok(moment);
    }
    let past = format!("`expires`: {moment} is not in the future");
    Err(Refusal::Unfit(past))
}

/// `7d`, `12h` or `0d`: a length of time from now.
pub(super) fn after(text: &str, now: Timestamp) -> Result<Timestamp, Refusal> {
    let hours = |text: &str| text.strip_suffix('h')?.parse::<u32>().ok();
    let millis = match (days(text), hours(text)) {
        (Some(days), _) => days * DAY,
        (None, Some(hours)) => i64::from(hours) * (DAY / 24),
        (None, None) => {
            let forms = "`overlap`: say days (7d) or hours (12h)";
            return Err(Refusal::Unfit(forms.to_owned()));
        }
    };
    Ok(now.plus_millis(millis))
}

fn days(text: &str) -> Option<i64> {
    text.strip_suffix('d')?.parse::<u32>().ok().map(i64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_both_forms() {
        let now = Timestamp::parse_rfc3339("2026-11-22T12:00:00Z").unwrap();
        let at = |text: &str| Timestamp::parse_rfc3339(text).unwrap();
        assert_eq!(moment("2d", now).unwrap(), at("2026-11-24T12:00:00Z"));
        let later = "2027-01-31T00:00:00Z";
        assert_eq!(moment(later, now).unwrap(), at(later));
        assert!(moment("2026-01-31T00:00:00Z", now).is_err());
        assert_eq!(moment("3653d", now).unwrap(), at("2036-11-22T12:00:00Z"));
        for far in ["3654d", "4294967295d", "9999-12-31T23:59:59Z"] {
            let said = format!("{:?}", moment(far, now).unwrap_err());
            assert!(said.contains("ten years"), "{far}: {said}");
        }
        assert!(moment("0d", now).is_err());
        assert!(moment("soon", now).is_err());
        assert!(moment("-1d", now).is_err());
        assert_eq!(after("12h", now).unwrap(), at("2026-11-23T00:00:00Z"));
        assert_eq!(after("0d", now).unwrap(), now);
        assert!(after("soon", now).is_err() && after("-1d", now).is_err());
    }
}
