//! Laws of the statistics, over samples with ties, and over rubbish.

use proptest::{collection::vec, prelude::*};

use super::*;

fn sample(values: &[f64]) -> Sample {
    values.iter().copied().map(Some).collect()
}

fn tally(names: &[u8]) -> Tally {
    names.iter().map(|name| Some(name.to_string())).collect()
}

/// Whole numbers, so that there are ties and nothing is rounded.
fn whole() -> impl Strategy<Value = Vec<f64>> {
    vec((-20..20).prop_map(f64::from), 2..60)
}

fn rubbish() -> impl Strategy<Value = Vec<Option<f64>>> {
    let special = [
        f64::MAX,
        f64::MIN,
        5e-324,
        -0.0,
        f64::INFINITY,
        f64::NAN,
        1e300,
        1.0,
    ];
    let cell = prop_oneof![
        any::<f64>(),
        prop::sample::select(special.to_vec()),
        (-3..3).prop_map(f64::from)
    ];
    vec(prop::option::weighted(0.9, cell), 0..40)
}

fn names() -> impl Strategy<Value = Vec<u8>> {
    vec(0..9_u8, 2..60)
}

fn near(left: f64, right: f64) -> bool {
    (left - right).abs() <= 1e-12 * (1.0 + left.abs().max(right.abs()))
}

#[test]
fn too_little_is_a_verdict_that_says_of_which_side() {
    let (none, one, two) = (sample(&[]), sample(&[1.0]), sample(&[1.0, 2.0]));
    let gaps: Sample = [None, Some(f64::NAN), Some(f64::INFINITY), Some(1.0)]
        .into_iter()
        .collect();
    for (reference, current, wanted) in [
        (&none, &two, NotEnough::Reference { found: 0 }),
        (&one, &two, NotEnough::Reference { found: 1 }),
        (&gaps, &two, NotEnough::Reference { found: 1 }),
        (&two, &one, NotEnough::Current { found: 1 }),
        (&one, &none, NotEnough::Reference { found: 1 }),
    ] {
        assert_eq!(kolmogorov_smirnov(reference, current), Err(wanted));
        assert_eq!(mann_whitney(reference, current), Err(wanted));
        assert_eq!(wasserstein(reference, current), Err(wanted));
        let widths = Bins::of_equal_width(reference, 10);
        assert_eq!(
            widths.and_then(|bins| bins.compare(reference, current)),
            Err(wanted)
        );
        let counts = Bins::of_equal_count(reference, 10);
        let counts = counts.and_then(|bins| bins.compare(reference, current));
        let of_one_bin = matches!(wanted, NotEnough::Current { .. });
        assert!(counts == Err(wanted) || (of_one_bin && counts == Err(NotEnough::OneBin)));
    }
    assert_eq!(none.summary(), None);
    assert_eq!(one.summary().unwrap().sample_deviation, None);
}

#[test]
fn a_column_of_two_values_is_not_called_stable_by_bins_that_cannot_tell_them_apart() {
    let constant = sample(&[1.0; 40]);
    let other = sample(&[2.0; 40]);
    let bins = Bins::of_equal_count(&constant, 10).unwrap();
    assert_eq!(bins.compare(&constant, &other), Err(NotEnough::OneBin));
    let flags = sample(&[vec![0.0; 28], vec![1.0; 32]].concat());
    let bins = Bins::of_equal_count(&flags, 10).unwrap();
    assert_eq!(bins.compare(&flags, &constant), Err(NotEnough::OneBin));
    let widths = Bins::of_equal_width(&constant, 10).unwrap();
    let apart = widths.compare(&constant, &other).unwrap().distances;
    assert_eq!((apart.total_variation, apart.jensen_shannon), (1.0, 1.0));
}

#[test]
fn edges_that_would_fall_together_are_no_bins() {
    let huge = sample(&[1e300; 5]);
    assert_eq!(Bins::of_equal_width(&huge, 10), Err(NotEnough::TooNarrow));
    let least = sample(&[0.0, 5e-324]);
    assert_eq!(Bins::of_equal_width(&least, 10), Err(NotEnough::TooNarrow));
}

#[test]
fn association_is_refused_where_there_is_nothing_to_associate() {
    let of = |left: &[u8], right: &[u8]| Contingency::of(&tally(left), &tally(right));
    let constant = of(&[1, 1], &[1, 1, 1]);
    assert_eq!(constant.cramers_v(), Err(NotEnough::OneCategory));
    assert_eq!(constant.cramers_v_corrected(), Err(NotEnough::OneCategory));
    let test = constant.chi_square().unwrap();
    assert_eq!((test.statistic, test.degrees, test.p), (0.0, 0, 1.0));
    let ids = of(&[1, 2], &[3, 4]);
    assert_eq!(ids.cramers_v(), Ok(1.0));
    assert_eq!(ids.cramers_v_corrected(), Err(NotEnough::NoRepeats));
    let short = of(&[1], &[1, 2]);
    assert_eq!(short.chi_square(), Err(NotEnough::Reference { found: 1 }));
}

#[test]
fn names_counted_zero_times_are_no_categories() {
    let mut with_none = tally(&[1, 1, 2]);
    with_none.counts.insert("gone".to_owned(), 0);
    let other = tally(&[1, 2, 2]);
    assert_eq!(
        Contingency::of(&with_none, &other),
        Contingency::of(&tally(&[1, 1, 2]), &other)
    );
}

#[test]
fn deviations_neither_overflow_nor_vanish_at_the_ends_of_the_numbers() {
    for scale in [1e300, 1.0, 1e-300, 2f64.powi(-1_060)] {
        let summary = sample(&[scale, 2.0 * scale, 3.0 * scale])
            .summary()
            .unwrap();
        assert!(near(summary.mean / scale, 2.0), "{scale:e}: {summary:?}");
        let deviation = summary.sample_deviation.unwrap() / scale;
        assert!((deviation - 1.0).abs() < 1e-3, "{scale:e}: {summary:?}");
    }
    let constant = sample(&[0.1; 37]).summary().unwrap();
    assert_eq!((constant.mean, constant.deviation), (0.1, 0.0));
}

proptest! {
    #[test]
    fn a_sample_is_as_far_from_itself_as_nothing(values in whole()) {
        let values = sample(&values);
        let ks = kolmogorov_smirnov(&values, &values).unwrap();
        prop_assert_eq!((ks.statistic, ks.p), (0.0, 1.0));
        let test = mann_whitney(&values, &values).unwrap();
        prop_assert_eq!((test.superiority, test.p), (0.5, 1.0));
        prop_assert_eq!(wasserstein(&values, &values).unwrap(), 0.0);
        let apart = Bins::of_equal_width(&values, 10).unwrap().compare(&values, &values).unwrap().distances;
        prop_assert_eq!((apart.total_variation, apart.hellinger, apart.jensen_shannon, apart.psi), (0.0, 0.0, 0.0, 0.0));
    }

    #[test]
    fn which_sample_is_first_does_not_matter(left in whole(), right in whole()) {
        let (left, right) = (sample(&left), sample(&right));
        let (one, other) = (kolmogorov_smirnov(&left, &right).unwrap(), kolmogorov_smirnov(&right, &left).unwrap());
        prop_assert_eq!(one, other);
        let (one, other) = (mann_whitney(&left, &right).unwrap(), mann_whitney(&right, &left).unwrap());
        prop_assert_eq!(one.p, other.p);
        prop_assert!(near(one.superiority + other.superiority, 1.0));
        prop_assert_eq!(wasserstein(&left, &right), wasserstein(&right, &left));
    }

    #[test]
    fn distances_and_tests_of_categories_are_symmetric(left in names(), right in names()) {
        let (left, right) = (tally(&left), tally(&right));
        let (one, other) = (Contingency::of(&left, &right), Contingency::of(&right, &left));
        prop_assert!(near(one.chi_square().unwrap().statistic, other.chi_square().unwrap().statistic));
        let (one, other) = (one.distances().unwrap(), other.distances().unwrap());
        prop_assert!(near(one.jensen_shannon, other.jensen_shannon));
        prop_assert_eq!((one.total_variation, one.largest), (other.total_variation, other.largest));
        prop_assert!(near(one.hellinger, other.hellinger) && near(one.psi, other.psi));
    }

    #[test]
    fn the_order_of_rows_does_not_matter(values in whole().prop_shuffle(), names in names()) {
        let backwards: Vec<f64> = values.iter().rev().copied().collect();
        prop_assert_eq!(sample(&values).summary(), sample(&backwards).summary());
        let backwards: Vec<u8> = names.iter().rev().copied().collect();
        prop_assert_eq!(tally(&names), tally(&backwards));
    }

    #[test]
    fn what_only_looks_at_order_is_blind_to_monotone_transforms(left in whole(), right in whole()) {
        let cubed = |values: &[f64]| sample(&values.iter().map(|value| value.powi(3) + 7.0).collect::<Vec<_>>());
        let (before, after) = ((sample(&left), sample(&right)), (cubed(&left), cubed(&right)));
        let (one, other) = (kolmogorov_smirnov(&before.0, &before.1).unwrap(), kolmogorov_smirnov(&after.0, &after.1).unwrap());
        prop_assert_eq!((one.statistic, one.p, one.at.powi(3) + 7.0), (other.statistic, other.p, other.at));
        prop_assert_eq!(mann_whitney(&before.0, &before.1), mann_whitney(&after.0, &after.1));
    }

    #[test]
    fn the_widest_gap_is_where_it_is_said_to_be(left in whole(), right in whole()) {
        let below = |values: &[f64], at: f64| values.iter().filter(|value| **value <= at).count() as f64 / values.len() as f64;
        let gap = |at: f64| (below(&left, at) - below(&right, at)).abs();
        let ks = kolmogorov_smirnov(&sample(&left), &sample(&right)).unwrap();
        prop_assert!(near(gap(ks.at), ks.statistic));
        prop_assert!(left.iter().chain(&right).all(|at| gap(*at) <= ks.statistic + 1e-12));
    }

    #[test]
    fn wins_are_counted_as_if_every_pair_was_looked_at(left in whole(), right in whole()) {
        let win = |left: f64, right: f64| if right < left { 1.0 } else if left < right { 0.0 } else { 0.5 };
        let wins: f64 = left.iter().flat_map(|left| right.iter().map(move |right| win(*left, *right))).sum();
        prop_assert_eq!(mann_whitney(&sample(&left), &sample(&right)).unwrap().statistic, wins);
    }

    #[test]
    fn a_shift_is_as_far_as_it_shifts(values in whole(), shift in -50..50_i32) {
        let shifted: Vec<f64> = values.iter().map(|value| value + f64::from(shift)).collect();
        let distance = wasserstein(&sample(&values), &sample(&shifted)).unwrap();
        prop_assert!(near(distance, f64::from(shift.abs())));
    }

    #[test]
    fn samples_of_one_size_are_as_far_apart_as_their_values_in_order(pairs in vec((-20..20_i32, -20..20_i32), 2..60)) {
        let (left, right): (Vec<f64>, Vec<f64>) = pairs.iter().map(|(left, right)| (f64::from(*left), f64::from(*right))).unzip();
        let (left, right) = (sample(&left), sample(&right));
        let moved: f64 = left.values().iter().zip(right.values()).map(|(left, right)| (left - right).abs()).sum();
        prop_assert!(near(wasserstein(&left, &right).unwrap(), moved / pairs.len() as f64));
    }

    #[test]
    fn no_detour_is_a_short_cut(one in whole(), two in whole(), three in whole()) {
        let (one, two, three) = (sample(&one), sample(&two), sample(&three));
        let way = |from: &Sample, to: &Sample| wasserstein(from, to).unwrap();
        prop_assert!(way(&one, &three) <= way(&one, &two) + way(&two, &three) + 1e-9);
        let bins = Bins::of_equal_width(&one, 10).unwrap();
        let way = |from: &Sample, to: &Sample| bins.clone().compare(from, to).unwrap().distances;
        let (direct, first, second) = (way(&one, &three), way(&one, &two), way(&two, &three));
        prop_assert!(direct.jensen_shannon <= first.jensen_shannon + second.jensen_shannon + 1e-9);
        prop_assert!(direct.hellinger <= first.hellinger + second.hellinger + 1e-9);
        prop_assert!(direct.total_variation <= first.total_variation + second.total_variation + 1e-9);
    }

    #[test]
    fn counts_of_two_parts_add_up_to_those_of_the_whole(one in whole(), two in whole(), over in whole()) {
        let over = sample(&over);
        for bins in [Bins::of_equal_count(&over, 10).unwrap(), Bins::of_equal_width(&over, 7).unwrap()] {
            let whole = bins.count(&sample(&[one.clone(), two.clone()].concat()));
            let parts: Vec<u64> = bins.count(&sample(&one)).iter().zip(bins.count(&sample(&two))).map(|(one, two)| one + two).collect();
            prop_assert_eq!(&whole, &parts);
            prop_assert_eq!(whole.iter().sum::<u64>(), (one.len() + two.len()) as u64);
        }
    }

    #[test]
    fn ten_times_the_rows_are_ten_times_the_evidence_and_no_more_association(left in names(), right in names()) {
        let many = |names: &[u8]| tally(&names.repeat(10));
        let (few, many) = (Contingency::of(&tally(&left), &tally(&right)), Contingency::of(&many(&left), &many(&right)));
        prop_assert!(near(10.0 * few.chi_square().unwrap().statistic, many.chi_square().unwrap().statistic));
        prop_assert!(many.chi_square().unwrap().p <= few.chi_square().unwrap().p + 1e-12);
        if let (Ok(few), Ok(many)) = (few.cramers_v(), many.cramers_v()) {
            prop_assert!(near(few, many));
        }
        prop_assert!(near(few.distances().unwrap().jensen_shannon, many.distances().unwrap().jensen_shannon));
    }

    #[test]
    fn quantiles_rise_and_stay_in_the_range(values in whole(), levels in vec(0.0..1.0_f64, 2)) {
        let values = sample(&values);
        let (low, high) = values.range().unwrap();
        let at = |level: f64| values.quantile(level).unwrap();
        prop_assert_eq!((at(0.0), at(1.0)), (low, high));
        let (first, second) = (levels[0].min(levels[1]), levels[0].max(levels[1]));
        prop_assert!(low <= at(first) && at(first) <= at(second) && at(second) <= high);
    }

    #[test]
    fn rubbish_makes_no_panic_and_no_impossible_number(left in rubbish(), right in rubbish()) {
        let (left, right): (Sample, Sample) = (left.into_iter().collect(), right.into_iter().collect());
        let share = |value: f64| (0.0..=1.0).contains(&value);
        if let Some(summary) = left.summary() {
            prop_assert!(summary.min <= summary.mean && summary.mean <= summary.max, "{:?}", summary);
            prop_assert!(0.0 <= summary.deviation && summary.deviation.is_finite(), "{:?}", summary);
            prop_assert!(summary.quantiles.is_sorted(), "{:?}", summary);
        }
        if let Ok(ks) = kolmogorov_smirnov(&left, &right) {
            prop_assert!(share(ks.statistic) && share(ks.p) && ks.at.is_finite(), "{:?}", ks);
        }
        if let Ok(test) = mann_whitney(&left, &right) {
            prop_assert!(share(test.superiority) && share(test.p), "{:?}", test);
        }
        if let Ok(distance) = wasserstein(&left, &right) {
            prop_assert!(0.0 <= distance, "{}", distance);
        }
        for bins in [Bins::of_equal_count(&left, 10), Bins::of_equal_width(&left, 10)] {
            let Ok(binned) = bins.and_then(|bins| bins.compare(&left, &right)) else { continue };
            prop_assert!(binned.bins.edges().is_sorted_by(|one, two| one < two), "{:?}", binned);
            prop_assert_eq!(binned.reference.iter().sum::<u64>(), left.count());
            let found = binned.distances;
            prop_assert!(share(found.total_variation) && share(found.largest) && share(found.hellinger) && share(found.jensen_shannon), "{:?}", found);
            prop_assert!(0.0 <= found.psi && found.psi.is_finite(), "{:?}", found);
        }
    }
}
