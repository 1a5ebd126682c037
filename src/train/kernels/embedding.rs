//! Rows of a table picked by number, and the gradient added back to them.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};

use super::{simd, slice, with_slice};

/// The rows `ids` of a table.
pub struct Pick {
    pub ids: Vec<u32>,
}

impl CustomOp1 for Pick {
    fn name(&self) -> &'static str {
        "pick"
    }

    fn cpu_fwd(&self, table: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, width) = layout.shape().dims2()?;
        let table = slice(table, layout)?;
        let mut out = Vec::with_capacity(self.ids.len() * width);
        for id in &self.ids {
            let id = *id as usize;
            if rows <= id {
                bail!("category {id} is not among the {rows} of its table");
            }
            out.extend_from_slice(&table[id * width..(id + 1) * width]);
        }
        Ok((CpuStorage::F32(out), Shape::from((self.ids.len(), width))))
    }

    /// Rows picked twice get the sum, added up in the order of `ids`.
    fn bwd(&self, table: &Tensor, _picked: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let (rows, width) = table.dims2()?;
        let mut out = vec![0.0; rows * width];
        with_slice(&gradient.contiguous()?, |gradient| {
            for (id, gradient) in self.ids.iter().zip(gradient.chunks_exact(width)) {
                let id = *id as usize;
                simd::add(&mut out[id * width..(id + 1) * width], gradient);
            }
        })?;
        Ok(Some(Tensor::from_vec(out, (rows, width), table.device())?))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::check, *};
    use crate::train::math::Math;

    const IDS: [u32; 5] = [2, 0, 2, 3, 2];

    #[test]
    fn picked_rows_have_the_gradient_of_their_differences() {
        check::gradients(&[check::var(&[4, 3], 1.0)], |v| {
            check::scalar(&v[0].apply_op1(Pick { ids: IDS.to_vec() }).unwrap())
        });
    }

    #[test]
    fn picking_equals_candles_formula_in_value_and_gradient() {
        let table = check::var(&[4, 3], 1.0);
        let fused = table.apply_op1(Pick { ids: IDS.to_vec() }).unwrap();
        let plain = Math::plain().pick(&table, IDS.to_vec()).unwrap();
        check::close(&fused, &plain);
        let gradient = |t: &Tensor| {
            let gradients = check::scalar(t).backward().unwrap();
            gradients.get(&table).unwrap().clone()
        };
        check::close(&gradient(&fused), &gradient(&plain));
    }

    #[test]
    fn a_category_beyond_the_table_is_an_error() {
        let table = check::var(&[4, 3], 1.0);
        let error = table.apply_op1(Pick { ids: vec![4] }).unwrap_err();
        assert!(error.to_string().contains("category 4"), "{error}");
    }
}
