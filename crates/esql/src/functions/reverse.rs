//! `REVERSE`: a text backwards.

use unicode_segmentation::UnicodeSegmentation;

use super::characters::new_text;
use super::{Example, Function, Lists, Returns, param};
use crate::types::{DataType, TEXT};

pub(crate) const FUNCTION: Function = Function {
    name: "REVERSE",
    aliases: &[],
    doc: "The text backwards. What is read as one character, such as a letter with its accents, stays whole.",
    params: &[param("string", TEXT)],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::Single,
    examples: &[
        Example { query: r#"ROW a = REVERSE("exe.dmc")"#, result: "cmd.exe" },
        Example { query: r#"ROW a = REVERSE("a👩‍💻b")"#, result: "b👩‍💻a" },
    ],
    compile: |_| {
        new_text(|text| {
            // The graphemes of ASCII are its characters, save for a line end of two, which Elasticsearch turns around
            // as well.
            Ok(if text.is_ascii() {
                text.chars().rev().collect()
            } else {
                text.graphemes(true).rev().collect()
            })
        })
    },
};

#[cfg(test)]
mod tests {
    use crate::functions::testing::{call, text};
    use crate::types::DataType;
    use crate::value::Scalar;

    #[test]
    fn graphemes_stay_whole() {
        for (subject, expected) in [
            ("", ""),
            ("a\r\nb", "b\n\ra"),
            ("ab€", "€ba"),
            ("ne\u{301}x", "xe\u{301}n"),
            ("🇩🇪🇫🇷", "🇫🇷🇩🇪"),
            ("👍🏽!", "!👍🏽"),
        ] {
            let expected = (vec![Scalar::Text(expected.into())], vec![]);
            assert_eq!(call("REVERSE", &[text(subject)], DataType::Keyword), expected);
        }
    }
}
