mod laws;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::{
    actors::Actor,
    ids::{Id, RunId},
    metrics::{Extreme, Summary},
    runs::{Activity, Progress, Run, RunState, Tag},
    time::Timestamp,
};

const DAY: i64 = 86_400_000;
/// 2026-10-03T00:00:00Z.
const NOW: Timestamp = Timestamp(1_790_985_600_000);

fn run() -> Run {
    Run {
        id: RunId(Id::from_bytes([0x3f; 16])),
        name: "brave-otter-7".to_owned(),
        experiment: "Vision".to_owned(),
        kind: RunKind::Train,
        preset: Some("diagnosis".to_owned()),
        state: RunState::Running {
            since: Timestamp(NOW.0 - DAY),
            activity: Activity::Working,
        },
        actor: Actor {
            uid: 1,
            name: "ana".to_owned(),
            host: "gpu01".to_owned(),
        },
        created: Timestamp(NOW.0 - DAY - 1),
        attempt: 1,
        progress: Progress {
            step: 20_000,
            steps: None,
            epoch: Some(2.5),
            epochs: None,
        },
        tags: [Tag::try_from("baseline".to_owned()).unwrap()].into(),
        params: [
            ("optimiser.lr".to_owned(), json!(3e-4)),
            ("arch".to_owned(), json!("ViT-b")),
            ("step".to_owned(), json!(7)),
            ("amp".to_owned(), json!(true)),
            ("version".to_owned(), json!("3")),
            ("shard.lr".to_owned(), json!(null)),
            ("seed".to_owned(), json!(4)),
        ]
        .into(),
        note: "out of memory on gpu 1".to_owned(),
        trashed: None,
    }
}

fn metrics() -> Vec<Summary> {
    let extreme = |value| Some(Extreme { value, step: 1 });
    vec![
        Summary {
            metric: "val/loss".to_owned(),
            points: 9,
            nan: 0,
            infinite: 0,
            last: 0.5,
            last_step: 9,
            min: extreme(0.3),
            max: extreme(2.0),
            mean: Some(0.7),
        },
        Summary {
            metric: "grad".to_owned(),
            points: 2,
            nan: 1,
            infinite: 0,
            last: f64::NAN,
            last_step: 9,
            min: extreme(1.0),
            max: extreme(1.0),
            mean: Some(1.0),
        },
        Summary {
            metric: "recall@10".to_owned(),
            points: 1,
            nan: 0,
            infinite: 0,
            last: 0.9,
            last_step: 1,
            min: extreme(0.9),
            max: extreme(0.9),
            mean: Some(0.9),
        },
    ]
}

fn matches(filter: &str) -> bool {
    let filter = Filter::parse(filter).unwrap_or_else(|error| panic!("{filter}: {error:?}"));
    lets(&filter, &run())
}

fn lets(filter: &Filter, run: &Run) -> bool {
    let metrics = metrics();
    filter.matches(&Seen {
        run,
        metric: &|name, which| {
            let summary = metrics.iter().find(|summary| summary.metric == name);
            summary.and_then(|summary| summary.value(which))
        },
        metric_at: &|name, step| (name == "val/loss" && step <= 1_000).then_some(0.45),
        now: NOW,
    })
}

#[test]
fn the_empty_filter_lets_everything_through() {
    assert!(Filter::parse(" \t ").unwrap().is_empty());
    assert!(matches(""));
}

#[test]
fn of_some_filters_the_state_decides_alone() {
    let cases = [
        ("", Some(true)),
        ("state:done", Some(false)),
        ("state:queued|running", Some(true)),
        ("-state:queued|running", Some(false)),
        ("state!=queued", Some(true)),
        ("state:done otter", Some(false)),
        ("state:running otter", None),
        ("state:running or otter", Some(true)),
        ("has:state", Some(true)),
        ("running", None),
        ("in:trash", None),
    ];
    for (filter, expected) in cases {
        let decided = Filter::parse(filter).unwrap().of_state(StateWord::Running);
        assert_eq!(decided, expected, "{filter}");
    }
}

#[test]
fn a_filter_lets_through_what_it_says() {
    let yes = [
        "otter",
        "OTTER otter | otter",
        "3f3f",
        "base",
        "\"out of memory\"",
        "state:running",
        "state:queued|running",
        "state!=done",
        "-state:done",
        "!state:done",
        "not state:done",
        "not not state:running",
        "--state:running",
        "id:3f",
        "id=3F3f",
        "name:otter",
        "name=brave-otter-7",
        "tag:baseline",
        "tag:junk|baseline",
        "-tag:junk",
        "user:ana host:gpu",
        "experiment:vision",
        "experiment:Vis",
        "preset:diag",
        "kind:train",
        "note:\"memory on\"",
        "age<2d",
        "age>23h59m",
        "age>1d",
        "dur:1d",
        "dur=24h",
        "dur<=1440m",
        "created:2026-10-01",
        "created=2026-10-01T23:59:59.999Z",
        "created<2026-10-02",
        "created<=2026-10-01",
        "created>=2026-10-01",
        "created:2026-09-30..2026-10-01",
        "created:..2026-10-01",
        "step:20k",
        "step>=0.02M",
        "step:10k..",
        "epoch:2..3",
        "epoch>2",
        "val/loss:0.5",
        "val/loss<60%",
        "val/loss@best<.4",
        "val/loss@min:0.3",
        "val/loss@max>1",
        "val/loss@mean:0.6..0.8",
        "grad:nan",
        "grad@last:nan",
        "-val/loss:nan",
        "recall@10>0.8",
        "\"recall@10\">0.8",
        "\"recall@10\"@best>0.8",
        "has:val/loss",
        "has:val/loss@best has:p.seed has:preset has:note",
        "p.step:7",
        "arch:vit",
        "arch:ViT|swin",
        "arch=ViT-b",
        "amp:true",
        "version>2",
        "version:3",
        "optimiser.lr>=1e-4",
        "p.optimiser.lr:1e-4..1e-3",
        "seed:4",
        "(state:done | otter) tag:baseline",
        "state:done or otter",
        "otter and tag:baseline",
        "nothing | otter",
        "zebra zebra | otter",
        "loss!=3",
        "arch:swin|arch:vit",
        "(arch:swin|arch:vit)",
        "arch:swin|-arch:swin",
        "/otter-\\d$/",
        "/^3f3f/",
        "/^base/ -/^line/",
        "/out of \\w+/",
        "/zebra/|/otter/",
        "~brot7",
        "~bsln",
        "-~7b",
        "cfg.step:7",
        "cfg.optimiser.lr:1e-4..1e-3 has:cfg.seed",
        "val/loss@step=1000<.5",
        "\"val/loss\"@step=1k:0.45",
        "has:val/loss@step=1000",
        "-in:trash",
        "in!=trash",
    ];
    for filter in yes {
        assert!(matches(filter), "{filter}");
    }
    let no = [
        "zebra",
        "f3f3f",
        "Otter",
        "state:done",
        "state!=running",
        "id:4",
        "id:3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f",
        "name=otter",
        "tag:base",
        "experiment=vision",
        "experiment:VISION",
        "kind:command",
        "note:\"on gpu 2\"",
        "age<1d",
        "age<24h",
        "created>2026-10-01",
        "created<2026-10-01",
        "created:2026-10-02",
        "created:2026-10-02..",
        "step:7",
        "epoch<2",
        "val/loss<.4",
        "val/loss:nan",
        "grad<5",
        "grad>5",
        "grad@best:nan",
        "none<5",
        "none>5",
        "none:nan",
        "lr>0",
        "arch:swin",
        "arch=vit-b",
        "arch>3",
        "amp:false",
        "\"step\":20000",
        "has:none",
        "has:val/auc@best",
        "otter zebra",
        "-otter",
        "-(otter | zebra)",
        "otter and not otter",
        "/Otter/",
        "/^otter/",
        "~7b",
        "~BROT",
        "val/loss@step=1001<.5",
        "has:val/loss@step=2k",
        "in:trash",
        "has:in",
        "@night",
    ];
    for filter in no {
        assert!(!matches(filter), "{filter}");
    }
}

proptest! {
    /// Texts of ASCII alone are compared without a copy in small letters, and mean the same.
    #[test]
    fn small_letters_match_either_case(text in "[aAbBkKéÉ\u{212a}İ -]{0,6}", wanted in "[abké]{0,3}") {
        let small = text.to_lowercase();
        prop_assert_eq!(contains(&text, &wanted), small.contains(&wanted));
        prop_assert_eq!(folds_to(&text, &wanted), small == wanted);
        let mut left = text.chars();
        let is_met = |want: char| left.any(|c| c.to_lowercase().eq([want]));
        prop_assert_eq!(patterns::in_order(&text, &wanted), wanted.chars().all(is_met));
    }
}

#[test]
fn a_run_is_found_by_the_data_that_it_was_made_of() {
    let version = "penguins@v3/train.csv";
    let cases = [
        (version, "data:penguins", true),
        (version, "data:peng", true),
        (version, "data=peng", false),
        (version, "data:penguins@v3", true),
        (version, "data=penguins@v3", true),
        (version, "data:v3", true),
        (version, "data:v2|v3", true),
        (version, "data!=v3", false),
        (version, "data:penguins@v3/train.csv", true),
        (version, "data:penguins@v31", false),
        ("penguins@v31", "data:penguins@v3", false),
        ("penguins@v31", "data:v3", false),
        ("/data/churn.csv", "data:churn", true),
        ("/data/churn.csv", "data=churn", false),
        ("demo:fraud", "data:demo:fraud", true),
        ("demo:fraud", "has:data", true),
    ];
    for (data, filter, expected) in cases {
        let mut run = run();
        run.params.insert("data".to_owned(), json!(data));
        let filter = Filter::parse(filter).unwrap();
        assert_eq!(lets(&filter, &run), expected, "{data} {filter}");
    }
    assert!(!matches("has:data") && !matches("data:v3"));
    let needs = Filter::parse("data:v3").unwrap().fields();
    assert_eq!(needs.params.into_iter().collect::<Vec<_>>(), ["data"]);
}

#[test]
fn not_equal_is_the_negation_of_equal() {
    for test in [
        "tag=junk",
        "tag=baseline",
        "none=3",
        "val/loss=0.5",
        "state=done|running",
        "arch=vit",
    ] {
        let turned = test.replacen('=', "!=", 1);
        assert_ne!(matches(test), matches(&turned), "{test}");
    }
}

#[test]
fn a_mistake_says_where_it_is_and_what_to_write() {
    let cases = [
        (
            "state:runing",
            6..12,
            "\"runing\" is no value of state",
            "did you mean running?",
        ),
        (
            "a state:x",
            8..9,
            "\"x\" is no value of state",
            "one of queued, running, ",
        ),
        (
            "kind:trian",
            5..10,
            "\"trian\" is no value of kind",
            "did you mean train?",
        ),
        (
            "state<3",
            5..6,
            "state cannot be compared with <",
            "write state:VALUE",
        ),
        (
            "state:",
            0..6,
            "a value is missing after state:",
            "for example state:running",
        ),
        (
            "lr>= x",
            0..4,
            "a value is missing after lr>=",
            "numbers are",
        ),
        (
            "age<2",
            4..5,
            "\"2\" is no value of age",
            "spans have a unit",
        ),
        (
            "age<2y",
            4..6,
            "\"2y\" is no value of age",
            "spans have a unit",
        ),
        (
            "created:today",
            8..13,
            "\"today\" is no value of created",
            "a day or a moment",
        ),
        (
            "created:2026-13-01",
            8..18,
            "\"2026-13-01\" is no value",
            "a day or a moment",
        ),
        (
            "step:many",
            5..9,
            "\"many\" is no value of step",
            "numbers are",
        ),
        (
            "step:\"7\"",
            5..8,
            "step is compared with no text",
            "numbers are",
        ),
        (
            "val/loss@bst<1",
            8..12,
            "a metric has no value @bst",
            "did you mean @best?",
        ),
        (
            "\"a b\"@x<1",
            5..7,
            "a metric has no value @x",
            "one of @last",
        ),
        ("lr<fast", 3..7, "\"fast\" is no value of lr", "numbers are"),
        ("lr<1..2", 3..7, "\"1..2\" is no value of lr", "numbers are"),
        ("lr<nan", 3..6, "\"nan\" is no value of lr", "write lr:nan"),
        ("(otter", 0..1, "this parenthesis is not closed", ""),
        ("otter)", 5..6, "this parenthesis closes nothing", ""),
        ("\"otter", 0..1, "this quote is not closed", ""),
        (
            "()",
            1..2,
            "a word or a test is missing here",
            "for example",
        ),
        (
            "otter |",
            7..7,
            "a word or a test is missing here",
            "for example",
        ),
        (
            "| otter",
            0..1,
            "a word or a test is missing here",
            "for example",
        ),
        (
            "not",
            3..3,
            "a word or a test is missing here",
            "for example",
        ),
        (
            "<3",
            0..1,
            "a name is missing before this",
            "fields are id, name",
        ),
        (
            "has:",
            0..4,
            "a name is missing after has:",
            "fields are id, name",
        ),
        ("~", 0..1, "letters are missing", "~brot7"),
        ("@", 0..1, "@ stands before the name", "in quotes"),
        ("x @a:b", 2..6, "@ stands before the name", "in quotes"),
        (
            "/otter",
            0..1,
            "this regular expression is not closed",
            "in quotes",
        ),
        ("/a/b", 3..4, "a blank is missing", "in quotes"),
        ("a //", 2..4, "a regular expression is missing", ""),
        (
            "/(/",
            0..3,
            "this is no regular expression: unclosed group",
            "",
        ),
        (
            "val/loss@step<1",
            8..13,
            "a metric has no value @step",
            "@step=1000",
        ),
        (
            "val/loss@step=x<1",
            13..15,
            "a step is a whole number",
            "@step=1000",
        ),
        (
            "val/loss@step=.5<1",
            13..16,
            "a step is a whole number",
            "@step=1000",
        ),
        ("val/loss@step=5", 0..15, "a comparison is missing", ""),
        ("in:bin", 3..6, "\"bin\" is no value of in", "in:trash"),
        (
            "größe<klein",
            8..13,
            "\"klein\" is no value of größe",
            "numbers are",
        ),
    ];
    for (text, span, message, hint) in cases {
        let error = Filter::parse(text).expect_err(text);
        assert_eq!(error.span, span, "{text}: {error:?}");
        assert!(error.message.starts_with(message), "{text}: {error:?}");
        assert!(
            error.hint.clone().unwrap_or_default().contains(hint),
            "{text}: {error:?}"
        );
    }
}

#[test]
fn nesting_is_bounded() {
    for deep in [
        "(".repeat(100_000),
        "-".repeat(100_000),
        "not ".repeat(100_000),
    ] {
        let error = Filter::parse(&deep).unwrap_err();
        assert!(error.message.starts_with("nested too deep"), "{error}");
    }
    assert!(Filter::parse(&format!("{}a{}", "(".repeat(60), ")".repeat(60))).is_ok());
}

#[test]
fn what_a_filter_needs_can_be_told_before_it_runs() {
    let filter = Filter::parse("state:done (val/auc@best>.9 | has:p.lr) -optimizer:sgd x").unwrap();
    let names = filter.fields();
    assert_eq!(names.metrics, ["val/auc".to_owned()].into());
    assert_eq!(names.params, ["lr".to_owned()].into());
    assert_eq!(names.either, ["optimizer".to_owned()].into());

    let known = ["val/auc", "optimiser.lr", "optimiser"]
        .map(str::to_owned)
        .into();
    let nearest = Some("optimiser".to_owned());
    assert_eq!(
        filter.unknown_name(&known),
        Some(("optimizer".to_owned(), nearest))
    );
    let filter = Filter::parse("stat:done").unwrap();
    let nearest = Some("state".to_owned());
    assert_eq!(
        filter.unknown_name(&known),
        Some(("stat".to_owned(), nearest))
    );
}
