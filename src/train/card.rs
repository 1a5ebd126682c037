//! The model card: what a person should know of a model before they use it, in Markdown.

use std::fmt::Write as _;

use super::packages::Model;
use crate::domain::text::shown;

/// Writes the card.
pub fn card(model: &Model) -> String {
    let preset = &model.preset;
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    line(&format!("# {}\n", escaped(&model.name)));
    let target = code(&preset.target);
    line(&match model.classes.len() {
        0 => format!("Predicts the number {target}."),
        n => format!(
            "Predicts {target}, one of {n} classes: {}.",
            listed(&model.classes)
        ),
    });
    if !preset.about.is_empty() {
        line(&format!("\n{}", escaped(&preset.about)));
    }
    line("\n## How good it is\n");
    line("| metric | validation | test |\n|---|---:|---:|");
    let names: Vec<&str> = model
        .metrics
        .keys()
        .filter_map(|name| name.strip_prefix("test/"))
        .collect();
    for name in names {
        let value = |split: &str| match model.metrics.get(&format!("{split}/{name}")) {
            Some(value) => format!("{value:.4}"),
            None => String::new(),
        };
        line(&format!(
            "| {name} | {} | {} |",
            value("val"),
            value("test")
        ));
    }
    let rows = &model.rows;
    line(&format!(
        "\nTrained on {} rows, chosen on {}, tested on {} that it never saw; split: {}.",
        rows.train, rows.validation, rows.test, preset.split.kind
    ));
    line("\n## What goes in\n");
    line("| column | kind |\n|---|---|");
    for column in &model.columns {
        line(&format!("| {} | {} |", escaped(&column.name), column.kind));
    }
    line("\n## How it was made\n");
    line(&format!(
        "- data: {}, BLAKE3 `{}`",
        code(&preset.data),
        model.data_hash
    ));
    line(&format!(
        "- net: {} {:?}, dropout {}",
        preset.net.kind, preset.net.hidden, preset.net.dropout
    ));
    line(&format!(
        "- {} at {}, {} steps in {} epochs; the weights are of step {}",
        preset.optimiser.kind, preset.optimiser.lr, model.steps, model.epochs, model.best_step
    ));
    line(&format!(
        "- seed {}, Sconce {}, weights BLAKE3 `{}`",
        model.seed, model.sconce, model.weights
    ));
    if !model.warnings.is_empty() {
        line("\n## What to know of its data\n");
        for warning in &model.warnings {
            line(&format!("- {}", escaped(warning)));
        }
    }
    line("\n## Limits\n");
    line(
        "The figures hold for rows like those it was tested on. They say nothing of rows from another time, place or \
         way of measuring, nor of groups of people that are rare in the data.",
    );
    out
}

/// Text from a data file or a preset, safe to show and unable to start Markdown of its own.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in shown(text).chars() {
        if matches!(c, '|' | '`' | '<' | '[' | ']' | '*' | '#' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Text as Markdown's code, letter by letter: between more backticks than stand together in it (CommonMark 6.1).
fn code(text: &str) -> String {
    let text = shown(text);
    let longest = text
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let blank = if text.contains('`') { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

fn listed(classes: &[String]) -> String {
    const MOST: usize = 20;
    let mut out = String::new();
    for (i, class) in classes.iter().take(MOST).enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        let _ = write!(out, "{comma}{}", code(class));
    }
    if MOST < classes.len() {
        let _ = write!(out, " and {} more", classes.len() - MOST);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_outside_cannot_start_markdown_or_steer_a_terminal() {
        assert_eq!(escaped("a|b`c\u{1b}[0m"), "a\\|b\\`c\u{fffd}\\[0m");
        assert_eq!(code("<=50K|*"), "`<=50K|*`");
        assert_eq!(code("a``b\u{1b}"), "``` a``b\u{fffd} ```");
        let many: Vec<String> = (0..25).map(|i| i.to_string()).collect();
        assert!(listed(&many).ends_with("`19` and 5 more"));
    }
}
