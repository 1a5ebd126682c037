//! What a program is called when nobody says it.

use std::path::Path;

/// Programs that run a script: what is run is named after the script.
const INTERPRETERS: [&str; 13] = [
    "python",
    "pypy",
    "sh",
    "bash",
    "dash",
    "zsh",
    "node",
    "Rscript",
    "julia",
    "perl",
    "ruby",
    "torchrun",
    "deepspeed",
];

/// To these `-e` is no code.
const SHELLS: [&str; 4] = ["sh", "bash", "dash", "zsh"];

/// Launchers whose first argument is a word of their own.
const LAUNCHERS: [[&str; 2]; 2] = [["uv", "run"], ["accelerate", "launch"]];

/// The name of a program, or of the script that an interpreter is given: the stem of its first argument that is no
/// option. `None` where there is no command.
pub fn of(argv: &[String]) -> Option<String> {
    let (program, arguments) = argv.split_first()?;
    let name = file_name(program);
    let Some(rest) = after_launcher(&name, arguments) else {
        return Some(name);
    };
    let is_shell = SHELLS.contains(&name.as_str());
    // A number is the value of an option: `--num_processes 4`.
    let is_script = |word: &str| !word.starts_with('-') && word.parse::<f64>().is_err();
    let says = |word: &str| is_script(word) || word == "-m" || is_code(word, is_shell);
    let Some(at) = rest.iter().position(|word| says(word)) else {
        return Some(name);
    };
    let script = rest[at].as_str();
    if script == "-m" {
        return Some(rest.get(at + 1).unwrap_or(&name).clone());
    }
    if is_code(script, is_shell) {
        return Some(name);
    }
    // A launcher may be given an interpreter in its turn.
    if is_interpreter(&file_name(script)) {
        return of(&rest[at..]);
    }
    let stem = Path::new(script).file_stem();
    Some(stem.map_or(name, |stem| stem.to_string_lossy().into_owned()))
}

/// Is what follows this option code, which has no name? `python -c`, `perl -e`, `bash -lc`.
fn is_code(word: &str, is_shell: bool) -> bool {
    match word.strip_prefix('-') {
        Some(letters) if is_shell => !letters.starts_with('-') && letters.contains('c'),
        letters => matches!(letters, Some("c" | "e")),
    }
}

/// What an interpreter or a launcher is given; `None` for any other program.
fn after_launcher<'a>(name: &str, arguments: &'a [String]) -> Option<&'a [String]> {
    if is_interpreter(name) {
        return Some(arguments);
    }
    let (first, rest) = arguments.split_first()?;
    LAUNCHERS
        .iter()
        .any(|launcher| *launcher == [name, first])
        .then_some(rest)
}

/// `python`, `python3`, `python3.12`.
fn is_interpreter(name: &str) -> bool {
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    INTERPRETERS.contains(&bare)
}

fn file_name(program: &str) -> String {
    let name = Path::new(program).file_name();
    name.map_or_else(
        || program.to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_gives_its_name_and_not_the_interpreter() {
        let cases = [
            ("python3 train.py --lr 3e-4", "train"),
            ("/usr/bin/python3.12 -u src/train.py", "train"),
            ("python -m vision.train --lr 1", "vision.train"),
            ("python", "python"),
            ("python -c print(1) x", "python"),
            ("bash ./sweep.sh", "sweep"),
            ("bash -eu ./sweep.sh", "sweep"),
            ("bash -lc train.py", "bash"),
            ("perl -e print", "perl"),
            ("uv run train.py", "train"),
            ("uv run python train.py", "train"),
            ("uv sync", "uv"),
            ("accelerate launch --mixed_precision=bf16 sft.py", "sft"),
            ("accelerate launch --num_processes 4 sft.py", "sft"),
            ("torchrun --nproc_per_node=8 train.py", "train"),
            ("./train.sh 3", "train.sh"),
            ("/opt/bin/evaluate x.bin", "evaluate"),
            ("julia fit.jl", "fit"),
        ];
        for (line, name) in cases {
            let argv: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(of(&argv).as_deref(), Some(name), "{line}");
        }
        assert_eq!(of(&[]), None);
    }
}
