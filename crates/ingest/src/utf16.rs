//! Turns UTF-16 into UTF-8 while it is read: what PowerShell and other Windows tools write.
//!
//! Half of a character that lost its other half becomes U+FFFD, as does an odd byte at the end. Nothing is refused: what
//! is wrong with a record shows when the record is read.

use std::io::{self, Read};

/// How much is decoded at a time, in bytes of UTF-16.
const STEP_BYTES: usize = 64 << 10;

/// The order of the two bytes of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// The low byte first, marked by `FF FE`.
    Little,
    /// The high byte first, marked by `FE FF`.
    Big,
}

impl Order {
    /// What the first bytes of an input say.
    pub(crate) fn of(head: &[u8]) -> Option<Order> {
        match head {
            [0xFF, 0xFE, ..] => Some(Order::Little),
            [0xFE, 0xFF, ..] => Some(Order::Big),
            _ => None,
        }
    }
}

/// The length of the mark that tells the order.
pub(crate) const MARK_BYTES: usize = 2;

/// UTF-8 out of the UTF-16 of an input.
pub(crate) struct Utf16<R> {
    input: R,
    order: Order,
    raw: Vec<u8>,
    /// Bytes of `raw` that are not decoded yet: none, or the first of a unit.
    raw_length: usize,
    /// The first half of a character.
    high: Option<u16>,
    decoded: Vec<u8>,
    /// Bytes of `decoded` that were given out.
    given: usize,
    ended: bool,
}

impl<R: Read> Utf16<R> {
    /// Reads an input whose mark was taken off.
    pub(crate) fn new(input: R, order: Order) -> Utf16<R> {
        Utf16 {
            input,
            order,
            raw: vec![0; STEP_BYTES],
            raw_length: 0,
            high: None,
            decoded: Vec::new(),
            given: 0,
            ended: false,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        self.decoded.clear();
        self.given = 0;
        let count = self.input.read(&mut self.raw[self.raw_length..])?;
        let length = self.raw_length + count;
        self.ended = count == 0;
        let units = length / 2;
        for unit in 0..units {
            let pair = [self.raw[2 * unit], self.raw[2 * unit + 1]];
            self.decode(match self.order {
                Order::Little => u16::from_le_bytes(pair),
                Order::Big => u16::from_be_bytes(pair),
            });
        }
        self.raw_length = length % 2;
        if self.raw_length == 1 {
            self.raw[0] = self.raw[length - 1];
        }
        if self.ended {
            let is_cut = self.raw_length == 1;
            self.raw_length = 0;
            if self.high.take().is_some() || is_cut {
                self.push(char::REPLACEMENT_CHARACTER);
            }
        }
        Ok(())
    }

    fn decode(&mut self, unit: u16) {
        if self.high.is_none() && unit < 0x80 {
            self.decoded.push(unit as u8);
            return;
        }
        let before = self.high.take();
        match (before, unit) {
            (Some(high), 0xDC00..=0xDFFF) => {
                let code = 0x10000 + ((u32::from(high) & 0x3FF) << 10) + (u32::from(unit) & 0x3FF);
                self.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            _ => {
                if before.is_some() {
                    self.push(char::REPLACEMENT_CHARACTER);
                }
                match unit {
                    0xD800..=0xDBFF => self.high = Some(unit),
                    _ => self.push(
                        char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER),
                    ),
                }
            }
        }
    }

    fn push(&mut self, character: char) {
        self.decoded.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.decoded.len() && !self.ended && !buffer.is_empty() {
            self.refill()?;
        }
        let rest = &self.decoded[self.given..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[track_caller]
    fn check(units: &[u16], odd: &[u8], expected: &str) {
        for order in [Order::Little, Order::Big] {
            let bytes = units.iter().flat_map(|unit| match order {
                Order::Little => unit.to_le_bytes(),
                Order::Big => unit.to_be_bytes(),
            });
            let bytes: Vec<u8> = bytes.chain(odd.iter().copied()).collect();
            for split in 0..=bytes.len() {
                let (left, right) = bytes.split_at(split);
                let mut decoded = String::new();
                Utf16::new(Cursor::new(left).chain(Cursor::new(right)), order)
                    .read_to_string(&mut decoded)
                    .unwrap();
                assert_eq!(decoded, expected, "split at {split}, {order:?}");
            }
        }
    }

    #[test]
    fn characters_of_every_length_are_decoded() {
        check(&[0x61, 0xE9, 0x20AC, 0xD83D, 0xDE00, 0x0A], &[], "aé€😀\n");
        check(&[], &[], "");
    }

    #[test]
    fn halves_of_characters_are_replaced() {
        check(&[0xD83D, 0x61], &[], "\u{FFFD}a");
        check(&[0xDE00, 0xD83D, 0xD83D, 0xDE00], &[], "\u{FFFD}\u{FFFD}😀");
        check(&[0x61, 0xD83D], &[], "a\u{FFFD}");
        check(&[0x61], &[0x62], "a\u{FFFD}");
    }
}
