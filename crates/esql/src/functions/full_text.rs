//! `MATCH`, `:` and `MATCH_PHRASE`: does any value of a column match what is searched for?

use brokerwatch_ecs::{Timestamp, date};
use brokerwatch_expr::pattern::cidr::Cidr;
use brokerwatch_expr::{Diagnostic, Span};

use super::address_blocks::block;
use super::{Arg, Body, Call, lists};
use crate::ast::{Constant as Written, Map, MapValue};
use crate::call::fold;
use crate::codes;
use crate::planner::conversion;
use crate::types::DataType;
use crate::value::{Constant, Value};

/// What is searched for in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Search {
    /// One of the words, or each of them.
    Words,
    /// The words, one behind the other.
    Phrase,
}

/// The condition on the values of a column of type `ty`. Text matches where a word of the query is a word of it, or where
/// it has them all in their order; all other types where a value is equal to the query as a value of that type, a date
/// with fewer parts and a block of addresses where a value is in it.
///
/// Of the options, `operator`, `fuzziness` and `lenient` have a meaning here.
pub(crate) fn full_text(
    ty: DataType,
    query: &Constant,
    search: Search,
    options: Option<&Map>,
    span: Span,
) -> Result<Body, Diagnostic> {
    let options = Options::read(options, span)?;
    if ty == DataType::Null {
        return lists(|_, _, out| {
            out.push(Value::Boolean(false));
            Ok(())
        });
    }
    if ty == DataType::Text {
        let wanted: Vec<String> = query.as_str().map(words).unwrap_or_default();
        return lists(move |args, _, out| {
            let found = args[0].iter().any(|value| {
                let own = value.as_str().map(words).unwrap_or_default();
                let has = |word: &String| own.iter().any(|one| options.equal(one, word));
                match search {
                    Search::Phrase => own.windows(wanted.len().max(1)).any(|run| run == wanted),
                    Search::Words if options.all => wanted.iter().all(has),
                    Search::Words => wanted.iter().any(has),
                }
            });
            out.push(Value::Boolean(found && !wanted.is_empty()));
            Ok(())
        });
    }
    if let Some(part) = Part::read(ty, query) {
        return lists(move |args, _, out| {
            out.push(Value::Boolean(args[0].iter().any(|value| part.holds(*value))));
            Ok(())
        });
    }
    let wanted = converted(ty, query, options.lenient, span)?;
    lists(move |args, _, out| {
        let equals = |value: &Value<'_>| match (&wanted, value.as_str()) {
            (Some(wanted), Some(text)) if options.edits.is_some() => {
                wanted.as_str().is_some_and(|word| options.equal(text, word))
            }
            (Some(wanted), _) => wanted.single().is_some_and(|wanted| {
                wanted.compare(value, ty).is_some_and(std::cmp::Ordering::is_eq)
            }),
            (None, _) => false,
        };
        out.push(Value::Boolean(args[0].iter().any(equals)));
        Ok(())
    })
}

/// A text that stands for many values: a day for its moments, a block for its addresses.
#[derive(Debug, Clone, Copy)]
enum Part {
    Moments(date::Span),
    Block(Cidr),
}

impl Part {
    /// Reads such a text for a column of type `ty`; none where it stands for one value, or for none.
    fn read(ty: DataType, query: &Constant) -> Option<Part> {
        let text = query.as_str()?;
        match ty {
            DataType::Date | DataType::DateNanos => date::parse(text).map(Part::Moments),
            DataType::Ip if text.contains('/') => block(text).ok().map(Part::Block),
            _ => None,
        }
    }

    fn holds(self, value: Value<'_>) -> bool {
        let within = |moment: Option<Timestamp>, span: date::Span| {
            moment.is_some_and(|moment| span.from <= moment && moment <= span.to)
        };
        match (self, value) {
            (Part::Moments(span), Value::Date(millis)) => within(date::from_millis(millis), span),
            (Part::Moments(span), Value::DateNanos(nanos)) => within(date::from_nanos(nanos), span),
            (Part::Block(block), Value::Ip(address)) => block.contains(address),
            _ => false,
        }
    }
}

/// The query as a value of the column's type; none where it is none and that is no error.
fn converted(
    ty: DataType,
    query: &Constant,
    lenient: bool,
    span: Span,
) -> Result<Option<Constant>, Diagnostic> {
    let same = query.ty == ty || (query.ty.is_number() && ty.is_number());
    if same || (query.ty.is_text() && ty.is_text()) {
        return Ok(Some(query.clone()));
    }
    let function = conversion(ty).and_then(super::by_name);
    let Some(function) = function else { return Ok(None) };
    let args = [Arg { ty: query.ty, constant: Some(query.clone()), span }];
    let (constant, failures) = fold(
        function,
        &Call { args: &args, returns: ty, options: None, span, zone: crate::functions::Zone::UTC },
    )?;
    if failures.is_empty() || lenient {
        return Ok(failures.is_empty().then_some(constant));
    }
    let message = format!("what is searched for is no {}", ty.error_name());
    Err(Diagnostic::error(codes::LITERAL, span, message)
        .help("write a value of the column's type, or the option `lenient`"))
}

/// The words of a text as the standard analyser takes them: letters and digits, in lower case.
fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// What the options of a search say.
#[derive(Debug, Clone, Copy, Default)]
struct Options {
    all: bool,
    lenient: bool,
    edits: Option<Edits>,
}

#[derive(Debug, Clone, Copy)]
enum Edits {
    /// By the length of the word: none up to 2 characters, one up to 5, two beyond.
    Auto,
    Most(usize),
}

impl Options {
    fn read(map: Option<&Map>, span: Span) -> Result<Options, Diagnostic> {
        let mut options = Options::default();
        for entry in map.iter().flat_map(|map| &map.entries) {
            let text = match &entry.value {
                MapValue::Constant(Written::Text(text)) => text.to_ascii_uppercase(),
                MapValue::Constant(Written::Integer(number)) => number.to_string(),
                MapValue::Constant(Written::Boolean(flag)) => flag.to_string().to_ascii_uppercase(),
                _ => String::new(),
            };
            match (entry.key.as_str(), text.as_str()) {
                ("operator", "AND") => options.all = true,
                ("operator", "OR") => {}
                ("lenient", flag @ ("TRUE" | "FALSE")) => options.lenient = flag == "TRUE",
                ("fuzziness", "AUTO") => options.edits = Some(Edits::Auto),
                ("fuzziness", count @ ("0" | "1" | "2")) => {
                    options.edits = Some(Edits::Most(count.parse().unwrap_or_default()));
                }
                // These change how results are scored or how words are found in an index.
                (
                    "analyzer"
                    | "boost"
                    | "max_expansions"
                    | "prefix_length"
                    | "fuzzy_rewrite"
                    | "fuzzy_transpositions"
                    | "auto_generate_synonyms_phrase_query"
                    | "zero_terms_query"
                    | "minimum_should_match",
                    _,
                ) => {}
                (key, _) => {
                    let message = format!("`MATCH` has no option `{key}` with such a value");
                    return Err(Diagnostic::error(codes::OPTION, span, message)
                        .help("`operator`, `fuzziness` and `lenient` are known"));
                }
            }
        }
        Ok(options)
    }

    /// Whether two words are the same, up to the edits that are allowed.
    fn equal(self, own: &str, wanted: &str) -> bool {
        let most = match self.edits {
            None => return own == wanted,
            Some(Edits::Most(most)) => most,
            Some(Edits::Auto) => match wanted.chars().count() {
                0..=2 => 0,
                3..=5 => 1,
                _ => 2,
            },
        };
        distance(own, wanted, most) <= most
    }
}

/// How many letters have to be put in, taken out, changed or swapped; `most + 1` for anything beyond `most`.
fn distance(a: &str, b: &str, most: usize) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if most < a.len().abs_diff(b.len()) {
        return most + 1;
    }
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i.max(j)
            } else {
                let changed = usize::from(a[i - 1] != b[j - 1]);
                let mut least =
                    (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + changed);
                if 1 < i && 1 < j && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    least = least.min(rows[i - 2][j - 2] + 1);
                }
                least
            };
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        for (a, b, edits) in
            [("same", "same", 0), ("mqtt", "mqt", 1), ("abcd", "abdc", 1), ("abc", "xyz", 3)]
        {
            assert_eq!(distance(a, b, 5), edits, "{a} {b}");
        }
        assert_eq!(distance("a", "abcdefgh", 2), 3);
    }

    #[test]
    fn words_are_letters_and_digits() {
        assert_eq!(words("Tech Lead, v2 (MQTT)"), ["tech", "lead", "v2", "mqtt"]);
    }
}
