//! Kibana's filters beside a query: the simple ones as conditions.
//!
//! A filter is a piece of Elasticsearch's query language with some notes. What is understood here is what filters of
//! rules are made of: values, lists of values, patterns, ranges, presence, and these joined. Of anything else nothing is
//! guessed: a rule that has it does not run.

use brokerwatch_kql::ast::{Bound, Clause, Kind, Piece, Term, Test};
use brokerwatch_rules::Data;

use crate::limits::FILTER_DEPTH_MAX;

/// What a rule with other filters is told of.
pub(crate) const TOO_COMPLEX: &str =
    "`filters` that are more than values, ranges and patterns of fields do not run";

/// What one filter asks of a document.
#[derive(Debug)]
pub(crate) struct Filter {
    /// The condition.
    pub(crate) clause: Clause,
    /// Whether its texts are compared without regard to case.
    pub(crate) any_case: bool,
}

/// What filters ask of a document, those that ask something; `None` if one is not understood.
pub(crate) fn filters(filters: Option<&Data>) -> Option<Vec<Filter>> {
    let filters = match filters {
        None => return Some(Vec::new()),
        Some(Data::List(filters)) => filters,
        Some(_) => return None,
    };
    let mut asked = Vec::new();
    for filter in filters {
        let mut cases = Cases::default();
        let clause = of_filter(filter, &mut cases)?;
        if clause.kind != Kind::All {
            asked.push(Filter { clause, any_case: cases.any? });
        }
    }
    Some(asked)
}

/// How the texts of a filter are compared.
struct Cases {
    /// Whether case does not count; none where it counts for some texts and not for others.
    any: Option<bool>,
    /// Whether there was a text.
    settled: bool,
}

impl Default for Cases {
    fn default() -> Cases {
        Cases { any: Some(false), settled: false }
    }
}

impl Cases {
    fn add(&mut self, any_case: bool) {
        self.any = self.any.filter(|any| !self.settled || *any == any_case).map(|_| any_case);
        self.settled = true;
    }
}

/// A filter; everything if it is switched off or asks nothing.
fn of_filter(filter: &Data, cases: &mut Cases) -> Option<Clause> {
    let Data::Table(table) = filter else { return None };
    let note = |key: &str| match table.get("meta") {
        Some(Data::Table(meta)) => meta.get(key) == Some(&Data::Boolean(true)),
        _ => false,
    };
    if note("disabled") {
        return Some(clause_of(Kind::All));
    }
    let query = match table.get("query") {
        Some(query) => of_query(query, 0, cases)?,
        None => {
            // Older filters have the query beside their notes.
            let mut own = table.iter().filter(|(key, _)| *key != "meta" && !key.starts_with('$'));
            match (own.next(), own.next()) {
                (None, _) => return Some(clause_of(Kind::All)),
                (Some((kind, body)), None) => of_kind(kind, body, 0, cases)?,
                _ => return None,
            }
        }
    };
    Some(if note("negate") { not(query) } else { query })
}

/// `{"kind": body}`
fn of_query(query: &Data, depth: usize, cases: &mut Cases) -> Option<Clause> {
    let (kind, body) = only(query)?;
    of_kind(kind, body, depth, cases)
}

fn of_kind(kind: &str, body: &Data, depth: usize, cases: &mut Cases) -> Option<Clause> {
    if FILTER_DEPTH_MAX <= depth {
        return None;
    }
    match kind {
        "match_all" => Some(clause_of(Kind::All)),
        "match_phrase" | "match" => {
            let (field, value) = only(body)?;
            cases.add(false);
            Some(test(field, Test::Is(value_of(plain(value, "query")?)?)))
        }
        "term" => {
            let (field, value) = only(body)?;
            Some(test(field, Test::Is(value_of(cased(value, &["value"], cases)?)?)))
        }
        "terms" => {
            let (field, values) = only(body)?;
            let Data::List(values) = values else { return None };
            cases.add(false);
            let tests = values.iter().map(|value| Some(test(field, Test::Is(value_of(value)?))));
            Some(any(tests.collect::<Option<_>>()?))
        }
        "wildcard" => {
            let (field, value) = only(body)?;
            let value = cased(value, &["value", "wildcard"], cases)?;
            let Data::Text(pattern) = value else { return None };
            Some(test(field, Test::Is(pattern_of(pattern))))
        }
        "prefix" => {
            let (field, value) = only(body)?;
            let Data::Text(text) = cased(value, &["value"], cases)? else { return None };
            Some(test(field, Test::Is(term(vec![Piece::Text(text.clone()), Piece::Any], false))))
        }
        "exists" => match body {
            Data::Table(table) => match table.get("field")? {
                Data::Text(field) => Some(test(field, Test::Exists)),
                _ => None,
            },
            _ => None,
        },
        "range" => range(body),
        "bool" => of_bool(body, depth, cases),
        _ => None,
    }
}

fn range(body: &Data) -> Option<Clause> {
    let (field, Data::Table(ends)) = only(body)? else { return None };
    let (mut lower, mut upper) = (None, None);
    for (key, value) in ends {
        let (end, inclusive) = match key.as_str() {
            "gte" | "from" => (&mut lower, true),
            "gt" => (&mut lower, false),
            "lte" | "to" => (&mut upper, true),
            "lt" => (&mut upper, false),
            "format" | "time_zone" | "boost" => continue,
            _ => return None,
        };
        *end = Some(Bound { term: value_of(value)?, inclusive });
    }
    (lower.is_some() || upper.is_some()).then(|| test(field, Test::Range { lower, upper }))
}

fn of_bool(body: &Data, depth: usize, cases: &mut Cases) -> Option<Clause> {
    let Data::Table(table) = body else { return None };
    let mut each = |key: &str| -> Option<Vec<Clause>> {
        match table.get(key) {
            None => Some(Vec::new()),
            Some(Data::List(queries)) => {
                queries.iter().map(|query| of_query(query, depth + 1, cases)).collect()
            }
            Some(query) => Some(vec![of_query(query, depth + 1, cases)?]),
        }
    };
    let known = ["must", "filter", "should", "must_not", "minimum_should_match"];
    if table.keys().any(|key| !known.contains(&key.as_str())) {
        return None;
    }
    let mut parts = each("must")?;
    parts.extend(each("filter")?);
    let options = each("should")?;
    let wanted = match table.get("minimum_should_match") {
        None => i64::from(parts.is_empty()),
        Some(Data::Integer(least)) => *least,
        Some(_) => return None,
    };
    match (wanted, options.is_empty()) {
        (0, _) | (1, true) => {}
        (1, false) => parts.push(any(options)),
        _ => return None,
    }
    parts.extend(each("must_not")?.into_iter().map(not));
    Some(all(parts))
}

/// The one entry of a table.
fn only(data: &Data) -> Option<(&str, &Data)> {
    let Data::Table(table) = data else { return None };
    let (key, value) = table.first_key_value()?;
    (table.len() == 1).then_some((key.as_str(), value))
}

/// A value, or the value under a key of a table with nothing else in it.
fn plain<'d>(data: &'d Data, key: &str) -> Option<&'d Data> {
    match data {
        Data::Table(_) => only(data).filter(|(own, _)| *own == key).map(|(_, value)| value),
        _ => Some(data),
    }
}

/// A value, or the one under one of the keys of a table that says besides whether case counts.
fn cased<'d>(data: &'d Data, keys: &[&str], cases: &mut Cases) -> Option<&'d Data> {
    let Data::Table(table) = data else {
        cases.add(false);
        return Some(data);
    };
    let any_case = match table.get("case_insensitive") {
        None => false,
        Some(Data::Boolean(any_case)) => *any_case,
        Some(_) => return None,
    };
    cases.add(any_case);
    let mut own = table.iter().filter(|(key, _)| *key != "case_insensitive");
    let (key, value) = own.next()?;
    (own.next().is_none() && keys.contains(&key.as_str())).then_some(value)
}

/// A value that stands for itself.
fn value_of(data: &Data) -> Option<Term> {
    let text = match data {
        Data::Text(text) => text.clone(),
        Data::Integer(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        Data::Boolean(flag) => flag.to_string(),
        Data::List(_) | Data::Table(_) => return None,
    };
    Some(term(vec![Piece::Text(text)], true))
}

/// A pattern, in which a backslash takes the meaning from the character after it.
fn pattern_of(pattern: &str) -> Term {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        let literal = match character {
            '*' if pieces.last() == Some(&Piece::Any) => continue,
            '*' => {
                pieces.push(Piece::Any);
                continue;
            }
            '?' => {
                pieces.push(Piece::One);
                continue;
            }
            '\\' => characters.next().unwrap_or('\\'),
            other => other,
        };
        match pieces.last_mut() {
            Some(Piece::Text(text)) => text.push(literal),
            _ => pieces.push(Piece::Text(literal.into())),
        }
    }
    term(pieces, false)
}

fn term(mut pieces: Vec<Piece>, quoted: bool) -> Term {
    pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
    Term { pieces, quoted, span: brokerwatch_expr::Span::default() }
}

fn test(field: &str, test: Test) -> Clause {
    clause_of(Kind::Test(Some(term(vec![Piece::Text(field.to_owned())], false)), test))
}

fn not(clause: Clause) -> Clause {
    clause_of(Kind::Not(Box::new(clause)))
}

/// All of the parts; everything if there are none.
fn all(mut parts: Vec<Clause>) -> Clause {
    match parts.len() {
        0 => clause_of(Kind::All),
        1 => parts.swap_remove(0),
        _ => clause_of(Kind::And(parts)),
    }
}

/// Any of the parts; nothing if there are none.
fn any(mut parts: Vec<Clause>) -> Clause {
    match parts.len() {
        0 => not(clause_of(Kind::All)),
        1 => parts.swap_remove(0),
        _ => clause_of(Kind::Or(parts)),
    }
}

fn clause_of(kind: Kind) -> Clause {
    Clause { kind, span: brokerwatch_expr::Span::default() }
}

#[cfg(test)]
mod tests {
    use brokerwatch_rules::load;

    use super::*;

    /// The query `a: 1` with these filters, as KQL.
    fn shown(written: &str) -> Option<String> {
        let text = format!(
            "[metadata]\ncreation_date = \"2026/01/02\"\nupdated_date = \"2026/01/02\"\n[rule]\nauthor = [\"a\"]\n\
             description = \"d\"\nname = \"n\"\nrisk_score = 1\nrule_id = \"6f6a2f0e-7c1e-4d35-9a58-0f2b8a1c71d5\"\n\
             severity = \"low\"\ntype = \"query\"\nlanguage = \"kuery\"\nquery = \"a: 1\"\n{written}"
        );
        let rule = load("a.toml", &text).unwrap_or_else(|found| panic!("{found:?}"));
        let mut query = rule.search.clone().unwrap();
        let asked = filters(rule.other.get("filters"))?;
        let any_case = asked.iter().any(|filter| filter.any_case);
        let clauses = asked.into_iter().map(|filter| filter.clause);
        query.clause = all(std::iter::once(query.clause).chain(clauses).collect());
        let case = if any_case { " (any case)" } else { "" };
        Some(brokerwatch_kql::format(&query) + case)
    }

    #[track_caller]
    fn check(filter: &str, expected: Option<&str>) {
        assert_eq!(shown(&format!("[[rule.filters]]\n{filter}")).as_deref(), expected, "{filter}");
    }

    #[test]
    fn simple_filters_are_conditions() {
        assert_eq!(shown("").as_deref(), Some("a: 1"));
        check("query.match_phrase.'event.kind' = 'alert'", Some("a: 1 and event.kind: \"alert\""));
        check("query.match_phrase.b.query = 7", Some("a: 1 and b: \"7\""));
        check("query.term.b.value = true", Some("a: 1 and b: \"true\""));
        check("query.terms.b = ['x', 'y']", Some("a: 1 and b: (\"x\" or \"y\")"));
        check("query.wildcard.b = 'x*'", Some("a: 1 and b: x*"));
        check("query.wildcard.b.value = 'x\\**'", Some("a: 1 and b: x\\**"));
        check("query.prefix.b.value = 'x*'", Some("a: 1 and b: x\\**"));
        check("exists.field = 'b'", Some("a: 1 and b: *"));
        check("query.range.b = { gte = 1, lt = 9 }", Some("a: 1 and (b >= \"1\" and b < \"9\")"));
    }

    #[test]
    fn texts_in_any_case() {
        let pattern = "query.wildcard.b = { value = 'x*', case_insensitive = true }";
        check(pattern, Some("a: 1 and b: x* (any case)"));
        let pattern = "query.wildcard.b = { wildcard = 'x*', case_insensitive = false }";
        check(pattern, Some("a: 1 and b: x*"));
        let either = "query.bool.should = [{ term.b = { value = 'x', case_insensitive = true } }, { exists.field = 'c' }]";
        check(either, Some("a: 1 and (b: \"x\" or c: *) (any case)"));
        let mixed = "query.bool.should = [{ term.b = { value = 'x', case_insensitive = true } }, { term.c = 'y' }]";
        check(mixed, None);
    }

    #[test]
    fn notes_turn_round_and_switch_off() {
        check("meta.negate = true\nquery.exists.field = 'b'", Some("a: 1 and not b: *"));
        check("meta.disabled = true\nquery.script.x = 1", Some("a: 1"));
        check("meta.disabled = false\n'$state'.store = 'appState'", Some("a: 1"));
    }

    #[test]
    fn joined_filters() {
        check(
            "query.bool = { should = [{ term.b = 1 }, { term.c = 2 }], must_not = [{ exists.field = 'd' }] }",
            Some("a: 1 and ((b: \"1\" or c: \"2\") and not d: *)"),
        );
        // Beside what must hold, what should changes nothing.
        check(
            "query.bool = { must = [{ term.b = 1 }], should = [{ term.c = 2 }] }",
            Some("a: 1 and b: \"1\""),
        );
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for filter in [
            "query.script.x = 1",
            "query.range.b.within = 1",
            "query.match_phrase.b = { query = 'x', slop = 2 }",
            "query.bool.should = [{ term.b = 1 }, { script.x = 1 }]",
            "query.bool = { should = [{ term.b = 1 }, { term.c = 1 }], minimum_should_match = 2 }",
        ] {
            check(filter, None);
        }
        let deep = (0..FILTER_DEPTH_MAX)
            .fold("{ term.b = 1 }".to_owned(), |inner, _| format!("{{ bool.must = [{inner}] }}"));
        check(&format!("query = {deep}"), None);
    }
}
