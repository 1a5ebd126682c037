//! How content is split and stored: cut where the content itself says so, so that what is inserted moves no other cut, and
//! compressed where that saves something.

use fastcdc::v2020::FastCDC;

use super::error::{Error, Result};
use crate::domain::hashes::Hash;

/// Bytes of a chunk: none is shorter but the last of a file, none is longer, and most are about as long as the middle one.
pub const LEAST: usize = 128 << 10;
pub const USUAL: usize = 256 << 10;
pub const MOST: usize = 1 << 20;

/// Where the next chunk of this content ends. Unless the content ends here, it must be [`MOST`] bytes long at least.
pub fn cut(content: &[u8]) -> usize {
    FastCDC::new(content, LEAST, USUAL, MOST)
        .cut(0, content.len())
        .1
}

/// Compresses chunks, one after the other.
pub struct Press {
    zstd: zstd::bulk::Compressor<'static>,
    buffer: Vec<u8>,
}

impl Press {
    /// The fastest level: a vault shall not be slower than the disk.
    const LEVEL: i32 = 1;
    /// So many bytes from the middle of a longer chunk tell whether the whole is worth it.
    const PROBE: usize = 8 << 10;

    pub fn new() -> Self {
        let zstd = zstd::bulk::Compressor::new(Self::LEVEL);
        Self {
            zstd: zstd.expect("the level is one that zstd has"),
            buffer: vec![],
        }
    }

    /// The shorter form of a chunk: itself, or a frame that saves at least one byte in sixteen.
    pub fn press<'a>(&'a mut self, chunk: &'a [u8]) -> &'a [u8] {
        let is_worth_it = |from: usize, to: usize| to < from - from / 16;
        if 4 * Self::PROBE < chunk.len() {
            let from = chunk.len() / 2;
            let probe = self.squeeze(&chunk[from..from + Self::PROBE]);
            if !is_worth_it(Self::PROBE, probe) {
                return chunk;
            }
        }
        let length = self.squeeze(chunk);
        match is_worth_it(chunk.len(), length) {
            true => &self.buffer[..length],
            false => chunk,
        }
    }

    fn squeeze(&mut self, bytes: &[u8]) -> usize {
        self.buffer
            .resize(zstd::zstd_safe::compress_bound(bytes.len()), 0);
        let length = self.zstd.compress_to_buffer(bytes, &mut self.buffer[..]);
        length.expect("the buffer has room for the worst case")
    }
}

/// The content of a chunk from what is stored of it.
///
/// # Errors
///
/// [`Error::Damaged`]: it is not the content of this hash.
pub fn unpress(hash: &Hash, stored: Vec<u8>, length: u32) -> Result<Vec<u8>> {
    let content = match stored.len() < length as usize {
        true => zstd::bulk::decompress(&stored, length as usize).ok(),
        false => Some(stored),
    };
    content
        .filter(|content| content.len() == length as usize && Hash::of(content) == *hash)
        .ok_or(Error::Damaged { hash: *hash })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng as _;

    use super::*;

    fn noise(seed: u64, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        rand_chacha::ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut bytes);
        bytes
    }

    fn chunks(mut content: &[u8]) -> Vec<Hash> {
        let mut hashes = vec![];
        while !content.is_empty() {
            let (chunk, rest) = content.split_at(cut(content));
            assert!(chunk.len() <= MOST && (LEAST <= chunk.len() || rest.is_empty()));
            hashes.push(Hash::of(chunk));
            content = rest;
        }
        hashes
    }

    #[test]
    fn what_is_inserted_changes_the_chunks_around_it_alone() {
        let old = noise(1, 8 << 20);
        let mut new = old.clone();
        new.splice(3_000_000..3_000_000, noise(2, 5_000));
        let (old, new) = (chunks(&old), chunks(&new));
        let fresh = new.iter().filter(|hash| !old.contains(hash)).count();
        assert!((1..=3).contains(&fresh), "{fresh} of {}", new.len());
    }

    proptest! {
        #[test]
        fn a_chunk_comes_back_as_it_was(seed: u64, random in 0usize..40_000, same in 0usize..100_000) {
            let mut content = noise(seed, random);
            content.extend(std::iter::repeat_n(7, same));
            let hash = Hash::of(&content);
            let mut press = Press::new();
            let stored = press.press(&content).to_vec();
            prop_assert!(stored.len() <= content.len());
            let length = content.len() as u32;
            prop_assert_eq!(unpress(&hash, stored.clone(), length).unwrap(), content);
            if let Some(first) = stored.first() {
                let mut wrong = stored.clone();
                wrong[0] = !first;
                prop_assert!(unpress(&hash, wrong, length).is_err());
                prop_assert!(unpress(&hash, stored[1..].to_vec(), length).is_err());
            }
        }
    }
}
