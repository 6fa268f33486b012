//! The grammar of JSON (RFC 8259): the tokens of a document, and passing over values without keeping them.
//!
//! A document is gone over twice. [`Stops`] first notes where plain text ends, without a branch that depends on a byte;
//! the [`Cursor`] then takes texts of any length in one step. That is faster than searching each text for its end: texts
//! are short and of changing length, so each search ends in a branch that the processor seldom foresees. And the places
//! come from a list rather than from the last place, so the processor can look ahead over several texts.

use bumpalo::Bump;

use super::{Malformed, Why};
use crate::limits::JSON_DEPTH_MAX;

/// A place in a document, and how many containers are open there.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'c, 's> {
    text: &'c str,
    /// Places of stops, in order.
    stops: &'s [u32],
    /// The first of them that may not have been passed yet.
    next: usize,
    at: usize,
    depth: usize,
}

impl<'c, 's> Cursor<'c, 's> {
    /// The start of a document whose stops are noted.
    pub(super) fn new(text: &'c str, stops: &'s Stops) -> Cursor<'c, 's> {
        Cursor { text, stops: stops.places(), next: 0, at: 0, depth: 0 }
    }

    /// The byte that is next, from the start of the document.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Goes back to a place where as many containers were open.
    pub(super) fn go_to(&mut self, at: usize) {
        self.at = at;
        self.next = 0;
    }

    /// The next byte.
    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Moves past blanks; most documents have none.
    #[inline]
    pub(super) fn blanks(&mut self) {
        if self.peek().is_some_and(|byte| byte <= b' ') {
            self.at = after_blanks(self.text.as_bytes(), self.at);
        }
    }

    /// Enters a container at its bracket, and says whether it has anything in it; one that has nothing is left again.
    #[inline]
    pub(super) fn open(&mut self, close: u8) -> Result<bool, Malformed> {
        if JSON_DEPTH_MAX <= self.depth {
            return self.fail(Why::Depth);
        }
        self.at += 1;
        self.blanks();
        if self.take(close) {
            return Ok(false);
        }
        self.depth += 1;
        Ok(true)
    }

    /// After an item: moves to the next one, or leaves the container if there is none.
    #[inline]
    pub(super) fn next_item(&mut self, close: u8) -> Result<bool, Malformed> {
        self.blanks();
        if self.take(b',') {
            self.blanks();
            return Ok(true);
        }
        self.expect(close)?;
        self.depth -= 1;
        Ok(false)
    }

    /// The key of a member; moves to the value.
    #[inline]
    pub(super) fn key(&mut self, arena: &'c Bump) -> Result<&'c [u8], Malformed> {
        if self.peek() != Some(b'"') {
            return self.unexpected();
        }
        self.at += 1;
        let start = self.at;
        let key = if self.plain_run()? == b'"' {
            self.at += 1;
            &self.text.as_bytes()[start..self.at - 1]
        } else {
            self.decode(start, arena)?.as_bytes()
        };
        self.colon()?;
        Ok(key)
    }

    /// A text; borrowed where it has no escapes, else decoded into the arena.
    #[inline]
    pub(super) fn string(&mut self, arena: &'c Bump) -> Result<&'c str, Malformed> {
        self.at += 1;
        let start = self.at;
        if self.plain_run()? == b'"' {
            self.at += 1;
            return Ok(&self.text[start..self.at - 1]);
        }
        self.decode(start, arena)
    }

    /// The rest of a text that began at `start`, from its first escape on.
    #[cold]
    fn decode(&mut self, start: usize, arena: &'c Bump) -> Result<&'c str, Malformed> {
        let mut decoded = bumpalo::collections::String::new_in(arena);
        decoded.push_str(&self.text[start..self.at]);
        loop {
            decoded.push(self.escape()?);
            let run = self.at;
            let stop = self.plain_run()?;
            decoded.push_str(&self.text[run..self.at]);
            if stop == b'"' {
                self.at += 1;
                return Ok(decoded.into_bump_str());
            }
        }
    }

    /// A number, as written.
    #[inline]
    pub(super) fn number(&mut self) -> Result<&'c str, Malformed> {
        let start = self.at;
        self.skip_number()?;
        Ok(&self.text[start..self.at])
    }

    #[inline]
    fn skip_number(&mut self) -> Result<(), Malformed> {
        self.take(b'-');
        let whole = self.digits();
        if whole == 0 || (1 < whole && self.text.as_bytes()[self.at - whole] == b'0') {
            return self.fail(Why::Number);
        }
        if self.take(b'.') && self.digits() == 0 {
            return self.fail(Why::Number);
        }
        if self.take(b'e') || self.take(b'E') {
            if !self.take(b'+') {
                self.take(b'-');
            }
            if self.digits() == 0 {
                return self.fail(Why::Number);
            }
        }
        Ok(())
    }

    /// One of the words that JSON knows.
    #[inline]
    pub(super) fn literal(&mut self, word: &str) -> Result<(), Malformed> {
        if self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(());
        }
        self.unexpected()
    }

    /// Moves past a value, checking that it is one.
    #[inline]
    pub(super) fn skip_value(&mut self) -> Result<(), Malformed> {
        if self.peek() == Some(b'"') { self.skip_string() } else { self.skip_other() }
    }

    fn skip_other(&mut self) -> Result<(), Malformed> {
        // A copy whose address is nowhere taken stays in registers.
        let mut cursor = *self;
        let result = cursor.pass_over();
        *self = cursor;
        result
    }

    /// Moves past a value. Without recursion: what is open stands in a word of bits.
    #[expect(
        clippy::inline_always,
        reason = "a call takes the address of the cursor, see `skip_other`"
    )]
    #[inline(always)]
    fn pass_over(&mut self) -> Result<(), Malformed> {
        let outer = self.depth;
        let mut open = OpenContainers::default();
        loop {
            match self.peek() {
                Some(b'"') => self.skip_string()?,
                Some(b'{') => {
                    if self.open(b'}')? {
                        open.push(true);
                        self.skip_key()?;
                        continue;
                    }
                }
                Some(b'[') => {
                    if self.open(b']')? {
                        open.push(false);
                        continue;
                    }
                }
                Some(b'-' | b'0'..=b'9') => self.skip_number()?,
                Some(b't') => self.literal("true")?,
                Some(b'f') => self.literal("false")?,
                Some(b'n') => self.literal("null")?,
                _ => return self.unexpected(),
            }
            loop {
                if self.depth == outer {
                    return Ok(());
                }
                if open.is_object() {
                    if self.next_item(b'}')? {
                        self.skip_key()?;
                        break;
                    }
                } else if self.next_item(b']')? {
                    break;
                }
                open.pop();
            }
        }
    }

    #[expect(
        clippy::inline_always,
        reason = "a call takes the address of the cursor, see `skip_other`"
    )]
    #[inline(always)]
    fn skip_key(&mut self) -> Result<(), Malformed> {
        if self.peek() != Some(b'"') {
            return self.unexpected();
        }
        self.skip_string()?;
        self.colon()
    }

    #[inline]
    fn colon(&mut self) -> Result<(), Malformed> {
        self.blanks();
        self.expect(b':')?;
        self.blanks();
        Ok(())
    }

    #[expect(
        clippy::inline_always,
        reason = "a call takes the address of the cursor, see `skip_other`"
    )]
    #[inline(always)]
    fn skip_string(&mut self) -> Result<(), Malformed> {
        self.at += 1;
        while self.plain_run()? != b'"' {
            self.escape()?;
        }
        self.at += 1;
        Ok(())
    }

    /// Moves to the quote or backslash that ends a run of plain characters, and says which of them it is.
    #[inline]
    fn plain_run(&mut self) -> Result<u8, Malformed> {
        self.at = self.next_stop();
        match self.peek() {
            Some(stop @ (b'"' | b'\\')) => Ok(stop),
            Some(_) => self.fail(Why::Control),
            None => self.fail(Why::Truncated),
        }
    }

    /// The next place that is a stop. The end is one.
    #[inline]
    fn next_stop(&mut self) -> usize {
        while let Some(&stop) = self.stops.get(self.next) {
            if self.at <= stop as usize {
                return stop as usize;
            }
            self.next += 1;
        }
        self.text.len()
    }

    #[inline]
    fn escape(&mut self) -> Result<char, Malformed> {
        let (escaped, length) = escape(self.text.as_bytes(), self.at)?;
        self.at += length;
        Ok(escaped)
    }

    #[inline]
    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    #[inline]
    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        if self.take(byte) { Ok(()) } else { self.unexpected() }
    }

    #[inline]
    pub(super) fn unexpected<T>(&self) -> Result<T, Malformed> {
        self.fail(if self.peek().is_none() { Why::Truncated } else { Why::Unexpected })
    }

    #[inline]
    pub(super) fn fail<T>(&self, why: Why) -> Result<T, Malformed> {
        Err(Malformed { at: self.at, why })
    }
}

fn after_blanks(text: &[u8], mut at: usize) -> usize {
    while matches!(text.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// The character that the escape at a backslash stands for, and how long the escape is.
fn escape(text: &[u8], at: usize) -> Result<(char, usize), Malformed> {
    let escaped = match text.get(at + 1) {
        Some(b'"') => '"',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode_escape(text, at),
        Some(_) => return Err(Malformed { at, why: Why::Escape }),
        None => return Err(Malformed { at, why: Why::Truncated }),
    };
    Ok((escaped, 2))
}

/// `\uXXXX`, or a pair of them; half a pair alone is U+FFFD.
fn unicode_escape(text: &[u8], at: usize) -> Result<(char, usize), Malformed> {
    let first = hex_unit(text, at)?;
    if (0xD800..0xDC00).contains(&first) && text[at + 6..].starts_with(b"\\u") {
        let second = hex_unit(text, at + 6)?;
        if (0xDC00..0xE000).contains(&second) {
            let point = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            return Ok((char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER), 12));
        }
    }
    Ok((char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 6))
}

fn hex_unit(text: &[u8], at: usize) -> Result<u32, Malformed> {
    let digits = text.get(at + 2..at + 6).ok_or(Malformed { at, why: Why::Truncated })?;
    digits.iter().try_fold(0, |sum, &digit| {
        let value = char::from(digit).to_digit(16).ok_or(Malformed { at, why: Why::Escape })?;
        Ok(sum * 16 + value)
    })
}

/// Of each container that is open whether it is an object; the innermost is the lowest bit.
#[derive(Default)]
struct OpenContainers(u128);

const _: () = assert!(JSON_DEPTH_MAX <= u128::BITS as usize, "the bits of one word must do");

impl OpenContainers {
    #[inline]
    fn push(&mut self, object: bool) {
        self.0 = self.0 << 1 | u128::from(object);
    }

    #[inline]
    fn pop(&mut self) {
        self.0 >>= 1;
    }

    #[inline]
    fn is_object(&self) -> bool {
        self.0 & 1 == 1
    }
}

/// Where in a document bytes stand that cannot be in a text as they are: quotes, backslashes and control characters,
/// inside texts and outside.
#[derive(Debug, Default)]
pub(super) struct Stops {
    /// Their places; what is after the first `count` is left over and means nothing.
    places: Vec<u32>,
    count: usize,
}

impl Stops {
    /// The places, in order.
    fn places(&self) -> &[u32] {
        &self.places[..self.count]
    }

    /// Notes the stops of a document, and forgets those of the last.
    pub(super) fn note(&mut self, document: &[u8]) {
        self.count = 0;
        let (chunks, rest) = document.as_chunks::<64>();
        for (i, chunk) in chunks.iter().enumerate() {
            self.push(64 * i, stops_of_chunk(chunk));
        }
        let mut last = [b' '; 64];
        last[..rest.len()].copy_from_slice(rest);
        self.push(64 * chunks.len(), stops_of_chunk(&last));
    }

    #[inline]
    fn push(&mut self, start: usize, mut stops: u64) {
        if self.places.len() < self.count + 64 {
            self.places.resize(2 * self.count + 64, 0);
        }
        let mut places = &mut self.places[self.count..];
        self.count += stops.count_ones() as usize;
        // Always eight at once, which is enough for most chunks: a loop over each would end at random.
        while stops != 0 {
            let (group, rest) = places.split_at_mut(8);
            for place in group {
                *place = start as u32 + stops.trailing_zeros();
                stops &= stops.wrapping_sub(1);
            }
            places = rest;
        }
    }
}

/// The bits of the bytes that are stops.
#[expect(clippy::needless_bitwise_bool, reason = "a branch per byte is what this avoids")]
#[inline]
fn stops_of_chunk(chunk: &[u8; 64]) -> u64 {
    // Written so that it compiles to vector instructions.
    let mut flags = [0; 64];
    for (flag, &byte) in flags.iter_mut().zip(chunk) {
        *flag = u8::from((byte == b'"') | (byte == b'\\') | (byte < 0x20));
    }
    let mut stops = 0;
    for (i, flags) in flags.as_chunks::<8>().0.iter().enumerate() {
        // The product brings the flags of eight bytes together as the bits of the highest.
        let bits = u64::from_le_bytes(*flags).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        stops |= bits << (8 * i);
    }
    stops
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_that_ends_a_run_is_noted_at_every_place() {
        for byte in 0..=u8::MAX {
            let stops = byte < 0x20 || byte == b'"' || byte == b'\\';
            for place in 0..64 {
                for around in [b'a', b'!', b'#', b'[', b']', 0x7f, 0x80, 0xff] {
                    let mut chunk = [around; 64];
                    chunk[place] = byte;
                    let found = stops_of_chunk(&chunk);
                    assert_eq!(found, u64::from(stops) << place, "{byte:#x} among {around:#x}");
                }
            }
        }
    }

    #[test]
    fn the_next_stop_is_found_however_many_there_are() {
        let mut stops = Stops::default();
        for pattern in ["\"", "a\"", "aaaaaaa\n", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\", "a"] {
            for count in [0, 1, 7, 8, 9, 31, 64, 65, 200] {
                let document = pattern.repeat(count);
                stops.note(document.as_bytes());
                let mut cursor = Cursor::new(&document, &stops);
                for at in 0..=document.len() {
                    cursor.at = at;
                    let plain = document[at..].find(['"', '\\', '\n']);
                    let expected = plain.map_or(document.len(), |count| at + count);
                    assert_eq!(cursor.next_stop(), expected, "from {at} in {document:?}");
                }
            }
        }
    }
}
