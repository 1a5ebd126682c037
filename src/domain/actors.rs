//! Who does things: a user of the operating system on a host.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A user of the operating system on a host; `uid` is what the kernel says, `name` what people read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub uid: u32,
    pub name: String,
    pub host: String,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.host)
    }
}
