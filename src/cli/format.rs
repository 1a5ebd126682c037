//! Numbers, sizes and moments as people read them.

use jiff::tz::TimeZone;

use crate::domain::{
    runs::Progress,
    text::shown,
    time::{Span, Timestamp},
};

/// Four figures behind the first that counts, `NaN`, `∞`; `·` for nothing.
pub fn number(value: Option<f64>) -> String {
    let Some(x) = value else {
        return "·".to_owned();
    };
    let size = x.abs();
    if x.is_nan() {
        "NaN".to_owned()
    } else if x.is_infinite() {
        if 0.0 < x { "∞" } else { "-∞" }.to_owned()
    } else if x == 0.0 || size < 1e6 && x == x.trunc() {
        format!("{x}")
    } else if !(1e-3..1e6).contains(&size) {
        format!("{x:.3e}")
    } else if size < 10.0 {
        format!("{x:.4}")
    } else {
        format!("{x:.2}")
    }
}

/// `512 B`, `1.5 KiB`, `3.0 GiB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let (mut size, mut unit) = (count as f64 / 1024.0, 0);
    while 1023.95 <= size && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

/// `120/800`, or `120` where the total is not known.
pub fn steps(progress: &Progress) -> String {
    match progress.steps {
        Some(total) => format!("{}/{total}", progress.step),
        None if progress.step == 0 => "·".to_owned(),
        None => progress.step.to_string(),
    }
}

/// The span from a moment to now.
pub fn age(from: Timestamp, now: Timestamp) -> String {
    Span(now.since(from)).to_string()
}

/// `2026-10-01 14:04:05` where this machine stands.
pub fn moment(time: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(time.0) {
        Ok(moment) => moment
            .to_zoned_datetime(TimeZone::system())
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string(),
        Err(_) => time.rfc3339(),
    }
}

/// A parameter: texts without their quotes.
pub fn json(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => shown(text),
        other => shown(&other.to_string()),
    }
}

/// Text from outside that may have several lines.
pub fn safe_lines(text: &str) -> String {
    text.lines().map(shown).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_with_as_many_figures_as_say_something() {
        let cases = [
            (None, "·"),
            (Some(f64::NAN), "NaN"),
            (Some(f64::NEG_INFINITY), "-∞"),
            (Some(0.0), "0"),
            (Some(-3.0), "-3"),
            (Some(0.31), "0.3100"),
            (Some(12.345), "12.35"),
            (Some(1e-4), "1.000e-4"),
            (Some(999_999.0), "999999"),
            (Some(1_234_567.0), "1.235e6"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn sizes_have_a_unit_that_fits() {
        let cases = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (1_048_575, "1.0 MiB"),
            (3 << 30, "3.0 GiB"),
            (u64::MAX, "16384.0 PiB"),
        ];
        for (count, text) in cases {
            assert_eq!(bytes(count), text);
        }
    }
}
