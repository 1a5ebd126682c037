use crate::{
    cli::{Answer, DONE, Failure, open::Context, wait},
    domain::ids::RunId,
    ops::{logs, runs},
    workspace::Workspace,
};

/// Bytes read at a time.
const CHUNK: u64 = 1 << 16;
/// Bytes that a tail looks through.
const TAIL: u64 = 1 << 20;

/// Show the output of a run
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  sconce runs logs brave-otter-7 --lines 20\n  sconce runs logs brave-otter-7 --follow"
)]
pub struct Logs {
    /// A name, or enough leading digits of an id.
    run: String,
    /// Only the last lines.
    #[arg(short = 'n', long)]
    lines: Option<usize>,
    /// Go on until the run has ended; Ctrl-C leaves it going.
    #[arg(short, long, conflicts_with = "json")]
    follow: bool,
}

impl Logs {
    pub fn run(self, context: &Context) -> Answer {
        let ws = context.workspace()?;
        let run = runs::find(&ws, &self.run)?;
        let out = &context.out;
        if out.is_json() {
            let chunk = logs::read(&ws, &run, logs::Part::Tail, TAIL)?;
            let text = self
                .lines
                .map_or(chunk.text.as_str(), |lines| last(&chunk.text, lines));
            out.json(&serde_json::json!({ "run": run, "bytes": chunk.size, "text": text }))?;
            return Ok(DONE);
        }
        let mut at = 0;
        if let Some(lines) = self.lines {
            let chunk = logs::read(&ws, &run, logs::Part::Tail, TAIL)?;
            out.output(last(&chunk.text, lines))?;
            at = chunk.to;
        }
        print_from(context, &ws, &run, &mut at)?;
        if !self.follow {
            return Ok(DONE);
        }
        let waited = wait::until_ended(
            &ws,
            out,
            &run,
            |_| Ok(()),
            || print_from(context, &ws, &run, &mut at),
        )?;
        Ok(match waited {
            wait::Waited::Ended(_) => DONE,
            wait::Waited::Interrupted(run) => wait::goes_on(out, &run),
        })
    }
}

/// Prints what is there from a byte on.
fn print_from(context: &Context, ws: &Workspace, run: &RunId, at: &mut u64) -> Result<(), Failure> {
    loop {
        let chunk = logs::read(ws, run, logs::Part::From(*at), CHUNK)?;
        if chunk.to == *at {
            return Ok(());
        }
        context.out.output(&chunk.text)?;
        *at = chunk.to;
    }
}

/// The last lines of a text.
fn last(text: &str, lines: usize) -> &str {
    let ends = text.trim_end_matches('\n').match_indices('\n').rev();
    match (lines, ends.map(|(at, _)| at).nth(lines.saturating_sub(1))) {
        (0, _) => "",
        (_, Some(at)) => &text[at + 1..],
        (_, None) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_whole() {
        let cases = [
            ("a\nb\nc\n", 2, "b\nc\n"),
            ("a\nb\nc", 1, "c"),
            ("a\nb\n", 9, "a\nb\n"),
            ("a\nb\n", 0, ""),
            ("", 3, ""),
        ];
        for (text, lines, wanted) in cases {
            assert_eq!(last(text, lines), wanted);
        }
    }
}
