//! Consecutive points of one series, column by column, and how blocks and open points are written.

use super::{
    BLOCK,
    codec::{self, Cursor, Damage, Decoded},
};
use crate::domain::series::Point;

/// Points by number: the first is number `at` of its series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    pub at: u64,
    pub steps: Vec<i64>,
    pub times: Vec<i64>,
    pub values: Vec<f64>,
}

impl Columns {
    pub fn starting_at(at: u64) -> Self {
        Self {
            at,
            ..Self::default()
        }
    }

    pub fn len(&self) -> usize {
        self.steps.len()
    }

    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The number of the next point.
    pub fn end(&self) -> u64 {
        self.at + self.len() as u64
    }

    #[inline]
    pub fn push(&mut self, point: Point) {
        self.steps.push(point.step);
        self.times.push(point.time);
        self.values.push(point.value);
    }

    #[inline]
    pub fn point(&self, i: usize) -> Point {
        Point {
            step: self.steps[i],
            time: self.times[i],
            value: self.values[i],
        }
    }

    pub fn points(&self) -> impl Iterator<Item = Point> {
        (0..self.len()).map(|i| self.point(i))
    }

    /// Takes in points whose numbers follow, or are held already and then skipped.
    pub fn follow(&mut self, next: &Self) -> Decoded<()> {
        if self.end() < next.at {
            return Err(GAP);
        }
        let held = (self.end() - next.at) as usize;
        if held < next.len() {
            self.steps.extend(&next.steps[held..]);
            self.times.extend(&next.times[held..]);
            self.values.extend(&next.values[held..]);
        }
        Ok(())
    }

    /// Lets go of the points below number `end`.
    pub fn forget_until(&mut self, end: u64) {
        let gone = (end - self.at) as usize;
        self.at = end;
        if gone == self.len() {
            // What a burst took is given back: with 1,000 series it adds up.
            *self = Self::starting_at(end);
            return;
        }
        self.steps.drain(..gone);
        self.times.drain(..gone);
        self.values.drain(..gone);
    }

    /// A block of `BLOCK` points from the `from`th on.
    pub fn encode_block(&self, from: usize) -> Vec<u8> {
        let range = from..from + BLOCK;
        let mut out = codec::blob();
        codec::put_ints(&mut out, &self.steps[range.clone()]);
        codec::put_ints(&mut out, &self.times[range.clone()]);
        codec::put_values(&mut out, &self.values[range]);
        codec::stamp(&mut out);
        out
    }

    pub fn decode_block(number: u64, blob: &[u8]) -> Decoded<Self> {
        let mut read = codec::body(blob)?;
        Ok(Self {
            at: number * BLOCK as u64,
            steps: read.ints(BLOCK)?,
            times: read.ints(BLOCK)?,
            values: read.values(BLOCK)?,
        })
    }

    /// Appends the points from number `from` on, short where they are near `base`.
    pub fn put_piece(&self, from: u64, base: Base, out: &mut Vec<u8>) {
        let from = (from - self.at) as usize;
        let narrow = codec::is_narrow(&self.values[from..]);
        out.push(if narrow { NARROW } else { WIDE });
        codec::put(out, (self.len() - from) as u64);
        let mut before = base;
        for point in (from..self.len()).map(|i| self.point(i)) {
            codec::put_signed(out, point.step.wrapping_sub(before.step));
            codec::put_signed(out, point.time.wrapping_sub(before.time));
            if narrow {
                out.extend((point.value as f32).to_le_bytes());
            } else {
                out.extend(point.value.to_le_bytes());
            }
            before = Base::of(point);
        }
    }

    /// Appends all points, packed as a block is.
    pub fn put_packed(&self, out: &mut Vec<u8>) {
        out.push(PACKED);
        codec::put(out, self.len() as u64);
        codec::put_ints(out, &self.steps);
        codec::put_ints(out, &self.times);
        codec::put_values(out, &self.values);
    }

    /// Takes in the next piece, whose first point is number `from`; numbers that are held are skipped. Says which number
    /// follows the piece.
    pub fn read_piece(&mut self, from: u64, base: Base, read: &mut Cursor<'_>) -> Decoded<u64> {
        if self.end() < from {
            return Err(GAP);
        }
        let form = read.byte()?;
        if form == PACKED {
            let length = read.number()?;
            if BLOCK as u64 <= length {
                return Err(Damage("it holds more points than a block"));
            }
            let length = length as usize;
            let piece = Self {
                at: from,
                steps: read.ints(length)?,
                times: read.ints(length)?,
                values: read.values(length)?,
            };
            self.follow(&piece)?;
            return Ok(piece.end());
        }
        if NARROW < form {
            return Err(Damage("its form is not known"));
        }
        let end = from + read.count()? as u64;
        let mut before = base;
        for number in from..end {
            let point = Point {
                step: before.step.wrapping_add(read.signed()?),
                time: before.time.wrapping_add(read.signed()?),
                value: read.value(form == NARROW)?,
            };
            if number == self.end() {
                self.push(point);
            }
            before = Base::of(point);
        }
        Ok(end)
    }
}

const GAP: Damage = Damage("points before it are missing");

const WIDE: u8 = 0;
const NARROW: u8 = 1;
const PACKED: u8 = 2;

/// Step and time that the first point of a piece is told from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Base {
    pub step: i64,
    pub time: i64,
}

impl Base {
    pub fn of(point: Point) -> Self {
        Self {
            step: point.step,
            time: point.time,
        }
    }
}
