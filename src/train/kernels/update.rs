//! The steps of the optimisers in one pass over parameter, state and gradient, in place.

use std::sync::{Mutex, PoisonError};

use candle_core::{CpuStorage, InplaceOp2, Layout, Result, Tensor, Var, bail};

use super::{simd, slice};

/// The numbers of one step of AdamW (Loshchilov and Hutter 2019), the same for every element.
#[derive(Clone, Copy, Debug)]
pub struct Adamw {
    /// By which the gradient is multiplied first: clipping, and the mean over rows.
    pub scale: f32,
    pub beta1: f32,
    pub beta2: f32,
    /// The learning rate over `1 − beta1^t`.
    pub rate: f32,
    /// `1 / √(1 − beta2^t)`.
    pub root: f32,
    pub epsilon: f32,
    /// What is left of a parameter by decay: `1 − lr · decay`.
    pub keep: f32,
}

/// The numbers of one step of SGD with momentum, as PyTorch defines it without dampening.
#[derive(Clone, Copy, Debug)]
pub struct Sgd {
    /// As in [`Adamw`].
    pub scale: f32,
    pub lr: f32,
    pub momentum: f32,
    pub nesterov: bool,
    /// Added to the gradient, times the parameter.
    pub decay: f32,
}

/// Steps a parameter on the CPU, given its two moments and its gradient.
pub fn adamw(
    theta: &Var,
    m: &mut [f32],
    v: &mut [f32],
    gradient: &Tensor,
    rates: Adamw,
) -> Result<()> {
    in_place(theta, gradient, move |theta, gradient| {
        same_size(theta.len(), &[m.len(), v.len(), gradient.len()])?;
        simd::adamw(theta, m, v, gradient, rates);
        Ok(())
    })
}

/// Steps a parameter on the CPU, given its velocity and its gradient.
pub fn sgd(theta: &Var, velocity: &mut [f32], gradient: &Tensor, rates: Sgd) -> Result<()> {
    in_place(theta, gradient, move |theta, gradient| {
        same_size(theta.len(), &[velocity.len(), gradient.len()])?;
        simd::sgd(theta, velocity, gradient, rates);
        Ok(())
    })
}

fn same_size(wanted: usize, found: &[usize]) -> Result<()> {
    if found.iter().any(|size| *size != wanted) {
        bail!("state and gradient of sizes {found:?} do not fit a parameter of {wanted}");
    }
    Ok(())
}

fn in_place<F: FnMut(&mut [f32], &[f32]) -> Result<()>>(
    theta: &Var,
    gradient: &Tensor,
    step: F,
) -> Result<()> {
    theta.inplace_op2(&gradient.contiguous()?, &Step(Mutex::new(step)))
}

/// candle hands an operation out shared, the step changes state: the mutex, never contended, stands between.
struct Step<F>(Mutex<F>);

impl<F: FnMut(&mut [f32], &[f32]) -> Result<()>> InplaceOp2 for Step<F> {
    fn name(&self) -> &'static str {
        "step"
    }

    fn cpu_fwd(
        &self,
        theta: &mut CpuStorage,
        theta_layout: &Layout,
        gradient: &CpuStorage,
        gradient_layout: &Layout,
    ) -> Result<()> {
        let (CpuStorage::F32(theta), Some((from, to))) = (theta, theta_layout.contiguous_offsets())
        else {
            bail!("a parameter is contiguous and of 32-bit floats");
        };
        let mut step = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        step(&mut theta[from..to], slice(gradient, gradient_layout)?)
    }
}
