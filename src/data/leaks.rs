//! Features that give the target away.

use std::{borrow::Cow, collections::HashMap, fmt};

use super::{
    Plan, Table,
    cells::Cells,
    error::quoted,
    inspect::{Goal, GoalKind},
};
use crate::domain::schemas::ColumnKind;

/// A correlation beyond this is a copy, not a hint.
const COPY: f64 = 0.999;
/// With fewer rows than these, chance looks like a leak.
const FEWEST_ROWS: usize = 20;
/// At most so many rows, evenly spaced, are looked at.
const MOST_ROWS: usize = 10_000;
/// At most so many counts are tried two by two.
const MOST_COUNTS: usize = 64;

/// A feature, or two that are added, from which the target can be read off.
#[derive(Clone, Debug, PartialEq)]
pub struct Leak {
    pub columns: Vec<String>,
    pub why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Why {
    /// The column's or the sum's correlation with the target.
    Correlation(f64),
    /// Each of so many values stands with one class only.
    Decides(usize),
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.columns.iter().map(|name| quoted(name)).collect();
        let names = names.join(" + ");
        match self.why {
            Why::Correlation(r) => {
                write!(f, "{names} gives the target away (correlation {r:.4})")?;
            }
            Why::Decides(values) => write!(
                f,
                "{names} gives the target away (each of its {values} values has one class)"
            )?,
        }
        f.write_str(": list it under features.exclude unless it is known before the target is")
    }
}

/// Features that reproduce the target over these rows: a number that correlates with it almost perfectly, a sum of two
/// counts that does (counts are whole numbers, none below 0; regression only), a value that decides the class.
pub fn leaks(table: &Table, plan: &Plan, rows: &[u32]) -> Vec<Leak> {
    if rows.len() < FEWEST_ROWS {
        return vec![];
    }
    let rows: Vec<usize> = rows
        .iter()
        .step_by(rows.len().div_ceil(MOST_ROWS))
        .map(|row| *row as usize)
        .collect();
    let Ok(goal) = table.cells(&plan.target.name, "target") else {
        return vec![];
    };
    let target = target_numbers(&plan.target, &goal, &rows);
    let mut leaks = vec![];
    let mut counts = vec![];
    for column in &plan.features {
        let Ok(cells) = table.cells(&column.name, "features") else {
            continue;
        };
        let columns = || vec![column.name.clone()];
        let numbers = (column.kind == ColumnKind::Number).then(|| numbers_of(&cells, &rows));
        if let (Some(numbers), Some(target)) = (&numbers, &target)
            && let Some(r) = copies(numbers, target)
        {
            let why = Why::Correlation(r);
            leaks.push(Leak {
                columns: columns(),
                why,
            });
            continue;
        }
        if let (GoalKind::Classes(_), Some(values)) =
            (&plan.target.kind, decides(&cells, &goal, &rows))
        {
            let why = Why::Decides(values);
            leaks.push(Leak {
                columns: columns(),
                why,
            });
        }
        if let (GoalKind::Numbers, Some(numbers)) = (&plan.target.kind, numbers)
            && is_count(&cells, &numbers)
            && counts.len() < MOST_COUNTS
        {
            counts.push((column.name.as_str(), numbers));
        }
    }
    if let Some(target) = &target {
        leaks.extend(sums(&counts, target));
    }
    leaks
}

/// The target as numbers: itself, or 0 and 1 for two classes. More classes have no order to correlate with.
fn target_numbers(goal: &Goal, cells: &Cells, rows: &[usize]) -> Option<Vec<f64>> {
    match &goal.kind {
        GoalKind::Numbers => Some(numbers_of(cells, rows)),
        GoalKind::Classes(classes) if classes.len() == 2 => Some(
            rows.iter()
                .map(|row| f64::from(u8::from(cells.text(*row).as_deref() == Some(&classes[1]))))
                .collect(),
        ),
        GoalKind::Classes(_) => None,
    }
}

/// NaN where a cell is missing.
fn numbers_of(cells: &Cells, rows: &[usize]) -> Vec<f64> {
    rows.iter()
        .map(|row| cells.number(*row).ok().flatten().unwrap_or(f64::NAN))
        .collect()
}

fn is_count(cells: &Cells, numbers: &[f64]) -> bool {
    matches!(cells, Cells::Whole(_)) && !numbers.iter().any(|number| *number < 0.0)
}

fn sums(counts: &[(&str, Vec<f64>)], target: &[f64]) -> Vec<Leak> {
    let mut leaks = vec![];
    for (i, (first, a)) in counts.iter().enumerate() {
        for (second, b) in &counts[i + 1..] {
            let sum: Vec<f64> = a.iter().zip(b).map(|(a, b)| a + b).collect();
            if let Some(r) = copies(&sum, target) {
                leaks.push(Leak {
                    columns: vec![(*first).to_owned(), (*second).to_owned()],
                    why: Why::Correlation(r),
                });
            }
        }
    }
    leaks
}

/// The correlation, where it is beyond doubt.
fn copies(a: &[f64], b: &[f64]) -> Option<f64> {
    let pairs: Vec<(f64, f64)> = a
        .iter()
        .copied()
        .zip(b.iter().copied())
        .filter(|(a, b)| a.is_finite() && b.is_finite())
        .collect();
    if pairs.len() < FEWEST_ROWS {
        return None;
    }
    let n = pairs.len() as f64;
    let mean_a = pairs.iter().map(|(a, _)| a / n).sum::<f64>();
    let mean_b = pairs.iter().map(|(_, b)| b / n).sum::<f64>();
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in pairs {
        let (a, b) = (a - mean_a, b - mean_b);
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    // NaN, from a constant or an overflow, is no copy.
    let r = ab / (aa.sqrt() * bb.sqrt());
    (COPY < r.abs()).then_some(r)
}

/// How many values the column has, when each stands with one class only and is seen often enough to mean it.
fn decides(cells: &Cells, goal: &Cells, rows: &[usize]) -> Option<usize> {
    const ROWS_A_VALUE: usize = 5;
    if matches!(cells, Cells::Real(_)) {
        return None;
    }
    let mut class_of: HashMap<Cow<'_, str>, Cow<'_, str>> = HashMap::new();
    for row in rows {
        let (Some(value), Some(class)) = (cells.text(*row), goal.text(*row)) else {
            continue;
        };
        if class_of.entry(value).or_insert_with(|| class.clone()) != &class
            || rows.len() < class_of.len() * ROWS_A_VALUE
        {
            return None;
        }
    }
    let mut classes = class_of.values();
    let first = classes.next()?;
    classes
        .any(|class| class != first)
        .then_some(class_of.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{
        demo, inspect, read, split,
        tests::{classify, preset, table, write},
    };

    #[test]
    fn the_leak_of_the_demand_preset_is_found_by_name_when_it_is_put_back() {
        let file = write("t.csv", demo("bikeshare_2011").unwrap());
        let preset = preset("regression", "bikers", "split.kind = \"time\"");
        let table = read(&file.path).unwrap();
        let plan = inspect(&table, &preset).unwrap();
        let parts = split(&table, &plan, &preset, 0).unwrap();
        let found = leaks(&table, &plan, &parts.train);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].columns, ["casual", "registered"]);
        assert_eq!(
            plan.warnings,
            [
                "'casual' + 'registered' gives the target away (correlation 1.0000): list it under features.exclude unless it is known before the target is"
            ]
        );
    }

    #[test]
    fn a_copy_of_the_target_is_a_leak_and_a_hint_is_none() {
        let mut csv = "copy,code,hint,kind\n".to_owned();
        for row in 0..100 {
            let kind = row % 2;
            let hint = if row % 10 == 0 { 1 - kind } else { kind };
            csv += &format!(
                "{},c{},h{hint},{}\n",
                kind * 3 + 1,
                row % 4,
                ["x", "y"][kind]
            );
        }
        let plan = inspect(&table(&csv), &classify("kind")).unwrap();
        assert_eq!(plan.warnings.len(), 2, "{:?}", plan.warnings);
        assert!(plan.warnings[0].starts_with("'copy' gives the target away (correlation 1.0000)"));
        assert!(
            plan.warnings[1]
                .starts_with("'code' gives the target away (each of its 4 values has one class)")
        );
    }
}
