//! Softmax and cross-entropy together, with a weight for each row.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};

use super::{slice, with_slice};

/// `Σ weight · −ln softmax(scores)[target]` over the rows: a sum, so that what is added up over several batches and
/// divided by all weights equals one large batch.
pub struct CrossEntropy {
    pub targets: Vec<u32>,
    pub weights: Vec<f32>,
}

impl CustomOp1 for CrossEntropy {
    fn name(&self) -> &'static str {
        "cross-entropy"
    }

    fn cpu_fwd(&self, scores: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, classes) = layout.shape().dims2()?;
        let fits = self.targets.iter().all(|t| (*t as usize) < classes);
        if rows != self.targets.len() || rows != self.weights.len() || !fits {
            bail!("targets and weights do not fit {rows} rows of {classes} scores");
        }
        let sum: f32 = slice(scores, layout)?
            .chunks_exact(classes)
            .zip(&self.targets)
            .zip(&self.weights)
            .map(|((row, target), weight)| weight * (log_sum_exp(row) - row[*target as usize]))
            .sum();
        Ok((CpuStorage::F32(vec![sum]), Shape::from(())))
    }

    fn bwd(&self, scores: &Tensor, _result: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let (_, classes) = scores.dims2()?;
        let gradient: f32 = gradient.to_scalar()?;
        let out = with_slice(scores, |scores| {
            let mut out = scores.to_vec();
            for ((row, target), weight) in out
                .chunks_exact_mut(classes)
                .zip(&self.targets)
                .zip(&self.weights)
            {
                let (log_sum, scale) = (log_sum_exp(row), gradient * weight);
                for score in row.iter_mut() {
                    *score = (*score - log_sum).exp() * scale;
                }
                row[*target as usize] -= scale;
            }
            out
        })?;
        Ok(Some(Tensor::from_vec(
            out,
            scores.shape(),
            scores.device(),
        )?))
    }
}

/// `ln Σ exp(score)`, shifted by the largest score so that nothing overflows.
fn log_sum_exp(scores: &[f32]) -> f32 {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    largest + scores.iter().map(|s| (s - largest).exp()).sum::<f32>().ln()
}

#[cfg(test)]
mod tests {
    use super::{super::check, *};
    use crate::train::math::Math;

    fn op() -> CrossEntropy {
        CrossEntropy {
            targets: vec![0, 2, 1, 2],
            weights: vec![1.0, 0.5, 2.0, 1.0],
        }
    }

    #[test]
    fn cross_entropy_has_the_gradient_of_its_differences() {
        check::gradients(&[check::var(&[4, 3], 1.0)], |v| {
            v[0].apply_op1(op()).unwrap().affine(0.7, 0.0).unwrap()
        });
    }

    #[test]
    fn cross_entropy_equals_candles_formula_in_value_and_gradient() {
        let scores = check::var(&[4, 3], 1.0);
        let fused = scores.apply_op1(op()).unwrap();
        let plain = Math::plain()
            .cross_entropy(&scores, op().targets, op().weights)
            .unwrap();
        check::close(&fused, &plain);
        let gradient = |t: &Tensor| t.backward().unwrap().get(&scores).unwrap().clone();
        check::close(&gradient(&fused), &gradient(&plain));
    }

    #[test]
    fn large_scores_do_not_overflow_and_a_wrong_class_is_an_error() {
        let scores = Tensor::new(&[[1000.0f32, -1000.0]], &candle_core::Device::Cpu).unwrap();
        let loss = |target| {
            let (targets, weights) = (vec![target], vec![1.0]);
            scores.apply_op1(CrossEntropy { targets, weights })
        };
        assert_eq!(loss(0).unwrap().to_scalar::<f32>().unwrap(), 0.0);
        assert_eq!(loss(1).unwrap().to_scalar::<f32>().unwrap(), 2000.0);
        assert!(loss(2).is_err());
    }
}
