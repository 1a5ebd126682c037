//! Random numbers by name: every use has a stream of its own, keyed by the run's seed, what it is for and where.
//!
//! Nothing random is ever stored: whoever knows seed, epoch and step draws the same numbers again, which is what
//! makes a resumed run equal to one that was never interrupted.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// The stream for one purpose at one place (an epoch, a step, a layer).
pub fn stream(seed: u64, purpose: &str, at: &[u64]) -> ChaCha8Rng {
    let mut hasher = blake3::Hasher::new_derive_key("sconce 1 random streams of a training");
    hasher.update(&seed.to_le_bytes());
    for place in at {
        hasher.update(&place.to_le_bytes());
    }
    hasher.update(purpose.as_bytes());
    ChaCha8Rng::from_seed(*hasher.finalize().as_bytes())
}

/// Numbers spread evenly over `-bound..bound`.
pub fn uniform(rng: &mut ChaCha8Rng, count: usize, bound: f32) -> Vec<f32> {
    let mut draw = || (rng.next_u32() >> 8) as f32 / (1 << 24) as f32;
    (0..count).map(|_| (2.0 * draw() - 1.0) * bound).collect()
}

/// The numbers `0..count` in a random order (Fisher and Yates).
pub fn permutation(rng: &mut ChaCha8Rng, count: usize) -> Vec<u32> {
    let mut order: Vec<u32> = (0..count as u32).collect();
    for i in (1..count).rev() {
        order.swap(i, below(rng, i as u64 + 1) as usize);
    }
    order
}

/// A number below `bound`: the high half of a product, whose bias is less than `bound` in 2^64.
fn below(rng: &mut ChaCha8Rng, bound: u64) -> u64 {
    ((u128::from(rng.next_u64()) * u128::from(bound)) >> 64) as u64
}

/// A dropout mask: 0 for what is dropped, else the inverse of the part that is kept. Rates are met to 1/65536.
pub fn dropout_mask(rng: &mut ChaCha8Rng, count: usize, rate: f64) -> Vec<f32> {
    const STEPS: f64 = 65_536.0;
    let dropped = (rate * STEPS).round().clamp(0.0, STEPS - 1.0);
    let (threshold, kept) = (dropped as u16, (STEPS / (STEPS - dropped)) as f32);
    let mut bytes = vec![0; 2 * count];
    rng.fill_bytes(&mut bytes);
    bytes
        .chunks_exact(2)
        .map(|pair| {
            if u16::from_le_bytes([pair[0], pair[1]]) < threshold {
                0.0
            } else {
                kept
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_permutation_holds_every_row_once(seed: u64, count in 0usize..300) {
            let mut order = permutation(&mut stream(seed, "rows", &[]), count);
            order.sort_unstable();
            prop_assert_eq!(order, (0..count as u32).collect::<Vec<_>>());
        }
    }

    #[test]
    fn streams_differ_by_seed_purpose_and_place_and_by_nothing_else() {
        let first = |seed, purpose, at: &[u64]| stream(seed, purpose, at).next_u64();
        assert_eq!(first(1, "rows", &[2]), first(1, "rows", &[2]));
        for other in [
            first(2, "rows", &[2]),
            first(1, "cols", &[2]),
            first(1, "rows", &[3]),
            first(1, "rows", &[2, 0]),
        ] {
            assert_ne!(first(1, "rows", &[2]), other);
        }
    }

    #[test]
    fn a_mask_drops_its_share_and_keeps_the_mean() {
        let mask = dropout_mask(&mut stream(7, "mask", &[]), 100_000, 0.25);
        let dropped = mask.iter().filter(|v| **v == 0.0).count();
        assert!((24_000..26_000).contains(&dropped), "{dropped}");
        let kept = mask.iter().find(|v| **v != 0.0).unwrap();
        assert!((kept - 4.0 / 3.0).abs() < 1e-5);
    }
}
