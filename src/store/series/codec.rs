//! Bytes: checksums, whole numbers of few bytes, and columns of numbers, all of them exact to the last bit.

use pco::{
    ChunkConfig, DeltaSpec, ModeSpec,
    data_types::Number,
    standalone::{simple_compress, simple_decompress_into},
};

/// Why bytes cannot be what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage(pub &'static str);

pub type Decoded<T> = Result<T, Damage>;

const SHORT: Damage = Damage("it ends too early");
const NUMBER: Damage = Damage("a number is too long");
const COLUMN: Damage = Damage("a column cannot be decoded");

/// Columns shorter than this are kept plain: what pco writes about a column would outweigh what it saves.
const WORTH_PACKING: usize = 256;
/// Of 0 to 12. The default of 8 takes three times as long and saves one byte in a hundred.
const LEVEL: usize = 4;

const CHECKSUM: usize = 4;

/// A new blob: room for its checksum.
pub fn blob() -> Vec<u8> {
    vec![0; CHECKSUM]
}

/// Writes the checksum of what stands behind it.
pub fn stamp(blob: &mut [u8]) {
    let (head, body) = blob.split_at_mut(CHECKSUM);
    head.copy_from_slice(&blake3::hash(body).as_bytes()[..CHECKSUM]);
}

/// The bytes behind a checksum that is right.
pub fn body(blob: &[u8]) -> Decoded<Cursor<'_>> {
    let (head, body) = blob.split_at_checked(CHECKSUM).ok_or(SHORT)?;
    if head != &blake3::hash(body).as_bytes()[..CHECKSUM] {
        return Err(Damage("its checksum does not match"));
    }
    Ok(Cursor { rest: body })
}

/// Appends a whole number, seven bits a byte.
pub fn put(out: &mut Vec<u8>, mut number: u64) {
    while 0x80 <= number {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends a whole number of either sign: small ones are short.
pub fn put_signed(out: &mut Vec<u8>, number: i64) {
    put(out, ((number << 1) ^ (number >> 63)) as u64);
}

const STRIDE: u8 = 0;
const DELTAS: u8 = 1;
const PACKED: u8 = 2;

/// Appends a column of whole numbers. Even steps, the usual case, take a few bytes in all.
pub fn put_ints(out: &mut Vec<u8>, column: &[i64]) {
    let first = column.first().copied().unwrap_or(0);
    let stride = column.get(1).map_or(0, |second| second.wrapping_sub(first));
    if column
        .windows(2)
        .all(|pair| pair[1].wrapping_sub(pair[0]) == stride)
    {
        out.push(STRIDE);
        put_signed(out, first);
        put_signed(out, stride);
    } else if column.len() < WORTH_PACKING {
        out.push(DELTAS);
        let mut before = 0i64;
        for number in column {
            put_signed(out, number.wrapping_sub(before));
            before = *number;
        }
    } else {
        out.push(PACKED);
        let config = ChunkConfig::default()
            .with_compression_level(LEVEL)
            .with_mode_spec(ModeSpec::Classic)
            .with_delta_spec(DeltaSpec::TryConsecutive(1));
        pack(out, column, &config);
    }
}

const WIDE: u8 = 0;
const NARROW: u8 = 1;

/// Appends a column of values: as 32-bit floats where all of them are such, as losses nearly always are.
pub fn put_values(out: &mut Vec<u8>, column: &[f64]) {
    if column.len() < WORTH_PACKING {
        return put_plain(out, column);
    }
    let config = ChunkConfig::default().with_compression_level(LEVEL);
    if is_narrow(column) {
        let narrow: Vec<f32> = column.iter().map(|value| *value as f32).collect();
        out.push(PACKED | NARROW);
        pack(out, &narrow, &config);
    } else {
        out.push(PACKED | WIDE);
        pack(out, column, &config);
    }
}

/// Appends a column of values that is read faster than packed ones.
pub fn put_plain(out: &mut Vec<u8>, column: &[f64]) {
    if is_narrow(column) {
        out.push(NARROW);
        column
            .iter()
            .for_each(|value| out.extend((*value as f32).to_le_bytes()));
    } else {
        out.push(WIDE);
        column
            .iter()
            .for_each(|value| out.extend(value.to_le_bytes()));
    }
}

/// Does every value come back from 32 bits as it was?
pub fn is_narrow(column: &[f64]) -> bool {
    column
        .iter()
        .all(|value| f64::from(*value as f32).to_bits() == value.to_bits())
}

fn pack<T: Number>(out: &mut Vec<u8>, column: &[T], config: &ChunkConfig) {
    let packed = simple_compress(column, config).expect("the settings above are legal");
    put(out, packed.len() as u64);
    out.extend(packed);
}

/// What is left to read of a blob.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub fn bytes(&mut self, length: usize) -> Decoded<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(SHORT)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// The next bytes as something to read by itself.
    pub fn part(&mut self, length: u64) -> Decoded<Self> {
        let length = usize::try_from(length).map_err(|_| SHORT)?;
        Ok(Self {
            rest: self.bytes(length)?,
        })
    }

    pub fn byte(&mut self) -> Decoded<u8> {
        let (byte, rest) = self.rest.split_first().ok_or(SHORT)?;
        self.rest = rest;
        Ok(*byte)
    }

    #[inline]
    pub fn number(&mut self) -> Decoded<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(NUMBER)
    }

    #[inline]
    pub fn signed(&mut self) -> Decoded<i64> {
        let number = self.number()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    /// A count of things that take at least one byte each, so that damage asks for no more memory than it has bytes.
    pub fn count(&mut self) -> Decoded<usize> {
        let count = usize::try_from(self.number()?).map_err(|_| SHORT)?;
        if self.rest.len() < count {
            return Err(SHORT);
        }
        Ok(count)
    }

    pub fn ints(&mut self, length: usize) -> Decoded<Vec<i64>> {
        match self.byte()? {
            STRIDE => {
                let (first, stride) = (self.signed()?, self.signed()?);
                Ok((0..length as i64)
                    .map(|i| first.wrapping_add(i.wrapping_mul(stride)))
                    .collect())
            }
            DELTAS => {
                let mut before = 0i64;
                (0..length)
                    .map(|_| {
                        before = before.wrapping_add(self.signed()?);
                        Ok(before)
                    })
                    .collect()
            }
            PACKED => self.unpack(length),
            _ => Err(COLUMN),
        }
    }

    pub fn values(&mut self, length: usize) -> Decoded<Vec<f64>> {
        const PACKED_NARROW: u8 = PACKED | NARROW;
        match self.byte()? {
            WIDE => Ok(self.array::<8>(length)?.map(f64::from_le_bytes).collect()),
            NARROW => Ok(self
                .array::<4>(length)?
                .map(|bytes| f64::from(f32::from_le_bytes(bytes)))
                .collect()),
            PACKED => self.unpack(length),
            PACKED_NARROW => Ok(self
                .unpack::<f32>(length)?
                .into_iter()
                .map(f64::from)
                .collect()),
            _ => Err(COLUMN),
        }
    }

    /// One value of either width.
    #[inline]
    pub fn value(&mut self, narrow: bool) -> Decoded<f64> {
        let short = |_| SHORT;
        Ok(if narrow {
            f64::from(f32::from_le_bytes(
                self.bytes(4)?.try_into().map_err(short)?,
            ))
        } else {
            f64::from_le_bytes(self.bytes(8)?.try_into().map_err(short)?)
        })
    }

    fn array<const N: usize>(
        &mut self,
        length: usize,
    ) -> Decoded<impl Iterator<Item = [u8; N]> + use<'a, N>> {
        let bytes = self.bytes(length.checked_mul(N).ok_or(SHORT)?)?;
        let (items, _) = bytes.as_chunks::<N>();
        Ok(items.iter().copied())
    }

    fn unpack<T: Number>(&mut self, length: usize) -> Decoded<Vec<T>> {
        let count = self.count()?;
        let packed = self.bytes(count)?;
        let mut column = vec![T::default(); length];
        let progress = simple_decompress_into(packed, &mut column).map_err(|_| COLUMN)?;
        if !progress.finished || progress.n_processed != length {
            return Err(COLUMN);
        }
        Ok(column)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn value() -> impl Strategy<Value = f64> {
        prop_oneof![
            any::<u64>().prop_map(f64::from_bits),
            any::<f32>().prop_map(f64::from),
            Just(f64::NAN),
            Just(f64::INFINITY),
            Just(f64::NEG_INFINITY),
            Just(-0.0),
        ]
    }

    fn bits(column: &[f64]) -> Vec<Option<u64>> {
        column
            .iter()
            .map(|value| (!value.is_nan()).then_some(value.to_bits()))
            .collect()
    }

    fn cursor(bytes: &[u8]) -> Cursor<'_> {
        Cursor { rest: bytes }
    }

    proptest! {
        #[test]
        fn values_come_back_to_the_last_bit(column in vec(value(), 0..600), narrow in any::<bool>()) {
            let column: Vec<f64> = column.into_iter().map(|v| if narrow { f64::from(v as f32) } else { v }).collect();
            for write in [put_values, put_plain] {
                let mut out = vec![];
                write(&mut out, &column);
                let mut read = cursor(&out);
                prop_assert_eq!(bits(&read.values(column.len()).unwrap()), bits(&column));
                prop_assert!(read.is_empty());
            }
        }

        #[test]
        fn whole_numbers_come_back(column in prop_oneof![
            vec(any::<i64>(), 0..600),
            vec(-3i64..3, 0..600),
            (any::<i64>(), any::<i64>(), 0i64..600).prop_map(|(a, b, n)| (0..n).map(|i| a.wrapping_add(b.wrapping_mul(i))).collect()),
        ]) {
            let mut out = vec![];
            put_ints(&mut out, &column);
            let mut read = cursor(&out);
            prop_assert_eq!(read.ints(column.len()).unwrap(), column);
            prop_assert!(read.is_empty());
        }

        #[test]
        fn any_number_comes_back(number in any::<u64>(), signed in any::<i64>()) {
            let mut out = vec![];
            put(&mut out, number);
            put_signed(&mut out, signed);
            let mut read = cursor(&out);
            prop_assert_eq!((read.number(), read.signed()), (Ok(number), Ok(signed)));
        }

        #[test]
        fn no_bytes_make_reading_panic_or_ask_for_much(bytes in vec(any::<u8>(), 0..80), length in 0usize..5_000) {
            let _ = cursor(&bytes).values(length);
            let _ = cursor(&bytes).ints(length);
            let _ = cursor(&bytes).count();
            prop_assert!(body(&bytes).is_err() || bytes.len() == CHECKSUM);
        }

        #[test]
        fn one_wrong_bit_is_seen(bytes in vec(any::<u8>(), 1..80), at in any::<prop::sample::Index>(), bit in 0u8..8) {
            let mut written = blob();
            written.extend(bytes);
            stamp(&mut written);
            prop_assert!(body(&written).is_ok());
            let at = at.index(written.len());
            written[at] ^= 1 << bit;
            prop_assert_eq!(body(&written).err(), Some(Damage("its checksum does not match")));
        }
    }

    #[test]
    fn the_column_of_an_even_count_takes_a_few_bytes() {
        let mut out = vec![];
        put_ints(
            &mut out,
            &(0..4_096).map(|i| 1_000 + 10 * i).collect::<Vec<_>>(),
        );
        assert!(out.len() < 8, "{} bytes", out.len());
    }
}
