//! Records: what one line of a journal says.
//!
//! A journal is text: one JSON object a line, so that any language can write it and `tail -f` can show it. README
//! documents the format; the types below are its reference. A line may say several things at once. Keys that are not
//! known are skipped, so that a newer writer does not stop an older reader.

mod scan;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{events::What, jobs::Exit, metrics, runs::Progress};

/// A line longer than this is no record: it is counted as bad and skipped.
pub const LONGEST_LINE: usize = 4 << 20;

/// What one line says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    pub step: Option<i64>,
    /// Milliseconds since 1970; the reader's clock stands in when the writer gave none.
    pub time: Option<i64>,
    pub metrics: Vec<(String, f64)>,
    pub params: Vec<(String, Value)>,
    pub tags: Vec<String>,
    pub note: Option<String>,
    pub artifact: Option<Artifact>,
    pub log: Option<String>,
    pub progress: Option<Progress>,
    pub event: Option<What>,
    pub end: Option<End>,
    /// What the line said of metrics and is not kept: the rest of it counts.
    pub left_out: Option<BadLine>,
}

impl Record {
    fn leave_out(&mut self, why: BadLine) {
        match &mut self.left_out {
            Some(BadLine::Metrics { count, .. }) => *count += 1,
            _ => {
                let first = Box::new(why);
                self.left_out = Some(BadLine::Metrics { count: 1, first });
            }
        }
    }
}

/// A file that the run made: its path is relative to the run's folder, and stays inside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    pub path: String,
    #[serde(default)]
    pub kind: Option<String>,
}

/// How the writer says the run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    pub state: EndState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<Exit>,
    /// For a failure: what went wrong, or the last lines of output. For a stop: who asked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

impl End {
    /// This end with the one that was said after it. A program may say how it ended before its worker does: the worker
    /// knows better when the program failed or was stopped, and otherwise what the program said stands.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        let is_of_the_program = self.exit.is_none();
        match next.state {
            EndState::Done if is_of_the_program => Self {
                exit: next.exit,
                ..self
            },
            EndState::Failed if is_of_the_program && !self.message.is_empty() => Self {
                message: self.message,
                ..next
            },
            _ => next,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndState {
    Done,
    Failed,
    Stopped,
}

/// Why a line is no record, or not all of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLine {
    #[error("not a JSON object: {0}")]
    NotJson(String),
    #[error("{key:?} is {found}: {wanted} is expected")]
    WrongType {
        key: String,
        found: &'static str,
        wanted: &'static str,
    },
    #[error("longer than {LONGEST_LINE} bytes")]
    TooLong,
    #[error("{0:?} cannot be the name of a metric")]
    MetricName(String),
    #[error("the artifact {0:?} is not below the run's folder")]
    Artifact(String),
    #[error("it names another process than the run's own")]
    OtherProcess,
    /// The rest of the line was kept.
    #[error("{count} {} left out: {first}", if *.count == 1 { "metric is" } else { "metrics are" })]
    Metrics { count: u64, first: Box<BadLine> },
}

/// Reads one line, without its newline.
///
/// Metric values may be numbers, the bare words `NaN`, `Infinity`, `-Infinity` that Python's `json.dumps` writes, the
/// same as strings, or `null` for NaN. A number beyond `f64` is no JSON here. Of a key that stands twice, the last counts.
pub fn parse(line: &[u8]) -> Result<Record, BadLine> {
    if LONGEST_LINE < line.len() {
        return Err(BadLine::TooLong);
    }
    let mut scanned = Record::default();
    if scan::metrics_line(line, &mut scanned) {
        return Ok(with_names(scanned));
    }
    Ok(with_names(parse_object(line)?))
}

/// Reads a line of any keys.
fn parse_object(line: &[u8]) -> Result<Record, BadLine> {
    let value = match serde_json::from_slice(line) {
        Ok(value) => value,
        // Python's bare words are no JSON: quote them and try once more.
        Err(error) => match scan::quote_bare_words(line) {
            Some(quoted) => serde_json::from_slice(&quoted)
                .map_err(|error| BadLine::NotJson(error.to_string()))?,
            None => return Err(BadLine::NotJson(error.to_string())),
        },
    };
    let Value::Object(mut object) = value else {
        return Err(BadLine::NotJson(format!("it is {}", kind(&value))));
    };
    let mut record = Record::default();
    // First, wherever it stands: progress that names no step is at this one.
    if let Some(step) = object.remove("step") {
        field(&mut record, "step", step)?;
    }
    for (key, value) in object {
        field(&mut record, &key, value)?;
    }
    Ok(record)
}

/// The record without metrics whose names cannot be.
fn with_names(mut record: Record) -> Record {
    if record
        .metrics
        .iter()
        .all(|(name, _)| metrics::is_name(name))
    {
        return record;
    }
    let all = std::mem::take(&mut record.metrics);
    for (name, value) in all {
        match metrics::is_name(&name) {
            true => record.metrics.push((name, value)),
            false => record.leave_out(BadLine::MetricName(name.chars().take(64).collect())),
        }
    }
    record
}

fn field(record: &mut Record, key: &str, value: Value) -> Result<(), BadLine> {
    let wrong = |value: &Value, wanted| BadLine::WrongType {
        key: key.to_owned(),
        found: kind(value),
        wanted,
    };
    match key {
        "step" => record.step = Some(whole(&value).ok_or_else(|| wrong(&value, "a whole number"))?),
        "time" => {
            record.time = Some(
                milliseconds(&value)
                    .ok_or_else(|| wrong(&value, "milliseconds since 1970 or an RFC 3339 date"))?,
            );
        }
        "metrics" => {
            let Value::Object(object) = value else {
                return Err(wrong(&value, "an object of numbers"));
            };
            for (name, value) in object {
                match number(&value) {
                    Some(number) => record.metrics.push((name, number)),
                    None => record.leave_out(BadLine::WrongType {
                        found: kind(&value),
                        key: name,
                        wanted: "a number",
                    }),
                }
            }
        }
        "params" => {
            let Value::Object(object) = value else {
                return Err(wrong(&value, "an object"));
            };
            record.params.extend(object);
        }
        "tags" => {
            let Value::Array(tags) = value else {
                return Err(wrong(&value, "a list of texts"));
            };
            for tag in tags {
                let Value::String(tag) = tag else {
                    return Err(wrong(&tag, "a list of texts"));
                };
                record.tags.push(tag);
            }
        }
        "note" => record.note = Some(text(value, |value| wrong(value, "a text"))?),
        "log" => record.log = Some(text(value, |value| wrong(value, "a text"))?),
        "artifact" => {
            record.artifact = Some(typed(&value, |value| {
                wrong(value, "an object with a path")
            })?);
        }
        "progress" => {
            #[derive(Deserialize)]
            struct Partial {
                step: Option<i64>,
                steps: Option<i64>,
                epoch: Option<f64>,
                epochs: Option<i64>,
            }
            let partial: Partial = typed(&value, |value| {
                wrong(value, "an object with step, steps, epoch, epochs")
            })?;
            let Partial {
                step,
                steps,
                epoch,
                epochs,
            } = partial;
            record.progress = Some(Progress {
                step: step.or(record.step).unwrap_or(0),
                steps,
                epoch,
                epochs,
            });
        }
        "event" => record.event = serde_json::from_value(value).ok(),
        "end" => {
            record.end = Some(typed(&value, |value| {
                wrong(value, "an object with a state")
            })?);
        }
        _ => {}
    }
    Ok(())
}

fn typed<T: for<'de> Deserialize<'de>>(
    value: &Value,
    wrong: impl FnOnce(&Value) -> BadLine,
) -> Result<T, BadLine> {
    T::deserialize(value).map_err(|_| wrong(value))
}

fn text(value: Value, wrong: impl FnOnce(&Value) -> BadLine) -> Result<String, BadLine> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(wrong(&other)),
    }
}

fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        value
            .as_f64()
            .filter(|v| v.fract() == 0.0 && v.abs() < 9e15)
            .map(|v| v as i64)
    })
}

fn milliseconds(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text
            .parse::<jiff::Timestamp>()
            .ok()
            .map(jiff::Timestamp::as_millisecond),
        other => {
            whole(other).or_else(|| other.as_f64().filter(|v| v.is_finite()).map(|v| v as i64))
        }
    }
}

/// A metric's value.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::Null => Some(f64::NAN),
        Value::Bool(yes) => Some(f64::from(u8::from(*yes))),
        Value::String(word) => word_number(word),
        _ => None,
    }
}

fn word_number(word: &str) -> Option<f64> {
    match word.to_ascii_lowercase().as_str() {
        "nan" => Some(f64::NAN),
        "inf" | "+inf" | "infinity" | "+infinity" => Some(f64::INFINITY),
        "-inf" | "-infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Appends a record as one line, with its newline. What is not finite is written as a string.
pub fn write(record: &Record, out: &mut Vec<u8>) {
    let mut object = serde_json::Map::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    if let Some(step) = record.step {
        put("step", step.into());
    }
    if let Some(time) = record.time {
        put("time", time.into());
    }
    if !record.metrics.is_empty() {
        let metrics: serde_json::Map<_, _> = record
            .metrics
            .iter()
            .map(|(name, value)| (name.clone(), number_value(*value)))
            .collect();
        put("metrics", Value::Object(metrics));
    }
    if !record.params.is_empty() {
        put(
            "params",
            Value::Object(record.params.iter().cloned().collect()),
        );
    }
    if !record.tags.is_empty() {
        put("tags", record.tags.clone().into());
    }
    if let Some(note) = &record.note {
        put("note", note.clone().into());
    }
    if let Some(log) = &record.log {
        put("log", log.clone().into());
    }
    let plain = |value: Result<Value, serde_json::Error>| {
        value.expect("a plain record of texts and numbers is always JSON")
    };
    if let Some(artifact) = &record.artifact {
        put("artifact", plain(serde_json::to_value(artifact)));
    }
    if let Some(progress) = &record.progress {
        put("progress", plain(serde_json::to_value(progress)));
    }
    if let Some(event) = &record.event {
        put("event", plain(serde_json::to_value(event)));
    }
    if let Some(end) = &record.end {
        put("end", plain(serde_json::to_value(end)));
    }
    serde_json::to_writer(&mut *out, &object).expect("writing to memory cannot fail");
    out.push(b'\n');
}

fn number_value(value: f64) -> Value {
    match serde_json::Number::from_f64(value) {
        Some(number) => Value::Number(number),
        None if value.is_nan() => "NaN".into(),
        None if 0.0 < value => "Infinity".into(),
        None => "-Infinity".into(),
    }
}

#[cfg(test)]
mod tests;
