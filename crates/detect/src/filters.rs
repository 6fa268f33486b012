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

/// What the filters ask of a document beside the query; `None` if one is not understood.
pub(crate) fn clause(query: &Clause, filters: Option<&Data>) -> Option<Clause> {
    let filters = match filters {
        None => return Some(query.clone()),
        Some(Data::List(filters)) => filters,
        Some(_) => return None,
    };
    let mut parts = vec![query.clone()];
    for filter in filters {
        let part = of_filter(filter)?;
        if part.kind != Kind::All {
            parts.push(part);
        }
    }
    Some(all(parts))
}

/// A filter; everything if it is switched off or asks nothing.
fn of_filter(filter: &Data) -> Option<Clause> {
    let Data::Table(table) = filter else { return None };
    let note = |key: &str| match table.get("meta") {
        Some(Data::Table(meta)) => meta.get(key) == Some(&Data::Boolean(true)),
        _ => false,
    };
    if note("disabled") {
        return Some(clause_of(Kind::All));
    }
    let query = match table.get("query") {
        Some(query) => of_query(query, 0)?,
        None => {
            // Older filters have the query beside their notes.
            let mut own = table.iter().filter(|(key, _)| *key != "meta" && !key.starts_with('$'));
            match (own.next(), own.next()) {
                (None, _) => return Some(clause_of(Kind::All)),
                (Some((kind, body)), None) => of_kind(kind, body, 0)?,
                _ => return None,
            }
        }
    };
    Some(if note("negate") { not(query) } else { query })
}

/// `{"kind": body}`
fn of_query(query: &Data, depth: usize) -> Option<Clause> {
    let (kind, body) = only(query)?;
    of_kind(kind, body, depth)
}

fn of_kind(kind: &str, body: &Data, depth: usize) -> Option<Clause> {
    if FILTER_DEPTH_MAX <= depth {
        return None;
    }
    match kind {
        "match_all" => Some(clause_of(Kind::All)),
        "match_phrase" | "term" | "match" => {
            let (field, value) = only(body)?;
            let key = if kind == "term" { "value" } else { "query" };
            Some(test(field, Test::Is(value_of(plain(value, key)?)?)))
        }
        "terms" => {
            let (field, values) = only(body)?;
            let Data::List(values) = values else { return None };
            let tests = values.iter().map(|value| Some(test(field, Test::Is(value_of(value)?))));
            Some(any(tests.collect::<Option<_>>()?))
        }
        "wildcard" => {
            let (field, value) = only(body)?;
            let Data::Text(pattern) = plain(value, "value")? else { return None };
            Some(test(field, Test::Is(pattern_of(pattern))))
        }
        "exists" => match body {
            Data::Table(table) => match table.get("field")? {
                Data::Text(field) => Some(test(field, Test::Exists)),
                _ => None,
            },
            _ => None,
        },
        "range" => range(body),
        "bool" => of_bool(body, depth),
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

fn of_bool(body: &Data, depth: usize) -> Option<Clause> {
    let Data::Table(table) = body else { return None };
    let each = |key: &str| -> Option<Vec<Clause>> {
        match table.get(key) {
            None => Some(Vec::new()),
            Some(Data::List(queries)) => {
                queries.iter().map(|query| of_query(query, depth + 1)).collect()
            }
            Some(query) => Some(vec![of_query(query, depth + 1)?]),
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
    fn shown(filters: &str) -> Option<String> {
        let text = format!(
            "[metadata]\ncreation_date = \"2026/01/02\"\nupdated_date = \"2026/01/02\"\n[rule]\nauthor = [\"a\"]\n\
             description = \"d\"\nname = \"n\"\nrisk_score = 1\nrule_id = \"6f6a2f0e-7c1e-4d35-9a58-0f2b8a1c71d5\"\n\
             severity = \"low\"\ntype = \"query\"\nlanguage = \"kuery\"\nquery = \"a: 1\"\n{filters}"
        );
        let rule = load("a.toml", &text).unwrap_or_else(|found| panic!("{found:?}"));
        let mut query = rule.search.clone().unwrap();
        query.clause = clause(&query.clause, rule.other.get("filters"))?;
        Some(brokerwatch_kql::format(&query))
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
        check("exists.field = 'b'", Some("a: 1 and b: *"));
        check("query.range.b = { gte = 1, lt = 9 }", Some("a: 1 and (b >= \"1\" and b < \"9\")"));
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
