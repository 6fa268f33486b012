//! Every small change of a rule: of its query, and of what it asks beside it.
//!
//! A query in ES|QL is changed elsewhere, because reading it is no matter of this crate; [`with_query`] takes the outcome.

use brokerwatch_expr::mutant::Mutant;
use brokerwatch_kql::ast::Language as Search;

use crate::{Rule, RuleKind};

/// The changed copies of a rule, those of its query first. A change of what stands beside the query has the place of the
/// whole query. What the changed query says may be no query of a rule; whoever runs it finds that out.
pub fn mutants(rule: &Rule) -> Vec<Mutant<Rule>> {
    let mut all = Vec::new();
    if let RuleKind::Eql { statement } = &rule.kind {
        for mutant in brokerwatch_eql::mutate::mutants(statement, &rule.query_text) {
            let text = brokerwatch_eql::format(&mutant.tree);
            push(&mut all, rule, mutant, &text);
        }
    }
    if let Some(search) = &rule.search {
        for mutant in brokerwatch_kql::mutate::mutants(search, &filled_fields(&rule.text)) {
            let text = brokerwatch_kql::format(&mutant.tree);
            push(&mut all, rule, mutant, &text);
        }
    }
    let span = brokerwatch_expr::Span::new(0..rule.query_text.len());
    let beside = beside(rule).into_iter();
    all.extend(beside.map(|(change, tree)| Mutant { span, change, tree }));
    all
}

fn push<T>(all: &mut Vec<Mutant<Rule>>, rule: &Rule, mutant: Mutant<T>, text: &str) {
    if let Some(tree) = with_query(rule, text) {
        all.push(Mutant { span: mutant.span, change: mutant.change, tree });
    }
}

/// The rule with another query; `None` if its language cannot read that. One in ES|QL is not read.
pub fn with_query(rule: &Rule, text: &str) -> Option<Rule> {
    let mut changed =
        Rule { query_text: text.to_owned(), query_span_in_file: None, ..rule.clone() };
    if let RuleKind::Eql { statement } = &mut changed.kind {
        *statement = brokerwatch_eql::parse(text).ok()?;
    }
    if let Some(search) = &mut changed.search {
        *search = match search.language {
            Search::Kuery => brokerwatch_kql::parse_kql(text).ok()?,
            Search::Lucene => brokerwatch_kql::parse_lucene(text).ok()?,
        };
    }
    Some(changed)
}

/// The fields whose values in a query of KQL come from a list: those of comments `# $Name.group fills FIELD`.
fn filled_fields(file: &str) -> Vec<String> {
    let comments = file.lines().filter_map(|line| line.trim().strip_prefix('#'));
    let fills = comments.filter_map(|comment| {
        let (list, field) = comment.trim().split_once(" fills ")?;
        list.starts_with('$').then(|| field.trim().to_owned())
    });
    fills.collect()
}

/// Changes of what a rule asks beside its query.
fn beside(rule: &Rule) -> Vec<(String, Rule)> {
    let mut all = Vec::new();
    let mut put =
        |change: String, kind: RuleKind| all.push((change, Rule { kind, ..rule.clone() }));
    match &rule.kind {
        RuleKind::Threshold(own) => {
            for value in [own.value.saturating_sub(1), own.value + 1].into_iter().filter(|n| 0 < *n)
            {
                let changed = crate::Threshold { value, ..own.clone() };
                put(format!("threshold {} as {value}", own.value), RuleKind::Threshold(changed));
            }
            for number in 0..own.fields.len() {
                let mut changed = own.clone();
                let field = changed.fields.remove(number);
                put(format!("threshold without `{field}`"), RuleKind::Threshold(changed));
            }
            for (number, each) in own.cardinality.iter().enumerate() {
                for value in [each.value.saturating_sub(1), each.value + 1] {
                    let mut changed = own.clone();
                    changed.cardinality[number].value = value;
                    let change =
                        format!("cardinality {} of `{}` as {value}", each.value, each.field);
                    put(change, RuleKind::Threshold(changed));
                }
            }
        }
        RuleKind::NewTerms(own) if 1 < own.fields.len() => {
            for number in 0..own.fields.len() {
                let mut changed = own.clone();
                let field = changed.fields.remove(number);
                put(format!("new terms without `{field}`"), RuleKind::NewTerms(changed));
            }
        }
        RuleKind::Eql { .. }
        | RuleKind::Esql
        | RuleKind::Query { .. }
        | RuleKind::NewTerms(_)
        | RuleKind::ThreatMatch(_)
        | RuleKind::MachineLearning(_) => {}
    }
    all
}
