//! Secrets masked before they touch the disk: in arguments, environments, URLs and diffs.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What stands where a secret stood.
pub const MASK: &str = "***";

/// Does a name say that its value is a secret? `--api-key`, `HF_TOKEN`, `db.password`; not `--max-tokens`, `tokenizer`.
pub fn is_secret_name(name: &str) -> bool {
    const ENDS: [&str; 17] = [
        "token",
        "password",
        "passwd",
        "passphrase",
        "pwd",
        "secret",
        "secrets",
        "apikey",
        "accesskey",
        "accesskeyid",
        "secretkey",
        "privatekey",
        "credential",
        "credentials",
        "auth",
        "bearer",
        "jwt",
    ];
    const WITHIN: [&str; 6] = [
        "password",
        "passphrase",
        "secret",
        "apikey",
        "privatekey",
        "authorization",
    ];
    let bare: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    ENDS.iter().any(|end| bare.ends_with(end)) || WITHIN.iter().any(|word| bare.contains(word))
}

/// Is this the path of a file whose content is left out of a diff: `.env*`, `*.pem`, `*_key*`?
pub fn is_secret_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with(".env") || name.ends_with(".pem") || name.contains("_key")
}

/// The arguments of a command without their secrets: values of options with a secret name (`--token X`,
/// `--password=X`, `api_key=X`), and whatever looks like a secret by itself.
pub fn argv(words: &[String]) -> Vec<String> {
    let mut is_value = false;
    words
        .iter()
        .map(|word| {
            let is_option = word.starts_with('-');
            if is_value && !is_option {
                is_value = false;
                return MASK.to_owned();
            }
            is_value = is_option && !word.contains('=') && is_secret_name(word)
                || word.to_ascii_lowercase().ends_with("bearer");
            match word.split_once('=') {
                Some((name, value))
                    if is_plain(name) && is_secret_name(name) && !value.is_empty() =>
                {
                    format!("{name}={MASK}")
                }
                _ => text(word),
            }
        })
        .collect()
}

/// A name or an option, and not a URL whose query has a name at its end.
fn is_plain(name: &str) -> bool {
    name.chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// A text without its secrets: keys that are known by their shape, user info in URLs, and what is assigned to a
/// secret name.
pub fn text(text: &str) -> String {
    let mut masked = text.to_owned();
    for (pattern, replacement) in SHAPES.iter() {
        if pattern.is_match(&masked) {
            masked = pattern.replace_all(&masked, *replacement).into_owned();
        }
    }
    let assigned = |found: &Captures<'_>| {
        if is_secret_name(&found["name"]) {
            format!("{}{}{MASK}", &found["name"], &found["sign"])
        } else {
            found[0].to_owned()
        }
    };
    for pattern in ASSIGNED.iter() {
        masked = pattern.replace_all(&masked, assigned).into_owned();
    }
    masked
}

/// Secrets known by their shape, and what is put in their place.
static SHAPES: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        // Private keys, over as many lines as they have.
        (
            r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\z)",
            MASK,
        ),
        // User info in URLs, with or without a password.
        (
            r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@'\x22]+(?:@[^\s/@'\x22]*)*@",
            "${1}***@",
        ),
        (r"(?i)\b((?:bearer|basic)\s+)[a-z0-9._~+/=-]{8,}", "${1}***"),
        // OpenAI and Anthropic, GitHub, GitLab, Hugging Face, Slack, Google, AWS, JSON web tokens.
        (r"\bsk-[A-Za-z0-9_-]{8,}", MASK),
        (
            r"\bgh[pousr]_[A-Za-z0-9]{16,}|\bgithub_pat_[A-Za-z0-9_]{16,}",
            MASK,
        ),
        (r"\bglpat-[A-Za-z0-9_-]{16,}", MASK),
        (r"\bhf_[A-Za-z0-9]{16,}", MASK),
        (r"\bxox[abprs]-[A-Za-z0-9-]{8,}", MASK),
        (r"\bAIza[A-Za-z0-9_-]{30,}", MASK),
        (r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}", MASK),
        (
            r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?",
            MASK,
        ),
    ]
    .map(|(pattern, replacement)| (regex(pattern), replacement))
    .into()
});

/// Values assigned to a name: quoted, `NAME=value` as in an environment, and in the query of a URL.
static ASSIGNED: LazyLock<[Regex; 3]> = LazyLock::new(|| {
    [
        r#"(?P<name>[A-Za-z_][\w.-]*)(?P<sign>["']?\s*[:=]\s*)(?:"[^"\n]+"|'[^'\n]+')"#,
        r#"(?P<name>\b[A-Z][A-Z0-9_]*)(?P<sign>=)[^\s"'&;]+"#,
        r#"(?P<name>\b[A-Za-z_][\w.-]*)(?P<sign>=)[^\s"'&;()\[\]{}]+"#,
    ]
    .map(regex)
});

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern that is written here is well formed")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn secret_looking_arguments_are_masked_and_others_are_left_alone() {
        let cases = [
            (
                "train.py --token abc --lr 0.1",
                "train.py --token *** --lr 0.1",
            ),
            ("x --password=hunter2", "x --password=***"),
            ("x --db-password hunter2 y", "x --db-password *** y"),
            ("x api_key=abc123 lr=0.1", "x api_key=*** lr=0.1"),
            ("x --apiKey abc --verbose", "x --apiKey *** --verbose"),
            ("x --token --lr 3", "x --token --lr 3"),
            (
                "x --aws-secret-access-key abc/def",
                "x --aws-secret-access-key ***",
            ),
            ("env HF_TOKEN=abc python", "env HF_TOKEN=*** python"),
            ("x AKIAIOSFODNN7EXAMPLE", "x ***"),
            ("x --key sk-proj-abcdefgh12345678", "x --key ***"),
            (
                "curl -H Authorization:Bearer 1",
                "curl -H Authorization:Bearer ***",
            ),
            ("x ghp_0123456789abcdefghij", "x ***"),
            (
                "git clone https://ana:pw@host/x.git",
                "git clone https://***@host/x.git",
            ),
            ("x postgres://u:p@ss@db/x", "x postgres://***@db/x"),
            ("x https://h/p?token=abc&n=1", "x https://h/p?token=***&n=1"),
            (
                "x --max-tokens 512 --tokenizer bpe",
                "x --max-tokens 512 --tokenizer bpe",
            ),
            (
                "x --author ana --keyboard us",
                "x --author ana --keyboard us",
            ),
            ("x --config-key a", "x --config-key a"),
            ("x user@host:/path a@b.c", "x user@host:/path a@b.c"),
        ];
        for (given, masked) in cases {
            assert_eq!(argv(&words(given)).join(" "), masked);
        }
    }

    #[test]
    fn secrets_in_texts_are_masked() {
        let cases = [
            (
                "Authorization: Bearer abcdefgh.ijkl",
                "Authorization: Bearer ***",
            ),
            ("+API_KEY = \"abc\"", "+API_KEY = ***"),
            ("+  \"password\": \"hunter2\",", "+  \"password\": ***,"),
            ("+export WANDB_API_KEY=0123abc", "+export WANDB_API_KEY=***"),
            ("+lr = \"0.1\"", "+lr = \"0.1\""),
            ("+let token = tokens.next();", "+let token = tokens.next();"),
            (
                "+-----BEGIN RSA PRIVATE KEY-----\n+MIIE\n+-----END RSA PRIVATE KEY-----\n+x",
                "+***\n+x",
            ),
            ("-----BEGIN PRIVATE KEY-----\ncut off", "***"),
            ("t = 'eyJhbGciOiJI.eyJzdWIiOiIx.SflK'", "t = '***'"),
        ];
        for (given, masked) in cases {
            assert_eq!(text(given), masked);
        }
    }

    #[test]
    fn files_of_secrets_are_known_by_name() {
        for path in [
            ".env",
            "a/.env.local",
            "tls/server.pem",
            "id_key",
            "a/api_keys.json",
        ] {
            assert!(is_secret_file(path), "{path}");
        }
        for path in ["env.py", "pem.rs", "keys/main.py", "a.env/x", "monkey.py"] {
            assert!(!is_secret_file(path), "{path}");
        }
    }

    const SECRET: &str = "[A-Za-z0-9]{20,40}";

    proptest! {
        #[test]
        fn a_secret_never_survives(
            secret in SECRET,
            // Each shape in which a secret is recognised.
            shape in prop::sample::select(vec![
                "--token {}", "--my-password={}", "api_key={}", "--SECRET {}", "sk-{}", "hf_{}",
                "x=sk-{}", "[\"ghp_{}\"]", "https://u:{}@host/path", "https://{}@host",
                "MY_API_KEY={}", "-Dauth.token={}", "https://h/?a=b&access_token={}",
                "--header=Bearer {}", "PASSWORD=\"{}\"", "{\"client_secret\": \"{}\"}",
            ]),
            before in "[a-z]{1,8}",
            after in "[a-z]{1,8}",
        ) {
            let filled = shape.replace("{}", &secret);
            let line = format!("{before} {filled} {after}");
            let masked = argv(&words(&line)).join(" ");
            prop_assert!(!masked.contains(&secret), "{} -> {}", line, masked);
            prop_assert!(masked.starts_with(&before) && masked.ends_with(&after));
        }

        #[test]
        fn masking_never_panics_and_masking_twice_changes_nothing(line in "\\PC{0,80}") {
            let once = text(&line);
            prop_assert_eq!(text(&once), once);
        }
    }
}
