//! The way out: the only place that prints. Results go to standard output, everything said to the person beside them goes
//! to standard error.

use std::{
    fmt::Display,
    io::{self, IsTerminal as _, Write as _},
};

use clap::{
    CommandFactory as _,
    error::{ContextKind, ContextValue, ErrorKind},
};
use serde::Serialize;
use serde_json::json;

use super::{Cli, DONE, Failure, NOT_DONE, format, table::Table};
use crate::{config::Environment, domain::text::shown, ops};

/// How results are written.
#[derive(Clone, Debug)]
pub struct Out {
    is_json: bool,
    /// The terminal's width; `None` where the output goes elsewhere.
    width: Option<usize>,
    has_colour: bool,
}

impl Out {
    pub fn new(is_json: bool) -> Self {
        let stdout = io::stdout();
        let width = stdout.is_terminal().then(|| {
            let size = rustix::termios::tcgetwinsize(&stdout);
            size.map_or(80, |size| usize::from(size.ws_col).max(20))
        });
        Self {
            is_json,
            width,
            has_colour: false,
        }
    }

    /// With colour, where the environment has nothing against it.
    pub fn coloured(self, environment: &Environment) -> Self {
        let is_plain =
            environment.var("NO_COLOR").is_some() || environment.var("TERM") == Some("dumb");
        Self {
            has_colour: self.is_terminal() && !is_plain,
            ..self
        }
    }

    pub fn is_json(&self) -> bool {
        self.is_json
    }

    /// Is somebody looking?
    pub fn is_terminal(&self) -> bool {
        self.width.is_some()
    }

    /// One line for people.
    pub fn line(&self, text: impl Display) -> Result<(), Failure> {
        Ok(writeln!(io::stdout().lock(), "{text}")?)
    }

    /// Text as it is, whole: for pipes, or what was made safe before.
    pub fn raw(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        Ok(stdout.flush()?)
    }

    /// Output of somebody's program: as it is where it goes into a pipe, without what could steer a terminal where it
    /// goes to one.
    pub fn output(&self, text: &str) -> Result<(), Failure> {
        if !self.is_terminal() {
            return self.raw(text);
        }
        let safe: Vec<String> = text
            .split('\n')
            .map(|line| shown(line.trim_end_matches('\r')))
            .collect();
        self.raw(&safe.join("\n"))
    }

    pub fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        self.document(value, serde_json::to_string_pretty)
    }

    /// One object on one line, for streams of them.
    pub fn json_line(&self, value: &impl Serialize) -> Result<(), Failure> {
        self.document(value, serde_json::to_string)
    }

    fn document<T: Serialize>(
        &self,
        value: &T,
        write: impl FnOnce(&T) -> serde_json::Result<String>,
    ) -> Result<(), Failure> {
        let text = write(value).map_err(|error| {
            ops::Error::new(ops::Kind::Bug, "the result cannot be written as JSON").because(error)
        })?;
        self.line(text)
    }

    pub fn table(&self, table: &Table) -> Result<(), Failure> {
        let lines = table.lines(self.width, self.has_colour);
        let mut stdout = io::stdout().lock();
        for line in lines {
            writeln!(stdout, "{line}")?;
        }
        Ok(())
    }

    /// A line that the next one takes the place of; the empty one takes it away. Only where somebody looks.
    pub fn passing(&self, text: &str) {
        let mut stderr = io::stderr().lock();
        if !self.is_json && stderr.is_terminal() {
            // A terminal that is gone is no trouble of the work.
            let _ = write!(stderr, "\r\x1b[K{}", shown(text));
            let _ = stderr.flush();
        }
    }

    /// Bytes as they are.
    pub fn bytes(&self, bytes: &[u8]) -> io::Result<()> {
        io::stdout().lock().write_all(bytes)
    }

    /// Something said beside the result; not under `--json`.
    pub fn say(&self, text: &str) {
        if !self.is_json {
            complain(text);
        }
    }

    pub fn warn(&self, text: &str) {
        self.say(&format!("warning: {text}"));
    }

    /// Says what went wrong, and gives the exit code.
    pub fn failure(&self, failure: &Failure) -> u8 {
        let Failure::Error(error) = failure else {
            return DONE;
        };
        let text = if self.is_json {
            error_json(error)
        } else {
            error_text(error)
        };
        complain(&text);
        error.kind.exit_code()
    }

    /// Says what is wrong with the arguments, or prints the help that was asked for.
    pub fn usage(&self, error: &clap::Error) -> u8 {
        let is_asked_for = !error.use_stderr();
        if is_asked_for || is_help(error) && !self.is_json {
            return match error.print() {
                Ok(()) if is_asked_for => DONE,
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => DONE,
                _ => NOT_DONE,
            };
        }
        self.failure(&mistake(error).into())
    }

    /// Says that the program itself is at fault, below what the panic said, and gives the exit code.
    pub fn panicked(&self) -> u8 {
        let error = ops::Error::new(
            ops::Kind::Bug,
            "sconce came to a place that it should never reach",
        )
        .hint("this is a fault of sconce; please report it with the lines above");
        self.failure(&error.into())
    }
}

/// Help that stands in for the command that is missing.
fn is_help(error: &clap::Error) -> bool {
    error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
}

/// What clap has to say of the arguments, in the form of our own errors.
fn mistake(error: &clap::Error) -> ops::Error {
    let text = error.to_string();
    let words = std::env::args_os().skip(1);
    let command = command_of(words.map(|word| word.to_string_lossy().into_owned()));
    let help = format!("`{command} --help`");
    if is_help(error) {
        let message = format!("{command} needs a command or an argument");
        return ops::Error::new(ops::Kind::Invalid, message).hint(help);
    }
    let said = text.split("\n\nUsage:").next().unwrap_or_default();
    let said = said
        .split("\n\nFor more information")
        .next()
        .unwrap_or_default();
    let (tips, lines): (Vec<&str>, Vec<&str>) = said
        .trim_start_matches("error: ")
        .lines()
        .filter(|line| !line.trim().is_empty())
        .partition(|line| line.trim_start().starts_with("tip: "));
    let tips = tips
        .iter()
        .map(|tip| tip.trim().trim_start_matches("tip: "));
    let mut hints: Vec<String> = tips.map(str::to_owned).collect();
    if let Some(hint) = dashes(error, &command) {
        hints = vec![hint];
    }
    hints.push(help);
    ops::Error::new(ops::Kind::Invalid, lines.join("\n")).hint(hints.join("; "))
}

/// Where to put `--`: a command to run needs it, and so does a filter that begins with `-`.
fn dashes(error: &clap::Error, command: &str) -> Option<String> {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    match command {
        "sconce run" if !word.starts_with('-') => {
            Some(format!("put `--` before the command: sconce run -- {word}"))
        }
        "sconce runs" if word.starts_with('-') && !word.starts_with("--") => Some(
            "put `--` before a filter that begins with `-`: sconce runs -- '-tag:junk'".to_owned(),
        ),
        _ => None,
    }
}

/// `sconce runs show`, for the words of a command line.
fn command_of(words: impl IntoIterator<Item = String>) -> String {
    let mut at = Cli::command();
    let mut path = at.get_name().to_owned();
    for word in words.into_iter().take_while(|word| word != "--") {
        if let Some(inner) = at.find_subcommand(&word).cloned() {
            path.push_str(&format!(" {word}"));
            at = inner;
        }
    }
    path
}

fn complain(text: &str) {
    // There is nobody left to tell when this fails.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// What, why, what now.
fn error_text(error: &ops::Error) -> String {
    let mut text = format!("error: {}", format::safe_lines(&error.message));
    for cause in error.causes() {
        text.push_str("\n  because: ");
        text.push_str(&format::safe_lines(&cause).replace('\n', "\n           "));
    }
    if let Some(hint) = &error.hint {
        text.push_str("\nhint: ");
        text.push_str(&format::safe_lines(hint));
    }
    text
}

fn error_json(error: &ops::Error) -> String {
    json!({ "error": error }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::{Error, Kind};

    fn error() -> Error {
        let cause = io::Error::other("the disk said \u{1b}[31mno");
        Error::new(Kind::Environment, "cannot open the store")
            .because(cause)
            .hint("try again")
    }

    #[test]
    fn an_error_says_what_why_and_what_now() {
        assert_eq!(
            error_text(&error()),
            "error: cannot open the store\n  because: the disk said �[31mno\nhint: try again"
        );
        assert_eq!(error_text(&Error::new(Kind::Bug, "no")), "error: no");
    }

    #[test]
    fn a_command_is_named_by_the_words_that_lead_to_it() {
        let cases = [
            ("", "sconce"),
            ("--json runs show --nope", "sconce runs show"),
            ("run runs", "sconce run"),
            ("runs -- show", "sconce runs"),
        ];
        for (line, name) in cases {
            assert_eq!(command_of(line.split(' ').map(str::to_owned)), name);
        }
    }

    #[test]
    fn an_error_has_its_kind_for_scripts() {
        let value: serde_json::Value = serde_json::from_str(&error_json(&error())).unwrap();
        assert_eq!(value["error"]["kind"], "environment");
        assert_eq!(value["error"]["because"][0], "the disk said \u{1b}[31mno");
    }
}
