//! Writes `docs/reference/diagnostics.md` from the codes of the crates.

use std::fmt::Write as _;

use anyhow::Result;

use super::GENERATED;

/// A code, what it means, and the way out.
type Code = (&'static str, &'static str, &'static str);

/// The families of codes, each with what its codes are about.
static FAMILIES: &[(&str, &[Code])] = &[
    ("Queries", brokerwatch_eql::codes::ALL),
    ("Queries in ES|QL", brokerwatch_esql::codes::ALL),
    ("Queries in KQL and Lucene", brokerwatch_kql::codes::ALL),
    ("Constants in queries", brokerwatch_expr::codes::ALL),
    ("Rule files", brokerwatch_rules::codes::ALL),
    ("Checks of rules", brokerwatch_rules::checks::codes::ALL),
    ("Lists", brokerwatch_rules::lists::codes::ALL),
];

/// The text of the page.
pub(crate) fn page() -> Result<String> {
    let mut out = format!("# Diagnostics\n\n{GENERATED}\n{INTRODUCTION}");
    for (family, codes) in FAMILIES {
        writeln!(out, "\n## {family}")?;
        for (code, meaning, way_out) in *codes {
            let (meaning, way_out) = (sentence(meaning), sentence(way_out));
            write!(out, "\n### {code}\n\n{meaning}\n\n**Way out:** {way_out}\n")?;
        }
    }
    Ok(out)
}

const INTRODUCTION: &str = "\
Whatever is wrong with a query or a rule file is reported at its place, all of it at once.
Each finding has a code, which means one thing for ever, and most say what to do.
This page has the meaning of each code; the message has the details of the case.
";

/// The words as a sentence: a capital at the front, unless code stands there, and a full stop.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_families_share_a_code() {
        let codes: Vec<_> =
            FAMILIES.iter().flat_map(|(_, codes)| codes.iter().map(|(code, ..)| code)).collect();
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
    }

    #[test]
    fn words_become_sentences() {
        assert_eq!(sentence("use `head` or `tail`"), "Use `head` or `tail`.");
        assert_eq!(sentence("`by` after `with`"), "`by` after `with`.");
    }
}
