//! Values that a record must hold before any condition can be true of it, for readers that search raw bytes first.
//!
//! A clause is made of the values of one field, never of its name, which documents write in several ways. What another
//! spelling could hide is left out: characters that JSON writers escape, and text that may stand as a number or a flag.

use std::cmp::Reverse;

use brokerwatch_ecs::{AnyOf, Projection, Required, RequiredValue, Type};

use crate::conditions::{Leaf, Tree};
use crate::limits::{REQUIRED_BYTES_MIN, REQUIRED_VALUES_MAX};
use crate::witness::{Witness, Witnesses, as_documented, is_common};

/// Values of which a record holds at least one; not empty, in order, each once, at most [`REQUIRED_VALUES_MAX`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clause(Vec<RequiredValue>);

/// The requirement of some conditions: that of the one, or else clauses that serve all.
pub(crate) fn of(trees: &[Tree], leaves: &[Leaf]) -> Option<Required> {
    let clauses = match trees {
        [tree] => clauses(tree, leaves),
        trees => unions(trees, leaves),
    };
    let all_of: Vec<AnyOf> = clauses.into_iter().map(|clause| AnyOf { values: clause.0 }).collect();
    (!all_of.is_empty()).then_some(Required { all_of })
}

/// The clauses of one condition, the rarest first.
fn clauses(tree: &Tree, leaves: &[Leaf]) -> Vec<Clause> {
    let mut clauses = Vec::new();
    collect(tree, leaves, &mut clauses);
    clauses.sort_by_cached_key(|clause| (Reverse(clause.rarity()), clause.0.clone()));
    clauses.dedup();
    clauses
}

fn collect(tree: &Tree, leaves: &[Leaf], clauses: &mut Vec<Clause>) {
    match tree {
        Tree::Constant(_) | Tree::Not(_) => {}
        Tree::Leaf(leaf) => clauses.extend(leaves[*leaf].required.clone()),
        Tree::And(parts) => parts.iter().for_each(|part| collect(part, leaves, clauses)),
        Tree::Or(parts) => clauses.extend(unions(parts, leaves)),
    }
}

/// Clauses that hold wherever any of the trees is true: of the best of each tree, of the best texts of each, and of the
/// best numbers of each. Any clause of each would do; these cost least to look for.
fn unions(trees: &[Tree], leaves: &[Leaf]) -> Vec<Clause> {
    let wanted: [fn(&Clause) -> bool; 3] = [
        |_| true,
        |clause| clause.0.iter().all(|value| matches!(value, RequiredValue::Text { .. })),
        |clause| clause.0.iter().all(|value| matches!(value, RequiredValue::Long(_))),
    ];
    let mut unions: [Option<Vec<RequiredValue>>; 3] = std::array::from_fn(|_| Some(Vec::new()));
    for tree in trees {
        if matches!(tree, Tree::Constant(false)) {
            continue;
        }
        let clauses = clauses(tree, leaves);
        for (union, wanted) in unions.iter_mut().zip(wanted) {
            let best = clauses.iter().find(|clause| wanted(clause));
            *union = union.take().zip(best).and_then(|(values, best)| joined(values, best));
        }
        if unions.iter().all(Option::is_none) {
            return Vec::new();
        }
    }
    let mut found: Vec<Clause> = unions.into_iter().flatten().filter_map(Clause::new).collect();
    found.sort_by_cached_key(|clause| (Reverse(clause.rarity()), clause.0.clone()));
    found.dedup();
    found
}

/// The values with those of another clause; `None` if they are too many. Told at once, so that many conditions cost no
/// more than a few.
fn joined(mut values: Vec<RequiredValue>, clause: &Clause) -> Option<Vec<RequiredValue>> {
    values.extend_from_slice(&clause.0);
    if 2 * REQUIRED_VALUES_MAX < values.len() {
        values.sort_unstable();
        values.dedup();
    }
    (values.len() <= 2 * REQUIRED_VALUES_MAX).then_some(values)
}

/// The clause of a leaf with these witnesses.
pub(crate) fn clause(witnesses: &Witnesses, projection: &Projection) -> Option<Clause> {
    let documented = |types: &[Type]| as_documented(witnesses.slot, projection, types);
    let text = documented(&[Type::Keyword, Type::Dynamic]);
    let long = documented(&[Type::Long, Type::Dynamic]);
    let values = witnesses.any_of.iter().map(|witness| match witness {
        Witness::Whole { text: whole, any_case } if text => {
            required_text(std::slice::from_ref(whole), *any_case)
        }
        Witness::Parts { texts, any_case } if text => required_text(texts, *any_case),
        Witness::Long(number) if long => Some(RequiredValue::Long(*number)),
        Witness::Whole { .. } | Witness::Parts { .. } | Witness::Long(_) | Witness::Ip(_) => None,
    });
    Clause::new(values.collect::<Option<_>>()?)
}

/// The longest run of plain characters in texts that one value holds.
fn required_text(texts: &[String], any_case: bool) -> Option<RequiredValue> {
    if texts.iter().all(|text| may_be_no_text(text)) {
        return None;
    }
    let runs = texts.iter().flat_map(|text| text.split(|c| !is_plain(c)));
    let longest = runs.max_by_key(|run| run.len()).filter(|run| REQUIRED_BYTES_MIN <= run.len())?;
    Some(RequiredValue::Text { text: longest.to_owned(), any_case })
}

/// Whether documents could write a value with this text as a number, `true` or `false` instead of text.
fn may_be_no_text(text: &str) -> bool {
    let numeric =
        text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    let lower = text.to_ascii_lowercase();
    numeric || "true".contains(&lower) || "false".contains(&lower)
}

/// Whether all JSON writers write the character as it is. RFC 8259 section 7 lets a writer escape anything; beside
/// what must be escaped, those in use escape `/`, what is not ASCII, and what has a meaning in HTML or in scripts.
fn is_plain(c: char) -> bool {
    let escaped = matches!(c, '"' | '\\' | '/' | '<' | '>' | '&' | '\'' | '=' | '+' | '`');
    (c == ' ' || c.is_ascii_graphic()) && !escaped
}

impl Clause {
    fn new(mut values: Vec<RequiredValue>) -> Option<Clause> {
        values.sort_unstable();
        values.dedup();
        (!values.is_empty() && values.len() <= REQUIRED_VALUES_MAX).then_some(Clause(values))
    }

    /// How rare the commonest of the values is guessed to be; of equals, the clause with fewer values is the rarer.
    fn rarity(&self) -> (Rarity, Reverse<usize>) {
        (self.0.iter().map(rarity).min().unwrap_or_default(), Reverse(self.0.len()))
    }
}

/// Whether a value is none of the common ones, then how long it is.
type Rarity = (bool, usize);

fn rarity(value: &RequiredValue) -> Rarity {
    /// A number is looked for in several spellings, so a text of this length is taken before any number.
    const NUMBER_MOST: usize = 6;
    match value {
        RequiredValue::Text { text, .. } => (!is_common(text), text.len()),
        RequiredValue::Long(number) => {
            (true, number.unsigned_abs().to_string().len().min(NUMBER_MOST))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(texts: &[&str], expected: Option<&str>) {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let found = required_text(&texts, false);
        let expected =
            expected.map(|text| RequiredValue::Text { text: text.to_owned(), any_case: false });
        assert_eq!(found, expected, "{texts:?}");
    }

    #[test]
    fn a_text_is_cut_to_what_every_writer_writes_as_it_is() {
        check(&["mosquitto_pub"], Some("mosquitto_pub"));
        check(&["C:\\Windows\\System32"], Some("System32"));
        check(&["/tmp/x"], Some("tmp"));
        check(&["a/b/cd"], None);
        check(&["naïve", "été"], None);
        check(&["größer", "a b"], Some("a b"));
        check(&["<script>", "a=b+c"], Some("script"));
        check(&["tab\tlets\u{7f}"], Some("lets"));
    }

    #[test]
    fn a_text_that_may_be_a_number_or_a_flag_is_not_looked_for() {
        for text in ["1883", "-1.5e10", "true", "False", "rue", ""] {
            check(&[text], None);
        }
        check(&["1883", "x"], Some("1883"));
        check(&["10.0.0.1:1883"], Some("10.0.0.1:1883"));
    }
}
