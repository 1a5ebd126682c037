//! Moments and spans, in whole milliseconds: what the store keeps and what the screen writes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Milliseconds from `earlier` to `self`; never negative, so a clock that jumped back reads as zero.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0).max(0)
    }

    /// `2026-10-01T12:04:05.123Z`.
    pub fn rfc3339(self) -> String {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(moment) => format!("{moment:.3}"),
            Err(_) => format!("{}ms", self.0),
        }
    }
}

/// A span in the two largest units that say something: `4s`, `1m20s`, `1h42m`, `3d4h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub i64);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.max(0) / 1_000;
        let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
        let text = match (days, hours, minutes) {
            (0, 0, 0) => format!("{seconds}s"),
            (0, 0, _) if seconds % 60 == 0 => format!("{minutes}m"),
            (0, 0, _) => format!("{minutes}m{:02}s", seconds % 60),
            (0, _, _) if minutes % 60 == 0 => format!("{hours}h"),
            (0, _, _) => format!("{hours}h{:02}m", minutes % 60),
            _ if hours % 24 == 0 || days >= 10 => format!("{days}d"),
            _ => format!("{days}d{}h", hours % 24),
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_written_in_two_units() {
        let cases = [
            (-5, "0s"),
            (999, "0s"),
            (4_000, "4s"),
            (60_000, "1m"),
            (80_000, "1m20s"),
            (6_120_000, "1h42m"),
            (3_600_000, "1h"),
            (273_600_000, "3d4h"),
            (86_400_000, "1d"),
            (950_400_000, "11d"),
        ];
        for (ms, text) in cases {
            assert_eq!(Span(ms).to_string(), text);
        }
    }

    #[test]
    fn a_clock_that_jumped_back_reads_as_no_time_at_all() {
        assert_eq!(Timestamp(10).since(Timestamp(20)), 0);
    }

    #[test]
    fn a_moment_is_written_in_utc() {
        assert_eq!(
            Timestamp(1_790_856_245_123).rfc3339(),
            "2026-10-01T12:04:05.123Z"
        );
        assert_eq!(Timestamp(i64::MAX).rfc3339(), "9223372036854775807ms");
    }
}
