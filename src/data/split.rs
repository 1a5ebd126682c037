//! Which rows train, which choose and which judge.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::{
    Error, Plan, Table,
    inspect::{FEWEST_ROWS, GoalKind, rows_with_target},
    target::Aim,
};
use crate::domain::presets::{Preset, SplitKind};

/// The stream of the seed's generator that shuffles rows into parts; other purposes have their own.
const STREAM: u64 = 1;

/// Row numbers of each part, from 0, ascending; in the order of time when split by time. No row stands in two parts, and
/// every row with a target stands in one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    pub train: Vec<u32>,
    pub validation: Vec<u32>,
    pub test: Vec<u32>,
}

/// Divides the rows that have a target. The seed decides; by time it has nothing to decide.
///
/// # Errors
/// Shares that leave a part empty, too few rows or groups, a `split.by` that is not there or holds no times; a number to
/// predict that is the same in all training rows.
pub fn split(table: &Table, plan: &Plan, preset: &Preset, seed: u64) -> Result<Parts, Error> {
    let parts = divide(table, plan, preset, seed)?;
    Aim::fit(table, plan, &parts.train)?;
    Ok(parts)
}

fn divide(table: &Table, plan: &Plan, preset: &Preset, seed: u64) -> Result<Parts, Error> {
    let shares = Shares::of(preset)?;
    let rows = rows_with_target(table, plan)?;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(STREAM);
    let by = preset.split.by.as_deref();
    let mut parts = match (preset.split.kind, &plan.target.kind) {
        (SplitKind::Random, _) | (SplitKind::Auto, GoalKind::Numbers) => {
            at_random(rows, shares, &mut random)?
        }
        (SplitKind::Auto | SplitKind::Stratified, GoalKind::Classes(classes)) => {
            let cells = table.cells(&plan.target.name, "target")?;
            let places: HashMap<&str, usize> = (0..)
                .zip(classes)
                .map(|(place, class)| (class.as_str(), place))
                .collect();
            let mut by_class = vec![vec![]; classes.len()];
            for row in rows {
                let class = cells.text(row as usize).unwrap_or_default();
                if let Some(place) = places.get(class.as_ref()) {
                    by_class[*place].push(row);
                }
            }
            stratified(by_class, shares, &mut random)?
        }
        (SplitKind::Stratified, GoalKind::Numbers) => {
            return Err(Error::SplitNeeds {
                kind: SplitKind::Stratified,
                needs: "classes: use random, group or time for task = \"regression\"",
            });
        }
        (SplitKind::Group, _) => {
            let Some(by) = by else {
                return Err(Error::SplitNeeds {
                    kind: SplitKind::Group,
                    needs: "split.by, the column of groups",
                });
            };
            let cells = table.cells(by, "split.by")?;
            // Rows without a group are one group: that is the careful reading.
            let mut groups: BTreeMap<Option<String>, Vec<u32>> = BTreeMap::new();
            for row in rows {
                let group = cells.text(row as usize).map(Cow::into_owned);
                groups.entry(group).or_default().push(row);
            }
            by_group(by, groups.into_values().collect(), shares, &mut random)?
        }
        (SplitKind::Time, _) => {
            let rows = match by {
                Some(by) => in_time(table, by, rows)?,
                None => rows,
            };
            return in_order(rows, shares);
        }
    };
    for part in [&mut parts.train, &mut parts.validation, &mut parts.test] {
        part.sort_unstable();
    }
    Ok(parts)
}

#[derive(Clone, Copy, Debug)]
struct Shares {
    validation: f64,
    test: f64,
}

impl Shares {
    fn of(preset: &Preset) -> Result<Self, Error> {
        let (validation, test) = (preset.split.validation, preset.split.test);
        // Not a NaN either.
        if 0.0 < validation && 0.0 < test && validation + test <= 0.9 {
            Ok(Self { validation, test })
        } else {
            Err(Error::Shares { validation, test })
        }
    }

    fn train(self) -> f64 {
        1.0 - self.validation - self.test
    }

    /// Rows of validation and test out of `rows`: rounded, but at least one each.
    fn sizes(self, rows: usize) -> (usize, usize) {
        let size = |share: f64| ((rows as f64 * share).round() as usize).max(1);
        (size(self.validation), size(self.test))
    }

    fn smallest(self) -> f64 {
        self.train().min(self.validation).min(self.test)
    }
}

fn at_random(mut rows: Vec<u32>, shares: Shares, random: &mut ChaCha8Rng) -> Result<Parts, Error> {
    rows.shuffle(random);
    in_order(rows, shares)
}

/// The last rows are the test, those before them the validation.
fn in_order(mut rows: Vec<u32>, shares: Shares) -> Result<Parts, Error> {
    let (validation, test) = shares.sizes(rows.len());
    let Some(train) = rows
        .len()
        .checked_sub(validation + test)
        .filter(|train| 0 < *train)
    else {
        let fits = |rows: &usize| {
            let (validation, test) = shares.sizes(*rows);
            validation + test < *rows
        };
        return Err(Error::TooFewRows {
            found: rows.len(),
            // A training share of at least a tenth leaves a row over before long.
            needed: (FEWEST_ROWS..).find(fits).unwrap_or(FEWEST_ROWS),
        });
    };
    let test = rows.split_off(train + validation);
    let validation = rows.split_off(train);
    Ok(Parts {
        train: rows,
        validation,
        test,
    })
}

/// Every class gives each part its share, rounded up or down. Which way is decided so that the parts as wholes come out
/// right too, and so that training sees each class.
fn stratified(
    by_class: Vec<Vec<u32>>,
    shares: Shares,
    random: &mut ChaCha8Rng,
) -> Result<Parts, Error> {
    let shares_of = [shares.train(), shares.validation, shares.test];
    let mut parts: [Vec<u32>; 3] = Default::default();
    let found: usize = by_class.iter().map(Vec::len).sum();
    let mut wanted = [0.0; 3];
    for mut rows in by_class {
        rows.shuffle(random);
        let exact = shares_of.map(|share| share * rows.len() as f64);
        let mut counts = exact.map(|count| count.floor() as usize);
        for (wanted, exact) in wanted.iter_mut().zip(exact) {
            *wanted += exact;
        }
        // What rounding down left over goes, a row each, to the parts that are furthest behind.
        let left = rows.len() - counts.iter().sum::<usize>();
        let behind = |part: usize| {
            let is_untaught = part == 0 && counts[0] == 0;
            let rows = wanted[part] - (parts[part].len() + counts[part]) as f64;
            (is_untaught, rows)
        };
        let mut order = [0, 1, 2].map(|part| (behind(part), part));
        order.sort_by(|(a, _), (b, _)| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)));
        for (_, part) in order.into_iter().take(left) {
            counts[part] += 1;
        }
        let mut rows = rows.into_iter();
        for (part, count) in parts.iter_mut().zip(counts) {
            part.extend(rows.by_ref().take(count));
        }
    }
    let needed = (2.0 / shares.smallest()).ceil() as usize;
    whole(parts).ok_or(Error::TooFewRows {
        found,
        needed: needed.max(found + 1),
    })
}

/// Groups, the largest first, go to the part that lacks most rows; the last ones fill parts that are still empty.
fn by_group(
    column: &str,
    mut groups: Vec<Vec<u32>>,
    shares: Shares,
    random: &mut ChaCha8Rng,
) -> Result<Parts, Error> {
    let found = groups.len();
    let rows = groups.iter().map(Vec::len).sum::<usize>() as f64;
    let wanted = [shares.train(), shares.validation, shares.test].map(|share| share * rows);
    groups.shuffle(random);
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let mut parts: [Vec<u32>; 3] = Default::default();
    for (taken, group) in groups.into_iter().enumerate() {
        let empty = parts.iter().filter(|part| part.is_empty()).count();
        let must_fill = found - taken <= empty;
        let lacks = |part: usize| wanted[part] - parts[part].len() as f64;
        let part = (0..3)
            .filter(|part| !must_fill || parts[*part].is_empty())
            .max_by(|a, b| lacks(*a).total_cmp(&lacks(*b)).then(b.cmp(a)));
        parts[part.unwrap_or_default()].extend(group);
    }
    whole(parts).ok_or_else(|| Error::TooFewGroups {
        column: column.to_owned(),
        found,
    })
}

fn whole([train, validation, test]: [Vec<u32>; 3]) -> Option<Parts> {
    let is_whole = !train.is_empty() && !validation.is_empty() && !test.is_empty();
    is_whole.then_some(Parts {
        train,
        validation,
        test,
    })
}

/// The rows by the time or number in a column; rows of the same time keep their order.
fn in_time(table: &Table, by: &str, rows: Vec<u32>) -> Result<Vec<u32>, Error> {
    let cells = table.cells(by, "split.by")?;
    // One or the other: a date among numbers has no place in their order.
    let is_dated = rows.iter().all(|row| cells.moment(*row as usize).is_ok());
    let time = |at| match is_dated {
        true => Some(cells.moment(at).ok()?? as f64),
        false => cells.number(at).ok()?,
    };
    let mut timed = rows
        .into_iter()
        .map(|row| {
            let at = row as usize;
            let time = time(at).ok_or_else(|| Error::NoTime {
                column: by.to_owned(),
                row: at + 1,
            })?;
            Ok((time, row))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    timed.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(timed.into_iter().map(|(_, row)| row).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::data::{
        inspect,
        tests::{preset, table},
    };

    /// A table with a class of each row's number and with further cells, and its parts.
    fn parts(csv: &str, task: &str, more: &str, seed: u64) -> Result<Parts, Error> {
        let (table, preset) = (table(csv), preset(task, "y", more));
        let plan = inspect(&table, &preset)?;
        split(&table, &plan, &preset, seed)
    }

    fn classes(classes: &[usize]) -> String {
        let mut csv = "x,y\n".to_owned();
        for (row, class) in classes.iter().enumerate() {
            csv += &format!("{}.5,c{class}\n", row * 13 % 17);
        }
        csv
    }

    fn all(parts: &Parts) -> Vec<u32> {
        let mut all = [&parts.train[..], &parts.validation, &parts.test].concat();
        all.sort_unstable();
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn parts_share_no_row_and_leave_none_out(rows in 12usize..200, kind in prop::sample::select(vec!["auto", "random", "group", "time"]), validation in 0.05..0.45, test in 0.05..0.45, seed in any::<u64>()) {
            let mut csv = "x,g,y\n".to_owned();
            for row in 0..rows {
                csv += &format!("{},g{},{}\n", row * 7 % 13, row % 5, row * 3 % 19);
            }
            let more = format!("split = {{ kind = {kind:?}, validation = {validation}, test = {test}, by = \"g\" }}");
            let more = if kind == "group" { more } else { more.replace(", by = \"g\"", "") };
            let parts = parts(&csv, "regression", &more, seed).unwrap();
            prop_assert_eq!(all(&parts), (0..rows as u32).collect::<Vec<_>>());
            for part in [&parts.train, &parts.validation, &parts.test] {
                prop_assert!(!part.is_empty() && part.is_sorted());
            }
            if kind != "group" {
                let exact = |share: f64| share * rows as f64;
                prop_assert!(f64::abs(parts.validation.len() as f64 - exact(validation)) <= 1.0);
                prop_assert!(f64::abs(parts.test.len() as f64 - exact(test)) <= 1.0);
            }
        }

        #[test]
        fn each_class_keeps_its_share_within_a_row(of in prop::collection::vec(0usize..5, 40..200), validation in 0.05..0.45, test in 0.05..0.45, seed in any::<u64>()) {
            prop_assume!(of.iter().any(|class| *class != of[0]));
            let more = format!("split = {{ validation = {validation}, test = {test} }}");
            let parts = parts(&classes(&of), "classification", &more, seed).unwrap();
            prop_assert_eq!(all(&parts), (0..of.len() as u32).collect::<Vec<_>>());
            for class in 0..5 {
                let count = |rows: &[u32]| rows.iter().filter(|row| of[**row as usize] == class).count() as f64;
                let total = of.iter().filter(|is| **is == class).count() as f64;
                for (rows, share) in [(&parts.train, 1.0 - validation - test), (&parts.validation, validation), (&parts.test, test)] {
                    prop_assert!(f64::abs(count(rows) - total * share) < 1.0, "class {class}: {} of {total} at {share}", count(rows));
                }
                prop_assert!(total == 0.0 || 0.0 < count(&parts.train));
            }
        }

        #[test]
        fn no_group_stands_in_two_parts(of in prop::collection::vec(0usize..12, 20..150), seed in any::<u64>()) {
            let groups: std::collections::HashSet<_> = of.iter().collect();
            let mut csv = "x,g,y\n".to_owned();
            for (row, group) in of.iter().enumerate() {
                let group = if *group == 0 { String::new() } else { format!("g{group}") };
                csv += &format!("{},{group},{}\n", row % 7, row % 11);
            }
            let parts = parts(&csv, "regression", "split = { kind = \"group\", by = \"g\" }", seed);
            prop_assume!(3 <= groups.len());
            let parts = parts.unwrap();
            let groups = |rows: &[u32]| rows.iter().map(|row| of[*row as usize]).collect::<std::collections::HashSet<_>>();
            let (train, validation, test) = (groups(&parts.train), groups(&parts.validation), groups(&parts.test));
            prop_assert!(train.is_disjoint(&validation) && train.is_disjoint(&test) && validation.is_disjoint(&test));
        }
    }

    #[test]
    fn by_time_the_last_rows_are_the_test() {
        let mut csv = "x,at,y\n".to_owned();
        for row in 0..20 {
            // Later rows are earlier days.
            csv += &format!("{},2026-03-{:02},{}\n", row % 3, 28 - row, row % 7);
        }
        let more = "split = { kind = \"time\", by = \"at\", validation = 0.1, test = 0.2 }";
        let by_day = parts(&csv, "regression", more, 1).unwrap();
        assert_eq!(by_day.test, [3, 2, 1, 0]);
        assert_eq!(by_day.validation, [5, 4]);
        let more = "split = { kind = \"time\", validation = 0.1, test = 0.2 }";
        let by_row = parts(&csv, "regression", more, 1).unwrap();
        assert_eq!(by_row.test, [16, 17, 18, 19]);
        assert_eq!(by_row.validation, [14, 15]);
    }

    #[test]
    fn rows_without_a_target_are_in_no_part() {
        let mut csv = "x,y\n0,\n".to_owned();
        for row in 1..16 {
            csv += &format!("{row},{}\n", ["a", "b"][row % 2]);
        }
        let parts = parts(&csv, "classification", "", 1).unwrap();
        assert_eq!(all(&parts), (1..16).collect::<Vec<u32>>());
    }

    #[test]
    fn a_split_that_cannot_be_made_says_why() {
        let ten = classes(&[0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
        let cases = [
            (
                ten.as_str(),
                "split.validation = 0.0",
                "split.validation is 0 and split.test is 0.15: both must be above 0",
            ),
            (&ten, "split.test = 0.8", "together at most 0.9"),
            (&ten, "split.test = nan", "split.test is NaN"),
            (
                &ten,
                "split = { kind = \"group\" }",
                "split.kind = \"group\" needs split.by",
            ),
            (
                &ten,
                "split = { kind = \"group\", by = \"y\" }",
                "column 'y' holds 2 groups, too few",
            ),
            (
                &ten,
                "split = { kind = \"random\", test = 0.89, validation = 0.01 }",
                "10 rows with a target are too few for three parts: at least 14 are needed",
            ),
            (
                &ten,
                "split = { test = 0.01, validation = 0.01 }",
                "10 rows with a target are too few for three parts: at least 200 are needed",
            ),
            (
                "x,t,y\n1,2026-01-01,a\n2,,b\n3,2026-01-03,a\n",
                "split = { kind = \"time\", by = \"t\" }",
                "row 2 of column 't' has no time",
            ),
        ];
        for (csv, more, expected) in cases {
            let error = parts(csv, "classification", more, 1).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
        let mixed = "x,t,y\n1,2026-01-01,a\n2,7,b\n3,2026-01-03,a\n4,8,b\n";
        let by = "features.exclude = [\"t\"]\nsplit = { kind = \"time\", by = \"t\" }";
        let error = parts(mixed, "classification", by, 1).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("row 1 of column 't' has no time"),
            "{error}"
        );
        let numbers = "x,y\n1,1\n2,2\n3,4\n4,9\n";
        let error = parts(numbers, "regression", "split.kind = \"stratified\"", 1).unwrap_err();
        assert!(
            error.to_string().contains("\"stratified\" needs classes"),
            "{error}"
        );
    }
}
