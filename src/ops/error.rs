//! The one error that front ends see: what, why, what to do next.

use std::fmt;

use crate::{data, store, train, vault};

/// Whose move it is. It gives the exit code and the colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Kind {
    NotFound,
    Invalid,
    /// Somebody or something else was first.
    Conflict,
    /// The machine: a disk, a lock, a permission, a missing device.
    Environment,
    /// Ours.
    Bug,
}

impl Kind {
    /// The exit code of a command that ends in this error.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::NotFound | Self::Invalid | Self::Conflict | Self::Environment => 2,
            Self::Bug => 70,
        }
    }
}

/// What could not be done, why, and what to do next.
#[derive(Debug)]
pub struct Error {
    pub kind: Kind,
    /// Lower case, no full stop, names the subject: `cannot open the store`.
    pub message: String,
    /// What to do now.
    pub hint: Option<String>,
    /// What lies behind it.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: None,
            source: None,
        }
    }

    /// With a word on what to do now.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// With what lies behind it.
    pub fn because(self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            source: Some(source.into()),
            ..self
        }
    }

    /// The message and what to do now, for where there is one line: `the store is locked: it is tried again`.
    pub fn with_hint(&self) -> String {
        match &self.hint {
            Some(hint) => format!("{}: {hint}", self.message),
            None => self.message.clone(),
        }
    }

    /// The causes, outermost first, one sentence each.
    pub fn causes(&self) -> Vec<String> {
        let mut causes = vec![];
        let mut next: Option<&(dyn std::error::Error + 'static)> =
            self.source.as_deref().map(|source| source as _);
        while let Some(cause) = next {
            let text = cause.to_string();
            if causes.last() != Some(&text) {
                causes.push(text);
            }
            next = cause.source();
        }
        causes
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// As scripts read it.
impl serde::Serialize for Error {
    fn serialize<S: serde::Serializer>(
        &self,
        serializer: S,
    ) -> std::result::Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Told<'a> {
            kind: Kind,
            message: &'a str,
            because: Vec<String>,
            hint: Option<&'a str>,
        }
        Told {
            kind: self.kind,
            message: &self.message,
            because: self.causes(),
            hint: self.hint.as_deref(),
        }
        .serialize(serializer)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        use store::Error as E;
        let (kind, message, hint) = match &error {
            E::NetworkDisk { .. } => (
                Kind::Environment,
                "cannot keep a store here",
                "choose a folder on a local disk: `sconce init DIR`, or `[store] path` in the config",
            ),
            E::Newer { .. } => (
                Kind::Environment,
                "cannot open the store",
                "it was written by a newer sconce: install that one, or open another store",
            ),
            E::InUse { .. } => (
                Kind::Conflict,
                "cannot bring the store up to date",
                "close the other sconce screens and servers on this store and try again; training goes on",
            ),
            E::Busy => (
                Kind::Conflict,
                "the store is locked",
                "try again; `sconce doctor` says who keeps it",
            ),
            E::OlderReadOnly { .. } => (
                Kind::Environment,
                "cannot open the store",
                "it is read-only and of an older sconce: copy its folder to a place of your own and open that",
            ),
            E::ReadOnly { .. } => (
                Kind::Environment,
                "the store is read-only",
                "check the owner and the mode of its folder, and that the disk is not mounted read-only",
            ),
            E::Full => (
                Kind::Environment,
                "cannot write to the store",
                "free some space: `sconce usage` shows what is kept, `sconce prune` frees what is not needed",
            ),
            E::Damaged { .. } => (
                Kind::Environment,
                "the store is damaged",
                "copy the folder away, then restore a backup: `sconce backup` made them, `store.db.schema-N` are copies made before migrations",
            ),
            E::NoWriteAheadLog { .. } => (
                Kind::Environment,
                "cannot keep a store here",
                "the disk does not take SQLite's write-ahead log: choose a folder on a local disk",
            ),
            E::Io { .. } => (
                Kind::Environment,
                "cannot use the store",
                "check that the folder exists and is yours: `sconce doctor`",
            ),
            E::Row { .. } | E::Series(_) => (
                Kind::Environment,
                "the store holds what this program cannot read",
                "restore a backup, or open the store with the sconce that wrote it",
            ),
            E::Sqlite(_) => (
                Kind::Bug,
                "a query failed",
                "this is a fault of sconce: please report it with the line above",
            ),
        };
        Self::new(kind, message).hint(hint).because(error)
    }
}

impl From<vault::Error> for Error {
    fn from(error: vault::Error) -> Self {
        use vault::Error as E;
        let (kind, message, hint) = match &error {
            E::NotThere { .. } => return Self::new(Kind::NotFound, error.to_string()),
            E::Special { .. } => (
                Kind::Invalid,
                "cannot add this",
                "name the files and folders that shall be added, or take it away",
            ),
            E::Twice { .. } => (
                Kind::Invalid,
                "cannot add these together",
                "add one folder that holds them, or rename one",
            ),
            E::Changed { .. } => (
                Kind::Conflict,
                "cannot add what is being written",
                "nothing was added: try again when it is written",
            ),
            E::Another { .. } => (
                Kind::Conflict,
                "what the version names is not there any more",
                "it was added with --reference: its content is only where it was",
            ),
            E::InTheWay { .. } => (
                Kind::Conflict,
                "nothing was written",
                "choose another folder, or let --force replace the files; folders are never replaced",
            ),
            E::Store { .. } => (
                Kind::Conflict,
                "nothing was written",
                "choose a folder outside of it",
            ),
            E::Full { .. } => (
                Kind::Environment,
                "the disk is full",
                "what was there before is whole; free some space: `sconce data gc --dry-run` says what can go",
            ),
            E::Pack { .. } | E::Damaged { .. } | E::Missing { .. } | E::Manifest { .. } => (
                Kind::Environment,
                "the vault is damaged",
                "`sconce data verify` names what is affected; then pulling the version, or adding the same files again, brings it back",
            ),
            E::Io { .. } | E::Unknown(_) => (
                Kind::Environment,
                "cannot do this",
                "check that the path exists and is yours",
            ),
            E::Remote { url, .. } if url.starts_with('/') => (
                Kind::Environment,
                "the remote cannot be used",
                "check that its folder is there, yours to write, and not full; then do it again: it goes on",
            ),
            E::Remote { .. } | E::Silent { .. } => (
                Kind::Environment,
                "the remote cannot be used",
                "check the network and the keys (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY); then do it again: it goes on",
            ),
            E::NoRemote { .. } => (
                Kind::NotFound,
                "there is no remote",
                "`sconce data remote` lists those that are known",
            ),
            E::Sent { .. } => (
                Kind::Environment,
                "the remote is damaged",
                "`sconce data remote verify --mend`, in a store where the version is whole, sends it again",
            ),
            E::Lacks { .. } => (
                Kind::Environment,
                "the remote is not whole",
                "push the version again from where it is whole",
            ),
            E::Interrupted => (
                Kind::Conflict,
                "it was interrupted",
                "everything is as it was before; do it again to go on",
            ),
        };
        Self::new(kind, message).hint(hint).because(error)
    }
}

impl From<data::Error> for Error {
    fn from(error: data::Error) -> Self {
        use data::Error as E;
        match &error {
            E::Absent { .. } => Self::new(Kind::NotFound, error.to_string())
                .hint("paths in a config file are relative to that file"),
            E::Io { .. } => Self::new(Kind::Environment, "cannot read the data").because(error),
            _ => Self::new(Kind::Invalid, error.to_string()),
        }
    }
}

impl From<train::Error> for Error {
    fn from(error: train::Error) -> Self {
        use train::Error as E;
        match error {
            E::Data(error) => error.into(),
            E::Vault(error) => error.into(),
            E::Device { .. } => Self::new(Kind::Environment, error.to_string())
                .hint("train on the CPU with -S device=cpu, or use a sconce built for the device"),
            E::Tensors(_) => Self::new(Kind::Bug, "training failed").because(error),
            E::Io { .. } | E::Threads { .. } => {
                Self::new(Kind::Environment, "cannot train").because(error)
            }
            _ => Self::new(Kind::Invalid, error.to_string()),
        }
    }
}
