//! Versions beside the vault, in a folder or a bucket: packs as they are here, and records of whoever uses them.
//!
//! ```text
//! sconce-remote.json   {"format":1}: here is a remote
//! packs/HASH.pack      as in the vault, never changed
//! versions/…           records, of which the vault knows only the names
//! damaged/HASH.pack    packs that were found to be damaged, out of the way
//! ```
//!
//! What is sent was looked at before, and what comes is looked at before it counts. A record is written after the packs that
//! it speaks of: what a remote lists, it has.

mod pull;
mod push;
mod verify;

use std::{
    fs::{self, File},
    future::Future,
    path::{Path as FilePath, PathBuf},
    pin::pin,
    time::Duration,
};

use futures_util::{
    StreamExt as _, TryStreamExt as _,
    future::{Either, select},
};
use object_store::{
    BackoffConfig, ClientOptions, ObjectStore, ObjectStoreExt as _, PutMode, PutPayload,
    RetryConfig, aws::AmazonS3Builder, local::LocalFileSystem, path::Path, prefix::PrefixStore,
};
use tokio::{runtime, time};

pub use self::{pull::Pulled, push::Pushed};
use super::{
    Progress,
    error::{Error, Result, io},
    pack::{self, Slot},
};
use crate::domain::{
    hashes::Hash,
    remotes::{self, Place},
};

const MARK: &str = "sconce-remote.json";
const FORMAT: &[u8] = br#"{"format":1}"#;
const PACKS: &str = "packs";
const RECORDS: &str = "versions";
/// Packs that were found to be damaged are kept here, in case anything of them is wanted.
const ASIDE: &str = "damaged";

/// Requests that are under way at once, of those that carry little and of those that carry packs.
const SMALL: usize = 16;
const LARGE: usize = 4;
/// A pack is sent in parts of so many bytes; a bucket takes none but the last below 5 MiB.
const PART: usize = 8 << 20;
/// What is read of a pack's end at first: most tables are in it.
const END: u64 = 64 << 10;
/// A request, and the silence between two pieces of an answer, end after so long.
const REQUEST: Duration = Duration::from_secs(600);
const SILENCE: Duration = Duration::from_secs(60);
/// How long what fails is tried again.
const TRIES: Duration = Duration::from_secs(60);
/// Between two looks for Ctrl-C, and how long work may take to end by itself then.
const LOOK: Duration = Duration::from_millis(50);
const END_BY_ITSELF: Duration = Duration::from_secs(5);

/// A place with versions.
pub struct Remote {
    url: String,
    store: Box<dyn ObjectStore>,
    /// Where it is a folder.
    folder: Option<PathBuf>,
    runtime: runtime::Runtime,
}

impl Remote {
    /// Opens a remote that was made.
    ///
    /// # Errors
    ///
    /// [`Error::NoRemote`]: there is none, as where a disk is not mounted; [`Error::Remote`]: it does not answer or lets nobody
    /// in.
    pub fn open(at: &remotes::Remote, progress: &Progress) -> Result<Self> {
        let remote = Self::at(at)?;
        match remote.wait(progress, remote.get(&Path::from(MARK)))? {
            Some(mark) if mark == FORMAT => Ok(remote),
            Some(_) => Err(remote.none("it was made by another version of sconce")),
            None => Err(remote.none("nothing was ever pushed there, or its disk is not mounted")),
        }
    }

    /// Makes a remote where nothing is, or opens the one that is there.
    ///
    /// # Errors
    ///
    /// As [`Remote::open`]; [`Error::NoRemote`]: something else is there.
    pub fn make(at: &remotes::Remote, progress: &Progress) -> Result<Self> {
        if let Some(Place::Folder(path)) = Place::parse(&at.url) {
            match fs::create_dir(&path) {
                Err(error) if !path.is_dir() => return Err(io("make", &path)(error)),
                _ => {}
            }
        }
        let remote = Self::at(at)?;
        let mark = Path::from(MARK);
        let is_empty = async {
            let first = remote.store.list(None).next().await.transpose();
            Ok(first.map_err(remote.trouble("list"))?.is_none())
        };
        if remote.wait(progress, remote.get(&mark))?.is_some() {
            return Self::open(at, progress);
        }
        if !remote.wait(progress, is_empty)? {
            return Err(remote.none("something else is there"));
        }
        remote.wait(progress, remote.put(&mark, FORMAT, PutMode::Overwrite))?;
        Ok(remote)
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The names of all records below a name, in order.
    pub fn records(&self, below: &str, progress: &Progress) -> Result<Vec<String>> {
        let folder = record(below);
        let names = async {
            let found = self.store.list(Some(&folder));
            let names = found.map_ok(|meta| {
                let name = meta.location.as_ref();
                name.strip_prefix(&format!("{RECORDS}/")).map(str::to_owned)
            });
            let names: Vec<_> = names.try_collect().await.map_err(self.trouble("list"))?;
            let mut names: Vec<String> = names.into_iter().flatten().collect();
            names.sort_unstable();
            Ok(names)
        };
        self.wait(progress, names)
    }

    /// The records of these names; `None` for what is not there.
    pub fn read(&self, names: &[String], progress: &Progress) -> Result<Vec<Option<Vec<u8>>>> {
        let record = |name: &String| {
            let path = record(name);
            async move { self.get(&path).await }
        };
        let records = futures_util::stream::iter(names.iter().map(record)).buffered(SMALL);
        self.wait(progress, records.try_collect())
    }

    /// Keeps a record. Says whether it did: what only one may make, and somebody else made, is left as it is.
    pub fn keep(
        &self,
        name: &str,
        bytes: &[u8],
        may_replace: bool,
        progress: &Progress,
    ) -> Result<bool> {
        let mode = match may_replace {
            true => PutMode::Overwrite,
            false => PutMode::Create,
        };
        self.wait(progress, self.put(&record(name), bytes, mode))
    }

    fn at(at: &remotes::Remote) -> Result<Self> {
        let url = at.url.clone();
        let trouble = |error| trouble(&url, "reach", &error);
        let (store, folder): (Box<dyn ObjectStore>, _) = match Place::parse(&url) {
            Some(Place::Folder(path)) => match LocalFileSystem::new_with_prefix(&path) {
                Ok(store) => (Box::new(store), Some(path)),
                Err(_) if !path.is_dir() => {
                    return Err(Error::NoRemote {
                        url,
                        what: "there is no such folder, or its disk is not mounted",
                    });
                }
                Err(error) => return Err(trouble(error)),
            },
            Some(Place::Bucket { name, prefix }) => {
                let store = bucket(at, &name).build().map_err(trouble)?;
                (Box::new(PrefixStore::new(store, prefix)), None)
            }
            None => {
                return Err(Error::NoRemote {
                    url,
                    what: "a remote is a folder's whole path or s3://BUCKET/PREFIX",
                });
            }
        };
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        Ok(Self {
            runtime: runtime.map_err(io("reach", FilePath::new(&url)))?,
            url,
            store,
            folder,
        })
    }

    fn none(&self, what: &'static str) -> Error {
        Error::NoRemote {
            url: self.url.clone(),
            what,
        }
    }

    fn trouble(&self, what: &'static str) -> impl Fn(object_store::Error) -> Error {
        move |error| trouble(&self.url, what, &error)
    }

    /// Does what takes its time, and ends it on an interruption: by itself if it can, else where it stands.
    fn wait<T>(&self, progress: &Progress, work: impl Future<Output = Result<T>>) -> Result<T> {
        let interrupted = async {
            while progress.check().is_ok() {
                time::sleep(LOOK).await;
            }
            time::sleep(END_BY_ITSELF).await;
        };
        self.runtime.block_on(async {
            match select(pin!(work), pin!(interrupted)).await {
                Either::Left((done, _)) => done,
                Either::Right(_) => Err(Error::Interrupted),
            }
        })
    }

    /// An object's content; `None` where there is none.
    async fn get(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        let got = match self.store.get(path).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            got => got.map_err(self.trouble("read"))?,
        };
        let bytes = got.bytes().await.map_err(self.trouble("read"))?;
        Ok(Some(bytes.to_vec()))
    }

    /// Writes an object as a whole. `false` where it was to be new and is not.
    async fn put(&self, path: &Path, bytes: &[u8], mode: PutMode) -> Result<bool> {
        let payload = PutPayload::from(bytes.to_vec());
        match self.store.put_opts(path, payload, mode.into()).await {
            Err(object_store::Error::AlreadyExists { .. }) => return Ok(false),
            put => put.map_err(self.trouble("write to"))?,
        };
        self.settle(path)?;
        Ok(true)
    }

    /// Has the disk keep a file of a folder; what a bucket took, it keeps.
    fn settle(&self, path: &Path) -> Result<()> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let path = folder.join(path.as_ref());
        let synced = File::open(&path).and_then(|file| file.sync_all());
        synced.map_err(io("write", &path))?;
        pack::sync(path.parent().unwrap_or(folder))
    }

    /// What a pack holds, read from its end, and the pack's size in bytes.
    async fn table(&self, name: &Hash) -> Result<(Vec<Slot>, u64)> {
        let path = packed(name);
        let damaged = || self.damaged(name);
        let size = match self.store.head(&path).await {
            Err(object_store::Error::NotFound { .. }) => return Err(damaged()),
            head => head.map_err(self.trouble("read"))?.size,
        };
        let end = self.end_of(&path, size, END).await?;
        let tail = pack::tail(&end).filter(|tail| *tail <= size);
        let tail = tail.ok_or_else(damaged)?;
        let end = match tail <= end.len() as u64 {
            true => end,
            false => self.end_of(&path, size, tail).await?,
        };
        let slots = pack::table(&end, name).ok_or_else(damaged)?;
        Ok((slots, size))
    }

    fn damaged(&self, pack: &Hash) -> Error {
        Error::Sent {
            url: self.url.clone(),
            pack: *pack,
        }
    }

    /// The last bytes of an object of that size.
    async fn end_of(&self, path: &Path, size: u64, count: u64) -> Result<Vec<u8>> {
        let range = size.saturating_sub(count)..size;
        // There is no end of what is empty, and stores refuse to look for it.
        if range.is_empty() {
            return Ok(vec![]);
        }
        let bytes = self.store.get_range(path, range).await;
        Ok(bytes.map_err(self.trouble("read"))?.to_vec())
    }
}

/// An error of a place, told by what lies at its bottom: all above it repeats that.
fn trouble(url: &str, what: &'static str, error: &object_store::Error) -> Error {
    let mut bottom: &dyn std::error::Error = error;
    while let Some(cause) = bottom.source() {
        bottom = cause;
    }
    Error::Remote {
        what,
        url: url.to_owned(),
        why: bottom.to_string(),
    }
}

/// Where a pack lies in a remote.
fn packed(name: &Hash) -> Path {
    Path::from_iter([PACKS, &format!("{name}.pack")])
}

fn record(name: &str) -> Path {
    let parts = name.split('/').filter(|part| !part.is_empty());
    Path::from_iter([RECORDS].into_iter().chain(parts))
}

fn bucket(at: &remotes::Remote, name: &str) -> AmazonS3Builder {
    let client = ClientOptions::new()
        .with_timeout(REQUEST)
        .with_allow_http(true);
    let retries = RetryConfig {
        backoff: BackoffConfig::default(),
        max_retries: 5,
        retry_timeout: TRIES,
    };
    let mut builder = AmazonS3Builder::from_env()
        .with_bucket_name(name)
        .with_client_options(client)
        .with_retry(retries);
    if let Some(endpoint) = &at.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    if let Some(region) = &at.region {
        builder = builder.with_region(region);
    }
    builder
}
