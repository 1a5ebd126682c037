//! Checkpoints: the whole state of a training in one file, so that going on from it ends with the same bits.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{
    Error, Result,
    files::{self, Named},
};
use crate::domain::{
    jobs::Training,
    presets::{Device, Preset},
};

/// Where the latest checkpoint is, relative to the run's folder.
pub const LAST: &str = "checkpoints/last.safetensors";
/// Where the checkpoint with the best validation metric is, relative to the run's folder.
pub const BEST: &str = "checkpoints/best.safetensors";

const FORMAT: u32 = 1;

/// How far a training is, and what it has seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Steps done.
    pub step: u64,
    /// Epochs done.
    pub epoch: u32,
    /// Batches of this epoch done.
    pub batch: u64,
    /// Epochs since the best one.
    pub waited: u32,
    pub best: Option<Best>,
}

/// The best epoch so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    pub value: f64,
    pub step: u64,
    /// All metrics of the validation split at that epoch.
    pub metrics: Vec<(String, f64)>,
}

/// The whole state: nothing else is needed to go on.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    pub position: Position,
    pub params: Vec<Named>,
    pub optimiser: Vec<Named>,
    /// Updates the optimiser has done.
    pub updates: u64,
    /// The parameters of the best epoch, when there is one.
    pub best: Vec<Named>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    /// What it is a checkpoint of: see [`fingerprint`].
    training: String,
    updates: u64,
    position: Position,
}

/// A hash over everything that decides the weights: data, seed and preset, but for what changes only how they are
/// reached or called (threads, logging, checkpoints, names).
pub fn fingerprint(training: &Training) -> String {
    let mut preset = Preset {
        data: String::new(),
        about: String::new(),
        experiment: None,
        device: Device::Cpu,
        seed: training.seed,
        ..training.preset.clone()
    };
    preset.train.threads = 1;
    preset.train.log_every = 1;
    preset.train.checkpoint_every = 0;
    let mut hasher = blake3::Hasher::new();
    hasher.update(training.data_hash.as_bytes());
    hasher.update(&serde_json::to_vec(&preset).expect("a preset is always JSON"));
    hasher.finalize().to_hex().to_string()
}

const PARAMS: &str = "params/";
const OPTIMISER: &str = "optimiser/";
const BEST_PARAMS: &str = "best/";

impl Checkpoint {
    /// The content of its file.
    pub fn encode(&self, training: &str) -> Result<Vec<u8>, String> {
        let header = Header {
            format: FORMAT,
            training: training.to_owned(),
            updates: self.updates,
            position: self.position.clone(),
        };
        let named = |prefix: &'static str, tensors: &[Named]| -> Vec<Named> {
            let named = tensors.iter().map(|tensor| Named {
                name: format!("{prefix}{}", tensor.name),
                ..tensor.clone()
            });
            named.collect()
        };
        let tensors = [
            named(PARAMS, &self.params),
            named(OPTIMISER, &self.optimiser),
            named(BEST_PARAMS, &self.best),
        ];
        files::encode(&tensors.concat(), &header)
    }

    /// Reads a checkpoint of this training; one of another is refused.
    pub fn read(path: &Path, training: &str) -> Result<Self> {
        let broken = |why: String| Error::Checkpoint {
            path: path.to_owned(),
            why,
        };
        let content = std::fs::read(path).map_err(|error| broken(error.to_string()))?;
        let (tensors, header): (_, Header) = files::decode(&content).map_err(broken)?;
        if header.format != FORMAT {
            return Err(broken(format!(
                "its format is {}, this version reads {FORMAT}",
                header.format
            )));
        }
        if header.training != training {
            return Err(broken(
                "it is of a training with another preset, seed or data: start a new run instead"
                    .to_owned(),
            ));
        }
        let mut checkpoint = Self {
            position: header.position,
            params: vec![],
            optimiser: vec![],
            updates: header.updates,
            best: vec![],
        };
        for tensor in tensors {
            let parts = [
                (PARAMS, &mut checkpoint.params),
                (OPTIMISER, &mut checkpoint.optimiser),
                (BEST_PARAMS, &mut checkpoint.best),
            ];
            for (prefix, part) in parts {
                if let Some(name) = tensor.name.strip_prefix(prefix) {
                    part.push(Named {
                        name: name.to_owned(),
                        ..tensor.clone()
                    });
                }
            }
        }
        Ok(checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::tests::training;

    fn checkpoint() -> Checkpoint {
        let tensor = |name: &str, value| Named {
            name: name.to_owned(),
            shape: vec![1],
            values: vec![value],
        };
        Checkpoint {
            position: Position {
                step: 7,
                epoch: 1,
                batch: 2,
                waited: 1,
                best: Some(Best {
                    value: 0.1 + 0.2,
                    step: 5,
                    metrics: vec![("val/loss".to_owned(), 0.1 + 0.2)],
                }),
            },
            params: vec![tensor("w", 0.1)],
            optimiser: vec![tensor("m/w", 0.2), tensor("v/w", 0.3)],
            updates: 7,
            best: vec![tensor("w", 0.4)],
        }
    }

    #[test]
    fn a_checkpoint_comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(LAST);
        files::replace(&path, &checkpoint().encode("this").unwrap()).unwrap();
        assert_eq!(Checkpoint::read(&path, "this").unwrap(), checkpoint());
        let error = Checkpoint::read(&path, "other").unwrap_err().to_string();
        assert!(error.contains("another preset, seed or data"), "{error}");
    }

    #[test]
    fn a_fingerprint_changes_with_what_decides_the_weights_and_with_nothing_else() {
        let of = |edit: fn(&mut Training)| {
            let mut training = training();
            edit(&mut training);
            fingerprint(&training)
        };
        let same = of(|_| {});
        let alike: [fn(&mut Training); 4] = [
            |t| t.preset.train.threads = 2,
            |t| t.preset.train.log_every = 9,
            |t| t.preset.about = "better".to_owned(),
            |t| t.resume = Some(LAST.into()),
        ];
        for edit in alike {
            assert_eq!(of(edit), same);
        }
        let other: [fn(&mut Training); 4] = [
            |t| t.seed += 1,
            |t| t.data_hash.push('0'),
            |t| t.preset.train.epochs += 1,
            |t| t.preset.net.hidden.push(4),
        ];
        for edit in other {
            assert_ne!(of(edit), same);
        }
    }
}
