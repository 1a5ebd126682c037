//! The trained numbers of a net: named, in a fixed order, with first values that depend on seed and name alone.

use candle_core::{Device, Shape, Tensor, Var};

use super::{Result, files::Named, random};

/// Parameters in the order in which the net asked for them.
pub struct Params {
    device: Device,
    seed: u64,
    entries: Vec<(String, Var)>,
}

impl Params {
    pub fn new(seed: u64, device: &Device) -> Self {
        Self {
            device: device.clone(),
            seed,
            entries: vec![],
        }
    }

    /// A weight before a ReLU: uniform within √(6 / inputs) (He and others 2015, equation 10).
    pub fn before_relu(&mut self, name: &str, outputs: usize, inputs: usize) -> Result<Var> {
        self.uniform(name, (outputs, inputs), (6.0 / inputs as f32).sqrt())
    }

    /// A weight before nothing: uniform within √(3 / inputs), which keeps the variance of what goes in.
    pub fn before_output(&mut self, name: &str, outputs: usize, inputs: usize) -> Result<Var> {
        self.uniform(name, (outputs, inputs), (3.0 / inputs as f32).sqrt())
    }

    /// A table of embeddings whose rows have a norm of about 1, like one standardised number. The first `neutral` rows
    /// start as zero, and stay it when no row of the training picks them.
    pub fn table(&mut self, name: &str, rows: usize, width: usize, neutral: usize) -> Result<Var> {
        let mut rng = random::stream(self.seed, name, &[]);
        let mut values = random::uniform(&mut rng, rows * width, (3.0 / width as f32).sqrt());
        let zeros = values.len().min(neutral * width);
        values[..zeros].fill(0.0);
        self.add(name, values, Shape::from((rows, width)))
    }

    pub fn zeros(&mut self, name: &str, shape: impl Into<Shape>) -> Result<Var> {
        let shape = shape.into();
        let values = vec![0.0; shape.elem_count()];
        self.add(name, values, shape)
    }

    fn uniform(&mut self, name: &str, shape: impl Into<Shape>, bound: f32) -> Result<Var> {
        let shape = shape.into();
        let mut rng = random::stream(self.seed, name, &[]);
        let values = random::uniform(&mut rng, shape.elem_count(), bound);
        self.add(name, values, shape)
    }

    fn add(&mut self, name: &str, values: Vec<f32>, shape: Shape) -> Result<Var> {
        debug_assert!(self.entries.iter().all(|(known, _)| known != name));
        let var = Var::from_vec(values, shape, &self.device)?;
        self.entries.push((name.to_owned(), var.clone()));
        Ok(var)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Var)> {
        self.entries.iter().map(|(name, var)| (name.as_str(), var))
    }

    /// A copy of all values, to be written or kept.
    pub fn values(&self) -> Result<Vec<Named>> {
        self.iter().map(|(name, var)| named(name, var)).collect()
    }

    /// Sets all values. `values` must hold exactly these names and shapes, in any order; what does not fit is said.
    pub fn set(&self, values: &[Named]) -> Result<Result<(), String>> {
        if values.len() != self.entries.len() {
            let (found, wanted) = (values.len(), self.entries.len());
            return Ok(Err(format!(
                "it holds {found} parameters, the net has {wanted}"
            )));
        }
        for (name, var) in self.iter() {
            let Some(value) = values.iter().find(|value| value.name == name) else {
                return Ok(Err(format!("parameter {name:?} is missing")));
            };
            if value.shape != var.dims() {
                let (found, wanted) = (&value.shape, var.dims());
                return Ok(Err(format!(
                    "parameter {name:?} has the shape {found:?}, the net wants {wanted:?}"
                )));
            }
            var.set(&Tensor::from_slice(
                &value.values,
                value.shape.as_slice(),
                &self.device,
            )?)?;
        }
        Ok(Ok(()))
    }
}

/// A tensor's values on the host.
pub fn named(name: &str, tensor: &Tensor) -> Result<Named> {
    Ok(Named {
        name: name.to_owned(),
        shape: tensor.dims().to_vec(),
        values: tensor.flatten_all()?.to_vec1()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_values_depend_on_seed_and_name_and_not_on_order() {
        let make = |seed, names: [&str; 2]| {
            let mut params = Params::new(seed, &Device::Cpu);
            for name in names {
                params.before_relu(name, 3, 4).unwrap();
            }
            let mut values = params.values().unwrap();
            values.sort_by(|a, b| a.name.cmp(&b.name));
            values
        };
        assert_eq!(make(1, ["a", "b"]), make(1, ["b", "a"]));
        assert_ne!(make(1, ["a", "b"]), make(2, ["a", "b"]));
        let values = make(1, ["a", "b"]);
        assert_ne!(values[0].values, values[1].values);
        let bound = (6.0f32 / 4.0).sqrt();
        assert!(values[0].values.iter().all(|v| v.abs() < bound));
    }

    #[test]
    fn the_neutral_rows_of_a_table_start_as_zero() {
        let mut params = Params::new(1, &Device::Cpu);
        let table = params.table("a", 4, 3, 2).unwrap();
        let rows: Vec<Vec<f32>> = table.to_vec2().unwrap();
        let is_zero = |row: &Vec<f32>| row.iter().all(|v| *v == 0.0);
        assert_eq!(
            rows.iter().map(is_zero).collect::<Vec<_>>(),
            [true, true, false, false]
        );
        assert_eq!(
            params
                .table("b", 1, 3, 2)
                .unwrap()
                .to_vec2::<f32>()
                .unwrap(),
            [[0.0; 3]]
        );
    }

    #[test]
    fn values_of_another_net_are_refused_by_name_and_shape() {
        let mut params = Params::new(1, &Device::Cpu);
        params.zeros("a", 2).unwrap();
        let value = |name: &str, shape: &[usize]| Named {
            name: name.to_owned(),
            shape: shape.to_vec(),
            values: vec![1.0; shape.iter().product()],
        };
        assert_eq!(params.set(&[value("a", &[2])]).unwrap(), Ok(()));
        assert_eq!(params.values().unwrap()[0].values, [1.0, 1.0]);
        for (values, why) in [
            (vec![], "0 parameters"),
            (vec![value("b", &[2])], "\"a\" is missing"),
            (vec![value("a", &[3])], "shape [3]"),
        ] {
            let error = params.set(&values).unwrap().unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
