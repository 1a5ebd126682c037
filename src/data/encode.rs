//! Rows become plain arrays, by what the training rows taught.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{
    Error, Plan, Table,
    cells::Cells,
    error::quoted,
    inputs::{Input, Scale, Width},
    inspect::GoalKind,
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

#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// Indices into `Encoder::classes()`.
    Classes(Vec<u32>),
    /// Standardised: `Encoder::unscale` undoes it.
    Numbers(Vec<f32>),
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

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Aim {
    name: String,
    /// In order; empty for regression.
    classes: Vec<String>,
    /// Regression only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scale: Option<Scale>,
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
            return Err(Error::NoFeatures { warnings });
        }
        let target = aim(table, plan, train_rows)?;
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
            target: self.target(table, rows)?,
        })
    }

    /// Numeric inputs a row.
    pub fn numbers(&self) -> usize {
        self.numbers
    }

    /// How many values each categorical input can take. 0 stands for missing, 1 for every value that training saw too
    /// rarely or never; an index that no training row holds keeps its first weights.
    pub fn cardinalities(&self) -> &[usize] {
        &self.cardinalities
    }

    /// The classes in order; empty for regression.
    pub fn classes(&self) -> &[String] {
        &self.learnt.target.classes
    }

    /// The name of the target column.
    pub fn target_name(&self) -> &str {
        &self.learnt.target.name
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
        let standardised = f64::from(standardised);
        match self.learnt.target.scale {
            Some(scale) => scale.mean + scale.sd * standardised,
            None => standardised,
        }
    }

    /// What the fit left out, and why: one sentence each.
    pub fn warnings(&self) -> &[String] {
        &self.learnt.warnings
    }

    fn target(&self, table: &Table, rows: &[u32]) -> Result<Option<Target>, Error> {
        let aim = &self.learnt.target;
        let Ok(cells) = table.cells(&aim.name, "target") else {
            return Ok(None);
        };
        if rows.iter().all(|row| cells.is_missing(*row as usize)) {
            return Ok(None);
        }
        let target = match aim.scale {
            Some(scale) => Target::Numbers(
                target_numbers(&aim.name, &cells, rows)?
                    .into_iter()
                    .map(|number| scale.apply(number))
                    .collect(),
            ),
            None => Target::Classes(self.target_classes(&cells, rows)?),
        };
        Ok(Some(target))
    }

    fn target_classes(&self, cells: &Cells, rows: &[u32]) -> Result<Vec<u32>, Error> {
        let aim = &self.learnt.target;
        let target = || aim.name.clone();
        let places: HashMap<&str, u32> = aim.classes.iter().map(String::as_str).zip(0..).collect();
        rows.iter()
            .map(|row| {
                let at = *row as usize;
                let Some(class) = cells.text(at) else {
                    return Err(Error::NoTarget {
                        target: target(),
                        row: at + 1,
                    });
                };
                places
                    .get(class.as_ref())
                    .copied()
                    .ok_or_else(|| Error::UnknownClass {
                        target: target(),
                        row: at + 1,
                        class: class.into_owned(),
                    })
            })
            .collect()
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

fn aim(table: &Table, plan: &Plan, rows: &[u32]) -> Result<Aim, Error> {
    let name = plan.target.name.clone();
    let (classes, scale) = match &plan.target.kind {
        GoalKind::Classes(classes) => (classes.clone(), None),
        GoalKind::Numbers => {
            let cells = table.cells(&name, "target")?;
            let numbers = target_numbers(&name, &cells, rows)?;
            let Some(scale) = Scale::fit(&numbers) else {
                return Err(Error::ConstantTarget { target: name });
            };
            (vec![], Some(scale))
        }
    };
    Ok(Aim {
        name,
        classes,
        scale,
    })
}

fn target_numbers(name: &str, cells: &Cells, rows: &[u32]) -> Result<Vec<f64>, Error> {
    rows.iter()
        .map(|row| {
            let (target, at) = (name.to_owned(), *row as usize);
            match cells.number(at) {
                Ok(Some(number)) => Ok(number),
                Ok(None) => Err(Error::NoTarget {
                    target,
                    row: at + 1,
                }),
                Err(cell) => Err(Error::NotANumber {
                    target,
                    row: at + 1,
                    cell,
                }),
            }
        })
        .collect()
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
