//! Which characters count as the same when a pattern does not regard case.
//!
//! Folding takes one code point to one code point, so that `?` and `.` mean the same before and after it.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

/// Whether and how a test disregards case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Case {
    /// Case counts.
    Sensitive,
    /// ASCII letters count whatever their case; this is how a field is tested.
    Ascii,
    /// All letters do, as in Java's `Character.toLowerCase(Character.toUpperCase(c))`; this is how the result of a
    /// function is tested.
    Unicode,
}

impl Case {
    /// The text with each character replaced by the one that stands for all its cases.
    ///
    /// ```
    /// use brokerwatch_expr::pattern::Case;
    /// assert_eq!(Case::Ascii.fold("CMD.exe Ä"), "cmd.exe Ä");
    /// assert_eq!(Case::Unicode.fold("CMD.exe Ä"), "cmd.exe ä");
    /// ```
    pub fn fold(self, text: &str) -> Cow<'_, str> {
        let unchanged = match self {
            Case::Sensitive => true,
            Case::Ascii => !text.bytes().any(|byte| byte.is_ascii_uppercase()),
            Case::Unicode => text.chars().all(|c| self.fold_char(c) == c),
        };
        if unchanged {
            return Cow::Borrowed(text);
        }
        Cow::Owned(match self {
            Case::Ascii => text.to_ascii_lowercase(),
            Case::Sensitive | Case::Unicode => text.chars().map(|c| self.fold_char(c)).collect(),
        })
    }

    /// The character that stands for all cases of this one.
    pub fn fold_char(self, c: char) -> char {
        match self {
            Case::Sensitive => c,
            Case::Unicode if !c.is_ascii() => lower(upper(c)),
            Case::Ascii | Case::Unicode => c.to_ascii_lowercase(),
        }
    }

    /// All characters that fold to the same as this one, itself included, in no particular order.
    pub(crate) fn variants(self, c: char) -> Vec<char> {
        let folded = self.fold_char(c);
        let pairs = self.pairs();
        let from = pairs.partition_point(|(to, _)| *to < folded);
        let others = pairs[from..].iter().take_while(|(to, _)| *to == folded).map(|(_, c)| *c);
        others.chain([folded]).collect()
    }

    /// Adds to a class every character that folds to the same as one of its own.
    pub(crate) fn close(self, class: &mut ClassUnicode) {
        let mut added = Vec::new();
        for group in self.pairs().chunk_by(|a, b| a.0 == b.0) {
            let members = || group.iter().map(|(_, c)| *c).chain([group[0].0]);
            if members().any(|c| contains(class, c)) {
                added.extend(members().map(|c| ClassUnicodeRange::new(c, c)));
            }
        }
        if !added.is_empty() {
            class.union(&ClassUnicode::new(added));
        }
    }

    /// Every character that another one stands for, as (that other one, the character), in order.
    fn pairs(self) -> &'static [(char, char)] {
        static ASCII: LazyLock<Vec<(char, char)>> =
            LazyLock::new(|| pairs(Case::Ascii, '\0'..='z'));
        static UNICODE: LazyLock<Vec<(char, char)>> =
            LazyLock::new(|| pairs(Case::Unicode, '\0'..='\u{1ffff}'));
        match self {
            Case::Sensitive => &[],
            Case::Ascii => &ASCII,
            Case::Unicode => &UNICODE,
        }
    }
}

/// Whether a class has a character.
pub(crate) fn contains(class: &ClassUnicode, c: char) -> bool {
    let ranges = class.ranges();
    let after = ranges.partition_point(|range| range.start() <= c);
    after > 0 && c <= ranges[after - 1].end()
}

fn pairs(case: Case, all: impl Iterator<Item = char>) -> Vec<(char, char)> {
    let mut pairs: Vec<(char, char)> =
        all.map(|c| (case.fold_char(c), c)).filter(|(folded, c)| folded != c).collect();
    pairs.sort_unstable();
    pairs
}

fn upper(c: char) -> char {
    single(c.to_uppercase()).unwrap_or(c)
}

fn lower(c: char) -> char {
    // The one character whose lower case is two code points in full and one, `i`, in the simple mapping.
    if c == '\u{130}' { 'i' } else { single(c.to_lowercase()).unwrap_or(c) }
}

/// The mapping if it is one to one: `ß` has no upper case of its own, as in Java's `Character`.
fn single(mut mapped: impl Iterator<Item = char>) -> Option<char> {
    let first = mapped.next()?;
    mapped.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Case; 3] = [Case::Sensitive, Case::Ascii, Case::Unicode];

    #[test]
    fn folding_twice_changes_nothing() {
        for case in ALL {
            for c in '\0'..=char::MAX {
                let folded = case.fold_char(c);
                assert_eq!(case.fold_char(folded), folded, "{c:?} under {case:?}");
            }
        }
    }

    #[test]
    fn nothing_beyond_the_table_has_a_case() {
        assert!(('\u{20000}'..=char::MAX).all(|c| Case::Unicode.fold_char(c) == c));
    }

    #[test]
    fn ascii_leaves_other_letters_alone() {
        assert_eq!(Case::Ascii.fold("ÄK\u{212a}"), "Äk\u{212a}");
        assert_eq!(Case::Unicode.fold("ÄK\u{212a}"), "äkk");
        assert_eq!(Case::Unicode.fold("ẞß\u{130}ſ"), "ßßis");
        assert!(matches!(Case::Unicode.fold("plain ä"), Cow::Borrowed(_)));
        assert!(matches!(Case::Ascii.fold("plain Ä"), Cow::Borrowed(_)));
    }

    #[test]
    fn variants_are_what_folds_alike() {
        for case in ALL {
            for c in ['a', 'K', 's', 'i', 'ß', 'Σ', '1', '\u{10400}'] {
                let mut variants = case.variants(c);
                variants.sort_unstable();
                let alike: Vec<char> = ('\0'..=char::MAX)
                    .filter(|other| case.fold_char(*other) == case.fold_char(c))
                    .collect();
                assert_eq!(variants, alike, "{c:?} under {case:?}");
            }
        }
    }

    #[test]
    fn a_closed_class_has_all_variants() {
        let original = ClassUnicode::new([
            ClassUnicodeRange::new('x', 'z'),
            ClassUnicodeRange::new('0', 'K'),
            ClassUnicodeRange::new('Σ', 'Σ'),
        ]);
        for case in ALL {
            let mut class = original.clone();
            case.close(&mut class);
            for c in '\0'..='\u{1ffff}' {
                let wanted = case.variants(c).iter().any(|own| contains(&original, *own));
                assert_eq!(contains(&class, c), wanted, "{c:?} under {case:?}");
            }
        }
    }
}
