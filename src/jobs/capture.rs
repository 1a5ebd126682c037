//! What is captured of a run's surroundings, without its secrets.

mod git;

pub use git::commit;

use std::{collections::BTreeMap, path::Path};

use serde_json::{Value, json};
use sysinfo::System;

use super::mask;
use crate::config::CaptureSettings;

/// Environment variables kept with their values; `*` at the end stands for any ending.
const KEPT: [&str; 11] = [
    "CUDA_*",
    "NCCL_*",
    "OMP_*",
    "MKL_*",
    "PYTHON*",
    "CONDA_*",
    "VIRTUAL_ENV",
    "SLURM_*",
    "LANG",
    "PATH",
    "HOSTNAME",
];

/// From where a run was started.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    pub argv: &'a [String],
    pub cwd: &'a Path,
    pub env: &'a [(String, String)],
    pub settings: &'a CaptureSettings,
}

/// Captures a run's surroundings: `argv`, `cwd`, `env` (kept values), `env_names` (the rest), `git`, `host`, `os`,
/// `cpus`, `memory` (MiB), `sconce`. What looks like a secret is masked.
///
/// Never fails: what cannot be known is absent. Git is given a few seconds.
pub fn capture(from: &Surroundings<'_>) -> Value {
    let kept = kept_env(from.env, from.settings);
    let names: Vec<&str> = from
        .env
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| !kept.contains_key(*name))
        .collect();
    let mut captured = json!({
        "argv": mask::argv(from.argv),
        "cwd": from.cwd,
        "env": kept,
        "env_names": names,
        "host": super::process::host(),
        "os": System::long_os_version(),
        "cpus": std::thread::available_parallelism().ok().map(usize::from),
        "memory": super::slots::memory(),
        "sconce": env!("CARGO_PKG_VERSION"),
    });
    if let Some(git) = from.settings.git.then(|| git::capture(from.cwd)).flatten() {
        captured["git"] = git;
    }
    captured
}

/// The variables whose values are kept: named by the built-in list or the settings, and neither their name nor their
/// value looks like a secret.
pub fn kept_env(env: &[(String, String)], settings: &CaptureSettings) -> BTreeMap<String, String> {
    let patterns = || {
        KEPT.into_iter()
            .chain(settings.env.iter().map(String::as_str))
    };
    env.iter()
        .filter(|(name, _)| patterns().any(|pattern| fits(name, pattern)))
        .filter(|(name, value)| !mask::is_secret_name(name) && mask::text(value) == *value)
        .cloned()
        .collect()
}

/// The variables that the settings name one by one and that are not kept all the same: they look like secrets.
pub fn refused_env<'a>(env: &[(String, String)], settings: &'a CaptureSettings) -> Vec<&'a str> {
    let kept = kept_env(env, settings);
    let is_set = |wanted: &str| env.iter().any(|(name, _)| name == wanted);
    let names = settings.env.iter().map(String::as_str);
    names
        .filter(|name| is_set(name) && !kept.contains_key(*name))
        .collect()
}

fn fits(name: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn env(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn values_are_kept_by_name_and_secrets_by_no_name() {
        let settings = CaptureSettings {
            env: ["MY_*", "HOME_TOKEN", "UNSET_TOKEN"]
                .map(str::to_owned)
                .into(),
            ..CaptureSettings::default()
        };
        let env = env(&[
            ("CUDA_VISIBLE_DEVICES", "0"),
            ("PATH", "/bin"),
            ("PATHS", "x"),
            ("SLURM_JOB_ID", "7"),
            ("SLURM_JWT", "abc"),
            ("MY_SETTING", "1"),
            ("MY_TOKEN", "abc"),
            ("MY_URL", "https://u:p@host"),
            ("HOME", "/root"),
            ("HOME_TOKEN", "abc"),
        ]);
        assert_eq!(refused_env(&env, &settings), ["HOME_TOKEN"]);
        let kept = kept_env(&env, &settings);
        let names: Vec<&str> = kept.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            ["CUDA_VISIBLE_DEVICES", "MY_SETTING", "PATH", "SLURM_JOB_ID"]
        );
        let from = Surroundings {
            argv: &["train".to_owned(), "--token=abc".to_owned()],
            cwd: Path::new("/"),
            env: &env,
            settings: &settings,
        };
        let captured = capture(&from);
        assert_eq!(captured["argv"], json!(["train", "--token=***"]));
        assert_eq!(
            captured["env_names"],
            json!([
                "PATHS",
                "SLURM_JWT",
                "MY_TOKEN",
                "MY_URL",
                "HOME",
                "HOME_TOKEN"
            ])
        );
        assert!(captured["cpus"].as_u64().is_some_and(|cpus| 0 < cpus));
        assert!(captured["memory"].as_u64().is_some_and(|memory| 0 < memory));
    }

    proptest! {
        #[test]
        fn the_value_of_a_variable_on_no_list_is_never_kept(
            name in "[A-Z_]{1,20}",
            value in "[a-zA-Z0-9]{24}",
        ) {
            prop_assume!(!KEPT.iter().any(|pattern| fits(&name, pattern)));
            let kept = kept_env(&[(name, value)], &CaptureSettings::default());
            prop_assert!(kept.is_empty());
        }
    }
}
