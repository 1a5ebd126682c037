//! Presets: a task, a data set and a net, with every number defaulted to something that trains well.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a training is made from. In a config file it stands under `[presets.NAME]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Preset {
    pub task: Task,
    /// A file (CSV, Parquet, NDJSON), relative to the config file that names it; or `demo:NAME` for a data set that Sconce ships.
    pub data: String,
    /// The column to predict.
    pub target: String,
    /// The experiment that runs of this preset belong to; the preset's name when it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment: Option<String>,
    /// One sentence for the list of presets.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    #[serde(default)]
    pub device: Device,
    /// Decides the split, the first weights, the order of the rows and the dropout.
    #[serde(default)]
    pub seed: u64,
    #[serde(default)]
    pub features: Features,
    #[serde(default)]
    pub split: Split,
    #[serde(default)]
    pub net: Net,
    #[serde(default)]
    pub optimiser: Optimiser,
    #[serde(default)]
    pub schedule: Schedule,
    #[serde(default)]
    pub train: Train,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Task {
    /// Two classes or more.
    Classification,
    Regression,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Device {
    #[default]
    Cpu,
    Cuda,
    Metal,
}

/// Which columns go in, and how. What is named nowhere is inferred from the training split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Features {
    /// Columns left out: ids, leaks.
    pub exclude: Vec<String>,
    /// Columns read as categories whatever they look like.
    pub categories: Vec<String>,
    /// Columns read as numbers whatever they look like.
    pub numbers: Vec<String>,
    /// Columns read as dates whatever they look like.
    pub dates: Vec<String>,
    /// A category seen less often than this in the training split is folded into "other".
    pub rare: u64,
    /// A text column with at most this many distinct values is a category; one with more is left out, unless it is listed.
    pub distinct: u64,
}

impl Default for Features {
    fn default() -> Self {
        Self {
            exclude: vec![],
            categories: vec![],
            numbers: vec![],
            dates: vec![],
            rare: 5,
            distinct: 1_000,
        }
    }
}

/// How the rows are divided into train, validation and test. The parts are of the whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Split {
    pub kind: SplitKind,
    pub validation: f64,
    pub test: f64,
    /// The column of groups (`group`) or of time (`time`); by time without a column is by row order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl Default for Split {
    fn default() -> Self {
        Self {
            kind: SplitKind::Auto,
            validation: 0.15,
            test: 0.15,
            by: None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum SplitKind {
    /// Stratified for classes, random for numbers.
    Auto,
    Random,
    /// Each class keeps its share in each part.
    Stratified,
    /// All rows of a group stand in one part.
    Group,
    /// The last rows in time are the test, those before them the validation.
    Time,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Net {
    pub kind: NetKind,
    /// Widths of the hidden layers. A residual net has a block of the first width for each.
    pub hidden: Vec<usize>,
    pub dropout: f64,
    /// The width of a category's embedding; 0 chooses by its number of values: min(50, round(1.6 · n^0.56)).
    pub embedding: usize,
}

impl Default for Net {
    fn default() -> Self {
        Self {
            kind: NetKind::Mlp,
            hidden: vec![128, 128],
            dropout: 0.1,
            embedding: 0,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum NetKind {
    /// Linear layers with ReLU and dropout.
    Mlp,
    /// Blocks of linear, ReLU, dropout, linear, added to their input.
    Residual,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Optimiser {
    pub kind: OptimiserKind,
    pub lr: f64,
    pub weight_decay: f64,
    /// SGD only.
    pub momentum: f64,
    /// SGD only.
    pub nesterov: bool,
}

impl Default for Optimiser {
    fn default() -> Self {
        Self {
            kind: OptimiserKind::Adamw,
            lr: 1e-3,
            weight_decay: 1e-2,
            momentum: 0.9,
            nesterov: false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum OptimiserKind {
    Adamw,
    Sgd,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Schedule {
    pub kind: ScheduleKind,
    /// The part of all steps over which the rate rises to its full height.
    pub warmup: f64,
    /// The part of the full rate that is left at the end.
    pub floor: f64,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            kind: ScheduleKind::Cosine,
            warmup: 0.05,
            floor: 0.01,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum ScheduleKind {
    Constant,
    Cosine,
    OneCycle,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Train {
    pub epochs: u32,
    pub batch: usize,
    /// The largest norm of the whole gradient; 0 clips nothing.
    pub clip: f64,
    /// Batches whose gradients are added up before a step.
    pub accumulate: u32,
    pub class_weights: ClassWeights,
    /// Epochs without a better validation metric after which training ends; 0 never ends early.
    pub patience: u32,
    /// The metric that says which checkpoint is best: `val/loss`, or another of the validation split.
    pub best: String,
    /// Steps between two checkpoints, besides the one at the end of each epoch; 0 makes none.
    pub checkpoint_every: u64,
    /// Steps between two points of the training loss.
    pub log_every: u64,
    /// Threads of the trainer.
    pub threads: u32,
}

impl Default for Train {
    fn default() -> Self {
        Self {
            epochs: 60,
            batch: 64,
            clip: 1.0,
            accumulate: 1,
            class_weights: ClassWeights::None,
            patience: 12,
            best: "val/loss".to_owned(),
            checkpoint_every: 0,
            log_every: 1,
            threads: 1,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum ClassWeights {
    None,
    /// Each class weighs as much as every other.
    Balanced,
}

/// Presets by name.
pub type Presets = BTreeMap<String, Preset>;
