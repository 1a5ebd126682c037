//! What is asked of data versions, and what is done to them.

use super::{Said, Verb};
use crate::{
    data::overlap::Look,
    domain::{
        datasets::{Version, VersionId, is_tag},
        text::counted,
    },
    ops::{
        self,
        datasets::{self, Add, Contents, Leaks, Profiles},
        paths,
    },
    tui::{text, work::Work},
    workspace::Workspace,
};

/// What changes data versions.
#[derive(Clone, Debug, PartialEq)]
pub enum DataVerb {
    Tag {
        version: VersionId,
        tag: String,
    },
    /// Only from this version: another keeps it.
    Untag {
        version: VersionId,
        tag: String,
    },
    /// And why, which may be empty.
    Trash(Vec<VersionId>, String),
    Restore(Vec<VersionId>),
    Add(NewVersion, Work),
}

/// A version to be made, as a person writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewVersion {
    pub dataset: String,
    pub path: String,
    pub message: String,
    /// Tags with blanks between; none where it is empty.
    pub tags: String,
}

/// Completions of a path that are looked for.
pub const PATHS: usize = 50;

impl DataVerb {
    pub fn perform(&self, ws: &Workspace) -> ops::Result<Said> {
        match self {
            Self::Tag { version, tag } => put_tag(ws, version, tag),
            Self::Untag { version, tag } => take_tag(ws, version, tag),
            Self::Trash(ids, reason) => {
                let gone = datasets::trash(ws, &names(ids), reason)?;
                let days = counted(u64::from(ws.config.store.trash_days), "day");
                let text = format!("{} in the trash, for {days} at least", are(&gone));
                Ok(Said::of(text).taken_back_by(Self::Restore(ids.clone())))
            }
            Self::Restore(ids) => {
                let back = datasets::restore(ws, &names(ids))?;
                Ok(Said::of(format!("{} back from the trash", are(&back))))
            }
            Self::Add(new, work) => add(ws, new, work),
        }
    }
}

/// The tags of a version to put and to take away, as a person writes them: `clean -raw`.
///
/// # Errors
///
/// One of the words cannot be a tag: why.
pub fn data_tags(id: &VersionId, text: &str) -> Result<Vec<Verb>, String> {
    let verb = |word: &str| {
        let (tag, is_taken) = match word.strip_prefix('-') {
            Some(tag) => (tag, true),
            None => (word, false),
        };
        if !is_tag(tag) {
            let why = "1 to 64 letters, digits, `-`, `_` and `.`, and no `latest` or `v3`";
            return Err(format!("{tag:?} cannot be a tag: {why}"));
        }
        let (version, tag) = (id.clone(), tag.to_owned());
        Ok(Verb::Data(match is_taken {
            true => DataVerb::Untag { version, tag },
            false => DataVerb::Tag { version, tag },
        }))
    };
    text.split_whitespace().map(verb).collect()
}

fn names(ids: &[VersionId]) -> Vec<String> {
    ids.iter().map(VersionId::to_string).collect()
}

fn are(versions: &[Version]) -> String {
    match versions {
        [version] => format!("{} is", version.name()),
        versions => format!("{} versions are", versions.len()),
    }
}

fn put_tag(ws: &Workspace, id: &VersionId, tag: &str) -> ops::Result<Said> {
    let (version, before) = datasets::tag(ws, &id.to_string(), tag)?;
    let (name, dataset) = (version.name(), version.dataset);
    let tag = tag.to_owned();
    Ok(match before {
        Some(number) if number == version.number => {
            Said::of(format!("{name} has the tag {tag} already"))
        }
        Some(number) => {
            let text = format!("the tag {tag} is on {name}, no more on v{number}");
            let version = VersionId { dataset, number };
            Said::of(text).taken_back_by(DataVerb::Tag { version, tag })
        }
        None => {
            let text = format!("{name} has the tag {tag}");
            let version = id.clone();
            Said::of(text).taken_back_by(DataVerb::Untag { version, tag })
        }
    })
}

fn take_tag(ws: &Workspace, id: &VersionId, tag: &str) -> ops::Result<Said> {
    let has = datasets::find(ws, &format!("{}@{tag}", id.dataset))?;
    if has.number != id.number {
        let message = format!("{id} has no tag {tag}: it is on v{}", has.number);
        return Err(ops::Error::new(ops::Kind::Conflict, message));
    }
    datasets::untag(ws, &id.dataset, tag)?;
    let back = DataVerb::Tag {
        version: id.clone(),
        tag: tag.to_owned(),
    };
    Ok(Said::of(format!("{id} has the tag {tag} no more")).taken_back_by(back))
}

/// Makes a version and looks into its tables; whatever goes wrong in them takes nothing back.
fn add(ws: &Workspace, new: &NewVersion, work: &Work) -> ops::Result<Said> {
    let request = Add {
        dataset: new.dataset.trim().to_owned(),
        paths: vec![paths::meant(ws, &new.path)],
        message: new.message.clone(),
        tags: new.tags.split_whitespace().map(str::to_owned).collect(),
        ..Add::default()
    };
    let added = datasets::add(ws, &request, work.progress())?;
    let version = &added.version;
    let name = version.name();
    let mut told = match added.is_new {
        false => format!("{name} has the same content: no version was made"),
        true => format!(
            "{name}: {}, {}, {} of it new",
            counted(version.files, "file"),
            text::bytes(version.bytes as f64),
            text::bytes(version.stored as f64),
        ),
    };
    work.begin_part();
    if let Err(error) = datasets::profile(ws, &name, work.progress()) {
        told += &format!("; its tables were not looked into: {error}");
    }
    Ok(Said {
        version: Some(version.id()),
        ..Said::of(told)
    })
}

/// Looks into the tables of a version.
pub fn profile(ws: &Workspace, id: &VersionId, work: &Work) -> ops::Result<Box<Profiles>> {
    let (_, profiles) = datasets::profile(ws, &id.to_string(), work.progress())?;
    Ok(Box::new(profiles))
}

/// What is known of the tables of a version.
pub fn profiles(ws: &Workspace, id: &VersionId) -> ops::Result<Box<Profiles>> {
    let version = datasets::find(ws, &id.to_string())?;
    Ok(Box::new(datasets::profiles(ws, &version)?))
}

/// What changed inside the tables of two versions.
pub fn contents(
    ws: &Workspace,
    old: &VersionId,
    new: &VersionId,
    work: &Work,
) -> ops::Result<Box<Contents>> {
    let files = datasets::compare(ws, &old.to_string(), &new.to_string(), 0)?;
    let found = datasets::compare_contents(ws, &files, &[], work.progress())?;
    Ok(Box::new(found))
}

/// What the splits of a version have in common, by whole rows.
pub fn leaks(ws: &Workspace, id: &VersionId, work: &Work) -> ops::Result<Box<Leaks>> {
    let found = datasets::leaks(ws, &id.to_string(), &Look::default(), work.progress())?;
    Ok(Box::new(found))
}
