//! The table of commands.

use strum::IntoEnumIterator as _;

use super::{
    Command, Step, Takes,
    parse::{go, note, open, save, sort, tag, verb},
};
use crate::{
    domain::filter::TRASH,
    tui::{Rate, action::Action, glyphs::Charset, views::Root},
};

pub static COMMANDS: [Command; 30] = [
    Command {
        name: "bench",
        args: "[/FILTER]",
        help: "all panes together",
        takes: &[Takes::Filter],
        action: Some(Action::Bench),
        read: |rest| go(Root::Bench, rest),
    },
    Command {
        name: "runs",
        args: "[/FILTER]",
        help: "the list of runs: those that a filter lets through",
        takes: &[Takes::Filter],
        action: Some(Action::Runs),
        read: |rest| go(Root::Runs, rest),
    },
    Command {
        name: "live",
        args: "",
        help: "a run at work",
        takes: &[],
        action: Some(Action::Live),
        read: |rest| rest.only(Step::Go(Root::Live, None)),
    },
    Command {
        name: "data",
        args: "",
        help: "data versions",
        takes: &[],
        action: Some(Action::Data),
        read: |rest| rest.only(Step::Go(Root::Data, None)),
    },
    Command {
        name: "data trash",
        args: "",
        help: "the data versions in the trash, to restore them before they are gone for good",
        takes: &[],
        action: None,
        read: |rest| rest.only(Step::DataTrash),
    },
    Command {
        name: "jobs",
        args: "",
        help: "the queue",
        takes: &[],
        action: Some(Action::Jobs),
        read: |rest| rest.only(Step::Go(Root::Jobs, None)),
    },
    Command {
        name: "open",
        args: "NAME|LINK",
        help: "a run by its name or id, or what a link names",
        takes: &[Takes::Run],
        action: None,
        read: open,
    },
    Command {
        name: "screen",
        args: "NAME",
        help: "another layout of the bench, with its filter and its pace",
        takes: &[Takes::Screen],
        action: None,
        read: |rest| Ok(Step::Screen(rest.last("the name of a screen")?)),
    },
    Command {
        name: "runs stop",
        args: "[NAME…]",
        help: "stop runs, after a question; queued ones leave the queue",
        takes: &[Takes::Run],
        action: Some(Action::Stop),
        read: |rest| verb(Action::Stop, rest),
    },
    Command {
        name: "runs pause",
        args: "[NAME…]",
        help: "let runs wait",
        takes: &[Takes::Run],
        action: Some(Action::Pause),
        read: |rest| verb(Action::Pause, rest),
    },
    Command {
        name: "runs resume",
        args: "[NAME…]",
        help: "let runs go on: after a pause, after an end, or watched again",
        takes: &[Takes::Run],
        action: Some(Action::Resume),
        read: |rest| verb(Action::Resume, rest),
    },
    Command {
        name: "runs checkpoint",
        args: "[NAME…]",
        help: "let runs keep a checkpoint now",
        takes: &[Takes::Run],
        action: Some(Action::Checkpoint),
        read: |rest| verb(Action::Checkpoint, rest),
    },
    Command {
        name: "runs tag",
        args: "NAME TAG… -TAG…",
        help: "tag a run; -TAG takes one away",
        takes: &[Takes::Run, Takes::Text],
        action: Some(Action::Tag),
        read: tag,
    },
    Command {
        name: "runs note",
        args: "NAME TEXT",
        help: "give a run a note; no text takes it away",
        takes: &[Takes::Run, Takes::Text],
        action: Some(Action::Note),
        read: note,
    },
    Command {
        name: "trash",
        args: "",
        help: "the runs in the trash, to restore them before they are gone for good",
        takes: &[],
        action: None,
        read: |rest| {
            let filter = format!("in:{TRASH}");
            rest.only(Step::Go(Root::Runs, Some(filter)))
        },
    },
    Command {
        name: "train",
        args: "",
        help: "train from a preset: a form",
        takes: &[],
        action: Some(Action::Train),
        read: |rest| rest.only(Step::Act(Action::Train)),
    },
    Command {
        name: "sort",
        args: "[-]FIELD|METRIC",
        help: "order the list in front; - the other way round",
        takes: &[Takes::Order],
        action: Some(Action::Sort),
        read: sort,
    },
    Command {
        name: "group",
        args: "[experiment|preset|user|host|kind|PARAM]",
        help: "the runs of the list in front by the values that they have; without a name, a choice",
        takes: &[Takes::Group],
        action: Some(Action::Groups),
        read: |rest| match rest.is_done() {
            true => Ok(Step::Act(Action::Groups)),
            false => Ok(Step::Group(rest.last("what to group by")?)),
        },
    },
    Command {
        name: "save",
        args: "@NAME",
        help: "keep the filter in front under a name, which stands for it in every filter",
        takes: &[Takes::Text],
        action: None,
        read: save,
    },
    Command {
        name: "theme",
        args: "NAME",
        help: "other colours, until the screen ends",
        takes: &[Takes::Theme],
        action: None,
        read: |rest| Ok(Step::Theme(rest.last("the name of a theme")?)),
    },
    Command {
        name: "set rate",
        args: "local|ssh|slow",
        help: "how often data is drawn anew",
        takes: &[Takes::Rate],
        action: None,
        read: |rest| Ok(Step::Rate(rest.one_of(&Rate::iter().collect::<Vec<_>>())?)),
    },
    Command {
        name: "set charset",
        args: "braille|block|ascii",
        help: "what charts are drawn with",
        takes: &[Takes::Charset],
        action: None,
        read: |rest| {
            let known: Vec<Charset> = Charset::iter().collect();
            Ok(Step::Charset(rest.one_of(&known)?))
        },
    },
    Command {
        name: "set metric",
        args: "[METRIC]",
        help: "the metric shown first; without one, each run's own",
        takes: &[Takes::Metric],
        action: None,
        read: |rest| {
            let metric = rest
                .word()
                .map_or(String::new(), |(_, word)| word.to_owned());
            rest.only(Step::Metric(metric))
        },
    },
    Command {
        name: "set mouse",
        args: "on|off",
        help: "click, wheel and drag; with shift the terminal selects text as before",
        takes: &[Takes::OnOff],
        action: None,
        read: |rest| Ok(Step::Mouse(rest.on_off()?)),
    },
    Command {
        name: "read-only",
        args: "[off]",
        help: "refuse all that changes something",
        takes: &[Takes::OnOff],
        action: None,
        read: |rest| {
            let is_on = rest.is_done() || rest.on_off()?;
            rest.only(Step::ReadOnly(is_on))
        },
    },
    Command {
        name: "messages",
        args: "",
        help: "what was said so far",
        takes: &[],
        action: Some(Action::Messages),
        read: |rest| rest.only(Step::Messages),
    },
    Command {
        name: "refresh",
        args: "",
        help: "read the store again",
        takes: &[],
        action: Some(Action::Refresh),
        read: |rest| rest.only(Step::Act(Action::Refresh)),
    },
    Command {
        name: "freeze",
        args: "",
        help: "stop the updates of the screen, or let them go on",
        takes: &[],
        action: Some(Action::Freeze),
        read: |rest| rest.only(Step::Act(Action::Freeze)),
    },
    Command {
        name: "help",
        args: "",
        help: "the keys that work here",
        takes: &[],
        action: Some(Action::Help),
        read: |rest| rest.only(Step::Act(Action::Help)),
    },
    Command {
        name: "quit",
        args: "",
        help: "leave the screen; what runs goes on",
        takes: &[],
        action: None,
        read: |rest| rest.only(Step::Quit),
    },
];
