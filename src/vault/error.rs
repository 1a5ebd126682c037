//! What can go wrong with a vault, told apart as far as a person would act differently.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::domain::hashes::Hash;

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot {what} {}", path.display())]
    Io {
        what: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("no space is left to write {}", path.display())]
    Full { path: PathBuf },
    #[error("{} is {what}, which has no content to keep", path.display())]
    Special { path: PathBuf, what: &'static str },
    #[error("{} changed while it was read", path.display())]
    Changed { path: PathBuf },
    #[error("{} is not what it was when it was added", path.display())]
    Another { path: PathBuf },
    #[error("two files would be {path} in the version")]
    Twice { path: String },
    #[error("{} is not there", path.display())]
    NotThere { path: PathBuf },
    #[error("the pack {} is damaged: {what}", path.display())]
    Pack { path: PathBuf, what: &'static str },
    #[error("the content {} is damaged: none of its copies has its hash", hash.short())]
    Damaged { hash: Hash },
    #[error("the content {} is in no pack", hash.short())]
    Missing { hash: Hash },
    #[error("the manifest {} cannot be read: {what}", hash.short())]
    Manifest { hash: Hash, what: &'static str },
    #[error("other files stand where the version's would: {}", some(paths))]
    InTheWay { paths: Vec<String> },
    #[error("{} is a store, which is no place for files", path.display())]
    Store { path: PathBuf },
    #[error("it is not known what versions there are: {0}")]
    Unknown(String),
    #[error("cannot {what} {url}: {why}")]
    Remote {
        what: &'static str,
        url: String,
        why: String,
    },
    #[error("{url} does not answer")]
    Silent { url: String },
    #[error("{url} is no remote: {what}")]
    NoRemote { url: String, what: &'static str },
    #[error("the pack {} of {url} is damaged or missing", pack.short())]
    Sent { url: String, pack: Hash },
    #[error("{url} does not have all of the version: the content {} is missing", hash.short())]
    Lacks { url: String, hash: Hash },
    #[error("it was interrupted")]
    Interrupted,
}

/// An error of the system at a path.
pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::Full { path },
        _ => Error::Io { what, path, source },
    }
}

fn some(paths: &[String]) -> String {
    const FEW: usize = 3;
    let mut text = paths.iter().take(FEW).cloned().collect::<Vec<_>>();
    if FEW < paths.len() {
        text.push("…".to_owned());
    }
    text.join(", ")
}
