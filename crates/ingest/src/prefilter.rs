//! Tells from its raw text that a record cannot be of interest, so that it need not be parsed.
//!
//! The filter may keep a record that turns out not to matter, and never passes over one that would: a value counts
//! in every spelling that JSON and the types of fields allow (`what_holds_the_values_always_passes` holds it to
//! that). It looks at bytes, not at structure, so a value that stands in a key or in another field counts too.
//!
//! How a value can be spelled decides what is searched:
//!
//! - Text without quotes, slashes and backslashes stands as it is, unless one of its characters is an escape. Escapes
//!   of ASCII begin with `\u00` and a digit up to 7, so a record that has these bytes is kept without a further look.
//! - A number stands with its digits in a row, perhaps with a sign, zeros before it or a fraction after it (a `long`
//!   field cuts it off, and reads numbers in text). Two spellings do not hold the digits: one with an exponent, and a
//!   fraction that rounds up, as `1882.99999999999999999`. A record that has either, in whatever number, is kept.

use std::ops::Range;
use std::sync::Arc;

use aho_corasick::packed::{MatchKind, Searcher};
use aho_corasick::{AhoCorasick, Input, Span, packed};
use brokerwatch_ecs::{AnyOf, Required, RequiredValue};
use memchr::{memchr, memmem, memrchr};

use crate::limits::{
    PREFILTER_LONG_MAX, PREFILTER_LONG_MIN, PREFILTER_PATTERNS_MAX, PREFILTER_SEARCHES_MAX,
    PREFILTER_TEXT_BYTES_MIN, PREFILTER_TRIAL_BYTES,
};

/// A search for the values without which no record is of interest.
#[derive(Debug)]
pub struct Prefilter {
    /// Escapes of ASCII characters.
    escapes: Search,
    /// The clause that is searched in whole blocks; the others are looked at where it has a value.
    lead: Clause,
    others: Vec<Clause>,
}

impl Prefilter {
    /// The filter for these values; `None` if none of them is worth a search.
    pub fn new(required: &Required) -> Option<Prefilter> {
        let mut clauses: Vec<Clause> = required.all_of.iter().filter_map(Clause::new).collect();
        // Numbers cost three searches where texts cost one, so the rarest clause of texts goes first.
        let lead = clauses.iter().position(|clause| !clause.has_numbers).unwrap_or_default();
        if clauses.is_empty() {
            return None;
        }
        let lead = clauses.remove(lead);
        Some(Prefilter {
            escapes: Search::Escapes(memmem::Finder::new(ESCAPE)),
            lead,
            others: clauses,
        })
    }

    /// Whether a record may hold the values.
    pub fn may_hold(&self, record: &[u8]) -> bool {
        (self.lead.may_hold(record) && self.others_may_hold(record)) || self.has_escapes(record)
    }

    /// Calls `on_line` with the place of each line that may hold the values, in order and without its line feed.
    ///
    /// `block` is whole lines. Where most of them pass, the rest of the block is not searched and its lines are all
    /// given, but for empty ones: searching would cost more than it saves.
    pub fn candidate_lines(&self, block: &[u8], mut on_line: impl FnMut(Range<usize>)) {
        let searches = self.lead.searches.iter().chain([&self.escapes]);
        let mut streams: Vec<Stream<'_>> =
            searches.map(|search| Stream::new(search, block)).collect();
        let (mut at, mut passed_bytes) = (0, 0);
        while let Some(hit) = next_hit(&mut streams, block, at) {
            let line = line_around(block, at, hit);
            at = line.end + 1;
            let text = &block[line.clone()];
            if self.others.is_empty() || self.others_may_hold(text) || self.has_escapes(text) {
                passed_bytes += text.len();
                on_line(line);
                if PREFILTER_TRIAL_BYTES <= at && at < 3 * passed_bytes {
                    return all_lines(block, at, on_line);
                }
            }
        }
    }

    fn others_may_hold(&self, record: &[u8]) -> bool {
        self.others.iter().all(|clause| clause.may_hold(record))
    }

    fn has_escapes(&self, record: &[u8]) -> bool {
        self.escapes.find(record, 0).is_some()
    }
}

/// One search in a block: where it is next met.
struct Stream<'a> {
    search: &'a Search,
    next: Option<usize>,
}

impl<'a> Stream<'a> {
    fn new(search: &'a Search, block: &[u8]) -> Stream<'a> {
        Stream { search, next: search.find(block, 0) }
    }

    /// Where it is met from `at` on. Each byte of the block is searched once, however often this is asked.
    fn next(&mut self, block: &[u8], at: usize) -> Option<usize> {
        if self.next.is_some_and(|next| next < at) {
            self.next = self.search.find(block, at);
        }
        self.next
    }
}

/// Where one of the streams is met first from `at` on.
fn next_hit(streams: &mut [Stream<'_>], block: &[u8], at: usize) -> Option<usize> {
    streams.iter_mut().filter_map(|stream| stream.next(block, at)).min()
}

/// The line that `hit` is in, if lines before `from` do not matter.
fn line_around(block: &[u8], from: usize, hit: usize) -> Range<usize> {
    let start = memrchr(b'\n', &block[from..hit]).map_or(from, |count| from + count + 1);
    let end = memchr(b'\n', &block[hit..]).map_or(block.len(), |count| hit + count);
    start..end
}

fn all_lines(block: &[u8], mut at: usize, mut on_line: impl FnMut(Range<usize>)) {
    while at < block.len() {
        let line = line_around(block, at, at);
        at = line.end + 1;
        if !line.is_empty() {
            on_line(line);
        }
    }
}

/// A disjunction: what is looked for, any of which will do.
#[derive(Debug)]
struct Clause {
    searches: Vec<Search>,
    has_numbers: bool,
}

impl Clause {
    /// `None` if one of the values cannot be searched, or everything has one: then nothing can be told from it.
    fn new(any_of: &AnyOf) -> Option<Clause> {
        let values = &any_of.values;
        if values.is_empty() || !values.iter().all(is_usable) {
            return None;
        }
        let (mut texts, mut numbers) = (Vec::new(), Vec::new());
        for value in values {
            match value {
                RequiredValue::Text { text, any_case } => {
                    texts.push(Text { bytes: text.clone().into_bytes(), any_case: *any_case });
                }
                RequiredValue::Long(long) => numbers.push(long.unsigned_abs().to_string()),
            }
        }
        let has_numbers = !numbers.is_empty();
        let mut searches = Vec::new();
        if !texts.is_empty() {
            searches.extend(Search::texts(&texts)?);
        }
        if has_numbers {
            searches.extend(numbers_among(numbers)?);
            searches.push(Search::Exponents);
            searches.push(Search::one(ROUNDS_UP));
        }
        Some(Clause { searches, has_numbers })
    }

    fn may_hold(&self, record: &[u8]) -> bool {
        self.searches.iter().any(|search| search.find(record, 0).is_some())
    }
}

/// Whether a value stands in a record as this module's introduction says, and not in nearly every record.
fn is_usable(value: &RequiredValue) -> bool {
    match value {
        RequiredValue::Text { text, .. } => {
            let plain =
                |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\' | b'/');
            PREFILTER_TEXT_BYTES_MIN <= text.len() && text.bytes().all(plain)
        }
        RequiredValue::Long(long) => {
            (PREFILTER_LONG_MIN..=PREFILTER_LONG_MAX).contains(&long.unsigned_abs())
        }
    }
}

/// How a fraction begins that can round up to the next whole number, up to [`PREFILTER_LONG_MAX`]: doubles below 2^40
/// are at most 2^-13 apart, so it is within 2^-14 (0.00006) of that number.
const ROUNDS_UP: &[u8] = b".9999";

/// A search for places in text.
#[derive(Debug)]
enum Search {
    /// One text, as it is.
    One(memmem::Finder<'static>),
    /// A few texts, by parts of them.
    Windows(Windows),
    /// A few texts, on processors that have nothing faster.
    Automaton(AhoCorasick),
    /// Whole numbers by their digits.
    Numbers(Numbers),
    /// Numbers with an exponent.
    Exponents,
    /// Escapes of ASCII characters, by how all below U+0100 begin.
    Escapes(memmem::Finder<'static>),
}

/// How every escape of a character below U+0100 begins.
const ESCAPE: &[u8] = br"\u00";

impl Search {
    fn one(text: &[u8]) -> Search {
        Search::One(memmem::Finder::new(text).into_owned())
    }

    /// Searches that together find these texts; `None` if that would take too many.
    fn texts(texts: &[Text]) -> Option<Vec<Search>> {
        if let [Text { bytes, any_case: false }] = texts {
            return Some(vec![Search::one(bytes)]);
        }
        let mut searches = Vec::new();
        for group in groups(texts) {
            searches.push(Windows::new(group).map(Search::Windows).or_else(|| automaton(group))?);
        }
        (searches.len() <= PREFILTER_SEARCHES_MAX).then_some(searches)
    }

    /// A place from `from` on inside of what is searched for, and of none that lies wholly before it; no line feed is
    /// between the two.
    fn find(&self, text: &[u8], from: usize) -> Option<usize> {
        match self {
            Search::One(finder) => finder.find(text.get(from..)?).map(|count| from + count),
            Search::Windows(windows) => windows.find(text, from),
            Search::Automaton(automaton) => {
                let input = Input::new(text).range(from.min(text.len())..);
                automaton.find(input).map(|found| found.start())
            }
            Search::Numbers(numbers) => numbers.find(text, from),
            Search::Exponents => exponent(text, from),
            Search::Escapes(finder) => ascii_escape(finder, text, from),
        }
    }
}

/// An escape of an ASCII character. Umlauts and accents, of which some telemetry has one in every record, are none.
fn ascii_escape(finder: &memmem::Finder<'_>, text: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += finder.find(text.get(at..)?)?;
        if text.get(at + ESCAPE.len()).is_some_and(|digit| (b'0'..=b'7').contains(digit)) {
            return Some(at);
        }
        at += ESCAPE.len();
    }
}

/// Parts of a list of texts that are few enough for one search each.
fn groups(texts: &[Text]) -> Vec<&[Text]> {
    let (mut groups, mut start, mut patterns) = (Vec::new(), 0, 0);
    for (i, text) in texts.iter().enumerate() {
        let window = text.best_window(PREFILTER_TEXT_BYTES_MIN);
        let more = spellings(text, window, PREFILTER_TEXT_BYTES_MIN).len();
        if PREFILTER_PATTERNS_MAX < patterns + more {
            groups.push(&texts[start..i]);
            (start, patterns) = (i, 0);
        }
        patterns += more;
    }
    groups.push(&texts[start..]);
    groups
}

fn automaton(texts: &[Text]) -> Option<Search> {
    // More hits than with the case of each, which is allowed.
    let any_case = texts.iter().any(|text| text.any_case);
    let mut builder = AhoCorasick::builder();
    builder.ascii_case_insensitive(any_case);
    builder.build(texts.iter().map(|text| &text.bytes)).ok().map(Search::Automaton)
}

/// A text to be found.
#[derive(Debug, Clone)]
struct Text {
    bytes: Vec<u8>,
    any_case: bool,
}

impl Text {
    fn is(&self, bytes: &[u8]) -> bool {
        if self.any_case { self.bytes.eq_ignore_ascii_case(bytes) } else { self.bytes == bytes }
    }

    /// Where the part of so many bytes begins that is found with the least work: rare in events, and the same in
    /// either case.
    fn best_window(&self, bytes: usize) -> usize {
        let windows = self.bytes.windows(bytes).enumerate();
        let score = |window: &[u8]| window.iter().map(|&byte| self.score(byte)).sum::<usize>();
        windows.max_by_key(|(_, window)| score(window)).map_or(0, |(start, _)| start)
    }

    fn score(&self, byte: u8) -> usize {
        /// What a second spelling costs, on the scale of [`rarity`]; measured.
        const OTHER_CASE: usize = 15;
        let spellings = self.any_case && byte.is_ascii_alphabetic();
        rarity(byte) + if spellings { 0 } else { OTHER_CASE }
    }
}

/// How rare a byte is in the text of events; a guess that only the speed depends on.
fn rarity(byte: u8) -> usize {
    /// The common ones, the commonest first.
    const COMMON: &[u8] = b"e\": ,0aotins1r2lcd3p5m84u679.fhb-gyvkw_xCSEIA";
    COMMON.iter().position(|&common| common == byte).unwrap_or(COMMON.len())
}

/// What the vectorised search compares of a pattern.
const WINDOW_BYTES_MAX: usize = 4;

/// A few short parts, one of each text, in all their cases, looked for at once; where one stands, the texts around it
/// are compared. The vectorised search knows no case, so each spelling of a part is a pattern of its own.
#[derive(Debug)]
struct Windows {
    searcher: Searcher,
    /// By pattern, the texts that have it, and at what byte.
    uses: Vec<Vec<(Text, usize)>>,
}

impl Windows {
    /// `None` if the processor has no such search.
    fn new(texts: &[Text]) -> Option<Windows> {
        let longest = texts.iter().map(|text| text.bytes.len()).min()?.min(WINDOW_BYTES_MAX);
        (PREFILTER_TEXT_BYTES_MIN..=longest)
            .rev()
            .find_map(|bytes| Windows::of_length(texts, bytes))
    }

    fn of_length(texts: &[Text], bytes: usize) -> Option<Windows> {
        let mut patterns: Vec<Vec<u8>> = Vec::new();
        let mut uses: Vec<Vec<(Text, usize)>> = Vec::new();
        for text in texts {
            let start = text.best_window(bytes);
            for window in spellings(text, start, bytes) {
                let known = patterns.iter().position(|pattern| *pattern == window);
                let place = known.unwrap_or_else(|| {
                    patterns.push(window);
                    uses.push(Vec::new());
                    uses.len() - 1
                });
                uses[place].push((text.clone(), start));
            }
        }
        if PREFILTER_PATTERNS_MAX < patterns.len() {
            return None;
        }
        let mut config = packed::Config::new();
        let searcher =
            config.match_kind(MatchKind::LeftmostFirst).builder().extend(&patterns).build()?;
        Some(Windows { searcher, uses })
    }

    fn find(&self, text: &[u8], from: usize) -> Option<usize> {
        let mut at = from;
        while at < text.len() {
            let found = self.searcher.find_in(text, Span { start: at, end: text.len() })?;
            let window = found.start();
            if self.uses[found.pattern().as_usize()].iter().any(|used| stands(used, text, window)) {
                return Some(window);
            }
            at = window + 1;
        }
        None
    }
}

/// Whether a text stands where a part of it was found.
fn stands((text, part): &(Text, usize), haystack: &[u8], found: usize) -> bool {
    let start = found.checked_sub(*part);
    let bytes = start.and_then(|start| haystack.get(start..start + text.bytes.len()));
    bytes.is_some_and(|bytes| text.is(bytes))
}

/// A part of a text in all its cases.
fn spellings(text: &Text, start: usize, bytes: usize) -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new()];
    for &byte in &text.bytes[start..start + bytes] {
        let mut longer = Vec::new();
        for spelling in all {
            if text.any_case && byte.is_ascii_alphabetic() {
                longer.push([&*spelling, &[byte ^ 0x20]].concat());
            }
            longer.push([&*spelling, &[byte]].concat());
        }
        all = longer;
    }
    all
}

/// Searches that together find these whole numbers; `None` if that would take too many.
fn numbers_among(mut numbers: Vec<String>) -> Option<Vec<Search>> {
    numbers.sort_unstable();
    numbers.dedup();
    let text = |number: &String| Text { bytes: number.clone().into_bytes(), any_case: false };
    let digits = Search::texts(&numbers.iter().map(text).collect::<Vec<_>>())?;
    let sorted: Arc<[String]> = numbers.into();
    let search =
        |digits| Search::Numbers(Numbers { digits: Box::new(digits), sorted: Arc::clone(&sorted) });
    Some(digits.into_iter().map(search).collect())
}

/// Whole numbers, found by their digits and then looked at with what is around them.
#[derive(Debug)]
struct Numbers {
    digits: Box<Search>,
    sorted: Arc<[String]>,
}

impl Numbers {
    fn find(&self, text: &[u8], from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            let hit = self.digits.find(text, at)?;
            // All digits in a row are one number: `1883` is not in `18830`.
            let start = hit - digits_before(&text[..hit]);
            let end = hit + digits_after(&text[hit..]);
            if self.is_wanted(&text[start..end])
                && opens_number(&text[..start])
                && closes_number(&text[end..])
            {
                return Some(hit);
            }
            at = end;
        }
    }

    fn is_wanted(&self, digits: &[u8]) -> bool {
        let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
        let digits = &digits[zeros..];
        self.sorted.binary_search_by(|number| number.as_bytes().cmp(digits)).is_ok()
    }
}

fn digits_before(text: &[u8]) -> usize {
    text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count()
}

fn digits_after(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Whether the digits of a number may begin after this text: at the start of a value, behind a sign or a blank. Blanks
/// count because text is read as a number without those around it; inside of text some of them are escapes.
fn opens_number(before: &[u8]) -> bool {
    match before {
        [] | [.., b'"' | b':' | b',' | b'[' | b'+' | b'-'] => true,
        [.., b'\\', b't' | b'n' | b'f' | b'r'] => true,
        [.., byte] => byte.is_ascii_whitespace(),
    }
}

/// Whether the digits of a number may end before this text: at the end of a value, or before a blank or a fraction.
fn closes_number(after: &[u8]) -> bool {
    match after {
        [] | [b'"' | b',' | b'}' | b']' | b'.' | b'\\', ..] => true,
        [byte, ..] => byte.is_ascii_whitespace(),
    }
}

/// The first number with an exponent from `from` on; the place of its `e`.
///
/// Hashes are full of digits around an `e`, so it counts only where a value begins and ends with the number.
fn exponent(text: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at = exponent_like(text, at)?;
        if is_exponent(text, at) {
            return Some(at);
        }
        at += 1;
    }
}

/// The first `e` or `E` from `from` on between a digit or a dot and a digit or a sign.
fn exponent_like(text: &[u8], from: usize) -> Option<usize> {
    const BLOCK: usize = 64;
    let mut at = from.max(1);
    // Compared without a branch per byte, which compiles to vector instructions.
    while let Some(block) = text.get(at - 1..at + BLOCK + 1) {
        let (before, here, after) = (&block[..BLOCK], &block[1..=BLOCK], &block[2..]);
        let mut any = false;
        for ((&before, &here), &after) in before.iter().zip(here).zip(after) {
            any |= looks_like_exponent(before, here, after);
        }
        if any {
            break;
        }
        at += BLOCK;
    }
    let mut windows = text.get(at - 1..)?.windows(3);
    let count = windows.position(|window| looks_like_exponent(window[0], window[1], window[2]))?;
    Some(at + count)
}

#[expect(clippy::needless_bitwise_bool, reason = "a branch per byte is what this avoids")]
fn looks_like_exponent(before: u8, here: u8, after: u8) -> bool {
    let digit = |byte: u8| byte.wrapping_sub(b'0') < 10;
    (here | 0x20 == b'e')
        & (digit(before) | (before == b'.'))
        & (digit(after) | (after == b'+') | (after == b'-'))
}

fn is_exponent(text: &[u8], at: usize) -> bool {
    let (before, after) = (&text[..at], &text[at + 1..]);
    let mantissa = before.iter().rev().take_while(|&&b| b.is_ascii_digit() || b == b'.').count();
    let after = after.strip_prefix(b"+").or(after.strip_prefix(b"-")).unwrap_or(after);
    let exponent = digits_after(after);
    exponent != 0
        && opens_number(&before[..before.len() - mantissa])
        && closes_number(&after[exponent..])
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use brokerwatch_ecs::number::long_from_text;
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> RequiredValue {
        RequiredValue::Text { text: text.to_owned(), any_case: false }
    }

    fn text_in_any_case(text: &str) -> RequiredValue {
        RequiredValue::Text { text: text.to_owned(), any_case: true }
    }

    fn required(clauses: &[&[RequiredValue]]) -> Required {
        let clause = |values: &&[RequiredValue]| AnyOf { values: values.to_vec() };
        Required { all_of: clauses.iter().map(clause).collect() }
    }

    fn filter(clauses: &[&[RequiredValue]]) -> Prefilter {
        Prefilter::new(&required(clauses)).unwrap()
    }

    fn lines(filter: &Prefilter, block: &str) -> Vec<Range<usize>> {
        let mut lines = Vec::new();
        filter.candidate_lines(block.as_bytes(), |line| lines.push(line));
        lines
    }

    #[test]
    fn numbers_stand_in_any_spelling() {
        let filter = filter(&[&[RequiredValue::Long(1883), RequiredValue::Long(-250)]]);
        for value in [
            "1883",
            "1883.0",
            "1883.9",
            "1.883e3",
            "1.883E+3",
            "0.1883e4",
            "18830e-1",
            "188300E-2",
            "-250",
            "-250.00",
            "-2.5e2",
            "1882.99999999999999999",
            r#""1883""#,
            r#"" 1883""#,
            r#""\t1883\n""#,
            r#""+1883""#,
            r#""01883""#,
            r#""1883.""#,
            r#"".1883e4""#,
            r#""1.e3""#,
            r#""\u0031883""#,
            r#""-0250""#,
        ] {
            for document in [
                format!(r#"{{"port":{value}}}"#),
                format!("{{ \"port\" : [ 7 , {value} ] , \"x\" : 1 }}"),
                format!("{{\"port\":\n\t{value}\r\n}}"),
            ] {
                assert!(filter.may_hold(document.as_bytes()), "{document}");
            }
        }
    }

    #[test]
    fn other_numbers_do_not_pass() {
        let filter = filter(&[&[RequiredValue::Long(1883), RequiredValue::Long(-250)]]);
        for value in [
            "8883",
            "18830",
            "11883",
            "0.1883",
            "1.1883",
            "1882.5",
            "188.3",
            "2500",
            "12.9990",
            r#""a1883""#,
            r#""1883a""#,
            r#""10.18.83.1""#,
            r#""2026-06-11T18:83:00Z""#,
            r#""n1883""#,
            r#""0a1e5b9e3c""#,
            r#""7e2f""#,
            r#""a7e2""#,
            r#""fe2-e+5""#,
            r#""1e+""#,
        ] {
            let document = format!(r#"{{"port":{value},"x":"y"}}"#);
            assert!(!filter.may_hold(document.as_bytes()), "{document}");
        }
    }

    #[test]
    fn texts_stand_as_they_are_or_escaped() {
        let one = filter(&[&[text("mosquitto")]]);
        let any_case = filter(&[&[text_in_any_case("mosquitto")]]);
        let letters = ('a'..='t').map(|letter| text_in_any_case(&format!("xx{letter}")));
        let many: Vec<RequiredValue> = letters.chain([text_in_any_case("mosquitto")]).collect();
        let many = filter(&[&many]);
        assert!(matches!(one.lead.searches[..], [Search::One(_)]));
        assert_eq!(many.lead.searches.len(), 3);
        for (document, exact) in [
            (r#"{"name":"/usr/bin/mosquitto_pub"}"#, true),
            (r#"{"name":"\/usr\/bin\/mosquitto"}"#, true),
            (r#"{"name":"mosq\u0075itto"}"#, true),
            (r#"{"name":"\u004d\u004F\u0053quitto"}"#, true),
            (r#"{"name":"MOSquitto"}"#, false),
        ] {
            assert_eq!(one.may_hold(document.as_bytes()), exact, "{document}");
            assert!(any_case.may_hold(document.as_bytes()), "{document}");
            assert!(many.may_hold(document.as_bytes()), "{document}");
        }
        for document in ["", "{}", r#"{"name":"mosquito"}"#, r#"{"name":"C:\\Users\\mosquitt"}"#] {
            for filter in [&one, &any_case, &many] {
                assert!(!filter.may_hold(document.as_bytes()), "{document}");
            }
        }
    }

    #[test]
    fn processors_without_a_vectorised_search_find_the_same() {
        let texts = ["node", "MOSquitto"].map(|text| Text { bytes: text.into(), any_case: true });
        let (windows, automaton) = (Windows::new(&texts), automaton(&texts).unwrap());
        for text in ["", "a node b", "mosQUITTO", "n o d e", "mosquitt"] {
            let found = automaton.find(text.as_bytes(), 0).is_some();
            assert_eq!(found, text.contains("node") || text.contains("QUITTO"), "{text}");
            if let Some(windows) = &windows {
                assert_eq!(windows.find(text.as_bytes(), 0).is_some(), found, "{text}");
            }
        }
    }

    #[test]
    fn each_clause_must_have_a_value() {
        let filter = filter(&[&[RequiredValue::Long(1883)], &[text("node"), text("python")]]);
        assert!(filter.may_hold(br#"{"name":"node","port":1883}"#));
        assert!(filter.may_hold(br#"{"name":"python3","port":18.83e2}"#));
        assert!(!filter.may_hold(br#"{"name":"node","port":8883}"#));
        assert!(!filter.may_hold(br#"{"name":"java","port":1883}"#));
    }

    #[test]
    fn what_cannot_be_searched_is_no_condition() {
        let many: Vec<RequiredValue> =
            (100..900).map(|i| text_in_any_case(&format!("{i} text {i}"))).collect();
        let unusable: [&[RequiredValue]; 10] = [
            &[],
            &[text("ab")],
            &[text("a/b")],
            &[text("a\\b")],
            &[text("a\"b")],
            &[text("a\nb")],
            &[text("größe"), text("usable")],
            &[RequiredValue::Long(80)],
            &[RequiredValue::Long(i64::MIN)],
            &many,
        ];
        assert!(Prefilter::new(&Required::default()).is_none());
        for clause in unusable {
            assert!(Prefilter::new(&required(&[clause])).is_none(), "{clause:?}");
            let filter = filter(&[clause, &[text("node")]]);
            assert!(filter.may_hold(b"node"));
            assert!(!filter.may_hold(b"java"));
        }
    }

    #[test]
    fn the_lines_of_a_block_are_given_in_order() {
        let filter = filter(&[&[RequiredValue::Long(1883)], &[text("node")]]);
        let kept = [
            r#"{"name":"node","port":1883}"#,
            r#"{"name":"n\u006fde","port":1}"#,
            r#"{"name":"node","port":1.883e3}"#,
            r#"{"a":"node node","port":"1883"}"#,
        ];
        let dropped = ["", r#"{"name":"node"}"#, r#"{"port":1883}"#, "{}", "e3"];
        let mut block = String::new();
        let mut expected = Vec::new();
        for line in kept {
            block += &(dropped.join("\n") + "\n");
            expected.push(block.len()..block.len() + line.len());
            block += &(line.to_owned() + "\n");
        }
        assert_eq!(lines(&filter, &block), expected);
        // The last line may be without its line feed.
        assert_eq!(lines(&filter, block.trim_end()), expected);
        assert!(lines(&filter, "").is_empty());
    }

    #[test]
    fn a_block_whose_lines_mostly_pass_is_not_searched_to_its_end() {
        let filter = filter(&[&[text("node")]]);
        let kept = "{\"name\":\"node\"}\n".repeat(PREFILTER_TRIAL_BYTES / 16 + 1);
        let block = kept.clone() + "{\"name\":\"java\"}\n\n{}";
        assert_eq!(
            lines(&filter, &block).len(),
            block.lines().count() - 1,
            "all but the empty one"
        );
        let few = "{\"name\":\"java\"}\n".repeat(PREFILTER_TRIAL_BYTES / 16 + 1);
        assert!(lines(&filter, &few).is_empty());
    }

    /// Chance that shrinks: the numbers that are left when these run out are zero.
    struct Dice<'a>(std::slice::Iter<'a, u8>);

    impl Dice<'_> {
        fn roll(&mut self, sides: usize) -> usize {
            usize::from(*self.0.next().unwrap_or(&0)) % sides
        }

        fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
            from[self.roll(from.len())]
        }
    }

    fn odd_string(text: &str, dice: &mut Dice<'_>) -> String {
        let mut json = "\"".to_owned();
        for letter in text.chars() {
            let code = u32::from(letter);
            let escape = dice.roll(16);
            match letter {
                '"' | '\\' => json.extend(['\\', letter]),
                '\t' if escape < 8 => json += "\\t",
                '\n' if escape < 8 => json += "\\n",
                '\r' if escape < 8 => json += "\\r",
                '\u{c}' if escape < 8 => json += "\\f",
                '/' if escape < 4 => json += "\\/",
                _ if code < 0x20 || escape == 15 => write!(json, "\\u{code:04x}").unwrap(),
                _ if escape == 14 => write!(json, "\\u{code:04X}").unwrap(),
                _ => json.push(letter),
            }
        }
        json + "\""
    }

    /// A number in some spelling that a numeric field reads as `long`.
    fn odd_number(long: i64, dice: &mut Dice<'_>) -> String {
        let (sign, digits) = (if long < 0 { "-" } else { "" }, long.unsigned_abs().to_string());
        let shift = dice.roll(digits.len());
        let e = dice.pick(&["e", "E"]);
        let number = match dice.roll(6) {
            0 => digits,
            1 => digits + "." + dice.pick(&["0", "000", "5", "99"]),
            2 => {
                let (whole, fraction) = digits.split_at(digits.len() - shift);
                let plus = dice.pick(&["", "+", "+0", "00"]);
                let point = if fraction.is_empty() { "" } else { "." };
                format!("{whole}{point}{fraction}{e}{plus}{shift}")
            }
            3 => format!("0.{digits}{e}{}", digits.len()),
            4 => format!("{digits}{}{e}-{shift}", "0".repeat(shift)),
            _ => format!("{}.{}", long.unsigned_abs() - 1, "9".repeat(20)),
        };
        if dice.roll(2) == 0 {
            return sign.to_owned() + &number;
        }
        let sign = if sign.is_empty() { dice.pick(&["", "+"]) } else { sign };
        let blank = |dice: &mut Dice<'_>| dice.pick(&["", " ", "\t", "\n ", "\r", "\u{c}"]);
        let mut text = blank(dice).to_owned() + sign + dice.pick(&["", "0", "000"]) + &number;
        if dice.roll(8) == 0 && !number.contains(['.', 'e', 'E']) {
            text += ".";
        }
        text += blank(dice);
        assert_eq!(long_from_text(&text), Some(long), "{text:?}");
        odd_string(&text, dice)
    }

    fn odd_value(value: &RequiredValue, dice: &mut Dice<'_>) -> String {
        match value {
            RequiredValue::Long(long) => odd_number(*long, dice),
            RequiredValue::Text { text, any_case } => {
                let turn = |letter: char, dice: &mut Dice<'_>| match dice.roll(3) {
                    0 if *any_case => letter.to_ascii_uppercase(),
                    1 if *any_case => letter.to_ascii_lowercase(),
                    _ => letter,
                };
                let around = ["", "/", "\\", "x", "ä", "\n", "1e", "mos"];
                let mut held = dice.pick(&around).to_owned();
                held.extend(text.chars().map(|letter| turn(letter, dice)));
                odd_string(&(held + dice.pick(&around)), dice)
            }
        }
    }

    fn odd_document(values: &[&RequiredValue], dice: &mut Dice<'_>) -> String {
        let blanks = ["", "", "", " ", "\t", "\r"];
        let mut json = "{".to_owned();
        for (i, value) in values.iter().enumerate() {
            let value = odd_value(value, dice);
            let value = match dice.roll(4) {
                0 => format!("[{}{value}{}]", dice.pick(&blanks), dice.pick(&blanks)),
                1 => format!("{{\"b\":{}{value}}}", dice.pick(&blanks)),
                2 => format!("[1,{value},\"x\"]"),
                _ => value,
            };
            let blank = dice.pick(&blanks);
            let (comma, key) = (if i == 0 { "" } else { "," }, dice.pick(&["a", "a.b.c", "é"]));
            write!(json, "{comma}{blank}\"{key}{i}\":{blank}{value}{blank}").unwrap();
        }
        json + "}"
    }

    fn any_value() -> impl Strategy<Value = RequiredValue> {
        prop_oneof![
            ("[a-zA-Z0-9 ._:{},-]{3,12}", any::<bool>())
                .prop_map(|(text, any_case)| RequiredValue::Text { text, any_case }),
            "[mM][oO][sS]".prop_map(|text| text_in_any_case(&text)),
            (100..70_000_i64).prop_map(RequiredValue::Long),
            (100..1_i64 << 40, any::<bool>())
                .prop_map(|(long, minus)| RequiredValue::Long(if minus { -long } else { long })),
        ]
    }

    proptest! {
        #[test]
        fn what_holds_the_values_always_passes(
            clauses in prop::collection::vec(prop::collection::vec(any_value(), 1..12), 1..4),
            dice in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let mut dice = Dice(dice.iter());
            let held: Vec<&RequiredValue> =
                clauses.iter().map(|values| &values[dice.roll(values.len())]).collect();
            let document = odd_document(&held, &mut dice);
            let clauses: Vec<&[RequiredValue]> = clauses.iter().map(Vec::as_slice).collect();
            let filter = filter(&clauses);
            prop_assert!(filter.may_hold(document.as_bytes()), "{}", document);
            let block = format!("{{\"a\":1}}\n{document}\n{{\"a\":\"e\"}}\n");
            let place = 8..8 + document.len();
            prop_assert!(lines(&filter, &block).contains(&place), "{}", block);
        }

        #[test]
        fn a_block_and_its_lines_pass_alike(
            clauses in prop::collection::vec(prop::collection::vec(any_value(), 1..4), 1..3),
            parts in prop::collection::vec(
                prop_oneof!["[ -~]{0,8}", Just("\n".to_owned()), any_value().prop_map(|value| match value {
                    RequiredValue::Text { text, .. } => text,
                    RequiredValue::Long(long) => format!(":{long},"),
                })],
                0..30,
            ),
        ) {
            let clauses: Vec<&[RequiredValue]> = clauses.iter().map(Vec::as_slice).collect();
            let filter = filter(&clauses);
            let block = parts.concat();
            let found: Vec<&str> = lines(&filter, &block).into_iter().map(|line| &block[line]).collect();
            let expected: Vec<&str> =
                block.split('\n').filter(|line| filter.may_hold(line.as_bytes())).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
