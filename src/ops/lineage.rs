//! Where a run came from: the data it was made of, and the weights it left.

use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::Result;
use crate::{
    domain::{datasets::VersionId, ids::RunId},
    jobs::files,
    store::datasets,
    workspace::Workspace,
};

/// Fingerprints of what went into a run and came out of it; what is not known is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Lineage {
    /// The data's place as the preset names it.
    pub data: Option<String>,
    /// BLAKE3 of the data file when the run was asked for, hex.
    pub data_hash: Option<String>,
    /// The data version that this is, where it is one.
    pub version: Option<VersionId>,
    /// BLAKE3 of the package's weights, hex.
    pub weights: Option<String>,
}

/// Reads what the run's frozen request and its package say. Of a run that has neither, nothing is known.
pub fn of(ws: &Workspace, run: &RunId) -> Result<Lineage> {
    let made_of = ws.store.read(|tx| datasets::of_run(tx, run))?;
    let version = made_of
        .into_iter()
        .map(|(dataset, number)| VersionId { dataset, number });
    Ok(Lineage {
        version: version.min(),
        ..in_folder(&ws.run_dir(run))
    })
}

fn in_folder(dir: &Path) -> Lineage {
    let request = files::read(&dir.join("job.json"));
    let request: Value = (request.ok())
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default();
    let package = files::read(&dir.join("package/model.toml")).ok();
    let package = package.and_then(|bytes| String::from_utf8(bytes).ok());
    let package: toml::Table = package
        .and_then(|text| text.parse().ok())
        .unwrap_or_default();
    let said = |path: &str| request.pointer(path)?.as_str().map(str::to_owned);
    let weights = package.get("weights").and_then(toml::Value::as_str);
    Lineage {
        data: said("/work/preset/data"),
        data_hash: said("/work/data_hash"),
        version: None,
        weights: weights.map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_request_and_a_package_say_is_known_and_no_more() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(in_folder(dir.path()), Lineage::default());
        let request =
            r#"{"work": {"kind": "train", "preset": {"data": "a.csv"}, "data_hash": "d1"}}"#;
        std::fs::write(dir.path().join("job.json"), request).unwrap();
        std::fs::create_dir(dir.path().join("package")).unwrap();
        std::fs::write(dir.path().join("package/model.toml"), "weights = \"w1\"").unwrap();
        let word = |word: &str| Some(word.to_owned());
        let known = Lineage {
            data: word("a.csv"),
            data_hash: word("d1"),
            version: None,
            weights: word("w1"),
        };
        assert_eq!(in_folder(dir.path()), known);
        std::fs::write(dir.path().join("job.json"), "{").unwrap();
        assert_eq!(in_folder(dir.path()).data, None);
    }
}
