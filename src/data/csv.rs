//! The shape of a CSV file: its columns, its separator, and where it is broken.
//!
//! polars pads short rows, renames twins and guesses at stray quotes. This pass over the bytes refuses them instead, by
//! line, before polars reads a cell. It follows RFC 4180: a cell that holds a separator, a quote or a line end stands in
//! quotes, and a quote in it is written twice.

/// What the first line says, and how many rows of data follow.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub names: Vec<String>,
    pub separator: u8,
    pub rows: usize,
}

/// A line, from 1, and what is wrong with it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub line: usize,
    pub what: What,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum What {
    Ragged {
        found: usize,
        expected: usize,
    },
    /// A quoted cell goes on to the end of the file.
    OpenQuote,
    /// A quote in a cell that does not start with one, or text after the closing quote.
    StrayQuote,
    /// A line with nothing on it in the midst of others.
    Blank,
}

impl What {
    pub fn sentence(&self) -> &'static str {
        match self {
            Self::Ragged { .. } => "the number of cells differs from the header's",
            Self::OpenQuote => "a quote is opened and never closed",
            Self::StrayQuote => {
                "a quote stands inside a cell: put the cell in quotes and write the quote twice"
            }
            Self::Blank => "the line is blank: remove it",
        }
    }
}

/// Reads the header and counts the cells of every row. `text` is not empty and has no byte order mark.
pub(super) fn scan(text: &str) -> Result<Shape, Fault> {
    let separator = separator(text);
    let mut records = Records {
        bytes: text.as_bytes(),
        at: 0,
        line: 1,
        separator,
    };
    let header = records.next_record()?.unwrap_or_default();
    let expected = header.cells;
    let names = header_names(&text[header.start..header.end], separator);
    let mut rows = 0;
    let mut blank = None;
    while let Some(record) = records.next_record()? {
        // Blank lines at the end of a file are no rows; in a file of one column a blank line is an empty cell.
        if record.is_blank() && 1 < expected {
            blank = blank.or(Some(record.line));
            continue;
        }
        if let Some(line) = blank {
            let what = What::Blank;
            return Err(Fault { line, what });
        }
        if record.cells != expected {
            let what = What::Ragged {
                found: record.cells,
                expected,
            };
            return Err(Fault {
                line: record.line,
                what,
            });
        }
        rows += 1;
    }
    Ok(Shape {
        names,
        separator,
        rows,
    })
}

/// Comma, semicolon or tab: the one that the header holds most of outside its quotes.
fn separator(text: &str) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut is_quoted = false;
    for byte in text.bytes() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            b'\n' => break,
            byte => {
                for (_, count) in counts.iter_mut().filter(|(known, _)| *known == byte) {
                    *count += 1;
                }
            }
        }
    }
    let [comma, rest @ ..] = counts;
    let most = rest.into_iter().fold(
        comma,
        |best, other| if best.1 < other.1 { other } else { best },
    );
    most.0
}

fn header_names(header: &str, separator: u8) -> Vec<String> {
    let mut names = vec![];
    let mut name = String::new();
    let mut is_quoted = false;
    let mut chars = header.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if is_quoted && chars.peek() == Some(&'"') => {
                name.push('"');
                chars.next();
            }
            '"' => is_quoted = !is_quoted,
            c if c == char::from(separator) && !is_quoted => names.push(std::mem::take(&mut name)),
            c => name.push(c),
        }
    }
    names.push(name);
    names
}

#[derive(Default)]
struct Record {
    /// Where it begins and ends, in bytes, without its line end.
    start: usize,
    end: usize,
    line: usize,
    cells: usize,
}

impl Record {
    fn is_blank(&self) -> bool {
        self.start == self.end
    }
}

struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
    separator: u8,
}

impl Records<'_> {
    fn next_record(&mut self) -> Result<Option<Record>, Fault> {
        if self.at == self.bytes.len() {
            return Ok(None);
        }
        let mut record = Record {
            start: self.at,
            end: self.at,
            line: self.line,
            cells: 0,
        };
        loop {
            self.skip_cell(record.line)?;
            record.cells += 1;
            record.end = self.at;
            match self.bytes.get(self.at) {
                Some(byte) if *byte == self.separator => self.at += 1,
                Some(b'\r') => {
                    self.at += 2;
                    break;
                }
                Some(_) => {
                    self.at += 1;
                    break;
                }
                None => break,
            }
        }
        self.line += 1;
        Ok(Some(record))
    }

    /// Moves to the separator or line end after the cell, or to the end of the file.
    fn skip_cell(&mut self, line: usize) -> Result<(), Fault> {
        let stray = |what| Err(Fault { line, what });
        if self.bytes.get(self.at) == Some(&b'"') {
            self.at += 1;
            loop {
                match self.bytes.get(self.at) {
                    None => return stray(What::OpenQuote),
                    Some(b'"') if self.bytes.get(self.at + 1) == Some(&b'"') => self.at += 2,
                    Some(b'"') => break,
                    Some(byte) => {
                        self.line += usize::from(*byte == b'\n');
                        self.at += 1;
                    }
                }
            }
            self.at += 1;
            return if self.is_at_end_of_cell() {
                Ok(())
            } else {
                stray(What::StrayQuote)
            };
        }
        while !self.is_at_end_of_cell() {
            if self.bytes[self.at] == b'"' {
                return stray(What::StrayQuote);
            }
            self.at += 1;
        }
        Ok(())
    }

    fn is_at_end_of_cell(&self) -> bool {
        match self.bytes.get(self.at) {
            None | Some(b'\n') => true,
            Some(b'\r') => self.bytes.get(self.at + 1) == Some(&b'\n'),
            Some(byte) => *byte == self.separator,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_separator_and_rows_are_told_from_the_text() {
        let cases: [(&str, &[&str], u8, usize); 9] = [
            ("\"a, b, or c\";d\n1;2\n", &["a, b, or c", "d"], b';', 1),
            ("a,b\n1,2\n", &["a", "b"], b',', 1),
            ("a;b\r\n1;2\r\n3;4", &["a", "b"], b';', 2),
            ("a\tb\n1\t2\n", &["a", "b"], b'\t', 1),
            ("a\n\n1\n", &["a"], b',', 2),
            (
                "\"a \"\"x\"\"\",\"b,c\"\n1,2\n",
                &["a \"x\"", "b,c"],
                b',',
                1,
            ),
            ("a,b\n\"1\n2\",3\n4,\"\"\n", &["a", "b"], b',', 2),
            ("a,b\n1,2\n\n\n", &["a", "b"], b',', 1),
            ("a,b", &["a", "b"], b',', 0),
        ];
        for (text, names, separator, rows) in cases {
            let shape = scan(text).unwrap();
            assert_eq!(shape.names, names, "{text:?}");
            assert_eq!((shape.separator, shape.rows), (separator, rows), "{text:?}");
        }
    }

    #[test]
    fn what_is_broken_is_named_by_line() {
        let ragged = |found, expected| What::Ragged { found, expected };
        let cases = [
            ("a,b\n1,2\n3\n", 3, ragged(1, 2)),
            ("a,b\n1,2,3\n", 2, ragged(3, 2)),
            ("a,b\n\"x\ny\",2\n3\n", 4, ragged(1, 2)),
            ("a,b\n1,\"2\n3,4\n", 2, What::OpenQuote),
            ("a,b\n1,5\" pipe\n", 2, What::StrayQuote),
            ("a,b\n1,\"5\" pipe\n", 2, What::StrayQuote),
            ("a,b\n1,2\n\n3,4\n", 3, What::Blank),
        ];
        for (text, line, what) in cases {
            assert_eq!(scan(text), Err(Fault { line, what }), "{text:?}");
        }
    }
}
