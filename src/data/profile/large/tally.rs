//! What is counted of a table in a second look at it.

use std::collections::{BTreeMap, HashMap, HashSet};

use rand::{Rng as _, SeedableRng as _};
use rayon::prelude::*;

use super::{Shapes, Types};
use crate::{
    data::{
        Table,
        cells::{Cells, parse_number},
        profile::{
            Category, Column, Distinct, FEWEST_IDS, Histogram, Kind, LONGEST_NAME, MOST_BINS,
            MOST_NAMED, Numbers, Profile, Quantile, sample, span, wholes,
        },
        rows,
    },
    domain::text::shortened,
    stats::{Bins, LEVELS, Missing, Sample},
};

/// Numbers kept of all columns together: half of them as samples, half to tell which differ.
const MOST_KEPT: usize = 8 << 20;
/// Bytes kept of the texts of all columns together.
const MOST_TEXT: usize = 48 << 20;
/// A table of more rows is not looked through for rows that come again: each is remembered in 16 bytes.
const MOST_ROWS: usize = 4 << 20;

/// All columns, as far as they were looked at.
pub(super) struct Tallies {
    types: Types,
    columns: Vec<(String, Tally)>,
    places: HashMap<String, usize>,
    rows: usize,
    /// Of each row; none once there are too many.
    identities: Option<Vec<u128>>,
}

impl Tallies {
    pub fn new(shapes: Shapes) -> Self {
        let share = shapes.columns.len().max(1);
        let columns = shapes.columns.into_iter().map(|(name, shape)| {
            let tally = Tally {
                kind: shape.kind,
                rows: 0,
                missing: Missing::default(),
                numbers: shape
                    .range
                    .filter(|_| shape.kind.is_number())
                    .map(|range| Tallied::new(range, MOST_KEPT / 2 / share)),
                texts: Counted::new(MOST_TEXT / share),
            };
            (name, tally)
        });
        Self {
            types: shapes.types,
            columns: columns.collect(),
            places: shapes.places,
            rows: 0,
            identities: Some(vec![]),
        }
    }

    pub fn add(&mut self, table: &Table) {
        let rows = table.rows();
        let all = table.all_cells();
        let names = table.columns();
        let cells: HashMap<usize, &Cells> = names
            .iter()
            .zip(&all)
            .filter_map(|(name, cells)| Some((*self.places.get(*name)?, cells)))
            .collect();
        self.columns
            .par_iter_mut()
            .enumerate()
            .for_each(|(at, (_, tally))| {
                match cells.get(&at) {
                    Some(cells) => tally.add(cells, rows),
                    // Lines of objects need not name what they do not have.
                    None => tally.lacks(rows),
                }
            });
        self.rows += rows;
        match &mut self.identities {
            Some(known) if self.rows <= MOST_ROWS => {
                // In one order, whatever order the names of a piece are in.
                let ordered: Vec<Cells> = (self.columns.par_iter().enumerate())
                    .map(|(at, (_, tally))| match cells.get(&at) {
                        Some(cells) if self.types == Types::Told => alike(cells, tally.kind, rows),
                        Some(cells) => (*cells).clone(),
                        None => Cells::Nothing,
                    })
                    .collect();
                known.extend(rows::identities(&ordered, rows));
            }
            identities => *identities = None,
        }
    }

    pub fn finish(self) -> Profile {
        Profile {
            rows: self.rows as u64,
            repeated_rows: self.identities.map(rows::repeated),
            columns: self
                .columns
                .into_par_iter()
                .map(|(name, tally)| tally.finish(name, self.rows as u64))
                .collect(),
        }
    }
}

/// Texts that are numbers as such: `3`, `3.0` and `03` are the same then.
fn alike(cells: &Cells, kind: Kind, rows: usize) -> Cells {
    let texts = || (0..rows).map(|row| cells.text(row));
    match (cells, kind) {
        (Cells::Text(_), Kind::Whole) => {
            Cells::Whole(texts().map(|text| text?.trim().parse().ok()).collect())
        }
        (Cells::Text(_), Kind::Real) => {
            Cells::Real(texts().map(|text| parse_number(&text?)).collect())
        }
        _ => cells.clone(),
    }
}

/// One column, as far as it was looked at.
struct Tally {
    kind: Kind,
    rows: u64,
    missing: Missing,
    /// Of numbers and dates, where any is finite.
    numbers: Option<Tallied>,
    /// Of texts and flags.
    texts: Counted,
}

impl Tally {
    fn add(&mut self, cells: &Cells, rows: usize) {
        self.rows += rows as u64;
        match self.kind {
            Kind::Other => {}
            kind if kind.is_number() => {
                let sample = sample(cells, kind, rows);
                self.missing.nulls += sample.missing.nulls;
                self.missing.nans += sample.missing.nans;
                self.missing.above += sample.missing.above;
                self.missing.below += sample.missing.below;
                if let Some(numbers) = &mut self.numbers {
                    numbers.add(&sample);
                    match self.kind {
                        // Beyond 2^53 too, where many ids lie.
                        Kind::Whole => numbers.differ(wholes(cells, rows).map(i64::cast_unsigned)),
                        // -0 is 0.
                        _ => numbers
                            .differ(sample.values().iter().map(|value| (value + 0.0).to_bits())),
                    }
                }
            }
            _ => {
                for row in 0..rows {
                    match cells.text(row) {
                        Some(text) => self.texts.add(&text),
                        None => self.missing.nulls += 1,
                    }
                }
            }
        }
    }

    fn lacks(&mut self, rows: usize) {
        self.rows += rows as u64;
        self.missing.nulls += rows as u64;
    }

    fn finish(self, name: String, rows: u64) -> Column {
        let Missing {
            nulls,
            nans,
            above,
            below,
        } = self.missing;
        let infinities = above + below;
        let (distinct, is_all_new) = match &self.numbers {
            Some(numbers) => (numbers.distinct.found(), false),
            None => self.texts.found(),
        };
        let missing = nulls + nans + infinities;
        let differ = distinct.count + u64::from(0 < missing);
        let is_name = matches!(self.kind, Kind::Whole | Kind::Text) && distinct.count == rows;
        let (top, rest) = self.texts.top(distinct.is_more);
        Column {
            name,
            kind: self.kind,
            nulls: if self.kind == Kind::Other { 0 } else { nulls },
            distinct,
            is_constant: self.kind != Kind::Other && differ <= 1 && !distinct.is_more,
            is_id: FEWEST_IDS <= rows && is_name || distinct.is_more && is_all_new && nulls == 0,
            span: self
                .numbers
                .as_ref()
                .and_then(|numbers| span(numbers.range, self.kind)),
            numbers: self.numbers.map(|numbers| numbers.finish(nans, infinities)),
            top,
            rest,
        }
    }
}

/// Numbers, as far as they were counted.
struct Tallied {
    range: (f64, f64),
    count: f64,
    mean: f64,
    /// Squares of what values differ from the mean.
    squares: f64,
    bins: Option<Bins>,
    counts: Vec<u64>,
    /// How often each value comes, while so few differ that each has a bin.
    few: Option<BTreeMap<u64, u64>>,
    distinct: Differing,
    kept: Reservoir,
}

impl Tallied {
    fn new(range: (f64, f64), most: usize) -> Self {
        let bins = bins(range, MOST_BINS as usize);
        Self {
            range,
            count: 0.0,
            mean: 0.0,
            squares: 0.0,
            counts: vec![0; MOST_BINS as usize],
            bins,
            few: Some(BTreeMap::new()),
            distinct: Differing::new(most / 2),
            kept: Reservoir::new(most / 2),
        }
    }

    /// Means and squares of two samples are joined as T. Chan, G. Golub, R. LeVeque, "Updating formulae and a pairwise
    /// algorithm for computing sample variances" (1979) do, equation 2.1.
    fn add(&mut self, sample: &Sample) {
        let Some(summary) = sample.summary() else {
            return;
        };
        let (count, apart) = (summary.count as f64, summary.mean - self.mean);
        let all = self.count + count;
        self.mean += apart * (count / all);
        self.squares += summary.deviation * summary.deviation * count
            + apart * apart * (self.count * (count / all));
        self.count = all;
        if let Some(bins) = &self.bins {
            for (sum, count) in self.counts.iter_mut().zip(bins.count(sample)) {
                *sum += count;
            }
        }
        for same in sample.values().chunk_by(|a, b| a == b) {
            let Some(few) = &mut self.few else { break };
            *few.entry(same[0].to_bits()).or_default() += same.len() as u64;
            if MOST_BINS < few.len() as u64 {
                self.few = None;
            }
        }
        self.kept.add(sample.values());
    }

    /// Takes values in to be told apart.
    fn differ(&mut self, values: impl Iterator<Item = u64>) {
        let mut values: Vec<u64> = values.collect();
        values.sort_unstable();
        values.dedup();
        values
            .into_iter()
            .for_each(|value| self.distinct.add(value));
    }

    fn finish(self, nans: u64, infinities: u64) -> Numbers {
        let (min, max) = self.range;
        let kept: Sample = self.kept.values.into_iter().map(Some).collect();
        let deviation = (self.squares / (self.count - 1.0)).sqrt();
        let histogram = match self.few {
            Some(few) => bins(self.range, few.len()).map(|bins| {
                let mut counts = vec![0; few.len()];
                for (bits, count) in few {
                    let one: Sample = [Some(f64::from_bits(bits))].into_iter().collect();
                    let at = bins.count(&one).iter().position(|count| *count == 1);
                    counts[at.unwrap_or(0)] += count;
                }
                Histogram {
                    edges: bins.edges().to_vec(),
                    counts,
                }
            }),
            None => self.bins.map(|bins| Histogram {
                edges: bins.edges().to_vec(),
                counts: self.counts,
            }),
        };
        Numbers {
            min,
            max,
            mean: self.mean.clamp(min, max),
            deviation: (1.0 < self.count && deviation.is_finite()).then_some(deviation),
            quantiles: LEVELS
                .iter()
                .filter_map(|level| {
                    let (level, value) = (*level, kept.quantile(*level)?);
                    Some(Quantile { level, value })
                })
                .collect(),
            histogram: histogram.filter(|_| 1.0 < self.count),
            nans,
            infinities,
        }
    }
}

/// Bins of equal width over a range.
fn bins((low, high): (f64, f64), count: usize) -> Option<Bins> {
    let ends: Sample = [Some(low), Some(high)].into_iter().collect();
    Bins::of_equal_width(&ends, count.max(1)).ok()
}

/// Which values differ, up to a limit.
struct Differing {
    known: HashSet<u64>,
    most: usize,
    is_more: bool,
}

impl Differing {
    fn new(most: usize) -> Self {
        Self {
            known: HashSet::new(),
            most,
            is_more: false,
        }
    }

    fn add(&mut self, value: u64) {
        if self.known.len() < self.most {
            self.known.insert(value);
        } else if !self.known.contains(&value) {
            self.is_more = true;
        }
    }

    fn found(&self) -> Distinct {
        Distinct {
            count: self.known.len() as u64,
            is_more: self.is_more,
        }
    }
}

/// A random sample of what comes, of a fixed size: J. Vitter, "Random sampling with a reservoir" (1985), algorithm R. The same
/// content has the same sample.
struct Reservoir {
    values: Vec<f64>,
    most: usize,
    seen: u64,
    random: rand_chacha::ChaCha8Rng,
}

impl Reservoir {
    fn new(most: usize) -> Self {
        Self {
            values: vec![],
            most,
            seen: 0,
            random: rand_chacha::ChaCha8Rng::seed_from_u64(0),
        }
    }

    fn add(&mut self, values: &[f64]) {
        for value in values {
            self.seen += 1;
            if self.values.len() < self.most {
                self.values.push(*value);
                continue;
            }
            // Each of the `seen` is kept as likely as any other.
            let at = self.random.next_u64() % self.seen;
            if let Some(kept) = self.values.get_mut(at as usize) {
                *kept = *value;
            }
        }
    }
}

/// How often each text comes, until those that differ take too much room.
struct Counted {
    /// By the first half of a text's BLAKE3 hash; the name is its beginning.
    counts: HashMap<u128, (u64, Box<str>)>,
    room: usize,
    all: u64,
    is_more: bool,
}

impl Counted {
    /// What an entry takes besides its name, about.
    const ENTRY: usize = 96;

    fn new(room: usize) -> Self {
        Self {
            counts: HashMap::new(),
            room,
            all: 0,
            is_more: false,
        }
    }

    fn add(&mut self, text: &str) {
        self.all += 1;
        let hash = blake3::hash(text.as_bytes());
        let half = hash.as_bytes()[..16].try_into();
        let key = u128::from_le_bytes(half.expect("a hash has 32 bytes"));
        if let Some((count, _)) = self.counts.get_mut(&key) {
            *count += 1;
            return;
        }
        let name = shortened(text, LONGEST_NAME);
        match self.room.checked_sub(Self::ENTRY + name.len()) {
            Some(room) => {
                self.room = room;
                self.counts.insert(key, (1, name.into()));
            }
            None => self.is_more = true,
        }
    }

    /// How many differ, and whether none came twice.
    fn found(&self) -> (Distinct, bool) {
        let distinct = Distinct {
            count: self.counts.len() as u64,
            is_more: self.is_more,
        };
        (distinct, self.counts.values().all(|(count, _)| *count == 1))
    }

    /// The commonest, and how many rows hold another.
    fn top(self, is_more: bool) -> (Vec<Category>, u64) {
        let mut top: Vec<(u64, Box<str>)> = self.counts.into_values().collect();
        top.sort_unstable_by(|(m, a), (n, b)| n.cmp(m).then_with(|| a.cmp(b)));
        top.truncate(if is_more { 0 } else { MOST_NAMED });
        let named: u64 = top.iter().map(|(count, _)| count).sum();
        let top = top.into_iter().map(|(count, name)| Category {
            name: name.into(),
            count,
        });
        (top.collect(), self.all - named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_told_as_more_and_sampled() {
        let mut tallied = Tallied::new((0.0, 999.0), 200);
        let all: Sample = (0..1_000).map(|n| Some(f64::from(n))).collect();
        tallied.add(&all);
        tallied.differ((0..1_000).rev());
        let expected = Distinct {
            count: 100,
            is_more: true,
        };
        assert_eq!(tallied.distinct.found(), expected);
        let numbers = tallied.finish(0, 0);
        let middle = numbers.quantiles[3];
        assert_eq!(middle.level, 0.5);
        assert!((350.0..650.0).contains(&middle.value), "{middle:?}");
        assert_eq!(numbers.histogram.unwrap().counts, vec![50; 20]);

        let mut texts = Counted::new(10 * (Counted::ENTRY + 2));
        for n in 10..40 {
            texts.add(&n.to_string());
        }
        let expected = Distinct {
            count: 10,
            is_more: true,
        };
        assert_eq!(texts.found(), (expected, true));
        assert_eq!(texts.top(true), (vec![], 30));
    }
}
