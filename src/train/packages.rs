//! Model packages: a folder with everything that is needed to predict, and what a person should know before they do.
//!
//! `model.safetensors` holds the weights, `model.toml` everything else, `README.md` the model card. Nothing in it is
//! code. Equal trainings write equal bytes.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use candle_core::Device;
use serde::{Deserialize, Serialize};

use super::{
    Error, Result,
    card::card,
    files::{self, Named},
    fit::{Fitted, Task},
    math::Math,
    nets::{Ends, Net},
    params::Params,
    predict::{Goal, Predictor},
};
use crate::{
    data::{Encoder, Prepared},
    domain::{hashes::Hash, jobs::Training, presets::Preset, schemas::Column},
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
    /// The data version that the file was read from, as people call it, and its hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_version_hash: Option<Hash>,
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
        let version = training.version.as_ref();
        Self {
            format: FORMAT,
            sconce: env!("CARGO_PKG_VERSION").to_owned(),
            name: name.to_owned(),
            seed: training.seed,
            best_step: fitted.best_step,
            steps: fitted.steps,
            epochs: fitted.epochs,
            data_hash: training.data_hash.clone(),
            data_version: version.map(|version| version.name.clone()),
            data_version_hash: version.map(|version| version.hash),
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
        if goal.ends(&model.encoder) != model.ends {
            return Err(in_file(MODEL, &"its encoder and its net do not fit"));
        }
        super::check(&model.preset).map_err(|why| in_file(MODEL, &why))?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::{self, Target},
        domain::records::Record,
        train::{Observer, Order, Outcome, Predictions, metrics, train},
    };

    struct Quiet(Vec<Record>);

    impl Observer for Quiet {
        fn record(&mut self, record: Record) {
            self.0.push(record);
        }

        fn order(&mut self, _step: i64) -> Order {
            Order::Go
        }
    }

    fn training(folder: &Path, demo: &str, preset: &str) -> Training {
        let path = folder.join("rows.csv");
        fs::write(&path, data::demo(demo).unwrap()).unwrap();
        Training {
            preset: toml::from_str(preset).unwrap(),
            data_hash: data::hash_file(&path).unwrap(),
            data: path,
            seed: 3,
            resume: None,
            version: None,
        }
    }

    fn diagnosis(folder: &Path) -> Training {
        training(
            folder,
            "breast_cancer",
            r#"
            task = "classification"
            data = "demo:breast_cancer"
            target = "diagnosis"
            train = { epochs = 3 }
            "#,
        )
    }

    fn demand(folder: &Path) -> Training {
        training(
            folder,
            "bikeshare_2011",
            r#"
            task = "regression"
            data = "demo:bikeshare_2011"
            target = "bikers"
            features = { categories = ["hr", "weathersit"] }
            train = { epochs = 2, batch = 256 }
            "#,
        )
    }

    #[test]
    fn a_package_predicts_what_was_measured() {
        let makes: [fn(&Path) -> Training; 2] = [diagnosis, demand];
        for make in makes {
            let folder = tempfile::tempdir().unwrap();
            let dir = folder.path();
            let training = make(dir);
            let mut quiet = Quiet(vec![]);
            let outcome = train(&training, "brave-otter-7", dir, &mut quiet).unwrap();
            assert_eq!(outcome, Outcome::Done);
            let files = quiet.0.iter().filter_map(|record| record.artifact.as_ref());
            let files: Vec<&str> = files.map(|artifact| artifact.path.as_str()).collect();
            for file in &files {
                assert!(dir.join(file).is_file(), "{file}");
            }
            assert_eq!(files.len(), 3);

            let package = Package::load(&place(dir)).unwrap();
            let table = data::read_unchanged(&training.data, &training.data_hash).unwrap();
            let prepared = data::prepare(&table, &training.preset, training.seed).unwrap();
            let said = package.predictor.predict(&prepared.test).unwrap();
            let (name, found) = match (said, prepared.test.target.as_ref().unwrap()) {
                (Predictions::Probabilities { classes, values }, Target::Classes(targets)) => {
                    let judged = metrics::Judged {
                        probabilities: &values,
                        classes,
                        targets,
                    };
                    ("test/log_loss", metrics::log_loss(judged))
                }
                (Predictions::Numbers(values), Target::Numbers(targets)) => {
                    let encoder = &prepared.encoder;
                    let actual: Vec<f64> = targets.iter().map(|t| encoder.unscale(*t)).collect();
                    ("test/rmse", metrics::rmse(&values, &actual))
                }
                other => panic!("{other:?}"),
            };
            let wanted = package.model.metrics[name];
            assert!(
                (found.unwrap() - wanted).abs() < 1e-6 * wanted,
                "{found:?} {wanted}"
            );
            assert_eq!(package.model.encoder, prepared.encoder);
            assert_eq!(package.model.columns, prepared.plan.features);
            let card = fs::read_to_string(place(dir).join(CARD)).unwrap();
            for said in [
                "brave-otter-7",
                training.data_hash.as_str(),
                &training.preset.target,
            ] {
                assert!(card.contains(said), "{card}");
            }
        }
    }

    #[test]
    fn equal_trainings_write_equal_packages_also_over_one_that_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        let training = diagnosis(dir);
        let contents = || {
            train(&training, "brave-otter-7", dir, &mut Quiet(vec![])).unwrap();
            [WEIGHTS, MODEL, CARD].map(|name| fs::read(place(dir).join(name)).unwrap())
        };
        assert!(contents() == contents());
        let mut left: Vec<_> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        left.sort();
        assert_eq!(left, ["checkpoints", "package", "rows.csv"]);
    }

    #[test]
    fn a_package_that_was_touched_is_refused_by_file() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        train(&diagnosis(dir), "a", dir, &mut Quiet(vec![])).unwrap();
        let package = place(dir);
        let original = [WEIGHTS, MODEL].map(|name| fs::read(package.join(name)).unwrap());
        let text = String::from_utf8(original[1].clone()).unwrap();
        let mut weights = original[0].clone();
        *weights.last_mut().unwrap() ^= 1;
        let other_digest = text.replacen("\nweights = \"", "\nweights = \"0", 1);
        let cases = [
            (
                WEIGHTS,
                Some(weights),
                "model.safetensors: its content does not fit its hash",
            ),
            (WEIGHTS, None, "model.safetensors: "),
            (MODEL, None, "model.toml: "),
            (MODEL, Some(vec![0xff]), "model.toml: "),
            (
                MODEL,
                Some(text.replacen("format = 1", "format = 2", 1).into_bytes()),
                "its format is 2, this version reads 1",
            ),
            (
                MODEL,
                Some(
                    text.replacen("numbers = 30", "numbers = 31", 1)
                        .into_bytes(),
                ),
                "its encoder and its net do not fit",
            ),
            (
                MODEL,
                Some(
                    text.replacen("hidden = [128", "hidden = [99999999", 1)
                        .into_bytes(),
                ),
                "`net.hidden` is 99999999",
            ),
            (
                MODEL,
                Some(other_digest.into_bytes()),
                "the weights of another model",
            ),
        ];
        for (name, content, why) in cases {
            match content {
                Some(content) => fs::write(package.join(name), content).unwrap(),
                None => fs::remove_file(package.join(name)).unwrap(),
            }
            let error = Package::load(&package).err().expect("refused").to_string();
            assert!(error.contains(why), "{error}");
            for (name, content) in [WEIGHTS, MODEL].iter().zip(&original) {
                fs::write(package.join(name), content).unwrap();
            }
        }
        assert!(Package::load(&package).is_ok());
    }
}
