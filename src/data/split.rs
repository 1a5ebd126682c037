//! Which rows train, which choose and which judge.

use std::collections::{BTreeMap, HashMap};

use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::{
    Error, Plan, Table,
    inspect::{FEWEST_ROWS, GoalKind, rows_with_target},
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
/// Shares that leave a part empty, too few rows or groups, a `split.by` that is not there or holds no times.
pub fn split(table: &Table, plan: &Plan, preset: &Preset, seed: u64) -> Result<Parts, Error> {
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
                let group = cells.text(row as usize).map(|group| group.into_owned());
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
    let mut timed = rows
        .into_iter()
        .map(|row| {
            let at = row as usize;
            let time = match cells.moment(at) {
                Ok(moment) => moment.map(|micros| micros as f64),
                Err(_) => cells.number(at).ok().flatten(),
            };
            let time = time.ok_or_else(|| Error::NoTime {
                column: by.to_owned(),
                row: at + 1,
            })?;
            Ok((time, row))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    timed.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(timed.into_iter().map(|(_, row)| row).collect())
}
