//! Rows become plain arrays, by what the training rows taught.

use serde::{Deserialize, Serialize};

use super::{
    Error, Plan, Table,
    error::quoted,
    inputs::{Input, Width},
    target::{Aim, Target},
};
use crate::domain::{
    presets::{Features, Preset},
    schemas::{Column, ColumnKind},
};

/// Rows as the net takes them in.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded {
    pub rows: usize,
    /// `rows × Encoder::numbers()`, row by row; all finite.
    pub numbers: Vec<f32>,
    /// `rows × Encoder::cardinalities().len()`, row by row; each below its input's cardinality.
    pub categories: Vec<u32>,
    /// Absent when the table has no target column, or nothing in it.
    pub target: Option<Target>,
}

/// What the training rows taught: saved in the model package, and used again to serve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Learnt", into = "Learnt")]
pub struct Encoder {
    learnt: Learnt,
    numbers: usize,
    cardinalities: Vec<usize>,
}

/// The part of an encoder that is written down; widths are counted again from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Learnt {
    target: Aim,
    inputs: Vec<Input>,
    warnings: Vec<String>,
}

impl From<Learnt> for Encoder {
    fn from(learnt: Learnt) -> Self {
        let mut numbers = 0;
        let mut cardinalities = vec![];
        for input in &learnt.inputs {
            match input.width() {
                Width::Numbers(width) => numbers += width,
                Width::Category(cardinality) => cardinalities.push(cardinality),
            }
        }
        Self {
            learnt,
            numbers,
            cardinalities,
        }
    }
}

impl From<Encoder> for Learnt {
    fn from(encoder: Encoder) -> Self {
        encoder.learnt
    }
}

impl Encoder {
    /// Learns from `train_rows` and from no other row. A feature that is the same in all of them is dropped with a
    /// warning.
    ///
    /// # Errors
    /// A cell that is not what the plan says of its column, a regression target that never varies, nothing left to learn
    /// from.
    pub fn fit(
        table: &Table,
        plan: &Plan,
        preset: &Preset,
        train_rows: &[u32],
    ) -> Result<Self, Error> {
        check_rows(table, train_rows)?;
        let mut warnings = vec![];
        let mut inputs = vec![];
        for column in &plan.features {
            let cells = table.cells(&column.name, "features")?;
            match Input::fit(column, &cells, train_rows, &preset.features)? {
                Some(input) => inputs.push(input),
                None => warnings.push(dropped(column, &preset.features)),
            }
        }
        if inputs.is_empty() {
            return Err(Error::NoFeatures { left_out: warnings });
        }
        let target = Aim::fit(table, plan, train_rows)?;
        Ok(Self::from(Learnt {
            target,
            inputs,
            warnings,
        }))
    }

    /// Encodes rows of any table that has the columns of the inputs; further columns do not matter.
    ///
    /// # Errors
    /// A column that is not there, a cell that is no number or date where one is needed, a class that training did not
    /// know, a row without target among rows that have one.
    pub fn encode(&self, table: &Table, rows: &[u32]) -> Result<Encoded, Error> {
        check_rows(table, rows)?;
        let mut numbers = vec![0.0; rows.len() * self.numbers];
        let mut categories = vec![0; rows.len() * self.cardinalities.len()];
        let (mut number, mut category) = (0, 0);
        for input in &self.learnt.inputs {
            let cells = table.cells(input.name(), "an input of the model")?;
            match input.width() {
                Width::Numbers(width) => {
                    for (row, out) in rows.iter().zip(numbers.chunks_exact_mut(self.numbers)) {
                        input.numbers(&cells, *row as usize, &mut out[number..number + width])?;
                    }
                    number += width;
                }
                Width::Category(_) => {
                    let index = input.index();
                    let lines = categories.chunks_exact_mut(self.cardinalities.len());
                    for (row, out) in rows.iter().zip(lines) {
                        out[category] = index.of(&cells, *row as usize);
                    }
                    category += 1;
                }
            }
        }
        Ok(Encoded {
            rows: rows.len(),
            numbers,
            categories,
            target: self.learnt.target.encode(table, rows)?,
        })
    }

    /// Numeric inputs a row.
    pub fn numbers(&self) -> usize {
        self.numbers
    }

    /// How many values each categorical input can take. 0 stands for missing, 1 for every value that training saw too
    /// rarely or never. No training row may hold them: a net that begins both at zero says nothing for what it never saw.
    pub fn cardinalities(&self) -> &[usize] {
        &self.cardinalities
    }

    /// The classes in order; empty for regression.
    pub fn classes(&self) -> &[String] {
        &self.learnt.target.classes
    }

    /// The names of the columns that `encode` needs, in order.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.learnt.inputs.iter().map(Input::name)
    }

    /// The mean and standard deviation of the target over the training rows; regression only.
    pub fn target_scale(&self) -> Option<(f64, f64)> {
        let scale = self.learnt.target.scale?;
        Some((scale.mean, scale.sd))
    }

    /// A standardised prediction in the units of the target. Without a scale it is returned as it is.
    pub fn unscale(&self, standardised: f32) -> f64 {
        self.learnt.target.unscale(standardised)
    }

    /// What the fit left out, and why: one sentence each.
    pub fn warnings(&self) -> &[String] {
        &self.learnt.warnings
    }
}

fn dropped(column: &Column, features: &Features) -> String {
    let name = quoted(&column.name);
    let rare = features.rare;
    match column.kind {
        ColumnKind::Category => format!(
            "column {name} is left out: it is the same in every training row, values seen less than {rare} times (features.rare) taken as one"
        ),
        ColumnKind::Number | ColumnKind::Date => {
            format!("column {name} is left out: it is the same in every training row")
        }
    }
}

fn check_rows(table: &Table, rows: &[u32]) -> Result<(), Error> {
    match rows.iter().find(|row| table.rows() <= **row as usize) {
        Some(row) => Err(Error::NoRow {
            row: *row as usize + 1,
            rows: table.rows(),
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::data::{
        inputs::{MISSING, OTHER},
        inspect,
        tests::{classify, preset, table},
    };

    fn fit(table: &Table, preset: &Preset, rows: &[u32]) -> Encoder {
        let plan = inspect(table, preset).unwrap();
        Encoder::fit(table, &plan, preset, rows).unwrap()
    }

    fn cell() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => any::<f64>().prop_map(|number| format!("{number:?}")),
            4 => (-100i32..100).prop_map(|number| number.to_string()),
            1 => prop::sample::select(vec!["", "NaN", "inf", "-inf", "1e308", "-1e308", "5e-324", "1e400"]).prop_map(str::to_owned),
        ]
    }

    proptest! {
        #[test]
        fn nothing_encoded_is_infinite_or_no_number(
            cells in prop::collection::vec((cell(), cell(), "[a-c]?", -40_000i64..40_000), 8..60),
            known in 2usize..8,
        ) {
            let mut csv = "a,y,c,d,kind\n".to_owned();
            for (row, (a, y, c, day)) in cells.iter().enumerate() {
                let day = crate::data::cells::civil(day * 86_400_000_000).unwrap().date();
                csv += &format!("{a},{y},{c},{day},k{}\n", row % 2);
            }
            let table = table(&csv);
            let all: Vec<u32> = (0..cells.len() as u32).collect();
            let Ok(plan) = inspect(&table, &classify("kind")) else { return Ok(()) };
            let Ok(encoder) = Encoder::fit(&table, &plan, &classify("kind"), &all[..known]) else { return Ok(()) };
            let encoded = encoder.encode(&table, &all).unwrap();
            prop_assert!(encoded.numbers.iter().all(|number| number.is_finite()));
            prop_assert_eq!(encoded.numbers.len(), encoded.rows * encoder.numbers());
            prop_assert_eq!(encoded.categories.len(), encoded.rows * encoder.cardinalities().len());
            for row in encoded.categories.chunks(encoder.cardinalities().len().max(1)) {
                prop_assert!(row.iter().zip(encoder.cardinalities()).all(|(index, below)| (*index as usize) < *below));
            }
            // Written down and read back it encodes the same, bit for bit.
            let json: Encoder = serde_json::from_str(&serde_json::to_string(&encoder).unwrap()).unwrap();
            let toml: Encoder = toml::from_str(&toml::to_string(&encoder).unwrap()).unwrap();
            prop_assert_eq!(&encoder, &json);
            prop_assert_eq!(&encoder, &toml);
            prop_assert_eq!(encoded, json.encode(&table, &all).unwrap());

            let regression = preset("regression", "y", "");
            let Ok(plan) = inspect(&table, &regression) else { return Ok(()) };
            let rows = crate::data::inspect::rows_with_target(&table, &plan).unwrap();
            let Ok(encoder) = Encoder::fit(&table, &plan, &regression, &rows[..known.min(rows.len())]) else { return Ok(()) };
            let Some(Target::Numbers(targets)) = encoder.encode(&table, &rows).unwrap().target else { panic!() };
            prop_assert!(targets.iter().all(|number| number.is_finite()));
        }
    }

    #[test]
    fn numbers_are_standardised_by_the_training_rows_alone() {
        let table = table("a,kind\n1,x\n3,y\n100,x\n-50,y\n");
        let encoder = fit(&table, &classify("kind"), &[0, 1]);
        let encoded = encoder.encode(&table, &[0, 1, 2]).unwrap();
        // Mean 2, standard deviation 1.
        assert_eq!(encoded.numbers, [-1.0, 1.0, 98.0]);
        assert_eq!(encoded.target, Some(Target::Classes(vec![0, 1, 0])));
        assert_eq!(encoder.classes(), ["x", "y"]);
    }

    #[test]
    fn a_missing_number_is_the_training_median_and_a_flag_says_so() {
        let table = table("a,b,kind\n1,5,x\n,6,y\n3,7,x\n8,,y\n");
        let encoder = fit(&table, &classify("kind"), &[0, 1, 2]);
        // a: 1, 2 for the missing one, 3. b: nothing was missing in training, so it has no flag.
        assert_eq!(encoder.numbers(), 3);
        let encoded = encoder.encode(&table, &[0, 1, 2, 3]).unwrap();
        let flags: Vec<f32> = encoded.numbers.chunks(3).map(|row| row[1]).collect();
        assert_eq!(flags, [0.0, 1.0, 0.0, 0.0]);
        assert_eq!((encoded.numbers[3], encoded.numbers[11]), (0.0, 0.0));
    }

    #[test]
    fn what_training_saw_too_rarely_or_never_is_other_and_what_is_empty_is_missing() {
        let preset = preset("classification", "kind", "features.rare = 2");
        let table = table("c,kind\nred,x\nred,y\nblue,x\nblue,y\ngreen,x\n,y\nviolet,x\nred,y\n");
        let encoder = fit(&table, &preset, &[0, 1, 2, 3, 4]);
        assert_eq!(encoder.cardinalities(), [4]);
        let encoded = encoder.encode(&table, &[2, 0, 4, 5, 6]).unwrap();
        assert_eq!(encoded.categories, [2, 3, OTHER, MISSING, OTHER]);
    }

    #[test]
    fn whole_numbers_are_categories_only_where_listed() {
        let table = table("hr,kind\n10,x\n9,y\n10,x\n9,y\n");
        let rows = [0, 1, 2, 3];
        assert_eq!(fit(&table, &classify("kind"), &rows).numbers(), 1);
        let listed = preset(
            "classification",
            "kind",
            "features = { categories = [\"hr\"], rare = 1 }",
        );
        let encoder = fit(&table, &listed, &rows);
        assert_eq!((encoder.numbers(), encoder.cardinalities()), (0, &[4][..]));
        // In the order of the numbers: 9, 10.
        assert_eq!(
            encoder.encode(&table, &rows).unwrap().categories,
            [3, 2, 3, 2]
        );
    }

    #[test]
    fn a_date_is_its_parts_that_vary() {
        let table = table("d,kind\n2026-01-05,x\n2026-01-06,y\n2026-01-12,x\n2026-02-02,y\n");
        let encoder = fit(&table, &classify("kind"), &[0, 1, 2]);
        // Weekday as a point on a circle, and days: one year, one month and no hours.
        assert_eq!(encoder.numbers(), 3);
        let encoded = encoder.encode(&table, &[0, 1, 2, 3]).unwrap();
        let row = |row: usize| &encoded.numbers[row * 3..row * 3 + 3];
        assert_eq!(row(0)[..2], row(2)[..2], "both are Mondays");
        assert_eq!(row(0)[..2], row(3)[..2], "so is the last");
        let step = row(1)[2] - row(0)[2];
        assert!((row(2)[2] - row(0)[2] - 7.0 * step).abs() < 1e-5);
        let hours = crate::data::tests::table(
            "d,kind\n2026-01-05 06:00:00,x\n2026-01-05 18:00:00,y\n2026-01-05T12:00:00Z,x\n",
        );
        // Hour as a point on a circle, and days with their fraction.
        assert_eq!(fit(&hours, &classify("kind"), &[0, 1, 2]).numbers(), 3);
    }

    #[test]
    fn a_column_that_never_varies_in_training_is_dropped_with_a_warning() {
        let table = table("a,b,c,kind\n1,5,red,x\n1,6,blue,y\n2,7,red,x\n");
        let encoder = fit(&table, &classify("kind"), &[0, 1]);
        assert_eq!((encoder.numbers(), encoder.cardinalities().len()), (1, 0));
        assert_eq!(encoder.warnings().len(), 2, "{:?}", encoder.warnings());
        assert!(encoder.warnings()[0].starts_with("column 'a' is left out"));
        assert!(encoder.warnings()[1].starts_with("column 'c' is left out"));
    }

    #[test]
    fn a_regression_target_comes_back_in_its_units() {
        let table = table("a,y\n1,10\n2,20\n3,60\n");
        let encoder = fit(&table, &preset("regression", "y", ""), &[0, 1, 2]);
        let Some(Target::Numbers(targets)) = encoder.encode(&table, &[0, 1, 2]).unwrap().target
        else {
            panic!("a table with a target has one");
        };
        for (target, number) in targets.into_iter().zip([10.0, 20.0, 60.0]) {
            assert!((encoder.unscale(target) - number).abs() < 1e-5);
        }
        assert_eq!(encoder.target_scale().map(|(mean, _)| mean), Some(30.0));
        let plan = inspect(&table, &preset("regression", "y", "")).unwrap();
        let error = Encoder::fit(&table, &plan, &preset("regression", "y", ""), &[1]).unwrap_err();
        assert!(error.to_string().contains("no column is left"), "{error}");
    }

    #[test]
    fn another_table_is_encoded_by_name_and_refused_by_name() {
        let train = table("a,c,kind\n1,red,x\n2,red,y\n3,blue,x\n");
        let preset = preset("classification", "kind", "features.rare = 1");
        let encoder = fit(&train, &preset, &[0, 1, 2]);
        let same = encoder.encode(&table("more,c,a\n9,red,1\n"), &[0]).unwrap();
        assert_eq!(same.target, None);
        assert_eq!(same.numbers, encoder.encode(&train, &[0]).unwrap().numbers);
        let refusals = [
            (
                "aa,c\n1,red\n",
                0,
                "there is no column 'a' (an input of the model)",
            ),
            (
                "a,c\none,red\n",
                0,
                "row 1 of column 'a' holds 'one', which is no number",
            ),
            (
                "a,c,kind\n1,red,z\n",
                0,
                "row 1 of the target 'kind' holds 'z', which is none of the classes",
            ),
            ("a,c\n1,red\n", 1, "row 2 is not in the table of 1 rows"),
        ];
        for (csv, row, expected) in refusals {
            let error = encoder.encode(&table(csv), &[row]).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
