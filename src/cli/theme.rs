use std::path::Path;

use clap::Subcommand;
use serde_json::json;

use super::{
    Answer, DONE, Failure, NO,
    open::Context,
    table::{Cell, Look, Table},
};
use crate::{
    config::{
        Environment, Loaded,
        themes::{self, Source},
    },
    domain::text::nearest,
    ops::{Error, Kind},
    tui::theme::{
        self, Depth, Theme as Colours,
        audit::{self, Report, Token},
        choice::{Say, choose},
    },
};

/// List, show and check the colours of the screen
///
/// A theme of your own is a file of tokens, ~/.config/sconce/themes/NAME.toml. It says only what differs from the theme
/// that it extends.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce theme list\n  sconce theme show dark > ~/.config/sconce/themes/mine.toml\n  sconce theme check ~/.config/sconce/themes/mine.toml\n  sconce --theme mine"
)]
pub struct Theme {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the themes; the one that counts here is marked
    #[command(after_long_help = "Example:\n  sconce theme list")]
    List,
    /// Print a theme's file, with --json every token's style
    #[command(
        after_long_help = "Examples:\n  sconce theme show cb-dark\n  sconce theme show mine --json"
    )]
    Show {
        /// A theme's name.
        name: String,
    },
    /// Measure a theme: contrast of every token, distance of lines and states to normal and colour-blind eyes
    ///
    /// The exit code is 1 where text has less contrast than 4.5:1, or a line or a mark less than 3:1. Colours that are
    /// less than 20 apart are pointed out.
    #[command(
        after_long_help = "Examples:\n  sconce theme check mine\n  sconce theme check ./mine.toml --json"
    )]
    Check {
        /// A theme's file, or its name.
        file: String,
    },
}

impl Theme {
    pub fn run(self, context: &Context) -> Answer {
        match self.verb {
            Verb::List => list(context),
            Verb::Show { name } => show(context, &name),
            Verb::Check { file } => check(context, &file),
        }
    }
}

/// The colours of the screen: those that the flags or the config name, else what the environment asks for, in as many
/// colours as the terminal has.
pub fn chosen(loaded: &Loaded) -> Result<Colours, Failure> {
    let name = name(&loaded.environment, &loaded.config.ui.theme);
    Ok(named(&loaded.environment, name)?.fitted(depth(&loaded.environment)))
}

/// Every theme that can be chosen, in as many colours as the terminal has. A person's own that cannot be read is not among
/// them: naming it on the command line says why.
pub fn all(loaded: &Loaded) -> Vec<(String, Colours)> {
    let environment = &loaded.environment;
    let depth = depth(environment);
    let own = themes::own(&environment.places)
        .into_iter()
        .map(|(name, _)| name);
    let names = themes::SHIPPED.into_iter().map(str::to_owned).chain(own);
    let theme = |name: String| Some((name.clone(), named(environment, &name).ok()?.fitted(depth)));
    names.filter_map(theme).collect()
}

fn depth(environment: &Environment) -> Depth {
    let var = |name| environment.var(name).unwrap_or_default();
    Depth::detect(var("TERM"), var("COLORTERM"))
}

/// The name of the theme that a configuration asks for: where it says `auto`, what the environment tells.
pub fn name<'a>(environment: &'a Environment, asked: &'a str) -> &'a str {
    let var = |name| environment.var(name).unwrap_or_default();
    choose(&Say {
        asked,
        variable: var("SCONCE_THEME"),
        has_no_colour: environment.var("NO_COLOR").is_some(),
        ground: var("COLORFGBG"),
        depth: depth(environment),
    })
}

/// The theme of this name: a shipped one, or one of the person's own.
pub fn named(environment: &Environment, name: &str) -> Result<Colours, Failure> {
    if let Some(theme) = Colours::named(name) {
        return Ok(theme);
    }
    match themes::source(&environment.places, name)? {
        Some(source) => read(&source),
        None => Err(unknown(environment, name)),
    }
}

fn read(source: &Source) -> Result<Colours, Failure> {
    Colours::read(&source.text).map_err(|wrong| {
        let message = format!("{}:{wrong}", source.path.display());
        let error = Error::new(Kind::Invalid, message);
        match wrong.hint {
            Some(hint) => error.hint(hint).into(),
            None => error.into(),
        }
    })
}

fn unknown(environment: &Environment, name: &str) -> Failure {
    let own = themes::own(&environment.places);
    let own = own.iter().map(|(name, _)| name.as_str());
    let known = themes::SHIPPED.into_iter().chain(own);
    let error = Error::new(Kind::NotFound, format!("there is no theme {name:?}"));
    let hint = match nearest(name, known) {
        Some(near) => format!("did you mean {near}?"),
        None => format!(
            "`sconce theme list` names them; your own stand in {}",
            themes::folder(&environment.places).display()
        ),
    };
    error.hint(hint).into()
}

fn list(context: &Context) -> Answer {
    let (out, environment) = (&context.out, &context.environment);
    let loaded = context.sound_config()?;
    let counts = name(environment, &loaded.config.ui.theme);
    let shipped = Colours::SHIPPED
        .iter()
        .filter_map(|theme| Some((theme.name()?.to_owned(), about(theme.source()?), None)));
    let own = themes::own(&environment.places)
        .into_iter()
        .map(|(name, path)| {
            let text = themes::at(&path)
                .map(|source| source.text)
                .unwrap_or_default();
            (name, about(&text), Some(path))
        });
    let themes: Vec<_> = shipped.chain(own).collect();
    if out.is_json() {
        let rows = themes.iter().map(|(name, about, file)| {
            json!({ "name": name, "about": about, "file": file, "counts": name == counts })
        });
        out.json(&rows.collect::<Vec<_>>())?;
        return Ok(DONE);
    }
    let mut table = Table::default()
        .word("")
        .word("theme")
        .text("about")
        .text("file");
    for (name, about, file) in &themes {
        let mark = if name == counts { "*" } else { "" };
        let file = file
            .as_ref()
            .map_or("shipped".to_owned(), |file| file.display().to_string());
        table.row(vec![
            mark.into(),
            name.as_str().into(),
            about.as_str().into(),
            Cell::from(file).look(Look::Dim),
        ]);
    }
    out.table(&table)?;
    Ok(DONE)
}

/// The first sentence of the comment that a theme's file begins with.
fn about(text: &str) -> String {
    let lines = text.lines().map_while(|line| line.strip_prefix('#'));
    let comment: Vec<&str> = lines
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    let comment = comment.join(" ");
    comment
        .split_inclusive(". ")
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned()
}

fn show(context: &Context, name: &str) -> Answer {
    let (out, environment) = (&context.out, &context.environment);
    let theme = Colours::named(name);
    let text = match theme.and_then(Colours::source) {
        Some(text) => text.to_owned(),
        None => match themes::source(&environment.places, name)? {
            Some(source) => source.text,
            None => return Err(unknown(environment, name)),
        },
    };
    if !out.is_json() {
        out.output(&text)?;
        return Ok(DONE);
    }
    let styles = named(environment, name)?.palette().styles();
    let tokens = styles.into_iter().map(|(token, style)| {
        let has = theme::MODIFIERS
            .iter()
            .filter(|(_, modifier)| style.add_modifier.contains(*modifier));
        json!({
            "token": token,
            "fg": audit::written(style.fg),
            "bg": audit::written(style.bg),
            "modifiers": has.map(|(name, _)| *name).collect::<Vec<_>>(),
        })
    });
    out.json(&tokens.collect::<Vec<_>>())?;
    Ok(DONE)
}

fn check(context: &Context, file: &str) -> Answer {
    let (out, environment) = (&context.out, &context.environment);
    let is_path = file.contains('/') || file.ends_with(".toml");
    let theme = match is_path {
        true => read(&themes::at(&environment.cwd.join(Path::new(file)))?)?,
        false => named(environment, file)?,
    };
    let report = theme.palette().report();
    let code = if report.is_good() { DONE } else { NO };
    if out.is_json() {
        out.json(&report)?;
        return Ok(code);
    }
    out.table(&contrasts(&report))?;
    if !report.apart.is_empty() {
        out.line("")?;
        out.table(&distances(&report))?;
    }
    let faint = report.tokens.iter().filter(|token| !token.is_good).count();
    let near = report.apart.iter().filter(|apart| !apart.is_good).count();
    out.line(match (faint, near) {
        (0, 0) => "\nall well".to_owned(),
        (0, near) => format!("\nall can be read; {near} of the sets above hold colours that some eyes take for each other"),
        (faint, _) => format!("\n{faint} of the tokens above cannot be read by everybody"),
    })?;
    Ok(code)
}

/// Each token with its least contrast on the usual backgrounds, and what it needs.
fn contrasts(report: &Report) -> Table {
    let mut table = Table::default()
        .word("")
        .word("token")
        .word("colour")
        .number("contrast")
        .number("needs")
        .text("on");
    for token in report.tokens.iter().filter(|token| token.need.is_some()) {
        let (verdict, look) = match token {
            Token { is_good: false, .. } => ("faint", Look::Bad),
            Token { contrast, .. } if contrast.is_empty() => ("-", Look::Dim),
            _ => ("ok", Look::Good),
        };
        // That which comes nearest to failing.
        let worst = token
            .contrast
            .iter()
            .min_by(|a, b| (a.contrast / a.need).total_cmp(&(b.contrast / b.need)));
        let figure =
            |number: Option<f64>| number.map_or(String::new(), |number| format!("{number:.1}"));
        let on = match worst {
            Some(on) => on.background.clone(),
            None => "the terminal's own colour".to_owned(),
        };
        table.row(vec![
            Cell::from(verdict).look(look),
            token.token.as_str().into(),
            token.colour.as_str().into(),
            figure(worst.map(|on| on.contrast)).into(),
            figure(worst.map(|on| on.need)).into(),
            on.into(),
        ]);
    }
    table
}

fn distances(report: &Report) -> Table {
    let mut table = Table::default()
        .word("")
        .word("set")
        .word("vision")
        .number("ΔE")
        .text("nearest");
    for apart in &report.apart {
        let (verdict, look) = match apart.is_good {
            true => ("ok", Look::Good),
            false => ("near", Look::Warning),
        };
        table.row(vec![
            Cell::from(verdict).look(look),
            apart.set.into(),
            apart.vision.as_str().into(),
            format!("{:.1}", apart.difference).into(),
            apart.nearest.join(" and ").into(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn config_and_screen_know_the_same_themes() {
        assert!(theme::names().eq(themes::SHIPPED));
    }

    #[test]
    fn every_shipped_theme_says_what_it_is_for() {
        for theme in Colours::SHIPPED {
            let about = about(theme.source().unwrap());
            assert!(about.ends_with('.') && about.len() < 80, "{about:?}");
        }
        assert_eq!(about("accent = 3"), "");
    }
}
