//! The commit that a run was started from, and what was changed since.

use std::{
    io::Read as _,
    path::Path,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use crate::jobs::mask;

/// The largest diff that is kept, in bytes.
const LARGEST_DIFF: usize = 1 << 20;
/// A repository that takes longer than this (a cold network disk) is not waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// The commit of the repository around a folder; `None` outside one, without a commit, or without git.
pub fn commit(cwd: &Path) -> Option<String> {
    let commit = git(cwd, &["rev-parse", "--verify", "--quiet", "HEAD"], 4_096)?;
    Some(commit.trim().to_owned()).filter(|commit| !commit.is_empty())
}

/// `commit`, `branch`, `dirty`, `diff` (of tracked files, masked, at most 1 MB), `cut` (the diff was longer) and
/// `left_out` (changed files of secrets). `None` outside a repository, or without git.
pub fn capture(cwd: &Path) -> Option<Value> {
    let line = |args: &[&str]| git(cwd, args, 4_096).map(|text| text.trim().to_owned());
    let inside = line(&["rev-parse", "--is-inside-work-tree"])?;
    if inside != "true" {
        return None;
    }
    // A repository without a commit has none to name, and all its files differ from nothing.
    let commit = line(&["rev-parse", "--verify", "--quiet", "HEAD"]);
    let branch = line(&["symbolic-ref", "--short", "--quiet", "HEAD"]);
    let mut captured = json!({ "commit": commit, "branch": branch });
    if commit.is_some() {
        let changed = git(cwd, &["diff", "HEAD", "--name-only", "-z"], LARGEST_DIFF)?;
        let (left_out, shown): (Vec<&str>, Vec<&str>) = changed
            .split_terminator('\0')
            .partition(|path| mask::is_secret_file(path));
        captured["dirty"] = (!shown.is_empty() || !left_out.is_empty()).into();
        captured["left_out"] = left_out.into();
        if !shown.is_empty() {
            let (diff, is_cut) = diff(cwd)?;
            captured["diff"] = diff.into();
            captured["cut"] = is_cut.into();
        }
    }
    Some(captured)
}

fn diff(cwd: &Path) -> Option<(String, bool)> {
    let args = [
        "diff",
        "HEAD",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        // A file that was renamed from one of secrets would show its content under the new name.
        "--no-renames",
        "--",
        ":(top)",
        ":(top,exclude,glob)**/.env*",
        ":(top,exclude,glob)**/.env*/**",
        ":(top,exclude,glob)**/*.pem",
        ":(top,exclude,glob)**/*_key*",
    ];
    let text = git(cwd, &args, LARGEST_DIFF + 1)?;
    let is_cut = LARGEST_DIFF < text.len();
    let whole = match (is_cut, text.rfind('\n')) {
        (true, Some(end)) => &text[..=end],
        _ => &text,
    };
    Some((mask::text(whole), is_cut))
}

/// The first `most` bytes of what git says; `None` when it fails, is not there or takes too long.
fn git(cwd: &Path, args: &[&str], most: usize) -> Option<String> {
    let mut child = Command::new("git")
        // Nothing that a repository's own settings name is run, and nothing of it is locked.
        .args(["-c", "core.fsmonitor=false", "-c", "core.quotepath=false"])
        .args(args)
        .current_dir(cwd)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let output = child.stdout.take()?;
    let (said, hears) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = vec![];
        let read = output.take(most as u64).read_to_end(&mut bytes);
        // Nobody hears it once patience has ended.
        let _ = said.send(read.map(|_| bytes));
    });
    let heard = hears.recv_timeout(PATIENCE);
    let is_whole = matches!(&heard, Ok(Ok(bytes)) if bytes.len() < most);
    if !is_whole {
        // Cut short, or stuck: what it would still say is not wanted.
        let _ = child.kill();
    }
    let status = child.wait().ok()?;
    let bytes = heard.ok()?.ok()?;
    (status.success() || !is_whole).then(|| String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        run(dir.path(), &["init", "--quiet"]);
        dir
    }

    fn run(dir: &Path, args: &[&str]) {
        let status = Command::new("git")
            .args(["-c", "user.name=ana", "-c", "user.email=ana@box"])
            .args(["-c", "commit.gpgsign=false"])
            .args(args)
            .current_dir(dir)
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "{args:?}");
    }

    fn commit(dir: &Path, files: &[(&str, &str)]) {
        for (name, text) in files {
            std::fs::create_dir_all(dir.join(name).parent().unwrap()).unwrap();
            std::fs::write(dir.join(name), text).unwrap();
        }
        run(dir, &["add", "--all", "--force"]);
        run(dir, &["commit", "--quiet", "--message", "files"]);
    }

    #[test]
    fn a_folder_outside_any_repository_has_no_commit() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(capture(dir.path()), None);
        let empty = repository();
        let captured = capture(empty.path()).unwrap();
        assert_eq!(captured["commit"], Value::Null);
    }

    #[test]
    fn changes_of_tracked_files_are_kept_and_those_of_secrets_are_named_only() {
        let dir = repository();
        let secret = "Zq8hunter2Zq8hunter2";
        let files = [
            ("train.py", "lr = 0.1\n"),
            (".env", "A=1\n"),
            ("sub/.env.local", "A=1\n"),
            ("sub/server.pem", "one\n"),
            ("id_key", "one\n"),
        ];
        commit(dir.path(), &files);
        assert_eq!(capture(dir.path()).unwrap()["dirty"], false);
        for (name, _) in &files[1..] {
            std::fs::write(dir.path().join(name), secret).unwrap();
        }
        std::fs::write(
            dir.path().join("train.py"),
            format!("lr = 0.2\napi_key = \"{secret}\"\n"),
        )
        .unwrap();
        std::fs::write(dir.path().join("untracked"), secret).unwrap();
        let captured = capture(&dir.path().join("sub")).unwrap();
        assert_eq!(captured["commit"].as_str().map(str::len), Some(40));
        assert_eq!(captured["dirty"], true);
        let diff = captured["diff"].as_str().unwrap();
        assert!(diff.contains("+lr = 0.2"), "{diff}");
        assert!(!captured.to_string().contains(secret), "{captured}");
        assert_eq!(
            captured["left_out"],
            json!([".env", "id_key", "sub/.env.local", "sub/server.pem"])
        );
    }

    #[test]
    fn a_large_diff_is_cut_at_a_line() {
        let dir = repository();
        commit(dir.path(), &[("data.csv", "")]);
        std::fs::write(dir.path().join("data.csv"), "0123456789\n".repeat(200_000)).unwrap();
        let captured = capture(dir.path()).unwrap();
        let diff = captured["diff"].as_str().unwrap();
        assert_eq!(captured["cut"], true);
        assert!(diff.len() <= LARGEST_DIFF && diff.ends_with("0123456789\n"));
    }
}
