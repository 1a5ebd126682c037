//! The hand-written half: nearly every line of a journal is `{"step":…,"time":…,"metrics":{…}}`.

use std::collections::HashSet;

use super::Record;

/// Reads a line of step, time and metrics alone. Says `false`, and promises nothing about `record`, for any other.
pub fn metrics_line(line: &[u8], record: &mut Record) -> bool {
    let mut at = Cursor { line, at: 0 };
    at.object(|at, key| match key {
        "step" => at.integer().map(|step| record.step = Some(step)),
        "time" => at.integer().map(|time| record.time = Some(time)),
        "metrics" => {
            record.metrics.clear();
            at.object(|at, name| {
                at.number()
                    .map(|value| record.metrics.push((name.to_owned(), value)))
            })
        }
        _ => None,
    })
    .is_some()
        && at.ends()
        && are_different(&record.metrics)
}

/// Does each name stand once? Of several the last counts, and that is for the full parser.
fn are_different(metrics: &[(String, f64)]) -> bool {
    const FEW: usize = 16;
    if metrics.len() <= FEW {
        let mut rest = metrics;
        while let [(name, _), after @ ..] = rest {
            if after.iter().any(|(other, _)| other == name) {
                return false;
            }
            rest = after;
        }
        return true;
    }
    let mut seen = HashSet::with_capacity(metrics.len());
    metrics.iter().all(|(name, _)| seen.insert(name.as_str()))
}

struct Cursor<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn blanks(&mut self) {
        while matches!(self.line.get(self.at), Some(b' ' | b'\t' | b'\r')) {
            self.at += 1;
        }
    }

    fn byte(&mut self, wanted: u8) -> Option<()> {
        self.blanks();
        (*self.line.get(self.at)? == wanted).then(|| self.at += 1)
    }

    fn ends(&mut self) -> bool {
        self.blanks();
        self.at == self.line.len()
    }

    /// A text without escapes; one with control characters is left to the full parser, which refuses it.
    fn text(&mut self) -> Option<&'a str> {
        self.byte(b'"')?;
        let from = self.at;
        let length = self.line[from..]
            .iter()
            .position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))?;
        self.at = from + length + 1;
        (self.line[from + length] == b'"')
            .then(|| std::str::from_utf8(&self.line[from..from + length]).ok())?
    }

    fn object(&mut self, mut field: impl FnMut(&mut Self, &str) -> Option<()>) -> Option<()> {
        self.byte(b'{')?;
        if self.byte(b'}').is_some() {
            return Some(());
        }
        loop {
            let key = self.text()?;
            self.byte(b':')?;
            field(self, key)?;
            if self.byte(b'}').is_some() {
                return Some(());
            }
            self.byte(b',')?;
        }
    }

    fn word(&mut self) -> Option<&'a str> {
        self.blanks();
        let from = self.at;
        while self
            .line
            .get(self.at)
            .is_some_and(|byte| !matches!(byte, b',' | b'}' | b' ' | b'\t' | b'\r'))
        {
            self.at += 1;
        }
        std::str::from_utf8(&self.line[from..self.at]).ok()
    }

    fn integer(&mut self) -> Option<i64> {
        self.word().filter(|word| is_number(word))?.parse().ok()
    }

    fn number(&mut self) -> Option<f64> {
        let word = self.word()?;
        match word {
            "NaN" | "\"NaN\"" => return Some(f64::NAN),
            "Infinity" | "\"Infinity\"" => return Some(f64::INFINITY),
            "-Infinity" | "\"-Infinity\"" => return Some(f64::NEG_INFINITY),
            _ => {}
        }
        let number: f64 = is_number(word).then(|| word.parse().ok())??;
        // `1e999` is no number to the full parser.
        number.is_finite().then_some(number)
    }
}

/// Is it a number by JSON's rules? What Rust reads and JSON does not (`inf`, `+1`, `.5`, `01`) is left to the full
/// parser, which refuses it.
fn is_number(word: &str) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let word = word.as_bytes();
    let unsigned = word.strip_prefix(b"-").unwrap_or(word);
    let (whole, mut rest) = unsigned.split_at(digits(unsigned));
    if whole.is_empty() || (1 < whole.len() && whole[0] == b'0') {
        return false;
    }
    if let [b'.', fraction @ ..] = rest {
        let places = digits(fraction);
        if places == 0 {
            return false;
        }
        rest = &fraction[places..];
    }
    match rest {
        [] => true,
        [b'e' | b'E', b'+' | b'-', power @ ..] | [b'e' | b'E', power @ ..] => {
            !power.is_empty() && digits(power) == power.len()
        }
        _ => false,
    }
}

/// Puts `NaN`, `Infinity` and `-Infinity` that stand outside texts into quotes; `None` when there are none.
pub fn quote_bare_words(line: &[u8]) -> Option<Vec<u8>> {
    const WORDS: [&[u8]; 3] = [b"-Infinity", b"Infinity", b"NaN"];
    let (mut out, mut at, mut found, mut inside) =
        (Vec::with_capacity(line.len() + 16), 0, false, false);
    while at < line.len() {
        let byte = line[at];
        if inside {
            out.push(byte);
            if byte == b'\\' && at + 1 < line.len() {
                out.push(line[at + 1]);
                at += 1;
            }
            inside = byte != b'"';
            at += 1;
        } else if let Some(word) = WORDS.iter().find(|word| line[at..].starts_with(word)) {
            out.push(b'"');
            out.extend_from_slice(word);
            out.push(b'"');
            (at, found) = (at + word.len(), true);
        } else {
            inside = byte == b'"';
            out.push(byte);
            at += 1;
        }
    }
    found.then_some(out)
}
