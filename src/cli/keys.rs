use std::fmt::Write as _;

use clap::ValueEnum;
use serde_json::json;

use super::{
    Answer, DONE, Failure, NO,
    open::Context,
    table::{Cell, Look, Table},
};
use crate::{
    config::Loaded,
    domain::text::counted,
    ops::{Error, Kind},
    tui::keymap::Keymap,
};

/// List and check the keys of the screen
///
/// A key is bound in the configuration by the name of its action: `[keys]`, then `runs.sort = ["ctrl-o"]`. An empty list takes
/// an action's keys away.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce keys\n  sconce keys --check\n  sconce keys --print md > keys.md\n  sconce keys --json"
)]
pub struct Keys {
    /// Print in another form.
    #[arg(long, value_name = "FORM", conflicts_with_all = ["json", "check"])]
    print: Option<Form>,
    /// Only check that every key follows the rules; the exit code is 1 where one does not.
    #[arg(long)]
    check: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// Markdown.
    Md,
}

impl Keys {
    pub fn run(self, context: &Context) -> Answer {
        let (out, loaded) = (&context.out, context.config()?);
        let keymap = keymap(&loaded)?;
        if self.check {
            return check(context, &keymap);
        }
        match self.print {
            Some(Form::Md) => out.raw(&markdown(&keymap))?,
            None if out.is_json() => out.json(&rows(&keymap))?,
            None => out.table(&table(&keymap))?,
        }
        Ok(DONE)
    }
}

/// The keys of the screen, as the configuration has them.
///
/// # Errors
/// An action that is not known, a key that is bound already or cannot be.
pub fn keymap(loaded: &Loaded) -> Result<Keymap, Failure> {
    Keymap::shipped()
        .remap(&loaded.config.keys)
        .map_err(|wrong| {
            let message = match loaded.place_of_keys(wrong.name()) {
                Some(place) => format!("{place}: {wrong}"),
                None => wrong.to_string(),
            };
            let error = Error::new(Kind::Invalid, message);
            error
                .hint("`sconce keys` lists the actions and their keys")
                .into()
        })
}

fn check(context: &Context, keymap: &Keymap) -> Answer {
    let (out, faults) = (&context.out, keymap.faults());
    let keys = count(keymap);
    if out.is_json() {
        out.json(&json!({ "keys": keys, "faults": faults }))?;
    } else if faults.is_empty() {
        out.line(format!("{}, all well", counted(keys, "key")))?;
    } else {
        out.line(faults.join("\n"))?;
    }
    Ok(if faults.is_empty() { DONE } else { NO })
}

fn count(keymap: &Keymap) -> u64 {
    let bindings = keymap
        .contexts()
        .into_iter()
        .flat_map(|(_, bindings)| bindings);
    bindings.map(|(_, keys)| keys.len() as u64).sum()
}

fn rows(keymap: &Keymap) -> Vec<serde_json::Value> {
    let contexts = keymap.contexts().into_iter();
    let rows = contexts.flat_map(|(context, bindings)| {
        bindings.into_iter().map(move |(action, keys)| {
            json!({
                "name": format!("{context}.{}", action.name()),
                "keys": keys.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "does": action.help(),
                "changes_state": action.changes_state(),
                "command": action.command(),
            })
        })
    });
    rows.collect()
}

fn table(keymap: &Keymap) -> Table {
    let mut table = Table::default()
        .word("keys")
        .word("action")
        .text("what it does")
        .text("as a command");
    for (context, bindings) in keymap.contexts() {
        for (action, keys) in bindings {
            let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
            table.row(vec![
                keys.join(", ").into(),
                format!("{context}.{}", action.name()).into(),
                action.help().into(),
                Cell::from(action.command().unwrap_or_default()).look(Look::Dim),
            ]);
        }
    }
    table
}

fn markdown(keymap: &Keymap) -> String {
    let mut text = String::new();
    for (context, bindings) in keymap
        .contexts()
        .into_iter()
        .filter(|(_, bindings)| !bindings.is_empty())
    {
        let _ = write!(
            text,
            "## {context}\n\n| keys | action | what it does |\n|---|---|---|\n"
        );
        for (action, keys) in bindings {
            let keys: Vec<String> = keys.iter().map(|keys| code(&keys.to_string())).collect();
            let (name, help) = (action.name(), action.help());
            let _ = writeln!(text, "| {} | {name} | {help} |", keys.join(" "));
        }
        text.push('\n');
    }
    text
}

/// A key between backticks, itself a backtick or not; a bar would end the cell.
fn code(keys: &str) -> String {
    let keys = keys.replace('|', "\\|");
    if keys.contains('`') {
        return format!("`` {keys} ``");
    }
    format!("`{keys}`")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use strum::IntoEnumIterator as _;

    use super::*;
    use crate::{cli::Cli, tui::action::Action};

    #[test]
    fn what_a_key_changes_a_command_changes_too() {
        let cli = Cli::command();
        for action in Action::iter() {
            assert!(
                !action.changes_state() || action.command().is_some(),
                "{action:?}"
            );
            let Some(command) = action.command() else {
                continue;
            };
            let mut words = command.split(' ');
            assert_eq!(words.next(), Some("sconce"));
            let found = words.try_fold(&cli, |at, word| at.find_subcommand(word));
            assert!(found.is_some(), "there is no `{command}` for {action:?}");
        }
    }

    #[test]
    fn markdown_has_every_action_in_its_context() {
        let text = markdown(&Keymap::shipped());
        assert!(text.starts_with("## global\n\n| keys | action | what it does |\n|---|---|---|\n"));
        for line in [
            "| `X` | stop | stop; a queued run leaves the queue |",
            "| `` ` `` | last-view |",
        ] {
            assert!(text.contains(line), "{line}");
        }
    }
}
