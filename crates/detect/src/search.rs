//! Rules in KQL and Lucene: what an event must meet to be looked at.

use brokerwatch_ecs::{Schema, Timestamp};
use brokerwatch_expr::Diagnostic;
use brokerwatch_expr::lift::{self, Condition};

use brokerwatch_kql::Options;
use brokerwatch_kql::ast::{Language, Query};
use brokerwatch_rules::{Data, Rule};

use crate::filters::{self, Filter};

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

/// What the filters beside a query in EQL ask of each event that it looks at, or why the rule does not run; nothing is
/// asked where there are none.
pub(crate) fn filters(
    rule: &Rule,
    schema: &Schema,
) -> Result<Result<Option<Condition>, &'static str>, Vec<Diagnostic>> {
    match asked(rule.other.get("filters"), schema, None)? {
        Ok(asked) if asked.is_empty() => Ok(Ok(None)),
        Ok(asked) => Ok(Ok(Some(Condition::And(asked)))),
        Err(why) => Ok(Err(why)),
    }
}

/// What a query and the filters beside it ask of a document.
pub(crate) fn with_filters(
    query: &Query,
    filters: Option<&Data>,
    schema: &Schema,
    now: Option<Timestamp>,
) -> Result<Result<Condition, &'static str>, Vec<Diagnostic>> {
    let lowered = brokerwatch_kql::lower(query, schema, &Options { now, ..Options::default() })?;
    let own = lift::eql(&lowered.condition);
    match asked(filters, schema, now)? {
        Ok(asked) if asked.is_empty() => Ok(Ok(own)),
        Ok(asked) => Ok(Ok(Condition::And(std::iter::once(own).chain(asked).collect()))),
        Err(why) => Ok(Err(why)),
    }
}

/// The conditions of filters.
fn asked(
    written: Option<&Data>,
    schema: &Schema,
    now: Option<Timestamp>,
) -> Result<Result<Vec<Condition>, &'static str>, Vec<Diagnostic>> {
    let Some(filters) = filters::filters(written) else { return Ok(Err(filters::TOO_COMPLEX)) };
    let condition = |filter: Filter| {
        let query = Query { language: Language::Kuery, clause: filter.clause };
        let options = Options { now, case_insensitive: filter.any_case, ..Options::default() };
        let lowered = brokerwatch_kql::lower(&query, schema, &options)?;
        Ok(lift::eql(&lowered.condition))
    };
    filters.into_iter().map(condition).collect::<Result<_, _>>().map(Ok)
}
