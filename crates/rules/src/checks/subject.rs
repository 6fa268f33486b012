//! A rule under check: what it says, and where in its file.

use brokerwatch_esql::ast::Statement;
use brokerwatch_expr::{Diagnostic, Span};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::esql_rows;
use crate::query::verbatim;
use crate::report::span_in;
use crate::{Rule, RuleKind};

/// A rule with the places of its keys.
pub(super) struct Subject<'r> {
    pub(super) rule: &'r Rule,
    document: Spanned<DeTable<'r>>,
    /// The query of a rule in ES|QL, or what is wrong with it.
    esql: Option<Result<Statement, Vec<Diagnostic>>>,
}

impl<'r> Subject<'r> {
    pub(super) fn new(rule: &'r Rule) -> Subject<'r> {
        let (document, _) = DeTable::parse_recoverable(&rule.text);
        let esql =
            matches!(rule.kind, RuleKind::Esql).then(|| brokerwatch_esql::parse(&rule.query_text));
        Subject { rule, document, esql }
    }

    /// The query of a rule in ES|QL that can be read.
    pub(super) fn esql(&self) -> Option<&Statement> {
        self.esql.as_ref()?.as_ref().ok()
    }

    /// What is wrong with the query of a rule in ES|QL.
    pub(super) fn esql_errors(&self) -> &[Diagnostic] {
        match &self.esql {
            Some(Err(errors)) => errors,
            _ => &[],
        }
    }

    /// Whether the file has the key `path`, such as `rule.from`.
    pub(super) fn has(&self, path: &str) -> bool {
        self.find(path).1
    }

    /// The place of a value such as `rule.tags.2`; of what is nearest around it where there is none.
    pub(super) fn span(&self, path: &str) -> Span {
        self.find(path).0
    }

    /// The place of a part of a text, such as a word of `rule.note`; of the whole where the file has it in other letters.
    pub(super) fn part(&self, path: &str, content: &str, part: std::ops::Range<usize>) -> Span {
        let whole = self.span(path);
        match verbatim(&self.rule.text, whole, content) {
            Some(place) => {
                let start = place.start as usize;
                Span::new(start + part.start..start + part.end)
            }
            None => whole,
        }
    }

    /// The indices that the rule reads: those of `index`, or of `FROM`.
    pub(super) fn indices(&self) -> Vec<String> {
        match self.esql() {
            Some(statement) => esql_rows::indices(&statement.query),
            None => self.rule.index.clone(),
        }
    }

    /// Where those stand.
    pub(super) fn indices_span(&self) -> Span {
        let key = if self.esql.is_some() { "rule.query" } else { "rule.index" };
        self.span(key)
    }

    /// The integrations whose indices the rule reads by name, such as `endpoint` of `logs-endpoint.events.*`.
    pub(super) fn packages(&self) -> Vec<String> {
        let mut packages: Vec<String> = Vec::new();
        for index in self.indices() {
            let package = index.strip_prefix("logs-").and_then(|rest| rest.split_once('.'));
            let Some((package, _)) = package else { continue };
            if !package.contains('*') && !packages.iter().any(|known| known == package) {
                packages.push(package.to_owned());
            }
        }
        packages
    }

    /// The last part of the path.
    pub(super) fn file_name(&self) -> &'r str {
        self.rule.path.rsplit(['/', '\\']).next().unwrap_or_default()
    }

    /// Whether a folder of the path has this name.
    pub(super) fn lies_in(&self, folder: &str) -> bool {
        let mut parts = self.rule.path.rsplit(['/', '\\']);
        parts.next();
        parts.any(|part| part == folder)
    }

    /// The nearest place, and whether it is that of the whole path.
    fn find(&self, path: &str) -> (Span, bool) {
        let text = &self.rule.text;
        let mut span = span_in(text, self.document.span());
        let mut table = Some(self.document.get_ref());
        let mut array = None;
        for step in path.split('.') {
            let next = match (table, array) {
                (Some(table), _) => table.get(step),
                (None, Some(array)) => {
                    let array: &toml::de::DeArray<'_> = array;
                    step.parse().ok().and_then(|i: usize| array.get(i))
                }
                (None, None) => None,
            };
            let Some(next) = next else { return (span, false) };
            span = span_in(text, next.span());
            (table, array) = match next.get_ref() {
                DeValue::Table(table) => (Some(table), None),
                DeValue::Array(array) => (None, Some(array)),
                _ => (None, None),
            };
        }
        (span, true)
    }
}
