//! A tensor times a fixed mask: dropout, without a gradient for the mask.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};

use super::{simd, slice, with_slice};

/// Each number times its own factor.
pub struct Masked {
    pub mask: Vec<f32>,
}

impl CustomOp1 for Masked {
    fn name(&self) -> &'static str {
        "masked"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = slice(x, layout)?;
        if x.len() != self.mask.len() {
            bail!(
                "a mask of {} does not fit {} numbers",
                self.mask.len(),
                x.len()
            );
        }
        let mut out = vec![0.0; x.len()];
        simd::multiply(x, &self.mask, &mut out);
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _result: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let mut out = vec![0.0; self.mask.len()];
        with_slice(&gradient.contiguous()?, |gradient| {
            simd::multiply(gradient, &self.mask, &mut out);
        })?;
        Ok(Some(Tensor::from_vec(out, x.shape(), x.device())?))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::check, *};
    use crate::train::math::Math;

    fn mask() -> Vec<f32> {
        (0..12)
            .map(|i| if i % 3 == 0 { 0.0 } else { 1.5 })
            .collect()
    }

    #[test]
    fn a_mask_has_the_gradient_of_its_differences() {
        check::gradients(&[check::var(&[4, 3], 1.0)], |v| {
            check::scalar(&v[0].apply_op1(Masked { mask: mask() }).unwrap())
        });
    }

    #[test]
    fn a_mask_equals_candles_product() {
        let x = check::var(&[4, 3], 1.0);
        let fused = x.apply_op1(Masked { mask: mask() }).unwrap();
        check::close(&fused, &Math::plain().masked(&x, mask()).unwrap());
        let short = Masked {
            mask: vec![1.0; 11],
        };
        assert!(x.apply_op1(short).is_err());
    }
}
