//! Model packages: a folder with everything that is needed to predict, and what a person should know before they do.
//!
//! `model.safetensors` holds the weights, `model.toml` everything else, `README.md` the model card. Nothing in it is
//! code. Equal trainings write equal bytes.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use candle_core::Device;
use serde::{Deserialize, Serialize};

use super::{
    Error, Result,
    files::{self, Named},
    fit::{Fitted, Task},
    math::Math,
    nets::{Ends, Net},
    params::Params,
    predict::{Goal, Predictor},
};
use crate::{
    data::{Encoder, Prepared},
    domain::{jobs::Training, presets::Preset, schemas::Column, text::shown},
};

/// The folder of a finished run that holds its package.
pub const FOLDER: &str = "package";
const WEIGHTS: &str = "model.safetensors";
const MODEL: &str = "model.toml";
const CARD: &str = "README.md";
const FORMAT: u32 = 1;

/// `model.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    pub format: u32,
    /// The version of Sconce that trained it.
    pub sconce: String,
    /// The run that made it.
    pub name: String,
    pub seed: u64,
    /// The step whose weights these are, of how many, in how many epochs.
    pub best_step: u64,
    pub steps: u64,
    pub epochs: u32,
    /// BLAKE3 of the data file, hex.
    pub data_hash: String,
    /// BLAKE3 over the weights, hex; see [`files::digest`].
    pub weights: String,
    /// In order; empty for a regression.
    pub classes: Vec<String>,
    /// What one should know of the data.
    pub warnings: Vec<String>,
    pub rows: Rows,
    /// `val/…` and `test/…`.
    pub metrics: BTreeMap<String, f64>,
    /// The columns that go in.
    pub columns: Vec<Column>,
    pub ends: Ends,
    pub preset: Preset,
    pub encoder: Encoder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    pub train: usize,
    pub validation: usize,
    pub test: usize,
}

impl Model {
    pub fn new(
        training: &Training,
        name: &str,
        prepared: &Prepared,
        task: &Task,
        fitted: &Fitted,
    ) -> Self {
        Self {
            format: FORMAT,
            sconce: env!("CARGO_PKG_VERSION").to_owned(),
            name: name.to_owned(),
            seed: training.seed,
            best_step: fitted.best_step,
            steps: fitted.steps,
            epochs: fitted.epochs,
            data_hash: training.data_hash.clone(),
            weights: files::digest(&fitted.weights),
            classes: prepared.encoder.classes().to_vec(),
            warnings: prepared.plan.warnings.clone(),
            rows: Rows {
                train: task.train.rows,
                validation: task.validation.rows,
                test: task.test.rows,
            },
            metrics: fitted.metrics.iter().cloned().collect(),
            columns: prepared.plan.features.clone(),
            ends: task.ends.clone(),
            preset: training.preset.clone(),
            encoder: prepared.encoder.clone(),
        }
    }
}

/// Writes a package beneath a run's folder, whole or not at all, and gives the files relative to that folder.
pub fn write(dir: &Path, model: &Model, weights: &[Named]) -> Result<Vec<String>> {
    let place = dir.join(FOLDER);
    let broken = |why: String| Error::Package {
        path: place.clone(),
        why,
    };
    let header = serde_json::json!({ "format": FORMAT });
    let contents = [
        (WEIGHTS, files::encode(weights, &header).map_err(broken)?),
        (
            MODEL,
            toml::to_string(model)
                .map_err(|error| broken(error.to_string()))?
                .into_bytes(),
        ),
        (CARD, card(model).into_bytes()),
    ];
    put(&place, &contents).map_err(|source| Error::Io {
        path: place.clone(),
        source,
    })?;
    let names = contents.iter().map(|(name, _)| format!("{FOLDER}/{name}"));
    Ok(names.collect())
}

/// Fills a folder beside its place and renames it there; an older one (of an attempt that was killed) makes room.
fn put(place: &Path, contents: &[(&str, Vec<u8>)]) -> io::Result<()> {
    let beside = place.with_extension("new");
    let old = place.with_extension("old");
    for left in [&beside, &old] {
        match fs::remove_dir_all(left) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    for (name, content) in contents {
        files::replace(&beside.join(name), content)?;
    }
    if place.exists() {
        fs::rename(place, &old)?;
    }
    fs::rename(&beside, place)?;
    if let Some(folder) = place.parent() {
        files::sync_folder(folder)?;
    }
    match fs::remove_dir_all(&old) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A package that was read and checked.
pub struct Package {
    pub model: Model,
    pub predictor: Predictor,
}

impl Package {
    /// Reads a package's folder.
    ///
    /// # Errors
    /// A file that is missing or none of ours; weights that are not those the model was written with, or do not fit
    /// its net.
    pub fn load(folder: &Path) -> Result<Self> {
        let broken = |why: String| Error::Package {
            path: folder.to_owned(),
            why,
        };
        let in_file = |name: &str, why: &dyn std::fmt::Display| broken(format!("{name}: {why}"));
        let read = |name: &str| fs::read(folder.join(name)).map_err(|error| in_file(name, &error));

        let text = String::from_utf8(read(MODEL)?).map_err(|error| in_file(MODEL, &error))?;
        let format: Format = toml::from_str(&text).map_err(|error| in_file(MODEL, &error))?;
        if format.format != FORMAT {
            let found = format.format;
            return Err(in_file(
                MODEL,
                &format!("its format is {found}, this version reads {FORMAT}"),
            ));
        }
        let model: Model = toml::from_str(&text).map_err(|error| in_file(MODEL, &error))?;
        let (weights, _): (_, Format) =
            files::decode(&read(WEIGHTS)?).map_err(|why| in_file(WEIGHTS, &why))?;
        if files::digest(&weights) != model.weights {
            return Err(in_file(WEIGHTS, &"these are the weights of another model"));
        }
        let goal = Goal::of(&model.encoder);
        if goal.outputs() != model.ends.outputs {
            return Err(in_file(MODEL, &"its encoder and its net do not fit"));
        }
        let mut params = Params::new(model.seed, &Device::Cpu);
        let net = Net::new(&model.preset.net, &model.ends, &mut params, Math::fused(1))?;
        params
            .set(&weights)?
            .map_err(|why| in_file(WEIGHTS, &why))?;
        Ok(Self {
            predictor: Predictor {
                encoder: model.encoder.clone(),
                goal,
                ends: model.ends.clone(),
                net,
            },
            model,
        })
    }
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

/// Where the package of a run lies.
pub fn place(dir: &Path) -> PathBuf {
    dir.join(FOLDER)
}

/// The model card.
fn card(model: &Model) -> String {
    let preset = &model.preset;
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    line(&format!("# {}\n", escaped(&model.name)));
    let target = escaped(&preset.target);
    line(&match model.classes.len() {
        0 => format!("Predicts the number `{target}`."),
        n => format!(
            "Predicts `{target}`, one of {n} classes: {}.",
            listed(&model.classes)
        ),
    });
    if !preset.about.is_empty() {
        line(&format!("\n{}", escaped(&preset.about)));
    }
    line("\n## How good it is\n");
    line("| metric | validation | test |\n|---|---:|---:|");
    let names: Vec<&str> = model
        .metrics
        .keys()
        .filter_map(|name| name.strip_prefix("test/"))
        .collect();
    for name in names {
        let value = |split: &str| match model.metrics.get(&format!("{split}/{name}")) {
            Some(value) => format!("{value:.4}"),
            None => String::new(),
        };
        line(&format!(
            "| {name} | {} | {} |",
            value("val"),
            value("test")
        ));
    }
    let rows = &model.rows;
    line(&format!(
        "\nTrained on {} rows, chosen on {}, tested on {} that it never saw; split: {}.",
        rows.train, rows.validation, rows.test, preset.split.kind
    ));
    line("\n## What goes in\n");
    line("| column | kind |\n|---|---|");
    for column in &model.columns {
        line(&format!("| {} | {} |", escaped(&column.name), column.kind));
    }
    line("\n## How it was made\n");
    line(&format!(
        "- data: `{}`, BLAKE3 `{}`",
        escaped(&preset.data),
        model.data_hash
    ));
    line(&format!(
        "- net: {} {:?}, dropout {}",
        preset.net.kind, preset.net.hidden, preset.net.dropout
    ));
    line(&format!(
        "- {} at {}, {} steps in {} epochs; the weights are of step {}",
        preset.optimiser.kind, preset.optimiser.lr, model.steps, model.epochs, model.best_step
    ));
    line(&format!(
        "- seed {}, Sconce {}, weights BLAKE3 `{}`",
        model.seed, model.sconce, model.weights
    ));
    if !model.warnings.is_empty() {
        line("\n## What to know of its data\n");
        for warning in &model.warnings {
            line(&format!("- {}", escaped(warning)));
        }
    }
    line("\n## Limits\n");
    line(
        "The figures hold for rows like those it was tested on. They say nothing of rows from another time, place or \
         way of measuring, nor of groups of people that are rare in the data.",
    );
    out
}

/// Text from a data file or a preset, safe to show and unable to start Markdown of its own.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in shown(text).chars() {
        if matches!(c, '|' | '`' | '<' | '[' | ']' | '*' | '#' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn listed(classes: &[String]) -> String {
    const MOST: usize = 20;
    let mut out = String::new();
    for (i, class) in classes.iter().take(MOST).enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        let _ = write!(out, "{comma}`{}`", escaped(class));
    }
    if MOST < classes.len() {
        let _ = write!(out, " and {} more", classes.len() - MOST);
    }
    out
}
