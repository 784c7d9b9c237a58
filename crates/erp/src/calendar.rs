//! Days and times, as both ERPs write them.

/// Whether a text is a day such as `2026-02-28`, of year 1 or later.
pub fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shape = bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let part = |from, to| text.get(from..to).and_then(|part| part.parse::<u32>().ok());
    let (Some(year), Some(month), Some(day)) = (part(0, 4), part(5, 7), part(8, 10)) else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    shape && year >= 1 && (1..=days).contains(&day)
}

/// Whether a text is a time such as `2026-02-28 23:59:59`.
pub fn is_moment(text: &str) -> bool {
    let Some((day, time)) = text.split_once(' ') else {
        return false;
    };
    let parts: Vec<&str> = time.split(':').collect();
    let [hours, minutes, seconds] = parts.as_slice() else {
        return false;
    };
    let within = |part: &str, most: u32| {
        part.len() == 2
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && part.parse::<u32>().is_ok_and(|part| part <= most)
    };
    is_date(day) && within(hours, 23) && within(minutes, 59) && within(seconds, 59)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_dates() {
        for good in ["0001-01-01", "2024-02-29", "9999-12-31", "2000-02-29"] {
            assert!(is_date(good), "{good}");
        }
        for bad in [
            "",
            "0000-01-01",
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-1-01",
            "2024-04-31",
            "+024-01-01",
            "２024-01-01",
        ] {
            assert!(!is_date(bad), "{bad}");
        }
        assert!(is_moment("2024-02-29 00:00:00"));
        for bad in [
            "2024-02-29",
            "2024-02-29 24:00:00",
            "2024-02-29 1:00:00",
            "2024-02-29 10:00:00.5",
        ] {
            assert!(!is_moment(bad), "{bad}");
        }
    }
}
