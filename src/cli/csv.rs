//! Tables for other programs, as RFC 4180 says: commas, lines that end in CR LF, quotes around what needs them. Numbers are
//! whole, times are in UTC, what is absent is empty.

use std::fmt::Display;

/// Lines of fields, the first of them titles.
#[derive(Clone, Debug, Default)]
pub struct Csv(String);

impl Csv {
    pub fn titled(titles: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut csv = Self::default();
        csv.row(titles);
        csv
    }

    pub fn row(&mut self, fields: impl IntoIterator<Item = impl AsRef<str>>) {
        for (at, field) in fields.into_iter().enumerate() {
            if 0 < at {
                self.0.push(',');
            }
            self.0.push_str(&quoted(field.as_ref()));
        }
        self.0.push_str("\r\n");
    }

    pub fn text(&self) -> &str {
        &self.0
    }
}

fn quoted(field: &str) -> String {
    if field.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

/// A value as it is, or nothing.
pub fn field(value: Option<impl Display>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// A parameter: texts without their quotes.
pub fn json(value: Option<&serde_json::Value>) -> String {
    match value {
        Some(serde_json::Value::String(text)) => text.clone(),
        value => field(value),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_comma_or_a_quote_would_break_stands_in_quotes() {
        let mut csv = Csv::titled(["name", "note"]);
        csv.row(["a,b", "said \"no\"\nand left"]);
        csv.row(["", "größe"]);
        let wanted = "name,note\r\n\"a,b\",\"said \"\"no\"\"\nand left\"\r\n,größe\r\n";
        assert_eq!(csv.text(), wanted);
    }

    /// Reads it back as the RFC says.
    fn read(text: &str) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut field) = (vec![], vec![], String::new());
        let (mut is_quoted, mut chars) = (false, text.chars().peekable());
        while let Some(c) = chars.next() {
            match c {
                '"' if is_quoted && chars.peek() == Some(&'"') => field.extend(chars.next()),
                '"' => is_quoted = !is_quoted,
                ',' if !is_quoted => row.push(std::mem::take(&mut field)),
                '\r' if !is_quoted && chars.peek() == Some(&'\n') => {
                    chars.next();
                    row.push(std::mem::take(&mut field));
                    rows.push(std::mem::take(&mut row));
                }
                c => field.push(c),
            }
        }
        rows
    }

    proptest! {
        #[test]
        fn fields_are_read_back_as_they_were_written(rows in proptest::collection::vec(proptest::collection::vec("[ab,\"\r\n é]{0,6}", 1..4), 0..6)) {
            let mut csv = Csv::default();
            rows.iter().for_each(|row| csv.row(row));
            prop_assert_eq!(read(csv.text()), rows);
        }
    }
}
