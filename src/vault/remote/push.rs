//! Sending what a remote lacks.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fs::{self, File},
    io::Read as _,
    sync::atomic::Ordering,
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
        let mut plan = Plan {
            open: self,
            to,
            there: to.wait(progress, to.packs())?,
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
        let sends = plan
            .going
            .iter()
            .map(|name| to.send(&folder, name, progress));
        let sends = stream::iter(sends).buffer_unordered(LARGE);
        to.wait(progress, sends.try_collect::<()>())?;
        Ok(Pushed {
            packs,
            sent: plan.going.len() as u64,
            bytes,
        })
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
                    let (slots, _) = to.table(&name).await?;
                    Ok((name, slots))
                }));
                let tables = tables.buffer_unordered(SMALL).try_collect();
                let tables: Vec<_> = to.wait(progress, tables)?;
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
    /// The packs that are there.
    async fn packs(&self) -> Result<HashSet<Hash>> {
        let folder = Path::from(PACKS);
        let found = self.store.list(Some(&folder));
        let names = found.map_ok(|meta| {
            let name = meta.location.filename()?;
            name.strip_suffix(".pack")?.parse().ok()
        });
        let names: Vec<Option<Hash>> = names.try_collect().await.map_err(self.trouble("list"))?;
        Ok(names.into_iter().flatten().collect())
    }

    /// Sends a pack that was found to be sound. What is cut off is not there.
    async fn send(&self, folder: &std::path::Path, name: &Hash, progress: &Progress) -> Result<()> {
        let from = pack::path(folder, name);
        let slots = pack::slots(&from, name)?;
        verify::sound(&from, &slots, &mut |slot, is_sound| {
            progress.check()?;
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
            let next = waited.and_then(|()| progress.check()).and_then(|()| {
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
        upload.finish().await.map_err(&trouble)?;
        self.settle(&to)
    }
}
