//! Numbers, sizes and moments as people read them.

use jiff::tz::TimeZone;

use crate::domain::{
    metrics::is_of_machine,
    runs::{Progress, RunState},
    text::{shortened, shown, thousands},
    time::{Span, Timestamp},
};

/// Characters that are shown of a text that may be of any length; it is whole under `--json`.
pub const LONGEST: usize = 400;

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
        thousands(x as i64)
    } else if !(1e-3..1e6).contains(&size) {
        format!("{x:.3e}")
    } else if size < 10.0 {
        format!("{x:.4}")
    } else {
        format!("{x:.2}")
    }
}

/// The value of a metric; one that counts bytes is written as a size.
pub fn metric(name: &str, value: Option<f64>) -> String {
    let is_size = name.ends_with("bytes") || is_of_machine(name) && name.ends_with("memory");
    match value {
        Some(x) if is_size && x.is_finite() && 0.0 <= x => bytes(x as u64),
        _ => number(value),
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

/// `1,200/8,000`, or `1,200` where the total is not known; `8,100 (8,000 planned)` where it was outrun.
pub fn steps(progress: &Progress) -> String {
    if let Some(plan) = progress.outrun() {
        return format!("{} ({} planned)", thousands(progress.step), thousands(plan));
    }
    match progress.steps {
        Some(total) => format!("{}/{}", thousands(progress.step), thousands(total)),
        None => progress
            .known_step()
            .map_or_else(|| "·".to_owned(), thousands),
    }
}

/// How long the newest attempt took until its end, or until now; `·` where it never started.
pub fn duration(state: &RunState, now: Timestamp) -> String {
    match state.duration(now) {
        Some(ms) => Span(ms).to_string(),
        None => "·".to_owned(),
    }
}

/// Words as they are written for a shell: what is not plain stands in quotes.
pub fn command(words: &[&str]) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=,+@%^".contains(c);
    let quoted = words.iter().map(
        |word| match !word.is_empty() && word.chars().all(is_plain) {
            true => (*word).to_owned(),
            false => format!("'{}'", word.replace('\'', r"'\''")),
        },
    );
    quoted.collect::<Vec<_>>().join(" ")
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
        serde_json::Value::String(text) => short(text),
        other => short(&other.to_string()),
    }
}

/// Text from outside, made safe, and cut where nobody would read on.
pub fn short(text: &str) -> String {
    shown(&shortened(text, LONGEST))
}

/// Text from outside that may have several lines, each of them [`short`].
pub fn safe_lines(text: &str) -> String {
    text.lines().map(short).collect::<Vec<_>>().join("\n")
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
            (Some(999_999.0), "999,999"),
            (Some(1_234_567.0), "1.235e6"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn a_metric_that_counts_bytes_is_a_size() {
        let cases = [
            ("system/memory", 1_616_000_000.0, "1.5 GiB"),
            ("system/gpu0/memory", 1024.0, "1.0 KiB"),
            ("net/bytes", 12.0, "12 B"),
            ("net/bytes", f64::NAN, "NaN"),
            ("memory", 12.5, "12.50"),
            ("system/cpu", 50.0, "50"),
        ];
        for (name, value, text) in cases {
            assert_eq!(metric(name, Some(value)), text, "{name}");
        }
    }

    #[test]
    fn a_command_can_be_given_to_a_shell_again() {
        let words = [
            "python",
            "train.py",
            "--lr=3e-4",
            "",
            "a b",
            "it's",
            "$HOME",
        ];
        assert_eq!(
            command(&words),
            r"python train.py --lr=3e-4 '' 'a b' 'it'\''s' '$HOME'"
        );
    }

    #[test]
    fn nobody_is_shown_a_megabyte() {
        let text = format!("{}\nend", "x".repeat(1 << 20));
        let seen = safe_lines(&text);
        assert_eq!(seen.chars().count(), LONGEST + "…\nend".chars().count());
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
