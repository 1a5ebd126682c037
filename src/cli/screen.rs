//! `sconce` alone, and `sconce open`: the screen.

use std::{
    fmt::Display,
    io::{IsTerminal as _, stdin, stdout},
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

use super::{Answer, Failure, format, keys, open, open::Context, session, theme};
use crate::{
    config::{
        self, Environment, Loaded, places,
        screens::{self, Screen, Screens},
    },
    domain::text::{nearest, shortened},
    ops::{self, Error, Kind, datasets, runs},
    tui::{
        self,
        access::{Access, Motion},
        clipboard::Clipboard,
        glyphs::Charset,
        list::field::Field,
        place::{self, Place, Spot},
        session::Session,
    },
    workspace::Workspace,
};

/// Characters of a name that are said again.
const LONGEST: usize = 60;

/// Open the screen on a run, a data version, or what a link names
///
/// A link is what `y u` on the screen copies. What else was open the last time is open again.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce open brave-otter-7\n  sconce open 'sconce://runs?filter=state%3Afailed'"
)]
pub struct Open {
    /// A run's name or id, a data version (NAME@v3, NAME@TAG), a view's name, or a link.
    what: String,
    #[command(flatten)]
    pub flags: Flags,
}

impl Open {
    pub fn run(self, context: &Context) -> Answer {
        let loaded = context.config()?;
        let root = context.root(&loaded)?;
        let place = match self.what.parse::<Place>() {
            Ok(place) => place,
            Err(error) if self.what.contains("://") => {
                return Err(Error::new(Kind::Invalid, error.to_string()).into());
            }
            Err(_) => named(&context.open(&loaded)?, &self.what)?,
        };
        open(context, loaded, root, Start::At(place))
    }
}

/// The run, or else the view, of a name.
fn named(ws: &Workspace, name: &str) -> ops::Result<Place> {
    let error = match runs::find(ws, name) {
        Ok(run) => return Ok(Place::of(Spot::Run(run))),
        Err(error) if error.kind == Kind::NotFound => error,
        Err(error) => return Err(error),
    };
    if let Ok(root) = name.parse() {
        return Ok(Place::of_root(root));
    }
    if name.contains('@') {
        let version = datasets::find(ws, name)?;
        return Ok(Place::of(Spot::Version(version.id())));
    }
    let mut hint = format!("the views are {}", place::views(name).join(", "));
    if let Some(known) = &error.hint {
        hint = format!("{known}; {hint}");
    }
    let message = format!("there is no run and no view {:?}", shortened(name, LONGEST));
    Err(Error::new(Kind::NotFound, message).hint(hint))
}

/// What the screen opens with.
pub enum Start {
    /// What was open the last time.
    Again,
    At(Place),
    /// What was open the last time, in the store of the demonstration.
    Demo,
}

pub fn run(context: &Context) -> Answer {
    let loaded = context.config()?;
    let root = context.root(&loaded)?;
    open(context, loaded, root, Start::Again)
}

/// Flags of the commands that open the screen.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Flags {
    /// The colours of the screen, over the configuration: `sconce theme list` names them.
    #[arg(long, value_name = "NAME", help_heading = "Screen")]
    theme: Option<String>,
    /// The screen to open, by the name that the configuration gives it: `sconce config show screen` lists them.
    #[arg(long, value_name = "NAME", help_heading = "Screen")]
    screen: Option<String>,
    /// Open the screen as it is at first, not as it was left.
    #[arg(long, help_heading = "Screen")]
    fresh: bool,
}

impl Flags {
    /// These, and where they say nothing, those that stood before the command.
    pub fn over(self, before: Self) -> Self {
        Self {
            theme: self.theme.or(before.theme),
            screen: self.screen.or(before.screen),
            fresh: self.fresh || before.fresh,
        }
    }

    /// What they say, as settings over all files.
    pub fn settings(&self) -> Vec<String> {
        let theme = self.theme.iter().map(|name| format!("ui.theme={name}"));
        theme.collect()
    }
}

/// Is there a terminal to draw on and to read keys from?
pub fn has_terminal() -> bool {
    stdin().is_terminal() && stdout().is_terminal()
}

/// Opens the screen on a store.
pub fn open(context: &Context, mut loaded: Loaded, root: PathBuf, start: Start) -> Answer {
    if !has_terminal() || context.out.is_json() {
        let error = Error::new(Kind::Environment, "the screen needs a terminal to draw on");
        let hint = "in scripts use the commands: `sconce runs`, `sconce view NAME --plain`, `sconce watch RUN`";
        return Err(error.hint(hint).into());
    }
    let kept = session::path(&loaded.environment.places, &root);
    let is_said_by_flag = |key: &str| loaded.place(key).is_some_and(config::Place::is_flag);
    let mut screens = loaded.config.screen.clone();
    for screen in screens.values_mut() {
        screen.yield_to(is_said_by_flag);
        if let Some(theme) = &mut screen.theme {
            *theme = theme::name(&loaded.environment, theme).to_owned();
        }
    }
    let asked = context.flags.screen.as_deref();
    let name = asked.unwrap_or(screens::DEFAULT);
    let first = screen(&screens, name)?;
    if let Some(theme) = &first.theme {
        theme::named(&loaded.environment, theme)?;
    }
    let root_of_screen = first.start.unwrap_or_default();
    loaded.config.screen = screens;
    let mut options = options(&loaded, name, matches!(start, Start::Demo))?;
    if !context.flags.fresh {
        options.session = session::read(&kept);
    }
    if let Start::At(place) = start {
        options.session = options.session.at(place);
    }
    // A screen that was asked for by name begins where it says.
    if asked.is_some() {
        options.session.root = root_of_screen;
    }
    let usual = places::find_store(&loaded, None).ok();
    let usual = usual.as_ref().map(|found| found.path.as_path());
    let ways = Ways::to(&root, usual, &loaded.environment.places.demo());
    let ended = tui::run(Arc::new(move || open::open(&loaded, &root)), &options)?;
    if let Err(error) = session::write(&kept, &ended.session)
        && ended.how == tui::How::Quit
    {
        let path = kept.display();
        let message = format!("what was open is forgotten: {path} cannot be written: {error}");
        context.out.warn(&message);
    }
    if ended.how == tui::How::Demo {
        return super::demo::show(context);
    }
    if 0 < ended.still_running && ended.how == tui::How::Quit {
        let told = still_running(ended.still_running, &ended.host, &ways);
        context.out.say(&told);
    }
    Ok(ended.how.exit_code())
}

/// The commands that lead to a store from where the shell stands.
#[derive(Debug, PartialEq)]
struct Ways {
    /// Opens its screen.
    screen: String,
    /// Lists its jobs.
    jobs: String,
}

impl Ways {
    /// To the store in a folder, where `usual` is the one that the bare command opens here.
    fn to(root: &Path, usual: Option<&Path>, demo: &Path) -> Self {
        let named = match usual == Some(root) {
            true => "sconce".to_owned(),
            false => {
                let path = format::command(&[&root.to_string_lossy()]);
                format!("sconce --store {path}")
            }
        };
        Self {
            jobs: format!("{named} jobs"),
            screen: match root == demo {
                true => "sconce demo".to_owned(),
                false => named,
            },
        }
    }
}

/// `1 job keeps running on gpu01. sconce to return, sconce jobs to list.`
fn still_running(count: u64, host: &str, Ways { screen, jobs }: &Ways) -> String {
    let noun = if count == 1 { "job keeps" } else { "jobs keep" };
    format!("{count} {noun} running on {host}. {screen} to return, {jobs} to list.")
}

/// How the screen shall be: what the config says, and where it says `auto`, what the environment tells. The terminal
/// itself is never asked: its late answers would be read as keys.
fn options(loaded: &Loaded, name: &str, is_demo: bool) -> Result<tui::Options, Failure> {
    let (ui, environment) = (&loaded.config.ui, &loaded.environment);
    let a11y = &loaded.config.a11y;
    let term = environment.var("TERM").unwrap_or("xterm").to_owned();
    let is_ambiguous_wide = loaded.config.term.ambiguous == 2;
    let charset = word("ui.charset", &ui.charset, || {
        Charset::detect(&term, is_utf8(locale(environment)))
    })?;
    for (name, screen) in &loaded.config.screen {
        let words = screen.columns.iter().flatten();
        columns(
            &format!("screen.{name}.columns"),
            &words.cloned().collect::<Vec<_>>(),
        )?;
    }
    Ok(tui::Options {
        theme: theme::chosen(loaded)?,
        charset: match charset {
            // Half blocks are of ambiguous width too.
            Charset::Block if is_ambiguous_wide => Charset::Ascii,
            charset => charset,
        },
        is_ambiguous_wide,
        access: Access {
            cursor_follows_focus: a11y.cursor_follows_focus,
            announces: a11y.announce,
            motion: word("a11y.motion", &a11y.motion, Motion::default)?,
        },
        rate: word("ui.rate", &ui.rate, || {
            if is_far(environment) {
                tui::Rate::Ssh
            } else {
                tui::Rate::Local
            }
        })?,
        screens: loaded.config.screen.clone(),
        screen: name.to_owned(),
        session: Session::default(),
        is_read_only: ui.read_only,
        is_demo,
        metric: ui.metric.clone(),
        columns: columns("ui.columns", &ui.columns)?,
        keys: keys::keymap(loaded)?,
        themes: theme::all(loaded),
        clipboard: Clipboard {
            route: word(
                "clipboard.route",
                &loaded.config.clipboard.route,
                Default::default,
            )?,
            is_in_tmux: environment
                .var("TMUX")
                .is_some_and(|socket| !socket.is_empty()),
            file: Some(environment.places.cache.join("yank.txt")),
        },
        notify: word(
            "notify.route",
            &loaded.config.notify.route,
            Default::default,
        )?,
        has_mouse: ui.mouse,
        stray: Some(environment.places.state.join("screen.log")),
        term,
    })
}

fn columns(key: &str, words: &[String]) -> Result<Vec<Field>, Failure> {
    let columns = words.iter().map(|word| Field::parse(word));
    columns
        .collect::<crate::ops::Result<_>>()
        .map_err(|error| Error::new(error.kind, format!("{key}: {error}")).into())
}

/// The screen of a name.
fn screen<'a>(screens: &'a Screens, name: &str) -> Result<&'a Screen, Failure> {
    screens.get(name).ok_or_else(|| {
        let names: Vec<&str> = screens.keys().map(String::as_str).collect();
        let hint = match nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("there are {}", names.join(", ")),
        };
        let message = format!("there is no screen {name:?}");
        Error::new(Kind::NotFound, message).hint(hint).into()
    })
}

/// Does the terminal stand on another machine?
pub fn is_far(environment: &Environment) -> bool {
    ["SSH_CONNECTION", "SSH_TTY", "MOSH_KEY"]
        .iter()
        .any(|name| environment.var(name).is_some())
}

/// The locale that counts for characters; empty when none is set.
pub fn locale(environment: &Environment) -> &str {
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| environment.var(name))
        .unwrap_or_default()
}

/// Does a locale say that the terminal takes UTF-8?
pub fn is_utf8(locale: &str) -> bool {
    locale
        .to_ascii_lowercase()
        .replace('-', "")
        .contains("utf8")
}

fn word<T: FromStr + strum::IntoEnumIterator + Display>(
    key: &str,
    word: &str,
    auto: impl FnOnce() -> T,
) -> Result<T, Failure> {
    if word == "auto" {
        return Ok(auto());
    }
    word.parse().map_err(|_| {
        let words: Vec<String> = T::iter().map(|known| known.to_string()).collect();
        let error = Error::new(Kind::Invalid, format!("{key} cannot be {word:?}"));
        error
            .hint(format!("write auto, {}", words.join(", ")))
            .into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_leaves_is_told_the_commands_that_lead_back() {
        let told = |root: &str, count| {
            let (usual, demo) = (Path::new("/home/ana/store"), Path::new("/home/ana/demo"));
            let ways = Ways::to(Path::new(root), Some(usual), demo);
            still_running(count, "gpu01", &ways)
        };
        let cases = [
            (
                "/home/ana/store",
                1,
                "1 job keeps running on gpu01. sconce to return, sconce jobs to list.",
            ),
            (
                "/home/ana/demo",
                2,
                "2 jobs keep running on gpu01. sconce demo to return, sconce --store /home/ana/demo jobs to list.",
            ),
            (
                "/data/my team",
                1,
                "1 job keeps running on gpu01. sconce --store '/data/my team' to return, sconce --store '/data/my team' jobs to list.",
            ),
        ];
        for (root, count, sentence) in cases {
            assert_eq!(told(root, count), sentence);
        }
    }
}
