//! `[idempotency]`, `[errors]` and `[approvals]`: how much is kept of answers and errors, and for how long.

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::time::Duration;

use portcullis_storage::Waiting;
use serde::Deserialize;

use crate::archive::{Keeping, Waits};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct RawIdempotency {
    hours: NonZeroU32,
    answer_bytes: NonZeroUsize,
    per_caller: NonZeroU32,
    caller_bytes: NonZeroU64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct RawErrors {
    days: NonZeroU32,
    most: NonZeroU32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct RawApprovals {
    wait_hours: NonZeroU32,
    use_minutes: NonZeroU32,
    per_caller: NonZeroU32,
    most: NonZeroU32,
    call_bytes: NonZeroUsize,
}

impl Default for RawApprovals {
    /// A day, an hour, 20 of one caller and 1,000 of all, of 64 KiB each.
    fn default() -> Self {
        Self {
            wait_hours: number(24),
            use_minutes: number(60),
            per_caller: number(20),
            most: number(1_000),
            call_bytes: NonZeroUsize::new(64 << 10).unwrap_or(NonZeroUsize::MIN),
        }
    }
}

impl Default for RawIdempotency {
    /// A day, 64 KiB an answer, 10,000 keys and 16 MiB of answers for each caller.
    fn default() -> Self {
        Self {
            hours: number(24),
            answer_bytes: NonZeroUsize::new(64 << 10).unwrap_or(NonZeroUsize::MIN),
            per_caller: number(10_000),
            caller_bytes: NonZeroU64::new(16 << 20).unwrap_or(NonZeroU64::MIN),
        }
    }
}

impl Default for RawErrors {
    /// A week, 10,000 errors.
    fn default() -> Self {
        Self {
            days: number(7),
            most: number(10_000),
        }
    }
}

pub(super) fn keeping(
    once: &RawIdempotency,
    errors: &RawErrors,
    approvals: &RawApprovals,
) -> Keeping {
    let hours = |hours: u64| Duration::from_secs(hours.saturating_mul(3600));
    Keeping {
        once: hours(once.hours.get().into()),
        answer: once.answer_bytes.get(),
        per_caller: once.per_caller.get(),
        caller_bytes: once.caller_bytes.get(),
        approvals: Waits {
            wait: hours(approvals.wait_hours.get().into()),
            good: Duration::from_secs(u64::from(approvals.use_minutes.get()).saturating_mul(60)),
            most: Waiting {
                per_caller: approvals.per_caller.get(),
                most: approvals.most.get(),
            },
            call: approvals.call_bytes.get(),
        },
        originals: hours(u64::from(errors.days.get()).saturating_mul(24)),
        most_originals: errors.most.get(),
    }
}

fn number(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_holds_for_a_day_and_an_error_is_kept_for_a_week() {
        let kept = keeping(
            &RawIdempotency::default(),
            &RawErrors::default(),
            &RawApprovals::default(),
        );
        assert_eq!(kept.approvals, Waits::default());
        assert_eq!(kept.once, Duration::from_secs(86_400));
        assert_eq!(kept.originals, Duration::from_secs(7 * 86_400));
        assert_eq!((kept.answer, kept.per_caller), (65_536, 10_000));
        assert_eq!(kept.caller_bytes, 16 << 20);
        assert_eq!(kept.most_originals, 10_000);
    }
}
