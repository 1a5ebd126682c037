//! The audit chain: each line holds a hash over itself and over the line before it.

use serde::Serialize;

use super::{actors::Actor, time::Timestamp};

/// The hash that stands before the first line.
pub const ROOT: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One change of state: who, when, what, before and after.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// Grows by one, without gaps.
    pub seq: u64,
    pub time: Timestamp,
    pub actor: Actor,
    /// A plural noun and a verb: `runs.stop`.
    pub action: String,
    /// What was changed, by id and name.
    pub target: String,
    pub before: Option<String>,
    pub after: Option<String>,
    pub previous: String,
    pub hash: String,
}

/// What became of a target, and why, where a reason was given.
pub fn because(what: &str, reason: &str) -> String {
    match reason.trim() {
        "" => what.to_owned(),
        reason => format!("{what}: {reason}"),
    }
}

/// The hash of a line: BLAKE3 over its fields, each with its length before it, so that no two lines read the same.
pub fn hash(line: &Line) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut field = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    field(&line.seq.to_le_bytes());
    field(&line.time.0.to_le_bytes());
    field(&line.actor.uid.to_le_bytes());
    for text in [
        &line.actor.name,
        &line.actor.host,
        &line.action,
        &line.target,
        &line.previous,
    ] {
        field(text.as_bytes());
    }
    for text in [&line.before, &line.after] {
        field(&[u8::from(text.is_some())]);
        field(text.as_deref().unwrap_or_default().as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// The sequence number of the first line that does not fit its own hash or the line before it.
pub fn first_broken(lines: impl IntoIterator<Item = Line>) -> Option<u64> {
    let (mut previous, mut next) = (ROOT.to_owned(), 1);
    for line in lines {
        if line.seq != next || line.previous != previous || line.hash != hash(&line) {
            return Some(next);
        }
        (previous, next) = (line.hash, line.seq + 1);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain() -> Vec<Line> {
        let mut previous = ROOT.to_owned();
        (1..=4)
            .map(|seq| {
                let actor = Actor {
                    uid: 1,
                    name: "ana".to_owned(),
                    host: "gpu01".to_owned(),
                };
                let mut line = Line {
                    seq,
                    time: Timestamp(seq as i64),
                    actor,
                    action: "runs.stop".to_owned(),
                    target: "brave-otter-7".to_owned(),
                    before: Some("running".to_owned()),
                    after: None,
                    previous: previous.clone(),
                    hash: String::new(),
                };
                line.hash = hash(&line);
                previous.clone_from(&line.hash);
                line
            })
            .collect()
    }

    #[test]
    fn any_edit_breaks_the_chain_where_it_was_made() {
        assert_eq!(first_broken(chain()), None);
        type Edit = fn(&mut Line);
        let edits: [Edit; 6] = [
            |line| line.actor.name = "eve".to_owned(),
            |line| line.time = Timestamp(99),
            |line| line.before = None,
            |line| line.after = Some(String::new()),
            |line| line.target.push('!'),
            |line| line.seq = 9,
        ];
        for edit in edits {
            let mut lines = chain();
            edit(&mut lines[2]);
            assert_eq!(first_broken(lines), Some(3));
        }
        let mut lines = chain();
        lines.remove(1);
        assert_eq!(first_broken(lines), Some(2));
    }
}
