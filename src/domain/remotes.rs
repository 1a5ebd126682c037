//! Places beside the store that keep versions of data for others, or for when this machine is gone.

use std::path::PathBuf;

use serde::Serialize;

/// A place that keeps versions of data. Keys to it are never kept here: they come from the environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remote {
    pub name: String,
    /// An absolute path, or `s3://BUCKET/PREFIX`.
    pub url: String,
    /// The server of a bucket, where it is not Amazon's.
    pub endpoint: Option<String>,
    pub region: Option<String>,
}

/// Where a remote's address leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Folder(PathBuf),
    Bucket { name: String, prefix: String },
}

/// The remote that is meant where several are there and none is named.
pub const ORIGIN: &str = "origin";

impl Place {
    /// Reads `/a/folder`, `file:///a/folder`, `s3://BUCKET` or `s3://BUCKET/PREFIX`; `None` where it is none of these.
    pub fn parse(url: &str) -> Option<Self> {
        if let Some(bucket) = url.strip_prefix("s3://") {
            let (name, prefix) = bucket.split_once('/').unwrap_or((bucket, ""));
            let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
            return (!name.is_empty() && name.chars().all(is_plain)).then(|| Self::Bucket {
                name: name.to_owned(),
                prefix: prefix.trim_matches('/').to_owned(),
            });
        }
        let path = url.strip_prefix("file://").unwrap_or(url);
        (path.starts_with('/') && !path.contains('\0')).then(|| Self::Folder(path.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_folder_or_a_bucket() {
        let folder = |path: &str| Some(Place::Folder(path.into()));
        let bucket = |name: &str, prefix: &str| {
            Some(Place::Bucket {
                name: name.to_owned(),
                prefix: prefix.to_owned(),
            })
        };
        let cases = [
            ("/mnt/disk", folder("/mnt/disk")),
            ("file:///mnt/disk", folder("/mnt/disk")),
            ("s3://data", bucket("data", "")),
            ("s3://data/", bucket("data", "")),
            ("s3://data/team/a/", bucket("data", "team/a")),
            ("s3://", None),
            ("s3:///a", None),
            ("s3://a b", None),
            ("gs://data", None),
            ("https://example.org", None),
            ("a/folder", None),
            ("", None),
        ];
        for (url, expected) in cases {
            assert_eq!(Place::parse(url), expected, "{url}");
        }
    }
}
