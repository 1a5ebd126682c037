//! A linear layer with its bias and, if wanted, its ReLU, in one pass; its gradient skips the input when that is data.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};

use super::{simd, slice, with_slice};

/// A product of fewer multiplications than this stays on one thread: handing half of it out costs more than it saves.
const WORTH_SHARING: usize = 1 << 25;

/// `relu(x · wᵀ + b)` for `x` of rows × inputs, `w` of outputs × inputs, `b` of outputs.
#[derive(Clone, Copy, Debug)]
pub struct Linear {
    pub relu: bool,
    /// Threads of a matrix product: 1 stays on the caller's thread, more use the pool it runs in.
    pub threads: usize,
}

impl CustomOp3 for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        w: &CpuStorage,
        w_layout: &Layout,
        b: &CpuStorage,
        b_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (rows, inputs) = x_layout.shape().dims2()?;
        let (outputs, width) = w_layout.shape().dims2()?;
        let bias = slice(b, b_layout)?;
        if width != inputs || bias.len() != outputs {
            bail!("{rows}×{inputs} rows do not fit a layer of {outputs}×{width}");
        }
        let x = Matrix::new(slice(x, x_layout)?, rows, inputs);
        let w = Matrix::new(slice(w, w_layout)?, outputs, inputs);
        let mut out = bias.repeat(rows);
        add_product(&mut out, x, w.transposed(), self.threads);
        if self.relu {
            simd::relu(&mut out);
        }
        Ok((CpuStorage::F32(out), Shape::from((rows, outputs))))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        _b: &Tensor,
        output: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (outputs, inputs) = w.dims2()?;
        let (rows, device) = (x.dim(0)?, x.device());
        let gradient = gradient.contiguous()?;
        let back = |gradient: &[f32]| -> Result<_> {
            let gradient_rows = Matrix::new(gradient, rows, outputs);
            let mut bias = vec![0.0; outputs];
            for row in gradient.chunks_exact(outputs) {
                simd::add(&mut bias, row);
            }
            let weight = with_slice(x, |x| {
                let x = Matrix::new(x, rows, inputs);
                product(gradient_rows.transposed(), x, self.threads)
            })?;
            let input = if x.track_op() {
                let input = with_slice(w, |w| {
                    product(gradient_rows, Matrix::new(w, outputs, inputs), self.threads)
                })?;
                Some(Tensor::from_vec(input, (rows, inputs), device)?)
            } else {
                None
            };
            Ok((
                input,
                Some(Tensor::from_vec(weight, (outputs, inputs), device)?),
                Some(Tensor::from_vec(bias, outputs, device)?),
            ))
        };
        if !self.relu {
            return with_slice(&gradient, back)?;
        }
        let mut before = vec![0.0; rows * outputs];
        with_slice(&gradient, |gradient| {
            with_slice(output, |output| {
                simd::relu_gradient(gradient, output, &mut before);
            })
        })??;
        back(&before)
    }
}

/// A matrix seen through strides: the element at (r, c) stands at `r * row + c * column`.
#[derive(Clone, Copy)]
struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row: usize,
    column: usize,
}

impl<'a> Matrix<'a> {
    /// # Panics
    /// When `values` are not rows × columns.
    fn new(values: &'a [f32], rows: usize, columns: usize) -> Self {
        assert_eq!(values.len(), rows * columns, "the size of a matrix");
        Self {
            values,
            rows,
            columns,
            row: columns,
            column: 1,
        }
    }

    fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row: self.column,
            column: self.row,
            ..self
        }
    }
}

/// `a · b`, row by row.
fn product(a: Matrix, b: Matrix, threads: usize) -> Vec<f32> {
    let mut out = vec![0.0; a.rows * b.columns];
    multiply(&mut out, a, b, false, threads);
    out
}

/// Adds `a · b` to `out`.
fn add_product(out: &mut [f32], a: Matrix, b: Matrix, threads: usize) {
    multiply(out, a, b, true, threads);
}

fn multiply(out: &mut [f32], a: Matrix, b: Matrix, add: bool, threads: usize) {
    assert_eq!(a.columns, b.rows, "the inner size of a product");
    assert_eq!(out.len(), a.rows * b.columns, "the size of a product");
    let multiplications = a.rows * a.columns * b.columns;
    let parallelism = if threads < 2 || multiplications < WORTH_SHARING {
        gemm::Parallelism::None
    } else {
        gemm::Parallelism::Rayon(threads)
    };
    // SAFETY: `Matrix::new` and the two lines above checked that every element addressed lies within its slice; the
    // strides of `out` address each of its elements once; `out` is borrowed alone, so it overlaps neither `a` nor `b`.
    unsafe {
        gemm::gemm(
            a.rows,
            b.columns,
            a.columns,
            out.as_mut_ptr(),
            1,
            b.columns as isize,
            add,
            a.values.as_ptr(),
            a.column as isize,
            a.row as isize,
            b.values.as_ptr(),
            b.column as isize,
            b.row as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            parallelism,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::{super::check, *};

    fn plain(x: &Tensor, w: &Tensor, b: &Tensor, relu: bool) -> Tensor {
        let out = x.matmul(&w.t().unwrap()).unwrap().broadcast_add(b).unwrap();
        if relu { out.relu().unwrap() } else { out }
    }

    #[test]
    fn a_linear_layer_has_the_gradient_of_its_differences() {
        for relu in [false, true] {
            let inputs = [
                check::var(&[5, 4], 1.0),
                check::var(&[3, 4], 2.0),
                check::var(&[3], 3.0),
            ];
            let op = Linear { relu, threads: 1 };
            check::gradients(&inputs, |v| {
                check::scalar(&v[0].apply_op3(&v[1], &v[2], op).unwrap())
            });
        }
    }

    #[test]
    fn a_linear_layer_equals_candles_formula_in_value_and_gradient() {
        for (relu, threads) in [(false, 1), (true, 1), (true, 2)] {
            let (x, w, b) = (
                check::var(&[33, 17], 1.0),
                check::var(&[9, 17], 2.0),
                check::var(&[9], 3.0),
            );
            let fused = x.apply_op3(&w, &b, Linear { relu, threads }).unwrap();
            let wanted = plain(&x, &w, &b, relu);
            check::close(&fused, &wanted);
            let (fused, wanted) = (
                check::scalar(&fused).backward().unwrap(),
                check::scalar(&wanted).backward().unwrap(),
            );
            for var in [&x, &w, &b] {
                check::close(fused.get(var).unwrap(), wanted.get(var).unwrap());
            }
        }
    }

    #[test]
    fn data_gets_no_gradient_and_wrong_sizes_an_error() {
        let (x, w, b) = (
            check::var(&[5, 4], 1.0),
            check::var(&[3, 4], 2.0),
            check::var(&[3], 3.0),
        );
        let op = Linear {
            relu: true,
            threads: 1,
        };
        let data = x.as_detached_tensor();
        let out = data.apply_op3(&w, &b, op).unwrap();
        assert!(check::scalar(&out).backward().unwrap().get(&data).is_none());
        assert!(data.t().unwrap().apply_op3(&w, &b, op).is_err());
        assert!(w.apply_op3(&data, &b, op).is_err());
    }

    #[test]
    fn large_products_have_the_same_bits_on_one_thread_and_two() {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(2)
            .build()
            .unwrap();
        for (rows, inputs, outputs) in [(512, 256, 256), (300, 1030, 129), (4000, 4200, 2)] {
            assert!(WORTH_SHARING <= rows * inputs * outputs);
            let (x, w, b) = (
                check::var(&[rows, inputs], 1.0),
                check::var(&[outputs, inputs], 2.0),
                check::var(&[outputs], 3.0),
            );
            let run = |threads| {
                let out = x
                    .apply_op3(
                        &w,
                        &b,
                        Linear {
                            relu: true,
                            threads,
                        },
                    )
                    .unwrap();
                let gradients = check::scalar(&out).backward().unwrap();
                let mut bits = vec![];
                for tensor in [&out, gradients.get(&w).unwrap(), gradients.get(&x).unwrap()] {
                    let values: Vec<f32> = tensor.flatten_all().unwrap().to_vec1().unwrap();
                    bits.extend(values.into_iter().map(f32::to_bits));
                }
                bits
            };
            assert!(run(1) == pool.install(|| run(2)));
        }
    }
}
