//! Reading the small files that stand in folders which others may write: whatever lies there, reading ends soon and takes
//! little memory.

use std::{
    fs::OpenOptions,
    io::{ErrorKind, Read as _},
    os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _},
    path::Path,
};

use super::{Error, Result};

/// Bytes that such a file may hold: 1 MiB.
const LIMIT: u64 = 1 << 20;

/// The text of a file; `None` where there is none.
///
/// # Errors
///
/// It is no regular file, holds more than 1 MiB or is not UTF-8; it is a link to what is not there; it cannot be read.
pub(super) fn read(path: &Path) -> Result<Option<String>> {
    let unreadable = |source| Error::Read {
        path: path.to_owned(),
        source,
    };
    let unfit = |why: &str| Error::Unfit {
        path: path.to_owned(),
        why: why.to_owned(),
    };
    let mut options = OpenOptions::new();
    // A pipe that nobody writes into would be waited for.
    let nonblocking = rustix::fs::OFlags::NONBLOCK.bits();
    let options = options.read(true).custom_flags(nonblocking as i32);
    let file = match options.open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return match path.symlink_metadata() {
                Ok(_) => Err(unfit("a link to what is not there")),
                Err(_) => Ok(None),
            };
        }
        // What a socket says to whoever opens it.
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => {
            return Err(unfit("a socket, where a file is expected"));
        }
        Err(error) => return Err(unreadable(error)),
    };
    let kind = file.metadata().map_err(unreadable)?.file_type();
    if !kind.is_file() {
        let what = match kind {
            kind if kind.is_dir() => "a folder",
            kind if kind.is_fifo() => "a pipe",
            _ => "a device",
        };
        return Err(unfit(&format!("{what}, where a file is expected")));
    }
    let mut bytes = vec![];
    file.take(LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if LIMIT < bytes.len() as u64 {
        return Err(unfit("longer than 1 MiB, the limit for such a file"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(error) => {
            let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            Err(Error::NotUtf8 {
                path: path.to_owned(),
                line,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_small_text_file_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let link = |to: &Path, name: &str| std::os::unix::fs::symlink(to, at(name)).unwrap();
        link(Path::new("/dev/zero"), "zero");
        link(&at("loop"), "loop");
        link(&at("gone"), "nowhere");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        let fifo = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, at("pipe"), fifo, mode, 0).unwrap();
        std::fs::create_dir(at("folder")).unwrap();
        std::fs::write(at("long"), " ".repeat((LIMIT + 1) as usize)).unwrap();
        std::fs::write(at("latin"), b"a = 1\nb = '\xe9'\n").unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        let cases = [
            ("zero", "a device"),
            ("nowhere", "a link to what is not there"),
            ("pipe", "a pipe"),
            ("folder", "a folder"),
            ("long", "longer than 1 MiB"),
            ("latin", "line 2 is not UTF-8"),
            ("socket", "a socket"),
            ("loop", "cannot read"),
        ];
        for (name, part) in cases {
            let error = read(&at(name)).unwrap_err();
            let text = error.to_string();
            assert!(text.contains(part) && text.contains(name), "{text}");
            assert!(error.hint().is_some(), "{text}");
        }
        std::fs::write(at("fits"), " ".repeat(LIMIT as usize)).unwrap();
        assert!(read(&at("fits")).unwrap().is_some());
        for name in ["none", "fits/below"] {
            assert_eq!(read(&at(name)).unwrap(), None, "{name}");
        }
    }
}
