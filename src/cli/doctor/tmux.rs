//! The settings of a tmux around us that the screen depends on.

use std::{process::Command, sync::mpsc, thread, time::Duration};

use super::{Finding, ok, warn};

/// A tmux that does not answer within this says nothing.
const PATIENCE: Duration = Duration::from_secs(1);
/// A lone Esc that waits longer than this is felt.
const MOST_ESCAPE_MS: u32 = 50;

/// What its server says; nothing where it does not answer.
pub fn look() -> Vec<Finding> {
    let (done, answer) = mpsc::channel();
    thread::spawn(move || {
        let output = Command::new("tmux").args(["show-options", "-s"]).output();
        // Nobody waits any more where it took too long.
        let _ = done.send(output);
    });
    match answer.recv_timeout(PATIENCE) {
        Ok(Ok(output)) if output.status.success() && !output.stdout.is_empty() => {
            judged(&String::from_utf8_lossy(&output.stdout))
        }
        _ => vec![],
    }
}

/// What to think of server options, one a line with a blank before the value. Options that are not there are not judged:
/// an older tmux has fewer.
fn judged(options: &str) -> Vec<Finding> {
    let value = |name: &str| {
        let mut pairs = options.lines().filter_map(|line| line.split_once(' '));
        pairs.find(|(known, _)| *known == name).map(|(_, v)| v)
    };
    let mut findings = vec![];
    let mut wrong = |found: String, why: &str, line: &str| {
        let advice = format!("{why}: put `{line}` into ~/.tmux.conf");
        findings.push(warn("tmux", found, advice));
    };
    let wait = value("escape-time").and_then(|value| value.parse().ok());
    if let Some(wait) = wait.filter(|wait: &u32| MOST_ESCAPE_MS < *wait) {
        let why = format!("Esc waits {wait} ms");
        wrong(format!("escape-time {wait}"), &why, "set -s escape-time 10");
    }
    if value("set-clipboard") == Some("off") {
        let why = "what programs copy does not reach the clipboard of the terminal";
        wrong(
            "set-clipboard off".to_owned(),
            why,
            "set -s set-clipboard on",
        );
    }
    if value("focus-events") == Some("off") {
        let why = "the screen is not told when nobody looks";
        wrong("focus-events off".to_owned(), why, "set -s focus-events on");
    }
    if findings.is_empty() {
        findings.push(ok("tmux", "its settings suit the screen".to_owned()));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_that_hinders_is_told_with_the_line_that_mends_it() {
        let cases = [
            (
                "escape-time 500\nset-clipboard external\nfocus-events on",
                vec!["set -s escape-time 10"],
            ),
            (
                "escape-time 10\nset-clipboard off\nfocus-events off",
                vec!["set -s set-clipboard on", "set -s focus-events on"],
            ),
            ("escape-time 50\nfocus-events on", vec![]),
            ("", vec![]),
        ];
        for (options, lines) in cases {
            let advice = judged(options);
            let advice: Vec<&str> = (advice.iter())
                .filter_map(|finding| finding.advice.as_deref())
                .collect();
            assert_eq!(advice.len(), lines.len(), "{options}");
            for (advice, line) in advice.iter().zip(lines) {
                assert!(advice.contains(&format!("`{line}`")), "{advice}");
            }
        }
    }
}
