//! Measures the comparison of two samples, beside the plain sort that none of it can do without.
//!
//! `cargo bench --bench stats [-- ROWS]`, 1,000,000 rows on either side if nothing is said. Figures are of this run alone: the
//! machine's other work shows in them, so compare within one run.
#![expect(clippy::print_stdout, reason = "a bench says its figures")]
#![expect(clippy::unwrap_used, reason = "a bench that fails should stop")]

use std::{hint::black_box, time::Instant};

use sconce::stats::{
    Bins, Contingency, Sample, Tally, kolmogorov_smirnov, mann_whitney, wasserstein,
};

fn main() {
    let rows = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(1_000_000);
    let (left, right) = (noise(1, rows, 0.0), noise(2, rows, 0.002));
    println!("{rows} rows against {rows}, a row of both samples:");
    measured("plain sort", rows, || {
        [&left, &right].map(|values| {
            let mut values = values.clone();
            values.sort_unstable_by(f64::total_cmp);
            values
        })
    });
    let [reference, current] = measured("clean and sort", rows, || {
        [&left, &right].map(|values| values.iter().copied().map(Some).collect::<Sample>())
    });
    measured("summary", rows, || {
        [&reference, &current].map(Sample::summary)
    });
    measured("Kolmogorov-Smirnov", rows, || {
        kolmogorov_smirnov(&reference, &current).unwrap()
    });
    measured("Mann-Whitney", rows, || {
        mann_whitney(&reference, &current).unwrap()
    });
    measured("Wasserstein", rows, || {
        wasserstein(&reference, &current).unwrap()
    });
    measured("bins of equal count", rows, || {
        Bins::of_equal_count(&reference, 10)
            .unwrap()
            .compare(&reference, &current)
            .unwrap()
    });
    measured("bins of equal width", rows, || {
        Bins::of_equal_width(&reference, 10)
            .unwrap()
            .compare(&reference, &current)
            .unwrap()
    });
    let names = |values: &[f64]| {
        values
            .iter()
            .map(|value| format!("k{:.0}", value * 500.0))
            .collect::<Vec<_>>()
    };
    let (left, right) = (names(&left), names(&right));
    measured("tally of 500 names, and their test", rows, || {
        let tally = |names: &[String]| names.iter().map(Some).collect::<Tally>();
        Contingency::of(&tally(&left), &tally(&right))
            .chi_square()
            .unwrap()
    });
    for (rows, shift) in [(10_000, 0.02), (10_000, 2.0)] {
        let few = |seed, rows, shift| {
            noise(seed, rows, shift)
                .into_iter()
                .map(Some)
                .collect::<Sample>()
        };
        let (left, right) = (few(3, rows, 0.0), few(4, rows - 1, shift));
        let name = format!("exact Kolmogorov-Smirnov of {rows}, {shift} apart");
        measured(&name, rows, || kolmogorov_smirnov(&left, &right).unwrap());
    }
}

/// Numbers from 0 to 1 (splitmix64), moved.
fn noise(seed: u64, rows: usize, shift: f64) -> Vec<f64> {
    let mut state = seed << 40;
    let next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64 + shift
    };
    std::iter::repeat_with(next).take(rows).collect()
}

fn measured<T>(name: &str, rows: usize, work: impl Fn() -> T) -> T {
    black_box(work());
    let start = Instant::now();
    let result = black_box(work());
    let spent = start.elapsed();
    let each = spent.as_secs_f64() * 1e9 / rows as f64;
    println!(
        "{name:<42} {:>9.2} ms {each:>8.2} ns",
        spent.as_secs_f64() * 1e3
    );
    result
}
