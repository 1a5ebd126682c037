//! What every command is handed: the flags for all, the environment, the way out; and the open project on demand.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::{Failure, Globals, Out, format, screen::Flags};
use crate::{
    config::{self, Environment, Loaded, places},
    domain::actors::Actor,
    ops,
    workspace::{Clock, Surroundings, Workspace},
};

/// The store of a command, open.
pub struct Context {
    pub globals: Globals,
    pub flags: Flags,
    pub environment: Environment,
    pub out: Out,
}

impl Context {
    pub fn new(mut globals: Globals, flags: Flags, out: Out) -> config::Result<Self> {
        let environment = Environment::read()?;
        globals.settings.extend(flags.settings());
        Ok(Self {
            out: out.coloured(&environment),
            globals,
            flags,
            environment,
        })
    }

    /// The configuration, whole.
    ///
    /// # Errors
    ///
    /// Any mistake in it.
    pub fn config(&self) -> Result<Loaded, Failure> {
        let loaded = config::load(&self.environment, &self.globals.settings)?;
        self.say_inert(&loaded);
        Ok(loaded)
    }

    /// What of the configuration is sound, for what must work whatever a file says: nobody mends a file first to stop a
    /// run. The rest is warned of.
    pub fn sound_config(&self) -> Result<Loaded, Failure> {
        let (loaded, faults) = config::load_sound(&self.environment, &self.globals.settings)?;
        for fault in &faults {
            self.out.warn(&format::short(&format!(
                "{fault}; this part does not count"
            )));
        }
        self.say_inert(&loaded);
        Ok(loaded)
    }

    /// What is inert because its file is not trusted.
    fn say_inert(&self, loaded: &Loaded) {
        for setting in &loaded.inert {
            let path = setting
                .place
                .file
                .as_deref()
                .map(|path| path.display().to_string());
            let path = path.unwrap_or_default();
            self.out.warn(&format!(
                "{} at {} does not count until `sconce trust {path}`",
                setting.key, setting.place
            ));
        }
    }

    pub fn store(&self, loaded: &Loaded) -> config::Result<places::Found> {
        places::find_store(loaded, self.globals.store.as_deref())
    }

    /// The folder of a store that is there, or that may be made by whatever needs one.
    ///
    /// # Errors
    ///
    /// A person named a folder that holds no store; the usual one would stand in a home that is not there.
    pub fn root(&self, loaded: &Loaded) -> Result<PathBuf, Failure> {
        let places::Found { path, why } = self.store(loaded)?;
        if ops::upkeep::is_store(&path) {
            return Ok(path);
        }
        if !why.may_be_made() {
            let message = format!("there is no store at {}", path.display());
            return Err(ops::Error::new(ops::Kind::NotFound, message)
                .because(format!("{why} names it"))
                .hint(format!(
                    "`sconce --store {} init` makes one",
                    path.display()
                ))
                .into());
        }
        self.environment.may_make(&path)?;
        Ok(path)
    }

    /// The open project, for what looks at runs and steers them: opened with what is sound of the configuration.
    pub fn workspace(&self) -> Result<Workspace, Failure> {
        self.open(&self.sound_config()?)
    }

    /// The open project, for what begins a run: its configuration decides what the run is, so it is whole.
    pub fn workspace_to_begin(&self) -> Result<Workspace, Failure> {
        self.open(&self.config()?)
    }

    pub fn open(&self, loaded: &Loaded) -> Result<Workspace, Failure> {
        Ok(open(loaded, &self.root(loaded)?)?)
    }

    /// The open project as its agent opens it.
    pub fn agents_workspace(&self, loaded: &Loaded) -> Result<Workspace, Failure> {
        Ok(open_alone(loaded, &self.root(loaded)?)?)
    }
}

/// Opens the store in a folder, making it when it is not there. Work that an agent left behind, by a reboot or a kill,
/// gets a new one.
pub fn open(loaded: &Loaded, root: &Path) -> ops::Result<Workspace> {
    refuse_mangled(std::env::args_os())?;
    let ws = open_alone(loaded, root)?;
    if ops::leases::has_work(&ws)? {
        ops::jobs::wake(&ws)?;
    }
    Ok(ws)
}

/// A run keeps the words of its command as texts: what is none would be kept as something else.
fn refuse_mangled(words: impl Iterator<Item = OsString>) -> ops::Result<()> {
    let is_mangled = |word: &OsString| word.to_str().is_none();
    let Some(word) = words.into_iter().find(is_mangled) else {
        return Ok(());
    };
    let message = format!("the argument {word:?} is not UTF-8");
    Err(ops::Error::new(ops::Kind::Invalid, message)
        .hint("use a name that is, a link to it will do"))
}

fn open_alone(loaded: &Loaded, root: &Path) -> ops::Result<Workspace> {
    let environment = &loaded.environment;
    let program = std::env::current_exe().map_err(|error| {
        let message = "cannot tell where this program stands";
        ops::Error::new(ops::Kind::Environment, message).because(error)
    })?;
    let surroundings = Surroundings {
        actor: Actor {
            uid: environment.uid,
            name: environment.user.clone(),
            host: environment.host.clone(),
        },
        clock: Clock::System,
        program,
        argv: std::env::args_os()
            .map(|word| word.to_string_lossy().into_owned())
            .collect(),
        cwd: environment.cwd.clone(),
        env: environment.vars.clone().into_iter().collect(),
    };
    Ok(Workspace::open(loaded.config.clone(), root, surroundings)?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt as _;

    use super::*;

    #[test]
    fn an_argument_that_is_no_text_is_refused_by_its_name() {
        let words = |last: &[u8]| ["sconce".into(), OsString::from_vec(last.to_vec())].into_iter();
        refuse_mangled(words("größe".as_bytes())).unwrap();
        let refused = refuse_mangled(words(b"a\xff")).unwrap_err();
        assert_eq!(refused.message, r#"the argument "a\xFF" is not UTF-8"#);
    }
}
