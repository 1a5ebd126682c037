//! The one error that front ends see: what, why, what to do next.

use std::fmt;

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

#[derive(Debug)]
pub struct Error {
    pub kind: Kind,
    /// Lower case, no full stop, names the subject: `cannot open the store`.
    pub message: String,
    /// What to do now.
    pub hint: Option<String>,
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

    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    pub fn because(self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            source: Some(source.into()),
            ..self
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

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
