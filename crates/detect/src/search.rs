//! Rules in KQL and Lucene: what an event must meet to be looked at.

use brokerwatch_ecs::{Schema, Timestamp};
use brokerwatch_expr::lift::{self, Condition};
use brokerwatch_expr::{Diagnostic, Span};
use brokerwatch_kql::Options;
use brokerwatch_kql::ast::{Clause, Kind, Language, Query};
use brokerwatch_rules::{Data, Rule};

use crate::filters;

/// The condition of a rule's query, or why it does not run.
///
/// What `now` is in it, nobody says: an event is looked at when it happened, not when somebody scans.
pub(crate) fn condition(
    rule: &Rule,
    schema: &Schema,
) -> Result<Result<Condition, &'static str>, Vec<Diagnostic>> {
    let Some(query) = &rule.search else {
        return Ok(Err("saved queries that Kibana keeps do not run"));
    };
    with_filters(query, rule.other.get("filters"), schema, None)
}

/// What the filters beside a query in EQL ask of each event that it looks at, or why the rule does not run; `None` if
/// there are none.
pub(crate) fn filters(
    rule: &Rule,
    schema: &Schema,
) -> Result<Result<Option<Condition>, &'static str>, Vec<Diagnostic>> {
    let Some(filters) = rule.other.get("filters") else { return Ok(Ok(None)) };
    let clause = Clause { kind: Kind::All, span: Span::default() };
    let everything = Query { language: Language::Kuery, clause };
    Ok(with_filters(&everything, Some(filters), schema, None)?.map(Some))
}

/// What a query and the filters beside it ask of a document.
pub(crate) fn with_filters(
    query: &Query,
    filters: Option<&Data>,
    schema: &Schema,
    now: Option<Timestamp>,
) -> Result<Result<Condition, &'static str>, Vec<Diagnostic>> {
    let Some(clause) = filters::clause(&query.clause, filters) else {
        return Ok(Err(filters::TOO_COMPLEX));
    };
    let query = Query { language: query.language, clause };
    let lowered = brokerwatch_kql::lower(&query, schema, &Options { now, ..Options::default() })?;
    Ok(Ok(lift::eql(&lowered.condition)))
}
