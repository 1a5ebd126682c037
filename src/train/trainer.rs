//! One step of a training: batches, loss, gradients, clipping, update.

use candle_core::{Device, Tensor};

use super::{
    Error, Result,
    checkpoints::Position,
    fit::Task,
    math::Math,
    nets::{Batch, Net, Noise},
    optimisers::Optimiser,
    params::Params,
    predict::{Goal, outputs},
    random, schedules,
};
use crate::{
    data::{Encoded, Target},
    domain::{
        jobs::Training,
        presets::{ClassWeights, Preset},
    },
};

/// How the rows of an epoch make batches, and batches make steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batches {
    /// Of an epoch; the last may be smaller.
    pub in_epoch: u64,
    /// Of the whole training, if nothing ends it early.
    pub steps: u64,
}

impl Batches {
    pub fn of(preset: &Preset, rows: usize) -> Self {
        let train = &preset.train;
        let in_epoch = rows.div_ceil(train.batch) as u64;
        let steps = in_epoch.div_ceil(u64::from(train.accumulate));
        Self {
            in_epoch,
            steps: steps * u64::from(train.epochs),
        }
    }
}

/// What one step did.
#[derive(Clone, Copy, Debug)]
pub struct Made {
    pub rows: u64,
    pub batches: u64,
    /// The mean over its rows.
    pub loss: f64,
    pub lr: f64,
    /// Of the mean gradient, before clipping.
    pub norm: f64,
}

/// A net in training.
pub struct Trainer<'a> {
    preset: &'a Preset,
    seed: u64,
    task: &'a Task<'a>,
    device: Device,
    math: Math,
    net: Net,
    pub params: Params,
    pub optimiser: Optimiser,
    /// By class; empty for a regression.
    pub weights: Vec<f32>,
    pub batches: Batches,
    /// The order of the rows, and the epoch that it is of.
    order: Option<(u32, Vec<u32>)>,
}

/// The gradients of one batch, and what they are to be divided by.
struct Gradients {
    loss: f64,
    weight: f64,
    tensors: Vec<Tensor>,
}

impl<'a> Trainer<'a> {
    pub fn new(training: &'a Training, task: &'a Task, math: Math, device: Device) -> Result<Self> {
        let preset = &training.preset;
        if task.ends.numbers == 0 && task.ends.cardinalities.is_empty() {
            return Err(Error::Preset(
                "no column is left to learn from: look at `features.exclude`".to_owned(),
            ));
        }
        let mut params = Params::new(training.seed, &device);
        let net = Net::new(&preset.net, &task.ends, &mut params, math)?;
        Ok(Self {
            preset,
            seed: training.seed,
            task,
            optimiser: Optimiser::new(&preset.optimiser, &params, math)?,
            weights: class_weights(preset.train.class_weights, task),
            batches: Batches::of(preset, task.train.rows),
            device,
            math,
            net,
            params,
            order: None,
        })
    }

    /// Makes the step that comes after a position.
    ///
    /// Several batches in one step give what one batch of all their rows would: their sums are added up, then divided
    /// by all their weights.
    pub fn step(&mut self, at: &Position) -> Result<Made> {
        let train = &self.preset.train;
        let lr = self.lr(at.step);
        let until = (at.batch + u64::from(train.accumulate)).min(self.batches.in_epoch);
        let mut rows = 0;
        let mut sum: Option<Gradients> = None;
        for batch in at.batch..until {
            let taken = self.rows(at.epoch, batch);
            rows += taken.len() as u64;
            let next = self.gradients(at.epoch, batch, &taken)?;
            sum = Some(match sum {
                None => next,
                Some(sum) => sum.plus(&next)?,
            });
        }
        let Some(Gradients {
            loss,
            weight,
            tensors,
        }) = sum
        else {
            return Err(Error::Preset("there are no rows to train on".to_owned()));
        };
        let (loss, norm) = (loss / weight, self.optimiser.norm(&tensors)? / weight);
        if !loss.is_finite() || !norm.is_finite() {
            return Err(Error::NotFinite {
                step: at.step + 1,
                epoch: at.epoch + 1,
                batch: at.batch + 1,
                lr,
            });
        }
        let is_long = 0.0 < train.clip && train.clip < norm;
        let clipping = if is_long { train.clip / norm } else { 1.0 };
        self.optimiser
            .step(&self.params, &tensors, lr, clipping / weight)?;
        Ok(Made {
            rows,
            batches: until - at.batch,
            loss,
            lr,
            norm,
        })
    }

    /// The learning rate of a step, counted from 0.
    pub fn lr(&self, step: u64) -> f64 {
        let Preset {
            schedule,
            optimiser,
            ..
        } = self.preset;
        schedules::rate(schedule, optimiser.lr, step, self.batches.steps)
    }

    /// What the net gives for rows, without dropout.
    pub fn outputs(&self, data: &Encoded, rows: &[u32]) -> Result<Vec<f32>> {
        outputs(&self.net, data, rows, &self.device)
    }

    /// The rows of one batch; each epoch has an order of its own.
    fn rows(&mut self, epoch: u32, batch: u64) -> Vec<u32> {
        if self.order.as_ref().is_none_or(|(of, _)| *of != epoch) {
            let mut rng = random::stream(self.seed, "rows", &[u64::from(epoch)]);
            let order = random::permutation(&mut rng, self.task.train.rows);
            self.order = Some((epoch, order));
        }
        let order = self.order.as_ref().map_or(&[][..], |(_, order)| order);
        let size = self.preset.train.batch;
        let from = batch as usize * size;
        order[from..(from + size).min(order.len())].to_vec()
    }

    fn gradients(&self, epoch: u32, batch: u64, rows: &[u32]) -> Result<Gradients> {
        let noise = Noise {
            seed: self.seed,
            epoch: u64::from(epoch),
            batch,
        };
        let input = Batch::gather(self.task.train, rows, &self.device)?;
        let output = self.net.forward(input, Some(noise))?;
        let (loss, weight) = self.loss(&output, rows)?;
        let mut all = loss.backward()?;
        let mut tensors = vec![];
        for (_, var) in self.params.iter() {
            tensors.push(match all.remove(var) {
                Some(gradient) => gradient,
                None => var.zeros_like()?,
            });
        }
        Ok(Gradients {
            loss: f64::from(loss.to_scalar::<f32>()?),
            weight,
            tensors,
        })
    }

    /// The sum of the losses of rows, and the sum of their weights.
    fn loss(&self, output: &Tensor, rows: &[u32]) -> Result<(Tensor, f64)> {
        match &self.task.train.target {
            Some(Target::Classes(targets)) => {
                let targets: Vec<u32> = rows.iter().map(|row| targets[*row as usize]).collect();
                let weights: Vec<f32> = targets.iter().map(|t| self.weights[*t as usize]).collect();
                let weight = weights.iter().map(|weight| f64::from(*weight)).sum();
                Ok((self.math.cross_entropy(output, targets, weights)?, weight))
            }
            Some(Target::Numbers(targets)) => {
                let targets = rows.iter().map(|row| targets[*row as usize]).collect();
                Ok((self.math.squared_error(output, targets)?, rows.len() as f64))
            }
            None => Err(Error::Rows("they have no target".to_owned())),
        }
    }
}

impl Gradients {
    fn plus(self, next: &Self) -> Result<Self> {
        let tensors = self.tensors.iter().zip(&next.tensors).map(|(a, b)| a + b);
        Ok(Self {
            loss: self.loss + next.loss,
            weight: self.weight + next.weight,
            tensors: tensors.collect::<candle_core::Result<_>>()?,
        })
    }
}

/// The weight of a row by its class. Balanced: rows / (classes · rows of the class), as scikit-learn has it.
fn class_weights(kind: ClassWeights, task: &Task) -> Vec<f32> {
    let (Goal::Classes(classes), Some(Target::Classes(targets))) = (task.goal, &task.train.target)
    else {
        return vec![];
    };
    let mut counts = vec![0u32; classes];
    for target in targets {
        counts[*target as usize] += 1;
    }
    let weight = |count: &u32| match (kind, count) {
        (ClassWeights::None, _) | (_, 0) => 1.0,
        (ClassWeights::Balanced, count) => targets.len() as f32 / (classes as f32 * *count as f32),
    };
    counts.iter().map(weight).collect()
}
