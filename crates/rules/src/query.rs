//! The query inside the file: where it stands, and how a finding in it is shown in the file.

use brokerwatch_expr::{Diagnostic, Span, line_column};

use crate::{Rule, RuleKind};

/// The place of a TOML string's content, if the file holds it byte for byte.
///
/// `value` is the string with its quotes and `content` what TOML makes of it. They are compared rather than the
/// escapes counted: equality is the proof.
pub(crate) fn verbatim(file: &str, value: Span, content: &str) -> Option<Span> {
    let written = file.get(value.range())?;
    let quotes =
        ["'''", "\"\"\"", "'", "\""].into_iter().find(|quotes| written.starts_with(quotes))?;
    let inner = written.strip_prefix(quotes)?.strip_suffix(quotes)?;
    // A line break right after the opening quotes is no part of the text.
    let trimmed = match quotes.len() {
        3 => inner.strip_prefix("\r\n").or(inner.strip_prefix('\n')).unwrap_or(inner),
        _ => inner,
    };
    let start = value.start as usize + quotes.len() + (inner.len() - trimmed.len());
    (trimmed == content).then(|| Span::new(start..start + content.len()))
}

/// A finding in `query`, told against the file that holds it.
pub(crate) fn in_file(
    diagnostic: Diagnostic,
    query: &str,
    verbatim: Option<Span>,
    value: Span,
) -> Diagnostic {
    match verbatim {
        Some(place) => diagnostic.shifted(place.start as usize),
        None => against_query(diagnostic, query, value),
    }
}

/// With escapes between file and query there is no honest place in the file but the whole value.
fn against_query(mut diagnostic: Diagnostic, query: &str, value: Span) -> Diagnostic {
    let (line, column) = line_column(query, diagnostic.span().start as usize);
    diagnostic.message =
        format!("{} (line {line}, column {column} of the query)", diagnostic.message);
    let remark =
        "the query is written with escapes, so its places are counted in the text that TOML reads";
    diagnostic.labels = vec![(value, remark.to_owned())];
    diagnostic
}

impl Rule {
    /// A finding in the query, such as an unknown field, told against the rule file.
    pub fn in_file(&self, diagnostic: Diagnostic) -> Diagnostic {
        in_file(diagnostic, &self.query_text, self.query_span_in_file, self.query_value_span)
    }

    /// A finding in the `threat_query`, told against the rule file.
    pub fn threat_query_in_file(&self, diagnostic: Diagnostic) -> Diagnostic {
        let RuleKind::ThreatMatch(threat) = &self.kind else { return self.in_file(diagnostic) };
        let query = threat.query.as_deref().unwrap_or_default();
        in_file(diagnostic, query, threat.query_span_in_file, threat.query_value_span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, content: &str, expected: Option<&str>) {
        let file = format!("query = {value}\n");
        let span = Span::new(8..8 + value.len());
        let found = verbatim(&file, span, content).map(|span| &file[span.range()]);
        assert_eq!(found, expected);
        assert!(found.is_none_or(|found| found == content));
    }

    #[test]
    fn a_text_without_escapes_has_a_place() {
        check("'any where true'", "any where true", Some("any where true"));
        check("\"any where true\"", "any where true", Some("any where true"));
        check("'''\nany where true\n'''", "any where true\n", Some("any where true\n"));
        check("'''\r\nany'''", "any", Some("any"));
        check("\"\"\"any\n  where true\"\"\"", "any\n  where true", Some("any\n  where true"));
        check("''", "", Some(""));
    }

    #[test]
    fn a_text_with_escapes_has_none() {
        check(r#""any where a == \"b\"""#, r#"any where a == "b""#, None);
        check("\"\"\"any \\\n  where true\"\"\"", "any where true", None);
    }

    #[test]
    fn a_finding_in_an_escaped_query_says_so() {
        let found = Diagnostic::error("EQL010", Span::new(5..6), "wrong");
        let told = in_file(found, "any\nx y", None, Span::new(40..60));
        assert_eq!(told.message, "wrong (line 2, column 2 of the query)");
        assert_eq!(told.span(), Span::new(40..60));
    }
}
