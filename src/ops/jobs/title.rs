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
    // Code on the command line has no name, and what follows it is its own.
    let is_code = |word: &&String| ["-c", "-e", "-m"].contains(&word.as_str());
    // `--num_processes 4`: a number is the value of an option.
    let is_script = |word: &String| !word.starts_with('-') && word.parse::<f64>().is_err();
    let script = match rest.iter().find(|word| is_code(word) || is_script(word)) {
        Some(word) if word == "-m" => rest.iter().skip_while(|word| *word != "-m").nth(1),
        Some(word) if is_code(&word) => None,
        found => found,
    };
    let Some(script) = script else {
        return Some(name);
    };
    // A launcher may be given an interpreter in its turn.
    if is_interpreter(&file_name(script)) {
        let at = rest.iter().position(|word| word == script)?;
        return of(&rest[at..]);
    }
    let stem = Path::new(script).file_stem();
    Some(stem.map_or(name, |stem| stem.to_string_lossy().into_owned()))
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
