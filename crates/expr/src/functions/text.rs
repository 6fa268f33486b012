//! Positions and case in text, as Java counts and folds them.

/// How a function folds case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fold {
    /// Case counts.
    None,
    /// ASCII letters only: what the search engine does with a bare field.
    Ascii,
    /// All of Unicode, one character at a time: what Java does with a computed text.
    Unicode,
}

impl Fold {
    /// The folding of a call.
    pub(crate) fn of(args: &crate::function::Args<'_>) -> Fold {
        match (args.any_case, args.ascii_case) {
            (false, _) => Fold::None,
            (true, true) => Fold::Ascii,
            (true, false) => Fold::Unicode,
        }
    }

    fn same(self, a: char, b: char) -> bool {
        a == b
            || match self {
                Fold::None => false,
                Fold::Ascii => a.eq_ignore_ascii_case(&b),
                Fold::Unicode => {
                    a.to_lowercase().eq(b.to_lowercase()) || a.to_uppercase().eq(b.to_uppercase())
                }
            }
    }
}

/// If `text` begins with `part`, the bytes that it takes.
pub(crate) fn prefix_bytes(text: &str, part: &str, fold: Fold) -> Option<usize> {
    if fold == Fold::None {
        return text.starts_with(part).then_some(part.len());
    }
    let mut rest = text.chars();
    for expected in part.chars() {
        if !fold.same(rest.next()?, expected) {
            return None;
        }
    }
    Some(text.len() - rest.as_str().len())
}

/// Whether `text` ends with `part`.
pub(crate) fn ends_with(text: &str, part: &str, fold: Fold) -> bool {
    if fold == Fold::None {
        return text.ends_with(part);
    }
    let mut rest = text.chars().rev();
    part.chars().rev().all(|expected| rest.next().is_some_and(|found| fold.same(found, expected)))
}

/// The first place of `part` in `text`, as a range of bytes.
pub(crate) fn find(text: &str, part: &str, fold: Fold) -> Option<(usize, usize)> {
    if fold == Fold::None {
        return text.find(part).map(|start| (start, start + part.len()));
    }
    starts(text).find_map(|start| Some((start, start + prefix_bytes(&text[start..], part, fold)?)))
}

/// The last place of `part` in `text`, as a range of bytes.
pub(crate) fn find_last(text: &str, part: &str, fold: Fold) -> Option<(usize, usize)> {
    if fold == Fold::None {
        return text.rfind(part).map(|start| (start, start + part.len()));
    }
    let mut places: Vec<usize> = starts(text).collect();
    places.reverse();
    places
        .into_iter()
        .find_map(|start| Some((start, start + prefix_bytes(&text[start..], part, fold)?)))
}

/// Every place where a character begins, and the end.
fn starts(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.char_indices().map(|(start, _)| start).chain([text.len()])
}

/// Length in UTF-16 units, as Java counts.
pub(crate) fn utf16_len(text: &str) -> i64 {
    if text.is_ascii() { text.len() as i64 } else { text.encode_utf16().count() as i64 }
}

/// The byte at a UTF-16 position; the text's length if the position is past it. A position in the middle of a
/// surrogate pair counts as the end of the pair.
pub(crate) fn byte_at(text: &str, position: i64) -> usize {
    let Ok(position) = usize::try_from(position) else { return 0 };
    if text.is_ascii() {
        return position.min(text.len());
    }
    let mut units = 0;
    for (start, character) in text.char_indices() {
        if position <= units {
            return start;
        }
        units += character.len_utf16();
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_utf16_units() {
        assert_eq!(utf16_len("a😀b"), 4);
        assert_eq!(byte_at("a😀b", 3), 5);
        assert_eq!(byte_at("a😀b", 2), 5);
        assert_eq!(byte_at("abc", 9), 3);
    }

    #[test]
    fn folding_stays_in_its_alphabet() {
        assert!(find("xSTRASSE", "strasse", Fold::Ascii).is_some());
        assert!(find("ÄB", "äb", Fold::Ascii).is_none());
        assert_eq!(find("xÄB", "äb", Fold::Unicode), Some((1, 4)));
        assert_eq!(find_last("abAB", "ab", Fold::Ascii), Some((2, 4)));
        assert!(ends_with("report.ÉXE", ".éxe", Fold::Unicode));
    }
}
