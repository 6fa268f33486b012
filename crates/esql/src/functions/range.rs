//! Ranges of enrich policies, as texts: `10.0.0.0/8`, `10.0.0.1-10.0.0.9`, `1-1024`, `-5..5`, `2026-01-01..2026-02-01`.
//! Both ends belong to a range, and an end that is left out has no bound.

use std::cmp::Ordering;

use brokerwatch_ecs::{date, parse_ip};

use super::address_blocks::block;
use crate::types::DataType;
use crate::value::Value;
use crate::warnings::Failure;

/// Whether values of a type lie in ranges.
pub(crate) fn holds(ty: DataType) -> bool {
    matches!(
        ty,
        DataType::Ip
            | DataType::Integer
            | DataType::Long
            | DataType::UnsignedLong
            | DataType::Double
            | DataType::Date
            | DataType::DateNanos
    )
}

/// Ranges of one type, to be asked which of them hold a value without looking at each.
///
/// They lie in the order of their beginnings, and each is the middle of a part of them that knows how far its ranges reach.
#[derive(Debug, Default)]
pub(crate) struct Ranges {
    ranges: Vec<Range>,
    /// The greatest end among the ranges of which this one is the middle.
    reach: Vec<u128>,
}

/// A range whose ends are in the order of [`key`].
#[derive(Debug)]
struct Range {
    from: u128,
    to: u128,
    text: Box<str>,
}

impl Ranges {
    /// The ranges of a type of which [`holds`] is true, and what is wrong with texts that are none.
    pub(crate) fn new<'t>(
        texts: impl Iterator<Item = &'t str>,
        ty: DataType,
    ) -> (Ranges, Vec<Failure>) {
        let (mut ranges, mut failures) = (Vec::new(), Vec::new());
        for text in texts {
            match bounds(text, ty) {
                Ok((from, to)) if from <= to => ranges.push(Range { from, to, text: text.into() }),
                // It begins behind its end.
                Ok(_) => {}
                Err(failure) => failures.push(failure),
            }
        }
        ranges.sort_by_key(|range| range.from);
        let mut reach = vec![0; ranges.len()];
        reach_of(&ranges, &mut reach);
        (Ranges { ranges, reach }, failures)
    }

    /// Calls `found` with each range that holds a value of the type. Gives how many ranges were looked at.
    pub(crate) fn of(&self, value: Value<'_>, found: &mut dyn FnMut(&str)) -> usize {
        let Some(key) = key(value) else { return 0 };
        find(&self.ranges, &self.reach, key, found)
    }
}

/// Fills in how far ranges reach; gives the greatest end of all.
fn reach_of(ranges: &[Range], reach: &mut [u128]) -> u128 {
    let middle = ranges.len() / 2;
    let Some(range) = ranges.get(middle) else { return 0 };
    let (before, behind) = reach.split_at_mut(middle);
    let before = reach_of(&ranges[..middle], before);
    let after = reach_of(&ranges[middle + 1..], &mut behind[1..]);
    behind[0] = range.to.max(before).max(after);
    behind[0]
}

fn find(ranges: &[Range], reach: &[u128], key: u128, found: &mut dyn FnMut(&str)) -> usize {
    let middle = ranges.len() / 2;
    let Some(range) = ranges.get(middle) else { return 0 };
    if reach[middle] < key {
        return 1;
    }
    let mut looked = 1 + find(&ranges[..middle], &reach[..middle], key, found);
    if range.from <= key {
        if key <= range.to {
            found(&range.text);
        }
        looked += find(&ranges[middle + 1..], &reach[middle + 1..], key, found);
    }
    looked
}

/// The ends of a range in the order of [`key`]. A text that is no range of the type is a failure.
fn bounds(text: &str, ty: DataType) -> Result<(u128, u128), Failure> {
    let text = text.trim();
    if ty == DataType::Ip && text.contains('/') {
        let (first, last) = block(text)?.ends();
        return Ok((first.to_bits(), last.to_bits()));
    }
    let unread =
        || Failure::argument(format!("[{text}] is not a range of type [{}]", ty.error_name()));
    let (from, to) = ends(text).ok_or_else(unread)?;
    let from = end(from, ty, false).map_err(|()| unread())?;
    let to = end(to, ty, true).map_err(|()| unread())?;
    let from = from.map_or(Some(0), |value| bound(value, ty, false));
    let to = to.map_or(Some(u128::MAX), |value| bound(value, ty, true));
    Ok((from.ok_or_else(unread)?, to.ok_or_else(unread)?))
}

/// An end in the order of the keys of a type. A whole number between doubles, and a double between whole numbers, is the
/// next one that the range holds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a double past all whole numbers is the last of them, and what is lost of a whole number is looked at"
)]
fn bound(value: Value<'_>, ty: DataType, last: bool) -> Option<u128> {
    match (value, ty) {
        (Value::Double(number), DataType::Double) => Some(of_double(number)),
        (Value::Double(number), _) => {
            let whole = if last { number.floor() } else { number.ceil() };
            Some(of_whole(whole as i128))
        }
        (Value::Long(number), DataType::Double) => {
            let near = number as f64;
            let lost = (near as i128).cmp(&i128::from(number));
            let inside = match (lost, last) {
                (Ordering::Greater, true) => near.next_down(),
                (Ordering::Less, false) => near.next_up(),
                _ => near,
            };
            Some(of_double(inside))
        }
        (other, _) => key(other),
    }
}

/// A number that has the place of a value among all of its type; none for what has no place.
fn key(value: Value<'_>) -> Option<u128> {
    Some(match value {
        Value::Ip(address) => address.to_bits(),
        Value::Integer(number) => of_whole(number.into()),
        Value::Long(number) => of_whole(number.into()),
        Value::Unsigned(number) => of_whole(number.into()),
        Value::Date(millis) => of_whole(i128::from(millis) * 1_000_000),
        Value::DateNanos(nanos) => of_whole(nanos.into()),
        Value::Double(number) if !number.is_nan() => of_double(number),
        _ => return None,
    })
}

fn of_whole(number: i128) -> u128 {
    number.cast_unsigned() ^ (1 << 127)
}

/// The bits of a double in its order: of a negative one they count backwards.
fn of_double(number: f64) -> u128 {
    // The two zeros are equal.
    let bits = (number + 0.0).to_bits();
    let sign = 1 << 63;
    u128::from(if bits & sign == 0 { bits | sign } else { !bits })
}

/// The two ends as they are written. A `-` between them is none that begins a number.
fn ends(text: &str) -> Option<(&str, &str)> {
    if let Some(ends) = text.split_once("..") {
        return Some(ends);
    }
    let start = text.chars().next()?.len_utf8();
    match text[start..].find('-') {
        Some(at) => Some((&text[..start + at], &text[start + at + 1..])),
        None => Some((text, text)),
    }
}

/// An end as a value; none where it is left out. The last moment of a day is where a range to that day ends.
fn end(text: &str, ty: DataType, last: bool) -> Result<Option<Value<'static>>, ()> {
    let text = text.trim();
    if text.is_empty() || text == "*" {
        return Ok(None);
    }
    value(text, ty, last).map(Some).ok_or(())
}

fn value(text: &str, ty: DataType, last: bool) -> Option<Value<'static>> {
    Some(match ty {
        DataType::Ip => Value::Ip(parse_ip(text)?),
        DataType::Date | DataType::DateNanos => {
            let moment = date::parse(text)?;
            let moment = if last { moment.to } else { moment.from };
            Value::DateNanos(i64::try_from(moment.as_nanosecond()).ok()?)
        }
        _ => match text.parse::<i64>() {
            Ok(number) => Value::Long(number),
            Err(_) => Value::Double(text.parse().ok().filter(|number: &f64| !number.is_nan())?),
        },
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The obvious way: whether one range holds a value.
    fn contains(text: &str, value: Value<'_>, ty: DataType) -> Result<bool, Failure> {
        let text = text.trim();
        if let (Value::Ip(address), true) = (value, text.contains('/')) {
            return Ok(block(text)?.contains(address));
        }
        let unread =
            || Failure::argument(format!("[{text}] is not a range of type [{}]", ty.error_name()));
        let (from, to) = ends(text).ok_or_else(unread)?;
        let from = end(from, ty, false).map_err(|()| unread())?;
        let to = end(to, ty, true).map_err(|()| unread())?;
        let order = |bound: Option<Value<'_>>| bound.and_then(|bound| value.compare(&bound, ty));
        Ok(order(from).is_none_or(Ordering::is_ge) && order(to).is_none_or(Ordering::is_le))
    }

    /// Which of these ranges hold a value, by the index.
    fn held(texts: &[&str], value: Value<'_>, ty: DataType) -> Vec<String> {
        let (ranges, _) = Ranges::new(texts.iter().copied(), ty);
        let mut found = Vec::new();
        ranges.of(value, &mut |text| found.push(text.to_owned()));
        found.sort();
        found
    }

    #[test]
    fn a_range_holds_both_its_ends() {
        let number = Value::Long;
        let ip = |text: &str| Value::Ip(parse_ip(text).unwrap());
        let day = |text: &str| Value::Date(date::parse(text).unwrap().from.as_millisecond());
        for (range, value, ty, is_held) in [
            ("1-1024", number(1), DataType::Long, true),
            ("1-1024", number(1024), DataType::Long, true),
            ("1-1024", number(1025), DataType::Long, false),
            ("-5..-1", number(-3), DataType::Long, true),
            ("-5--1", number(-3), DataType::Long, true),
            ("80", number(80), DataType::Long, true),
            ("80", number(81), DataType::Long, false),
            ("1024..", number(70_000), DataType::Long, true),
            ("0.5-1.5", Value::Double(1.0), DataType::Double, true),
            ("10.0.0.0/8", ip("10.1.2.3"), DataType::Ip, true),
            ("10.0.0.0/8", ip("11.1.2.3"), DataType::Ip, false),
            ("10.0.0.1-10.0.0.9", ip("10.0.0.9"), DataType::Ip, true),
            ("fe80::/10", ip("fe80::1"), DataType::Ip, true),
            ("2026-01-01..2026-02-01", day("2026-01-15"), DataType::Date, true),
            ("2026-01-01..2026-02-01", day("2026-03-15"), DataType::Date, false),
        ] {
            assert_eq!(contains(range, value, ty), Ok(is_held), "{range} {value:?}");
            assert_eq!(held(&[range], value, ty).len(), usize::from(is_held), "{range} {value:?}");
        }
    }

    #[test]
    fn what_is_no_range_fails() {
        for (range, ty) in [
            ("", DataType::Long),
            ("a-b", DataType::Long),
            ("10.0.0.0/40", DataType::Ip),
            ("x", DataType::Date),
        ] {
            let value = if ty == DataType::Ip {
                Value::Ip(parse_ip("10.0.0.1").unwrap())
            } else {
                Value::Long(1)
            };
            let (ranges, failures) = Ranges::new([range].into_iter(), ty);
            assert_eq!(contains(range, value, ty), Err(failures[0].clone()), "{range}");
            assert!(ranges.ranges.is_empty(), "{range}");
        }
    }

    proptest! {
        /// The index finds what looking at every range finds.
        #[test]
        fn numbers_lie_in_the_same_ranges(
            ends in proptest::collection::vec((-40i64..40, -40i64..40, any::<bool>()), 0..30),
            asked in -50i32..50,
        ) {
            let text = |(from, to, halves): &(i64, i64, bool)| {
                if *halves { format!("{from}.5..{to}.5") } else { format!("{from}..{to}") }
            };
            let texts: Vec<String> = ends.iter().map(text).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            for (value, ty) in [
                (Value::Long(asked.into()), DataType::Long),
                (Value::Double(f64::from(asked) / 2.0), DataType::Double),
            ] {
                let mut expected: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
                expected.retain(|text| contains(text, value, ty).unwrap());
                expected.sort();
                prop_assert_eq!(held(&texts, value, ty), expected);
            }
        }

        /// Blocks of addresses that lie in each other, too.
        #[test]
        fn addresses_lie_in_the_same_blocks(
            blocks in proptest::collection::vec((any::<u8>(), any::<u8>(), 0u8..=32), 0..40),
            asked in any::<[u8; 2]>(),
        ) {
            let text = |(a, b, bits): &(u8, u8, u8)| format!("10.{}.{b}.0/{bits}", a % 4);
            let texts: Vec<String> = blocks.iter().map(text).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let address = format!("10.{}.{}.7", asked[0] % 4, asked[1]);
            let value = Value::Ip(parse_ip(&address).unwrap());
            let mut expected: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            expected.retain(|text| contains(text, value, DataType::Ip).unwrap());
            expected.sort();
            prop_assert_eq!(held(&texts, value, DataType::Ip), expected);
        }
    }

    #[test]
    fn large_numbers_lose_nothing() {
        let over = (1i64 << 53) + 1;
        // As a double it would be even, and outside.
        let range = format!("{over}..");
        assert_eq!(
            held(&[&range], Value::Double(9_007_199_254_740_992.0), DataType::Double).len(),
            0
        );
        assert_eq!(held(&[&range], Value::Long(over), DataType::Long).len(), 1);
        assert_eq!(held(&["-0.0..0"], Value::Double(0.0), DataType::Double).len(), 1);
        assert!(held(&["..", "*-*"], Value::Double(f64::NAN), DataType::Double).is_empty());
        assert_eq!(held(&["1e300.."], Value::Unsigned(u64::MAX), DataType::UnsignedLong).len(), 0);
    }

    /// Every block against every row would be five thousand million looks.
    #[test]
    fn many_blocks_are_looked_at_by_few() {
        const BLOCKS: u32 = 50_000;
        const ROWS: u32 = 100_000;
        let address = |bits: u32| std::net::Ipv4Addr::from(bits);
        // Blocks of 16 addresses side by side, inside some large ones.
        let text = |at: u32| match at % 5_000 {
            0 => format!("{}/12", address(at << 4)),
            _ => format!("{}/28", address(at << 4)),
        };
        let texts: Vec<String> = (0..BLOCKS).map(text).collect();
        let (ranges, failures) = Ranges::new(texts.iter().map(String::as_str), DataType::Ip);
        assert!(failures.is_empty());
        let (mut looked, mut found) = (0, 0usize);
        for row in 0..ROWS {
            let value = Value::Ip(address(row.wrapping_mul(977) % (BLOCKS << 4)).to_ipv6_mapped());
            looked += ranges.of(value, &mut |_| found += 1);
        }
        assert!(ROWS as usize <= found, "{found} ranges were found");
        assert!(looked < 20 * (ROWS as usize + found), "{looked} ranges were looked at");
    }
}
