//! What can be wrong with a preset's numbers, before any data is read.

use super::{Error, Result, metrics};
use crate::domain::{
    presets::{Net, NetKind, Preset, Task},
    text,
};

/// Bounds against slips of the pen: beyond them a net asks for memory that no machine has, and ends the process.
const WIDEST: u64 = 1 << 16;
const DEEPEST: u64 = 1_000;
const MOST_THREADS: u64 = 1_024;

/// The metrics of a task, bare.
pub fn metrics_of(task: Task) -> &'static [&'static str] {
    match task {
        Task::Classification => &metrics::CLASSIFICATION,
        Task::Regression => &metrics::REGRESSION,
    }
}

/// Says which number of a preset nothing can be trained with, and what it may be.
pub fn check(preset: &Preset) -> Result<()> {
    let Preset {
        net,
        optimiser,
        schedule,
        train,
        ..
    } = preset;
    let at_least_one = [
        ("train.epochs", u64::from(train.epochs)),
        ("train.batch", train.batch as u64),
        ("train.accumulate", u64::from(train.accumulate)),
        ("train.log_every", train.log_every),
        ("train.threads", u64::from(train.threads)),
        (
            "net.hidden",
            net.hidden.iter().copied().min().unwrap_or(1) as u64,
        ),
    ];
    for (key, value) in at_least_one {
        if value < 1 {
            return Err(Error::Preset(format!(
                "`{key}` is 0: it must be at least 1"
            )));
        }
    }
    let ranges = [
        ("net.dropout", net.dropout, 0.0..=0.95),
        ("optimiser.lr", optimiser.lr, f64::MIN_POSITIVE..=1e3),
        ("optimiser.weight_decay", optimiser.weight_decay, 0.0..=1e3),
        ("optimiser.momentum", optimiser.momentum, 0.0..=0.9999),
        ("schedule.warmup", schedule.warmup, 0.0..=1.0),
        ("schedule.floor", schedule.floor, 0.0..=1.0),
        ("train.clip", train.clip, 0.0..=f64::MAX),
    ];
    for (key, value, range) in ranges {
        if !range.contains(&value) {
            let bounds = match key {
                "optimiser.lr" => "above 0 and at most 1000".to_owned(),
                "train.clip" => "0 (clips nothing) or above".to_owned(),
                _ => format!("from {} to {}", range.start(), range.end()),
            };
            return Err(Error::Preset(format!(
                "`{key}` is {value}: it must be {bounds}"
            )));
        }
    }
    let at_most = [
        (
            "net.hidden",
            net.hidden.iter().copied().max().unwrap_or(0) as u64,
            WIDEST,
        ),
        ("net.hidden's length", net.hidden.len() as u64, DEEPEST),
        ("net.embedding", net.embedding as u64, WIDEST),
        ("train.threads", u64::from(train.threads), MOST_THREADS),
    ];
    for (key, value, most) in at_most {
        if most < value {
            return Err(Error::Preset(format!(
                "`{key}` is {value}: it must be at most {most}"
            )));
        }
    }
    if i64::MAX.unsigned_abs() < preset.seed {
        return Err(Error::Preset(
            "`seed` must be below 2^63, the largest number of a TOML file".to_owned(),
        ));
    }
    best(preset)
}

/// Copies of each parameter that training keeps: the value, its gradient, the optimiser's two moments, the best value so
/// far and what is being written or computed. 5.5 were measured on a net of 900 million.
const COPIES: u128 = 6;

/// Bytes of memory that training a net's hidden layers takes; `None` beyond what 128 bits count. What depends on the
/// data, the first layer and the last, comes on top.
pub fn memory_of(preset: &Preset) -> Option<u128> {
    hidden_parameters(&preset.net)?.checked_mul(size_of::<f32>() as u128 * COPIES)
}

/// Says that a net's hidden layers alone take more than this many bytes of memory to train.
pub fn check_memory(preset: &Preset, memory: u64) -> Result<()> {
    let (parameters, bytes) = (hidden_parameters(&preset.net), memory_of(preset));
    if bytes.is_some_and(|bytes| bytes <= u128::from(memory)) {
        return Ok(());
    }
    let found = match (parameters, bytes) {
        (Some(count), Some(bytes)) => {
            let gibibytes = bytes.div_ceil(1 << 30);
            format!("{count} parameters, whose training takes {gibibytes} GiB")
        }
        _ => "more parameters than can be counted".to_owned(),
    };
    let has = memory >> 30;
    Err(Error::Preset(format!(
        "`net.hidden` makes a net of {found}: this machine has {has} GiB"
    )))
}

/// Weights and biases between hidden layers; `None` beyond what 128 bits count.
fn hidden_parameters(net: &Net) -> Option<u128> {
    let layer = |inputs: usize, outputs: usize| {
        let weights = (inputs as u128).checked_mul(outputs as u128)?;
        weights.checked_add(outputs as u128)
    };
    let hidden = &net.hidden;
    let first = hidden.first().copied().unwrap_or_default();
    match net.kind {
        NetKind::Mlp => hidden.windows(2).try_fold(0_u128, |sum, pair| {
            sum.checked_add(layer(pair[0], pair[1])?)
        }),
        NetKind::Residual => layer(first, first)?.checked_mul(2 * hidden.len() as u128),
    }
}

fn best(preset: &Preset) -> Result<()> {
    let best = &preset.train.best;
    let known: Vec<String> = metrics_of(preset.task)
        .iter()
        .map(|name| format!("val/{name}"))
        .collect();
    if known.contains(best) {
        return Ok(());
    }
    let meant = match text::nearest(best, known.iter().map(String::as_str)) {
        Some(nearest) => format!("did you mean {nearest:?}?"),
        None => format!("it may be one of {}", known.join(", ")),
    };
    Err(Error::Preset(format!(
        "`train.best` is {:?}, no metric of a {}: {meant}",
        text::shown(best),
        preset.task
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::metrics::Direction, train::tests::preset};

    #[test]
    fn numbers_that_cannot_train_are_named_with_what_they_may_be() {
        type Edit = fn(&mut Preset);
        let cases: [(Edit, &str); 13] = [
            (
                |p| p.net.hidden = vec![8, usize::MAX],
                "`net.hidden` is 18446744073709551615: it must be at most 65536",
            ),
            (
                |p| p.net.hidden = vec![8; 1_001],
                "`net.hidden's length` is 1001",
            ),
            (
                |p| p.net.embedding = 1 << 40,
                "`net.embedding` is 1099511627776",
            ),
            (
                |p| p.train.threads = u32::MAX,
                "`train.threads` is 4294967295",
            ),
            (
                |p| p.train.batch = 0,
                "`train.batch` is 0: it must be at least 1",
            ),
            (|p| p.net.hidden = vec![8, 0], "`net.hidden` is 0"),
            (
                |p| p.net.dropout = 1.0,
                "`net.dropout` is 1: it must be from 0 to 0.95",
            ),
            (
                |p| p.optimiser.lr = 0.0,
                "`optimiser.lr` is 0: it must be above 0",
            ),
            (|p| p.optimiser.lr = f64::NAN, "`optimiser.lr` is NaN"),
            (|p| p.train.clip = -1.0, "`train.clip` is -1"),
            (|p| p.seed = u64::MAX, "`seed` must be below"),
            (
                |p| p.train.best = "val/acuracy".to_owned(),
                "did you mean \"val/accuracy\"?",
            ),
            (
                |p| p.train.best = "val/r2\u{1b}".to_owned(),
                "no metric of a classification",
            ),
        ];
        assert!(check(&preset()).is_ok());
        let mut largest = preset();
        largest.seed = i64::MAX as u64;
        assert!(check(&largest).is_ok());
        for (edit, message) in cases {
            let mut preset = preset();
            edit(&mut preset);
            let error = check(&preset).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
            assert!(!error.contains('\u{1b}'));
        }
    }

    #[test]
    fn every_metric_that_can_choose_a_checkpoint_has_a_direction() {
        for task in [Task::Classification, Task::Regression] {
            for metric in metrics_of(task) {
                assert!(Direction::of(metric).is_some(), "{metric}");
            }
        }
    }

    #[test]
    fn a_net_that_no_memory_holds_is_refused_with_both_numbers() {
        let sized = |kind, hidden: &[usize]| {
            let mut preset = preset();
            preset.net.kind = kind;
            preset.net.hidden = hidden.to_vec();
            check_memory(&preset, 8 << 30).map_err(|error| error.to_string())
        };
        assert_eq!(sized(NetKind::Mlp, &[1_024; 8]), Ok(()));
        let refused = sized(NetKind::Mlp, &[65_536; 3]).unwrap_err();
        assert!(
            refused.contains("`net.hidden` makes a net of 8590065664 parameters, whose training takes 193 GiB: this machine has 8 GiB"),
            "{refused}"
        );
        assert!(sized(NetKind::Residual, &[16_384; 2]).is_err());
        assert!(sized(NetKind::Residual, &[WIDEST as usize; DEEPEST as usize]).is_err());
        assert!(sized(NetKind::Mlp, &[usize::MAX; 3]).is_err());
    }

    #[test]
    fn each_task_is_judged_by_its_own_metrics() {
        let mut preset = preset();
        preset.train.best = "val/r2".to_owned();
        assert!(check(&preset).is_err());
        preset.task = Task::Regression;
        assert!(check(&preset).is_ok());
    }
}
