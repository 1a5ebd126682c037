//! Having the agent started at login or after a reboot: a systemd user unit, or a line for crontab.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::ops::{Error, Kind, Result};

/// What was written, and what is left to do by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Installed {
    /// The unit's file; `None` where there is no systemd, and the crontab line is all.
    pub unit: Option<PathBuf>,
    /// A command that enables the unit, or the line that belongs into `crontab -e`.
    pub next: String,
    /// Does the system keep this user's units after logout, and start them after a reboot? `None` where it has none.
    pub is_lingering: Option<bool>,
}

/// Writes a user unit for the agent of a store into `units` (`~/.config/systemd/user`); without systemd nothing is
/// written, and the line for crontab is given.
///
/// # Errors
///
/// The unit cannot be written.
pub fn install(program: &Path, root: &Path, units: &Path, user: &str) -> Result<Installed> {
    let has_systemd = Path::new("/run/systemd/system").is_dir();
    let is_lingering = Path::new("/var/lib/systemd/linger").join(user).exists();
    if !has_systemd {
        return Ok(Installed {
            unit: None,
            next: crontab_line(program, root),
            is_lingering: None,
        });
    }
    let name = unit_name(root);
    let path = units.join(&name);
    fs::create_dir_all(units)
        .and_then(|()| fs::write(&path, unit(program, root)))
        .map_err(|error| {
            Error::new(
                Kind::Environment,
                format!("cannot write {}", path.display()),
            )
            .hint("check the owner and the mode of the folder")
            .because(error)
        })?;
    Ok(Installed {
        unit: Some(path),
        next: format!("systemctl --user enable --now {name}"),
        is_lingering: Some(is_lingering),
    })
}

/// The unit's name: one for each store.
pub fn unit_name(root: &Path) -> String {
    let hash = blake3::hash(root.as_os_str().as_encoded_bytes()).to_hex();
    format!("sconce-agent-{}.service", &hash[..8])
}

/// The unit's text.
///
/// The agent ends when there is nothing to do, and submitting a job starts one: so it is not restarted unless it failed.
/// Workers are its children and must outlive it: only the agent itself is ended with the unit.
pub fn unit(program: &Path, root: &Path) -> String {
    format!(
        "[Unit]\n\
         Description=Sconce agent of {root}\n\
         \n\
         [Service]\n\
         ExecStart={program} agent run --store {store}\n\
         KillMode=process\n\
         Restart=on-failure\n\
         RestartSec=5\n\
         \n\
         [Install]\n\
         WantedBy=default.target\n",
        root = plain(root).replace('%', "%%"),
        program = unit_word(program),
        store = unit_word(root),
    )
}

/// The line for crontab.
pub fn crontab_line(program: &Path, root: &Path) -> String {
    format!(
        "@reboot {} agent run --store {}",
        crontab_word(program),
        crontab_word(root)
    )
}

fn plain(path: &Path) -> String {
    path.display().to_string().replace(['\n', '\r'], " ")
}

/// A word of a unit's command: see systemd.syntax(7) and systemd.service(5).
fn unit_word(path: &Path) -> String {
    let escaped = plain(path)
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('%', "%%")
        .replace('$', "$$");
    format!("\"{escaped}\"")
}

/// A word of a shell's command, in which cron takes `%` for a newline.
fn crontab_word(path: &Path) -> String {
    let quoted = plain(path).replace('\'', "'\\''").replace('%', "\\%");
    format!("'{quoted}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_names_program_and_store_whatever_they_are_called() {
        let text = unit(Path::new("/opt/sconce"), Path::new("/data/my \"50%\" $x"));
        assert!(text.contains("Description=Sconce agent of /data/my \"50%%\" $x\n"));
        assert!(text.contains(
            "ExecStart=\"/opt/sconce\" agent run --store \"/data/my \\\"50%%\\\" $$x\"\n"
        ));
        assert!(
            text.contains("\nKillMode=process\n"),
            "workers outlive the agent"
        );
    }

    #[test]
    fn the_line_for_crontab_quotes_what_a_shell_would_read() {
        assert_eq!(
            crontab_line(Path::new("/opt/sconce"), Path::new("/it's 5%")),
            "@reboot '/opt/sconce' agent run --store '/it'\\''s 5\\%'"
        );
    }

    #[test]
    fn each_store_has_a_unit_of_its_own() {
        let names = ["/a", "/b"].map(|root| unit_name(Path::new(root)));
        assert_ne!(names[0], names[1]);
        assert!(names[0].starts_with("sconce-agent-") && names[0].ends_with(".service"));
    }
}
