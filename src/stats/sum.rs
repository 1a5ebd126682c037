//! Sums that keep what rounding takes.

/// The sum in twice the working precision: T. Ogita, S. Rump, S. Oishi, "Accurate sum and dot product" (2005), algorithm 4.4.
pub fn sum(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut total, mut lost) = (0.0, 0.0);
    for value in values {
        let next = total + value;
        let added = next - total;
        lost += (total - (next - added)) + (value - added);
        total = next;
    }
    // Beyond the largest number the error term is infinite minus infinite.
    if total.is_finite() {
        total + lost
    } else {
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_terms_beside_large_ones_are_kept() {
        assert_eq!(sum([1e16, 1.0, 1.0, -1e16]), 2.0);
        assert_eq!(sum([1.0, 1e100, 1.0, -1e100]), 2.0);
        assert_eq!(sum([f64::MAX, f64::MAX]), f64::INFINITY);
        assert_eq!(sum([]), 0.0);
    }
}
