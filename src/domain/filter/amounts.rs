//! Numbers, spans and moments as filters write them.

use super::Field;

/// What a field is compared with.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Wants {
    Text,
    State,
    Kind,
    Place,
    Number,
    Span,
    Moment,
    /// A number or a text: a parameter.
    Loose,
}

impl Wants {
    pub(super) fn of(field: &Field) -> Self {
        match field {
            Field::Id
            | Field::Name
            | Field::Tag
            | Field::User
            | Field::Host
            | Field::Note
            | Field::Experiment
            | Field::Preset
            | Field::Data => Self::Text,
            Field::State => Self::State,
            Field::Kind => Self::Kind,
            Field::In => Self::Place,
            Field::Created => Self::Moment,
            Field::Age | Field::Dur => Self::Span,
            Field::Step | Field::Epoch | Field::Metric { .. } | Field::MetricAt { .. } => {
                Self::Number
            }
            Field::Param(_) | Field::Named(_) => Self::Loose,
        }
    }

    /// The first and the last value that a text means.
    pub(super) fn read(self, text: &str) -> Option<(f64, f64)> {
        match self {
            Self::Number | Self::Loose => number(text).map(|x| (x, x)),
            Self::Span => span(text).map(|x| (x, x)),
            Self::Moment => moment(text),
            Self::Text | Self::State | Self::Kind | Self::Place => None,
        }
    }
}

/// `3`, `.4`, `1e-4`, `20k`, `1.5M`, `30%`, `nan`, `-inf`.
pub(super) fn number(text: &str) -> Option<f64> {
    if let Some(digits) = text.strip_suffix('%') {
        return Some(digits.parse::<f64>().ok()? / 100.0);
    }
    let (digits, scale) = match text.char_indices().last()? {
        (at, 'k') => (&text[..at], 1e3),
        (at, 'M') => (&text[..at], 1e6),
        (at, 'G') => (&text[..at], 1e9),
        _ => (text, 1.0),
    };
    Some(digits.parse::<f64>().ok()? * scale)
}

/// `2h30m`, `90s`, `1.5d`, `2w`: in milliseconds.
fn span(text: &str) -> Option<f64> {
    let mut rest = text;
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let count: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        total += count
            * match &rest[..unit] {
                "ms" => 1.0,
                "s" => 1e3,
                "m" => 60e3,
                "h" => 3_600e3,
                "d" => 86_400e3,
                "w" => 604_800e3,
                _ => return None,
            };
        rest = &rest[unit..];
    }
    (!text.is_empty()).then_some(total)
}

/// A day, or a moment to the second or finer, in UTC where it names no zone.
fn moment(text: &str) -> Option<(f64, f64)> {
    const DAY: i64 = 86_400_000;
    let utc = |moment: jiff::civil::DateTime| {
        let moment = jiff::tz::Offset::UTC.to_timestamp(moment).ok()?;
        Some(moment.as_millisecond())
    };
    if let Ok(exact) = text.parse::<jiff::Timestamp>() {
        let ms = exact.as_millisecond() as f64;
        return Some((ms, ms));
    }
    if let Ok(day) = jiff::civil::Date::strptime("%Y-%m-%d", text) {
        let start = utc(day.at(0, 0, 0, 0))?;
        return Some((start as f64, (start + DAY - 1) as f64));
    }
    let ms = utc(text.parse().ok()?)? as f64;
    Some((ms, ms))
}
