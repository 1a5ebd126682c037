//! What `stats` computes of real files equals what SciPy and NumPy say of them (tests/fixtures/oracle/README.md).

use std::{collections::BTreeMap, path::PathBuf};

use serde_json::{Map, Value};

use super::{Error, Table, cells::Cells, read};
use crate::stats::{
    Bins, Contingency, Distances, NotEnough, Sample, Tally, kolmogorov_smirnov, mann_whitney,
    wasserstein,
};

const PAIRINGS: [(&str, &str, &str); 8] = [
    ("n20000", "reference", "current"),
    ("n500", "reference_500", "current_500"),
    ("n500_vs_300", "reference_500", "current_300"),
    ("n1", "reference_1row", "current_1row"),
    ("n1_vs_20000", "reference_1row", "current"),
    ("n20000_vs_1", "reference", "current_1row"),
    ("n0", "reference_0row", "current_0row"),
    ("n20000_vs_0", "reference", "current_0row"),
];
const BINS: usize = 10;

#[test]
fn every_statistic_equals_the_oracles() {
    let expected = expected();
    let mut oracle = Oracle::default();
    for (pairing, reference, current) in PAIRINGS {
        let (reference, current) = (table(reference), table(current));
        let (reference, current) = (reference.as_ref(), current.as_ref());
        for (column, expected) in expected[pairing].as_object().unwrap() {
            oracle.place = format!("{pairing}.{column}");
            match column.starts_with("n_") {
                true => numbers(&mut oracle, reference, current, column, expected),
                false => names(&mut oracle, reference, current, column, expected),
            }
        }
    }
    let wrong = &oracle.wrong;
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    insta::assert_debug_snapshot!(oracle.matched, @r#"
    {
        "chi2_contingency.dof": 33,
        "chi2_contingency.p": 33,
        "chi2_contingency.stat": 33,
        "counts": 33,
        "cramers_v": 30,
        "cramers_v_bias_corrected": 30,
        "dist.hellinger": 108,
        "dist.js_distance_base2": 108,
        "dist.js_distance_base_e": 108,
        "dist.linf": 108,
        "dist.psi_clip1e-4": 108,
        "dist.tvd": 108,
        "equal_width.edges": 900,
        "finite": 448,
        "ks.p_auto": 75,
        "ks.stat": 75,
        "ks.stat_num/stat_den": 75,
        "mannwhitneyu.p": 75,
        "mannwhitneyu.u": 75,
        "max": 345,
        "mean": 345,
        "min": 345,
        "missing_in_cur": 33,
        "nan": 448,
        "neg_inf": 448,
        "nothing to sum up": 103,
        "nulls": 640,
        "pos_inf": 448,
        "psi_10_quantile through compare": 66,
        "psi_10_quantile.cur_frac": 696,
        "psi_10_quantile.inner_edges": 621,
        "psi_10_quantile.psi": 75,
        "psi_10_quantile.ref_frac": 696,
        "q": 2760,
        "refused": 997,
        "refused over one bin": 9,
        "refused with one category": 6,
        "rows": 640,
        "std where the oracle overflows": 18,
        "std where the oracle rounds": 22,
        "std0": 323,
        "std1": 327,
        "unique": 345,
        "unseen_in_ref": 33,
        "wasserstein.scipy": 75,
    }
    "#);
}

fn expected() -> Map<String, Value> {
    let text = std::fs::read_to_string(fixture("expected_scipy.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/oracle")
        .join(name)
}

/// Nothing for a file without rows, which is refused.
fn table(name: &str) -> Option<Table> {
    match read(&fixture(&format!("{name}.parquet"))) {
        Ok(table) => Some(table),
        Err(Error::NoRows { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

/// How many values agreed, by what they are, and each that did not.
#[derive(Default)]
struct Oracle {
    place: String,
    matched: BTreeMap<&'static str, u32>,
    wrong: Vec<String>,
}

impl Oracle {
    fn check(
        &mut self,
        what: &'static str,
        is_right: bool,
        found: &dyn std::fmt::Debug,
        wanted: &Value,
    ) {
        match is_right {
            true => *self.matched.entry(what).or_default() += 1,
            false => self
                .wrong
                .push(format!("{} {what}: {found:?}, not {wanted}", self.place)),
        }
    }

    /// To nine digits, and a zero to twelve places.
    fn near(&mut self, what: &'static str, found: f64, wanted: &Value) {
        let is_right = wanted.as_f64().is_some_and(|wanted| {
            (found - wanted).abs() <= 1e-9 * wanted.abs() || (wanted == 0.0 && found.abs() <= 1e-12)
        });
        self.check(what, is_right, &found, wanted);
    }

    fn equal(&mut self, what: &'static str, found: impl Into<Value>, wanted: &Value) {
        let found = found.into();
        self.check(what, found == *wanted, &found, wanted);
    }

    /// Below 1e-100 the sixth digit is enough.
    fn probability(&mut self, what: &'static str, found: f64, wanted: &Value) {
        let is_right = wanted.as_f64().is_some_and(|wanted| {
            let digits = if wanted < 1e-100 { 1e-6 } else { 1e-9 };
            (found - wanted).abs() <= digits * wanted
        });
        self.check(what, is_right, &found, wanted);
    }

    /// A root: the square is compared, to twelve places.
    fn root(&mut self, what: &'static str, found: f64, wanted: &Value) {
        let is_right = wanted.as_f64().is_some_and(|wanted| {
            (found - wanted).abs() <= 1e-9 * wanted
                || (found * found - wanted * wanted).abs() <= 1e-12
        });
        self.check(what, is_right, &found, wanted);
    }

    fn each(&mut self, what: &'static str, found: &[f64], wanted: &Value) {
        let wanted = wanted.as_array().unwrap();
        self.check(
            what,
            found.len() == wanted.len(),
            &found.len(),
            &wanted.len().into(),
        );
        for (found, wanted) in found.iter().zip(wanted) {
            self.near(what, *found, wanted);
        }
    }

    fn refused<T: std::fmt::Debug>(&mut self, what: &'static str, found: &Result<T, NotEnough>) {
        self.check(what, found.is_err(), found, &"not enough data".into());
    }
}

fn numbers(
    oracle: &mut Oracle,
    reference: Option<&Table>,
    current: Option<&Table>,
    column: &str,
    expected: &Value,
) {
    let (reference, current) = (sample(reference, column), sample(current, column));
    summary(oracle, &reference, &expected["ref"]);
    summary(oracle, &current, &expected["cur"]);
    let quantiles = Bins::of_equal_count(&reference, BINS);
    let widths = Bins::of_equal_width(&reference, BINS);
    let over = |bins: &Result<Bins, NotEnough>| bins.clone()?.compare(&reference, &current);
    if reference.count().min(current.count()) < 2 {
        oracle.refused("refused", &kolmogorov_smirnov(&reference, &current));
        oracle.refused("refused", &mann_whitney(&reference, &current));
        oracle.refused("refused", &wasserstein(&reference, &current));
        oracle.refused("refused", &over(&quantiles));
        oracle.refused("refused", &over(&widths));
        return;
    }
    let ks = kolmogorov_smirnov(&reference, &current).unwrap();
    let wanted = &expected["ks"];
    let exactly = |key: &str| wanted[key].as_str().unwrap().parse::<f64>().unwrap();
    oracle.near("ks.stat", ks.statistic, &wanted["stat"]);
    oracle.check(
        "ks.stat_num/stat_den",
        ks.statistic == exactly("stat_num") / exactly("stat_den"),
        &ks,
        &wanted["stat"],
    );
    oracle.probability("ks.p_auto", ks.p, &wanted["p_auto"]);
    let distance = wasserstein(&reference, &current).unwrap();
    oracle.near(
        "wasserstein.scipy",
        distance,
        &expected["wasserstein"]["scipy"],
    );
    let test = mann_whitney(&reference, &current).unwrap();
    oracle.near(
        "mannwhitneyu.u",
        test.statistic,
        &expected["mannwhitneyu"]["u"],
    );
    oracle.probability("mannwhitneyu.p", test.p, &expected["mannwhitneyu"]["p"]);
    psi(
        oracle,
        &quantiles.unwrap(),
        &reference,
        &current,
        &expected["psi_10_quantile"],
    );
    let wanted = &expected["equal_width_10_ref_range"];
    let binned = over(&widths).unwrap();
    oracle.each("equal_width.edges", binned.bins.edges(), &wanted["edges"]);
    distances(oracle, &binned.distances, wanted);
}

fn summary(oracle: &mut Oracle, sample: &Sample, wanted: &Value) {
    oracle.equal("rows", sample.rows(), &wanted["rows"]);
    oracle.equal("nulls", sample.missing.nulls, &wanted["nulls"]);
    oracle.equal("nan", sample.missing.nans, &wanted["nan"]);
    oracle.equal("pos_inf", sample.missing.above, &wanted["pos_inf"]);
    oracle.equal("neg_inf", sample.missing.below, &wanted["neg_inf"]);
    oracle.equal("finite", sample.count(), &wanted["finite"]);
    let Some(summary) = sample.summary() else {
        oracle.check(
            "nothing to sum up",
            wanted.get("mean").is_none(),
            &(),
            wanted,
        );
        return;
    };
    oracle.near("mean", summary.mean, &wanted["mean"]);
    oracle.near("min", summary.min, &wanted["min"]);
    oracle.near("max", summary.max, &wanted["max"]);
    oracle.equal("unique", summary.distinct, &wanted["unique"]);
    oracle.each("q", &summary.quantiles, &wanted["q"]);
    deviation(
        oracle,
        "std0",
        sample,
        Some(summary.deviation),
        &wanted["std0"],
    );
    deviation(
        oracle,
        "std1",
        sample,
        summary.sample_deviation,
        &wanted["std1"],
    );
}

/// In two columns the oracle is wrong: its squares overflow at 1e300, and beyond 2⁵³ it takes them around a mean that has lost
/// its last digit. There ours must be that of the same values made smaller, or nearer to 0, which loses nothing of them.
fn deviation(
    oracle: &mut Oracle,
    what: &'static str,
    sample: &Sample,
    found: Option<f64>,
    wanted: &Value,
) {
    let Some(found) = found else {
        oracle.check(what, wanted == "nan", &found, wanted);
        return;
    };
    let of = |moved: &dyn Fn(&f64) -> f64| {
        let moved = sample.values().iter().map(|value| Some(moved(value)));
        let summary = moved.collect::<Sample>().summary().unwrap();
        match what {
            "std0" => Value::from(summary.deviation),
            _ => summary.sample_deviation.into(),
        }
    };
    let (min, _) = sample.range().unwrap();
    if wanted == "inf" {
        let what = "std where the oracle overflows";
        oracle.near(what, found / 1e300, &of(&|value| value / 1e300));
    } else if 2f64.powi(53) <= min {
        oracle.near(
            "std where the oracle rounds",
            found,
            &of(&|value| value - min),
        );
    } else {
        oracle.near(what, found, wanted);
    }
}

/// Where all quantiles are one bin the definition's index is 0 whatever the samples are: that is refused.
fn psi(oracle: &mut Oracle, bins: &Bins, reference: &Sample, current: &Sample, wanted: &Value) {
    let counts = (bins.count(reference), bins.count(current));
    let share = |counts: &[u64]| {
        let total = counts.iter().sum::<u64>() as f64;
        counts
            .iter()
            .map(|count| *count as f64 / total)
            .collect::<Vec<_>>()
    };
    oracle.each(
        "psi_10_quantile.inner_edges",
        bins.inner(),
        &wanted["inner_edges"],
    );
    oracle.each(
        "psi_10_quantile.ref_frac",
        &share(&counts.0),
        &wanted["ref_frac"],
    );
    oracle.each(
        "psi_10_quantile.cur_frac",
        &share(&counts.1),
        &wanted["cur_frac"],
    );
    let raw = Distances::between(&counts.0, &counts.1).unwrap();
    oracle.near("psi_10_quantile.psi", raw.psi, &wanted["psi"]);
    match (bins.clone().compare(reference, current), counts.0.len()) {
        (found, 1) => oracle.check(
            "refused over one bin",
            found == Err(NotEnough::OneBin),
            &found,
            &wanted["psi"],
        ),
        (found, _) => {
            let is_raw = found.as_ref().is_ok_and(|found| found.distances == raw);
            oracle.check(
                "psi_10_quantile through compare",
                is_raw,
                &found,
                &wanted["psi"],
            );
        }
    }
}

fn distances(oracle: &mut Oracle, found: &Distances, wanted: &Value) {
    oracle.near("dist.tvd", found.total_variation, &wanted["tvd"]);
    oracle.near("dist.linf", found.largest, &wanted["linf"]);
    oracle.root("dist.hellinger", found.hellinger, &wanted["hellinger"]);
    oracle.root(
        "dist.js_distance_base2",
        found.jensen_shannon,
        &wanted["js_distance_base2"],
    );
    let natural = found.jensen_shannon * std::f64::consts::LN_2.sqrt();
    oracle.root(
        "dist.js_distance_base_e",
        natural,
        &wanted["js_distance_base_e"],
    );
    oracle.near("dist.psi_clip1e-4", found.psi, &wanted["psi_clip1e-4"]);
}

fn names(
    oracle: &mut Oracle,
    reference: Option<&Table>,
    current: Option<&Table>,
    column: &str,
    expected: &Value,
) {
    let (reference, current) = (tally(reference, column), tally(current, column));
    let rows = |tally: &Tally| tally.counts.values().sum::<u64>();
    for (tally, wanted) in [(&reference, &expected["ref"]), (&current, &expected["cur"])] {
        oracle.equal("rows", rows(tally) + tally.nulls, &wanted["rows"]);
        oracle.equal("nulls", tally.nulls, &wanted["nulls"]);
    }
    let table = Contingency::of(&reference, &current);
    if rows(&reference).min(rows(&current)) < 2 {
        oracle.refused("refused", &table.chi_square());
        oracle.refused("refused", &table.cramers_v());
        oracle.refused("refused", &table.cramers_v_corrected());
        oracle.refused("refused", &table.distances());
        return;
    }
    let counts: Map<String, Value> = table
        .categories
        .iter()
        .map(|category| {
            (
                category.name.clone(),
                vec![category.reference, category.current].into(),
            )
        })
        .collect();
    oracle.equal("counts", counts, &expected["counts"]);
    let unseen: Vec<_> = table
        .unseen()
        .map(|category| category.name.as_str())
        .collect();
    let missing: Vec<_> = table
        .missing()
        .map(|category| category.name.as_str())
        .collect();
    oracle.equal("unseen_in_ref", unseen, &expected["unseen_in_ref"]);
    oracle.equal("missing_in_cur", missing, &expected["missing_in_cur"]);
    let (test, wanted) = (table.chi_square().unwrap(), &expected["chi2_contingency"]);
    oracle.near("chi2_contingency.stat", test.statistic, &wanted["stat"]);
    oracle.probability("chi2_contingency.p", test.p, &wanted["p"]);
    oracle.equal("chi2_contingency.dof", test.degrees, &wanted["dof"]);
    for (what, found) in [
        ("cramers_v", table.cramers_v()),
        ("cramers_v_bias_corrected", table.cramers_v_corrected()),
    ] {
        match (found, expected.get(what)) {
            (Ok(found), Some(wanted)) => oracle.root(what, found, wanted),
            (found, wanted) => {
                let is_right = found == Err(NotEnough::OneCategory) && wanted.is_none();
                oracle.check(
                    "refused with one category",
                    is_right,
                    &found,
                    &wanted.cloned().into(),
                );
            }
        }
    }
    distances(oracle, &table.distances().unwrap(), &expected["dist"]);
}

/// The cells as they are in the file, so that NaN is told from null.
fn sample(table: Option<&Table>, column: &str) -> Sample {
    let Some(table) = table else {
        return Sample::default();
    };
    match table.cells(column, "column").unwrap() {
        Cells::Real(cells) => cells.iter().collect(),
        Cells::Whole(cells) => cells
            .iter()
            .map(|cell| cell.map(|cell| cell as f64))
            .collect(),
        cells => panic!("{column} is {cells:?}"),
    }
}

/// The cells as they are in the file: here `null` and the empty text are names.
fn tally(table: Option<&Table>, column: &str) -> Tally {
    let Some(table) = table else {
        return Tally::default();
    };
    match table.cells(column, "column").unwrap() {
        Cells::Text(cells) => cells.iter().collect(),
        Cells::Flag(cells) => cells
            .iter()
            .map(|cell| cell.map(|cell| cell.to_string()))
            .collect(),
        cells => panic!("{column} is {cells:?}"),
    }
}
