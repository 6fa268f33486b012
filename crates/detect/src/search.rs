//! Rules in KQL and Lucene: what an event must meet to be looked at.

use brokerwatch_ecs::Schema;
use brokerwatch_expr::Diagnostic;
use brokerwatch_expr::lift::{self, Condition};
use brokerwatch_kql::Options;
use brokerwatch_rules::{Data, Rule};

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
    if rule.other.get("filters").is_some_and(has_filters) {
        return Ok(Err("`filters` beside a query do not run"));
    }
    let lowered = brokerwatch_kql::lower(query, schema, &Options::default())?;
    Ok(Ok(lift::eql(&lowered.condition)))
}

/// Whether a list of Kibana's filters holds one that is not switched off.
fn has_filters(filters: &Data) -> bool {
    let Data::List(filters) = filters else { return false };
    filters.iter().any(|filter| !is_off(filter))
}

fn is_off(filter: &Data) -> bool {
    let Data::Table(filter) = filter else { return false };
    let Some(Data::Table(meta)) = filter.get("meta") else { return false };
    meta.get("disabled") == Some(&Data::Boolean(true))
}
