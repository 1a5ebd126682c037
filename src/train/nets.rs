//! Nets for tables: numbers and embedded categories in, scores of classes or one value out.

use candle_core::{Device, Tensor, Var};
use serde::{Deserialize, Serialize};

use super::{Result, math::Math, params::Params, random};
use crate::{
    data::Encoded,
    domain::presets::{Net as Settings, NetKind},
};

/// An encoder's first two categories stand for missing and for rare or unknown: what training never saw of them says
/// nothing, rather than something at random.
const NEUTRAL: usize = 2;

/// What goes into a net and what comes out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ends {
    /// Columns of numbers.
    pub numbers: usize,
    /// How many values each column of categories has.
    pub cardinalities: Vec<usize>,
    /// Classes, or 1 for a regression.
    pub outputs: usize,
}

/// A net; its parameters live in [`Params`] too.
pub struct Net {
    math: Math,
    kind: NetKind,
    dropout: f64,
    tables: Vec<Var>,
    layers: Vec<Layer>,
    head: Layer,
}

struct Layer {
    weight: Var,
    bias: Var,
}

/// Rows as tensors: numbers row by row, the categories column by column.
pub struct Batch {
    pub numbers: Option<Tensor>,
    pub categories: Vec<Vec<u32>>,
}

/// Where the noise of a forward pass in training comes from.
#[derive(Clone, Copy, Debug)]
pub struct Noise {
    pub seed: u64,
    pub epoch: u64,
    pub batch: u64,
}

impl Net {
    /// Makes the parameters in a fixed order, under fixed names.
    pub fn new(settings: &Settings, ends: &Ends, params: &mut Params, math: Math) -> Result<Self> {
        let mut inputs = ends.numbers;
        let mut tables = vec![];
        for (i, values) in ends.cardinalities.iter().enumerate() {
            let width = embedding_width(settings.embedding, *values);
            tables.push(params.table(&format!("embedding.{i}"), *values, width, NEUTRAL)?);
            inputs += width;
        }
        let mut layers = vec![];
        match settings.kind {
            NetKind::Mlp => {
                for (i, width) in settings.hidden.iter().enumerate() {
                    let name = format!("hidden.{i}");
                    layers.push(Layer::before_relu(params, &name, *width, inputs)?);
                    inputs = *width;
                }
            }
            NetKind::Residual => {
                let width = settings.hidden.first().copied().unwrap_or(inputs);
                layers.push(Layer::before_relu(params, "stem", width, inputs)?);
                for i in 0..settings.hidden.len() {
                    let name = format!("block.{i}.first");
                    layers.push(Layer::before_relu(params, &name, width, width)?);
                    // A block that starts as zero lets a deep net begin as a shallow one (Zhang and others 2019).
                    let name = format!("block.{i}.second");
                    layers.push(Layer::zero(params, &name, width, width)?);
                }
                inputs = width;
            }
        }
        let head = Layer::before_output(params, "head", ends.outputs, inputs)?;
        Ok(Self {
            math,
            kind: settings.kind,
            dropout: settings.dropout,
            tables,
            layers,
            head,
        })
    }

    /// Scores or values, rows × outputs; with dropout when there is noise.
    pub fn forward(&self, batch: Batch, noise: Option<Noise>) -> Result<Tensor> {
        let math = self.math;
        let mut parts: Vec<Tensor> = batch.numbers.into_iter().collect();
        for (table, ids) in self.tables.iter().zip(batch.categories) {
            parts.push(math.pick(table, ids)?);
        }
        let mut x = match parts.len() {
            1 => parts.swap_remove(0),
            _ => Tensor::cat(&parts, 1)?,
        };
        match self.kind {
            NetKind::Mlp => {
                for (i, layer) in self.layers.iter().enumerate() {
                    x = self.drop(layer.forward(math, &x, true)?, noise, i)?;
                }
            }
            NetKind::Residual => {
                if let Some((stem, blocks)) = self.layers.split_first() {
                    x = stem.forward(math, &x, true)?;
                    for (i, block) in blocks.chunks_exact(2).enumerate() {
                        let inner = self.drop(block[0].forward(math, &x, true)?, noise, i)?;
                        x = (x + block[1].forward(math, &inner, false)?)?;
                    }
                    x = x.relu()?;
                }
            }
        }
        Ok(self.head.forward(math, &x, false)?)
    }

    fn drop(&self, x: Tensor, noise: Option<Noise>, layer: usize) -> Result<Tensor> {
        let Some(noise) = noise.filter(|_| 0.0 < self.dropout) else {
            return Ok(x);
        };
        let place = [noise.epoch, noise.batch, layer as u64];
        let mut rng = random::stream(noise.seed, "dropout", &place);
        let mask = random::dropout_mask(&mut rng, x.elem_count(), self.dropout);
        Ok(self.math.masked(&x, mask)?)
    }
}

impl Layer {
    fn before_relu(params: &mut Params, name: &str, outputs: usize, inputs: usize) -> Result<Self> {
        let weight = params.before_relu(&format!("{name}.weight"), outputs, inputs)?;
        Self::with_bias(params, name, weight, outputs)
    }

    fn before_output(
        params: &mut Params,
        name: &str,
        outputs: usize,
        inputs: usize,
    ) -> Result<Self> {
        let weight = params.before_output(&format!("{name}.weight"), outputs, inputs)?;
        Self::with_bias(params, name, weight, outputs)
    }

    fn zero(params: &mut Params, name: &str, outputs: usize, inputs: usize) -> Result<Self> {
        let weight = params.zeros(&format!("{name}.weight"), (outputs, inputs))?;
        Self::with_bias(params, name, weight, outputs)
    }

    fn with_bias(params: &mut Params, name: &str, weight: Var, outputs: usize) -> Result<Self> {
        let bias = params.zeros(&format!("{name}.bias"), outputs)?;
        Ok(Self { weight, bias })
    }

    fn forward(&self, math: Math, x: &Tensor, relu: bool) -> candle_core::Result<Tensor> {
        math.linear(x, &self.weight, &self.bias, relu)
    }
}

impl Batch {
    /// The rows `rows` of encoded data.
    pub fn gather(data: &Encoded, rows: &[u32], device: &Device) -> Result<Self> {
        let widths = (data.numbers.len(), data.categories.len());
        let [numbers, categories] = [widths.0, widths.1].map(|len| len / data.rows.max(1));
        let mut taken = Vec::with_capacity(rows.len() * numbers);
        for row in rows {
            let from = *row as usize * numbers;
            taken.extend_from_slice(&data.numbers[from..from + numbers]);
        }
        let column = |column: usize| {
            rows.iter()
                .map(|row| data.categories[*row as usize * categories + column])
                .collect()
        };
        Ok(Self {
            numbers: (0 < numbers)
                .then(|| Tensor::from_vec(taken, (rows.len(), numbers), device))
                .transpose()?,
            categories: (0..categories).map(column).collect(),
        })
    }
}

/// The width of an embedding: as asked, or by fastai's rule of thumb from the number of values.
pub fn embedding_width(asked: usize, values: usize) -> usize {
    if 0 < asked {
        return asked;
    }
    ((1.6 * (values as f64).powf(0.56)).round() as usize).clamp(1, 50)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(kind: NetKind) -> Settings {
        Settings {
            kind,
            hidden: vec![8, 8],
            dropout: 0.5,
            embedding: 0,
        }
    }

    fn ends() -> Ends {
        Ends {
            numbers: 2,
            cardinalities: vec![3, 4],
            outputs: 2,
        }
    }

    fn data() -> Encoded {
        Encoded {
            rows: 3,
            numbers: vec![0.1, 0.2, -0.3, 0.4, 0.5, -0.6],
            categories: vec![0, 3, 2, 1, 1, 0],
            target: None,
        }
    }

    fn forward(kind: NetKind, math: Math, rows: &[u32], noise: Option<Noise>) -> Vec<Vec<f32>> {
        let mut params = Params::new(5, &Device::Cpu);
        let net = Net::new(&settings(kind), &ends(), &mut params, math).unwrap();
        let batch = Batch::gather(&data(), rows, &Device::Cpu).unwrap();
        net.forward(batch, noise).unwrap().to_vec2().unwrap()
    }

    const KINDS: [NetKind; 2] = [NetKind::Mlp, NetKind::Residual];

    #[test]
    fn each_row_is_judged_alone_and_both_ways_of_computing_agree() {
        for kind in KINDS {
            let whole = forward(kind, Math::fused(1), &[0, 1, 2], None);
            let plain = forward(kind, Math::plain(), &[0, 1, 2], None);
            for row in 0..3u32 {
                let alone = forward(kind, Math::fused(1), &[row], None);
                for (a, b) in alone[0].iter().zip(&whole[row as usize]) {
                    assert!((a - b).abs() < 1e-6);
                }
                for (a, b) in plain[row as usize].iter().zip(&whole[row as usize]) {
                    assert!((a - b).abs() < 1e-6);
                }
            }
        }
    }

    #[test]
    fn dropout_is_the_same_at_the_same_place_and_differs_between_batches() {
        let noise = |batch| {
            Some(Noise {
                seed: 1,
                epoch: 2,
                batch,
            })
        };
        // A residual net starts with blocks of zero, which dropout cannot change.
        let run = |batch| forward(NetKind::Mlp, Math::fused(1), &[0, 1, 2], noise(batch));
        assert_eq!(run(3), run(3));
        assert_ne!(run(3), run(4));
        assert_ne!(
            run(3),
            forward(NetKind::Mlp, Math::fused(1), &[0, 1, 2], None)
        );
    }

    #[test]
    fn every_parameter_has_a_gradient() {
        for kind in KINDS {
            let mut params = Params::new(5, &Device::Cpu);
            let net = Net::new(&settings(kind), &ends(), &mut params, Math::fused(1)).unwrap();
            let batch = Batch::gather(&data(), &[0, 1, 2], &Device::Cpu).unwrap();
            let loss = net.forward(batch, None).unwrap().sqr().unwrap();
            let gradients = loss.sum_all().unwrap().backward().unwrap();
            for (name, var) in params.iter() {
                assert!(gradients.get(var).is_some(), "{name}");
            }
        }
    }

    #[test]
    fn widths_follow_the_rule_of_the_preset() {
        let cases = [
            (0, 1, 2),
            (0, 2, 2),
            (0, 24, 9),
            (0, 100_000, 50),
            (7, 3, 7),
        ];
        for (asked, values, width) in cases {
            assert_eq!(embedding_width(asked, values), width, "{values}");
        }
    }
}
