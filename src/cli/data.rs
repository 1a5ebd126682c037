use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use super::{
    Answer, DONE, Failure, INTERRUPTED, NO, Out, csv::Csv, format, open::Context, progress::watch,
    reason::Because, table::Table,
};
use crate::{
    domain::{
        datasets::Version,
        text::{counted, shown},
    },
    ops::datasets,
    workspace::Workspace,
};

mod add;
mod contents;
mod diff;
mod gc;
mod leaks;
mod profile;
mod remote;
mod show;

/// Keep versions of data: add, compare, get back, verify
///
/// A version is a list of files under one hash. It never changes, and the same content is stored once, whatever it is
/// called: a new version costs what is new in it. Where a version is asked for, write NAME (the newest), NAME@v3,
/// NAME@TAG, or the first digits of its hash.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce data add penguins penguins.csv -m 'as collected'\n  sconce data log penguins\n  sconce data diff penguins@v1 penguins@v2\n  sconce data checkout penguins@v1 /tmp/old"
)]
pub struct Data {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List data sets
    #[command(after_long_help = "Example:\n  sconce data list --json")]
    List,
    Add(add::Add),
    /// List the versions of a data set, the newest first
    #[command(
        after_long_help = "Examples:\n  sconce data log penguins\n  sconce data log penguins --trash"
    )]
    Log {
        name: String,
        /// Those in the trash too.
        #[arg(long)]
        trash: bool,
    },
    /// Show all that is known of a version
    #[command(
        after_long_help = "Examples:\n  sconce data show penguins@v2\n  sconce data show penguins --files\n  sconce data show penguins@v2 --columns"
    )]
    Show {
        version: String,
        /// List its files.
        #[arg(long)]
        files: bool,
        /// List the columns of its tables, as they were found when it was added.
        #[arg(long)]
        columns: bool,
    },
    Profile(profile::Profile),
    Leaks(leaks::Leaks),
    Diff(diff::Diff),
    Status(diff::Status),
    /// Write a version's files into a folder
    ///
    /// What is there already and the same is left alone; what differs is replaced only with --force; nothing else in the
    /// folder is touched.
    #[command(
        after_long_help = "Examples:\n  sconce data checkout penguins@v1 /tmp/old\n  sconce data checkout penguins . --force"
    )]
    Checkout {
        version: String,
        folder: PathBuf,
        /// Replace files that differ. Folders are never replaced.
        #[arg(long)]
        force: bool,
    },
    /// Print the content of a version's file
    #[command(
        after_long_help = "Examples:\n  sconce data cat penguins@v1 > old.csv\n  sconce data cat images@v2 train/0001.png > 0001.png"
    )]
    Cat {
        version: String,
        /// Needed where the version has several files.
        path: Option<String>,
    },
    /// Put a tag on a version, away from the one that had it
    #[command(after_long_help = "Example:\n  sconce data tag penguins@v2 clean")]
    Tag {
        version: String,
        tag: String,
    },
    /// Take a tag away
    #[command(after_long_help = "Example:\n  sconce data untag penguins@clean")]
    Untag {
        #[arg(value_name = "NAME@TAG")]
        tag: String,
    },
    /// Put versions into the trash
    ///
    /// They go for good when their time there is over (7 days; `[store] trash_days`) and `sconce data gc` runs. What has a
    /// tag, or what a run was made of, stays.
    #[command(after_long_help = "Example:\n  sconce data rm penguins@v1")]
    Rm {
        #[arg(required = true)]
        versions: Vec<String>,
        #[command(flatten)]
        because: Because,
    },
    /// Take versions out of the trash
    #[command(after_long_help = "Example:\n  sconce data restore penguins@v1")]
    Restore {
        #[arg(required = true)]
        versions: Vec<String>,
    },
    /// List the versions in the trash
    #[command(after_long_help = "Example:\n  sconce data trash")]
    Trash,
    Gc(gc::Gc),
    Verify(gc::Verify),
    Remote(remote::Remote),
    Push(remote::Push),
    Pull(remote::Pull),
    Clone(remote::Clone),
}

pub use self::show::print_version;

const NONE: &str = "no data set yet: `sconce data add NAME PATH` makes one";

impl Data {
    pub fn run(self, context: &Context) -> Answer {
        match self.verb {
            None | Some(Verb::List) => list(context),
            Some(Verb::Add(add)) => add.run(context),
            Some(Verb::Log { name, trash }) => log(context, &name, trash),
            Some(Verb::Show {
                version,
                files,
                columns,
            }) => show::show(context, &version, files, columns),
            Some(Verb::Profile(profile)) => profile.run(context),
            Some(Verb::Leaks(leaks)) => leaks.run(context),
            Some(Verb::Diff(diff)) => diff.run(context),
            Some(Verb::Status(status)) => status.run(context),
            Some(Verb::Checkout {
                version,
                folder,
                force,
            }) => check_out(context, &version, &folder, force),
            Some(Verb::Cat { version, path }) => cat(context, &version, path.as_deref()),
            Some(Verb::Tag { version, tag }) => put_tag(context, &version, &tag),
            Some(Verb::Untag { tag }) => untag(context, &tag),
            Some(Verb::Rm { versions, because }) => {
                let ws = context.workspace()?;
                let gone = datasets::trash(&ws, &versions, &because.reason)?;
                say_each(&context.out, &gone, "is in the trash")
            }
            Some(Verb::Restore { versions }) => {
                let ws = context.workspace()?;
                let back = datasets::restore(&ws, &versions)?;
                say_each(&context.out, &back, "is back from the trash")
            }
            Some(Verb::Trash) => trash(context),
            Some(Verb::Gc(gc)) => gc.run(context),
            Some(Verb::Verify(verify)) => verify.run(context),
            Some(Verb::Remote(remote)) => remote.run(context),
            Some(Verb::Push(push)) => push.run(context),
            Some(Verb::Pull(pull)) => pull.run(context),
            Some(Verb::Clone(clone)) => clone.run(context),
        }
    }
}

fn list(context: &Context) -> Answer {
    let ws = context.workspace()?;
    let (out, sets) = (&context.out, datasets::list(&ws)?);
    if out.is_json() {
        out.json(&sets)?;
        return Ok(DONE);
    }
    if sets.is_empty() {
        out.say(NONE);
        return Ok(DONE);
    }
    let mut table = Table::default()
        .word("name")
        .number("versions")
        .word("latest")
        .number("files")
        .number("size")
        .number("age")
        .word("by")
        .text("message");
    for set in &sets {
        let latest = &set.latest;
        table.row(vec![
            set.name.as_str().into(),
            set.versions.to_string().into(),
            format!("v{}", latest.number).into(),
            latest.files.to_string().into(),
            format::bytes(latest.bytes).into(),
            format::age(latest.created, ws.now()).into(),
            latest.actor.name.as_str().into(),
            latest.message.as_str().into(),
        ]);
    }
    out.table(&table)?;
    Ok(DONE)
}

fn log(context: &Context, name: &str, with_trash: bool) -> Answer {
    let ws = context.workspace()?;
    let versions = datasets::log(&ws, name, with_trash)?;
    print_versions(context, &ws, &versions)?;
    if versions.is_empty() {
        context
            .out
            .say("all its versions are in the trash: --trash lists them");
    }
    Ok(DONE)
}

fn trash(context: &Context) -> Answer {
    let ws = context.workspace()?;
    let versions = datasets::in_trash(&ws)?;
    print_versions(context, &ws, &versions)?;
    if versions.is_empty() {
        context.out.say("no version is in the trash");
    }
    Ok(DONE)
}

/// The newest versions of all data sets, as the screen lists them.
pub fn print(context: &Context, ws: &Workspace, limit: u64, is_csv: bool) -> Result<(), Failure> {
    let mut versions = datasets::versions(ws)?;
    versions.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    if is_csv {
        return context.out.raw(as_csv(&versions).text());
    }
    print_versions(context, ws, &versions)?;
    if versions.is_empty() {
        context.out.say(NONE);
    }
    Ok(())
}

fn as_csv(versions: &[Version]) -> Csv {
    let titles = [
        "version", "hash", "files", "bytes", "stored", "created", "by", "tags", "message",
    ];
    let mut csv = Csv::titled(titles);
    for version in versions {
        csv.row([
            version.name(),
            version.hash.to_string(),
            version.files.to_string(),
            version.bytes.to_string(),
            version.stored.to_string(),
            version.created.rfc3339(),
            version.actor.to_string(),
            version.tags.join(" "),
            version.message.clone(),
        ]);
    }
    csv
}

fn print_versions(context: &Context, ws: &Workspace, versions: &[Version]) -> Result<(), Failure> {
    let out = &context.out;
    if out.is_json() {
        return out.json(&versions);
    }
    if versions.is_empty() {
        return Ok(());
    }
    let mut table = Table::default()
        .word("version")
        .word("hash")
        .number("files")
        .number("size")
        .number("stored")
        .number("age")
        .word("by")
        .text("tags")
        .text("message");
    for version in versions {
        let mut marks = version.tags.clone();
        if version.is_reference {
            marks.push("(reference)".to_owned());
        }
        if version.trashed.is_some() {
            marks.push("(trash)".to_owned());
        }
        table.row(vec![
            version.name().into(),
            version.hash.short().into(),
            version.files.to_string().into(),
            format::bytes(version.bytes).into(),
            format::bytes(version.stored).into(),
            format::age(version.created, ws.now()).into(),
            version.actor.name.as_str().into(),
            marks.join(" ").into(),
            version.message.as_str().into(),
        ]);
    }
    out.table(&table)
}

fn check_out(context: &Context, text: &str, folder: &std::path::Path, force: bool) -> Answer {
    let ws = context.workspace()?;
    let folder = context.environment.cwd.join(folder);
    let out = &context.out;
    let done = watch(out, |progress| {
        datasets::check_out(&ws, text, &folder, force, progress)
    })?;
    let Some((version, done)) = done else {
        out.say("interrupted: what was written is whole; do it again to go on");
        return Ok(INTERRUPTED);
    };
    if out.is_json() {
        out.json(&json!({ "version": version.name(), "hash": version.hash, "folder": folder, "written": done.written, "same": done.same, "bytes": done.bytes }))?;
        return Ok(DONE);
    }
    let same = match done.same {
        0 => String::new(),
        same => format!(", {same} as they were"),
    };
    out.line(format!(
        "{} in {}: {} written ({}){same}",
        version.name(),
        shown(&folder.display().to_string()),
        counted(done.written, "file"),
        format::bytes(done.bytes),
    ))?;
    Ok(DONE)
}

fn cat(context: &Context, text: &str, path: Option<&str>) -> Answer {
    let ws = context.workspace()?;
    let out = &context.out;
    let read = datasets::read(&ws, text, path, &mut |chunk| out.bytes(chunk));
    match read {
        Err(error) if is_closed(&error) => Err(Failure::Closed),
        read => read.map(|_| DONE).map_err(Failure::from),
    }
}

fn is_closed(error: &crate::ops::Error) -> bool {
    let source = error.source.as_ref();
    let io = source.and_then(|source| source.downcast_ref::<std::io::Error>());
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

fn put_tag(context: &Context, text: &str, tag: &str) -> Answer {
    let ws = context.workspace()?;
    let (version, before) = datasets::tag(&ws, text, tag)?;
    let out = &context.out;
    if out.is_json() {
        out.json(&version)?;
        return Ok(DONE);
    }
    let from = before.filter(|before| *before != version.number);
    let from = from.map_or_else(String::new, |before| format!(", from v{before}"));
    out.line(format!(
        "{}@{tag} is v{}{from}",
        version.dataset, version.number
    ))?;
    Ok(DONE)
}

fn untag(context: &Context, text: &str) -> Answer {
    let ws = context.workspace()?;
    let (dataset, tag) = text.split_once('@').unwrap_or((text, ""));
    let version = datasets::untag(&ws, dataset, tag)?;
    say_each(
        &context.out,
        &[version],
        &format!("has no tag {} any more", shown(tag)),
    )
}

fn say_each(out: &Out, versions: &[Version], what: &str) -> Answer {
    if out.is_json() {
        out.json(&versions)?;
        return Ok(DONE);
    }
    for version in versions {
        out.line(format!("{} {what}", version.name()))?;
    }
    Ok(DONE)
}

/// `NO` where something was found, so that scripts can ask.
fn no_if(is_found: bool) -> u8 {
    if is_found { NO } else { DONE }
}
