//! Where a copied text goes: to the multiplexer, through the terminal, and always into a file. Nothing is ever read back.

use std::{
    fs::{File, Permissions},
    io::{self, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use super::private;

/// The way of copied texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clipboard {
    pub route: Route,
    /// The screen runs inside of tmux.
    pub is_in_tmux: bool,
    /// The file that every text goes to; without one, none does.
    pub file: Option<PathBuf>,
}

#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumIter, strum::EnumString, strum::Display,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Route {
    /// tmux where one is, else the terminal.
    #[default]
    Auto,
    Tmux,
    Osc52,
    File,
    None,
}

/// More encoded bytes than this some terminals do not take.
const LONGEST: usize = 74_994;
/// A tmux that does not answer within this is none.
const PATIENCE: Duration = Duration::from_secs(2);

impl Clipboard {
    /// Copies a text; says by which way. `send` hands bytes to the terminal, all of them between two frames.
    ///
    /// # Errors
    /// No way took it, and why.
    pub fn copy(&self, text: &str, send: impl FnOnce(Vec<u8>)) -> Result<String, String> {
        if self.route == Route::None {
            return Err("clipboard.route is none".to_owned());
        }
        let kept = self.file.as_deref().map(|path| (path, keep(path, text)));
        let tmux = match self.route {
            Route::Tmux => Some(load_into_tmux(text)),
            Route::Auto if self.is_in_tmux => Some(load_into_tmux(text)),
            _ => None,
        };
        if let Some(Ok(())) = tmux {
            return Ok("via tmux (paste: terminal or prefix ])".to_owned());
        }
        let sequence = matches!(self.route, Route::Auto | Route::Osc52).then(|| osc52(text));
        let too_long = matches!(sequence, Some(None));
        if let Some(Some(sequence)) = sequence {
            send(sequence);
            return Ok(match kept {
                Some((path, Ok(()))) => {
                    format!("via OSC 52 (if nothing is pasted: {})", path.display())
                }
                _ => "via OSC 52".to_owned(),
            });
        }
        let why = match tmux {
            Some(Err(error)) => format!("tmux did not take it: {error}"),
            _ if too_long => "it is too long for a terminal".to_owned(),
            _ => String::new(),
        };
        match kept {
            Some((path, Ok(()))) if why.is_empty() => Ok(format!("into {}", path.display())),
            Some((path, Ok(()))) => Ok(format!("into {}: {why}", path.display())),
            Some((path, Err(error))) => {
                Err(format!("{} cannot be written: {error}", path.display()))
            }
            None if why.is_empty() => Err("there is no folder for the file".to_owned()),
            None => Err(why),
        }
    }
}

/// The sequence by which a terminal takes a text; `None` for one that is too long.
fn osc52(text: &str) -> Option<Vec<u8>> {
    let encoded = base64(text.as_bytes());
    (encoded.len() <= LONGEST).then(|| format!("\x1b]52;c;{encoded}\x1b\\").into_bytes())
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk
            .iter()
            .fold(0u32, |word, byte| word << 8 | u32::from(*byte));
        let word = word << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            let at = (word >> (18 - 6 * digit)) & 63;
            let is_padding = chunk.len() < digit;
            text.push(if is_padding {
                '='
            } else {
                char::from(DIGITS[at as usize])
            });
        }
    }
    text
}

/// The file is for its owner alone: what is copied may be anything.
fn keep(path: &Path, text: &str) -> io::Result<()> {
    let mut file = private::open(path, File::options().write(true).truncate(true))?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.write_all(text.as_bytes())
}

/// Hands a text to the tmux around us, which hands it on to its terminal. Raw sequences most of them drop.
fn load_into_tmux(text: &str) -> Result<(), String> {
    let (text, (done, is_done)) = (text.to_owned(), mpsc::channel());
    thread::spawn(move || {
        let _ = done.send(run_tmux(&text));
    });
    let answer = is_done.recv_timeout(PATIENCE);
    answer.unwrap_or_else(|_| Err("it does not answer".to_owned()))
}

fn run_tmux(text: &str) -> Result<(), String> {
    let mut tmux = Command::new("tmux");
    let tmux = tmux.args(["load-buffer", "-w", "-"]).stdin(Stdio::piped());
    let tmux = tmux.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = tmux.spawn().map_err(|error| error.to_string())?;
    // A tmux that refuses closes its input first: what it says counts.
    if let Some(mut input) = child.stdin.take() {
        let _ = input.write_all(text.as_bytes());
    }
    let output = child
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(clipboard: &Clipboard, text: &str) -> (Result<String, String>, Option<String>) {
        let mut sent = None;
        let how = clipboard.copy(text, |bytes| sent = Some(String::from_utf8(bytes).unwrap()));
        (how, sent)
    }

    #[test]
    fn base64_is_that_of_the_rfc() {
        let cases = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
            ("\u{ff}?>", "w78/Pg=="),
        ];
        for (text, encoded) in cases {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
    }

    #[test]
    fn a_text_goes_through_the_terminal_and_into_a_file_for_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache/yank.txt");
        let clipboard = Clipboard {
            file: Some(path.clone()),
            ..Clipboard::default()
        };
        copy(&clipboard, "something longer that was there before")
            .0
            .unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let (how, sent) = copy(&clipboard, "hi");
        assert!(
            how.unwrap()
                .starts_with("via OSC 52 (if nothing is pasted: ")
        );
        assert_eq!(sent.as_deref(), Some("\x1b]52;c;aGk=\x1b\\"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "hi");
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
    }

    #[test]
    fn what_no_terminal_takes_goes_into_the_file_and_that_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("yank.txt");
        let mut clipboard = Clipboard {
            file: Some(path.clone()),
            ..Clipboard::default()
        };
        // The last text that fits, and the first that does not.
        assert!(copy(&clipboard, &"x".repeat(56_244)).1.is_some());
        let (how, sent) = copy(&clipboard, &"x".repeat(56_247));
        assert_eq!(sent, None);
        let said = format!("into {}: it is too long for a terminal", path.display());
        assert_eq!(how, Ok(said));
        clipboard.route = Route::File;
        assert_eq!(
            copy(&clipboard, "a"),
            (Ok(format!("into {}", path.display())), None)
        );
        clipboard.route = Route::None;
        std::fs::remove_file(&path).unwrap();
        assert_eq!(
            copy(&clipboard, "a"),
            (Err("clipboard.route is none".into()), None)
        );
        assert!(!path.exists());
        clipboard.file = Some("/dev/null/yank.txt".into());
        clipboard.route = Route::File;
        assert!(
            copy(&clipboard, "a")
                .0
                .unwrap_err()
                .contains("cannot be written")
        );
    }
}
