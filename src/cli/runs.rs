use clap::Subcommand;

use super::{Answer, open::Context};

mod compare;
mod groups;
mod label;
mod list;
mod logs;
mod many;
mod rm;
mod show;
mod steer;

pub use list::{parse as parse_filter, print as print_list};
pub use show::print as print_run;

/// List runs, and work with them
///
/// The filter says which: words search id, name, tags, note and experiment; `field:value`, `=`, `!=`, `<`, `<=`, `>`, `>=` test
/// fields (id name state tag user host created age dur step epoch note experiment preset kind in), metrics
/// (`val/auc>0.9`, `val/loss@min<0.2`, `val/loss@step=1000<0.5`) and parameters (`lr>=1e-4`, `p.step:7`); `a|b`, `1..5`,
/// `or`, `-`, `not`, parentheses; `/regex/`, `~letters` in their order, `@night` as `sconce filters` keeps it. Runs in the
/// trash are shown to `in:trash` alone.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_long_help = "Examples:\n  sconce runs\n  sconce runs 'state:running|queued age<2d -tag:junk'\n  sconce runs 'val/auc@best>0.9 lr>=1e-4' --sort val/auc --columns state,name,val/auc,p.lr\n  sconce runs state:done --group-by lr --metric val/auc\n  sconce runs --csv > runs.csv\n  sconce runs show brave-otter-7"
)]
pub struct Runs {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    list: list::List,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Show(show::Show),
    Logs(logs::Logs),
    Events(show::Events),
    Compare(compare::Compare),
    Stop(steer::Stop),
    Pause(steer::Pause),
    Checkpoint(steer::Checkpoint),
    Resume(steer::Resume),
    Wait(steer::Wait),
    Adopt(steer::Adopt),
    Kill(steer::Kill),
    Tag(label::Tag),
    Note(label::Note),
    Redact(label::Redact),
    Rm(rm::Rm),
    Restore(rm::Restore),
}

/// The verbs, for a word that was meant as one.
const VERBS: [&str; 16] = [
    "show",
    "logs",
    "events",
    "compare",
    "stop",
    "pause",
    "checkpoint",
    "resume",
    "wait",
    "adopt",
    "kill",
    "tag",
    "note",
    "redact",
    "rm",
    "restore",
];

impl Runs {
    pub fn run(self, context: &Context) -> Answer {
        match self.verb {
            None => self.list.run(context),
            Some(Verb::Show(verb)) => verb.run(context),
            Some(Verb::Logs(verb)) => verb.run(context),
            Some(Verb::Events(verb)) => verb.run(context),
            Some(Verb::Compare(verb)) => verb.run(context),
            Some(Verb::Stop(verb)) => verb.run(context),
            Some(Verb::Pause(verb)) => verb.run(context),
            Some(Verb::Checkpoint(verb)) => verb.run(context),
            Some(Verb::Resume(verb)) => verb.run(context),
            Some(Verb::Wait(verb)) => verb.run(context),
            Some(Verb::Adopt(verb)) => verb.run(context),
            Some(Verb::Kill(verb)) => verb.run(context),
            Some(Verb::Tag(verb)) => verb.run(context),
            Some(Verb::Note(verb)) => verb.run(context),
            Some(Verb::Redact(verb)) => verb.run(context),
            Some(Verb::Rm(verb)) => verb.run(context),
            Some(Verb::Restore(verb)) => verb.run(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verbs_are_those_that_there_are() {
        let command = Verb::augment_subcommands(clap::Command::new("runs"));
        let names: Vec<&str> = command
            .get_subcommands()
            .map(clap::Command::get_name)
            .collect();
        assert_eq!(names, VERBS);
    }
}
