//! `CATEGORIZE`: the kind of a message, by the words that do not change.
//!
//! Elasticsearch puts messages together whose words are mostly the same, by a dictionary and a distance. Here two
//! messages are of one kind exactly if all of their words are, those aside that have a digit or are parts of dates: so
//! the kind of a message follows from it alone, and the same message is of the same kind everywhere.

use brokerwatch_expr::Diagnostic;
use unicode_segmentation::UnicodeSegmentation as _;

use super::{Body, Call, Example, Function, Lists, Returns, param, single};
use crate::ast::{Constant, Entry, MapValue};
use crate::codes;
use crate::limits::CATEGORY_WORDS_MAX;
use crate::types::{DataType, TEXT};

pub(crate) const FUNCTION: Function = Function {
    name: "CATEGORIZE",
    aliases: &[],
    doc: "Behind `BY`: the kind of a message, as a pattern of its words without those that have a digit or are names of \
          days and months. With `{\"output_format\": \"tokens\"}` the words alone. A message without such words has none.",
    params: &[param("message", TEXT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Each,
    examples: &[
        Example {
            query: r#"ROW m = "Connected to 10.1.0.1" | STATS BY c = CATEGORIZE(m)"#,
            result: ".*?Connected.+?to.*?",
        },
        Example {
            query: r#"ROW m = "Mon Jan 5 client-7f01 lost broker.example" | STATS BY c = CATEGORIZE(m, {"output_format": "tokens"})"#,
            result: "client lost broker.example",
        },
        Example { query: r#"ROW m = "1883" | STATS BY c = CATEGORIZE(m)"#, result: "null" },
    ],
    compile,
};

/// Words of dates and their zones, which say nothing of a message.
const DATES: &[&str] = &[
    "Apr", "April", "Aug", "August", "Dec", "December", "Feb", "February", "Fri", "Friday", "GMT", "Jan", "January",
    "Jul", "July", "Jun", "June", "Mar", "March", "May", "Mon", "Monday", "Nov", "November", "Oct", "October", "Sat",
    "Saturday", "Sep", "September", "Sun", "Sunday", "Thu", "Thursday", "Tue", "Tuesday", "UTC", "Wed", "Wednesday",
];

fn compile(call: &Call<'_>) -> Result<Body, Diagnostic> {
    let mut tokens = false;
    for entry in call.options.map(|options| options.entries.as_slice()).unwrap_or_default() {
        tokens = is_of_tokens(entry)?;
    }
    single(move |args, arena| {
        let words = words(args[0].as_str().unwrap_or_default());
        if words.is_empty() {
            return Ok(None);
        }
        Ok(Some(arena.text(&if tokens { words.join(" ") } else { pattern(&words) })))
    })
}

/// Whether an option asks for words and not for a pattern.
fn is_of_tokens(entry: &Entry) -> Result<bool, Diagnostic> {
    if matches!(entry.key.as_str(), "analyzer" | "similarity_threshold") {
        let message = format!("`{}` means nothing here: messages of one kind have the same words", entry.key);
        return Err(Diagnostic::error(codes::NOT_IMPLEMENTED, entry.key_place.0, message)
            .help("leave the option out, or make the messages alike first: `REPLACE(message, ...)`"));
    }
    if entry.key != "output_format" {
        let message = format!("unknown option `{}` of `CATEGORIZE`", entry.key);
        return Err(Diagnostic::error(codes::ARGUMENT, entry.key_place.0, message)
            .help("the option that there is here is `output_format`"));
    }
    let named = match &entry.value {
        MapValue::Constant(Constant::Text(name)) => name.to_ascii_lowercase(),
        _ => String::new(),
    };
    match named.as_str() {
        "regex" => Ok(false),
        "tokens" => Ok(true),
        _ => {
            let message = "unknown value of the option `output_format`";
            Err(Diagnostic::error(codes::ARGUMENT, entry.value_place.0, message)
                .help("the values are \"regex\" and \"tokens\""))
        }
    }
}

/// The words of the first line with any letters that tell what kind of message it is.
fn words(message: &str) -> Vec<&str> {
    let line = message.lines().find(|line| line.chars().any(char::is_alphabetic));
    let tells = |word: &&str| {
        !word.chars().any(char::is_numeric) && DATES.binary_search(word).is_err()
    };
    line.unwrap_or_default().unicode_words().filter(tells).take(CATEGORY_WORDS_MAX).collect()
}

/// An expression that messages with these words match.
fn pattern(words: &[&str]) -> String {
    let mut pattern = String::from(".*?");
    for (at, word) in words.iter().enumerate() {
        if at != 0 {
            pattern.push_str(".+?");
        }
        for letter in word.chars() {
            // Of what stands within words, these mean something in an expression.
            if matches!(letter, '.') {
                pattern.push('\\');
            }
            pattern.push(letter);
        }
    }
    pattern.push_str(".*?");
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_with_the_same_words_are_of_one_kind() {
        assert!(DATES.is_sorted());
        for (message, expected) in [
            ("Connected to 10.1.0.1", ".*?Connected.+?to.*?"),
            ("Connected to 10.1.0.2:1883!", ".*?Connected.+?to.*?"),
            ("2026-01-01 12:00:00\nclient x1 lost", ".*?client.+?lost.*?"),
            ("no host broker.example", ".*?no.+?host.+?broker\\.example.*?"),
            ("", ".*?.*?"),
        ] {
            assert_eq!(pattern(&words(message)), expected, "{message}");
        }
    }

    #[test]
    fn a_long_message_has_its_first_words() {
        assert_eq!(words(&"word ".repeat(1_000)).len(), CATEGORY_WORDS_MAX);
    }
}
