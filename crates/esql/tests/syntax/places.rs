//! Where the nodes of a tree stand, and which text names a column.

use brokerwatch_esql::ast::{Column, Expr, Kind, Place};
use brokerwatch_esql::commands::{Command, Source};

use crate::read;

fn written(query: &str, place: Place) -> &str {
    &query[place.0.range()]
}

/// The columns of the last command.
fn columns(query: &str) -> Vec<Column> {
    let statement = read(query);
    match (statement.query.commands.last().map(|step| &step.node), &statement.query.source.node) {
        (Some(Command::Eval(eval)), _) => eval.columns.clone(),
        (Some(Command::Stats(stats)), _) => {
            let aggregates = stats.aggregates.iter().map(|one| one.column.clone());
            aggregates.chain(stats.by.iter().cloned()).collect()
        }
        (None, Source::Row(row)) => row.columns.clone(),
        other => panic!("{other:?} has no columns"),
    }
}

#[test]
fn commands_and_settings_know_their_place() {
    let query = "SET a = \"b\"; FROM logs-*  // all\n | LOOKUP /**/ join  c ON d == e | limit 5 ";
    let statement = read(query);
    assert_eq!(written(query, statement.settings[0].place), "SET a = \"b\"");
    assert_eq!(written(query, statement.query.source.place), "FROM logs-*");
    let [join, limit] = &statement.query.commands[..] else { panic!("two commands") };
    assert_eq!(written(query, join.word), "LOOKUP /**/ join");
    assert_eq!(written(query, join.place), "LOOKUP /**/ join  c ON d == e");
    assert_eq!(written(query, limit.place), "limit 5");
    assert_eq!(
        written(query, statement.query.place),
        "FROM logs-*  // all\n | LOOKUP /**/ join  c ON d == e | limit 5"
    );
}

#[test]
fn columns_without_a_name_are_called_as_they_are_written() {
    let names = |query: &str| -> Vec<String> {
        let called =
            |column: &Column| match (&column.name, column.text.as_str(), &column.value.kind) {
                (Some(name), _, _) => name.flat().unwrap(),
                (None, "", Kind::Name(name)) => name.flat().unwrap(),
                (None, text, _) => text.to_owned(),
            };
        columns(query).iter().map(called).collect()
    };
    assert_eq!(
        names("FROM a | STATS couNt(*), x = 1 BY concat(b,   c) , ( d ), `e f`.g"),
        ["couNt(*)", "x", "concat(b,   c)", "( d )", "e f.g"]
    );
    assert_eq!(names("ROW 1, ?, [1,2], 1  day"), ["1", "?", "[1,2]", "1  day"]);
    assert_eq!(names("FROM a | EVAL b /* c */ + 1"), ["b /* c */ + 1"]);
}

#[test]
fn a_filter_belongs_to_the_text_of_its_aggregate() {
    let statement = read("FROM a | STATS count( * ) where b > 1, c = MAX(d) WHERE e");
    let Command::Stats(stats) = &statement.query.commands[0].node else { panic!("stats") };
    assert_eq!(stats.aggregates[0].column.text, "count( * )");
    assert_eq!(stats.aggregates[0].text, "count( * ) where b > 1");
    assert_eq!(stats.aggregates[1].text, "");
}

#[test]
fn expressions_stand_without_their_parentheses() {
    let query = "ROW x = ((a)) + (b == c) :: int";
    let columns = columns(query);
    let Kind::Arithmetic(_, left, right) = &columns[0].value.kind else { panic!("a sum") };
    let written = |expr: &Expr| &query[expr.place.0.range()];
    assert_eq!(written(&columns[0].value), "((a)) + (b == c) :: int");
    assert_eq!(written(left), "a");
    assert_eq!(written(right), "(b == c) :: int");
    let Kind::Cast(inner, ty) = &right.kind else { panic!("a cast") };
    assert_eq!(written(inner), "b == c");
    assert_eq!(&query[ty.place.0.range()], "int");
}
