//! What the process finds around itself. Read once, here; everything else is handed it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{Error, Places, Result};

/// Environment, folders, user and host.
#[derive(Clone, Debug)]
pub struct Environment {
    pub vars: BTreeMap<String, String>,
    pub cwd: PathBuf,
    pub home: PathBuf,
    pub places: Places,
    /// The configuration of the whole machine.
    pub system: PathBuf,
    pub uid: u32,
    pub user: String,
    pub host: String,
}

impl Environment {
    pub fn read() -> Result<Self> {
        let vars: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let uid = rustix::process::getuid().as_raw();
        let (home, places) = home(uid, &vars).ok_or(Error::NoHome)?;
        Ok(Self {
            user: user(uid, &vars),
            uid,
            cwd: std::env::current_dir().map_err(Error::NoWorkingFolder)?,
            home,
            places,
            system: PathBuf::from("/etc/sconce/config.toml"),
            host: rustix::system::uname()
                .nodename()
                .to_string_lossy()
                .into_owned(),
            vars,
        })
    }

    /// The value of a variable that is set and not empty.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.vars
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The nearest file or folder of this name, from the working folder upward. A link counts wherever it leads.
    pub fn upward(&self, name: &str) -> Option<PathBuf> {
        self.cwd
            .ancestors()
            .map(|folder| folder.join(name))
            .find(|path| path.symlink_metadata().is_ok())
    }

    /// May this folder be made where it is not there? A home is never made: one that is missing is a mistake.
    ///
    /// # Errors
    ///
    /// It is below a home folder that is not there.
    pub fn may_make(&self, folder: &Path) -> Result<()> {
        if folder.starts_with(&self.home) && !self.home.is_dir() {
            return Err(Error::HomeMissing(self.home.clone()));
        }
        Ok(())
    }
}

/// The user's home and the folders in it. A `HOME` that is no absolute path does not count.
fn home(uid: u32, vars: &BTreeMap<String, String>) -> Option<(PathBuf, Places)> {
    let base = directories::BaseDirs::new()?;
    if base.home_dir().is_absolute() {
        return Some((base.home_dir().to_owned(), Places::find()?));
    }
    let home = home_in(&table_of_users(), uid).filter(|home| home.is_absolute())?;
    let places = Places::below(&home, vars);
    Some((home, places))
}

fn table_of_users() -> String {
    std::fs::read_to_string(Path::new("/etc/passwd")).unwrap_or_default()
}

/// The name that the machine's table of users gives the uid; the environment's word where it has none.
fn user(uid: u32, vars: &BTreeMap<String, String>) -> String {
    name_in(&table_of_users(), uid)
        .or_else(|| {
            ["USER", "LOGNAME"]
                .iter()
                .find_map(|name| vars.get(*name).cloned())
        })
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| uid.to_string())
}

fn name_in(table: &str, uid: u32) -> Option<String> {
    field_in(table, uid, 0)
}

fn home_in(table: &str, uid: u32) -> Option<PathBuf> {
    field_in(table, uid, 5).map(PathBuf::from)
}

fn field_in(table: &str, uid: u32, at: usize) -> Option<String> {
    table.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        (fields.get(2)?.parse() == Ok(uid))
            .then(|| fields.get(at).map(|&field| field.to_owned()))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_folders_of_the_environment_do_not_count() {
        let vars = [("XDG_DATA_HOME", "data"), ("XDG_STATE_HOME", "/state")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let places = Places::below(Path::new("/home/ana"), &vars.into());
        assert_eq!(places.data, Path::new("/home/ana/.local/share/sconce"));
        assert_eq!(places.state, Path::new("/state/sconce"));
    }

    #[test]
    fn a_user_is_named_by_the_table_of_users_then_by_the_environment() {
        let table = "root:x:0:0:root:/root:/bin/sh\nana:x:1000:1000::/home/ana:/bin/sh\nbroken\n";
        assert_eq!(name_in(table, 1000).as_deref(), Some("ana"));
        assert_eq!(name_in(table, 0).as_deref(), Some("root"));
        assert_eq!(name_in(table, 7), None);
        assert_eq!(home_in(table, 1000), Some("/home/ana".into()));
        let vars = [("LOGNAME".to_owned(), "eve".to_owned())].into();
        assert_eq!(user(u32::MAX - 7, &vars), "eve");
        assert_eq!(user(4_294_967_000, &BTreeMap::new()), "4294967000");
    }
}
