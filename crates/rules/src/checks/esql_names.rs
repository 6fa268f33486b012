//! The columns that a query in ES|QL makes, with their places.

use brokerwatch_esql::ast::{Aggregate, Column, Name, Pattern, Step};
use brokerwatch_esql::commands::Command;
use brokerwatch_expr::Span;

use super::esql_rows;

/// The columns that commands compute or rename to, or what the names of several begin with, in the order of the text.
pub(super) fn made(commands: &[Step<Command>]) -> Vec<(String, Span)> {
    let mut made = Vec::new();
    commands.iter().for_each(|step| of_command(&step.node, step.place.0, &mut made));
    made
}

fn of_command(command: &Command, place: Span, made: &mut Vec<(String, Span)>) {
    match command {
        Command::Eval(eval) => eval.columns.iter().for_each(|column| of_column(column, made)),
        Command::Stats(stats) => of_stats(&stats.aggregates, &stats.by, made),
        Command::InlineStats(stats) => of_stats(&stats.aggregates, &stats.by, made),
        Command::Rename(rename) => {
            rename.renamings.iter().for_each(|each| of_pattern(&each.new, made));
        }
        Command::Fork(fork) => {
            fork.branches.iter().flatten().for_each(|step| {
                of_command(&step.node, step.place.0, made);
            });
        }
        Command::Dissect(dissect) => {
            made.extend(keys(&dissect.pattern, '{').into_iter().map(|key| (key, place)));
        }
        Command::Grok(grok) => {
            for (pattern, place) in &grok.patterns {
                made.extend(keys(pattern, ':').into_iter().map(|key| (key, place.0)));
            }
        }
        Command::ChangePoint(change) => match &change.names {
            Some((kind, p_value)) => {
                of_name(kind, made);
                of_name(p_value, made);
            }
            None => made.extend(["type", "pvalue"].map(|name| (name.to_owned(), place))),
        },
        // Of these the name is what those of their columns begin with.
        Command::IpLocation(own) => of_name(&own.prefix, made),
        Command::RegisteredDomain(own) => of_name(&own.prefix, made),
        Command::UriParts(own) => of_name(&own.prefix, made),
        Command::UserAgent(own) => of_name(&own.prefix, made),
        // The columns of the others are those of ECS, or of a table that the site keeps.
        _ => {}
    }
}

fn of_stats(aggregates: &[Aggregate], by: &[Column], made: &mut Vec<(String, Span)>) {
    aggregates.iter().for_each(|aggregate| of_column(&aggregate.column, made));
    by.iter().for_each(|column| of_column(column, made));
}

fn of_column(column: &Column, made: &mut Vec<(String, Span)>) {
    match &column.name {
        Some(name) => of_name(name, made),
        // A column that gets no name has its own text as one; a plain column keeps its name and has no text.
        None if !column.text.is_empty() => made.push((column.text.clone(), column.place.0)),
        None => {}
    }
}

fn of_name(name: &Name, made: &mut Vec<(String, Span)>) {
    made.extend(name.flat().map(|flat| (flat, name.place.0)));
}

fn of_pattern(pattern: &Pattern, made: &mut Vec<(String, Span)>) {
    made.extend(esql_rows::pattern(pattern).map(|text| (text, pattern.place.0)));
}

/// The names in `%{name}` of DISSECT (`opens` is `{`) and in `%{SYNTAX:name:type}` of GROK (`opens` is `:`).
fn keys(pattern: &str, opens: char) -> Vec<String> {
    let parts = pattern.split("%{").skip(1).filter_map(|part| part.split_once('}'));
    let names = parts.filter_map(|(inside, _)| match opens {
        ':' => inside.split(':').nth(1),
        _ => Some(inside),
    });
    let names = names.map(|name| name.trim_start_matches(['+', '?', '*', '&']).to_owned());
    names
        .map(|name| name.trim_end_matches("->").split('/').next().unwrap_or_default().to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::made;

    #[test]
    fn what_commands_make() {
        let query = "FROM logs-* | EVAL a = 1, Esql.b = 2 | DISSECT message \"%{c} %{?d} %{}\" \
                     | GROK message \"%{IP:e} %{WORD:f:int} %{WORD}\" | RENAME host.name AS g \
                     | USER_AGENT ua = user_agent.original | CHANGE_POINT a AS j, k | CHANGE_POINT a \
                     | STATS h = COUNT(*), MAX(x) BY i = process.name, host.id | KEEP h";
        let statement = brokerwatch_esql::parse(query).unwrap();
        let names: Vec<String> =
            made(&statement.query.commands).into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            [
                "a", "Esql.b", "c", "d", "e", "f", "g", "ua", "j", "k", "type", "pvalue", "h",
                "MAX(x)", "i"
            ]
        );
    }
}
