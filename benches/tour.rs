//! Walks through the demonstration with keys, as a person would, and takes the pictures of the README on the way:
//! `cargo bench --bench tour -- assets` writes `screen.svg`, one picture, and `tour.svg`, all of them one after the other.

#![expect(clippy::print_stdout, reason = "a bench prints what it wrote")]

#[path = "common/picture.rs"]
mod picture;
#[path = "common/screen.rs"]
mod screen;

use std::{env, ffi::OsStr, path::PathBuf, process::Command, time::Duration};

use self::screen::Screen;

const SIZE: (u16, u16) = (120, 36);
const QUIET: Duration = Duration::from_millis(700);

/// Keys, what is on the screen after them, and for how many seconds it is shown.
const STEPS: [(&str, &str, f64); 14] = [
    ("", "training", 4.0),
    ("1", "STATE", 2.5),
    ("/", "", 1.0),
    ("state:done val/auc>0.9", "val/auc", 2.5),
    ("\r", "", 1.5),
    (" ", "", 0.8),
    (" ", "", 0.8),
    ("c", "compare", 4.0),
    ("q", "STATE", 1.0),
    ("w", "group by", 1.0),
    ("lr", "optimiser.lr", 1.0),
    ("\r", "groups", 4.0),
    ("2", "live", 4.0),
    (":", "", 1.5),
];

fn main() {
    let Some(out) = env::args()
        .skip(1)
        .find(|arg| !arg.starts_with("--"))
        .map(PathBuf::from)
    else {
        println!("say where: cargo bench --bench tour -- DIR");
        return;
    };
    let home = tempfile::tempdir().expect("there is room for a home");
    let path = env::var_os("PATH").unwrap_or_default();
    let env: [(&str, &OsStr); 5] = [
        ("HOME", home.path().as_os_str()),
        ("PATH", &path),
        ("TERM", "xterm-256color".as_ref()),
        ("COLORTERM", "truecolor".as_ref()),
        ("LC_ALL", "C.UTF-8".as_ref()),
    ];
    let program = OsStr::new(env!("CARGO_BIN_EXE_sconce"));
    let mut screen = Screen::start(&[program, "demo".as_ref()], &env, SIZE);
    screen.until_text("training");
    // A course needs a while to have a shape.
    screen.listen(Duration::from_secs(25));
    let mut frames = vec![];
    for (keys, text, seconds) in STEPS {
        screen.press(keys);
        screen.until_text(text);
        // Trainings go on: what a key asked for has come long before.
        screen.listen(QUIET);
        frames.push((picture::cells(screen.shown.screen()), seconds));
        if frames.len() == 1 {
            let still = picture::still(screen.shown.screen());
            std::fs::write(out.join("screen.svg"), still).expect("the picture can be written");
        }
    }
    let moving = picture::moving(&frames, screen.shown.screen().size());
    std::fs::write(out.join("tour.svg"), moving).expect("the pictures can be written");
    println!("{} pictures in {}", frames.len(), out.display());
    screen.press("\x07");
    screen.leave();
    // Nothing of it trains on.
    let store = home.path().join(".local/share/sconce/demo");
    let sconce = |args: &[&str]| {
        let mut command = Command::new(program);
        command.args(args).env_clear().envs(env);
        let output = command.env("SCONCE_STORE", &store).output();
        output.expect("the program starts")
    };
    sconce(&["runs", "stop", "--now", "--filter", "state:running|queued"]);
    sconce(&["agent", "stop"]);
}
