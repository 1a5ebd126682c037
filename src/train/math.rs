//! The formulas of the nets, each in two ways: fused on the CPU, and in candle's own operations, which run on any
//! device. The second is also what the first is tested and measured against.

use candle_core::{D, Result, Tensor};

use super::kernels::{embedding::Pick, entropy::CrossEntropy, linear::Linear, masked::Masked};

/// Which way to compute.
#[derive(Clone, Copy, Debug)]
pub struct Math {
    pub is_fused: bool,
    /// Threads of a fused matrix product.
    pub threads: usize,
}

impl Math {
    /// In one pass each, on the CPU.
    pub fn fused(threads: usize) -> Self {
        Self {
            is_fused: true,
            threads,
        }
    }

    /// In candle's operations, on any device.
    pub fn plain() -> Self {
        Self {
            is_fused: false,
            threads: 1,
        }
    }

    /// `x · wᵀ + b`, through a ReLU if wanted.
    pub fn linear(self, x: &Tensor, w: &Tensor, b: &Tensor, relu: bool) -> Result<Tensor> {
        if self.is_fused {
            let threads = self.threads;
            return x.contiguous()?.apply_op3(w, b, Linear { relu, threads });
        }
        let out = x.matmul(&w.t()?)?.broadcast_add(b)?;
        if relu { out.relu() } else { Ok(out) }
    }

    /// The rows `ids` of a table.
    pub fn pick(self, table: &Tensor, ids: Vec<u32>) -> Result<Tensor> {
        if self.is_fused {
            return table.apply_op1(Pick { ids });
        }
        let count = ids.len();
        table.index_select(&Tensor::from_vec(ids, count, table.device())?, 0)
    }

    /// Each number times its factor in `mask`, row by row.
    pub fn masked(self, x: &Tensor, mask: Vec<f32>) -> Result<Tensor> {
        if self.is_fused {
            return x.contiguous()?.apply_op1(Masked { mask });
        }
        x * Tensor::from_vec(mask, x.shape(), x.device())?
    }

    /// The weighted sum over rows of `−ln softmax(scores)[target]`.
    pub fn cross_entropy(
        self,
        scores: &Tensor,
        targets: Vec<u32>,
        weights: Vec<f32>,
    ) -> Result<Tensor> {
        if self.is_fused {
            return scores.apply_op1(CrossEntropy { targets, weights });
        }
        let (rows, device) = (targets.len(), scores.device());
        let largest = scores.max_keepdim(D::Minus1)?.detach();
        let shifted = scores.broadcast_sub(&largest)?;
        let log_sum = shifted.exp()?.sum_keepdim(D::Minus1)?.log()?;
        let targets = Tensor::from_vec(targets, (rows, 1), device)?;
        let losses = (log_sum - shifted.gather(&targets, D::Minus1)?)?;
        (losses * Tensor::from_vec(weights, (rows, 1), device)?)?.sum_all()
    }

    /// The sum over rows of the squared error.
    pub fn squared_error(self, values: &Tensor, targets: Vec<f32>) -> Result<Tensor> {
        let targets = Tensor::from_vec(targets, values.shape(), values.device())?;
        (values - targets)?.sqr()?.sum_all()
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    #[test]
    fn the_squared_error_has_twice_the_difference_as_its_gradient() {
        let values = Var::new(&[[1.0f32], [-2.0]], &Device::Cpu).unwrap();
        let loss = Math::plain()
            .squared_error(&values, vec![0.5, 1.0])
            .unwrap();
        assert_eq!(loss.to_scalar::<f32>().unwrap(), 0.25 + 9.0);
        let gradients = loss.backward().unwrap();
        let gradient = gradients.get(&values).unwrap();
        assert_eq!(gradient.to_vec2::<f32>().unwrap(), [[1.0], [-6.0]]);
    }
}
