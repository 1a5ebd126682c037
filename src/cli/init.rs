use std::path::{Path, PathBuf};

use super::{
    Answer, DONE, Failure, disks, format,
    open::{self, Context},
};
use crate::{
    config::places,
    ops::{self, Error, Kind},
};

/// Make a store for this folder and everything below it
///
/// Without a folder the store is where --store or SCONCE_STORE says, or `.sconce` here. With one, a pointer `.sconce`
/// here names it, so that the store may stand on a local disk while the project is on a network one.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce init\n  sconce init /scratch/ana/vision\n  sconce init /srv/sconce --shared --group ml"
)]
pub struct Init {
    /// Where the store stands.
    dir: Option<PathBuf>,
    /// Several people work in it: its folder may be written by a group, which --group names.
    #[arg(long, requires = "group")]
    shared: bool,
    /// The group, by name.
    #[arg(long, requires = "shared")]
    group: Option<String>,
}

impl Init {
    pub fn run(self, context: &Context) -> Answer {
        let environment = &context.environment;
        let pointer = environment.cwd.join(".sconce");
        let said = environment.var("SCONCE_STORE").map(PathBuf::from);
        let named = self.dir.as_ref().or(context.globals.store.as_ref());
        let root = named
            .or(said.as_ref())
            .map_or_else(|| pointer.clone(), |dir| environment.cwd.join(dir));
        // What a flag or the environment names needs no pointer: it is named anew each time.
        let needs_pointer = self.dir.is_some() && root != pointer;
        refuse_taken(&root, needs_pointer.then_some(&pointer))?;
        refuse_network(&root, context)?;
        match &self.group {
            Some(group) => ops::upkeep::make_shared(&root, places::group(group)?)?,
            None => places::make_private(&root)?,
        }
        let loaded = context.config()?;
        let ws = open::open(&loaded, &root)?;
        ops::upkeep::hide_from_git(&ws.root)?;
        if needs_pointer {
            places::point(&pointer, &ws.root)?;
        }
        let out = &context.out;
        if out.is_json() {
            out.json(&serde_json::json!({ "store": ws.root, "shared": self.shared }))?;
        } else {
            out.line(format!("the store is {}", ws.root.display()))?;
            if needs_pointer {
                out.line(format!("{} names it", pointer.display()))?;
            }
            out.say(
                "hint: `sconce train` lists the presets, `sconce run -- COMMAND` runs any program",
            );
        }
        Ok(DONE)
    }
}

fn refuse_taken(root: &Path, pointer: Option<&PathBuf>) -> Result<(), Failure> {
    for taken in pointer.into_iter().chain([&root.join("store.db")]) {
        if taken.exists() {
            let message = format!("there is a store already: {}", taken.display());
            return Err(Error::new(Kind::Conflict, message)
                .hint("`sconce config path` says which store counts here")
                .into());
        }
    }
    Ok(())
}

/// SQLite's write-ahead log needs one host: offers local folders instead.
fn refuse_network(root: &Path, context: &Context) -> Result<(), Failure> {
    let Some(disk) = disks::under(root).filter(|disk| disk.is_network) else {
        return Ok(());
    };
    let offers = disks::offers(&context.environment);
    let offers: Vec<String> = offers
        .iter()
        .map(|offer| {
            format!(
                "sconce init {}/sconce   ({} free)",
                offer.folder.display(),
                format::bytes(offer.free)
            )
        })
        .collect();
    let message = format!(
        "cannot keep a store on {}: it is a network disk ({})",
        disk.folder.display(),
        disk.kind
    );
    let hint = format!("local disks here:\n  {}", offers.join("\n  "));
    Err(Error::new(Kind::Environment, message).hint(hint).into())
}
