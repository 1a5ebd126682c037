//! The column to predict: classes as indices, numbers standardised.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{
    Error, Plan, Table,
    cells::Cells,
    inputs::Scale,
    inspect::{GoalKind, lacks_target},
};

/// The targets of encoded rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// Indices into `Encoder::classes()`.
    Classes(Vec<u32>),
    /// Standardised: `Encoder::unscale` undoes it.
    Numbers(Vec<f32>),
}

/// What is to be predicted, as the encoder keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Aim {
    pub name: String,
    /// In order; empty for regression.
    pub classes: Vec<String>,
    /// Regression only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
}

impl Aim {
    /// Learns the scale of numbers from these rows; the classes are the plan's.
    pub fn fit(table: &Table, plan: &Plan, rows: &[u32]) -> Result<Self, Error> {
        let name = plan.target.name.clone();
        let (classes, scale) = match &plan.target.kind {
            GoalKind::Classes(classes) => (classes.clone(), None),
            GoalKind::Numbers => {
                let cells = table.cells(&name, "target")?;
                let numbers = numbers(&name, &cells, rows)?;
                let Some(scale) = Scale::fit(&numbers) else {
                    return Err(Error::ConstantTarget { target: name });
                };
                (vec![], Some(scale))
            }
        };
        Ok(Self {
            name,
            classes,
            scale,
        })
    }

    /// The targets of rows; nothing when the table has no target column, or nothing in it.
    pub fn encode(&self, table: &Table, rows: &[u32]) -> Result<Option<Target>, Error> {
        let Ok(cells) = table.cells(&self.name, "target") else {
            return Ok(None);
        };
        let is_number = self.scale.is_some();
        if rows
            .iter()
            .all(|row| lacks_target(&cells, *row as usize, is_number))
        {
            return Ok(None);
        }
        let target = match self.scale {
            Some(scale) => Target::Numbers(
                numbers(&self.name, &cells, rows)?
                    .into_iter()
                    .map(|number| scale.apply(number))
                    .collect(),
            ),
            None => Target::Classes(self.classes(&cells, rows)?),
        };
        Ok(Some(target))
    }

    fn classes(&self, cells: &Cells, rows: &[u32]) -> Result<Vec<u32>, Error> {
        let target = || self.name.clone();
        let places: HashMap<&str, u32> = self.classes.iter().map(String::as_str).zip(0..).collect();
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

    /// A standardised number in the units of the target; without a scale as it is.
    pub fn unscale(&self, standardised: f32) -> f64 {
        let standardised = f64::from(standardised);
        match self.scale {
            Some(scale) => scale.mean + scale.sd * standardised,
            None => standardised,
        }
    }
}

/// The numbers to predict; every row must have one.
fn numbers(name: &str, cells: &Cells, rows: &[u32]) -> Result<Vec<f64>, Error> {
    let target = || name.to_owned();
    rows.iter()
        .map(|row| {
            let at = *row as usize;
            match cells.number(at) {
                Ok(Some(number)) => Ok(number),
                Ok(None) => Err(Error::NoTarget {
                    target: target(),
                    row: at + 1,
                }),
                Err(cell) => Err(Error::NotANumber {
                    target: target(),
                    row: at + 1,
                    cell,
                }),
            }
        })
        .collect()
}
