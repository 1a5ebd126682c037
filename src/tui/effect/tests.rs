use super::*;
use crate::tui::fixture;

#[test]
fn the_metric_of_a_run_is_the_one_it_is_judged_by() {
    let summaries =
        ["system/cpu", "train/loss", "val/auc", "val/f1", "val/loss"].map(fixture::summary);
    let mut run = fixture::run(1, "calm-heron-2");
    let name = |run: &Run, asked: &str| {
        primary(&summaries, run, asked).map(|summary| summary.metric.clone())
    };
    assert_eq!(name(&run, ""), Some("val/auc".into()));
    assert_eq!(name(&run, "val/loss"), Some("val/loss".into()));
    run.params.insert("train.best".into(), "val/f1".into());
    assert_eq!(name(&run, ""), Some("val/f1".into()));
    run.params.insert("train.best".into(), "val/loss".into());
    assert_eq!(name(&run, ""), Some("val/auc".into()));
    assert_eq!(primary(&summaries[..1], &run, ""), None);
}

#[test]
fn a_newer_list_replaces_one_that_waits_and_a_verb_never_is() {
    let table = |number| Effect::Table(Ticket(number), fixture::table_question());
    let verb = || Effect::Do(Verb::Pause(fixture::id(1)));
    assert!(table(2).replaces(&table(1)));
    assert!(!verb().replaces(&verb()));
    assert!(!table(2).replaces(&verb()));
}
