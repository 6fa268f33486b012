//! Counts of distinct hashes: exact while there are few, a `HyperLogLog` sketch from then on.
//!
//! The registers and the use of linear counting are those of "`HyperLogLog` in Practice" (Heule, Nunkesser, Hall, 2013).
//! Where linear counting ends, its tables of measured bias are replaced by the estimator of "New cardinality estimation
//! algorithms for `HyperLogLog` sketches" (Ertl, 2017), which needs none.

use hashbrown::HashTable;

use super::accumulate::Row;
use crate::block::Builder;
use crate::limits::{DISTINCT_EXACT_MAX, DISTINCT_PRECISION_MAX};
use crate::types::DataType;
use crate::value::Value;

/// When a count stops being exact, and how fine the sketch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Precision {
    /// Most hashes that are kept.
    exact_max: u32,
    /// The sketch has two to the power of this many registers: from 4 to 18.
    bits: u8,
}

/// A set of hashes, as far as its size is concerned.
#[derive(Debug, Clone)]
pub(super) struct Distinct {
    precision: Precision,
    /// Every hash while `registers` is empty.
    exact: HashTable<u64>,
    /// The sketch: for the hashes that begin with the index, the longest run of zeros behind it, plus one.
    registers: Box<[u8]>,
}

impl Precision {
    /// Where no threshold was asked for: exact as long as we can afford, then off by about 0.8 percent.
    pub(super) const DEFAULT: Precision = Precision { exact_max: DISTINCT_EXACT_MAX, bits: 14 };

    /// The precision for a threshold, as Elasticsearch derives it.
    pub(super) fn from_threshold(threshold: i64) -> Precision {
        let threshold = threshold.clamp(0, DISTINCT_PRECISION_MAX.into());
        // Four bytes for each hash, in a table that is three quarters full at most.
        let bytes = (threshold.cast_unsigned() * 4).div_ceil(3) * 4;
        let bits = (u64::BITS - bytes.leading_zeros()).clamp(4, 18) as u8;
        Precision { exact_max: (1_u32 << bits) / 16 * 3, bits }
    }
}

impl Distinct {
    /// The parts of a state.
    pub(super) const PARTS: [DataType; 2] = [DataType::Long, DataType::Long];

    pub(super) fn new(precision: Precision) -> Distinct {
        Distinct { precision, exact: HashTable::new(), registers: Box::default() }
    }

    pub(super) fn add(&mut self, hash: u64) {
        if !self.registers.is_empty() {
            return self.sketch(hash);
        }
        self.exact.entry(hash, |known| *known == hash, |known| *known).or_insert(hash);
        if self.precision.exact_max < self.exact.len() as u32 {
            self.begin_sketch();
        }
    }

    fn begin_sketch(&mut self) {
        let hashes = std::mem::take(&mut self.exact);
        self.registers = vec![0; 1 << self.precision.bits].into();
        hashes.into_iter().for_each(|hash| self.sketch(hash));
    }

    fn sketch(&mut self, hash: u64) {
        let bits = u32::from(self.precision.bits);
        let run = (hash << bits).leading_zeros().min(u64::BITS - bits) as u8 + 1;
        let register = &mut self.registers[(hash >> (u64::BITS - bits)) as usize];
        *register = run.max(*register);
    }

    /// Two lists: the hashes in order, and the registers, eight in a number.
    pub(super) fn save(&self, parts: &mut [Builder]) {
        let mut hashes: Vec<u64> = self.exact.iter().copied().collect();
        hashes.sort_unstable();
        let long = |bits: u64| Value::Long(bits.cast_signed());
        let hashes: Vec<Value<'_>> = hashes.into_iter().map(long).collect();
        let (eights, _) = self.registers.as_chunks::<8>();
        let registers: Vec<Value<'_>> =
            eights.iter().map(|eight| long(u64::from_le_bytes(*eight))).collect();
        parts[0].push(&hashes);
        parts[1].push(&registers);
    }

    pub(super) fn merge(&mut self, state: Row<'_, '_>) {
        if !state.list(1).is_empty() && self.registers.is_empty() {
            self.begin_sketch();
        }
        let longs = |at| state.list(at).iter().filter_map(Value::as_i64).map(i64::cast_unsigned);
        for (mine, theirs) in self.registers.iter_mut().zip(longs(1).flat_map(u64::to_le_bytes)) {
            *mine = theirs.max(*mine);
        }
        longs(0).for_each(|hash| self.add(hash));
    }

    pub(super) fn heap(&self) -> usize {
        self.exact.allocation_size() + self.registers.len()
    }

    /// How many there are.
    #[expect(clippy::cast_precision_loss, reason = "there are 2^18 registers at most")]
    pub(super) fn count(&self) -> i64 {
        if self.registers.is_empty() {
            return self.exact.len() as i64;
        }
        let registers = self.registers.len() as f64;
        let empty = self.registers.iter().filter(|run| **run == 0).count();
        let linear = registers * (registers / empty as f64).ln();
        // Without an empty register linear counting has no end.
        if linear <= LINEAR_MAX[usize::from(self.precision.bits) - 4] {
            return linear.round() as i64;
        }
        self.estimate().round() as i64
    }

    /// Ertl's improved raw estimator (his algorithm 6).
    #[expect(clippy::cast_precision_loss, reason = "there are 2^18 registers at most")]
    fn estimate(&self) -> f64 {
        let longest = 64 - usize::from(self.precision.bits);
        let mut counts = [0.0; 64];
        self.registers.iter().for_each(|run| counts[usize::from(*run)] += 1.0);
        let registers = self.registers.len() as f64;
        let mut sum = registers * tau(1.0 - counts[longest + 1] / registers);
        for run in (1..=longest).rev() {
            sum = 0.5 * (sum + counts[run]);
        }
        sum += registers * sigma(counts[0] / registers);
        registers * registers / (2.0 * std::f64::consts::LN_2 * sum)
    }
}

/// Up to which estimate linear counting is the better one, for 4 to 18 bits (Heule and others, appendix).
const LINEAR_MAX: [f64; 15] = [
    10.0, 20.0, 40.0, 80.0, 220.0, 400.0, 900.0, 1_800.0, 3_100.0, 6_500.0, 11_500.0, 20_000.0,
    50_000.0, 120_000.0, 350_000.0,
];

/// What registers without a run add (Ertl's sigma); infinite for nothing but those.
fn sigma(share: f64) -> f64 {
    let (mut x, mut y, mut sum) = (share, 1.0, share);
    if 1.0 <= x {
        return f64::INFINITY;
    }
    loop {
        x *= x;
        let before = sum;
        sum += x * y;
        y += y;
        if sum <= before {
            return sum;
        }
    }
}

/// What registers with the longest possible run take (Ertl's tau).
fn tau(share: f64) -> f64 {
    if share <= 0.0 || 1.0 <= share {
        return 0.0;
    }
    let (mut x, mut y, mut sum) = (share, 1.0, 1.0 - share);
    loop {
        x = x.sqrt();
        let before = sum;
        y *= 0.5;
        sum -= (1.0 - x) * (1.0 - x) * y;
        if before <= sum {
            return sum / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::hash::number;
    use super::*;

    fn distinct(precision: Precision, count: u64) -> Distinct {
        let mut distinct = Distinct::new(precision);
        (0..count).for_each(|value| distinct.add(number(value)));
        distinct
    }

    #[test]
    fn thresholds_choose_the_size() {
        for (threshold, bits) in
            [(-1, 4), (0, 4), (5, 5), (100, 10), (3_000, 14), (40_000, 18), (80_000, 18)]
        {
            let precision = Precision::from_threshold(threshold);
            assert_eq!(precision.bits, bits, "{threshold}");
            assert!(threshold.min(40_000) <= i64::from(precision.exact_max), "{threshold}");
        }
    }

    /// Three standard errors of the sketch, over its whole range.
    #[expect(clippy::cast_precision_loss, reason = "the counts are small")]
    #[test]
    fn counts_are_exact_then_close() {
        for threshold in [0, 5, 100, 3_000] {
            let precision = Precision::from_threshold(threshold);
            let error = 3.0 * 1.04 / f64::from(1_u32 << precision.bits).sqrt();
            let mut distinct = Distinct::new(precision);
            for value in 1..=200_000_u64 {
                distinct.add(number(value));
                distinct.add(number(value));
                if value <= u64::from(precision.exact_max) {
                    assert_eq!(distinct.count(), value as i64);
                } else if value.is_power_of_two() || value % 50_000 == 0 {
                    let (count, value) = (distinct.count() as f64, value as f64);
                    assert!((count - value).abs() <= value * error + 2.0, "{count} for {value}");
                }
            }
        }
    }

    #[test]
    fn a_sketch_gives_its_hashes_back() {
        let precision = Precision::from_threshold(100);
        let few = distinct(precision, 3);
        assert!(few.registers.is_empty() && few.heap() < 200);
        let many = distinct(precision, u64::from(precision.exact_max) + 1);
        assert_eq!((many.exact.len(), many.exact.allocation_size()), (0, 0));
        assert_eq!(many.heap(), 1 << precision.bits);
    }

    #[test]
    fn the_default_is_exact_up_to_its_bound() {
        assert_eq!(distinct(Precision::DEFAULT, DISTINCT_EXACT_MAX.into()).count(), 16_384);
        let beyond = distinct(Precision::DEFAULT, 1_000_000);
        assert!((beyond.count() - 1_000_000).abs() < 24_400, "{}", beyond.count());
    }
}
