//! Files of tensors: safetensors with a header of ours, written whole or not at all, and checked when read.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use safetensors::{SafeTensors, tensor::Dtype, tensor::TensorView};
use serde::{Deserialize, Serialize};

/// A tensor on the host.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    pub name: String,
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

/// The one key of the header: several would stand in no fixed order, and equal files should be equal bytes.
const KEY: &str = "sconce";

#[derive(Serialize, Deserialize)]
struct Header<T> {
    /// BLAKE3 over names, shapes and values, so that a flipped bit is found.
    digest: String,
    #[serde(flatten)]
    rest: T,
}

/// The BLAKE3 hash of tensors, hex: of names, shapes and values, sorted by name.
pub fn digest(tensors: &[Named]) -> String {
    let mut sorted: Vec<&Named> = tensors.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let mut hasher = blake3::Hasher::new();
    for tensor in sorted {
        hasher.update(&(tensor.name.len() as u64).to_le_bytes());
        hasher.update(tensor.name.as_bytes());
        hasher.update(&(tensor.shape.len() as u64).to_le_bytes());
        for size in &tensor.shape {
            hasher.update(&(*size as u64).to_le_bytes());
        }
        hasher.update(&bytes(&tensor.values));
    }
    hasher.finalize().to_hex().to_string()
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// The content of a file of tensors.
pub fn encode(tensors: &[Named], header: &impl Serialize) -> Result<Vec<u8>, String> {
    let header = Header {
        digest: digest(tensors),
        rest: header,
    };
    let header = serde_json::to_string(&header).map_err(|error| error.to_string())?;
    let data: Vec<Vec<u8>> = tensors.iter().map(|t| bytes(&t.values)).collect();
    let views = tensors
        .iter()
        .zip(&data)
        .map(|(tensor, data)| {
            TensorView::new(Dtype::F32, tensor.shape.clone(), data)
                .map(|view| (tensor.name.as_str(), view))
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| error.to_string())?;
    let metadata = HashMap::from([(KEY.to_owned(), header)]);
    safetensors::serialize(views, Some(metadata)).map_err(|error| error.to_string())
}

/// Reads a file of tensors back, sorted by name; says why when it is none, or when its content is not what was written.
pub fn decode<T: for<'de> Deserialize<'de>>(content: &[u8]) -> Result<(Vec<Named>, T), String> {
    let no_tensors = |error| format!("no file of tensors: {error}");
    let (_, metadata) = SafeTensors::read_metadata(content).map_err(no_tensors)?;
    let header = metadata
        .metadata()
        .as_ref()
        .and_then(|metadata| metadata.get(KEY))
        .ok_or("its header holds nothing of sconce")?;
    let header: Header<T> =
        serde_json::from_str(header).map_err(|error| format!("its header is broken: {error}"))?;
    let file = SafeTensors::deserialize(content).map_err(no_tensors)?;
    let mut tensors = Vec::with_capacity(file.len());
    for (name, view) in file.iter() {
        if view.dtype() != Dtype::F32 {
            return Err(format!("tensor {name:?} is not of 32-bit floats"));
        }
        let (values, _) = view.data().as_chunks::<4>();
        tensors.push(Named {
            name: name.to_owned(),
            shape: view.shape().to_vec(),
            values: values.iter().map(|b| f32::from_le_bytes(*b)).collect(),
        });
    }
    // The library gives them in the order of a hash table.
    tensors.sort_by(|a, b| a.name.cmp(&b.name));
    if digest(&tensors) != header.digest {
        return Err("its content does not fit its hash: the file was damaged".to_owned());
    }
    Ok((tensors, header.rest))
}

/// Writes a file beside its place, syncs it and renames it: after a crash there is the old one or the new one.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let Some(folder) = path.parent() else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    fs::create_dir_all(folder)?;
    let beside = path.with_extension("new");
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    if let Err(error) = written {
        // What is half written is of no use and may be what fills the disk.
        let _ = fs::remove_file(&beside);
        return Err(error);
    }
    fs::rename(&beside, path)?;
    sync_folder(folder)
}

/// Makes renames within a folder last.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensors() -> Vec<Named> {
        vec![
            Named {
                name: "b".to_owned(),
                shape: vec![2],
                values: vec![1.0, f32::NAN],
            },
            Named {
                name: "a".to_owned(),
                shape: vec![1, 2],
                values: vec![-0.0, 3.5],
            },
        ]
    }

    #[test]
    fn tensors_come_back_bit_by_bit_and_equal_files_are_equal_bytes() {
        let content = encode(&tensors(), &header_of(3)).unwrap();
        assert_eq!(content, encode(&tensors(), &header_of(3)).unwrap());
        let (back, header): (_, At) = decode(&content).unwrap();
        assert_eq!(header.step, 3);
        assert_eq!(digest(&back), digest(&tensors()));
    }

    #[test]
    fn a_flipped_bit_anywhere_is_found() {
        let content = encode(&tensors(), &header_of(3)).unwrap();
        for at in content.len() - 16..content.len() {
            let mut damaged = content.clone();
            damaged[at] ^= 1;
            let error = decode::<At>(&damaged).unwrap_err();
            assert!(error.contains("damaged"), "{error}");
        }
        for length in [0, 7, 8, 40, content.len() - 1] {
            assert!(decode::<At>(&content[..length]).is_err());
        }
    }

    #[test]
    fn a_file_that_cannot_be_written_leaves_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("last.safetensors");
        replace(&path, b"old").unwrap();
        // The name beside is taken by a folder: writing fails before the rename.
        fs::create_dir(path.with_extension("new")).unwrap();
        assert!(replace(&path, b"new").is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }

    #[derive(Debug, Serialize, Deserialize)]
    struct At {
        step: u64,
    }

    fn header_of(step: u64) -> At {
        At { step }
    }
}
