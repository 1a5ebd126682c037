//! What stands beside the ticks of a vertical axis: the shortest numbers that tell them apart in the room there is.

use crate::tui::text;

/// Texts of ticks; with a `base`, each is to be added to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    pub base: Option<String>,
    pub texts: Vec<String>,
}

/// Labels of ticks that rise by about `step`, none wider than `columns`. Digits give way where there is no room, sign and
/// exponent never do; then two ticks may have the same text.
pub fn of(ticks: &[f64], step: f64, columns: usize) -> Labels {
    if let Some(texts) = plain(ticks, step, columns) {
        return Labels { base: None, texts };
    }
    based(ticks, step, columns).unwrap_or_else(|| Labels {
        base: None,
        texts: ticks.iter().map(|tick| power(*tick, 0)).collect(),
    })
}

/// A round value on an axis of decades: `0.02`, `10k`, `1e-12`.
pub fn round(value: f64) -> String {
    let size = value.abs();
    match text::unit(value) {
        _ if size == 0.0 => "0".to_owned(),
        Some((scale, unit)) if (1e4..1e18).contains(&size) => {
            format!("{:.0}{unit}", value / scale)
        }
        _ if (1e-3 * (1.0 - 1e-9)..1e4).contains(&size) => text::short(value),
        _ => power(value, 0),
    }
}

fn plain(ticks: &[f64], step: f64, columns: usize) -> Option<Vec<String>> {
    let decimals = decimals(step);
    let largest = ticks
        .iter()
        .fold(0.0, |most: f64, tick| most.max(tick.abs()));
    let fixed = || {
        let write = |tick: &f64| format!("{:.decimals$}", unsigned_zero(*tick, step));
        ticks.iter().map(write).collect::<Vec<_>>()
    };
    let in_units = || {
        let (scale, unit) = text::unit(largest).unwrap_or((1.0, ""));
        let decimals = self::decimals(step / scale);
        let write = |tick: &f64| match unsigned_zero(*tick, step) {
            0.0 => "0".to_owned(),
            tick => format!("{:.decimals$}{unit}", tick / scale),
        };
        ticks.iter().map(write).collect::<Vec<_>>()
    };
    let fits = |texts: &Vec<String>| {
        texts.iter().all(|text| text.len() <= columns)
            && texts
                .iter()
                .enumerate()
                .all(|(at, text)| !texts[..at].contains(text))
    };
    let is_plain = largest < 1e5 && decimals <= MOST_DECIMALS;
    let is_in_units = largest < 1e21 && decimals <= 18;
    let powers = |digits: usize| ticks.iter().map(|tick| power(*tick, digits)).collect();
    is_plain
        .then(fixed)
        .filter(fits)
        .or_else(|| (1e4 <= largest && is_in_units).then(in_units).filter(fits))
        .or_else(|| (0..6).rev().map(powers).find(fits))
}

/// The ticks as differences from a number below them with as few digits as serve.
fn based(ticks: &[f64], step: f64, columns: usize) -> Option<Labels> {
    let lowest = *ticks.first()?;
    (0..17).find_map(|digits| {
        let base: f64 = format!("{lowest:.digits$e}").parse().ok()?;
        let above: Vec<f64> = ticks.iter().map(|tick| tick - base).collect();
        let is_below = above.iter().all(|above| -step * 1e-3 <= *above);
        let texts = plain(&above, step, columns.checked_sub(1)?).filter(|_| is_below)?;
        Some(Labels {
            base: Some(named(base, digits, columns)),
            texts: texts.into_iter().map(|text| format!("+{text}")).collect(),
        })
    })
}

/// The base in full where there is room, else about what it is.
fn named(base: f64, digits: usize, columns: usize) -> String {
    let plain = format!("{base}");
    let whole = if plain.len() <= columns {
        plain
    } else {
        power(base, digits)
    };
    if whole.len() <= columns {
        return whole;
    }
    let about = |digits| format!("~{}", power(base, digits));
    let mut texts = (0..digits).rev().map(about);
    texts
        .find(|text| text.len() <= columns)
        .unwrap_or_else(|| about(0))
}

/// Beyond these a power of ten is easier to read.
const MOST_DECIMALS: usize = 5;

/// Digits after the point that a round step has.
fn decimals(step: f64) -> usize {
    if !step.is_finite() || step <= 0.0 {
        return 0;
    }
    (-(step * (1.0 + 1e-9)).log10().floor()).clamp(0.0, 400.0) as usize
}

/// Zero where rounding left something near it.
fn unsigned_zero(tick: f64, step: f64) -> f64 {
    if tick.abs() < step * 1e-6 { 0.0 } else { tick }
}

fn power(number: f64, digits: usize) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    let text = format!("{number:.digits$e}");
    match text.split_once('e') {
        Some((digits, power)) if digits.contains('.') => {
            let digits = digits.trim_end_matches('0').trim_end_matches('.');
            format!("{digits}e{power}")
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(ticks: &[f64]) -> String {
        let labels = of(ticks, ticks[1] - ticks[0], 7);
        let base = labels.base.map(|base| format!("{base}: "));
        base.unwrap_or_default() + &labels.texts.join(" ")
    }

    #[test]
    fn ticks_are_told_apart_in_seven_columns() {
        let cases: [(&[f64], &str); 9] = [
            (&[0.0, 0.5, 1.0], "0.0 0.5 1.0"),
            (&[0.0, 20.0, 40.0], "0 20 40"),
            (&[-0.00002, 0.0, 0.00002], "-2e-5 0 2e-5"),
            (&[0.0, 50_000.0, 100_000.0], "0 50k 100k"),
            (&[1.0e6, 1.5e6, 2.0e6], "1.0M 1.5M 2.0M"),
            (&[1.048e15, 1.049e15, 1.05e15], "1.048P 1.049P 1.050P"),
            (&[-1e308, 0.0, 1e308], "-1e308 0 1e308"),
            (&[1e9, 1e9 + 0.02, 1e9 + 0.04], "1e9: +0.00 +0.02 +0.04"),
            (&[1_234_567_890.1, 1_234_567_890.2], "~1.23e9: +0.1 +0.2"),
        ];
        for (ticks, want) in cases {
            assert_eq!(told(ticks), want);
        }
    }

    proptest! {
        #[test]
        fn a_label_keeps_its_sign_and_size(low in -300.0..300.0f64, minus in any::<bool>(), steps in 1usize..8, span in -6.0..1.0f64) {
            let low = 10f64.powf(low) * if minus { -1.0 } else { 1.0 };
            let step = super::super::ticks::nice(low.abs() * 10f64.powf(span));
            let first = (low / step).round();
            let ticks: Vec<f64> = (0..=steps).map(|at| (first + at as f64) * step).collect();
            let labels = of(&ticks, step, 7);
            prop_assert_eq!(labels.texts.len(), ticks.len());
            for (text, tick) in labels.texts.iter().zip(&ticks) {
                prop_assert!(text.len() <= 7, "{:?}", labels);
                if labels.base.is_none() {
                    let unit = text.chars().last().and_then(|unit| "kMGTPE".find(unit)).map_or(1.0, |at| 1000f64.powi(at as i32 + 1));
                    let number = text.trim_end_matches(['k', 'M', 'G', 'T', 'P', 'E']).parse::<f64>().unwrap() * unit;
                    prop_assert!((number - tick).abs() <= step.max(tick.abs() * 0.5) * 1.01, "{} for {}", text, tick);
                }
            }
        }
    }
}
