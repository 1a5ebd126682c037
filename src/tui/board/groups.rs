//! Which metrics share a chart.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::metrics::{Summary, is_of_machine};

/// Series that belong into one chart: the same metric of several splits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub name: String,
    pub metrics: Vec<String>,
}

impl Group {
    /// Series that are better seen as a heat map.
    pub fn is_many(&self) -> bool {
        MANY <= self.metrics.len()
    }
}

/// From so many on, series whose names differ only by a number share a chart.
const MANY: usize = 8;

/// Series alike in one chart: of thousands, only those in sight are fetched.
const MOST_ALIKE: usize = 64;

/// Puts `train/loss` and `val/loss` into one chart, the loss first, the machine's own metrics into none.
pub fn groups(metrics: &[Summary]) -> Vec<Group> {
    const SPLITS: [&str; 3] = ["train", "val", "test"];
    let mut groups = alike(metrics);
    let many: BTreeSet<String> = (groups.iter())
        .flat_map(|group| group.metrics.clone())
        .collect();
    let mut by_name: BTreeMap<String, usize> = BTreeMap::new();
    for summary in charted(metrics).filter(|summary| !many.contains(&summary.metric)) {
        let name = match summary.metric.split_once('/') {
            Some((split, name)) if SPLITS.contains(&split) => name,
            _ => &summary.metric,
        };
        let at = *by_name.entry(name.to_owned()).or_insert_with(|| {
            groups.push(Group {
                name: name.to_owned(),
                metrics: vec![],
            });
            groups.len() - 1
        });
        groups[at].metrics.push(summary.metric.clone());
    }
    let rank = |group: &Group| {
        let is_judged = group
            .metrics
            .iter()
            .any(|metric| metric.starts_with("val/"));
        match group.name.as_str() {
            "loss" => 0,
            _ if is_judged => 1,
            _ => 2,
        }
    };
    groups.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.name.cmp(&b.name)));
    let split = |metric: &String| SPLITS.iter().position(|split| metric.starts_with(split));
    for group in groups.iter_mut().filter(|group| !group.is_many()) {
        group
            .metrics
            .sort_by_cached_key(|metric| (split(metric).is_none(), split(metric), metric.clone()));
    }
    groups
}

/// Series whose names differ by one number only, where there are many: `layer.0/grad`, `layer.1/grad` as `layer.*/grad`.
fn alike(metrics: &[Summary]) -> Vec<Group> {
    let mut by_form: BTreeMap<String, Vec<(u64, String)>> = BTreeMap::new();
    for summary in charted(metrics) {
        let name = &summary.metric;
        let is_digit = |c: char| c.is_ascii_digit();
        let Some(from) = name.find(is_digit) else {
            continue;
        };
        let digits = name[from..]
            .find(|c| !is_digit(c))
            .unwrap_or(name.len() - from);
        let (number, rest) = name[from..].split_at(digits);
        if let Ok(number) = number.parse() {
            let form = format!("{}*{rest}", &name[..from]);
            by_form
                .entry(form)
                .or_default()
                .push((number, name.clone()));
        }
    }
    by_form
        .into_iter()
        .flat_map(|(name, mut metrics)| {
            metrics.sort();
            let metrics: Vec<String> = metrics.into_iter().map(|(_, metric)| metric).collect();
            let parts = metrics.len().div_ceil(MOST_ALIKE);
            let part = |(at, metrics): (usize, &[String])| Group {
                name: match at {
                    0 => name.clone(),
                    at => format!("{name} {}/{parts}", at + 1),
                },
                metrics: metrics.to_vec(),
            };
            let groups: Vec<Group> = metrics.chunks(MOST_ALIKE).enumerate().map(part).collect();
            groups
        })
        .filter(Group::is_many)
        .collect()
}

/// The metrics with a place in charts. Those of the machine have steps of their own: of a foreign program, seconds.
pub fn charted(metrics: &[Summary]) -> impl Iterator<Item = &Summary> {
    metrics
        .iter()
        .filter(|summary| !is_of_machine(&summary.metric))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fixture;

    #[test]
    fn splits_of_a_metric_share_a_chart_and_the_loss_comes_first() {
        let metrics = [
            "lr",
            "system/cpu",
            "test/auc",
            "train/loss",
            "val/auc",
            "val/loss",
        ]
        .map(fixture::summary);
        let found: Vec<String> = groups(&metrics)
            .into_iter()
            .map(|group| format!("{}: {}", group.name, group.metrics.join(" ")))
            .collect();
        assert_eq!(
            found,
            [
                "loss: train/loss val/loss",
                "auc: val/auc test/auc",
                "lr: lr"
            ]
        );
    }

    #[test]
    fn many_series_that_differ_by_a_number_share_a_chart() {
        let names: Vec<String> = (0..12).map(|layer| format!("layer.{layer}/grad")).collect();
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.extend(["recall@1", "recall@5", "val/loss"]);
        names.sort_unstable();
        let metrics: Vec<Summary> = names.into_iter().map(fixture::summary).collect();
        let groups = groups(&metrics);
        let found: Vec<(&str, usize)> = (groups.iter())
            .map(|group| (group.name.as_str(), group.metrics.len()))
            .collect();
        assert_eq!(
            found,
            [
                ("loss", 1),
                ("layer.*/grad", 12),
                ("recall@1", 1),
                ("recall@5", 1)
            ]
        );
        let last = &groups[1].metrics[11];
        assert_eq!(last, "layer.11/grad", "by number, not by letter");
    }
}
