//! Optimisers: AdamW and SGD, whose state is kept by the name of its parameter.

use candle_core::{Tensor, Var};

use super::{
    Result,
    files::Named,
    kernels::update,
    math::Math,
    params::{Params, named},
};
use crate::domain::presets::{Optimiser as Settings, OptimiserKind};

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// Steps parameters by their gradients.
///
/// Decay holds for matrices alone: a bias is not made simpler by being small.
pub struct Optimiser {
    settings: Settings,
    math: Math,
    /// Updates done.
    updates: u64,
    /// For each parameter, in the order of the parameters.
    moments: Vec<Vec<Moment>>,
}

/// What is remembered for each element: on the host where kernels are fused, else where the parameter is.
enum Moment {
    Host(Vec<f32>),
    Device(Tensor),
}

impl Optimiser {
    pub fn new(settings: &Settings, params: &Params, math: Math) -> Result<Self> {
        let mut moments = vec![];
        for (_, var) in params.iter() {
            let mut each = vec![];
            for _ in names(settings.kind) {
                each.push(if math.is_fused {
                    Moment::Host(vec![0.0; var.elem_count()])
                } else {
                    Moment::Device(var.zeros_like()?)
                });
            }
            moments.push(each);
        }
        Ok(Self {
            settings: settings.clone(),
            math,
            updates: 0,
            moments,
        })
    }

    /// One step along `gradients`, in the order of the parameters, each times `scale` first.
    pub fn step(
        &mut self,
        params: &Params,
        gradients: &[Tensor],
        lr: f64,
        scale: f64,
    ) -> Result<()> {
        self.updates += 1;
        let Settings {
            kind,
            weight_decay,
            momentum,
            nesterov,
            ..
        } = self.settings;
        for (((_, theta), gradient), moments) in params.iter().zip(gradients).zip(&mut self.moments)
        {
            let decay = if theta.rank() < 2 { 0.0 } else { weight_decay };
            match kind {
                OptimiserKind::Adamw => {
                    let rates = adamw_rates(self.updates, lr, decay, scale);
                    adamw(theta, moments, gradient, rates)?;
                }
                OptimiserKind::Sgd => {
                    let rates = update::Sgd {
                        scale: scale as f32,
                        lr: lr as f32,
                        momentum: momentum as f32,
                        nesterov,
                        decay: decay as f32,
                    };
                    sgd(theta, moments, gradient, rates)?;
                }
            }
        }
        Ok(())
    }

    /// Updates done so far.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// The state of all parameters, as `m/NAME`, `v/NAME` or `velocity/NAME`.
    pub fn state(&self, params: &Params) -> Result<Vec<Named>> {
        let mut state = vec![];
        for ((name, var), moments) in params.iter().zip(&self.moments) {
            for (which, moment) in names(self.settings.kind).iter().zip(moments) {
                let name = format!("{which}/{name}");
                state.push(match moment {
                    Moment::Host(values) => Named {
                        name,
                        shape: var.dims().to_vec(),
                        values: values.clone(),
                    },
                    Moment::Device(tensor) => named(&name, tensor)?,
                });
            }
        }
        Ok(state)
    }

    /// Takes a state back; says what does not fit.
    pub fn set_state(
        &mut self,
        params: &Params,
        state: &[Named],
        updates: u64,
    ) -> Result<Result<(), String>> {
        let mut wanted = 0;
        for ((name, var), moments) in params.iter().zip(&mut self.moments) {
            for (which, moment) in names(self.settings.kind).iter().zip(moments) {
                wanted += 1;
                let name = format!("{which}/{name}");
                let Some(found) = state
                    .iter()
                    .find(|s| s.name == name && s.shape == var.dims())
                else {
                    return Ok(Err(format!("the optimiser's {name:?} is missing")));
                };
                match moment {
                    Moment::Host(values) => values.clone_from(&found.values),
                    Moment::Device(tensor) => {
                        *tensor = Tensor::from_slice(
                            &found.values,
                            found.shape.as_slice(),
                            var.device(),
                        )?;
                    }
                }
            }
        }
        if state.len() != wanted {
            let found = state.len();
            return Ok(Err(format!(
                "it holds {found} tensors of an optimiser, {wanted} are expected"
            )));
        }
        self.updates = updates;
        Ok(Ok(()))
    }

    /// The norm of all gradients together (Euclidean).
    pub fn norm(&self, gradients: &[Tensor]) -> Result<f64> {
        let mut sum = 0.0;
        for gradient in gradients {
            sum += if self.math.is_fused {
                super::kernels::sum_of_squares(&gradient.contiguous()?)?
            } else {
                f64::from(gradient.sqr()?.sum_all()?.to_scalar::<f32>()?)
            };
        }
        Ok(sum.sqrt())
    }
}

fn adamw(
    theta: &Var,
    moments: &mut [Moment],
    gradient: &Tensor,
    rates: update::Adamw,
) -> candle_core::Result<()> {
    match moments {
        [Moment::Host(m), Moment::Host(v)] => update::adamw(theta, m, v, gradient, rates),
        [Moment::Device(m), Moment::Device(v)] => {
            let gradient = (gradient * f64::from(rates.scale))?;
            *m = ((&*m * BETA1)? + (&gradient * (1.0 - BETA1))?)?;
            *v = ((&*v * BETA2)? + (gradient.sqr()? * (1.0 - BETA2))?)?;
            let below = ((v.sqrt()? * f64::from(rates.root))? + EPSILON)?;
            let way = (&*m * f64::from(rates.rate))?.div(&below)?;
            theta.set(&((theta.as_tensor() * f64::from(rates.keep))? - way)?)
        }
        _ => unreachable!("a parameter has two moments under AdamW, both in one place"),
    }
}

fn sgd(
    theta: &Var,
    moments: &mut [Moment],
    gradient: &Tensor,
    rates: update::Sgd,
) -> candle_core::Result<()> {
    match moments {
        [Moment::Host(velocity)] => update::sgd(theta, velocity, gradient, rates),
        [Moment::Device(velocity)] => {
            let (momentum, decay) = (f64::from(rates.momentum), f64::from(rates.decay));
            let gradient = ((gradient * f64::from(rates.scale))? + (theta.as_tensor() * decay)?)?;
            *velocity = ((&*velocity * momentum)? + &gradient)?;
            let way = if rates.nesterov {
                (gradient + (&*velocity * momentum)?)?
            } else {
                velocity.clone()
            };
            theta.set(&(theta.as_tensor() - (way * f64::from(rates.lr))?)?)
        }
        _ => unreachable!("a parameter has one velocity under SGD"),
    }
}

/// What is remembered of a parameter, by name.
fn names(kind: OptimiserKind) -> &'static [&'static str] {
    match kind {
        OptimiserKind::Adamw => &["m", "v"],
        OptimiserKind::Sgd => &["velocity"],
    }
}

fn adamw_rates(update: u64, lr: f64, decay: f64, scale: f64) -> update::Adamw {
    let done = |beta: f64| 1.0 - beta.powf(update as f64);
    update::Adamw {
        scale: scale as f32,
        beta1: BETA1 as f32,
        beta2: BETA2 as f32,
        rate: (lr / done(BETA1)) as f32,
        root: (1.0 / done(BETA2).sqrt()) as f32,
        epsilon: EPSILON as f32,
        keep: (1.0 - lr * decay) as f32,
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn settings(kind: OptimiserKind, nesterov: bool) -> Settings {
        Settings {
            kind,
            nesterov,
            weight_decay: 0.1,
            ..Settings::default()
        }
    }

    const ALL: [(OptimiserKind, bool); 3] = [
        (OptimiserKind::Adamw, false),
        (OptimiserKind::Sgd, false),
        (OptimiserKind::Sgd, true),
    ];

    fn params() -> Params {
        let mut params = Params::new(3, &Device::Cpu);
        params.before_relu("w", 3, 5).unwrap();
        params.before_relu("b", 1, 7).unwrap();
        params
    }

    fn gradients(step: u64) -> Vec<Tensor> {
        let tensor = |shape: (usize, usize)| {
            let values = (0..shape.0 * shape.1)
                .map(|i| (i as f32 + step as f32 * 1.3).sin())
                .collect();
            Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
        };
        vec![tensor((3, 5)), tensor((1, 7))]
    }

    #[test]
    fn fused_steps_equal_the_plain_formulas() {
        for (kind, nesterov) in ALL {
            let settings = settings(kind, nesterov);
            let run = |math| {
                let params = params();
                let mut optimiser = Optimiser::new(&settings, &params, math).unwrap();
                for step in 0..5 {
                    optimiser
                        .step(&params, &gradients(step), 0.01, 0.5)
                        .unwrap();
                }
                params.values().unwrap()
            };
            for (a, b) in run(Math::fused(1)).iter().zip(&run(Math::plain())) {
                for (a, b) in a.values.iter().zip(&b.values) {
                    assert!((a - b).abs() < 1e-6, "{kind}: {a} {b}");
                }
            }
        }
    }

    /// By hand from the papers' formulas: θ = 1, g = 0.5, lr = 0.1, decay 0.1, twice.
    #[test]
    fn two_steps_of_one_number_are_those_computed_by_hand() {
        let cases = [
            // m̂ / √v̂ = 1 at both steps: θ·0.99 − 0.1, twice.
            (ALL[0], (1.0 * 0.99 - 0.1) * 0.99 - 0.1),
            // g = 0.6, θ = 0.94; g = 0.594, velocity 1.134, θ = 0.8266.
            (ALL[1], 0.8266),
            // g = 0.6, way 1.14, θ = 0.886; g = 0.5886, velocity 1.1286, way 1.60434, θ = 0.725566.
            (ALL[2], 0.725_566),
        ];
        for ((kind, nesterov), wanted) in cases {
            let mut params = Params::new(0, &Device::Cpu);
            let theta = params.zeros("w", (1, 1)).unwrap();
            theta.set(&theta.ones_like().unwrap()).unwrap();
            let settings = settings(kind, nesterov);
            let mut optimiser = Optimiser::new(&settings, &params, Math::fused(1)).unwrap();
            let gradient = Tensor::new(&[[0.5f32]], &Device::Cpu).unwrap();
            for _ in 0..2 {
                let gradients = [gradient.clone()];
                optimiser.step(&params, &gradients, 0.1, 1.0).unwrap();
            }
            let found = params.values().unwrap()[0].values[0];
            assert!((found - wanted as f32).abs() < 1e-5, "{kind}: {found}");
        }
    }

    #[test]
    fn a_state_taken_back_goes_on_with_the_same_bits() {
        for (kind, nesterov) in ALL {
            let settings = settings(kind, nesterov);
            let whole = params();
            let mut optimiser = Optimiser::new(&settings, &whole, Math::fused(1)).unwrap();
            let (resumed, mut second) = (params(), None);
            for step in 0..6 {
                if step == 3 {
                    let mut other = Optimiser::new(&settings, &resumed, Math::fused(1)).unwrap();
                    resumed.set(&whole.values().unwrap()).unwrap().unwrap();
                    let state = optimiser.state(&whole).unwrap();
                    other.set_state(&resumed, &state, 3).unwrap().unwrap();
                    second = Some(other);
                }
                optimiser.step(&whole, &gradients(step), 0.1, 1.0).unwrap();
                if let Some(second) = &mut second {
                    second.step(&resumed, &gradients(step), 0.1, 1.0).unwrap();
                }
            }
            assert_eq!(whole.values().unwrap(), resumed.values().unwrap());
        }
    }

    #[test]
    fn a_state_of_another_optimiser_is_refused() {
        let params = params();
        let sgd = settings(OptimiserKind::Sgd, false);
        let sgd = Optimiser::new(&sgd, &params, Math::fused(1)).unwrap();
        let adamw = settings(OptimiserKind::Adamw, false);
        let mut adamw = Optimiser::new(&adamw, &params, Math::fused(1)).unwrap();
        let error = adamw
            .set_state(&params, &sgd.state(&params).unwrap(), 1)
            .unwrap()
            .unwrap_err();
        assert!(error.contains("\"m/w\" is missing"), "{error}");
    }

    #[test]
    fn the_norm_is_over_all_gradients_together() {
        let params = params();
        for math in [Math::fused(1), Math::plain()] {
            let optimiser =
                Optimiser::new(&settings(OptimiserKind::Sgd, false), &params, math).unwrap();
            let a = Tensor::new(&[3.0f32, 0.0], &Device::Cpu).unwrap();
            let b = Tensor::new(&[[4.0f32; 1]; 1], &Device::Cpu).unwrap();
            assert_eq!(optimiser.norm(&[a, b]).unwrap(), 5.0);
        }
    }
}
