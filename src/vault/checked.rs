//! Small files that are replaced as a whole and carry their own hash: whoever finds half of one has none.
//!
//! ```text
//! file = head (8) · body · BLAKE3 of both (32)
//! ```

use std::{fs, io::Write as _, os::unix::fs::PermissionsExt as _, path::Path};

use super::{
    error::{Result, io},
    fresh,
};
use crate::domain::hashes::Hash;

/// The body of a file; `None` where there is none or it is not whole.
pub fn read(path: &Path, head: [u8; 8]) -> Option<Vec<u8>> {
    let mut bytes = fs::read(path).ok()?;
    let (body, hash) = bytes.split_at_checked(bytes.len().checked_sub(32)?)?;
    let is_whole = body.starts_with(&head) && Hash::of(body).bytes() == hash;
    bytes.truncate(bytes.len() - 32);
    bytes.drain(..head.len().min(bytes.len()));
    is_whole.then_some(bytes)
}

/// Replaces a file, and waits until the disk has it.
pub fn replace(path: &Path, head: [u8; 8], body: &[u8]) -> Result<()> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&head).update(body);
    let folder = path.parent().unwrap_or(Path::new("."));
    let stem = path.file_name().unwrap_or_default().to_string_lossy();
    let made = fresh::create(folder, &format!("{stem}."), ".new", 0o640);
    let (mut new, beside) = made.map_err(io("write", path))?;
    let mut write = || {
        // Whatever the umask says: a group may share the vault.
        new.set_permissions(fs::Permissions::from_mode(0o640))?;
        new.write_all(&head)?;
        new.write_all(body)?;
        new.write_all(hasher.finalize().as_bytes())?;
        new.sync_data()?;
        fs::rename(&beside, path)
    };
    write().map_err(|error| {
        let _ = fs::remove_file(&beside);
        io("write", path)(error)
    })
}
