use std::path::{Component, Path, PathBuf};

use clap::Subcommand;

use super::{no_if, print_versions};
use crate::{
    cli::{
        Answer, DONE, Failure, INTERRUPTED, Out, format, open::Context, progress::watch,
        table::Table,
    },
    domain::{
        remotes::{ORIGIN, Remote as Known},
        text::counted,
    },
    ops::{
        self,
        datasets::{self, Asked, Carried, Progress, RemoteVerified, Tag},
    },
    workspace::Workspace,
};

/// Know places that keep versions besides this store
///
/// A remote is a folder (a disk, a share) or a bucket of an S3-compatible server. Keys are never kept: they come from the
/// environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and the other variables of that family).
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce data remote\n  sconce data remote add origin /mnt/backup/sconce\n  sconce data remote add origin s3://team/data --endpoint https://minio.example.org"
)]
pub struct Remote {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the remotes
    #[command(after_long_help = "Example:\n  sconce data remote list --json")]
    List,
    /// Make a place known, and a remote of it where nothing is there yet
    #[command(
        after_long_help = "Examples:\n  sconce data remote add origin /mnt/backup/sconce\n  sconce data remote add lab s3://team/data --endpoint http://10.0.0.7:9000"
    )]
    Add {
        name: String,
        #[command(flatten)]
        address: Address,
    },
    /// List the versions that a remote has
    #[command(after_long_help = "Example:\n  sconce data remote show origin")]
    Show {
        /// May be left out where one is known, or one is called `origin`.
        name: Option<String>,
    },
    /// Read all that a remote has again, and mend it
    ///
    /// Exit code 0 where all is whole, 1 where anything is damaged. With --mend, damaged packs of which all versions are whole
    /// here are set aside there, and these versions sent again.
    #[command(
        after_long_help = "Examples:\n  sconce data remote verify origin\n  sconce data remote verify origin --mend"
    )]
    Verify {
        /// May be left out where one is known, or one is called `origin`.
        name: Option<String>,
        /// Send what is damaged there again, where it is whole here.
        #[arg(long)]
        mend: bool,
    },
    /// Forget a remote; what is there stays
    #[command(after_long_help = "Example:\n  sconce data remote rm origin")]
    Rm { name: String },
}

/// Where a remote is.
#[derive(Debug, clap::Args)]
struct Address {
    /// A folder, or s3://BUCKET/PREFIX.
    #[arg(value_name = "FOLDER|URL")]
    url: String,
    /// The server of the bucket, where it is not Amazon's.
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// The region of the bucket.
    #[arg(long)]
    region: Option<String>,
}

impl Remote {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace()?;
        let out = &context.out;
        match self.verb {
            None | Some(Verb::List) => list(out, &datasets::remotes(&ws)?),
            Some(Verb::Add { name, address }) => {
                let remote = address.remote(context, name);
                let added = watch(out, |progress| datasets::add_remote(&ws, &remote, progress))?;
                if added.is_none() {
                    return interrupted(out);
                }
                say(out, &remote, "is known")
            }
            Some(Verb::Show { name }) => {
                let offered = watch(out, |progress| {
                    datasets::offered(&ws, name.as_deref(), progress)
                })?;
                let Some(versions) = offered else {
                    return interrupted(out);
                };
                print_versions(context, &ws, &versions)?;
                if versions.is_empty() {
                    out.say("nothing was pushed there yet: `sconce data push` does it");
                }
                Ok(DONE)
            }
            Some(Verb::Verify { name, mend }) => {
                let verified = watch(out, |progress| {
                    datasets::verify_remote(&ws, name.as_deref(), mend, progress)
                })?;
                match verified {
                    Some(verified) => tell(out, &verified),
                    None => interrupted(out),
                }
            }
            Some(Verb::Rm { name }) => {
                let remote = datasets::forget_remote(&ws, &name)?;
                say(out, &remote, "is forgotten")
            }
        }
    }
}

impl Address {
    /// A folder is meant from where we are, and known by its whole path.
    fn remote(self, context: &Context, name: String) -> Known {
        let url = match self.url.contains("://") {
            true => self.url,
            false => whole(&context.environment.cwd.join(&self.url))
                .display()
                .to_string(),
        };
        Known {
            name,
            url,
            endpoint: self.endpoint,
            region: self.region,
        }
    }
}

/// A path without `.` and `..`.
fn whole(path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(whole.pop()),
            part => whole.push(part),
        }
    }
    whole
}

/// Send versions to a remote
///
/// Only what is missing there travels; what was cut off goes on the next time. A version is listed there once all of it is
/// there. Without a name, all versions outside the trash are sent.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce data push\n  sconce data push penguins@v2 --remote lab\n  sconce data push penguins@v2 --as penguins-ana"
)]
pub struct Push {
    versions: Vec<String>,
    #[command(flatten)]
    with: With,
}

/// Fetch versions from a remote
///
/// Only what is missing or damaged here travels, and all that comes is read again before it counts; what was cut off goes on
/// the next time. Without a name, all versions that the remote has are fetched.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce data pull\n  sconce data pull penguins@clean\n  sconce data pull penguins@v2 --remote lab --as penguins-lab"
)]
pub struct Pull {
    versions: Vec<String>,
    #[command(flatten)]
    with: With,
}

#[derive(Debug, clap::Args)]
struct With {
    /// May be left out where one is known, or one is called `origin`.
    #[arg(long, value_name = "NAME")]
    remote: Option<String>,
    /// The name that the data set has where the versions go, in place of its own.
    #[arg(long = "as", value_name = "DATASET")]
    called: Option<String>,
    /// Take a tag from the version that has it where they go. Without this it stays there, and is told.
    #[arg(long)]
    move_tags: bool,
}

impl With {
    fn asked(self, versions: Vec<String>) -> Asked {
        Asked {
            remote: self.remote,
            versions,
            called: self.called,
            moves_tags: self.move_tags,
        }
    }
}

/// Make a remote known and fetch all its versions
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce data clone /mnt/backup/sconce\n  sconce data clone s3://team/data --endpoint https://minio.example.org --name lab"
)]
pub struct Clone {
    #[command(flatten)]
    address: Address,
    /// What the remote is called here.
    #[arg(long, default_value = ORIGIN)]
    name: String,
}

impl Push {
    pub fn run(self, context: &Context) -> Answer {
        let asked = self.with.asked(self.versions);
        carry(context, SENT, |ws, progress| {
            datasets::push(ws, &asked, progress)
        })
    }
}

impl Pull {
    pub fn run(self, context: &Context) -> Answer {
        let asked = self.with.asked(self.versions);
        carry(context, FETCHED, |ws, progress| {
            datasets::pull(ws, &asked, progress)
        })
    }
}

impl Clone {
    pub fn run(self, context: &Context) -> Answer {
        let remote = self.address.remote(context, self.name);
        carry(context, FETCHED, |ws, progress| {
            datasets::clone(ws, &remote, progress)
        })
    }
}

/// How versions travel, and where they are then.
type Way = (&'static str, &'static str);
const SENT: Way = ("sent", "there");
const FETCHED: Way = ("fetched", "here");

fn carry(
    context: &Context,
    (how, end): Way,
    work: impl FnOnce(&Workspace, &Progress) -> ops::Result<Carried>,
) -> Answer {
    let ws = context.workspace()?;
    let out = &context.out;
    let Some(carried) = watch(out, |progress| work(&ws, progress))? else {
        return interrupted(out);
    };
    if out.is_json() {
        out.json(&carried)?;
        return Ok(no_if(!carried.refused.is_empty()));
    }
    for arrival in carried.versions.iter().filter(|arrival| arrival.is_new) {
        out.line(format!("{} {how}", arrival.version.name()))?;
    }
    for mended in carried.versions.iter().filter(|arrival| arrival.is_mended) {
        out.line(format!(
            "{} was damaged and is whole again",
            mended.version.name()
        ))?;
    }
    for known in &carried.known {
        out.say(&format!("{} is {end} as {}", known.name, known.known_as));
    }
    for refused in &carried.refused {
        out.say(&format!("{} stays: {}", refused.name, refused.why));
    }
    for arrival in &carried.versions {
        let name = arrival.version.name();
        for Tag { tag, on } in &arrival.kept_tags {
            out.say(&format!(
                "the tag {tag} stays on v{on} {end}, not on {name}: --move-tags moves it"
            ));
        }
        for Tag { tag, on } in &arrival.moved_tags {
            out.line(format!(
                "the tag {tag} is on {name} {end}, no more on v{on}"
            ))?;
        }
    }
    let same = carried.versions.iter().filter(|arrival| !arrival.is_new);
    let same = same.count() as u64;
    let mut parts = vec![];
    if 0 < carried.packs {
        let (bytes, packs) = (format::bytes(carried.bytes), counted(carried.packs, "pack"));
        parts.push(format!("{bytes} in {packs} {how}"));
    }
    if 0 < same {
        parts.push(format!("{} {end} already", counted(same, "version")));
    }
    if parts.is_empty() {
        parts.push(format!("nothing to be {how}"));
    }
    out.line(format!("{}: {}", carried.remote.name, parts.join(", ")))?;
    Ok(no_if(!carried.refused.is_empty()))
}

fn tell(out: &Out, found: &RemoteVerified) -> Answer {
    if out.is_json() {
        out.json(found)?;
        return Ok(no_if(!found.is_whole()));
    }
    for pack in &found.damaged {
        out.line(format!(
            "the pack {} is damaged or missing: {} {} it",
            pack.pack.short(),
            pack.versions.join(", "),
            if pack.versions.len() == 1 {
                "needs"
            } else {
                "need"
            }
        ))?;
    }
    for version in &found.mended {
        out.line(format!("{version} was sent again"))?;
    }
    let (versions, packs) = (
        counted(found.versions, "version"),
        counted(found.packs, "pack"),
    );
    let read = format!("{packs}, {} read", format::bytes(found.bytes));
    match (found.damaged.is_empty(), found.is_whole()) {
        (true, _) => out.line(format!("{}: {versions} whole: {read}", found.remote.name))?,
        (false, true) => out.line(format!("{}: whole again: {read}", found.remote.name))?,
        (false, false) => {
            let damaged = counted(found.damaged.len() as u64, "pack");
            out.line(format!("{}: {damaged} damaged: {read}", found.remote.name))?;
            out.say("`sconce data remote verify --mend`, in a store where the versions are whole, sends them again");
        }
    }
    Ok(no_if(!found.is_whole()))
}

fn interrupted(out: &Out) -> Answer {
    out.say("interrupted: what has come is kept; do it again to go on");
    Ok(INTERRUPTED)
}

fn list(out: &Out, remotes: &[Known]) -> Answer {
    if out.is_json() {
        out.json(&remotes)?;
        return Ok(DONE);
    }
    if remotes.is_empty() {
        out.say("no remote is known: `sconce data remote add origin FOLDER` makes one");
        return Ok(DONE);
    }
    let mut table = Table::default()
        .word("name")
        .text("address")
        .text("endpoint");
    for remote in remotes {
        table.row(vec![
            remote.name.as_str().into(),
            remote.url.as_str().into(),
            remote.endpoint.as_deref().unwrap_or_default().into(),
        ]);
    }
    out.table(&table)?;
    Ok(DONE)
}

fn say(out: &Out, remote: &Known, what: &str) -> Result<u8, Failure> {
    match out.is_json() {
        true => out.json(remote)?,
        false => out.line(format!("{} {what}: {}", remote.name, remote.url))?,
    }
    Ok(DONE)
}
