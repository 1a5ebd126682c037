//! Small files replaced as a whole: a reader sees the old one or the new one, never half of either.

use std::{
    fs::{File, OpenOptions, Permissions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

use rustix::{fs::OFlags, io::Errno};

use super::{Result, file};
use crate::domain::teletype;

/// Replaces `path` by a file of these bytes and this mode: written beside it, synced, renamed. Once it returns, no loss of
/// power brings the old one back.
///
/// # Errors
///
/// The file cannot be written; the old one stays.
pub fn replace(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let beside = beside(path);
    let written = write_new(&beside, bytes, mode)
        .and_then(|()| std::fs::rename(&beside, path).map_err(file("write", path)));
    match &written {
        Ok(()) => path.parent().into_iter().for_each(sync_folder),
        // It may not be there; that it is gone is all that is wanted.
        Err(_) => drop(std::fs::remove_file(&beside)),
    }
    written
}

/// Has the disk keep the names in a folder as they are now. A file system that cannot is not asked twice.
pub fn sync_folder(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let write = || {
        let mut new = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(path)?;
        // The umask may have taken bits that the mode names.
        new.set_permissions(Permissions::from_mode(mode))?;
        new.write_all(bytes)?;
        new.sync_all()
    };
    write().map_err(file("write", path))
}

fn beside(path: &Path) -> std::path::PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.{count}.new", std::process::id()));
    path.with_file_name(name)
}

/// Opens a log for appending, made with mode 0640 if it is not there.
///
/// # Errors
///
/// The file cannot be opened, or a link stands in its place.
pub fn append(path: &Path) -> Result<File> {
    let log = not_through_links()
        .create(true)
        .append(true)
        .mode(0o640)
        .open(path)
        .map_err(file("open", path))?;
    let_the_group_read(&log);
    Ok(log)
}

/// Opens a file for reading. A program can put anything in the place of a file of its run, so that a link, a folder or a
/// device is an error, and a pipe is not waited for.
///
/// # Errors
///
/// There is no file, or it cannot be opened.
pub fn open(path: &Path) -> io::Result<File> {
    let odd = || io::Error::new(io::ErrorKind::InvalidData, "it is no regular file");
    let file = match not_through_links().read(true).open(path) {
        // What the kernel says of a link that it was told not to follow.
        Err(error) if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
            return Err(odd());
        }
        opened => opened?,
    };
    if !file.metadata()?.is_file() {
        return Err(odd());
    }
    Ok(file)
}

/// The contents of a file that [`open`] opens.
///
/// # Errors
///
/// It cannot be opened or read.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = vec![];
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Options that refuse a link: in a shared store others may put one where this user's logs and locks belong. A pipe is
/// not waited for either.
pub(super) fn not_through_links() -> OpenOptions {
    let mut options = OpenOptions::new();
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    options.custom_flags(i32::try_from(flags).expect("a flag of open(2) is an int"));
    options
}

/// Gives a file mode 0640, whatever the umask made of it.
pub(super) fn let_the_group_read(file: &File) {
    // One that belongs to another user keeps the mode that its owner gave it.
    let _ = file.set_permissions(Permissions::from_mode(0o640));
}

/// How many lines of output stand in the message of a failure.
pub const LAST_LINES: usize = 20;

/// The last lines of a text file, at most `lines` of them out of its last 8 KiB; empty when it cannot be read.
pub fn last_lines(path: &Path, lines: usize) -> String {
    use std::os::unix::fs::FileExt as _;
    let tail = || {
        let log = open(path)?;
        let size = log.metadata()?.len();
        let from = size.saturating_sub(8 << 10);
        let mut bytes = vec![0; usize::try_from(size - from).unwrap_or(0)];
        let read = log.read_at(&mut bytes, from)?;
        bytes.truncate(read);
        std::io::Result::Ok((from, bytes))
    };
    let Ok((from, bytes)) = tail() else {
        return String::new();
    };
    let text = String::from_utf8_lossy(&bytes);
    // The first line of a tail that begins inside the file is likely cut.
    let whole = match (from, text.split_once('\n')) {
        (1.., Some((_, rest))) => rest,
        _ => &text,
    };
    // Colours and progress bars are for terminals: what one would have left is what a person would have read.
    let all = teletype::lines(whole.trim_end());
    all[all.len().saturating_sub(lines)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_has_its_mode() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("control.json");
        replace(&path, b"one", 0o660).unwrap();
        replace(&path, b"two", 0o660).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o660);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_cannot_be_replaced_names_itself_and_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("taken")).unwrap();
        let error = replace(&dir.path().join("taken"), b"x", 0o600).unwrap_err();
        assert!(error.to_string().contains("taken"), "{error}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_log_is_never_written_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let (target, log) = (dir.path().join("target"), dir.path().join("agent.log"));
        std::fs::write(&target, "mine").unwrap();
        std::os::unix::fs::symlink(&target, &log).unwrap();
        append(&log).unwrap_err();
        assert_eq!(std::fs::read(&target).unwrap(), b"mine");
    }

    #[test]
    fn the_last_lines_are_whole_ones() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        assert_eq!(last_lines(&path, 3), "");
        std::fs::write(&path, "a\nb\nc\nd\n").unwrap();
        assert_eq!(last_lines(&path, 2), "c\nd");
        assert_eq!(last_lines(&path, 9), "a\nb\nc\nd");
        std::fs::write(&path, format!("{}\nend", "x".repeat(9_000))).unwrap();
        assert_eq!(last_lines(&path, 9), "end");
        std::fs::write(&path, "\u{1b}[31mred\u{1b}[0m\r 50%\r100%\nno luck\r\n").unwrap();
        assert_eq!(last_lines(&path, 9), "100%\nno luck");
    }
}
