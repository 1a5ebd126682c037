//! Made-up rows that can be learnt.

use crate::{
    data::{Encoded, Target},
    train::{fit::Task, nets::Ends, predict::Goal, random},
};

/// Rows of three numbers and one category whose class or value follows from them.
pub struct Rows {
    pub train: Encoded,
    pub validation: Encoded,
    pub test: Encoded,
    pub goal: Goal,
}

impl Rows {
    fn new(goal: Goal) -> Self {
        let part = |name, rows| encoded(goal, name, rows);
        Self {
            train: part("train", 150),
            validation: part("validation", 60),
            test: part("test", 60),
            goal,
        }
    }

    pub fn classes() -> Self {
        Self::new(Goal::Classes(3))
    }

    pub fn numbers() -> Self {
        Self::new(Goal::Numbers {
            mean: 100.0,
            deviation: 20.0,
        })
    }

    pub fn task(&self) -> Task<'_> {
        Task {
            ends: Ends {
                numbers: 3,
                cardinalities: vec![4],
                outputs: self.goal.outputs(),
            },
            goal: self.goal,
            train: &self.train,
            validation: &self.validation,
            test: &self.test,
        }
    }
}

/// Rows of one part, the same at each call.
pub fn encoded(goal: Goal, part: &str, rows: usize) -> Encoded {
    let mut rng = random::stream(11, part, &[]);
    let numbers = random::uniform(&mut rng, rows * 3, 1.7);
    let categories: Vec<u32> = random::uniform(&mut rng, rows, 2.0)
        .into_iter()
        .map(|v| (v + 2.0) as u32)
        .collect();
    let value = |row: usize| {
        let [a, b, c] = [0, 1, 2].map(|i| numbers[row * 3 + i]);
        a - 0.5 * b * c + 0.4 * categories[row] as f32 - 0.6
    };
    let target = match goal {
        Goal::Numbers { .. } => Target::Numbers((0..rows).map(value).collect()),
        Goal::Classes(_) => Target::Classes(
            (0..rows)
                .map(|row| u32::from(-0.5 < value(row)) + u32::from(0.5 < value(row)))
                .collect(),
        ),
    };
    Encoded {
        rows,
        numbers,
        categories,
        target: Some(target),
    }
}
