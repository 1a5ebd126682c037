//! Predictions: what a net says of encoded rows, in the units of the target.

use candle_core::Device;

use super::{
    Error, Result, metrics,
    nets::{Batch, Ends, Net},
};
use crate::data::{Encoded, Encoder};

/// Rows that go through a net at once.
const ROWS_AT_ONCE: usize = 1024;

/// What comes out of a net, and how to read it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    Classes(usize),
    /// The mean and standard deviation by which the target was standardised.
    Numbers {
        mean: f64,
        deviation: f64,
    },
}

/// One answer a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Predictions {
    /// Rows × classes, row by row.
    Probabilities { classes: usize, values: Vec<f64> },
    /// In the units of the target.
    Numbers(Vec<f64>),
}

impl Goal {
    pub fn of(encoder: &Encoder) -> Self {
        match encoder.target_scale() {
            Some((mean, deviation)) => Self::Numbers { mean, deviation },
            None => Self::Classes(encoder.classes().len()),
        }
    }

    /// What goes into a net behind this encoder, and what comes out.
    pub fn ends(self, encoder: &Encoder) -> Ends {
        Ends {
            numbers: encoder.numbers(),
            cardinalities: encoder.cardinalities().to_vec(),
            outputs: self.outputs(),
        }
    }

    /// How many numbers a net gives a row.
    pub fn outputs(self) -> usize {
        match self {
            Self::Classes(classes) => classes,
            Self::Numbers { .. } => 1,
        }
    }

    /// Turns what a net gives into predictions.
    pub fn read(self, outputs: &[f32]) -> Predictions {
        match self {
            Self::Classes(classes) => Predictions::Probabilities {
                classes,
                values: metrics::softmax(outputs, classes),
            },
            Self::Numbers { .. } => {
                Predictions::Numbers(outputs.iter().map(|value| self.unscaled(*value)).collect())
            }
        }
    }

    /// A standardised number in the units of the target.
    pub fn unscaled(self, value: f32) -> f64 {
        match self {
            Self::Classes(_) => f64::from(value),
            Self::Numbers { mean, deviation } => mean + deviation * f64::from(value),
        }
    }
}

/// What a net gives for some rows, row by row, without dropout.
pub fn outputs(net: &Net, data: &Encoded, rows: &[u32], device: &Device) -> Result<Vec<f32>> {
    let mut out = vec![];
    for rows in rows.chunks(ROWS_AT_ONCE) {
        let batch = Batch::gather(data, rows, device)?;
        let scores = net.forward(batch, None)?;
        out.extend(scores.flatten_all()?.to_vec1::<f32>()?);
    }
    Ok(out)
}

/// A loaded model, ready to judge rows.
pub struct Predictor {
    pub(super) encoder: Encoder,
    pub(super) goal: Goal,
    pub(super) ends: Ends,
    pub(super) net: Net,
}

impl Predictor {
    /// Turns rows of a table into what [`predict`](Self::predict) takes.
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// # Errors
    /// Rows that were not made by this model's encoder.
    pub fn predict(&self, rows: &Encoded) -> Result<Predictions> {
        fits(&self.ends, rows)?;
        let all: Vec<u32> = (0..rows.rows as u32).collect();
        Ok(self
            .goal
            .read(&outputs(&self.net, rows, &all, &Device::Cpu)?))
    }
}

/// Encoded rows have the widths and the categories that a net takes in.
pub fn fits(ends: &Ends, data: &Encoded) -> Result<()> {
    let sizes = [
        ("numbers", data.numbers.len(), ends.numbers),
        (
            "categories",
            data.categories.len(),
            ends.cardinalities.len(),
        ),
    ];
    for (what, found, wanted) in sizes {
        if found != data.rows * wanted {
            let rows = data.rows;
            return Err(Error::Rows(format!(
                "{found} {what} in {rows} rows, {wanted} a row are expected"
            )));
        }
    }
    for (i, value) in data.categories.iter().enumerate() {
        let column = i % ends.cardinalities.len();
        if ends.cardinalities[column] <= *value as usize {
            return Err(Error::Rows(format!(
                "category {value} in column {column} of row {}, {} are known",
                i / ends.cardinalities.len(),
                ends.cardinalities[column]
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_another_encoder_are_refused_by_place() {
        let ends = Ends {
            numbers: 1,
            cardinalities: vec![2, 3],
            outputs: 2,
        };
        let data = |numbers: usize, categories: &[u32]| Encoded {
            rows: 2,
            numbers: vec![0.0; numbers],
            categories: categories.to_vec(),
            target: None,
        };
        assert!(fits(&ends, &data(2, &[1, 2, 0, 0])).is_ok());
        for (rows, why) in [
            (data(3, &[0, 0, 0, 0]), "3 numbers in 2 rows, 1 a row"),
            (data(2, &[0, 0]), "2 categories in 2 rows, 2 a row"),
            (
                data(2, &[0, 0, 2, 0]),
                "category 2 in column 0 of row 1, 2 are known",
            ),
        ] {
            let error = fits(&ends, &rows).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn outputs_are_read_in_the_units_of_the_target() {
        let goal = Goal::Numbers {
            mean: 10.0,
            deviation: 4.0,
        };
        assert_eq!(
            goal.read(&[0.0, -0.5]),
            Predictions::Numbers(vec![10.0, 8.0])
        );
        assert_eq!(
            Goal::Classes(2).read(&[3.0, 3.0]),
            Predictions::Probabilities {
                classes: 2,
                values: vec![0.5, 0.5]
            }
        );
    }
}
