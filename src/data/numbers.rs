//! Integers of JSON that no machine integer holds.

use std::borrow::Cow;

/// The text with `.0` after every integer beyond `i64`: polars takes it for one of 128 bits and then has no place for it;
/// as a float it is read as CSV reads it. Texts in quotes stay as they are.
pub(super) fn widened(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let (mut out, mut copied, mut at) = (String::new(), 0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = after_text(bytes, at),
            b'-' | b'0'..=b'9' => {
                let is_part = |byte: &u8| {
                    byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E')
                };
                let length = bytes[at..].iter().take_while(|byte| is_part(byte)).count();
                let number = &text[at..at + length];
                at += length;
                if is_long_integer(number) {
                    out.push_str(&text[copied..at]);
                    out.push_str(".0");
                    copied = at;
                }
            }
            _ => at += 1,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

fn is_long_integer(number: &str) -> bool {
    let digits = number.strip_prefix('-').unwrap_or(number);
    let is_integer = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_integer && number.parse::<i64>().is_err()
}

/// The place after the text that begins with the quote at `at`.
fn after_text(bytes: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_integers_that_are_too_long_become_floats() {
        let cases = [
            (r#"{"a":1,"b":-2.5e300}"#, None),
            (r#"{"a":9223372036854775807}"#, None),
            (r#"{"a":-9223372036854775808}"#, None),
            (
                r#"{"a":9223372036854775808}"#,
                Some(r#"{"a":9223372036854775808.0}"#),
            ),
            (
                r#"{"a": -99999999999999999999 ,"b":2}"#,
                Some(r#"{"a": -99999999999999999999.0 ,"b":2}"#),
            ),
            (r#"{"a":"99999999999999999999"}"#, None),
            (r#"{"\"99999999999999999999":"\\"}"#, None),
            (r#"{"a":99999999999999999999e3}"#, None),
        ];
        for (text, wanted) in cases {
            assert_eq!(widened(text), wanted.unwrap_or(text));
        }
    }
}
