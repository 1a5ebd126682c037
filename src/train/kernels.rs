//! The arithmetic that candle does not have in one piece, on the CPU: each is one pass over memory where candle's
//! formula is several, and each has its gradient.
//!
//! What is not a matrix product is compiled twice, with and without AVX2, and chosen at run time. Neither fuses a
//! multiplication with an addition by itself, so both give the same bits; matrix products are the `gemm` crate's,
//! whose bits depend on the kind of CPU but not on the number of threads.

#![expect(
    unsafe_code,
    reason = "calls of `gemm`, which takes pointers, and of functions compiled for AVX2 after the CPU was asked"
)]

pub mod embedding;
pub mod entropy;
pub mod linear;
pub mod masked;
mod simd;
pub mod update;

use candle_core::{CpuStorage, Layout, Result, Storage, Tensor, bail};

/// The numbers of a contiguous tensor on the CPU.
fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((from, to)) => Ok(&storage.as_slice::<f32>()?[from..to]),
        None => bail!("a fused kernel wants a contiguous tensor"),
    }
}

/// Runs `read` over the numbers of a contiguous tensor on the CPU.
fn with_slice<R>(tensor: &Tensor, read: impl FnOnce(&[f32]) -> R) -> Result<R> {
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => Ok(read(slice(storage, layout)?)),
        _ => bail!("a fused kernel wants a tensor on the CPU"),
    }
}

/// The sum of the squares of a contiguous tensor on the CPU, added up in a fixed order.
pub fn sum_of_squares(tensor: &Tensor) -> Result<f64> {
    with_slice(tensor, simd::sum_of_squares)
}

/// Gradients by finite differences, for the tests of the kernels.
#[cfg(test)]
mod check {
    use candle_core::{Device, Tensor, Var};

    /// Values that are far from each other's multiples and from zero, so that no ReLU sits on its corner.
    pub fn values(count: usize, salt: f32) -> Vec<f32> {
        (0..count)
            .map(|i| ((i as f32 + salt) * 1.7).sin() + 0.03)
            .collect()
    }

    pub fn var(shape: &[usize], salt: f32) -> Var {
        let count = shape.iter().product();
        Var::from_vec(values(count, salt), shape, &Device::Cpu).unwrap()
    }

    /// A scalar that weighs every element of `x` differently, so that a gradient put in the wrong place shows.
    pub fn scalar(x: &Tensor) -> Tensor {
        let weights =
            Tensor::from_vec(values(x.elem_count(), 0.5), x.shape(), &Device::Cpu).unwrap();
        (x * weights).unwrap().sum_all().unwrap()
    }

    /// The gradients of `f` at `inputs` equal central differences.
    pub fn gradients(inputs: &[Var], f: impl Fn(&[Var]) -> Tensor) {
        let gradients = f(inputs).backward().unwrap();
        for (which, input) in inputs.iter().enumerate() {
            let found: Vec<f32> = gradients
                .get(input)
                .unwrap_or_else(|| panic!("input {which} has no gradient"))
                .flatten_all()
                .unwrap()
                .to_vec1()
                .unwrap();
            let at: Vec<f32> = input.flatten_all().unwrap().to_vec1().unwrap();
            for (i, found) in found.into_iter().enumerate() {
                let step = 1e-2;
                let value = |by: f32| {
                    let mut moved = at.clone();
                    moved[i] += by;
                    input
                        .set(&Tensor::from_vec(moved, input.shape(), &Device::Cpu).unwrap())
                        .unwrap();
                    f64::from(f(inputs).to_scalar::<f32>().unwrap())
                };
                let wanted = ((value(step) - value(-step)) / (2.0 * f64::from(step))) as f32;
                value(0.0);
                assert!(
                    (found - wanted).abs() < 2e-3 + 1e-2 * wanted.abs(),
                    "input {which}, element {i}: {found}, by differences {wanted}"
                );
            }
        }
    }

    /// Two tensors are equal but for rounding.
    pub fn close(a: &Tensor, b: &Tensor) {
        assert_eq!(a.dims(), b.dims());
        let flat = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        for (i, (a, b)) in flat(a).into_iter().zip(flat(b)).enumerate() {
            assert!(
                (a - b).abs() <= 1e-5 * (1.0 + b.abs()),
                "element {i}: {a}, {b}"
            );
        }
    }
}
