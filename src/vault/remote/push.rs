//! Sending what a remote lacks.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap, HashSet},
    fs::{self, File},
    io::Read as _,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{ObjectStoreExt as _, PutMode, WriteMultipart, path::Path};

use super::{LARGE, PACKS, PART, Remote, SMALL, packed};
use crate::{
    domain::hashes::Hash,
    vault::{
        Open, Progress, Version,
        error::{Error, Result, io},
        pack, verify,
    },
};

/// What was sent.
#[derive(Debug, Default)]
pub struct Pushed {
    /// For each version, the packs of the remote that hold it.
    pub packs: Vec<Vec<Hash>>,
    /// Packs that were not there before, and their bytes.
    pub sent: u64,
    pub bytes: u64,
}

/// Nobody writes at a part any more that was not touched for so long.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// Parts of one pack that are on their way at once.
const PARTS: usize = 2;

impl Open<'_> {
    /// Sends what a remote lacks of some versions.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`], [`Error::Missing`]: a version is not whole here, so nothing of it is sent; what
    /// [`Remote::open`] says.
    pub fn push(&self, to: &Remote, versions: &[Version], progress: &Progress) -> Result<Pushed> {
        to.sweep();
        let mut plan = Plan {
            open: self,
            to,
            there: self.whole_there(to, progress)?,
            others: None,
            going: BTreeSet::new(),
        };
        let packs = versions
            .iter()
            .map(|version| plan.version(version, progress))
            .collect::<Result<_>>()?;
        let folder = self.vault.packs();
        let sizes = plan.going.iter().map(|name| {
            let path = pack::path(&folder, name);
            Ok(fs::metadata(&path).map_err(io("read", &path))?.len())
        });
        let bytes = sizes.sum::<Result<u64>>()?;
        progress.all_bytes.store(bytes, Ordering::Relaxed);
        let is_over = AtomicBool::new(false);
        let sends = plan.going.iter().map(async |name| {
            let sent = to.send(&folder, name, progress, &is_over).await;
            // The others end what they began, so that nothing half stays there.
            is_over.fetch_or(sent.is_err(), Ordering::Relaxed);
            Ok(sent)
        });
        let sends = stream::iter(sends).buffer_unordered(LARGE);
        let sent: Vec<Result<()>> = to.wait(progress, sends.try_collect())?;
        // The first to fail is not the one that was told to end.
        let failed = sent.into_iter().filter_map(Result::err);
        if let Some(error) = failed.max_by_key(|error| !matches!(error, Error::Interrupted)) {
            return Err(error);
        }
        Ok(Pushed {
            packs,
            sent: plan.going.len() as u64,
            bytes,
        })
    }
}

impl Open<'_> {
    /// The packs of a remote. One of ours that is shorter there was cut off, and goes there again.
    fn whole_there(&self, to: &Remote, progress: &Progress) -> Result<HashSet<Hash>> {
        let folder = self.vault.packs();
        let is_whole = |name: &Hash, size: u64| {
            let ours = fs::metadata(pack::path(&folder, name));
            ours.map_or(true, |ours| ours.len() == size)
        };
        let there = to.wait(progress, to.packs())?.into_iter();
        let whole = there.filter(|(name, size)| is_whole(name, *size));
        Ok(whole.map(|(name, _)| name).collect())
    }
}

/// Which packs of a remote will hold what, and which of ours go there for it.
struct Plan<'a> {
    open: &'a Open<'a>,
    to: &'a Remote,
    /// Packs that the remote has.
    there: HashSet<Hash>,
    /// Chunks in packs that it has and we have not, once they were asked for.
    others: Option<HashMap<Hash, Hash>>,
    going: BTreeSet<Hash>,
}

impl Plan<'_> {
    /// The packs that will hold a version.
    fn version(&mut self, version: &Version, progress: &Progress) -> Result<Vec<Hash>> {
        progress.check()?;
        let mut chunks = HashSet::new();
        self.open.chunks(version.root, &mut |chunk| {
            chunks.insert(*chunk);
        })?;
        let mut packs = BTreeSet::new();
        let mut rest = vec![];
        for chunk in chunks {
            match self.settled(&chunk) {
                Some(pack) => drop(packs.insert(pack)),
                // What is only named is in no pack.
                None if version.is_reference && !self.open.index.holds(&chunk) => {}
                None => rest.push(chunk),
            }
        }
        // In the order of hashes, so that the same packs are chosen every time.
        rest.sort_unstable();
        for chunk in rest {
            let pack = match (self.settled(&chunk), self.other(&chunk, progress)?) {
                (Some(pack), _) | (None, Some(pack)) => pack,
                (None, None) => {
                    let pack = *self.open.index.packs_of(&chunk).next().ok_or_else(|| {
                        let hash = chunk;
                        match self.open.index.read(&hash) {
                            Err(error) => error,
                            Ok(_) => Error::Damaged { hash },
                        }
                    })?;
                    self.going.insert(pack);
                    pack
                }
            };
            packs.insert(pack);
        }
        Ok(packs.into_iter().collect())
    }

    /// The pack of ours with a chunk that is there already or goes there anyway.
    fn settled(&self, chunk: &Hash) -> Option<Hash> {
        let mut packs = self.open.index.packs_of(chunk);
        packs
            .find(|pack| self.there.contains(pack) || self.going.contains(pack))
            .copied()
    }

    /// The pack of others with a chunk.
    fn other(&mut self, chunk: &Hash, progress: &Progress) -> Result<Option<Hash>> {
        let to = self.to;
        let others = match &mut self.others {
            Some(others) => others,
            None => {
                let ours = pack::all(&self.open.vault.packs())?.into_iter().collect();
                let strange = self.there.difference(&ours).copied();
                let tables = stream::iter(strange.map(|name| async move {
                    match to.table(&name).await {
                        // Nothing can be had of it: what it held goes there again.
                        Err(Error::Sent { .. }) => Ok((name, vec![])),
                        table => table.map(|(slots, _)| (name, slots)),
                    }
                }));
                let tables = tables.buffer_unordered(SMALL).try_collect();
                let mut tables: Vec<(Hash, Vec<pack::Slot>)> = to.wait(progress, tables)?;
                // Of several that hold a chunk, the same one every time.
                tables.sort_unstable_by_key(|(name, _)| Reverse(*name));
                let chunks = tables
                    .into_iter()
                    .flat_map(|(name, slots)| slots.into_iter().map(move |slot| (slot.hash, name)));
                self.others.insert(chunks.collect())
            }
        };
        Ok(others.get(chunk).copied())
    }
}

impl Remote {
    /// The packs that are there, and their bytes.
    async fn packs(&self) -> Result<Vec<(Hash, u64)>> {
        let folder = Path::from(PACKS);
        let found = self.store.list(Some(&folder));
        let names = found.map_ok(|meta| {
            let name = meta.location.filename()?;
            Some((name.strip_suffix(".pack")?.parse().ok()?, meta.size))
        });
        let names: Vec<Option<(Hash, u64)>> =
            names.try_collect().await.map_err(self.trouble("list"))?;
        Ok(names.into_iter().flatten().collect())
    }

    /// Deletes what pushes that were killed left in a folder, once nobody can be at it any more.
    fn sweep(&self) {
        let Some(folder) = &self.folder else {
            return;
        };
        let entries = fs::read_dir(folder.join(PACKS)).into_iter().flatten();
        for entry in entries.flatten() {
            let name = entry.file_name();
            let age = entry.metadata().and_then(|meta| meta.modified());
            let age = age.ok().and_then(|modified| modified.elapsed().ok());
            // As object_store calls what it has not written to its end.
            let is_part = name.to_str().is_some_and(|name| name.contains(".pack#"));
            if is_part && age.is_some_and(|age| ABANDONED < age) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Sends a pack that was found to be sound. What is cut off is not there.
    async fn send(
        &self,
        folder: &std::path::Path,
        name: &Hash,
        progress: &Progress,
        is_over: &AtomicBool,
    ) -> Result<()> {
        let go_on = || match is_over.load(Ordering::Relaxed) {
            true => Err(Error::Interrupted),
            false => progress.check(),
        };
        go_on()?;
        let from = pack::path(folder, name);
        let slots = pack::slots(&from, name)?;
        verify::sound(&from, &slots, &mut |slot, is_sound| {
            go_on()?;
            match is_sound {
                true => Ok(()),
                false => Err(Error::Damaged { hash: slot.hash }),
            }
        })?;
        let mut file = File::open(&from).map_err(io("read", &from))?;
        let mut read = |count: usize| {
            let mut bytes = Vec::with_capacity(count);
            let part = file.by_ref().take(count as u64).read_to_end(&mut bytes);
            part.map_err(io("read", &from)).map(|_| bytes)
        };
        let to = packed(name);
        let done = |count: usize| progress.bytes.fetch_add(count as u64, Ordering::Relaxed);
        let mut part = read(PART)?;
        if part.len() < PART {
            self.put(&to, &part, PutMode::Overwrite).await?;
            done(part.len());
            return Ok(());
        }
        let trouble = self.trouble("write to");
        let upload = self.store.put_multipart(&to).await.map_err(&trouble)?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PART);
        while !part.is_empty() {
            let waited = upload.wait_for_capacity(PARTS).await.map_err(&trouble);
            let next = waited.and_then(|()| go_on()).and_then(|()| {
                done(part.len());
                upload.write(&part);
                read(PART)
            });
            match next {
                Ok(next) => part = next,
                Err(error) => {
                    // Nobody shall pay for what will never be whole.
                    let _ = upload.abort().await;
                    return Err(error);
                }
            }
        }
        if let Err(error) = upload.wait_for_capacity(0).await.map_err(&trouble) {
            let _ = upload.abort().await;
            return Err(error);
        }
        upload.finish().await.map_err(&trouble)?;
        self.settle(&to)
    }
}
