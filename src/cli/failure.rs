//! Why a command ended without doing what it is for.

use std::io;

use crate::{
    config,
    ops::{self, Kind},
};

/// Why a command could not be done.
#[derive(Debug)]
pub enum Failure {
    Error(ops::Error),
    /// Whoever read our output has had enough: no error at all.
    Closed,
}

impl Failure {
    /// For callers that print nothing, to whom a closed output means nothing.
    pub fn into_error(self) -> ops::Error {
        match self {
            Self::Error(error) => error,
            Self::Closed => ops::Error::new(Kind::Environment, "the output was closed"),
        }
    }
}

impl From<ops::Error> for Failure {
    fn from(error: ops::Error) -> Self {
        Self::Error(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::Closed;
        }
        let message = "cannot write the output";
        Self::Error(ops::Error::new(Kind::Environment, message).because(error))
    }
}

impl From<config::Error> for Failure {
    fn from(error: config::Error) -> Self {
        use config::Error as E;
        let kind = match &error {
            E::Missing(_) | E::NotTrusted(_) | E::NoGroup(_) => Kind::NotFound,
            E::Mistake { .. }
            | E::Flag(_)
            | E::Pointer { .. }
            | E::OddPath { .. }
            | E::Unfit { .. }
            | E::NotUtf8 { .. } => Kind::Invalid,
            E::Read { .. }
            | E::Write { .. }
            | E::NoHome
            | E::HomeMissing(_)
            | E::NoWorkingFolder(_) => Kind::Environment,
        };
        let mut found = ops::Error::new(kind, error.to_string());
        if let Some(hint) = error.hint() {
            found = found.hint(hint);
        }
        match error {
            E::Read { source, .. } | E::Write { source, .. } | E::NoWorkingFolder(source) => {
                found = found.because(source);
            }
            _ => {}
        }
        Self::Error(found)
    }
}
