//! What a parser says of a value that does not fit, in words for a person instead of a programmer.

use super::text::nearest;

/// What is wrong, and what to do where there is something to say. `message` is serde's, as TOML and JSON word it.
pub fn in_words(message: &str) -> (String, Option<String>) {
    let message = message.lines().next().unwrap_or_default();
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    if let Some(rest) = ["invalid type: ", "invalid value: "]
        .iter()
        .find_map(|kind| message.strip_prefix(kind))
        && let Some((found, wanted)) = rest.rsplit_once(", expected ")
    {
        let (wanted, found) = (wanted_words(wanted), found_words(found));
        return (format!("{wanted} is expected, not {found}"), None);
    }
    let unknown = ["unknown field", "unknown variant"]
        .iter()
        .position(|kind| message.starts_with(kind));
    match (names.split_first(), unknown) {
        (Some((wrong, known)), Some(kind)) => {
            let hint = match nearest(wrong, known.iter().copied()) {
                Some(near) => format!("did you mean {near}?"),
                None if known.is_empty() => "no key can stand here".to_owned(),
                None => format!("known here: {}", known.join(", ")),
            };
            let what = ["key", "word"][kind];
            (format!("unknown {what} {wrong:?}"), Some(hint))
        }
        (Some((missing, _)), None) if message.starts_with("missing field") => {
            let hint = Some(format!("add {missing} = …"));
            (format!("the key {missing:?} is missing"), hint)
        }
        _ => (message.to_owned(), None),
    }
}

/// `string "abc"`, `` integer `3` ``, `sequence`.
fn found_words(found: &str) -> String {
    let (kind, value) = found.split_once(' ').unwrap_or((found, ""));
    match kind {
        "string" => format!("the text {value}"),
        "integer" | "boolean" => value.trim_matches('`').to_owned(),
        "floating" => value
            .trim_start_matches("point ")
            .trim_matches('`')
            .to_owned(),
        "sequence" => "a list".to_owned(),
        "map" => "a table".to_owned(),
        "null" | "unit" => "nothing".to_owned(),
        _ => found.to_owned(),
    }
}

fn wanted_words(wanted: &str) -> String {
    let known = match wanted {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0 on",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a string" | "string" | "path string" => "a text",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "a table",
        // An enum of plain words.
        "string or table" | "variant identifier" => "a word",
        other if other.starts_with("struct ") => "a table",
        other if other.starts_with("enum ") => "a word",
        other => other,
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_of_the_language_that_this_is_written_in_reaches_a_person() {
        let cases = [
            (
                "invalid type: string \"abc\", expected f64",
                "a number is expected, not the text \"abc\"",
            ),
            (
                "invalid type: string \"a, expected b\", expected u64\nmore",
                "a whole number from 0 on is expected, not the text \"a, expected b\"",
            ),
            (
                "invalid value: integer `-1`, expected u32",
                "a whole number from 0 on is expected, not -1",
            ),
            (
                "invalid type: floating point `1.5`, expected u64",
                "a whole number from 0 on is expected, not 1.5",
            ),
            (
                "invalid type: integer `3`, expected struct AgentSettings",
                "a table is expected, not 3",
            ),
            (
                "invalid type: map, expected a sequence",
                "a list is expected, not a table",
            ),
            (
                "unknown variant `zz`, expected `classification` or `regression`",
                "unknown word \"zz\"",
            ),
            ("missing field `target`", "the key \"target\" is missing"),
            ("something else", "something else"),
        ];
        for (message, wanted) in cases {
            assert_eq!(in_words(message).0, wanted);
        }
        assert_eq!(
            in_words(cases[6].0).1.as_deref(),
            Some("known here: classification, regression")
        );
    }
}
