//! How far a sample must be carried to become another.

use super::{
    NotEnough, enough,
    sample::Sample,
    steps::{Step, steps},
    sum::sum,
};

/// The first Wasserstein distance (earth mover's): the area between the two distribution functions, in the unit of the
/// values, 0 or more; a shift of all values by one amount is that amount. S. Vallender, "Calculation of the Wasserstein
/// distance between probability distributions on the line" (1974).
///
/// # Errors
/// [`NotEnough`] with less than two values on either side.
pub fn wasserstein(reference: &Sample, current: &Sample) -> Result<f64, NotEnough> {
    let (left, right) = (reference.count(), current.count());
    enough(left, right)?;
    let parts = left as f64 * right as f64;
    let mut before: Option<Step> = None;
    let areas = steps(reference, current).map(|step| {
        let area = before.map_or(0.0, |before| {
            area(before.gap(left, right) as f64 / parts, &before, &step)
        });
        before = Some(step);
        area
    });
    Ok(sum(areas))
}

fn area(gap: f64, from: &Step, to: &Step) -> f64 {
    let width = to.value - from.value;
    if width.is_finite() {
        return gap * width;
    }
    // The way from the least number to the greatest is no number, a part of it may be.
    (gap * to.value) - (gap * from.value)
}
