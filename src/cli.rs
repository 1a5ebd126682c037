//! The command line: one file a command, thin. What is done is done by `ops`; `out` alone prints.
//!
//! Exit codes, everywhere: 0 done; 1 the answer is no; 2 it could not be done; 70 a fault of ours; 128 + n by signal n.
//! `sconce run` ends with the code of its program.

mod agent;
mod backup;
mod columns;
mod completions;
mod config;
mod csv;
mod data;
mod demo;
mod disks;
mod doctor;
mod failure;
mod filters;
mod format;
mod init;
mod jobs;
mod keys;
mod open;
mod out;
mod progress;
mod prune;
mod reason;
mod run;
mod runs;
mod screen;
mod session;
mod table;
mod theme;
mod train;
mod trash;
mod trust;
mod usage;
mod view;
mod wait;
mod watch;
mod worker;

use std::{panic, path::PathBuf, process::ExitCode};

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use failure::Failure;
use open::Context;
use out::Out;

/// Done.
const DONE: u8 = 0;
/// The answer is no: what was waited for did not end well.
const NO: u8 = 1;
/// It could not be done.
const NOT_DONE: u8 = 2;
/// A fault of ours.
const BUG: u8 = 70;
/// Ctrl-C.
const INTERRUPTED: u8 = 130;

/// The exit code of a command that did what it is for, or why it could not.
type Answer = Result<u8, Failure>;

/// A terminal workbench for ML teams: train, watch, compare, steer.
#[derive(Debug, Parser)]
#[command(
    name = "sconce",
    version,
    max_term_width = 100,
    after_help = "Without a command the screen opens.\n\nExamples:\n  sconce demo\n  sconce train diagnosis -S lr=3e-4 --wait\n  sconce runs 'state:done val/auc@best>0.9' --sort val/auc\n  sconce run -- python train.py\n\nExit codes: 0 done; 1 the answer is no; 2 it could not be done; 70 a fault of sconce; 128+n by signal."
)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(flatten)]
    flags: screen::Flags,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Clone, Debug, Default, clap::Args)]
struct Globals {
    /// The store's folder.
    #[arg(long, value_name = "DIR", global = true, help_heading = "Everywhere")]
    store: Option<PathBuf>,
    /// Set one key of the configuration, over all files.
    #[arg(
        long = "config",
        value_name = "KEY=VALUE",
        global = true,
        help_heading = "Everywhere"
    )]
    settings: Vec<String>,
    /// Print JSON: the result, or an error with its kind.
    #[arg(long, global = true, help_heading = "Everywhere")]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Init(init::Init),
    Train(train::Train),
    Run(run::Run),
    Runs(runs::Runs),
    Open(screen::Open),
    Watch(watch::Watch),
    Data(data::Data),
    Filters(filters::Filters),
    View(view::View),
    Jobs(jobs::Jobs),
    Agent(agent::Agent),
    Config(config::Config),
    Theme(theme::Theme),
    Keys(keys::Keys),
    Trust(trust::Trust),
    Backup(backup::Backup),
    Trash(trash::Trash),
    Usage(usage::Usage),
    Prune(prune::Prune),
    Doctor(doctor::Doctor),
    Completions(completions::Completions),
    Worker(worker::Worker),
}

/// The whole program: reads the arguments, does it, says how it went.
pub fn main() -> ExitCode {
    let is_json = std::env::args_os().any(|word| word == "--json");
    let out = Out::new(is_json);
    let ended = panic::catch_unwind(|| begin(&out));
    ExitCode::from(match ended {
        Ok(code) => code,
        Err(_) => out.panicked(),
    })
}

fn begin(out: &Out) -> u8 {
    let parsed = Cli::command()
        .try_get_matches()
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return out.usage(&error),
    };
    let out = Out::new(cli.globals.json);
    let flags = match &cli.command {
        Some(Command::Demo(demo)) => demo.flags.clone().over(cli.flags),
        Some(Command::Open(open)) => open.flags.clone().over(cli.flags),
        _ => cli.flags,
    };
    let answer = Context::new(cli.globals, flags, out.clone()).map_err(Failure::from);
    match answer.and_then(|context| answer_to(cli.command, &context)) {
        Ok(code) => code,
        Err(failure) => out.failure(&failure),
    }
}

fn answer_to(command: Option<Command>, context: &Context) -> Answer {
    match command {
        None => screen::run(context),
        Some(Command::Demo(command)) => command.run(context),
        Some(Command::Init(command)) => command.run(context),
        Some(Command::Train(command)) => command.run(context),
        Some(Command::Run(command)) => command.run(context),
        Some(Command::Runs(command)) => command.run(context),
        Some(Command::Open(command)) => command.run(context),
        Some(Command::Watch(command)) => command.run(context),
        Some(Command::Data(command)) => command.run(context),
        Some(Command::Filters(command)) => command.run(context),
        Some(Command::View(command)) => command.run(context),
        Some(Command::Jobs(command)) => command.run(context),
        Some(Command::Agent(command)) => command.run(context),
        Some(Command::Config(command)) => command.run(context),
        Some(Command::Theme(command)) => command.run(context),
        Some(Command::Keys(command)) => command.run(context),
        Some(Command::Trust(command)) => command.run(context),
        Some(Command::Backup(command)) => command.run(context),
        Some(Command::Trash(command)) => command.run(context),
        Some(Command::Usage(command)) => command.run(context),
        Some(Command::Prune(command)) => command.run(context),
        Some(Command::Doctor(command)) => command.run(context),
        Some(Command::Completions(command)) => command.run(context),
        Some(Command::Worker(command)) => Ok(command.run()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_of_every_command_has_an_example() {
        fn walk(command: &mut clap::Command, path: &str, without: &mut Vec<String>) {
            for inner in command
                .get_subcommands_mut()
                .filter(|inner| !inner.is_hide_set() && inner.get_name() != "help")
            {
                let path = format!("{path} {}", inner.get_name());
                if !inner.render_long_help().to_string().contains("Example") {
                    without.push(path.clone());
                }
                walk(inner, &path, without);
            }
        }
        let mut without = vec![];
        walk(&mut Cli::command(), "sconce", &mut without);
        assert_eq!(without, Vec::<String>::new());
    }

    #[test]
    fn every_example_is_read_as_it_stands() {
        fn examples(command: &clap::Command, found: &mut Vec<String>) {
            let texts = [command.get_after_long_help(), command.get_after_help()];
            for text in texts.into_iter().flatten() {
                let text = text.to_string();
                let lines = text
                    .lines()
                    .filter_map(|line| line.strip_prefix("  sconce"));
                found.extend(lines.map(str::to_owned));
            }
            command
                .get_subcommands()
                .for_each(|inner| examples(inner, found));
        }
        let mut found = vec![];
        examples(&Cli::command(), &mut found);
        assert!(20 < found.len());
        for line in found {
            let words = format!("sconce{}", line.split(" #").next().unwrap()).replace('\'', "\"");
            let words = split(words.split(" | ").next().unwrap());
            if let Err(error) = Cli::try_parse_from(&words) {
                panic!("{words:?}: {error}");
            }
        }
    }

    /// Words as a shell would split them, double quotes only.
    fn split(line: &str) -> Vec<String> {
        let parts = line.split('"').enumerate();
        let words = parts.flat_map(|(at, part)| match at % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        });
        words.take_while(|word| word != ">").collect()
    }
}
