//! The file in which the screen keeps what was open, one for each store.

use std::path::{Path, PathBuf};

use crate::{config::Places, jobs::files, tui::session::Session};

/// Where the session of a store is kept.
pub fn path(places: &Places, store: &Path) -> PathBuf {
    let name = blake3::hash(store.as_os_str().as_encoded_bytes()).to_hex();
    places
        .state
        .join("sessions")
        .join(format!("{}.json", &name[..16]))
}

/// The last session; an empty one where there is none, or where the file holds something else.
pub fn read(path: &Path) -> Session {
    let text = files::read(path).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// Keeps a session.
///
/// # Errors
///
/// The file cannot be written; the last one stays.
pub fn write(path: &Path, session: &Session) -> std::io::Result<()> {
    let text = serde_json::to_vec(session)?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    files::replace(path, &text, 0o600).map_err(std::io::Error::other)
}
