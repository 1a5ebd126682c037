//! The profile of a text table that need not fit into memory: its content is handed over twice, and looked at in pieces. The
//! first time tells what each column holds and its range, the second time counts.
//!
//! All is as [`super::profile`] finds it, but for quantiles, which are those of a random sample where there are more rows
//! than are kept, and for what is not counted to its end: distinct values and repeated rows.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
};

use rand::{Rng as _, SeedableRng as _};
use rayon::prelude::*;

use super::{
    Category, Cells, Column, Distinct, FEWEST_IDS, Histogram, Kind, LONGEST_NAME, MOST_BINS,
    MOST_NAMED, Numbers, Profile, Quantile, Refusal, Table, Verdict, kind, sample, span,
};
use crate::{
    data::{
        cells::parse_number,
        pieces::{self, Format, Piece, Pieces, TooLong},
        read::read_texts,
        read_content, rows,
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

/// Gives a file's content from its begin, in parts of any length.
pub type Give<'a, E> = dyn FnMut(&mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> + 'a;

/// Is a table of this name told record from record, so that it can be looked at in pieces?
pub fn is_of_lines(name: &Path) -> bool {
    format(name).is_some()
}

fn format(name: &Path) -> Option<Format> {
    let ending = name.extension()?.to_str()?.to_ascii_lowercase();
    match ending.as_str() {
        "csv" | "tsv" => Some(Format::Csv),
        "ndjson" | "jsonl" => Some(Format::Lines),
        _ => None,
    }
}

/// Profiles a file of this name whose content is given twice.
///
/// # Errors
///
/// What `give` ends with; that it is no table is a verdict.
pub fn judge<E>(name: &Path, give: &mut Give<E>) -> Result<Verdict, E> {
    judge_in(name, pieces::USUAL, give)
}

/// As [`judge`], in pieces of so many bytes, about.
fn judge_in<E>(name: &Path, usual: usize, give: &mut Give<E>) -> Result<Verdict, E> {
    let Some(format) = format(name) else {
        let why = "it has no lines".to_owned();
        return Ok(Verdict::NotRead { why });
    };
    let mut shapes = Shapes::default();
    let look = Look {
        name,
        format,
        usual,
    };
    if let Some(refusal) = look.each(give, &mut |table| shapes.add(&table))? {
        return Ok(refusal.into());
    }
    let mut tallies = Tallies::new(shapes);
    match look.each(give, &mut |table| tallies.add(&table))? {
        Some(refusal) => Ok(refusal.into()),
        None => Ok(Verdict::Profiled(tallies.finish())),
    }
}

/// How a file is looked at.
#[derive(Clone, Copy)]
struct Look<'a> {
    name: &'a Path,
    format: Format,
    usual: usize,
}

impl Look<'_> {
    /// Hands over each piece of a file as a table; says why it is none.
    fn each<E>(
        self,
        give: &mut Give<E>,
        take: &mut dyn FnMut(Table),
    ) -> Result<Option<Refusal>, E> {
        let mut pieces = Pieces::new(self.format, self.usual);
        let mut read = |piece: Piece| self.read(&piece, take);
        let mut refused = None;
        give(&mut |part| {
            // What comes after is not looked at.
            if refused.is_none() {
                refused = pieces.push(part, &mut read).err();
            }
            Ok(())
        })?;
        Ok(match refused {
            Some(refusal) => Some(refusal),
            None => pieces.finish(&mut read).err(),
        })
    }

    fn read(self, piece: &Piece, take: &mut dyn FnMut(Table)) -> Result<(), Refusal> {
        let table = match self.format {
            Format::Csv => read_texts(self.name, piece.text),
            Format::Lines => read_content(self.name, piece.text),
        };
        match table {
            Ok(table) => take(table),
            // Blank lines at the end.
            Err(error) if error.is_of_no_rows() && 0 < piece.lines_before => {}
            Err(error) => {
                let error = error.further_down(piece.lines_before);
                return Err(Refusal::NotRead(error.to_string()));
            }
        }
        Ok(())
    }
}

impl From<TooLong> for Refusal {
    fn from(_: TooLong) -> Self {
        let why = "a line is longer than 64 MiB, or a quote is opened and never closed";
        Self::NotRead(why.to_owned())
    }
}

/// What the columns hold, found in a first look.
#[derive(Default)]
struct Shapes {
    /// In the order in which they are met.
    columns: Vec<(String, Shape)>,
    places: HashMap<String, usize>,
}

#[derive(Clone, Copy)]
struct Shape {
    kind: Kind,
    range: Option<(f64, f64)>,
}

impl Shapes {
    fn add(&mut self, table: &Table) {
        let rows = table.rows();
        let found: Vec<Shape> = table
            .all_cells()
            .par_iter()
            .map(|cells| Shape::of(cells, rows))
            .collect();
        for (name, shape) in table.columns().into_iter().zip(found) {
            match self.places.get(name) {
                Some(at) => self.columns[*at].1.join(shape),
                None => {
                    self.places.insert(name.to_owned(), self.columns.len());
                    self.columns.push((name.to_owned(), shape));
                }
            }
        }
    }
}

impl Shape {
    fn of(cells: &Cells, rows: usize) -> Self {
        let kind = match kind(cells, rows) {
            Kind::Text if are_flags(cells, rows) => Kind::Flag,
            kind => kind,
        };
        let range = match kind.is_number() {
            true => sample(cells, kind, rows).range(),
            false => None,
        };
        Self { kind, range }
    }

    /// What holds both.
    fn join(&mut self, other: Self) {
        use Kind::{Date, Empty, Moment, Real, Text, Whole};
        self.kind = match (self.kind, other.kind) {
            (one, other) if one == other => one,
            (Empty, kind) | (kind, Empty) => kind,
            (Whole | Real, Whole | Real) => Real,
            (Date | Moment, Date | Moment) => Moment,
            _ => Text,
        };
        self.range = match (self.range, other.range) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (range, other) => range.or(other),
        };
    }
}

fn are_flags(cells: &Cells, rows: usize) -> bool {
    let mut texts = (0..rows).filter_map(|row| cells.text(row));
    matches!(cells, Cells::Text(_)) && texts.all(|text| matches!(&*text, "true" | "false"))
}

/// What is counted in a second look.
struct Tallies {
    columns: Vec<(String, Tally)>,
    places: HashMap<String, usize>,
    rows: usize,
    /// Of each row; none once there are too many.
    identities: Option<Vec<u128>>,
}

impl Tallies {
    fn new(shapes: Shapes) -> Self {
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
            columns: columns.collect(),
            places: shapes.places,
            rows: 0,
            identities: Some(vec![]),
        }
    }

    fn add(&mut self, table: &Table) {
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
                        Some(cells) => alike(cells, tally.kind, rows),
                        None => Cells::Nothing,
                    })
                    .collect();
                known.extend(rows::identities(&ordered, rows));
            }
            identities => *identities = None,
        }
    }

    fn finish(self) -> Profile {
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
            self.distinct.add(same[0].to_bits());
            if let Some(few) = &mut self.few {
                *few.entry(same[0].to_bits()).or_default() += same.len() as u64;
                if MOST_BINS < few.len() as u64 {
                    self.few = None;
                }
            }
        }
        self.kept.add(sample.values());
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
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;
    use crate::data::profile::judge as judge_whole;

    fn given(name: &str, content: &[u8], part: usize, usual: usize) -> Verdict {
        let mut give = |take: &mut dyn FnMut(&[u8]) -> Result<(), Infallible>| {
            content.chunks(part.max(1)).try_for_each(take)
        };
        let Ok(verdict) = judge_in(name.as_ref(), usual, &mut give);
        verdict
    }

    /// The same but for what rounding does to means and deviations.
    fn same(a: &Verdict, b: &Verdict) {
        let (Verdict::Profiled(a), Verdict::Profiled(b)) = (a, b) else {
            return assert_eq!(a, b);
        };
        let rounded = |profile: &Profile| {
            let mut profile = profile.clone();
            // Of objects whose names come and go, in another order.
            profile.columns.sort_by(|a, b| a.name.cmp(&b.name));
            for numbers in profile
                .columns
                .iter_mut()
                .filter_map(|column| column.numbers.as_mut())
            {
                (numbers.mean, numbers.deviation) = (0.0, None);
            }
            profile
        };
        assert_eq!(rounded(a), rounded(b));
        let of = |name: &str| b.columns.iter().find(|column| column.name == name);
        let both = a.columns.iter().filter_map(|a| Some((a, of(&a.name)?)));
        for (a, b) in both.filter_map(|(a, b)| Some((a.numbers.as_ref()?, b.numbers.as_ref()?))) {
            let scale = a.max.abs().max(a.min.abs()).max(1e-300);
            assert!((a.mean - b.mean).abs() <= 1e-12 * scale, "{a:?} {b:?}");
            let deviations = a.deviation.unwrap_or(0.0) - b.deviation.unwrap_or(0.0);
            assert!(deviations.abs() <= 1e-9 * scale, "{a:?} {b:?}");
        }
    }

    #[test]
    fn real_tables_are_the_same_in_pieces() {
        for name in ["breast_cancer.csv", "bikeshare_2011.csv", "phishing.csv"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("assets/data")
                .join(name);
            let content = std::fs::read(path).unwrap();
            let whole = judge_whole(name.as_ref(), &content, &|| false).unwrap();
            for (part, usual) in [(1_000, 4_000), (1 << 20, 30_000), (77, 1 << 30)] {
                same(&given(name, &content, part, usual), &whole);
            }
        }
    }

    fn whole(name: &str, content: &str) -> Verdict {
        judge_whole(name.as_ref(), content.as_bytes(), &|| false).unwrap()
    }

    #[test]
    fn what_is_no_table_is_told_by_the_line_of_the_file() {
        let rows = "12345,abc\n".repeat(50);
        for wrong in ["1,2,3\n", "\n1,2\n", "a\"b,2\n", "1,\"a\n"] {
            let content = format!("a,b\n{rows}{wrong}{rows}");
            let expected = whole("t.csv", &content);
            assert!(matches!(expected, Verdict::NotRead { .. }), "{wrong:?}");
            let found = given("t.csv", content.as_bytes(), 7, 100);
            assert!(
                matches!(found, Verdict::NotRead { .. }),
                "{wrong:?} {found:?}"
            );
            // An open quote ends elsewhere, and a blank line that ends a piece is only seen by what follows.
            if wrong == "1,2,3\n" {
                assert_eq!(found, expected);
            }
        }
        for content in ["", "\n\n", "a,b\n", "1,2\n3,4\n", "a,a\n1,2\n"] {
            let found = given("t.csv", content.as_bytes(), 3, 4);
            assert_eq!(found, whole("t.csv", content), "{content:?}");
        }
        let long = given("t.csv", &[b'a'; 70 << 20], 1 << 20, 1 << 20);
        assert!(matches!(long, Verdict::NotRead { why } if why.contains("64 MiB")));
    }

    #[test]
    fn what_does_not_fit_is_told_as_more_and_sampled() {
        let mut tallied = Tallied::new((0.0, 999.0), 200);
        let all: Sample = (0..1_000).map(|n| Some(f64::from(n))).collect();
        tallied.add(&all);
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

    fn cell() -> BoxedStrategy<String> {
        prop_oneof![
            4 => "[0-9]{1,3}",
            2 => "-?[0-9]{1,3}\\.[0-9]{1,2}",
            1 => "true|false",
            1 => "2026-1[0-2]-0[1-9]",
            1 => "2026-10-01 12:0[0-9]:00",
            2 => Just(String::new()),
            1 => Just("NA".to_owned()),
            1 => Just("inf".to_owned()),
            2 => "[a-c]{1,2}",
            1 => Just("\"a,\n\"\"b\"".to_owned()),
        ]
        .boxed()
    }

    proptest! {
        #[test]
        fn in_pieces_a_table_is_what_it_is_as_a_whole(
            rows in proptest::collection::vec([cell(), cell(), "[0-9]{1,2}".boxed()], 1..60),
            usual in 1usize..200,
            part in 1usize..50,
        ) {
            let lines = rows.iter().map(|row| row.join(",") + "\n");
            let content = format!("a,\"b\n\",c\n{}", lines.collect::<String>());
            let found = given("t.csv", content.as_bytes(), part, usual);
            same(&found, &whole("t.csv", &content));
        }

        #[test]
        fn lines_of_objects_are_the_same_in_pieces(
            rows in proptest::collection::vec((0..3, -99i32..99, "[a-c]{0,2}", any::<bool>()), 1..60),
            usual in 1usize..200,
            part in 1usize..50,
        ) {
            let line = |(which, number, text, is_half): &(i32, i32, String, bool)| match which {
                0 => format!("{{\"n\":{number},\"t\":\"{text}\"}}\n"),
                1 if *is_half => format!("{{\"n\":{number}.5}}\n"),
                _ => format!("{{\"t\":null,\"n\":{number}}}\n"),
            };
            let content: String = rows.iter().map(line).collect();
            let found = given("t.ndjson", content.as_bytes(), part, usual);
            same(&found, &whole("t.ndjson", &content));
        }
    }
}
