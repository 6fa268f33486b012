//! Hashes of values that are the same in every run and every partition: `MurmurHash3` (Austin Appleby, public domain).
//!
//! It is the hash by which Elasticsearch counts distinct texts and addresses, so that estimates agree with its own.

use crate::value::Value;

/// The hash of a value. Of two different numbers, moments or booleans it is never the same.
pub(super) fn hash(value: Value<'_>) -> u64 {
    match value {
        Value::Boolean(flag) => number(flag.into()),
        Value::Integer(number_) => number(i64::from(number_).cast_unsigned()),
        Value::Long(bits) | Value::Date(bits) | Value::DateNanos(bits) | Value::Duration(bits) => {
            number(bits.cast_unsigned())
        }
        Value::Unsigned(bits) => number(bits),
        Value::Double(float) => number(float.to_bits()),
        Value::Text(text) => bytes(text.as_bytes()),
        Value::Ip(address) => bytes(&address.octets()),
        Value::Period { months, days } => {
            number(pair(months.cast_unsigned(), days.cast_unsigned()))
        }
        Value::Point { lon, lat } => number(pair(lon.to_bits(), lat.to_bits())),
    }
}

/// Whether two values are one and the same: floats by their bits, as they are hashed.
pub(super) fn same(a: Value<'_>, b: Value<'_>) -> bool {
    let same = |a: f64, b: f64| a.to_bits() == b.to_bits();
    match (a, b) {
        (Value::Double(a), Value::Double(b)) => same(a, b),
        (Value::Point { lon: x, lat: y }, Value::Point { lon, lat }) => {
            same(x, lon) && same(y, lat)
        }
        _ => a == b,
    }
}

/// The hash of a number. The step keeps 0, which `mix` leaves as it is, from a hash without any bit.
pub(super) fn number(bits: u64) -> u64 {
    mix(bits.wrapping_add(0x9e37_79b9_7f4a_7c15))
}

fn pair(a: u64, b: u64) -> u64 {
    number(a).rotate_left(32) ^ b
}

fn mix(mut bits: u64) -> u64 {
    bits ^= bits >> 33;
    bits = bits.wrapping_mul(0xff51_afd7_ed55_8ccd);
    bits ^= bits >> 33;
    bits = bits.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    bits ^ (bits >> 33)
}

/// The first half of the 128-bit hash for machines of 64 bits, with seed 0.
fn bytes(bytes: &[u8]) -> u64 {
    let (mut a, mut b) = (0_u64, 0_u64);
    let (blocks, tail) = bytes.as_chunks::<16>();
    for block in blocks {
        let (low, high) = halves(block);
        a = (a ^ scramble_low(low)).rotate_left(27).wrapping_add(b);
        a = a.wrapping_mul(5).wrapping_add(0x52dc_e729);
        b = (b ^ scramble_high(high)).rotate_left(31).wrapping_add(a);
        b = b.wrapping_mul(5).wrapping_add(0x3849_5ab5);
    }
    let mut last = [0; 16];
    last[..tail.len()].copy_from_slice(tail);
    let (low, high) = halves(&last);
    a ^= scramble_low(low) ^ bytes.len() as u64;
    b ^= scramble_high(high) ^ bytes.len() as u64;
    a = a.wrapping_add(b);
    b = b.wrapping_add(a);
    mix(a).wrapping_add(mix(b))
}

fn halves(block: &[u8; 16]) -> (u64, u64) {
    let both = u128::from_le_bytes(*block);
    (both as u64, (both >> 64) as u64)
}

const LOW: u64 = 0x87c3_7b91_1142_53d5;
const HIGH: u64 = 0x4cf5_ad43_2745_937f;

fn scramble_low(bits: u64) -> u64 {
    bits.wrapping_mul(LOW).rotate_left(31).wrapping_mul(HIGH)
}

fn scramble_high(bits: u64) -> u64 {
    bits.wrapping_mul(HIGH).rotate_left(33).wrapping_mul(LOW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_hash_as_everywhere() {
        for (text, hash) in [
            ("", 0),
            ("hello", 0xcbd8_a7b3_41bd_9b02),
            ("hello, world", 0x342f_ac62_3a5e_bc8e),
            ("The quick brown fox jumps over the lazy dog", 0xe34b_bc7b_bc07_1b6c),
        ] {
            assert_eq!(bytes(text.as_bytes()), hash, "{text}");
        }
    }

    #[test]
    fn only_the_same_value_is_the_same() {
        let values = [Value::Double(0.0), Value::Double(-0.0), Value::Double(f64::NAN)];
        for (i, a) in values.into_iter().enumerate() {
            for (j, b) in values.into_iter().enumerate() {
                assert_eq!((same(a, b), hash(a) == hash(b)), (i == j, i == j), "{a:?} {b:?}");
            }
        }
        let point = |lon, lat| Value::Point { lon, lat };
        assert!(same(point(1.0, 2.0), point(1.0, 2.0)) && !same(point(1.0, 2.0), point(2.0, 1.0)));
        assert_ne!(hash(point(1.0, 2.0)), hash(point(2.0, 1.0)));
    }
}
