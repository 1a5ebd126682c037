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
        let base = directories::BaseDirs::new().ok_or(Error::NoHome)?;
        Ok(Self {
            user: user(uid, &vars),
            uid,
            cwd: std::env::current_dir().map_err(Error::NoWorkingFolder)?,
            home: base.home_dir().to_owned(),
            places: Places::find().ok_or(Error::NoHome)?,
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

    /// The nearest file or folder of this name, from the working folder upward.
    pub fn upward(&self, name: &str) -> Option<PathBuf> {
        self.cwd
            .ancestors()
            .map(|folder| folder.join(name))
            .find(|path| path.exists())
    }
}

/// The name that the machine's table of users gives the uid; the environment's word where it has none.
fn user(uid: u32, vars: &BTreeMap<String, String>) -> String {
    let table = std::fs::read_to_string(Path::new("/etc/passwd")).unwrap_or_default();
    name_in(&table, uid)
        .or_else(|| {
            ["USER", "LOGNAME"]
                .iter()
                .find_map(|name| vars.get(*name).cloned())
        })
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| uid.to_string())
}

fn name_in(table: &str, uid: u32) -> Option<String> {
    table.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_named_by_the_table_of_users_then_by_the_environment() {
        let table = "root:x:0:0:root:/root:/bin/sh\nana:x:1000:1000::/home/ana:/bin/sh\nbroken\n";
        assert_eq!(name_in(table, 1000).as_deref(), Some("ana"));
        assert_eq!(name_in(table, 0).as_deref(), Some("root"));
        assert_eq!(name_in(table, 7), None);
        let vars = [("LOGNAME".to_owned(), "eve".to_owned())].into();
        assert_eq!(user(u32::MAX - 7, &vars), "eve");
        assert_eq!(user(4_294_967_000, &BTreeMap::new()), "4294967000");
    }
}
