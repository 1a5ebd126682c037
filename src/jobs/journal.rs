//! Journals: written by a worker whatever befalls the disk, read by others whatever befell the writer.

mod reader;
mod thin;
mod writer;

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use super::files;

pub use reader::{Batch, Happening, Reader};
pub use writer::{Sink, Writer};

/// The journal of an attempt, in its run's folder.
pub fn path(dir: &Path, attempt: u32) -> PathBuf {
    dir.join(format!("journal.{attempt}.ndjson"))
}

/// Compresses a journal that is in the store whole and will not grow: `journal.<attempt>.ndjson.zst` stands in its place.
/// One that is compressed already stays so.
///
/// # Errors
///
/// It cannot be read or the other cannot be written; it stays as it is.
pub fn compress(dir: &Path, attempt: u32) -> io::Result<()> {
    let plain = path(dir, attempt);
    let packed = plain.with_extension("ndjson.zst");
    let beside = plain.with_extension("ndjson.zst.new");
    let mut from = match files::open(&plain) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && packed.exists() => return Ok(()),
        opened => opened?,
    };
    let to = File::create(&beside)?;
    to.set_permissions(from.metadata()?.permissions())?;
    let mut to = zstd::Encoder::new(to, 3)?;
    io::copy(&mut from, &mut to)?;
    to.finish()?.sync_all()?;
    std::fs::rename(&beside, &packed)?;
    files::sync_folder(dir);
    std::fs::remove_file(&plain)
}

#[cfg(test)]
mod tests {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt as _};

    use super::*;

    #[test]
    fn a_compressed_journal_holds_the_same_bytes_and_is_compressed_once() {
        let dir = tempfile::tempdir().unwrap();
        let lines = "{\"step\":1,\"metrics\":{\"loss\":0.5}}\n".repeat(1_000);
        std::fs::write(path(dir.path(), 2), &lines).unwrap();
        std::fs::set_permissions(path(dir.path(), 2), Permissions::from_mode(0o640)).unwrap();
        compress(dir.path(), 2).unwrap();
        compress(dir.path(), 2).unwrap();
        assert!(!path(dir.path(), 2).exists());
        let packed = dir.path().join("journal.2.ndjson.zst");
        assert_eq!(
            packed.metadata().unwrap().permissions().mode() & 0o777,
            0o640
        );
        let packed = std::fs::read(packed).unwrap();
        assert!(packed.len() * 10 < lines.len());
        assert_eq!(zstd::decode_all(&packed[..]).unwrap(), lines.as_bytes());
        assert!(compress(dir.path(), 3).is_err());
    }
}
